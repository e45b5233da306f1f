//! Is the data whole? What the database knows by itself, and the files that it names.
//!
//! The same checks on a running desk and on one at rest, which needs nothing opened but its database. Not here: whether the
//! desk's surroundings are in order (`doctor`), mending anything.

use std::fs::File;
use std::io::{self, ErrorKind};

use sha2::{Digest, Sha256};

use crate::home::Home;
use crate::problem::{Code, Problem};
use crate::store::{Check, Location, Store};

/// Looks at the data of a desk that is open.
pub async fn running(home: &Home, store: &Store) -> Result<Vec<Check>, Problem> {
    let mut checks = store.verify().await?;
    checks.push(files(home, store.set_papers().await?, store.is_shared()).await?);
    Ok(checks)
}

/// Looks at the data of a desk at rest. A database that cannot even be opened is what was found.
pub async fn at_rest(home: &Home, location: &Location) -> Result<Vec<Check>, Problem> {
    if let Location::Sqlite(file) = location
        && !file.exists()
    {
        return Err(Problem::not_found(format!("database {}", file.display())));
    }
    // What an older version wrote is not yet as this one reads it.
    if let Err(problem) = location.must_be_up_to_date().await
        && problem.code == Code::ConfigInvalid
    {
        return Err(problem);
    }
    let reader = match location.reader().await {
        Ok(reader) => reader,
        Err(problem) => {
            let mut check = Check::new("database file");
            check.fault(format!("{location:?}"), problem.detail);
            return Ok(vec![check]);
        }
    };
    let mut checks = reader.verify().await;
    match reader.set_papers().await {
        Ok(papers) => checks.push(files(home, papers, location.is_shared()).await?),
        Err(problem) => {
            let mut check = Check::new(PAPER_FILES);
            check.fault("papers", problem.detail);
            checks.push(check);
        }
    }
    Ok(checks)
}

const PAPER_FILES: &str = "paper files";

/// Every file of a paper is what was printed. On a shared database another host may have set a paper, and keeps its file.
async fn files(home: &Home, hashes: Vec<String>, is_shared: bool) -> Result<Check, Problem> {
    let folder = home.paper_files();
    let look = move || {
        let mut check = Check::new(PAPER_FILES);
        for hash in hashes {
            check.looked_at += 1;
            let name = format!("{hash}.pdf");
            match hash_of(&folder.join(&name)) {
                Ok(found) if found == hash => {}
                Ok(_) => check.fault(name, "it is not what was printed"),
                Err(error) if error.kind() == ErrorKind::NotFound && is_shared => {}
                Err(error) => check.fault(name, error),
            }
        }
        check
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| Problem::internal("looking at the papers panicked"))
}

/// The SHA-256 of a file, hex, read a piece at a time.
pub(crate) fn hash_of(file: &std::path::Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(file)?, &mut hash)?;
    Ok(hex::encode(hash.finalize()))
}
