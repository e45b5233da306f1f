//! A department's request for a month: written, submitted in time, approved, issued (O1).

use deskbell_sdk::calendar::{first_of_month, months_after};
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::department::Department;
use crate::line::{self, PaperLine};
use crate::month::{self, MonthSheet};

/// What a department asks for in a month.
#[derive(Record)]
#[record(name = "request", number = "OS/year", index = "for_month", index = "department", index = "sheet")]
pub struct Request {
    pub state: RequestState,
    /// The month it is for, by its first day.
    #[field(signed)]
    pub for_month: Day,
    /// Who asks.
    #[field(signed)]
    pub department: Ref<Department>,
    /// The department's name, as papers print it.
    #[field(searchable, max = 60)]
    pub department_name: String,
    /// Who wrote it for the department.
    #[field(personal, searchable, editable, max = 60)]
    pub requester: String,
    /// Anything else worth knowing.
    #[field(editable, long)]
    pub note: Option<String>,
    /// O1: submitted after the deadline, signed for by the duty manager.
    #[default = false]
    pub is_late: bool,
    /// O3: the month's order that it went into.
    pub sheet: Option<Ref<MonthSheet>>,
}

/// Where a request stands.
#[derive(State, Clone, PartialEq)]
pub enum RequestState {
    /// Items are being put on it.
    Draft,
    /// O1
    Submitted {
        submitted_on: Day,
    },
    Approved {
        submitted_on: Day,
        approved_at: Instant,
        approved_by: String,
    },
    /// The department has fetched its things.
    #[state(closed)]
    Issued {
        submitted_on: Day,
        approved_at: Instant,
        approved_by: String,
        issued_on: Day,
        #[field(personal)]
        issued_to: String,
    },
    #[state(closed)]
    Rejected {
        submitted_on: Day,
        #[field(long)]
        reason: String,
    },
}

/// A request as it is begun.
#[derive(Args)]
pub struct NewRequest {
    /// Who asks.
    pub department: Ref<Department>,
    /// A day of the month it is for: it can only be next month.
    pub for_month: Option<Day>,
    /// Who writes it for the department.
    #[field(personal, max = 60)]
    pub requester: String,
    /// Anything else worth knowing.
    #[field(long)]
    pub note: Option<String>,
}

/// Why nothing of it is approved.
#[derive(Args)]
pub struct Reject {
    /// The reason, for the department.
    #[field(long)]
    pub reason: String,
}

/// Who fetches the things.
#[derive(Args)]
pub struct Issue {
    /// Who fetches them for the department.
    #[field(personal, max = 60)]
    pub issued_to: String,
}

/// 办公用品申请表, of one department
#[derive(Paper)]
pub struct RequestPaper {
    pub number: String,
    pub for_month: Day,
    pub department: String,
    pub requester: String,
    pub submitted_on: Option<Day>,
    pub is_late: bool,
    pub lines: Vec<PaperLine>,
    pub n_items: i64,
    pub approved_by: Option<String>,
    pub approved_at: Option<Instant>,
    pub note: Option<String>,
}

/// O1: begins a department's one request for next month.
pub fn open(cx: &mut Cx, new: NewRequest) -> Result<Stored<Request>> {
    let next_month = months_after(first_of_month(cx.today()), 1);
    let for_month = first_of_month(new.for_month.unwrap_or(next_month));
    Rule("O1").requires(for_month == next_month, "month-is-not-the-next")?;
    let department = cx.get(&new.department)?;
    let others = Request::DEPARTMENT.is(&department).and(Request::FOR_MONTH.is(for_month));
    let others = others.and(Request::STATE.is_not(RequestState::REJECTED));
    cx.require(others, ..=0, Rule("O1").refuse("department-has-a-request").with("department", &department.name))?;
    cx.insert(Request {
        state: RequestState::Draft,
        for_month,
        department: department.to_ref(),
        department_name: department.name.clone(),
        requester: new.requester,
        note: new.note,
        is_late: false,
        sheet: None,
    })
}

/// O1: the last day on which requests for a month are taken, in the month before.
pub fn deadline_for(month: Day, deadline_day: MonthDay) -> Day {
    deadline_day.in_month_of(first_of_month(month) - Days(1))
}

/// O1: submits a request through the end of the deadline's day; later the duty manager signs for it.
pub fn submit(cx: &mut Cx<Settings>, mut request: Stored<Request>, (): ()) -> Result<Stored<Request>> {
    Rule("O1").requires(request.state == RequestState::Draft, "request-is-submitted")?;
    let lines = cx.find_and_hold(line::of(&request), Rule("O1").refuse("request-has-changed"))?;
    Rule("O1").requires(!lines.is_empty(), "request-is-empty")?;
    let deadline = deadline_for(request.for_month, cx.settings().deadline_day);
    request.is_late = cx.today() > deadline;
    if request.is_late {
        let refusal = Rule("O1").refuse("deadline-is-over").with("deadline", deadline);
        cx.needs_sign_off("duty-manager", Role::DUTY_MANAGER, refusal).about(&request);
    }
    let mut department = cx.get(&request.department)?;
    department.requested_for = department.requested_for.max(request.for_month);
    cx.update(department)?;
    request.state = RequestState::Submitted { submitted_on: cx.today() };
    cx.update(request)
}

/// Approves what was asked for. O3: when its month is closed already, it goes onto that month's order.
pub fn approve(cx: &mut Cx, mut request: Stored<Request>, (): ()) -> Result<Stored<Request>> {
    let submitted_on = request.must_be_submitted()?;
    let (approved_at, approved_by) = (cx.now(), cx.actor().name.clone());
    request.state = RequestState::Approved { submitted_on, approved_at, approved_by };
    let sheets = cx.find_and_hold(MonthSheet::FOR_MONTH.is(request.for_month), Rule("O3").refuse("month-is-closing"))?;
    let Some(sheet) = sheets.into_iter().next() else { return cx.update(request) };
    request.sheet = Some(sheet.to_ref());
    let request = cx.update(request)?;
    // The order that was signed for had fewer things on it.
    let sheet = cx.void_sign_offs(sheet)?;
    cx.paper("month-sheet", &sheet)?;
    Ok(request)
}

/// Sends a request back: nothing of it is approved, and the department may ask again.
pub fn reject(cx: &mut Cx, mut request: Stored<Request>, why: Reject) -> Result<Stored<Request>> {
    let submitted_on = request.must_be_submitted()?;
    let mut department = cx.get(&request.department)?;
    if department.requested_for == request.for_month {
        department.requested_for = first_of_month(request.for_month - Days(1));
        cx.update(department)?;
    }
    request.state = RequestState::Rejected { submitted_on, reason: why.reason };
    cx.update(request)
}

/// O3: hands the things out once the month's order was made, and books every line of it.
pub fn issue(cx: &mut Cx, mut request: Stored<Request>, to: Issue) -> Result<Stored<Request>> {
    let RequestState::Approved { submitted_on, approved_at, approved_by } = request.state.clone() else {
        return Err(Rule("O3").refuse("request-is-not-approved").into());
    };
    Rule("O3").requires(request.sheet.is_some(), "month-is-not-closed")?;
    for mut line in cx.find(line::of(&request))? {
        line.issued_on = Some(cx.today());
        line.issued_to = Some(to.issued_to.clone());
        cx.update(line)?;
    }
    let (issued_on, issued_to) = (cx.today(), to.issued_to);
    request.state = RequestState::Issued { submitted_on, approved_at, approved_by, issued_on, issued_to };
    cx.update(request)
}

/// Requests that are written and not yet handed in.
pub fn to_submit(on: Day) -> Query<Request> {
    Request::STATE.is(RequestState::DRAFT).and(Request::FOR_MONTH.gt(on)).sort_by(Request::NUMBER)
}

/// Requests that the duty manager has to look at.
pub fn to_approve(on: Day) -> Query<Request> {
    let submitted = Request::STATE.is(RequestState::SUBMITTED);
    submitted.and(Request::STATE.field(RequestState::SUBMITTED_ON).le(on)).sort_by(Request::NUMBER)
}

/// What was ordered for a month that has come, and nobody has fetched.
pub fn to_issue(on: Day) -> Query<Request> {
    let ordered = Request::STATE.is(RequestState::APPROVED).and(Request::SHEET.is_set());
    ordered.and(Request::FOR_MONTH.le(on)).sort_by(Request::NUMBER)
}

pub fn paper(cx: &Cx, request: &Stored<Request>) -> Result<RequestPaper> {
    let lines: Vec<PaperLine> = cx.find(line::of(request))?.iter().map(PaperLine::of).collect();
    let (submitted_on, approved) = match &request.state {
        RequestState::Draft => (None, None),
        RequestState::Submitted { submitted_on } | RequestState::Rejected { submitted_on, .. } => (Some(*submitted_on), None),
        RequestState::Approved { submitted_on, approved_at, approved_by }
        | RequestState::Issued { submitted_on, approved_at, approved_by, .. } => {
            (Some(*submitted_on), Some((*approved_at, approved_by.clone())))
        }
    };
    let (approved_at, approved_by) = approved.unzip();
    Ok(RequestPaper {
        number: request.number().to_owned(),
        for_month: request.for_month,
        department: request.department_name.clone(),
        requester: request.requester.clone(),
        submitted_on,
        is_late: request.is_late,
        n_items: lines.len() as i64,
        lines,
        approved_by,
        approved_at,
        note: request.note.clone(),
    })
}

impl Request {
    fn must_be_submitted(&self) -> Result<Day> {
        match self.state {
            RequestState::Submitted { submitted_on } => Ok(submitted_on),
            RequestState::Draft => Err(Rule("O1").refuse("request-is-a-draft").into()),
            _ => Err(Rule("O1").refuse("request-is-decided").into()),
        }
    }
}

/// O3: approved requests of months whose deadline is over, and which no order has yet.
pub fn to_merge(cx: &Cx<Settings>) -> Query<Request> {
    let approved = Request::STATE.is(RequestState::APPROVED).and(Request::SHEET.is_null());
    let closed = Request::FOR_MONTH.le(month::closed_through(cx.today(), cx.settings().deadline_day));
    approved.and(closed).sort_by(Request::FOR_MONTH).sort_by(Request::NUMBER)
}
