//! A handout: a gift against a receipt, once, and rung up at the till (G2, G7).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;
use crate::gift::Gift;
use crate::movement::{Reason, put_in, take_out};
use crate::receipt;

/// A gift that a customer got for a receipt.
#[derive(Record)]
#[record(name = "handout", number = "GH/day", unique = "activity, receipt_no, nth", index = "handed_out_on")]
pub struct Handout {
    pub state: HandoutState,
    /// In which activity.
    pub activity: Ref<Activity>,
    /// Which gift.
    pub gift: Ref<Gift>,
    /// G2: the receipt it was given for, without blanks.
    #[field(searchable, max = 60)]
    pub receipt_no: String,
    /// G2: the how-manieth handout for this receipt.
    pub nth: i64,
    /// What the receipt comes to, in fen.
    pub till_amount_fen: Fen,
    /// G7: the number under which the handout was rung up.
    #[field(searchable, max = 60)]
    pub till_no: String,
    /// Pieces.
    pub quantity: i64,
    /// The day.
    pub handed_out_on: Day,
    /// Which clerk.
    pub handed_out_by: String,
}

#[derive(State, Clone, PartialEq)]
pub enum HandoutState {
    #[state(closed)]
    HandedOut,
    /// It was a mistake: the gift is back, and the receipt may be used.
    #[state(closed)]
    TakenBack {
        #[field(long)]
        reason: String,
        taken_back_at: Instant,
    },
}

/// What a clerk writes down when a customer shows a receipt.
#[derive(Args)]
pub struct HandOut {
    /// Which gift.
    pub gift: Ref<Gift>,
    /// The number on the receipt.
    #[field(max = 60)]
    pub receipt_no: String,
    /// What the receipt comes to, in fen.
    pub till_amount_fen: Fen,
    /// The number under which the handout is rung up at the till.
    #[field(max = 60)]
    pub till_no: String,
    /// Pieces.
    #[default = 1]
    #[field(max = 1_000_000)]
    pub quantity: i64,
    /// Whose receipt it is, where it stays at the desk.
    #[field(personal, max = 60)]
    pub customer: Option<String>,
    /// Where the customer is reached, where the receipt stays at the desk.
    #[field(personal, max = 60)]
    pub telephone: Option<String>,
}

/// Why a handout is taken back.
#[derive(Args)]
pub struct TakeBack {
    /// What went wrong.
    #[field(long)]
    pub reason: String,
}

/// G2, G7: hands a gift out against a receipt that was not used up.
pub fn hand_out(cx: &mut Cx, new: HandOut) -> Result<Stored<Handout>> {
    let gift = cx.get(&new.gift)?;
    let activity = cx.get(&gift.activity)?;
    activity.must_run(Rule("G2"), cx.today())?;
    must_be_enough(&activity, new.till_amount_fen)?;
    if !activity.keeps_receipts && (new.customer.is_some() || new.telephone.is_some()) {
        return Err(Error::invalid("customer", "customer-is-not-kept"));
    }
    let receipt_no = without_blanks(&new.receipt_no);
    let nth = next_of_receipt(cx, &activity, &receipt_no)?;
    take_out(cx, &gift, new.quantity, Reason::Handout)?;
    let of_receipt = Handout::ACTIVITY.is(&activity).and(Handout::RECEIPT_NO.is(&receipt_no));
    // Another clerk may use the receipt in the same second: then this one looks again, and finds it used.
    let handout = cx.find_or_insert(
        of_receipt.and(Handout::NTH.is(nth)),
        Handout {
            state: HandoutState::HandedOut,
            activity: gift.activity,
            gift: new.gift,
            receipt_no,
            nth,
            till_amount_fen: new.till_amount_fen,
            till_no: new.till_no,
            quantity: new.quantity,
            handed_out_on: cx.today(),
            handed_out_by: cx.actor().name.clone(),
        },
    )?;
    if activity.keeps_receipts {
        receipt::keep(cx, &handout, new.customer, new.telephone)?;
    }
    Ok(handout)
}

/// G2: the receipt comes to what the activity asks for.
fn must_be_enough(activity: &Activity, till_amount_fen: Fen) -> Result<()> {
    if till_amount_fen < Fen(0) {
        return Err(Error::invalid("till_amount_fen", "amount-is-negative"));
    }
    if till_amount_fen < activity.purchase_from_fen {
        return Err(Rule("G2").refuse("purchase-is-too-small").with("from", activity.purchase_from_fen).into());
    }
    Ok(())
}

/// G2: the how-manieth handout is the next for a receipt; one that is used up is refused, with when and by whom.
fn next_of_receipt(cx: &Cx, activity: &Stored<Activity>, receipt_no: &str) -> Result<i64> {
    let of_receipt = Handout::ACTIVITY.is(activity).and(Handout::RECEIPT_NO.is(receipt_no)).sort_by(Handout::NTH);
    let handouts = cx.find(of_receipt.with_voided())?;
    let in_force: Vec<_> = handouts.iter().filter(|handout| handout.is_in_force()).collect();
    if let Some(last) = in_force.last()
        && in_force.len() as i64 >= activity.handouts_per_receipt
    {
        let refusal = Rule("G2").refuse("receipt-is-used").with("receipt_no", receipt_no).with("number", last.number());
        return Err(refusal.with("on", last.handed_out_on).with("by", &last.handed_out_by).into());
    }
    Ok(handouts.last().map_or(1, |last| last.nth + 1))
}

/// The same receipt is the same number, however it was typed.
fn without_blanks(receipt_no: &str) -> String {
    receipt_no.split_whitespace().collect::<String>().to_uppercase()
}

/// G1, G2: a handout that was a mistake: its pieces are in stock again, its receipt goes back to the customer.
pub fn take_back(cx: &mut Cx, mut handout: Stored<Handout>, why: TakeBack) -> Result<Stored<Handout>> {
    Rule("G2").requires(handout.is_in_force(), "handout-is-taken-back")?;
    cx.get(&handout.activity)?.must_not_be_over(Rule("G2"), cx.today())?;
    let gift = cx.get(&handout.gift)?;
    put_in(cx, &gift, handout.quantity, Reason::TakenBack)?;
    receipt::give_back(cx, &handout)?;
    handout.state = HandoutState::TakenBack { reason: why.reason, taken_back_at: cx.now() };
    cx.update(handout)
}

impl Handout {
    fn is_in_force(&self) -> bool {
        self.state == HandoutState::HandedOut
    }
}

/// 赠品派发登记表, the register of handouts. No sums: what was taken back stands in it, too (the day's list adds up).
pub fn register() -> RegisterOf<Handout> {
    RegisterOf::by(Handout::HANDED_OUT_ON)
        .column(Handout::NUMBER)
        .column(Handout::HANDED_OUT_ON)
        .column(Handout::GIFT)
        .column(Handout::RECEIPT_NO)
        .column(Handout::TILL_NO)
        .column(Handout::TILL_AMOUNT_FEN)
        .column(Handout::QUANTITY)
        .column(Handout::HANDED_OUT_BY)
        .column(Handout::STATE)
        .signature("customer-by-hand")
}
