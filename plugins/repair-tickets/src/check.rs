//! The evening's check: each ticket not yet fixed, and whether the clerk's round found it fixed (R3).

use deskbell_sdk::prelude::*;

use crate::ticket::{Ticket, TicketLine, TicketState, unfixed};

/// One evening's round. What it lists are its lines.
#[derive(Record)]
#[record(name = "check", number = "RC/day", unique = "checked_on")]
pub struct Check {
    pub state: CheckState,
    /// The evening.
    pub checked_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum CheckState {
    /// There is a line to tick.
    Open,
    /// Every line is ticked.
    #[state(closed)]
    Done { done_at: Instant },
}

/// One ticket of an evening's round.
#[derive(Record)]
#[record(name = "check-line", unique = "check, ticket")]
pub struct CheckLine {
    /// The evening's check.
    pub check: Ref<Check>,
    /// The ticket to look at.
    pub ticket: Ref<Ticket>,
    /// What the clerk found; nothing until it is ticked.
    pub result: Option<Finding>,
    /// What else was seen.
    #[field(long)]
    pub note: Option<String>,
}

/// What a clerk finds.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Fixed,
    NotFixed,
}

/// One line of the round, ticked.
#[derive(Args)]
pub struct Tick {
    /// The ticket that was looked at.
    pub ticket: Ref<Ticket>,
    /// What was found.
    pub result: Finding,
    /// What else was seen.
    #[field(long)]
    pub note: Option<String>,
}

/// 21:00检查表
#[derive(Paper)]
pub struct CheckPaper {
    pub number: String,
    pub checked_on: Day,
    /// A line a ticket, longest broken first.
    pub lines: Vec<CheckedLine>,
    pub n_tickets: i64,
}

#[derive(Paper)]
pub struct CheckedLine {
    pub ticket: TicketLine,
    pub result: Option<Finding>,
    pub note: Option<String>,
}

/// R3: lists each ticket not yet fixed on the evening's check, once.
pub fn list_unfixed(cx: &mut Cx) -> Result<Outcome> {
    let today = cx.today();
    let mut unlisted = cx.find(unfixed(today))?;
    if let Some(check) = cx.find_first(Check::CHECKED_ON.is(today))? {
        let listed = cx.find(lines(&check))?;
        unlisted.retain(|ticket| !listed.iter().any(|line| line.ticket == ticket.to_ref()));
    }
    if unlisted.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let check = of_the_evening(cx)?;
    let listed = cx.each(unlisted, |cx, ticket| {
        cx.hold(&ticket, Ticket::is_unfixed(), Rule("R3").refuse("ticket-is-fixed"))?;
        cx.insert(CheckLine { check: check.to_ref(), ticket: ticket.to_ref(), result: None, note: None })
    })?;
    cx.paper("check-sheet", &check)?;
    Ok(Outcome::counted("listed", listed))
}

/// R3: the one check of this evening, open for another line.
fn of_the_evening(cx: &mut Cx) -> Result<Stored<Check>> {
    let today = cx.today();
    let new = Check { state: CheckState::Open, checked_on: today };
    let mut check = cx.find_or_insert(Check::CHECKED_ON.is(today), new)?;
    check.state = CheckState::Open;
    let check = cx.update(check)?;
    // The clerk may tick its last line meanwhile: then the check is opened again.
    cx.hold(&check, Check::STATE.is_open(), Rule("R3").refuse("check-is-done"))?;
    Ok(check)
}

/// R3: the clerk has looked at a ticket. One found fixed is fixed; the last line ends the round.
pub fn tick(cx: &mut Cx, mut check: Stored<Check>, tick: Tick) -> Result<Stored<Check>> {
    let unticked = lines(&check).and(CheckLine::RESULT.is_null());
    let unticked = cx.find_and_hold(unticked, Rule("R3").refuse("check-has-changed"))?;
    let is_last = unticked.len() == 1;
    let line = unticked.into_iter().find(|line| line.ticket == tick.ticket);
    let mut line = line.ok_or_else(|| Rule("R3").refuse("no-line-to-tick"))?;
    line.result = Some(tick.result);
    line.note = tick.note;
    cx.update(line)?;
    note_finding(cx, cx.get(&tick.ticket)?, tick.result)?;
    if is_last {
        check.state = CheckState::Done { done_at: cx.now() };
    }
    cx.update(check)
}

fn note_finding(cx: &mut Cx, mut ticket: Stored<Ticket>, found: Finding) -> Result<()> {
    if found == Finding::NotFixed {
        // Reported fixed since it was listed: that it is not is said on the ticket, with a reason.
        return Ok(Rule("R3").requires(ticket.state.is_unfixed(), "fixed-ticket-is-reopened")?);
    }
    if ticket.state.is_unfixed() {
        ticket.state = TicketState::Fixed { fixed_at: cx.now() };
        cx.update(ticket)?;
    }
    Ok(())
}

/// Checks with a line to tick.
pub fn to_tick(_: &Cx, on: Day) -> Query<Check> {
    Check::STATE.is_open().and(Check::CHECKED_ON.le(on)).sort_by(Check::CHECKED_ON)
}

pub fn paper(cx: &Cx, check: &Stored<Check>) -> Result<CheckPaper> {
    let lines: Vec<CheckedLine> =
        cx.find(lines(check))?.iter().map(|line| CheckedLine::of(cx, check, line)).collect::<Result<_>>()?;
    Ok(CheckPaper { number: check.number().to_owned(), checked_on: check.checked_on, n_tickets: lines.len() as i64, lines })
}

/// In the order they were listed: longest broken first.
fn lines(check: &Stored<Check>) -> Query<CheckLine> {
    CheckLine::CHECK.is(check).sort_by(CheckLine::ID)
}

impl CheckedLine {
    fn of(cx: &Cx, check: &Stored<Check>, line: &Stored<CheckLine>) -> Result<CheckedLine> {
        let ticket = TicketLine::of(&cx.get(&line.ticket)?, check.checked_on);
        Ok(CheckedLine { ticket, result: line.result, note: line.note.clone() })
    }
}
