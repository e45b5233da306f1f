//! The `deskbell-typeset` worker: `deskbell-typeset --fonts DIR [--memory MB]`, asked and answering over stdin and stdout.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use deskbell_typeset::{Fonts, Typesetter, serve};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the host shows what a worker says when it can't start")]
            {
                eprintln!("deskbell-typeset: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    limit_memory(arguments.memory_mb)?;
    let typesetter = Typesetter::new(Fonts::load(&arguments.fonts)?);
    serve(&typesetter, std::io::stdin().lock(), std::io::stdout().lock()).context("talking to the host")
}

struct Arguments {
    fonts: Vec<PathBuf>,
    memory_mb: u64,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut arguments = Arguments { fonts: Vec::new(), memory_mb: 2048 };
        while let Some(word) = words.next() {
            let value = words.next().with_context(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--fonts" => arguments.fonts.push(value.into()),
                "--memory" => arguments.memory_mb = value.parse().context("--memory takes megabytes")?,
                _ => anyhow::bail!("no option {word}: expected --fonts DIR or --memory MB"),
            }
        }
        Ok(arguments)
    }
}

/// Typst caps loops and the depth of calls, but not memory: a template that eats it ends this process and nothing else.
fn limit_memory(megabytes: u64) -> anyhow::Result<()> {
    let limit = rustix::process::Rlimit { current: Some(megabytes << 20), maximum: Some(megabytes << 20) };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).context("limiting the memory")
}
