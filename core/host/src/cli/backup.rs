//! `backup`: the whole desk in one file, while it works.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::console::Console;
use super::failure::Failure;

/// Puts the whole desk into one file, and reads it back before it counts.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The new file [default: data/backups/deskbell-INSTANT.zip].
    file: Option<PathBuf>,
}

impl Backup {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        // The desk that writes it may stand in another folder.
        let file = self.file.map(std::path::absolute).transpose().context("naming the file")?;
        let made = console.desk().await?.post("/internal/backups", json!({ "file": file })).await?;
        console.print_object(&made);
        Ok(())
    }
}
