//! `job`: what runs when, what ran, and running one by hand.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::path;
use super::console::Console;
use super::failure::Failure;
use super::table::{Column, columns};

const JOBS: &str = "/api/v1/jobs";
const RUN_COLUMNS: [&str; 6] = ["id", "job", "kind", "scheduled_for", "state", "outcome"];

/// Jobs: schedules, runs, and running one by hand.
#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Lists the jobs with their schedules.
    List,
    /// Shows one job.
    Show { job: String },
    /// Shows when jobs run next.
    Next {
        job: Option<String>,
        #[arg(short, default_value_t = 5, value_name = "N")]
        n: u64,
    },
    /// Runs a job now; consumes no occurrence of its schedule.
    Run(Run),
    /// Lists runs, the newest first.
    History {
        job: Option<String>,
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Shows a run with its log.
    Log { run: String },
    /// Lists runs that were late, skipped or coalesced.
    Missed,
    /// Stops a job from running by its schedule.
    Pause { job: String },
    /// Lets a paused job run again.
    Resume { job: String },
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    job: String,
    /// Says what it would do, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// The business day; one ahead needs --dry-run.
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
}

impl Job {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        let desk = console.desk().await?;
        match self {
            Job::List => {
                let last = Column::new("last run", "/last_run/state");
                let columns = [columns(["job", "title", "words", "next_at"]).as_slice(), &[last], &columns(["origin"])].concat();
                console.print_list(&desk.get(JOBS, &[]).await?, &columns, "no jobs");
            }
            Job::Show { job } => console.print_object(&desk.get(&path("/internal/jobs", &[&job]), &[]).await?),
            Job::Next { job, n } => {
                let n = n.to_string();
                let query =
                    [("n", n.as_str())].into_iter().chain(job.iter().map(|job| ("job", job.as_str()))).collect::<Vec<_>>();
                console.print_list(
                    &desk.get("/internal/next-runs", &query).await?,
                    &columns(["at", "job"]),
                    "nothing is scheduled",
                );
            }
            Job::Run(run) => return run.run(console).await,
            Job::History { job, limit } => {
                let limit = limit.to_string();
                let of = job.map_or_else(|| "/internal/runs".to_owned(), |job| path(JOBS, &[&job, "runs"]));
                console.print_list(&desk.get(&of, &[("limit", &limit)]).await?, &columns(RUN_COLUMNS), "no runs yet");
            }
            Job::Log { run } => {
                let log = desk.get(&path("/internal/runs", &[&run, "log"]), &[]).await?;
                if console.wants_json() {
                    console.print_json(&log);
                } else {
                    console.print_object(&desk.get(&path("/api/v1/runs", &[&run]), &[]).await?);
                    log["items"].as_array().into_iter().flatten().filter_map(Value::as_str).for_each(|line| console.print(line));
                }
            }
            Job::Missed => {
                console.print_list(&desk.get("/internal/missed-runs", &[]).await?, &columns(RUN_COLUMNS), "nothing was missed");
            }
            Job::Pause { job } => set_paused(console, &job, true).await?,
            Job::Resume { job } => set_paused(console, &job, false).await?,
        }
        Ok(())
    }
}

impl Run {
    async fn run(self, console: &Console) -> Result<(), Failure> {
        let body = json!({ "dry_run": self.dry_run, "as_of": self.as_of });
        let run = console.desk().await?.post(&path(JOBS, &[&self.job, "runs"]), body).await?;
        if console.wants_json() {
            console.print_json(&run);
        } else {
            print_run(console, &run);
        }
        match run["state"].as_str() {
            Some("failed") => Err(Failure::Other(anyhow::anyhow!("run {} failed", run["id"].as_str().unwrap_or_default()))),
            _ => Ok(()),
        }
    }
}

/// A run as sentences: what it did, and the papers it made.
pub(crate) fn print_run(console: &Console, run: &Value) {
    let text = |name: &str| run[name].as_str().unwrap_or_default();
    let dry = if run["kind"] == "dry" { " (dry run: nothing was changed)" } else { "" };
    console.print(format!("{}  {}  {}{dry}", text("scheduled_for"), text("job"), text("state")));
    if !text("outcome").is_empty() {
        console.print(format!("  {}", text("outcome")));
    }
    for paper in run["papers"].as_array().into_iter().flatten() {
        let text = |name: &str| paper[name].as_str().unwrap_or_default();
        console.print(format!("  paper {} {}", text("title"), text("href")));
    }
}

async fn set_paused(console: &Console, job: &str, paused: bool) -> Result<(), Failure> {
    console.desk().await?.post(&path("/internal/jobs", &[job, "paused"]), json!({ "paused": paused })).await?;
    console.say(format!("{job} {}", if paused { "is paused" } else { "runs by its schedule again" }));
    Ok(())
}
