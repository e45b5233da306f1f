//! The `deskbell` binary; see `deskbell::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    deskbell::cli::main()
}
