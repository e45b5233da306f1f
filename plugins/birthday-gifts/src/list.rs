//! The month's list: whose birthday comes, and the cards and vouchers that HR hands over for them (B1, B3).

use std::collections::{BTreeMap, BTreeSet};

use deskbell_sdk::calendar::{anniversary, first_of_month, last_of_month, months_after, year_of};
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::employee::{Employee, EmployeeState};
use crate::gift::{self, Gift, GiftState};

/// The gifts of the birthdays that come next, until HR has handed them over. Its lines are the gifts that refer to it; a site
/// has at most one that is open.
#[derive(Record)]
#[record(name = "handover-list", number = "BH/year", index = "opened_on")]
pub struct HandoverList {
    pub state: ListState,
    /// The day it was begun.
    #[field(signed)]
    pub opened_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum ListState {
    /// Vouchers are noted on it, until HR and the desk have signed.
    Open,
    /// B1: both have signed.
    #[state(closed)]
    HandedOver { handed_over_at: Instant, n_gifts: i64 },
}

/// 员工生日礼物交接表
#[derive(Paper)]
pub struct ListPaper {
    pub number: String,
    pub opened_on: Day,
    /// The first birthday on it, and the last.
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// A line a gift, by the day.
    pub lines: Vec<ListLine>,
    pub n_gifts: i64,
    pub total_fen: Fen,
}

#[derive(Paper)]
pub struct ListLine {
    pub name: String,
    pub department: Option<String>,
    pub birthday_on: Day,
    pub voucher_no: Option<String>,
    pub voucher_fen: Option<Fen>,
}

/// B1, B3: lists the gifts for every birthday through the end of next month that has none yet. B4: one a year, however
/// often it runs, and none for who has left.
pub fn list_next_month(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let coming = coming_birthdays(cx)?;
    if coming.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let new = HandoverList { state: ListState::Open, opened_on: cx.today() };
    let list = cx.find_or_insert(HandoverList::STATE.is_open(), new)?;
    // HR and the desk may sign while this job runs: then the gifts belong on the next list.
    cx.hold(&list, HandoverList::STATE.is_open(), Rule("B1").refuse("list-is-closed"))?;
    let days: BTreeMap<_, Day> = coming.iter().map(|(on, employee)| (employee.id(), *on)).collect();
    let listed = cx.each(coming.into_iter().map(|(_, employee)| employee), |cx, employee| {
        cx.hold(&employee, Employee::STATE.is(EmployeeState::ACTIVE), Rule("B4").refuse("employee-has-left"))?;
        gift::expect(cx, &employee, days[&employee.id()], &list)
    })?;
    // HR may have signed for the others.
    let list = cx.void_sign_offs(list)?;
    cx.notice(Role::HR, "list-is-made").about(&list).with("number", list.number()).with("n", listed.done);
    cx.paper("handover-list", &list)?;
    Ok(Outcome::counted("listed", listed))
}

/// Whose birthday comes by the end of next month without a gift for it, by the day.
fn coming_birthdays(cx: &Cx<Settings>) -> Result<Vec<(Day, Stored<Employee>)>> {
    let (after, through) = (cx.today(), last_of_month(months_after(first_of_month(cx.today()), 1)));
    let mut coming = Vec::new();
    for employee in cx.find(Employee::STATE.is(EmployeeState::ACTIVE).sort_by(Employee::NUMBER))? {
        let Some(on) = birthday_between(&employee, after, through, cx.settings()) else { continue };
        let of_the_year = gift::of(&employee).and(Gift::YEAR.is(year_of(on)));
        if cx.count(of_the_year.and(Gift::STATE.is_not(GiftState::CANCELLED)))? == 0 {
            coming.push((on, employee));
        }
    }
    coming.sort_by_key(|(on, _)| *on);
    Ok(coming)
}

/// B1, B3: the birthday of an employee within some days, if it comes with enough service; the first day is not among them.
fn birthday_between(employee: &Employee, after: Day, through: Day, settings: &Settings) -> Option<Day> {
    let born_on = employee.birthday?;
    let years: BTreeSet<i64> = [after, through].map(year_of).into();
    let mut birthdays = years.into_iter().map(|year| anniversary(born_on, year, settings.leap_day));
    let on = birthdays.find(|on| after < *on && *on <= through)?;
    let entitled_from = months_after(employee.joined_on, settings.minimum_tenure_months as u32);
    (entitled_from <= on).then_some(on)
}

/// B1: HR signs for what it hands over: every gift has its voucher.
pub fn must_be_complete(cx: &mut Cx, list: Stored<HandoverList>) -> Result<Stored<HandoverList>> {
    Rule("B1").requires(list.state == ListState::Open, "list-is-closed")?;
    let expected = cx.find_and_hold(expected(&list), Rule("B1").refuse("list-has-changed"))?;
    Rule("B1").requires(!expected.is_empty(), "list-is-empty")?;
    match expected.iter().find(|gift| gift.voucher_no.is_none()) {
        Some(gift) => Err(Rule("B1").refuse("voucher-is-missing").with("name", &gift.name).into()),
        None => Ok(list),
    }
}

/// B1: the desk has signed after HR: the gifts are at the desk. One whose employee has left meanwhile stayed with HR.
pub fn take_over(cx: &mut Cx, list: Stored<HandoverList>) -> Result<Stored<HandoverList>> {
    let mut list = must_be_complete(cx, list)?;
    let gifts = cx.find(expected(&list))?;
    let n_gifts = gifts.len() as i64;
    for mut gift in gifts {
        gift.state = GiftState::Received;
        cx.update(gift)?;
    }
    list.state = ListState::HandedOver { handed_over_at: cx.now(), n_gifts };
    let list = cx.update(list)?;
    cx.paper("handover-list", &list)?;
    Ok(list)
}

fn expected(list: &Stored<HandoverList>) -> Query<Gift> {
    lines(list).and(Gift::STATE.is(GiftState::EXPECTED))
}

/// Lists that wait for a signature.
pub fn to_sign(on: Day) -> Query<HandoverList> {
    HandoverList::STATE.is_open().and(HandoverList::OPENED_ON.le(on)).sort_by(HandoverList::NUMBER)
}

pub fn paper(cx: &Cx, list: &Stored<HandoverList>) -> Result<ListPaper> {
    let handed_over = lines(list).and(Gift::STATE.is_not(GiftState::CANCELLED));
    let lines: Vec<ListLine> = cx.find(handed_over)?.iter().map(ListLine::of).collect();
    Ok(ListPaper {
        number: list.number().to_owned(),
        opened_on: list.opened_on,
        from: lines.first().map(|line| line.birthday_on),
        to: lines.last().map(|line| line.birthday_on),
        n_gifts: lines.len() as i64,
        total_fen: lines.iter().filter_map(|line| line.voucher_fen).sum(),
        lines,
    })
}

fn lines(list: &Stored<HandoverList>) -> Query<Gift> {
    Gift::LIST.is(list).sort_by(Gift::BIRTHDAY_ON).sort_by(Gift::NUMBER)
}

impl ListLine {
    fn of(gift: &Stored<Gift>) -> ListLine {
        ListLine {
            name: gift.name.clone(),
            department: gift.department.clone(),
            birthday_on: gift.birthday_on,
            voucher_no: gift.voucher_no.clone(),
            voucher_fen: gift.voucher_fen,
        }
    }
}
