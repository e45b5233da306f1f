//! The month's order: what was approved of all departments, merged when the deadline is over (O3).

use std::collections::{BTreeMap, BTreeSet};

use deskbell_sdk::calendar::{first_of_month, months_after};
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::line;
use crate::request::{self, Request};

/// One order for a month. What is on it are the requests that refer to it.
#[derive(Record)]
#[record(name = "month-sheet", number = "OM/year", unique = "for_month")]
pub struct MonthSheet {
    /// The month it is for, by its first day.
    #[field(signed)]
    pub for_month: Day,
    /// The day that its requests were merged.
    #[field(signed)]
    pub closed_on: Day,
}

/// 办公用品申请表, merged
#[derive(Paper)]
pub struct MonthPaper {
    pub number: String,
    pub for_month: Day,
    pub closed_on: Day,
    /// A line an item, by its name.
    pub lines: Vec<MonthLine>,
    pub n_items: i64,
    /// How many things of each department, all units taken together.
    pub departments: Vec<DepartmentTotal>,
    pub n_departments: i64,
}

#[derive(Paper)]
pub struct MonthLine {
    pub item: String,
    pub unit: String,
    pub total: i64,
    /// How many each department gets of it.
    pub shares: Vec<Share>,
}

#[derive(Paper)]
pub struct Share {
    pub department: String,
    pub quantity: i64,
}

#[derive(Paper)]
pub struct DepartmentTotal {
    pub department: String,
    pub n_items: i64,
    pub quantity: i64,
}

/// O3: months up to this one are closed: next month's once the deadline in this month is over.
pub fn closed_through(today: Day, deadline_day: MonthDay) -> Day {
    let this_month = first_of_month(today);
    if today > deadline_day.in_month_of(today) { months_after(this_month, 1) } else { this_month }
}

/// O3: closes the months whose deadline is over, and merges what was approved into one order each.
pub fn close(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let requests = cx.find(request::to_merge(cx))?;
    if requests.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let months: BTreeSet<Day> = requests.iter().map(|request| request.for_month).collect();
    let mut sheets = BTreeMap::new();
    for month in months {
        let new = MonthSheet { for_month: month, closed_on: cx.today() };
        sheets.insert(month, cx.find_or_insert(MonthSheet::FOR_MONTH.is(month), new)?);
    }
    let merged = cx.each(requests, |cx, mut request| {
        request.sheet = sheets.get(&request.for_month).map(Stored::to_ref);
        cx.update(request)
    })?;
    for sheet in sheets.into_values() {
        // One that is closed already was signed for with less on it.
        let sheet = cx.void_sign_offs(sheet)?;
        cx.paper("month-sheet", &sheet)?;
    }
    Ok(Outcome::counted("merged", merged))
}

pub fn paper(cx: &Cx, sheet: &Stored<MonthSheet>) -> Result<MonthPaper> {
    let mut lines: BTreeMap<(String, String), MonthLine> = BTreeMap::new();
    let mut departments = Vec::new();
    for request in cx.find(Request::SHEET.is(sheet).sort_by(Request::DEPARTMENT_NAME))? {
        let of_department = cx.find(line::of(&request))?;
        departments.push(DepartmentTotal {
            department: request.department_name.clone(),
            n_items: of_department.len() as i64,
            quantity: of_department.iter().map(|line| line.quantity).sum(),
        });
        for line in of_department {
            let (item, unit) = (line.item_name.clone(), line.unit.clone());
            let new = || MonthLine { item: item.clone(), unit: unit.clone(), total: 0, shares: Vec::new() };
            let of_item = lines.entry((item.clone(), unit.clone())).or_insert_with(new);
            of_item.total += line.quantity;
            of_item.shares.push(Share { department: request.department_name.clone(), quantity: line.quantity });
        }
    }
    Ok(MonthPaper {
        number: sheet.number().to_owned(),
        for_month: sheet.for_month,
        closed_on: sheet.closed_on,
        n_items: lines.len() as i64,
        lines: lines.into_values().collect(),
        n_departments: departments.len() as i64,
        departments,
    })
}
