//! A kept receipt: it stays at the desk until its activity's person in charge fetches it, or forty days are over (G3).

use deskbell_sdk::Deadline;
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::activity::Activity;
use crate::handout::Handout;
use crate::release::Release;

/// A customer's receipt at the desk.
#[derive(Record)]
#[record(name = "kept-receipt", number = "KR/day", index = "kept_on", index = "activity", index = "release", index = "handout")]
pub struct KeptReceipt {
    pub state: KeptReceiptState,
    /// The activity it is kept for.
    pub activity: Ref<Activity>,
    /// The handout it was kept at.
    pub handout: Ref<Handout>,
    /// Its number.
    #[field(searchable, max = 60)]
    pub receipt_no: String,
    /// Whose it is.
    #[field(personal, searchable, max = 60)]
    pub customer: Option<String>,
    /// Where the customer is reached.
    #[field(personal, max = 60)]
    pub telephone: Option<String>,
    /// The day from which the forty count.
    pub kept_on: Day,
    /// The list by which it left the desk.
    pub release: Option<Ref<Release>>,
}

#[derive(State, Clone, PartialEq)]
pub enum KeptReceiptState {
    /// The desk answers for it.
    Kept,
    /// The person in charge has fetched it.
    #[state(closed)]
    Collected { collected_on: Day },
    /// Nobody came in forty days: from this day on the desk is no longer liable.
    #[state(closed)]
    Released { not_liable_since: Day },
    /// Its handout was a mistake, and the customer has it back.
    #[state(closed)]
    GivenBack,
}

/// G3: kept on 1 January and 40 days: still kept on 10 February, released on the 11th.
pub fn release(cx: &Cx<Settings>) -> Deadline<KeptReceipt> {
    Deadline::past(KeptReceipt::KEPT_ON, cx.settings().receipt_retention_days)
        .among(KeptReceipt::STATE.is(KeptReceiptState::KEPT))
}

/// G3: keeps the receipt of a handout, with whose it is.
pub fn keep(cx: &mut Cx, handout: &Stored<Handout>, customer: Option<String>, telephone: Option<String>) -> Result<()> {
    cx.insert(KeptReceipt {
        state: KeptReceiptState::Kept,
        activity: handout.activity,
        handout: handout.to_ref(),
        receipt_no: handout.receipt_no.clone(),
        customer,
        telephone,
        kept_on: cx.today(),
        release: None,
    })?;
    Ok(())
}

/// The receipt of a handout that is taken back: it goes back to the customer, whose name is not needed any more.
pub fn give_back(cx: &mut Cx, handout: &Stored<Handout>) -> Result<()> {
    let kept = KeptReceipt::HANDOUT.is(handout).and(KeptReceipt::STATE.is(KeptReceiptState::KEPT));
    for mut receipt in cx.find(kept)? {
        receipt.state = KeptReceiptState::GivenBack;
        cx.erase(receipt)?;
    }
    Ok(())
}
