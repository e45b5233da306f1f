//! A gift: one card and voucher for one birthday, from the list until it is delivered or has gone back (B2, B4, B5).

use deskbell_sdk::calendar::year_of;
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::employee::{Employee, EmployeeState, forget};
use crate::list::HandoverList;

/// The gift of an employee for a year's birthday.
#[derive(Record)]
#[record(name = "gift", number = "BG/year", unique = "employee, year", index = "birthday_on", index = "list")]
pub struct Gift {
    pub state: GiftState,
    /// Whose birthday it is.
    pub employee: Ref<Employee>,
    /// B4: there is one gift a year.
    pub year: i64,
    /// The name, as cards and lists print it.
    #[field(personal, searchable, max = 60)]
    pub name: String,
    #[field(searchable, max = 60)]
    pub department: Option<String>,
    /// B3: the day that is celebrated in that year.
    pub birthday_on: Day,
    /// The list that it was handed over by.
    pub list: Ref<HandoverList>,
    /// The number of the voucher.
    #[field(searchable, max = 40)]
    pub voucher_no: Option<String>,
    /// What the voucher is worth, in fen.
    pub voucher_fen: Option<Fen>,
    /// B2: the morning on which it was announced and its card printed.
    pub announced_on: Option<Day>,
}

/// Where a gift is.
#[derive(State, Clone, PartialEq)]
pub enum GiftState {
    /// HR has it.
    Expected,
    /// At the desk, until its day.
    Received,
    /// B4: at the desk, and its employee has left.
    ToReturn,
    /// B2
    #[state(closed)]
    Delivered {
        delivered_at: Instant,
        #[field(personal)]
        signed_by: String,
    },
    /// B4
    #[state(closed)]
    ReturnedToHr { returned_on: Day },
    /// B4: its employee left before HR had handed it over.
    #[state(closed)]
    Cancelled { cancelled_on: Day },
}

/// The voucher that belongs to a gift.
#[derive(Args)]
pub struct Voucher {
    /// Its number.
    #[field(max = 40)]
    pub voucher_no: String,
    /// What it is worth, in fen.
    pub voucher_fen: Fen,
}

/// Who signs for a gift.
#[derive(Args)]
pub struct Deliver {
    /// The name signed in the register: the employee's own.
    #[field(personal, max = 60)]
    pub signed_by: String,
}

impl Gift {
    /// The gift of an employee for a birthday, as it is listed.
    fn expected(employee: &Stored<Employee>, birthday_on: Day, list: &Stored<HandoverList>) -> Gift {
        Gift {
            state: GiftState::Expected,
            employee: employee.to_ref(),
            year: year_of(birthday_on),
            name: employee.name.clone(),
            department: employee.department.clone(),
            birthday_on,
            list: list.to_ref(),
            voucher_no: None,
            voucher_fen: None,
            announced_on: None,
        }
    }
}

/// B1: notes the voucher before HR signs for it; what was signed for already is signed anew.
pub fn note_voucher(cx: &mut Cx, mut gift: Stored<Gift>, voucher: Voucher) -> Result<Stored<Gift>> {
    Rule("B1").requires(gift.state == GiftState::Expected, "gift-is-handed-over")?;
    Rule("B1").requires(voucher.voucher_fen > Fen(0), "voucher-is-worth-nothing")?;
    gift.voucher_no = Some(voucher.voucher_no);
    gift.voucher_fen = Some(voucher.voucher_fen);
    cx.void_sign_offs(cx.get(&gift.list)?)?;
    cx.update(gift)
}

/// B2: delivers card and voucher on the birthday or after it, to the employee, who signs. B4: never to somebody who has left.
pub fn deliver(cx: &mut Cx, mut gift: Stored<Gift>, to: Deliver) -> Result<Stored<Gift>> {
    let key = match gift.state {
        GiftState::Received => None,
        GiftState::Expected => Some("gift-is-not-handed-over"),
        GiftState::Delivered { .. } => Some("gift-is-delivered"),
        GiftState::ToReturn | GiftState::ReturnedToHr { .. } | GiftState::Cancelled { .. } => {
            return Err(Rule("B4").refuse("employee-has-left").into());
        }
    };
    if let Some(key) = key {
        return Err(Rule("B2").refuse(key).into());
    }
    // HR's list may come in while the clerk delivers.
    let employee = cx.get(&gift.employee)?;
    cx.hold(&employee, Employee::STATE.is(EmployeeState::ACTIVE), Rule("B4").refuse("employee-has-left"))?;
    Rule("B2").requires(cx.today() >= gift.birthday_on, "birthday-is-ahead")?;
    let refusal = Rule("B2").refuse("employee-signs-in-person").with("name", &gift.name);
    if to.signed_by != gift.name {
        return Err(refusal.into());
    }
    gift.state = GiftState::Delivered { delivered_at: cx.now(), signed_by: to.signed_by };
    cx.update(gift)
}

/// B4: the gift of somebody who has left goes back, and HR signs for it; then their name is forgotten.
pub fn return_to_hr(cx: &mut Cx, mut gift: Stored<Gift>, (): ()) -> Result<Stored<Gift>> {
    Rule("B4").requires(gift.state == GiftState::ToReturn, "gift-need-not-go-back")?;
    cx.needs_sign_off("hr", Role::HR, Rule("B4").refuse("hr-signs-for-it")).about(&gift);
    gift.state = GiftState::ReturnedToHr { returned_on: cx.today() };
    let gift = cx.update(gift)?;
    let employee = cx.get(&gift.employee)?;
    forget(cx, employee)?;
    cx.get(&gift.to_ref())
}

/// B4: expects the one gift of an employee for a year's birthday. One that was cancelled is expected again: they came back.
pub fn expect(cx: &mut Cx<Settings>, employee: &Stored<Employee>, birthday_on: Day, list: &Stored<HandoverList>) -> Result<()> {
    let of_the_year = of(employee).and(Gift::YEAR.is(year_of(birthday_on)));
    let mut gift = cx.find_or_insert(of_the_year, Gift::expected(employee, birthday_on, list))?;
    *gift = Gift::expected(employee, birthday_on, list);
    cx.update(gift)?;
    Ok(())
}

/// B4: what becomes of the gifts of somebody who leaves.
pub fn recall(cx: &mut Cx, employee: &Stored<Employee>) -> Result<()> {
    for mut gift in cx.find(open_of(employee))? {
        if gift.state == GiftState::Expected {
            cx.void_sign_offs(cx.get(&gift.list)?)?;
            gift.state = GiftState::Cancelled { cancelled_on: cx.today() };
        } else {
            gift.state = GiftState::ToReturn;
        }
        cx.update(gift)?;
    }
    Ok(())
}

/// A name that HR has corrected is corrected on what is still to be delivered, too; and what was to go back to HR stays for
/// somebody who has not left after all.
pub fn keep_open(cx: &mut Cx, employee: &Stored<Employee>) -> Result<()> {
    for mut gift in cx.find(open_of(employee))? {
        gift.name = employee.name.clone();
        if gift.state == GiftState::ToReturn {
            gift.state = GiftState::Received;
        }
        cx.update(gift)?;
    }
    Ok(())
}

pub fn of(employee: &Stored<Employee>) -> Query<Gift> {
    Gift::EMPLOYEE.is(employee).sort_by(Gift::YEAR)
}

pub fn open_of(employee: &Stored<Employee>) -> Query<Gift> {
    of(employee).and(Gift::STATE.is_open())
}

/// B5: what is at the desk for a birthday that has come.
pub fn undelivered() -> Deadline<Gift> {
    Deadline::on(Gift::BIRTHDAY_ON).among(Gift::STATE.is(GiftState::RECEIVED))
}

/// B4: what has to go back to HR.
pub fn to_return() -> Query<Gift> {
    Gift::STATE.is(GiftState::TO_RETURN).sort_by(Gift::NUMBER)
}

/// 派发登记表, the register of gifts.
pub fn register() -> RegisterOf<Gift> {
    RegisterOf::by(Gift::BIRTHDAY_ON)
        .column(Gift::NUMBER)
        .column(Gift::BIRTHDAY_ON)
        .column(Gift::NAME)
        .column(Gift::DEPARTMENT)
        .column(Gift::VOUCHER_NO)
        .sum(Gift::VOUCHER_FEN)
        .column(Gift::STATE)
        .column(Gift::STATE.field(GiftState::DELIVERED_AT))
        .signature("signed-by-hand")
}
