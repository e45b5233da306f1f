//! Forgets once a day what was only of use for a while, and removes the files of papers that were erased. Not here: for how long (`config`), how (`store`).

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Retention;
use crate::home::Home;
use crate::problem::Problem;
use crate::store::Store;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// After a sweep that the store did not let through.
const AFTER_TROUBLE: Duration = Duration::from_secs(600);

/// Sweeps at the start and every day after until it is cancelled.
pub async fn sweep(home: Home, store: Store, retention: Retention, clock: Clock, end: CancellationToken) {
    loop {
        let pause = match sweep_once(&home, &store, &retention, &clock).await {
            Ok(()) => DAY,
            Err(problem) => {
                tracing::warn!("old answers could not be forgotten: {problem}");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn sweep_once(home: &Home, store: &Store, retention: &Retention, clock: &Clock) -> Result<(), Problem> {
    let now = clock.now();
    let in_use = store.set_papers().await?;
    let folder = home.paper_files();
    tokio::task::spawn_blocking(move || forget_files(&folder, &in_use)).await.map_err(Problem::internal)?;
    let answers = store.forget_answers(now - retention.answers).await?;
    let told = store.forget_told(now - retention.told).await?;
    if answers + told > 0 {
        tracing::info!("forgot {answers} answers of requests and {told} notices that were told");
    }
    Ok(())
}

/// Removes the files of papers whose data was erased. A file is kept before its paper names it, so a young one may be in use.
fn forget_files(folder: &Path, in_use: &[String]) {
    let in_use: HashSet<String> = in_use.iter().map(|hash| format!("{hash}.pdf")).collect();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_in_use = entry.file_name().to_str().is_some_and(|name| in_use.contains(name));
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
        if !is_in_use && age.is_some_and(|age| age > AFTER_TROUBLE) {
            match std::fs::remove_file(entry.path()) {
                Ok(()) => tracing::info!("removed {}: no paper shows it any more", entry.path().display()),
                Err(error) => tracing::warn!("{} could not be removed: {error}", entry.path().display()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn files_that_no_paper_shows_go_once_they_are_old() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("shown", DAY), ("erased", DAY), ("young", Duration::ZERO)] {
            let file = File::create(folder.path().join(format!("{name}.pdf"))).unwrap();
            let made_at = file.metadata().unwrap().modified().unwrap();
            file.set_modified(made_at - age).unwrap();
        }
        forget_files(folder.path(), &["shown".to_owned()]);
        let left = |name: &str| folder.path().join(format!("{name}.pdf")).exists();
        assert_eq!((left("shown"), left("erased"), left("young")), (true, false, true));
    }
}
