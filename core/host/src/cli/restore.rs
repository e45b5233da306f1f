//! `restore`: a desk back from its backup.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::console::Console;
use super::failure::Failure;
use super::verify;
use crate::backup::{self, BackupError};
use crate::clock::Clock;

/// Restores a backup; the desk must not be running. What was there is kept.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    file: PathBuf,
    /// Into this database instead of the one in the backup's settings: sqlite, or postgres://….
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Restore {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let home = console.home();
        home.prepare_data().map_err(anyhow::Error::new)?;
        let _lock = home.lock("restore")?;
        let restored = backup::restore(&home, &self.file, self.database.as_deref(), Clock::system().now()).await?;
        let made_at = restored.manifest.made_at;
        console.say(format!("restored the desk of {made_at} into {}", home.root().display()));
        if let Some(kept) = &restored.kept {
            console.say(format!("what was there before is in {}", kept.display()));
        }
        let checks = crate::verify::at_rest(&home, &restored.location).await?;
        verify::told(console, &json!({ "items": checks, "next_cursor": null }))
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Damaged { .. } => Failure::Found(error.to_string()),
            BackupError::OthersAtWork { .. } => Failure::Busy(error.to_string()),
            BackupError::Problem(problem) => problem.into(),
            BackupError::Exists { .. } | BackupError::Io { .. } => Failure::Other(anyhow::Error::new(error)),
        }
    }
}
