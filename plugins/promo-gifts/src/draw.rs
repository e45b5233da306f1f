//! A prize draw, run with planning: who takes part, who wins, before loss prevention as witness (G8).

use deskbell_sdk::prelude::*;

use crate::activity::Activity;
use crate::draw_entry::{DrawEntry, DrawEntryState};
use crate::gift::Gift;

/// One draw of an activity.
#[derive(Record)]
#[record(name = "draw", number = "DR/year", index = "draws_on")]
pub struct Draw {
    pub state: DrawState,
    /// In which activity.
    pub activity: Ref<Activity>,
    /// What it is called.
    #[field(searchable, editable, max = 80)]
    pub name: String,
    /// The day on which the winners are drawn.
    pub draws_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum DrawState {
    /// Takes entries.
    Open,
    /// The first winner is drawn, so nobody enters any more.
    Drawing,
    #[state(closed)]
    Finished { finished_at: Instant, n_winners: i64 },
}

/// A draw as planning sets it.
#[derive(Args)]
pub struct PlanDraw {
    /// In which activity.
    pub activity: Ref<Activity>,
    /// What it is called.
    #[field(max = 80)]
    pub name: String,
    /// The day on which the winners are drawn.
    pub draws_on: Day,
}

/// The entry that was drawn, and what it wins.
#[derive(Args)]
pub struct DrawWinner {
    /// The entry that was drawn.
    pub entry: Ref<DrawEntry>,
    /// What it wins.
    pub prize: Ref<Gift>,
}

/// 抽奖中奖名单
#[derive(Paper)]
pub struct WinnersPaper {
    pub number: String,
    pub name: String,
    pub activity: String,
    pub draws_on: Day,
    pub n_entries: i64,
    /// A line a winner, in the order of their entries.
    pub lines: Vec<WinnerLine>,
}

#[derive(Paper)]
pub struct WinnerLine {
    pub number: String,
    pub entrant: String,
    pub telephone: String,
    pub ticket_no: String,
    pub prize: String,
    pub won_on: Day,
    pub is_collected: bool,
}

/// G8: planning sets a draw within its activity's days.
pub fn plan(cx: &mut Cx, new: PlanDraw) -> Result<Stored<Draw>> {
    let activity = cx.get(&new.activity)?;
    activity.must_not_be_over(Rule("G8"), cx.today())?;
    if new.draws_on < activity.starts_on || new.draws_on < cx.today() {
        return Err(Error::invalid("draws_on", "draw-is-too-early"));
    }
    cx.insert(Draw { state: DrawState::Open, activity: new.activity, name: new.name, draws_on: new.draws_on })
}

/// G8: notes an entry as a winner; loss prevention, who saw it drawn, signs.
pub fn draw_winner(cx: &mut Cx, mut draw: Stored<Draw>, drawn: DrawWinner) -> Result<Stored<Draw>> {
    Rule("G8").requires(!matches!(draw.state, DrawState::Finished { .. }), "draw-is-finished")?;
    Rule("G8").requires(cx.today() >= draw.draws_on, "draw-is-not-yet")?;
    let mut entry = cx.get(&drawn.entry)?;
    Rule("G8").requires(entry.draw == draw.to_ref(), "entry-of-another-draw")?;
    Rule("G8").requires(entry.state == DrawEntryState::Entered, "entry-has-won")?;
    must_have_a_prize_left(cx, &draw, &drawn.prize)?;
    entry.state = DrawEntryState::Won { prize: drawn.prize, won_on: cx.today() };
    cx.update(entry)?;
    cx.needs_sign_off("loss-prevention", Role::LOSS_PREVENTION, Rule("G8").refuse("draw-needs-witness")).about(&draw);
    draw.state = DrawState::Drawing;
    cx.update(draw)
}

/// G8: nobody wins what is promised to others already.
fn must_have_a_prize_left(cx: &mut Cx, draw: &Draw, prize: &Ref<Gift>) -> Result<()> {
    let gift = cx.get(prize)?;
    Rule("G8").requires(gift.activity == draw.activity, "gift-of-another-activity")?;
    let promised = DrawEntry::STATE.is(DrawEntryState::WON).and(DrawEntry::STATE.field(DrawEntryState::PRIZE).is(prize));
    let refusal = Rule("G8").refuse("no-prize-left").with("name", &gift.name);
    cx.require(promised, ..u64::try_from(gift.in_stock).unwrap_or_default(), refusal)
}

/// G8: ends the draw and prints who won.
pub fn finish(cx: &mut Cx, mut draw: Stored<Draw>, (): ()) -> Result<Stored<Draw>> {
    Rule("G8").requires(draw.state == DrawState::Drawing, "draw-has-no-winner-or-is-finished")?;
    let n_winners = cx.count(winners(&draw))?.cast_signed();
    draw.state = DrawState::Finished { finished_at: cx.now(), n_winners };
    let draw = cx.update(draw)?;
    cx.paper("winners", &draw)?;
    Ok(draw)
}

/// Draws whose day has come.
pub fn to_draw(_: &Cx, on: Day) -> Query<Draw> {
    Draw::STATE.is_open().and(Draw::DRAWS_ON.le(on)).sort_by(Draw::DRAWS_ON).sort_by(Draw::NUMBER)
}

pub fn paper(cx: &Cx, draw: &Stored<Draw>) -> Result<WinnersPaper> {
    let mut lines = Vec::new();
    for entry in cx.find(winners(draw))? {
        if let DrawEntryState::Won { prize, won_on } | DrawEntryState::Collected { prize, won_on, .. } = &entry.state {
            lines.push(WinnerLine::of(&entry, cx.get(prize)?.name.clone(), *won_on));
        }
    }
    Ok(WinnersPaper {
        number: draw.number().to_owned(),
        name: draw.name.clone(),
        activity: cx.get(&draw.activity)?.name.clone(),
        draws_on: draw.draws_on,
        n_entries: cx.count(DrawEntry::DRAW.is(draw))?.cast_signed(),
        lines,
    })
}

fn winners(draw: &Stored<Draw>) -> Query<DrawEntry> {
    let has_won = DrawEntry::STATE.one_of([DrawEntryState::WON, DrawEntryState::COLLECTED]);
    DrawEntry::DRAW.is(draw).and(has_won).sort_by(DrawEntry::NUMBER)
}

impl WinnerLine {
    fn of(entry: &Stored<DrawEntry>, prize: String, won_on: Day) -> WinnerLine {
        WinnerLine {
            number: entry.number().to_owned(),
            entrant: entry.entrant.clone(),
            telephone: entry.telephone.clone(),
            ticket_no: entry.ticket_no.clone(),
            prize,
            won_on,
            is_collected: matches!(entry.state, DrawEntryState::Collected { .. }),
        }
    }
}
