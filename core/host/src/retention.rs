//! Forgets once a day what was only of use for a while. Not here: for how long (`config`), how (`store`).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Retention;
use crate::problem::Problem;
use crate::store::Store;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// After a sweep that the store did not let through.
const AFTER_TROUBLE: Duration = Duration::from_secs(600);

/// Sweeps at the start and every day after until it is cancelled.
pub async fn sweep(store: Store, retention: Retention, clock: Clock, end: CancellationToken) {
    loop {
        let pause = match sweep_once(&store, &retention, &clock).await {
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

async fn sweep_once(store: &Store, retention: &Retention, clock: &Clock) -> Result<(), Problem> {
    let now = clock.now();
    let answers = store.forget_answers(now - retention.answers).await?;
    let told = store.forget_told(now - retention.told).await?;
    if answers + told > 0 {
        tracing::info!("forgot {answers} answers of requests and {told} notices that were told");
    }
    Ok(())
}
