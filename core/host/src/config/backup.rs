//! `[backup]`: the copies of the desk in `data/backups`.

use super::section::Section;

/// How backups are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backups {
    /// So many of the newest stay in `data/backups`.
    pub keep: u32,
}

impl Default for Backups {
    fn default() -> Self {
        Backups { keep: 14 }
    }
}

impl Backups {
    pub(crate) fn read(section: &mut Section<'_>) -> Backups {
        let default = Backups::default();
        Backups { keep: section.get("keep", "So many of the newest backups stay in data/backups", default.keep) }
    }
}
