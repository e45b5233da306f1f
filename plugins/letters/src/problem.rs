//! Missing mail and unreadable addresses, reported to the supervisor (L8).

use deskbell_sdk::prelude::*;

use crate::letter::{Letter, LetterState};

/// What is wrong with a letter, or with mail that never came.
#[derive(Record)]
#[record(name = "problem", number = "P/day", index = "letter")]
pub struct Problem {
    pub state: ProblemState,
    /// The letter, if it is known.
    pub letter: Option<Ref<Letter>>,
    /// What is wrong.
    pub kind: ProblemKind,
    /// What was seen, and by whom.
    #[field(personal, searchable, editable, long)]
    pub description: String,
    /// The day it was reported.
    pub reported_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum ProblemState {
    Open,
    #[state(closed)]
    Resolved {
        #[field(personal, long)]
        resolution: String,
        resolved_at: Instant,
    },
}

#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    Missing,
    UnreadableAddress,
}

/// A problem as it is written down, with or without a letter.
#[derive(Args)]
pub struct NewProblem {
    /// The letter, if it is known.
    pub letter: Option<Ref<Letter>>,
    /// What is wrong.
    pub kind: ProblemKind,
    /// What was seen, and by whom.
    #[field(personal, long)]
    pub description: String,
}

/// What is wrong with the letter at hand.
#[derive(Args)]
pub struct Report {
    /// What is wrong.
    pub kind: ProblemKind,
    /// What was seen, and by whom.
    #[field(personal, long)]
    pub description: String,
}

/// How a problem ended.
#[derive(Args)]
pub struct Resolve {
    /// How it was resolved.
    #[field(personal, long)]
    pub resolution: String,
    /// The letter is back at the desk and waits for its addressee again.
    #[default = false]
    pub waits_again: bool,
}

/// L8: writes a problem down; a letter it is about goes no further until it is resolved.
pub fn open(cx: &mut Cx, new: NewProblem) -> Result<Stored<Problem>> {
    if let Some(letter) = &new.letter {
        let letter = cx.get(letter)?;
        set_aside(cx, letter)?;
    }
    let problem = cx.insert(Problem {
        state: ProblemState::Open,
        letter: new.letter,
        kind: new.kind,
        description: new.description,
        reported_on: cx.today(),
    })?;
    cx.notice(Role::SUPERVISOR, "problem-reported").about(&problem).with("kind", problem.kind).with("number", problem.number());
    Ok(problem)
}

/// L8: the same, from the letter's own page.
pub fn report(cx: &mut Cx, letter: Stored<Letter>, report: Report) -> Result<Stored<Letter>> {
    let about = letter.to_ref();
    open(cx, NewProblem { letter: Some(about), kind: report.kind, description: report.description })?;
    cx.get(&about)
}

/// L8: notes how a problem ended. Its letter is settled with it, or waits again as on the day it came.
pub fn resolve(cx: &mut Cx, mut problem: Stored<Problem>, how: Resolve) -> Result<Stored<Problem>> {
    Rule("L8").requires(problem.state == ProblemState::Open, "problem-is-resolved")?;
    problem.state = ProblemState::Resolved { resolution: how.resolution, resolved_at: cx.now() };
    if let Some(letter) = &problem.letter {
        let mut letter = cx.get(letter)?;
        letter.state = if how.waits_again { LetterState::Received } else { LetterState::Resolved };
        cx.update(letter)?;
    }
    cx.update(problem)
}

/// Problems that somebody still has to see to.
pub fn due(_: &Cx, on: Day) -> Query<Problem> {
    Problem::STATE.is_open().and(Problem::REPORTED_ON.le(on)).sort_by(Problem::NUMBER)
}

fn set_aside(cx: &mut Cx, mut letter: Stored<Letter>) -> Result<Stored<Letter>> {
    letter.must_be_waiting(Rule("L8"))?;
    letter.settle(LetterState::Problem);
    cx.update(letter)
}
