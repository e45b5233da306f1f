//! What is wrong in a file that a store edits: settings, schedules, templates, manifests.
//!
//! One shape for all of them: the code, the place, the reason, the way out. [`Diagnostic`]'s `Display` is the whole message
//! without colour; [`Diagnostic::coloured`] is the same for a terminal. They are for store IT and stay English; not here:
//! problems of a request (`problem`).

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

/// A text with the name that people know it by: `deskbell.toml`, `schedules/letters.toml`.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    pub name: Arc<str>,
    pub text: Arc<str>,
    /// Where each line begins.
    lines: Arc<[usize]>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; all of the file is in force.
    Warning,
    /// The part it points at is not in force.
    Error,
}

/// One thing that is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable, for scripts: `config.unknown_key`.
    pub code: String,
    pub severity: Severity,
    /// As the reader knows it, relative to the home where it lies inside.
    pub file: String,
    /// Where it stands in the file, if it has one place.
    pub place: Option<Place>,
    /// One sentence: the thing and what is wrong with it.
    pub reason: String,
    /// The way out, or the nearest right name: "did you mean `listen`?".
    pub help: Option<String>,
    /// More to know, a line each: what is allowed here, what happens meanwhile.
    pub notes: Vec<String>,
}

/// A span inside one line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// In characters, at least 1.
    pub length: usize,
    /// The whole line, without its end.
    pub source_line: String,
}

/// The name alone: the text may hold a password.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name)
    }
}

impl Source {
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { name: name.into(), text, lines }
    }

    /// The place of a span of bytes; one that runs over several lines is cut at the end of its first.
    pub fn place(&self, span: Range<usize>) -> Place {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let line = self.lines.partition_point(|line_start| *line_start <= start);
        let line_start = self.lines[line - 1];
        let line_end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let end = self.text.floor_char_boundary(span.end.clamp(start, line_end));
        Place {
            line,
            column: self.text[line_start..start].chars().count() + 1,
            length: self.text[start..end].chars().count().max(1),
            source_line: self.text[line_start..line_end].trim_end_matches('\r').to_owned(),
        }
    }
}

impl Diagnostic {
    /// Something wrong with a whole file, or with one that is not there.
    pub fn in_file(code: &str, file: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Diagnostic {
            code: code.to_owned(),
            severity: Severity::Error,
            file: file.as_ref().display().to_string(),
            place: None,
            reason: reason.into(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// Something wrong at a span of bytes.
    pub fn at(code: &str, source: &Source, span: Range<usize>, reason: impl Into<String>) -> Self {
        let mut diagnostic = Diagnostic::in_file(code, &*source.name, reason);
        diagnostic.place = Some(source.place(span));
        diagnostic
    }

    /// Something wrong somewhere in a line, from 1, where no more is known.
    pub fn on_line(code: &str, source: &Source, line: usize, reason: impl Into<String>) -> Self {
        let start: usize = source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let text = source.text[start..].lines().next().unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        Diagnostic::at(code, source, start + indent..start + text.trim_end().len(), reason)
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Names what is allowed, and the nearest of it to what was written.
    pub fn with_allowed<'a>(mut self, written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Self {
        let allowed: Vec<&str> = allowed.into_iter().collect();
        if let Some(nearest) = nearest(written, allowed.iter().copied()) {
            self.help = Some(format!("did you mean `{nearest}`?"));
        }
        if !allowed.is_empty() {
            self.notes.push(format!("allowed here: {}", allowed.join(", ")));
        }
        self
    }

    /// One line for logs: `deskbell.toml:9:1: unknown key `listn` in [server]; did you mean `listen`?`.
    pub fn one_line(&self) -> String {
        let place = self.place.as_ref().map_or(String::new(), |place| format!(":{}:{}", place.line, place.column));
        let help = self.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        format!("{}{place}: {}{help}", self.file, self.reason)
    }

    /// The whole message with the colours of a terminal.
    pub fn coloured(&self) -> String {
        self.render(&Paint { on: true })
    }

    fn render(&self, paint: &Paint) -> String {
        let (word, colour) = match self.severity {
            Severity::Error => ("error", Paint::RED),
            Severity::Warning => ("warning", Paint::YELLOW),
        };
        let title = paint.with(colour, &format!("{word}[{}]", self.code));
        let mut text = format!("{title}: {}\n", self.reason);
        match &self.place {
            Some(place) => text.push_str(&self.render_place(place, colour, paint)),
            None => {
                text.push_str(&format!("  {} {}\n", paint.with(Paint::DIM, "file"), self.file));
                if let Some(help) = &self.help {
                    text.push_str(&format!("  {}   {help}\n", paint.with(Paint::DIM, "do")));
                }
            }
        }
        for note in &self.notes {
            text.push_str(&format!("  {} {note}\n", paint.with(Paint::DIM, "·")));
        }
        text
    }

    fn render_place(&self, place: &Place, colour: &str, paint: &Paint) -> String {
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        let bar = |mark: &str| paint.with(Paint::DIM, mark);
        // A tab would be as wide as the terminal likes, so the marks below could not be lined up with it.
        let line = place.source_line.replace('\t', "    ");
        let before: String = place.source_line.chars().take(place.column - 1).collect();
        let marked: String = place.source_line.chars().skip(place.column - 1).take(place.length).collect();
        let indent = " ".repeat(before.replace('\t', "    ").width());
        let marks = paint.with(colour, &"─".repeat(marked.replace('\t', "    ").width().max(1)));
        let help = self.help.as_ref().map_or(String::new(), |help| format!(" {}", paint.with(Paint::CYAN, help)));
        let at = format!("[{}:{}:{}]", self.file, place.line, place.column);
        format!(
            " {margin} {}{at}\n {} {} {line}\n {margin} {} {indent}{marks}{help}\n",
            bar("╭─"),
            bar(&number),
            bar("│"),
            bar("·")
        )
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(&Paint { on: false }).trim_end())
    }
}

/// The name among `allowed` that was most likely meant.
pub fn nearest<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normal = |name: &str| name.to_lowercase().replace('_', "-");
    let written = normal(written);
    allowed
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&written, &normal(name)), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// Puts colours on text, or leaves them off.
struct Paint {
    on: bool,
}

impl Paint {
    const RED: &str = "31;1";
    const YELLOW: &str = "33;1";
    const CYAN: &str = "36";
    const DIM: &str = "2";

    fn with(&self, colour: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_stand_under_the_word_even_behind_chinese_text() {
        let source = Source::new("deskbell.toml", "[site]\nname = \"万和购物广场\"  # 店 zone\n");
        let at = source.text.find("zone").unwrap();
        let diagnostic = Diagnostic::at("config.unknown_key", &source, at..at + 4, "unknown key `zone` in [site]")
            .with_allowed("timezon", ["name", "timezone"]);
        insta::assert_snapshot!(diagnostic, @r#"
        error[config.unknown_key]: unknown key `zone` in [site]
           ╭─[deskbell.toml:2:22]
         2 │ name = "万和购物广场"  # 店 zone
           ·                             ──── did you mean `timezone`?
          · allowed here: name, timezone
        "#);
        assert_eq!(diagnostic.one_line(), "deskbell.toml:2:22: unknown key `zone` in [site]; did you mean `timezone`?");
        assert!(diagnostic.coloured().contains("\u{1b}[31;1m────\u{1b}[0m"));
    }

    #[test]
    fn a_file_without_a_place_says_what_to_do() {
        let diagnostic =
            Diagnostic::in_file("plugin.protocol", "plugins/letters/libletters.so", "built for protocol 2; this host speaks 1")
                .with_help("install a build for protocol 1, or upgrade the host")
                .as_warning();
        insta::assert_snapshot!(diagnostic, @r"
        warning[plugin.protocol]: built for protocol 2; this host speaks 1
          file plugins/letters/libletters.so
          do   install a build for protocol 1, or upgrade the host
        ");
    }

    #[test]
    fn spans_at_the_edges_of_a_file_have_a_place() {
        let source = Source::new("a.toml", "a = 1\nb");
        assert_eq!(source.place(6..7).line, 2);
        assert_eq!(source.place(7..99), Place { line: 2, column: 2, length: 1, source_line: "b".into() });
        assert_eq!(Diagnostic::on_line("c", &source, 2, "r").place.unwrap().column, 1);
    }

    #[test]
    fn a_name_far_from_all_others_has_no_nearest() {
        assert_eq!(nearest("listn", ["listen", "url"]), Some("listen"));
        assert_eq!(nearest("handoffAfterDays", ["handoff_after_days"]), Some("handoff_after_days"));
        assert_eq!(nearest("colour", ["listen", "url"]), None);
    }
}
