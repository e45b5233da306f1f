//! A ticket: one fault in a public area, from the report until a clerk has verified that it is fixed.

use deskbell_sdk::Said;
use deskbell_sdk::prelude::*;

use crate::sheet::SignOffSheet;
use crate::work_order::WorkOrder;

/// A fault in a public area.
#[derive(Record)]
#[record(name = "ticket", number = "R/day", index = "reported_on", index = "sheet", index = "work_order")]
pub struct Ticket {
    pub state: TicketState,
    /// When it was found.
    #[field(editable)]
    pub found_at: Instant,
    /// Where it is.
    #[field(searchable, editable, max = 80)]
    pub place: String,
    /// What is broken.
    #[field(searchable, editable, max = 80)]
    pub broken_item: String,
    /// What was seen.
    #[field(searchable, editable, long)]
    pub description: Option<String>,
    /// Whether it can wait for the ticket.
    #[field(editable)]
    pub urgency: Urgency,
    /// R1: whom an emergency was phoned to.
    #[field(personal, editable, max = 60)]
    pub phoned_to: Option<String>,
    /// R1: when an emergency was phoned through.
    #[field(editable)]
    pub phoned_at: Option<Instant>,
    /// In which capacity the reporter told the desk.
    pub reported_by: ReportedBy,
    /// Who reported it.
    #[field(personal, searchable, editable, max = 60)]
    pub reporter: Option<String>,
    /// Where the reporter is reached.
    #[field(personal, editable, max = 60)]
    pub contact: Option<String>,
    /// The day the desk was told.
    pub reported_on: Day,
    /// R2: the day's sheet that lists it.
    pub sheet: Ref<SignOffSheet>,
    /// R2: the day security signed for it.
    pub signed_for_on: Option<Day>,
    /// R5: how often the duty manager was told of it.
    #[default = 0]
    pub escalation_stage: i64,
    /// R6: where its work order stands.
    pub work_order: WorkOrder,
    /// R6: who in maintenance took the work order.
    #[field(personal, max = 60)]
    pub dispatched_to: Option<String>,
    /// R6: when maintenance got the work order.
    pub dispatched_at: Option<Instant>,
    /// R6: maintenance got it later than it should.
    #[default = false]
    pub dispatched_late: bool,
    /// R6: when the reporter was told that it is fixed.
    pub called_back_at: Option<Instant>,
    /// R6: what the reporter said of the repair.
    #[field(personal, long)]
    pub opinion: Option<String>,
}

/// Where a ticket stands.
#[derive(State, Clone, PartialEq)]
pub enum TicketState {
    /// Waits for security to sign.
    Open,
    /// R2
    SignedFor,
    /// R4: not fixed after all.
    Reopened {
        reopened_on: Day,
        #[field(long)]
        reason: String,
    },
    /// Waits for a clerk to see that it holds.
    Fixed { fixed_at: Instant },
    /// R4
    #[state(closed)]
    Verified { fixed_at: Instant, verified_at: Instant, verified_by: String },
}

/// Whether a fault can wait for the ticket.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    Normal,
    /// R1: phoned through at once.
    Emergency,
}

/// Who told the desk.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedBy {
    Staff,
    Tenant,
    Resident,
    Customer,
}

/// What a clerk writes down when a fault is reported. R1: time, place and item are required.
#[derive(Args)]
pub struct Report {
    /// When it was found.
    pub found_at: Instant,
    /// Where it is.
    #[field(max = 80)]
    pub place: String,
    /// What is broken.
    #[field(max = 80)]
    pub broken_item: String,
    /// What was seen.
    #[field(long)]
    pub description: Option<String>,
    /// Whether it can wait for the ticket.
    #[default = "normal"]
    pub urgency: Urgency,
    /// Whom an emergency was phoned to.
    #[field(personal, max = 60)]
    pub phoned_to: Option<String>,
    /// When an emergency was phoned through.
    pub phoned_at: Option<Instant>,
    /// In which capacity the reporter tells the desk.
    #[default = "staff"]
    pub reported_by: ReportedBy,
    /// Who reports it.
    #[field(personal, max = 60)]
    pub reporter: Option<String>,
    /// Where the reporter is reached; R6: needed for whom is called back.
    #[field(personal, max = 60)]
    pub contact: Option<String>,
}

/// Why a ticket is opened again.
#[derive(Args)]
pub struct Reopen {
    /// What is still broken.
    #[field(long)]
    pub reason: String,
}

/// A ticket on a list: what sheets and checks have in common.
#[derive(Paper)]
pub struct TicketLine {
    pub number: String,
    pub found_at: Instant,
    pub place: String,
    pub broken_item: String,
    pub urgency: Urgency,
    pub signed_for_on: Option<Day>,
    /// Days since the desk was told.
    pub days_open: i64,
}

impl Ticket {
    /// R1, R2: a ticket as it is written down, on the day's sheet; R6: with a work order where one is due.
    pub fn reported(report: Report, sheet: &Stored<SignOffSheet>, today: Day, now: Instant) -> Result<Ticket> {
        let ticket = Ticket {
            state: TicketState::Open,
            found_at: report.found_at,
            place: report.place,
            broken_item: report.broken_item,
            description: report.description,
            urgency: report.urgency,
            phoned_to: report.phoned_to,
            phoned_at: report.phoned_at,
            reported_by: report.reported_by,
            reporter: report.reporter,
            contact: report.contact,
            reported_on: today,
            sheet: sheet.to_ref(),
            signed_for_on: None,
            escalation_stage: 0,
            work_order: WorkOrder::for_report_by(report.reported_by),
            dispatched_to: None,
            dispatched_at: None,
            dispatched_late: false,
            called_back_at: None,
            opinion: None,
        };
        ticket.must_say_enough(now)?;
        Ok(ticket)
    }

    /// R1: an emergency was phoned through, to somebody and at a time; R6: who is called back can be reached.
    pub fn must_say_enough(&self, now: Instant) -> Result<()> {
        if self.found_at > now {
            return Err(Error::invalid("found_at", "found-at-is-ahead"));
        }
        if self.phoned_at.is_some_and(|phoned_at| phoned_at > now) {
            return Err(Error::invalid("phoned_at", "phoned-at-is-ahead"));
        }
        let was_phoned_through = self.phoned_to.is_some() && self.phoned_at.is_some();
        Rule("R1").requires(self.urgency == Urgency::Normal || was_phoned_through, "emergency-is-phoned-through")?;
        let can_be_called_back = self.work_order == WorkOrder::NotNeeded || self.contact.is_some();
        Rule("R6").requires(can_be_called_back, "reporter-has-no-contact")?;
        Ok(())
    }

    /// Tickets that maintenance still has to see to.
    pub fn is_unfixed() -> Query<Ticket> {
        Ticket::STATE.one_of([TicketState::OPEN, TicketState::SIGNED_FOR, TicketState::REOPENED])
    }

    /// R4: broken after all. R5 counts from today; R6: the reporter is to be called again.
    pub fn reopened(&mut self, why: Reopen, today: Day) {
        self.state = TicketState::Reopened { reopened_on: today, reason: why.reason };
        self.escalation_stage = 0;
        if self.work_order == WorkOrder::CalledBack {
            self.work_order = WorkOrder::Dispatched;
            self.called_back_at = None;
            self.opinion = None;
        }
    }
}

impl TicketState {
    pub fn is_unfixed(&self) -> bool {
        matches!(self, TicketState::Open | TicketState::SignedFor | TicketState::Reopened { .. })
    }

    /// When it was fixed; what is not fixed, or verified already, is refused by the rule of the action asked for.
    pub fn must_be_fixed(&self, rule: Rule) -> Result<Instant> {
        match self {
            TicketState::Fixed { fixed_at } => Ok(*fixed_at),
            TicketState::Verified { .. } => Err(rule.refuse("ticket-is-verified").into()),
            _ => Err(rule.refuse("ticket-is-not-fixed").into()),
        }
    }
}

impl TicketLine {
    pub fn of(ticket: &Stored<Ticket>, today: Day) -> TicketLine {
        TicketLine {
            number: ticket.number().to_owned(),
            found_at: ticket.found_at,
            place: ticket.place.clone(),
            broken_item: ticket.broken_item.clone(),
            urgency: ticket.urgency,
            signed_for_on: ticket.signed_for_on,
            days_open: (today - ticket.reported_on).num_days(),
        }
    }
}

/// R3: what is not fixed on a day; the evening's check lists it.
pub fn unfixed(on: Day) -> Query<Ticket> {
    by_age(Ticket::is_unfixed(), on)
}

/// R4: fixed tickets that a clerk can verify: nobody waits for a call about them any more.
pub fn to_verify(_: &Cx, on: Day) -> Query<Ticket> {
    let is_fixed = Ticket::STATE.is(TicketState::FIXED);
    by_age(is_fixed.and(Ticket::WORK_ORDER.one_of([WorkOrder::NotNeeded, WorkOrder::CalledBack])), on)
}

/// The tickets of a question that were reported by a day, oldest first.
pub fn by_age(tickets: Query<Ticket>, on: Day) -> Query<Ticket> {
    tickets.and(Ticket::REPORTED_ON.le(on)).sort_by(Ticket::REPORTED_ON).sort_by(Ticket::NUMBER)
}

/// Tells a role of a ticket: which, where, what.
pub fn tell<'a, S>(cx: &mut Cx<'a, S>, role: Role, key: &str, ticket: &Stored<Ticket>) -> Said<'a> {
    let notice = cx.notice(role, key).about(ticket);
    notice.with("number", ticket.number()).with("place", &ticket.place).with("item", &ticket.broken_item)
}

/// 报修登记表, the register of tickets.
pub fn register() -> RegisterOf<Ticket> {
    RegisterOf::by(Ticket::REPORTED_ON)
        .column(Ticket::NUMBER)
        .column(Ticket::FOUND_AT)
        .column(Ticket::PLACE)
        .column(Ticket::BROKEN_ITEM)
        .column(Ticket::URGENCY)
        .column(Ticket::REPORTED_BY)
        .column(Ticket::REPORTER)
        .column(Ticket::SIGNED_FOR_ON)
        .column(Ticket::STATE)
        .column(Ticket::STATE.field(TicketState::FIXED_AT))
        .signature("verified-by-hand")
}
