//! `[retention]`: how long the desk keeps what is only of use for a while.

use std::time::Duration;

use super::section::{Section, Setting};

/// A client may repeat a request for so long, whatever the store says.
const ANSWERS_AT_LEAST: Duration = Duration::from_secs(48 * 3600);

/// How long the desk keeps what is only of use for a while. Records, papers and the trail are kept for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Answers kept under an `Idempotency-Key`.
    pub answers: Duration,
    /// What has been told onwards.
    pub told: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Retention { answers: ANSWERS_AT_LEAST, told: Duration::from_secs(7 * 24 * 3600) }
    }
}

impl Retention {
    pub(crate) fn read(section: &mut Section<'_>) -> Retention {
        let default = Retention::default();
        let mut retention = Retention {
            answers: section.get("answers", "Answers kept for requests that are repeated", default.answers),
            told: section.get("told", "Notices that have been told onwards", default.told),
        };
        if let (Some(span), true) = (section.span_of("answers"), retention.answers < ANSWERS_AT_LEAST) {
            section.refuse(span, format!("`retention.answers` must be at least {}", ANSWERS_AT_LEAST.show()));
            retention.answers = ANSWERS_AT_LEAST;
        }
        retention
    }
}
