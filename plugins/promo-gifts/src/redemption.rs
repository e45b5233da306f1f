//! A redemption: caps or prize tickets for goods or cash, before loss prevention as witness (G5).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;
use crate::gift::Gift;
use crate::movement::{Reason, take_out};
use crate::token_handover::{self, TokenHandover};

/// What a customer got for caps or tickets, which stay at the desk until purchasing signs for them.
#[derive(Record)]
#[record(name = "redemption", number = "RD/day", unique = "activity, ticket_no", index = "redeemed_on", index = "handover")]
pub struct Redemption {
    pub state: RedemptionState,
    /// In which activity.
    pub activity: Ref<Activity>,
    /// What was redeemed.
    pub token: Token,
    /// How many caps or tickets are kept.
    pub n_tokens: i64,
    /// The number on a prize ticket.
    #[field(searchable, max = 60)]
    pub ticket_no: Option<String>,
    /// The goods given for it.
    pub gift: Option<Ref<Gift>>,
    /// Pieces of them.
    pub quantity: i64,
    /// The cash given for it, from petty cash, in fen.
    pub cash_fen: Fen,
    /// Who redeemed it.
    #[field(personal, searchable, max = 60)]
    pub customer: Option<String>,
    /// The day.
    pub redeemed_on: Day,
    /// The list by which the caps and tickets go to purchasing.
    pub handover: Ref<TokenHandover>,
}

#[derive(State, Clone, PartialEq)]
pub enum RedemptionState {
    /// The caps or tickets are at the desk.
    TokensKept,
    #[state(closed)]
    HandedToPurchasing { handed_over_on: Day },
}

/// What can be redeemed.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    BottleCap,
    PrizeTicket,
    Other,
}

/// What a clerk writes down when somebody redeems.
#[derive(Args)]
pub struct Redeem {
    /// In which activity.
    pub activity: Ref<Activity>,
    /// What is redeemed.
    pub token: Token,
    /// How many caps or tickets.
    #[default = 1]
    #[field(max = 1_000_000)]
    pub n_tokens: i64,
    /// The number on a prize ticket.
    #[field(max = 60)]
    pub ticket_no: Option<String>,
    /// The goods given for it.
    pub gift: Option<Ref<Gift>>,
    /// Pieces of them.
    #[default = 1]
    #[field(max = 1_000_000)]
    pub quantity: i64,
    /// The cash given for it, from petty cash, in fen.
    #[default = 0]
    pub cash_fen: Fen,
    /// Who redeems it.
    #[field(personal, max = 60)]
    pub customer: Option<String>,
}

/// G5: redeems caps or tickets for goods, cash or both; loss prevention signs as witness, and the caps or tickets are kept.
pub fn redeem(cx: &mut Cx, new: Redeem) -> Result<Stored<Redemption>> {
    let activity = cx.get(&new.activity)?;
    activity.must_run(Rule("G5"), cx.today())?;
    Rule("G5").requires(new.n_tokens > 0, "nothing-to-redeem")?;
    Rule("G5").requires(new.cash_fen >= Fen(0), "cash-is-negative")?;
    Rule("G5").requires(new.gift.is_some() || new.cash_fen > Fen(0), "nothing-given")?;
    if let Some(gift) = &new.gift {
        let gift = cx.get(gift)?;
        Rule("G5").requires(gift.activity == new.activity, "gift-of-another-activity")?;
        take_out(cx, &gift, new.quantity, Reason::Redemption)?;
    }
    if let Some(ticket_no) = &new.ticket_no {
        must_be_new(cx, &activity, ticket_no)?;
    }
    let handover = token_handover::open(cx)?;
    let redemption = Redemption {
        state: RedemptionState::TokensKept,
        activity: new.activity,
        token: new.token,
        n_tokens: new.n_tokens,
        ticket_no: new.ticket_no,
        quantity: new.gift.as_ref().map_or(0, |_| new.quantity),
        gift: new.gift,
        cash_fen: new.cash_fen,
        customer: new.customer,
        redeemed_on: cx.today(),
        handover: handover.to_ref(),
    };
    let redemption = cx.insert(redemption)?;
    let refusal = Rule("G5").refuse("redemption-needs-witness");
    cx.needs_sign_off("loss-prevention", Role::LOSS_PREVENTION, refusal).about(&redemption);
    Ok(redemption)
}

/// G5: a ticket is redeemed once; also when two clerks are at it.
fn must_be_new(cx: &mut Cx, activity: &Stored<Activity>, ticket_no: &str) -> Result<()> {
    let of_ticket = Redemption::ACTIVITY.is(activity).and(Redemption::TICKET_NO.is(ticket_no));
    let mut refusal = Rule("G5").refuse("ticket-is-redeemed").with("ticket_no", ticket_no);
    if let Some(before) = cx.find_first(of_ticket.clone())? {
        refusal = refusal.with("on", before.redeemed_on).with("number", before.number());
    }
    cx.require(of_ticket, ..=0, refusal)
}

/// 兑奖登记表, the register of redemptions.
pub fn register() -> RegisterOf<Redemption> {
    RegisterOf::by(Redemption::REDEEMED_ON)
        .column(Redemption::NUMBER)
        .column(Redemption::REDEEMED_ON)
        .column(Redemption::ACTIVITY)
        .column(Redemption::TOKEN)
        .column(Redemption::TICKET_NO)
        .sum(Redemption::N_TOKENS)
        .column(Redemption::GIFT)
        .sum(Redemption::QUANTITY)
        .sum(Redemption::CASH_FEN)
        .column(Redemption::STATE)
        .signature("customer-by-hand")
        .signature("witness-by-hand")
}
