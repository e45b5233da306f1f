//! Departments: who asks for supplies, and who is reminded while nothing was asked for (O2).

use deskbell_sdk::calendar::{FIRST_DAY, first_of_month, months_after};
use deskbell_sdk::prelude::*;

use crate::Settings;
use crate::request::deadline_for;

/// A department that asks for supplies.
#[derive(Record)]
#[record(name = "department", number = "OD/ever", unique = "name")]
pub struct Department {
    /// What it is called.
    #[field(searchable, editable, max = 60)]
    pub name: String,
    /// Who is told when its request is missing.
    #[field(personal, searchable, editable, max = 60)]
    pub contact: Option<String>,
    /// Whether it asks for supplies at all.
    #[default = true]
    #[field(editable)]
    pub is_active: bool,
    /// The last month that it has asked for, by its first day; a new one begins with the month it was entered in.
    pub requested_for: Day,
    /// O2: the month that it was reminded of last.
    pub reminded_for: Option<Day>,
    /// O2: how often it was reminded of that month.
    #[default = 0]
    pub reminder_stage: i64,
}

/// A department as it is entered.
#[derive(Args)]
pub struct NewDepartment {
    /// What it is called.
    #[field(max = 60)]
    pub name: String,
    /// Who is told when its request is missing.
    #[field(personal, max = 60)]
    pub contact: Option<String>,
}

pub fn enter(cx: &mut Cx, new: NewDepartment) -> Result<Stored<Department>> {
    cx.insert(Department {
        name: new.name,
        contact: new.contact,
        is_active: true,
        requested_for: first_of_month(cx.today()),
        reminded_for: None,
        reminder_stage: 0,
    })
}

/// O2: reminds each department without a request once some days before the deadline, and once on the day itself.
pub fn remind(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let (month, deadline, stage) = collecting(cx, cx.today());
    let mut silent = cx.find(without_request(cx, cx.today()))?;
    silent.retain(|department| department.reminded_for != Some(month) || department.reminder_stage < stage);
    if silent.is_empty() {
        return Ok(Outcome::nothing_due());
    }
    let reminded = cx.each(silent, |cx, mut department| {
        department.reminded_for = Some(month);
        department.reminder_stage = stage;
        let department = cx.update(department)?;
        let contact = department.contact.as_deref().unwrap_or_default();
        let notice = cx.notice(Role::CLERK, "department-without-request").about(&department);
        notice.with("department", &department.name).with("contact", contact).with("deadline", deadline);
        Ok(())
    })?;
    Ok(Outcome::counted("reminded", reminded))
}

/// O2: departments that have not asked for next month's supplies, while the deadline is near.
pub fn without_request(cx: &Cx<Settings>, on: Day) -> Query<Department> {
    let (month, _, stage) = collecting(cx, on);
    let asked_before = if stage == 0 { FIRST_DAY } else { month };
    Department::IS_ACTIVE.is(true).and(Department::REQUESTED_FOR.lt(asked_before)).sort_by(Department::NAME)
}

/// The month that is asked for on a day, its deadline, and the stage of its reminder: 0 while there is none, 2 on the last day.
fn collecting(cx: &Cx<Settings>, on: Day) -> (Day, Day, i64) {
    let month = months_after(first_of_month(on), 1);
    let deadline = deadline_for(month, cx.settings().deadline_day);
    let days_before = deadline - cx.settings().reminder_days_before..deadline;
    let stage = match on {
        _ if on == deadline => 2,
        _ if days_before.contains(&on) => 1,
        _ => 0,
    };
    (month, deadline, stage)
}
