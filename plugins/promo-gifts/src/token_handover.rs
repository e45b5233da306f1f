//! Caps and tickets on their way to purchasing, which signs for them (G5).

use deskbell_sdk::prelude::*;

use crate::redemption::{Redemption, RedemptionState, Token};

/// The list of what was redeemed since purchasing signed last. A site has at most one that is open.
#[derive(Record)]
#[record(name = "token-handover", number = "TH/day", index = "opened_on")]
pub struct TokenHandover {
    pub state: TokenHandoverState,
    /// The day of the first redemption on it.
    #[field(signed)]
    pub opened_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum TokenHandoverState {
    Open,
    /// Purchasing has signed.
    #[state(closed)]
    HandedOver {
        handed_over_at: Instant,
        n_tokens: i64,
    },
}

/// 兑换物交接单
#[derive(Paper)]
pub struct TokenHandoverPaper {
    pub number: String,
    pub opened_on: Day,
    /// A line a redemption, oldest first.
    pub lines: Vec<TokenLine>,
    pub n_tokens: i64,
    pub cash_fen: Fen,
}

#[derive(Paper)]
pub struct TokenLine {
    pub number: String,
    pub redeemed_on: Day,
    pub activity: String,
    pub token: Token,
    pub ticket_no: Option<String>,
    pub n_tokens: i64,
    pub gift: Option<String>,
    pub quantity: i64,
    pub cash_fen: Fen,
}

/// G5: the one open list, for another redemption.
pub fn open(cx: &mut Cx) -> Result<Stored<TokenHandover>> {
    let new = TokenHandover { state: TokenHandoverState::Open, opened_on: cx.today() };
    let list = cx.find_or_insert(TokenHandover::STATE.is_open(), new)?;
    // Purchasing may sign meanwhile: then the caps belong on the next list.
    cx.hold(&list, TokenHandover::STATE.is_open(), Rule("G5").refuse("tokens-are-handed-over"))?;
    Ok(list)
}

/// G5: purchasing has signed for the caps and tickets.
pub fn hand_over(cx: &mut Cx, mut list: Stored<TokenHandover>) -> Result<Stored<TokenHandover>> {
    Rule("G5").requires(list.state == TokenHandoverState::Open, "tokens-are-handed-over")?;
    let redemptions = cx.find_and_hold(lines(&list), Rule("G5").refuse("tokens-have-changed"))?;
    let n_tokens = redemptions.iter().map(|redemption| redemption.n_tokens).sum();
    for mut redemption in redemptions {
        redemption.state = RedemptionState::HandedToPurchasing { handed_over_on: cx.today() };
        cx.update(redemption)?;
    }
    list.state = TokenHandoverState::HandedOver { handed_over_at: cx.now(), n_tokens };
    let list = cx.update(list)?;
    cx.paper("token-handover", &list)?;
    Ok(list)
}

/// Lists with caps and tickets from before the day.
pub fn to_hand_over(_: &Cx, on: Day) -> Query<TokenHandover> {
    TokenHandover::STATE.is_open().and(TokenHandover::OPENED_ON.lt(on))
}

pub fn paper(cx: &Cx, list: &Stored<TokenHandover>) -> Result<TokenHandoverPaper> {
    let redemptions = cx.find(lines(list))?;
    let lines: Vec<TokenLine> = redemptions.iter().map(|redemption| TokenLine::of(cx, redemption)).collect::<Result<_>>()?;
    Ok(TokenHandoverPaper {
        number: list.number().to_owned(),
        opened_on: list.opened_on,
        n_tokens: lines.iter().map(|line| line.n_tokens).sum(),
        cash_fen: lines.iter().map(|line| line.cash_fen).sum(),
        lines,
    })
}

fn lines(list: &Stored<TokenHandover>) -> Query<Redemption> {
    Redemption::HANDOVER.is(list).sort_by(Redemption::NUMBER)
}

impl TokenLine {
    fn of(cx: &Cx, redemption: &Stored<Redemption>) -> Result<TokenLine> {
        let gift = redemption.gift.as_ref().map(|gift| cx.get(gift)).transpose()?;
        Ok(TokenLine {
            number: redemption.number().to_owned(),
            redeemed_on: redemption.redeemed_on,
            activity: cx.get(&redemption.activity)?.name.clone(),
            token: redemption.token,
            ticket_no: redemption.ticket_no.clone(),
            n_tokens: redemption.n_tokens,
            gift: gift.map(|gift| gift.name.clone()),
            quantity: redemption.quantity,
            cash_fen: redemption.cash_fen,
        })
    }
}
