//! An entry in a draw: once per ticket, and if it wins, the prize handed over (G8).

use deskbell_sdk::prelude::*;

use crate::draw::{Draw, DrawState};
use crate::gift::Gift;
use crate::movement::{Reason, take_out};

/// Somebody who takes part in a draw.
#[derive(Record)]
#[record(name = "draw-entry", number = "DE/year", unique = "draw, ticket_no")]
pub struct DrawEntry {
    pub state: DrawEntryState,
    /// Which draw.
    pub draw: Ref<Draw>,
    /// Who takes part.
    #[field(personal, searchable, editable, max = 60)]
    pub entrant: String,
    /// Where they are reached.
    #[field(personal, editable, max = 60)]
    pub telephone: String,
    /// The ticket or receipt that they take part with.
    #[field(searchable, max = 60)]
    pub ticket_no: String,
}

#[derive(State, Clone, PartialEq)]
pub enum DrawEntryState {
    #[state(closed)]
    Entered,
    Won {
        prize: Ref<Gift>,
        won_on: Day,
    },
    #[state(closed)]
    Collected {
        prize: Ref<Gift>,
        won_on: Day,
        collected_at: Instant,
    },
}

/// Who takes part.
#[derive(Args)]
pub struct Enter {
    /// Which draw.
    pub draw: Ref<Draw>,
    /// Who takes part.
    #[field(personal, max = 60)]
    pub entrant: String,
    /// Where they are reached.
    #[field(personal, max = 60)]
    pub telephone: String,
    /// The ticket or receipt that they take part with.
    #[field(max = 60)]
    pub ticket_no: String,
}

/// G8: takes an entry, as long as nobody was drawn, and once per ticket.
pub fn enter(cx: &mut Cx, new: Enter) -> Result<Stored<DrawEntry>> {
    let draw = cx.get(&new.draw)?;
    cx.get(&draw.activity)?.must_run(Rule("G8"), cx.today())?;
    cx.hold(&draw, Draw::STATE.is(DrawState::OPEN), Rule("G8").refuse("draw-takes-no-entries"))?;
    let with_ticket = DrawEntry::DRAW.is(&draw).and(DrawEntry::TICKET_NO.is(&new.ticket_no));
    cx.require(with_ticket, ..=0, Rule("G8").refuse("ticket-is-entered").with("ticket_no", &new.ticket_no))?;
    cx.insert(DrawEntry {
        state: DrawEntryState::Entered,
        draw: new.draw,
        entrant: new.entrant,
        telephone: new.telephone,
        ticket_no: new.ticket_no,
    })
}

/// G8: the winner fetches the prize, which leaves the stock.
pub fn hand_over_prize(cx: &mut Cx, mut entry: Stored<DrawEntry>, (): ()) -> Result<Stored<DrawEntry>> {
    let DrawEntryState::Won { prize, won_on } = entry.state.clone() else {
        return Err(Rule("G8").refuse("entry-has-no-prize-to-collect").into());
    };
    let gift = cx.get(&prize)?;
    take_out(cx, &gift, 1, Reason::Prize)?;
    entry.state = DrawEntryState::Collected { prize, won_on, collected_at: cx.now() };
    cx.update(entry)
}

/// Prizes that wait for their winners.
pub fn prize_to_collect(_: &Cx, on: Day) -> Query<DrawEntry> {
    let has_won = DrawEntry::STATE.is(DrawEntryState::WON);
    has_won.and(DrawEntry::STATE.field(DrawEntryState::WON_ON).le(on)).sort_by(DrawEntry::NUMBER)
}
