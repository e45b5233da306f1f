//! A copy of a SQLite database, taken while the desk may be writing to it.

use std::path::Path;

use super::failure::Failure;
use crate::problem::Problem;

/// Copies a SQLite database as it stands at one moment into a file that is not there yet.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), Problem> {
    let (from, to) = (from.to_owned(), to.display().to_string());
    let copied = tokio::task::spawn_blocking(move || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&from, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute("VACUUM INTO ?", [to])?;
        Ok::<_, rusqlite::Error>(())
    });
    let copied = copied.await.map_err(|_| Problem::internal("copying the database panicked"))?;
    Ok(copied.map_err(Failure::from)?)
}
