//! Labels issued to a supplier for an activity, until the last of them is accounted for (N1, N2, N3).

use deskbell_sdk::prelude::*;

use crate::label::{Label, LabelState};
use crate::stock::{self, serial_of, spans};

/// Labels for goods that a supplier brings in for an activity.
#[derive(Record)]
#[record(name = "issue", number = "NI/day", index = "issued_on", index = "valid_to")]
pub struct Issue {
    pub state: IssueState,
    /// Whose goods they are.
    #[field(searchable, editable, signed, max = 60)]
    pub supplier: String,
    /// N1: what the supplier has shown.
    #[field(signed)]
    pub credential: Credential,
    /// N1: its number.
    #[field(personal, signed, max = 40)]
    pub credential_no: String,
    /// Who speaks for the supplier.
    #[field(personal, searchable, editable, max = 60)]
    pub contact: String,
    /// What the goods are for.
    #[field(signed)]
    pub activity: Activity,
    /// What they are.
    #[field(searchable, editable, signed, max = 80)]
    pub goods: String,
    /// How many labels were issued.
    #[field(signed)]
    pub quantity: i64,
    /// N2: their serials.
    #[field(long, max = 400)]
    pub serials: String,
    /// The first day of the activity.
    pub valid_from: Day,
    /// The last day of the activity.
    pub valid_to: Day,
    /// The day they were issued.
    pub issued_on: Day,
    /// N3: labels that are neither on goods nor returned.
    pub outstanding: i64,
    /// N2: labels on goods.
    #[default = 0]
    pub affixed: i64,
    /// N3: labels that came back unused.
    #[default = 0]
    pub returned: i64,
    /// N3: labels that never came back.
    #[default = 0]
    pub written_off: i64,
    /// The label of the sheet that the first of them is printed on, counted from 1.
    #[default = 1]
    pub starts_at: i64,
    /// N3: the supervisor was told that labels are unaccounted for.
    #[default = false]
    pub was_chased: bool,
}

/// Where an activity stands.
#[derive(State, Clone, PartialEq)]
pub enum IssueState {
    Issued,
    /// Goods with its labels are in the store.
    Affixed,
    /// N3: over, and every label accounted for.
    #[state(closed)]
    Closed {
        closed_on: Day,
    },
}

/// What a supplier shows.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    BusinessLicence,
    IdentityCard,
    EntryPermit,
    DeliveryNote,
}

/// What goods come in for.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Tasting,
    Trial,
    Gift,
}

/// What a supplier fills in.
#[derive(Args)]
pub struct Application {
    /// Whose goods they are.
    #[field(max = 60)]
    pub supplier: String,
    /// What the supplier shows; N1: without a credential there is no label.
    pub credential: Option<Credential>,
    /// The number on the credential.
    #[field(personal, max = 40)]
    pub credential_no: Option<String>,
    /// Who speaks for the supplier.
    #[field(personal, max = 60)]
    pub contact: String,
    /// What the goods are for.
    pub activity: Activity,
    /// What they are.
    #[field(max = 80)]
    pub goods: String,
    /// How many labels are needed.
    pub quantity: i64,
    /// The first day of the activity: today, unless it is given.
    pub valid_from: Option<Day>,
    /// The last day of the activity.
    pub valid_to: Day,
}

/// Some labels of an issue, by their serials; all that are left, where none is given.
#[derive(Args)]
pub struct Span {
    /// The first serial.
    #[field(max = 20)]
    pub first: Option<String>,
    /// The last serial.
    #[field(max = 20)]
    pub last: Option<String>,
}

/// Why labels don't come back.
#[derive(Args)]
pub struct WriteOff {
    /// What became of them, as far as it is known.
    #[field(long)]
    pub reason: String,
}

/// 到期活动标签清单
#[derive(Paper)]
pub struct ExpiredPaper {
    pub on: Day,
    /// A line an activity, longest over first.
    pub lines: Vec<ExpiredLine>,
    pub n_labels: i64,
}

#[derive(Paper)]
pub struct ExpiredLine {
    pub number: String,
    pub supplier: String,
    pub contact: String,
    pub goods: String,
    pub valid_to: Day,
    pub quantity: i64,
    pub affixed: i64,
    pub returned: i64,
    pub outstanding: i64,
}

/// N2: more than so many at once are issued in parts, so that they can be checked at the gate.
const QUANTITY_MAX: i64 = 300;

/// N1, N2: issues labels to a supplier who has shown a credential.
pub fn issue(cx: &mut Cx, new: Application) -> Result<Stored<Issue>> {
    let shown = new.credential.zip(new.credential_no);
    let (credential, credential_no) = shown.ok_or_else(|| Rule("N1").refuse("no-credential-no-label"))?;
    Rule("N2").requires(new.quantity > 0, "quantity-is-not-positive")?;
    Rule("N2").requires(new.quantity <= QUANTITY_MAX, "too-many-at-once")?;
    let valid_from = new.valid_from.unwrap_or(cx.today());
    Rule("N1").requires(valid_from <= new.valid_to && cx.today() <= new.valid_to, "activity-ends-before-it-begins")?;
    let issue = cx.insert(Issue {
        state: IssueState::Issued,
        supplier: new.supplier,
        credential,
        credential_no,
        contact: new.contact,
        activity: new.activity,
        goods: new.goods,
        quantity: new.quantity,
        serials: String::new(),
        valid_from,
        valid_to: new.valid_to,
        issued_on: cx.today(),
        outstanding: new.quantity,
        affixed: 0,
        returned: 0,
        written_off: 0,
        starts_at: 1,
        was_chased: false,
    })?;
    with_labels(cx, issue)
}

fn with_labels(cx: &mut Cx, mut issue: Stored<Issue>) -> Result<Stored<Issue>> {
    let serials = stock::draw(cx, issue.quantity, &issue)?;
    for serial in &serials {
        cx.insert(Label::of(&issue, *serial))?;
    }
    issue.serials = spans(&serials);
    cx.update(issue)
}

/// N2: a clerk has put labels on goods, which may now enter.
pub fn affix(cx: &mut Cx, mut issue: Stored<Issue>, span: Span) -> Result<Stored<Issue>> {
    Rule("N2").requires(cx.today() <= issue.valid_to, "activity-is-over")?;
    let (affixed_at, affixed_by) = (cx.now(), cx.actor().name.clone());
    let state = LabelState::Affixed { affixed_at, affixed_by };
    issue.affixed += settle(cx, &mut issue, &span, Rule("N2"), &state)?;
    issue.state = IssueState::Affixed;
    cx.update(issue)
}

/// N3: labels that were not used come back, and are void from then on.
pub fn return_unused(cx: &mut Cx, mut issue: Stored<Issue>, span: Span) -> Result<Stored<Issue>> {
    let state = LabelState::Returned { returned_on: cx.today() };
    issue.returned += settle(cx, &mut issue, &span, Rule("N3"), &state)?;
    cx.update(issue)
}

/// N3: voids labels that never came back; loss prevention signs for it.
pub fn write_off(cx: &mut Cx, mut issue: Stored<Issue>, why: WriteOff) -> Result<Stored<Issue>> {
    let refusal = Rule("N3").refuse("write-off-needs-loss-prevention");
    cx.needs_sign_off("loss-prevention", Role::LOSS_PREVENTION, refusal).about(&issue);
    let state = LabelState::WrittenOff { written_off_on: cx.today() };
    let all = Span { first: None, last: None };
    issue.written_off += settle(cx, &mut issue, &all, Rule("N3"), &state)?;
    let issue = cx.update(issue)?;
    let notice = cx.notice(Role::SUPERVISOR, "labels-written-off").about(&issue);
    notice.with("number", issue.number()).with("n", issue.written_off).with("reason", why.reason);
    Ok(issue)
}

/// Moves the labels of a span that are still out to another state, and says how many they were.
fn settle(cx: &mut Cx, issue: &mut Stored<Issue>, span: &Span, rule: Rule, state: &LabelState) -> Result<i64> {
    rule.requires(!matches!(issue.state, IssueState::Closed { .. }), "activity-is-closed")?;
    let mut out = Label::ISSUE.is(&*issue).and(Label::STATE.is(LabelState::ISSUED));
    if let Some(first) = &span.first {
        out = out.and(Label::SERIAL.ge(serial_in("first", first)?));
    }
    if let Some(last) = &span.last {
        out = out.and(Label::SERIAL.le(serial_in("last", last)?));
    }
    let labels = cx.find(out)?;
    rule.requires(!labels.is_empty(), "no-label-is-left")?;
    let n_labels = labels.len() as i64;
    for mut label in labels {
        label.state = state.clone();
        cx.update(label)?;
    }
    issue.outstanding -= n_labels;
    Ok(n_labels)
}

fn serial_in(field: &str, code: &str) -> Result<i64> {
    serial_of(code).ok_or_else(|| Error::invalid(field, "not-a-serial"))
}

/// N3: the activity is over, and every label is accounted for.
pub fn close(cx: &mut Cx, mut issue: Stored<Issue>, (): ()) -> Result<Stored<Issue>> {
    Rule("N3").requires(!matches!(issue.state, IssueState::Closed { .. }), "activity-is-closed")?;
    if issue.outstanding > 0 {
        return Err(Rule("N3").refuse("labels-are-unaccounted").with("n", issue.outstanding).into());
    }
    issue.state = IssueState::Closed { closed_on: cx.today() };
    cx.update(issue)
}

/// N3: activities that are over.
fn expired() -> Deadline<Issue> {
    Deadline::past(Issue::VALID_TO, Days(0)).among(Issue::STATE.is_open())
}

/// N3: activities that are over with labels unaccounted for.
pub fn unaccounted() -> Deadline<Issue> {
    expired().among(Issue::OUTSTANDING.gt(0))
}

/// N3: closes what is over and accounted for, and lists what is not; the supervisor is told once of each.
pub fn chase_expired(cx: &mut Cx) -> Result<Outcome> {
    let today = cx.today();
    let over = cx.find(expired().reached(today))?;
    if over.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let (mut listed, mut closed) = (0, 0);
    cx.each(over, |cx, mut issue| {
        if issue.outstanding == 0 {
            issue.state = IssueState::Closed { closed_on: today };
            closed += 1;
        } else {
            listed += 1;
        }
        let is_news = issue.outstanding > 0 && !issue.was_chased;
        issue.was_chased |= is_news;
        let issue = cx.update(issue)?;
        if is_news {
            let notice = cx.notice(Role::SUPERVISOR, "labels-unaccounted").about(&issue);
            notice.with("number", issue.number()).with("supplier", &issue.supplier).with("n", issue.outstanding);
        }
        Ok(())
    })?;
    if listed > 0 {
        cx.paper_for("expired-activities", today, today)?;
    }
    Ok(Outcome::new("listed").count("listed", listed).count("closed", closed))
}

pub fn paper(cx: &Cx, period: Period) -> Result<ExpiredPaper> {
    let issues = cx.find(unaccounted().reached(period.to))?;
    let line = |issue: &Stored<Issue>| ExpiredLine {
        number: issue.number().to_owned(),
        supplier: issue.supplier.clone(),
        contact: issue.contact.clone(),
        goods: issue.goods.clone(),
        valid_to: issue.valid_to,
        quantity: issue.quantity,
        affixed: issue.affixed,
        returned: issue.returned,
        outstanding: issue.outstanding,
    };
    let n_labels = issues.iter().map(|issue| issue.outstanding).sum();
    Ok(ExpiredPaper { on: period.to, lines: issues.iter().map(line).collect(), n_labels })
}

/// 非卖品标签领用登记表, the register of labels.
pub fn register() -> RegisterOf<Issue> {
    RegisterOf::by(Issue::ISSUED_ON)
        .column(Issue::NUMBER)
        .column(Issue::SUPPLIER)
        .column(Issue::CREDENTIAL)
        .column(Issue::CREDENTIAL_NO)
        .column(Issue::CONTACT)
        .column(Issue::ACTIVITY)
        .column(Issue::GOODS)
        .sum(Issue::QUANTITY)
        .column(Issue::SERIALS)
        .column(Issue::VALID_TO)
        .column(Issue::STATE)
        .signature("received-by-hand")
}
