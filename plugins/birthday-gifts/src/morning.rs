//! The morning: who has a birthday today, what is read out and given to them, and what is still to deliver (B2, B5).

use deskbell_sdk::prelude::*;

use crate::gift::{self, Gift, GiftState};

/// 生日贺卡
#[derive(Paper)]
pub struct CardPaper {
    pub name: String,
    pub department: Option<String>,
    pub birthday_on: Day,
}

/// 生日广播稿
#[derive(Paper)]
pub struct ScriptPaper {
    pub on: Day,
    pub people: Vec<Person>,
    pub n_people: i64,
}

#[derive(Paper)]
pub struct Person {
    pub name: String,
    pub department: Option<String>,
}

/// 派发登记表, of what is still to deliver
#[derive(Paper)]
pub struct DeliveryPaper {
    pub on: Day,
    /// A line a gift, longest waiting first.
    pub lines: Vec<DeliveryLine>,
    pub n_gifts: i64,
}

#[derive(Paper)]
pub struct DeliveryLine {
    pub number: String,
    pub name: String,
    pub department: Option<String>,
    pub birthday_on: Day,
    pub voucher_no: Option<String>,
    pub voucher_fen: Option<Fen>,
    /// Days since the birthday.
    pub days_waiting: i64,
}

/// B2, B5: prints the cards and the broadcast of today's birthdays once, and each morning the list of what is to deliver.
pub fn celebrate(cx: &mut Cx) -> Result<Outcome> {
    let today = cx.today();
    let to_deliver = cx.find(gift::undelivered().reached(today))?;
    if to_deliver.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let n_waiting = to_deliver.len() as i64;
    let unannounced = to_deliver.into_iter().filter(|gift| gift.announced_on.is_none() && gift.birthday_on == today);
    let announced = cx.each(unannounced.collect::<Vec<_>>(), |cx, mut gift| {
        gift.announced_on = Some(today);
        let gift = cx.update(gift)?;
        cx.paper("card", &gift)
    })?;
    if announced.done > 0 {
        cx.paper_for("broadcast-script", today, today)?;
    }
    cx.paper_for("delivery-list", today, today)?;
    Ok(Outcome::counted("announced", announced).count("to-deliver", n_waiting))
}

pub fn card(_: &Cx, gift: &Stored<Gift>) -> Result<CardPaper> {
    Ok(CardPaper { name: gift.name.clone(), department: gift.department.clone(), birthday_on: gift.birthday_on })
}

pub fn script(cx: &Cx, period: Period) -> Result<ScriptPaper> {
    let celebrated = Gift::STATE.one_of([GiftState::RECEIVED, GiftState::DELIVERED]);
    let celebrated = celebrated.and(Gift::BIRTHDAY_ON.is(period.to)).sort_by(Gift::NUMBER);
    let person = |gift: &Stored<Gift>| Person { name: gift.name.clone(), department: gift.department.clone() };
    let people: Vec<Person> = cx.find(celebrated)?.iter().map(person).collect();
    Ok(ScriptPaper { on: period.to, n_people: people.len() as i64, people })
}

pub fn delivery_list(cx: &Cx, period: Period) -> Result<DeliveryPaper> {
    let gifts = cx.find(gift::undelivered().reached(period.to))?;
    let lines: Vec<DeliveryLine> = gifts.iter().map(|gift| DeliveryLine::of(gift, period.to)).collect();
    Ok(DeliveryPaper { on: period.to, n_gifts: lines.len() as i64, lines })
}

impl DeliveryLine {
    fn of(gift: &Stored<Gift>, on: Day) -> DeliveryLine {
        DeliveryLine {
            number: gift.number().to_owned(),
            name: gift.name.clone(),
            department: gift.department.clone(),
            birthday_on: gift.birthday_on,
            voucher_no: gift.voucher_no.clone(),
            voucher_fen: gift.voucher_fen,
            days_waiting: (on - gift.birthday_on).num_days(),
        }
    }
}
