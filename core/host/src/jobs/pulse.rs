//! The pulse: `tokio-cron-scheduler` wakes the planner each second, and that is all it is trusted with.
//!
//! It has a fixed offset for local times, loses and doubles runs in a burst and cannot be tested with a clock of our own; a
//! wake-up that comes late or twice does no harm, because the planner looks at the cursors.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// How long the planner waits for a pulse before it plans without one.
pub(super) const FALLBACK: Duration = Duration::from_secs(30);

/// A beating pulse; dropping it does not stop it, [`Pulse::stop`] does.
pub(super) struct Pulse {
    scheduler: JobScheduler,
}

impl Pulse {
    /// Starts to notify each second.
    pub(super) async fn start(beat: Arc<Notify>) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let every_second = Job::new("* * * * * *", move |_, _| beat.notify_one())?;
        scheduler.add(every_second).await?;
        scheduler.start().await?;
        Ok(Pulse { scheduler })
    }

    pub(super) async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!("the jobs' pulse does not stop: {error}");
        }
    }
}

impl std::fmt::Debug for Pulse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pulse")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_beats() {
        let beat = Arc::new(Notify::new());
        let pulse = Pulse::start(Arc::clone(&beat)).await.unwrap();
        for _ in 0..2 {
            tokio::time::timeout(Duration::from_secs(5), beat.notified()).await.expect("a beat within five seconds");
        }
        pulse.stop().await;
    }
}
