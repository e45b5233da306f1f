//! Passwords and PINs: from a file, from a pipe (`-`), or asked for on a terminal without echo. Never an argument, which
//! everybody on the machine could read.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::SecretString;

use super::console::is_attended;
use super::failure::Failure;

/// Reads a secret; `what` names it, `flag` the option that gives it without a terminal.
pub(crate) fn read(what: &str, flag: &str, file: Option<&Path>) -> Result<SecretString, Failure> {
    match file {
        Some(file) if file == Path::new("-") => first_line(std::io::stdin().lock()),
        Some(file) => {
            let opened = std::fs::File::open(file).with_context(|| format!("reading {what} from {}", file.display()))?;
            first_line(std::io::BufReader::new(opened))
        }
        None if is_attended() => ask_twice_if_new(what),
        None => Err(Failure::Usage(format!("{what} is needed: give it with {flag} FILE"))),
    }
}

/// Asks a person for a line; the answer is shown.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    write!(std::io::stderr(), "{question}: ").context("asking on the terminal")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("reading from the terminal")?;
    Ok(line.trim().to_owned())
}

fn ask_twice_if_new(what: &str) -> Result<SecretString, Failure> {
    let first = ask_hidden(what)?;
    if !what.starts_with("new ") {
        return Ok(first.into());
    }
    let again = ask_hidden(&format!("{what}, once more"))?;
    if first == again { Ok(first.into()) } else { Err(Failure::Usage("the two were not the same".to_owned())) }
}

/// Asks without echo. The terminal gets its echo back also when reading fails.
fn ask_hidden(question: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).context("asking on the terminal")?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).context("asking on the terminal")?;
    let answer = ask(question);
    tcsetattr(&stdin, OptionalActions::Flush, &before).context("giving the terminal its echo back")?;
    let _ = writeln!(std::io::stderr());
    answer
}

fn first_line(mut from: impl BufRead) -> Result<SecretString, Failure> {
    let mut line = String::new();
    from.read_line(&mut line).context("reading a secret")?;
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Failure::Usage("the secret is empty".to_owned()));
    }
    Ok(secret.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "correct horse \r\nignored\n").unwrap();
        let secret = read("a password", "--password-file", Some(file.path())).unwrap();
        assert_eq!(secret.expose_secret(), "correct horse ");
        std::fs::write(file.path(), "\n").unwrap();
        assert_eq!(read("a PIN", "--pin-file", Some(file.path())).unwrap_err().exit_code(), 2);
    }
}
