//! The call log: who was told about a letter by telephone (L5).

use deskbell_sdk::Actor;
use deskbell_sdk::prelude::*;

use crate::letter::Letter;

/// A call about a letter.
#[derive(Record)]
#[record(name = "call", index = "letter")]
pub struct Call {
    /// The letter it was about.
    pub letter: Ref<Letter>,
    /// Who was spoken to.
    #[field(personal, searchable)]
    pub called: String,
    /// When.
    pub called_at: Instant,
    /// Which clerk called.
    pub called_by: String,
    /// What was said.
    #[field(long)]
    pub note: Option<String>,
}

/// What a clerk notes down after a call.
#[derive(Args)]
pub struct LogCall {
    /// Who was spoken to.
    #[field(personal, max = 60)]
    pub called: String,
    /// What was said.
    #[field(long)]
    pub note: Option<String>,
}

impl Call {
    pub fn about(letter: &Stored<Letter>, call: LogCall, by: &Actor, at: Instant) -> Call {
        Call { letter: letter.to_ref(), called: call.called, called_at: at, called_by: by.name.clone(), note: call.note }
    }
}
