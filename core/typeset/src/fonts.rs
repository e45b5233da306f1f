//! The fonts of all papers, read once.
//!
//! Not here: which folders they lie in (the host's `home`); no font of the system is ever looked for, so that a paper looks
//! the same on every machine.

use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::layout::{Abs, Em};
use typst::text::{Font, FontBook, FontInstance, FontStretch, FontStyle, FontVariant, FontVariations, FontWeight};
use typst::utils::LazyHash;

/// The family that papers are set in; others in the same folders stand in for characters that it lacks.
pub(crate) const FAMILY: &str = "Noto Sans SC";

/// The fonts that papers are set in.
#[derive(Debug)]
pub struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) fonts: Vec<Font>,
}

/// Why there are no fonts.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    #[error("the font folder {} can't be read: {source}; install the fonts with `npm ci` in the workspace", folder.display())]
    Unreadable { folder: PathBuf, source: std::io::Error },
    #[error("no font {FAMILY} in {}: install the fonts with `npm ci` in the workspace", folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing { folders: Vec<PathBuf> },
}

impl Fonts {
    /// Reads the fonts below the folders, regular and bold.
    pub fn load(folders: &[PathBuf]) -> Result<Self, FontError> {
        let mut files = Vec::new();
        for folder in folders {
            font_files(folder, &mut files).map_err(|source| FontError::Unreadable { folder: folder.clone(), source })?;
        }
        // The order decides which font stands in for another, so it must not be the file system's.
        files.sort();
        let fonts: Vec<Font> = files
            .iter()
            .filter_map(|file| std::fs::read(file).ok())
            .flat_map(|bytes| Font::iter(Bytes::new(bytes)).collect::<Vec<_>>())
            .collect();
        let book = FontBook::from_fonts(&fonts);
        if !book.contains_family(&FAMILY.to_lowercase()) {
            return Err(FontError::Missing { folders: folders.to_vec() });
        }
        Ok(Fonts { book: LazyHash::new(book), fonts })
    }

    /// Measures text in the papers' own family.
    pub(crate) fn ruler(&self, weight: FontWeight) -> Ruler {
        let variant = FontVariant::new(FontStyle::Normal, weight, FontStretch::NORMAL);
        let index = self.book.select(&FAMILY.to_lowercase(), variant).expect("the family is there: `load` looked");
        Ruler(self.fonts[index].clone().instantiate(variant, Abs::pt(10.0), &FontVariations::default()))
    }
}

/// How wide characters are, in em.
#[derive(Debug, Clone)]
pub(crate) struct Ruler(FontInstance);

impl Ruler {
    /// A character that the family lacks counts as one em, as wide as a Chinese one in any font that stands in.
    pub(crate) fn width(&self, c: char) -> f64 {
        let glyph = self.0.ttf().glyph_index(c);
        glyph.and_then(|glyph| self.0.x_advance(glyph.0)).map_or(1.0, Em::get)
    }
}

fn font_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            font_files(&path, files)?;
        } else if is_wanted(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Regular and bold are enough, and a weight is ten megabytes.
fn is_wanted(path: &Path) -> bool {
    const OTHER_WEIGHTS: [&str; 7] =
        ["100Thin", "200ExtraLight", "300Light", "500Medium", "600SemiBold", "800ExtraBold", "900Black"];
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let is_font = path.extension().is_some_and(|extension| extension == "ttf" || extension == "otf" || extension == "ttc");
    is_font && !OTHER_WEIGHTS.iter().any(|weight| name.ends_with(weight))
}
