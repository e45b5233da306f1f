//! The `deskbell` binary; see `deskbell::cli`.

use std::process::ExitCode;

/// ADR 0014.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    // A plugin's child takes no part in the command line: it is started by the host alone, a hundred times a day.
    if args.next().is_some_and(|command| command == deskbell::plugins::child::SUBCOMMAND) {
        return deskbell::plugins::child::main(args);
    }
    deskbell::cli::main()
}
