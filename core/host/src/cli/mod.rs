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
mod backup;
mod completions;
mod config;
mod db;
mod demo;
mod doctor;
mod due;
mod form;
mod init;
mod job;
mod play;
mod plugin;
mod record;
mod register;
mod restore;
mod serve;
mod signing;
mod simulate;
mod token;
mod user;
mod verb;
mod verify;
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
    Init(init::Init),
    Serve(serve::Serve),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Config(config::Config),
    #[command(subcommand)]
    Db(db::Db),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Verify(verify::Verify),
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    #[command(subcommand)]
    Job(job::Job),
    Simulate(simulate::Simulate),
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
    log::panics();
    let console = Console::new(cli.globals);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(n_server_threads()).enable_all().build() {
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

/// Half the processors are for those that the server hands its work to, the writer and plugins' children. With as many threads
/// as processors they get into each other's way, and each that is told of something wakes another (ADR 0016).
fn n_server_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2))
}

async fn run(command: Command, console: &Console) -> Result<(), Failure> {
    if !matches!(command, Command::Serve(_) | Command::Demo(_)) {
        log::of_command();
    }
    match command {
        Command::Init(init) => init.run(console).await,
        Command::Serve(serve) => serve.run(console).await,
        Command::Demo(demo) => demo.run(console).await,
        Command::Doctor(doctor) => doctor.run(console).await,
        Command::Config(config) => config.run(console).await,
        Command::Db(db) => db.run(console).await,
        Command::Backup(backup) => backup.run(console).await,
        Command::Restore(restore) => restore.run(console).await,
        Command::Verify(verify) => verify.run(console).await,
        Command::Plugin(plugin) => plugin.run(console).await,
        Command::Job(job) => job.run(console).await,
        Command::Simulate(simulate) => simulate.run(console).await,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command as a line of its usage, in the order of the help.
    fn tree(command: &clap::Command, lines: &mut Vec<String>) {
        let subcommands: Vec<_> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
        for subcommand in &subcommands {
            tree(subcommand, lines);
        }
        if subcommands.is_empty() {
            let is_own = |argument: &&clap::Arg| !argument.is_global_set() && argument.get_id() != "help";
            let arguments = command.get_arguments().filter(is_own).map(|argument| {
                let text = argument.to_string();
                if argument.is_required_set() || argument.is_positional() { text } else { format!("[{text}]") }
            });
            let name = command.get_bin_name().unwrap_or(command.get_name()).trim_start_matches("deskbell ");
            lines.push(std::iter::once(name.to_owned()).chain(arguments).collect::<Vec<_>>().join(" "));
        }
    }

    /// The contract's table of commands; what is not there yet is `record import` and `plugin new|build|pack|dev`.
    #[test]
    fn the_commands_are_those_of_the_contract() {
        let mut command = Cli::command();
        command.build();
        let mut lines = Vec::new();
        tree(&command, &mut lines);
        insta::assert_snapshot!(lines.join("\n"), @r"
        init [DIR] [--name <NAME>] [--timezone <TZ>] [--database <URL>] [--admin <NAME>] [--password-file <FILE>] [--demo]
        serve [--listen <ADDRESS>]
        demo [--listen <ADDRESS>] [--keep]
        doctor
        config check
        config show [--origin]
        config schema
        db migrate [--plan]
        db copy --to <URL> [--switch]
        db status
        backup [FILE]
        restore <FILE> [--database <URL>]
        verify
        plugin list
        plugin info <ID>
        plugin check <PATH>
        plugin build [PATH]
        plugin install <PATH|ID>
        plugin enable <ID>
        plugin disable <ID>
        plugin remove <ID>
        plugin rollback <ID>
        plugin trust <HASH>
        job list
        job show <JOB>
        job next [JOB] [-n <N>]
        job run <JOB> [--dry-run] [--as-of <DAY>]
        job history [JOB] [--limit <N>]
        job log <RUN>
        job missed
        job pause <JOB>
        job resume <JOB>
        simulate --from <DAY> --to <DAY> [--job <JOB>] [--script <FILE>] [--out <DIR>] [--keep <DIR>]
        form list
        form check [FORM]
        form preview <FORM> [--out <FILE>]
        form print <FORM> [--record <NUMBER>] [--from <DAY>] [--to <DAY>] [--printer <PRINTER>] [--out <FILE>]
        form diff <FORM>
        form reset <FORM>
        register show <TYPE> --from <DAY> --to <DAY>
        register export <TYPE> --from <DAY> --to <DAY> --format <FORMAT> [--out <FILE>]
        record types
        record list <TYPE> [--where <FIELD=VALUE>] [--search <TEXT>] [--sort <FIELD>] [--limit <N>] [--cursor <CURSOR>]
        record get <TYPE> <NUMBER>
        record new <TYPE> [FIELD=VALUE]... [--sign-off <BOX:USER>] [--pin-file <FILE>]
        record change <TYPE> <NUMBER> <FIELD=VALUE>... [--version <N>]
        record do <TYPE> <NUMBER> <ACTION> [FIELD=VALUE]... [--sign-off <BOX:USER>] [--pin-file <FILE>]
        record sign <TYPE> <NUMBER> <BOX> --user <USER> [--pin-file <FILE>]
        record import <TYPE> <FILE> [--dry-run]
        record history <TYPE> <NUMBER>
        do <PLUGIN.ACTION> [FIELD=VALUE]... [--sign-off <BOX:USER>] [--pin-file <FILE>]
        due [--on <DAY>] [--ahead <DAYS>]
        user add <USER> [--name <NAME>] [--role <ROLE[@SITE]>] [--password-file <FILE>]
        user list
        user passwd <USER> [--password-file <FILE>]
        user pin <USER> [--pin-file <FILE>]
        user role <USER> [ROLE[@SITE]]... [--take <ROLE[@SITE]>]
        user disable <USER> [--undo]
        token new --user <USER> [--note <NOTE>] [--expires <INSTANT>]
        token list
        token revoke <ID>
        audit verify
        audit show [--user <USER>] [--type <TYPE>] [--number <NUMBER>] [--from <DAY>] [--to <DAY>] [--limit <N>] [--cursor <CURSOR>]
        completions <SHELL>
        version
        ");
    }

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_may_stand_anywhere() {
        let cli = Cli::try_parse_from(["deskbell", "record", "list", "letters.letter", "--json", "--site", "north"]).unwrap();
        assert!(cli.globals.json);
        assert_eq!(cli.globals.site.as_deref(), Some("north"));
        let cli = Cli::try_parse_from(["deskbell", "--lang", "zh-CN", "init", "desk", "--site", "main"]).unwrap();
        assert_eq!(cli.globals.site.as_deref(), Some("main"));
    }
}
