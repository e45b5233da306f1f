//! What a command is given: the global options made definite, the two streams, and the way to the desk.
//!
//! stdout carries data and nothing else; stderr carries talk. Colour only where a person looks.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::client::Client;
use super::failure::Failure;
use super::table::{self, Column};
use super::{Globals, Lang};
use crate::home::Home;

/// The surroundings of one command.
#[derive(Debug)]
pub(crate) struct Console {
    globals: Globals,
    client: OnceCell<Client>,
}

impl Console {
    pub(crate) fn new(globals: Globals) -> Self {
        Console { globals, client: OnceCell::new() }
    }

    pub(crate) fn home(&self) -> Home {
        Home::find(self.globals.home.clone())
    }

    /// Where a new home goes when nobody names its folder.
    pub(crate) fn home_or_here(&self) -> PathBuf {
        self.globals.home.clone().unwrap_or_else(|| PathBuf::from("."))
    }

    pub(crate) fn site(&self) -> Option<&str> {
        self.globals.site.as_deref()
    }

    pub(crate) fn act_as(&self) -> Option<&str> {
        self.globals.act_as.as_deref()
    }

    pub(crate) fn wants_json(&self) -> bool {
        self.globals.json
    }

    /// The language of what is printed: the one asked for, else the terminal's.
    pub(crate) fn lang(&self) -> &'static str {
        match self.globals.lang {
            Some(Lang::Chinese) => "zh-CN",
            Some(Lang::English) => "en",
            None => {
                language_of_locale(["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok()).as_deref())
            }
        }
    }

    /// The desk, running or opened for this command.
    pub(crate) async fn desk(&self) -> Result<&Client, Failure> {
        self.client.get_or_try_init(|| Client::open(self)).await
    }

    /// Ends in good order what the command opened.
    pub(crate) async fn close(&self) {
        if let Some(client) = self.client.get() {
            client.close().await;
        }
    }

    /// A line of data.
    pub(crate) fn print(&self, text: impl AsRef<str>) {
        // Whoever closed the pipe has seen enough.
        let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
    }

    /// Bytes of data, as they are.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// A line of talk.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
    }

    /// Data as JSON.
    pub(crate) fn print_json(&self, value: &Value) {
        self.print(serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// A list: JSON as the API gave it, else a table of these columns; `if_empty` says what to do next.
    pub(crate) fn print_list(&self, list: &Value, columns: &[Column], if_empty: &str) {
        if self.wants_json() {
            return self.print_json(list);
        }
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            return self.say(if_empty);
        }
        self.print(table::rows(items, columns));
        if let Some(cursor) = list["next_cursor"].as_str() {
            self.say(format!("more: --cursor {cursor}"));
        }
    }

    /// One object: JSON as the API gave it, else a line a field.
    pub(crate) fn print_object(&self, object: &Value) {
        self.print_ordered(object, &[]);
    }

    /// The same with some fields first.
    pub(crate) fn print_ordered(&self, object: &Value, first: &[&str]) {
        if self.wants_json() { self.print_json(object) } else { self.print(table::object(object, first)) }
    }

    /// Tells what failed, and returns the exit code of it.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.wants_json() {
            self.say(serde_json::to_string_pretty(&failure.to_json(self.lang())).unwrap_or_default());
        } else {
            self.say(failure.message(self.lang(), is_coloured()));
        }
        ExitCode::from(failure.exit_code())
    }
}

/// Whether a person reads stderr and did not ask for plain text.
pub(crate) fn is_coloured() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && std::io::stderr().is_terminal()
}

/// Whether somebody sits there who can be asked.
pub(crate) fn is_attended() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// The language of a POSIX locale; English where it says nothing, as the command line itself does.
fn language_of_locale(locale: Option<&str>) -> &'static str {
    if locale.is_some_and(|locale| locale.starts_with("zh")) { "zh-CN" } else { "en" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_terminal_is_spoken_to_in_chinese() {
        assert_eq!(language_of_locale(Some("zh_CN.UTF-8")), "zh-CN");
        assert_eq!(language_of_locale(Some("C.UTF-8")), "en");
        assert_eq!(language_of_locale(None), "en");
    }
}
