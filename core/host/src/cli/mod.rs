//! The command line: a client of the desk's own API.
//!
//! A command talks to the running desk over its socket; where none runs, it opens the desk and asks the same routes in its
//! own process (`client`). stdout carries data, stderr talk (`console`); what failed becomes a message and an exit code
//! (`failure`). One file a command.

mod client;
mod console;
mod failure;
mod fields;
mod log;
mod secret;
mod table;

mod audit;
mod completions;
mod config;
mod db;
mod due;
mod form;
mod job;
mod record;
mod register;
mod serve;
mod signing;
mod token;
mod user;
mod verb;
mod version;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::console::Console;
use self::failure::Failure;

/// The service desk: records, jobs and papers of every desk function.
#[derive(Debug, Parser)]
#[command(name = "deskbell", version, max_term_width = 100, propagate_version = false)]
#[command(after_help = "Every command works whether or not the desk is running. Exit codes: 0 done, 1 failed, 2 usage, \
    3 settings or templates invalid, 4 not found, 5 not allowed, 6 conflict or refused, 7 plugin refused, 8 database, \
    9 partly done, 10 a check found problems, 75 try again later.")]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Globals {
    /// The desk's folder [default: the current folder if it has a deskbell.toml, else /etc/deskbell].
    #[arg(long, global = true, value_name = "DIR", env = "DESKBELL_HOME", hide_env_values = true)]
    home: Option<PathBuf>,
    /// The store to work in; needed where the desk has several.
    #[arg(long, global = true, value_name = "ID")]
    site: Option<String>,
    /// Act as this user, with this user's rights.
    #[arg(long = "as", global = true, value_name = "USER")]
    act_as: Option<String>,
    /// The language of what is printed.
    #[arg(long, global = true, value_enum, env = "DESKBELL_LANG", hide_env_values = true, value_name = "LANG")]
    lang: Option<Lang>,
    /// Print data as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    #[value(name = "zh-CN", alias = "zh")]
    Chinese,
    #[value(name = "en")]
    English,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    #[command(subcommand)]
    Config(config::Config),
    #[command(subcommand)]
    Db(db::Db),
    #[command(subcommand)]
    Job(job::Job),
    #[command(subcommand)]
    Form(form::Form),
    #[command(subcommand)]
    Register(register::Register),
    #[command(subcommand)]
    Record(record::Record),
    Do(verb::Do),
    Due(due::Due),
    #[command(subcommand)]
    User(user::User),
    #[command(subcommand)]
    Token(token::Token),
    #[command(subcommand)]
    Audit(audit::Audit),
    Completions(completions::Completions),
    Version(version::Version),
}

/// Reads the command line, runs it, and returns its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are data and go to stdout; clap knows which is which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let console = Console::new(cli.globals);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return console.fail(&Failure::from(anyhow::Error::new(error).context("starting the runtime"))),
    };
    let done = runtime.block_on(async {
        let done = run(cli.command, &console).await;
        console.close().await;
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => console.fail(&failure),
    }
}

async fn run(command: Command, console: &Console) -> Result<(), Failure> {
    if !matches!(command, Command::Serve(_)) {
        log::of_command();
    }
    match command {
        Command::Serve(serve) => serve.run(console).await,
        Command::Config(config) => config.run(console).await,
        Command::Db(db) => db.run(console).await,
        Command::Job(job) => job.run(console).await,
        Command::Form(form) => form.run(console).await,
        Command::Register(register) => register.run(console).await,
        Command::Record(record) => record.run(console).await,
        Command::Do(verb) => verb.run(console).await,
        Command::Due(due) => due.run(console).await,
        Command::User(user) => user.run(console).await,
        Command::Token(token) => token.run(console).await,
        Command::Audit(audit) => audit.run(console).await,
        Command::Completions(completions) => completions.run(console),
        Command::Version(version) => version.run(console),
    }
}
