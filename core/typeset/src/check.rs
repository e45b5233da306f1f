//! Is a template sound? Read before it is run: its names, its placeholders, what it asks of Typst.
//!
//! Two readings. The MiniJinja tree is walked against the form's declared shape, every branch of it, so that a misspelt field
//! is found where no sample would meet it. Then the Typst source is read, for what it may not call and for placeholders in
//! places where they would print nothing or break out.

mod names;
mod typst_source;

pub(crate) use names::names;
pub(crate) use typst_source::{layout, source};

/// The name among `allowed` that was most likely meant: a slip of the finger away, or much alike.
pub(crate) fn nearest<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = (written.chars().count() / 3).max(1);
    allowed
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= slips || strsim::jaro_winkler(written, name) > 0.85)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
