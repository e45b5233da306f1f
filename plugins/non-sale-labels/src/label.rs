//! One label: its serial, what became of it, and what a scan tells (N2, N4).

use deskbell_sdk::prelude::*;

use crate::issue::{Activity, Issue, IssueState};
use crate::stock::{code, serial_of};

/// A label that was issued; its serial is never issued again.
#[derive(Record)]
#[record(name = "label", unique = "serial", index = "issue")]
pub struct Label {
    pub state: LabelState,
    /// The serial, a number.
    pub serial: i64,
    /// The serial as it is printed.
    #[field(searchable, max = 12)]
    pub code: String,
    /// What it was issued for.
    pub issue: Ref<Issue>,
}

/// What became of a label.
#[derive(State, Clone, PartialEq)]
pub enum LabelState {
    /// With the supplier, on no goods yet.
    Issued,
    /// N2: on goods, which may enter.
    #[state(closed)]
    Affixed { affixed_at: Instant, affixed_by: String },
    /// N3: unused, and void.
    #[state(closed)]
    Returned { returned_on: Day },
    /// N3: never came back, and void.
    #[state(closed)]
    WrittenOff { written_off_on: Day },
}

/// A label that was scanned or typed.
#[derive(Args)]
pub struct LookUp {
    /// Its serial, with or without its letters.
    #[field(max = 20)]
    pub serial: String,
}

/// What a scan tells.
#[derive(Paper)]
pub struct Told {
    pub serial: String,
    pub goods: String,
    pub supplier: String,
    pub activity: Activity,
    pub issue: String,
    pub valid_from: Day,
    pub valid_to: Day,
    pub is_valid: bool,
    pub verdict: Verdict,
}

/// Why a label is valid now, or is not.
#[derive(Choice, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    NotAffixed,
    NotYet,
    Over,
    Returned,
    WrittenOff,
}

impl Label {
    pub fn of(issue: &Stored<Issue>, serial: i64) -> Label {
        Label { state: LabelState::Issued, serial, code: code(serial), issue: issue.to_ref() }
    }

    fn verdict(&self, issue: &Issue, today: Day) -> Verdict {
        match self.state {
            LabelState::Returned { .. } => Verdict::Returned,
            LabelState::WrittenOff { .. } => Verdict::WrittenOff,
            _ if today > issue.valid_to || matches!(issue.state, IssueState::Closed { .. }) => Verdict::Over,
            LabelState::Issued => Verdict::NotAffixed,
            LabelState::Affixed { .. } if today < issue.valid_from => Verdict::NotYet,
            LabelState::Affixed { .. } => Verdict::Valid,
        }
    }
}

/// N4: tells what the goods are, whose, and whether the label is valid now. A serial that was never issued is no label.
pub fn look_up(cx: &mut Cx, scanned: LookUp) -> Result<Told> {
    let serial = serial_of(&scanned.serial).ok_or_else(|| Error::invalid("serial", "not-a-serial"))?;
    let label = cx.find_first(Label::SERIAL.is(serial))?;
    let label = label.ok_or_else(|| Rule("N4").refuse("label-was-never-issued").with("serial", code(serial)))?;
    let issue = cx.get(&label.issue)?;
    let verdict = label.verdict(&issue, cx.today());
    Ok(Told {
        serial: label.code.clone(),
        goods: issue.goods.clone(),
        supplier: issue.supplier.clone(),
        activity: issue.activity,
        issue: issue.number().to_owned(),
        valid_from: issue.valid_from,
        valid_to: issue.valid_to,
        is_valid: verdict == Verdict::Valid,
        verdict,
    })
}
