//! `data/desk.lock`: one desk at a time on a home's data.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

use super::Home;
use crate::problem::{Code, Problem};

/// The right to be the desk of a home, until it is dropped or the process ends.
#[derive(Debug)]
pub struct DeskLock {
    _file: File,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another process holds {} ({holder}): try again later, or let the running desk do it", path.display())]
    Held { path: PathBuf, holder: String },
    #[error("cannot lock {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Home {
    /// Takes the home's lock for this process; `purpose` tells others what it is doing: `serve`, `db migrate`.
    ///
    /// The kernel frees the lock with the process, however it ends, so a lock file that lies about is no lock.
    pub fn lock(&self, purpose: &str) -> Result<DeskLock, LockError> {
        let path = self.lock_file();
        let failed = |source: io::Error| LockError::Io { path: path.clone(), source };
        let options = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = options.map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(LockError::Held { path, holder: holder.trim().to_owned() });
            }
            Err(error) => return Err(failed(error.into())),
        }
        let holder = format!("pid {}, deskbell {purpose}\n", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
        Ok(DeskLock { _file: file })
    }
}

impl From<LockError> for Problem {
    fn from(error: LockError) -> Self {
        let code = match error {
            LockError::Held { .. } => Code::Overloaded,
            LockError::Io { .. } => Code::StorageUnavailable,
        };
        Problem::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_desk_is_told_who_holds_the_home() {
        let scratch = tempfile::tempdir().unwrap();
        let home = Home::at(scratch.path());
        home.prepare_data().unwrap();
        let lock = home.lock("serve").unwrap();
        let refused = home.lock("db migrate").unwrap_err();
        let own = format!("(pid {}, deskbell serve)", std::process::id());
        assert!(refused.to_string().contains(&own), "{refused}");
        assert_eq!(Problem::from(refused).code.exit_code(), 75);
        drop(lock);
        home.lock("db migrate").unwrap();
    }
}
