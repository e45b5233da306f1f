//! Mail distribution 信件收发: what came for whom, who fetched it, and what goes to HR after a week.
//!
//! Not here: outgoing postage accounts, telephone numbers, how a paper looks (`templates/letters/`), when jobs run
//! (`schedules/letters.toml`). The rules L1–L9 stand where they are kept.

pub mod call; // Who was told about a letter by telephone (L5).
pub mod letter; // A letter, its states, and when it counts as unclaimed (L1, L2, L6, L7).
pub mod notice; // The morning's names for the staff passage (L3).
pub mod outgoing; // Mail sent from the desk (L9).
pub mod problem; // Missing mail and unreadable addresses (L8).
pub mod round; // The second-floor round, a signature per line (L4).
pub mod sheet; // The hand-off sheet that HR signs (L7).
#[cfg(test)]
mod tests;

use deskbell_sdk::prelude::*;

use crate::call::{Call, LogCall};
use crate::letter::{Collect, Letter, LetterState, Receipt};
use crate::outgoing::Outgoing;
use crate::problem::Problem;
use crate::sheet::HandoffSheet;

deskbell_sdk::export_plugin!(register);

/// What a store may set under `[plugins.letters]`.
#[derive(Settings)]
pub struct Settings {
    /// Full days that mail waits before it is due for HR (L7).
    #[default = 7]
    pub handoff_after_days: Days,
}

/// The table of contents: everything that letters can do.
pub fn register(desk: &mut Register<Settings>) {
    desk.record::<Letter>()
        .on_create(receive)
        .on_change(amend)
        .action("collect", collect)
        .action("deliver", round::deliver)
        .action("log-call", log_call)
        .action("report-problem", problem::report)
        .sign_off("carrier-receipt", [Role::CLERK, Role::SUPERVISOR], sign_carrier_receipt)
        .deadline("unclaimed", letter::unclaimed);
    desk.record::<Call>().made_by_the_plugin();
    desk.record::<Problem>().on_create(problem::open).action("resolve", problem::resolve).due("open", problem::due);
    desk.record::<HandoffSheet>()
        .made_by_the_plugin()
        .one_open_per_site()
        .sign_off("hr", Role::HR, sheet::hand_over)
        .due("to-sign", sheet::to_sign);
    desk.record::<Outgoing>()
        .on_create(outgoing::take_in)
        .action("hand-to-carrier", outgoing::hand_to_carrier)
        .due("to-send", outgoing::due);

    desk.job("morning-notice", notice::publish);
    desk.job("hand-off-unclaimed", hand_off_unclaimed);

    desk.form_for_period("collection-notice", notice::paper);
    desk.form_for_period("office-round", round::paper);
    desk.form("handoff-sheet", HandoffSheet::OPENED_ON, sheet::paper);
    desk.register_of(letter::register());
    desk.register_of(outgoing::register());
}

/// L1, L6: registers what the carrier brought, and has announced at once what must not wait for the morning.
fn receive(cx: &mut Cx, receipt: Receipt) -> Result<Stored<Letter>> {
    let letter = cx.insert(Letter::received(receipt, cx.today())?)?;
    if let Some(task) = letter.announcement() {
        cx.task(task).about(&letter).with("addressee", &letter.addressee).with("number", letter.number()).due_on(cx.today());
    }
    Ok(letter)
}

/// L2: corrects what was written down wrong. A name that was announced stays, or a proxy could become the addressee.
fn amend(cx: &mut Cx, letter: Stored<Letter>) -> Result<Stored<Letter>> {
    let before = letter.before();
    let is_new_name = letter.addressee != before.addressee;
    Rule("L2").requires(!is_new_name || before.state == LetterState::Received, "addressee-was-announced")?;
    cx.update(letter)
}

/// L2: hands mail to its addressee, or to a proxy whom the duty manager signs for.
fn collect(cx: &mut Cx, mut letter: Stored<Letter>, by: Collect) -> Result<Stored<Letter>> {
    letter.must_be_waiting(Rule("L2"))?;
    if by.collected_by != letter.addressee {
        let refusal = Rule("L2").refuse("proxy-needs-duty-manager").with("addressee", &letter.addressee);
        cx.needs_sign_off("duty-manager", Role::DUTY_MANAGER, refusal).about(&letter);
    }
    letter.settle(LetterState::Collected { collected_by: by.collected_by, collected_at: cx.now() });
    cx.update(letter)
}

/// L5: notes who was called, when and by whom.
fn log_call(cx: &mut Cx, mut letter: Stored<Letter>, call: LogCall) -> Result<Stored<Letter>> {
    letter.must_be_waiting(Rule("L5"))?;
    cx.insert(Call::about(&letter, call, cx.actor(), cx.now()))?;
    letter.announced(cx.now());
    cx.update(letter)
}

/// L9: the clerk signs the carrier's receipt for mail that came with one.
fn sign_carrier_receipt(_: &mut Cx, letter: Stored<Letter>) -> Result<Stored<Letter>> {
    Rule("L9").requires(letter.carrier.is_some(), "no-carrier-to-sign-for")?;
    Ok(letter)
}

/// L7: puts mail that waited too long on the one open sheet; it leaves the desk when HR signs.
fn hand_off_unclaimed(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let unclaimed = cx.find(letter::unclaimed(cx).reached(cx.today()))?;
    if unclaimed.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let sheet = cx.find_or_insert(HandoffSheet::STATE.is_open(), HandoffSheet::opened(cx.today()))?;
    // HR may sign while this job runs: then the letters belong on the next sheet.
    cx.hold(&sheet, HandoffSheet::STATE.is_open(), Rule("L7").refuse("sheet-is-closed"))?;
    let listed = cx.each(unclaimed, |cx, mut letter| {
        letter.sheet = Some(sheet.to_ref());
        cx.update(letter)
    })?;
    let waiting = cx.count(Letter::is_waiting().and(Letter::SHEET.is_null()))?;
    cx.paper("handoff-sheet", &sheet)?;
    Ok(Outcome::counted("handed-off", listed).count("waiting", waiting.cast_signed()))
}
