//! First-aid training: who, when, and by when it is to be renewed (M7).

use deskbell_sdk::prelude::*;

use crate::Settings;

/// A clerk's first-aid training.
#[derive(Record)]
#[record(name = "training", number = "MT/ever", unique = "clerk", index = "renew_by")]
pub struct Training {
    /// Who was trained.
    #[field(personal, searchable, editable, max = 60)]
    pub clerk: String,
    /// When.
    pub trained_on: Day,
    /// The last day on which it holds.
    pub renew_by: Day,
}

/// A training as it is entered.
#[derive(Args)]
pub struct NewTraining {
    /// Who was trained.
    #[field(personal, max = 60)]
    pub clerk: String,
    /// When.
    pub trained_on: Day,
    /// The last day on which it holds.
    pub renew_by: Day,
}

/// A training that was taken again.
#[derive(Args)]
pub struct Renew {
    /// When it was taken.
    pub trained_on: Day,
    /// The last day on which it holds.
    pub renew_by: Day,
}

/// M7: trainings that run out within the days of the warning, or have run out.
pub fn runs_out(cx: &Cx<Settings>) -> Deadline<Training> {
    Deadline::ahead(Training::RENEW_BY, cx.settings().training_warning_days)
}

/// M7: notes who was trained, when, and by when it is to be renewed.
pub fn enter(cx: &mut Cx, new: NewTraining) -> Result<Stored<Training>> {
    must_hold_some_time(new.trained_on, new.renew_by, cx.today())?;
    cx.insert(Training { clerk: new.clerk, trained_on: new.trained_on, renew_by: new.renew_by })
}

fn must_hold_some_time(trained_on: Day, renew_by: Day, today: Day) -> Result<()> {
    Rule("M7").requires(trained_on <= today, "training-is-ahead")?;
    Ok(Rule("M7").requires(renew_by > trained_on, "training-holds-no-time")?)
}

/// M7: notes that the clerk was trained again.
pub fn renew(cx: &mut Cx, mut training: Stored<Training>, again: Renew) -> Result<Stored<Training>> {
    must_hold_some_time(again.trained_on, again.renew_by, cx.today())?;
    training.trained_on = again.trained_on;
    training.renew_by = again.renew_by;
    cx.update(training)
}
