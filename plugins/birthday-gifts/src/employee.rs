//! Employees, as HR's list says it: taken over as often as it comes, and forgotten once they have left and nothing is open.

use deskbell_sdk::prelude::*;

use crate::gift;

/// Somebody who works here, or has.
#[derive(Record)]
#[record(name = "employee", number = "BE/ever", unique = "employee_no", index = "joined_on")]
pub struct Employee {
    pub state: EmployeeState,
    /// HR's number.
    #[field(searchable, max = 20)]
    pub employee_no: String,
    #[field(personal, searchable, max = 60)]
    pub name: String,
    #[field(searchable, max = 60)]
    pub department: Option<String>,
    /// The day of birth; none once it is erased.
    #[field(personal)]
    pub birthday: Option<Day>,
    /// The first day of service.
    pub joined_on: Day,
}

#[derive(State, Clone, PartialEq)]
pub enum EmployeeState {
    Active,
    /// B4: has no gift any more, and no name once the last one has gone back.
    #[state(closed)]
    Left {
        left_on: Day,
    },
}

/// A row of HR's list.
#[derive(Args)]
pub struct Row {
    /// HR's number.
    #[field(max = 20)]
    pub employee_no: String,
    #[field(personal, max = 60)]
    pub name: String,
    #[field(max = 60)]
    pub department: Option<String>,
    /// The day of birth.
    #[field(personal)]
    pub birthday: Day,
    /// The first day of service.
    pub joined_on: Day,
    /// Whether they work here still.
    #[default = true]
    pub is_active: bool,
}

/// B4: takes a row of HR's list over; the same row again changes nothing, and who has left stays forgotten.
pub fn take_over(cx: &mut Cx, row: Row) -> Result<Stored<Employee>> {
    if row.birthday >= row.joined_on {
        return Err(Error::invalid("joined_on", "joined-before-born"));
    }
    let new = Employee {
        state: EmployeeState::Active,
        employee_no: row.employee_no.clone(),
        name: row.name.clone(),
        department: row.department.clone(),
        birthday: Some(row.birthday),
        joined_on: row.joined_on,
    };
    let mut employee = cx.find_or_insert(Employee::EMPLOYEE_NO.is(&row.employee_no), new)?;
    match (&employee.state, row.is_active) {
        (EmployeeState::Left { .. }, false) => return Ok(employee),
        (EmployeeState::Active, false) => return leave(cx, employee, ()),
        (_, true) => employee.state = EmployeeState::Active,
    }
    employee.name = row.name;
    employee.department = row.department;
    employee.birthday = Some(row.birthday);
    employee.joined_on = row.joined_on;
    let employee = cx.update(employee)?;
    gift::keep_open(cx, &employee)?;
    Ok(employee)
}

/// B4: somebody has left: what is not handed over is cancelled, what is at the desk goes back to HR, and with nothing open
/// the name is forgotten.
pub fn leave(cx: &mut Cx, mut employee: Stored<Employee>, (): ()) -> Result<Stored<Employee>> {
    Rule("B4").requires(employee.state == EmployeeState::Active, "employee-has-left")?;
    employee.state = EmployeeState::Left { left_on: cx.today() };
    let employee = cx.update(employee)?;
    gift::recall(cx, &employee)?;
    forget(cx, employee)
}

/// B4: erases somebody who has left from the file and from their gifts, unless one of these still has to go back.
/// The gifts stay, so that every count of them stays.
pub fn forget(cx: &mut Cx, employee: Stored<Employee>) -> Result<Stored<Employee>> {
    let has_left = matches!(employee.state, EmployeeState::Left { .. });
    if !has_left || cx.count(gift::open_of(&employee))? > 0 {
        return Ok(employee);
    }
    for gift in cx.find(gift::of(&employee))? {
        cx.erase(gift)?;
    }
    cx.erase(employee)
}
