//! Labels on paper: A4 sheets to the measure of the store's stock, begun where the last sheet ended, and single labels.

use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::issue::{Activity, Issue};
use crate::label::{Label, LabelState};

/// 非卖品标签
#[derive(Paper)]
pub struct LabelPaper {
    /// The first free label of the sheet, counted from 1.
    pub starts_at: i64,
    pub geometry: Geometry,
    pub supplier: String,
    pub goods: String,
    pub activity: Activity,
    pub valid_from: Day,
    pub valid_to: Day,
    /// In the order of their serials; those that came back are void and not printed again.
    pub labels: Vec<PrintedLabel>,
}

#[derive(Paper)]
pub struct PrintedLabel {
    pub serial: String,
}

/// The measures of a sheet, in tenths of a millimetre.
#[derive(Paper)]
pub struct Geometry {
    pub columns: i64,
    pub rows: i64,
    pub width: i64,
    pub height: i64,
    pub left: i64,
    pub top: i64,
    pub across: i64,
    pub down: i64,
}

/// Where a half-used sheet goes on.
#[derive(Args)]
pub struct PrintLabels {
    /// The first free label of the sheet, counted from 1, row by row.
    #[default = 1]
    pub starts_at: i64,
}

impl Geometry {
    fn of(settings: &Settings) -> Geometry {
        Geometry {
            columns: settings.sheet_columns,
            rows: settings.sheet_rows,
            width: settings.label_width,
            height: settings.label_height,
            left: settings.sheet_left,
            top: settings.sheet_top,
            across: settings.gap_across,
            down: settings.gap_down,
        }
    }

    /// Or labels would be printed smaller than their stock, and codes be cut off.
    fn fits_on_a4(&self) -> bool {
        let across = self.left + self.columns * self.width + (self.columns - 1) * self.across;
        let down = self.top + self.rows * self.height + (self.rows - 1) * self.down;
        across <= 2100 && down <= 2970
    }
}

/// N2: prints the labels of an issue on sheets, beginning at any label of a half-used one.
pub fn print(cx: &mut Cx<Settings>, mut issue: Stored<Issue>, on: PrintLabels) -> Result<Stored<Issue>> {
    let geometry = Geometry::of(cx.settings());
    Rule("N2").requires(geometry.fits_on_a4(), "sheet-is-too-large")?;
    let per_sheet = geometry.columns * geometry.rows;
    if !(1..=per_sheet).contains(&on.starts_at) {
        return Err(Error::invalid("starts_at", "no-such-label-on-the-sheet"));
    }
    issue.starts_at = on.starts_at;
    let issue = cx.update(issue)?;
    cx.paper("label-sheet", &issue)?;
    Ok(issue)
}

pub fn paper(cx: &Cx<Settings>, issue: &Stored<Issue>) -> Result<LabelPaper> {
    let labels = Label::ISSUE.is(issue).and(Label::STATE.one_of([LabelState::ISSUED, LabelState::AFFIXED]));
    let labels = cx.find(labels.sort_by(Label::SERIAL))?;
    Ok(LabelPaper {
        starts_at: issue.starts_at,
        geometry: Geometry::of(cx.settings()),
        supplier: issue.supplier.clone(),
        goods: issue.goods.clone(),
        activity: issue.activity,
        valid_from: issue.valid_from,
        valid_to: issue.valid_to,
        labels: labels.iter().map(|label| PrintedLabel { serial: label.code.clone() }).collect(),
    })
}
