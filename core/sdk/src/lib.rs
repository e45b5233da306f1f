//! Everything a desk function needs: records, actions, jobs, forms. This page is the manual of a plugin's author.
//!
//! A **plugin** says what can happen at the desk. *When* its jobs run stands in `schedules/`, *how* its papers look in
//! `templates/`, *what people read* in its locales. The host keeps the records, guards the rules and forgets nothing. So a
//! plugin is plain synchronous Rust: structs, and functions that read, decide and say what is to change. It depends on this
//! crate alone, and has no clock, no database, no files and no network.
//!
//! # A whole plugin
//!
//! Umbrellas that the desk lends to customers:
//!
//! ```
//! use deskbell_sdk::prelude::*;
//!
//! /// An umbrella lent to a customer.
//! #[derive(Record)]
//! #[record(name = "loan", number = "U/day", index = "due_on")]
//! pub struct Loan {
//!     pub state: LoanState,
//!     /// Who took it.
//!     #[field(personal, searchable, editable, max = 60)]
//!     pub customer: String,
//!     /// Taken as security, in fen.
//!     pub deposit_fen: Fen,
//!     /// The day it should be back.
//!     pub due_on: Day,
//! }
//!
//! #[derive(State, Clone, PartialEq)]
//! pub enum LoanState {
//!     Lent,
//!     #[state(closed)]
//!     Returned { returned_on: Day },
//! }
//!
//! /// What the clerk writes down.
//! #[derive(Args)]
//! pub struct Lend {
//!     /// Who takes it.
//!     #[field(personal, max = 60)]
//!     pub customer: String,
//!     /// Taken as security, in fen.
//!     #[default = 2000]
//!     pub deposit_fen: Fen,
//! }
//!
//! /// What a store may set under `[plugins.umbrellas]`.
//! #[derive(Settings)]
//! pub struct Settings {
//!     /// Days after which an umbrella should be back.
//!     #[default = 3]
//!     pub lent_for_days: Days,
//! }
//!
//! /// The table of contents.
//! pub fn register(desk: &mut Register<Settings>) {
//!     desk.record::<Loan>().on_create(lend).action("return", take_back).due("overdue", |_: &Cx, on| overdue(on));
//!     desk.job("ask-for-overdue", ask_for_overdue);
//!     desk.register_of(RegisterOf::by(Loan::DUE_ON).column(Loan::NUMBER).column(Loan::CUSTOMER).sum(Loan::DEPOSIT_FEN));
//! }
//!
//! /// UM1: nothing is lent without a deposit.
//! fn lend(cx: &mut Cx<Settings>, new: Lend) -> Result<Stored<Loan>> {
//!     Rule("UM1").requires(new.deposit_fen > Fen(0), "no-deposit")?;
//!     let due_on = cx.today() + cx.settings().lent_for_days;
//!     cx.insert(Loan { state: LoanState::Lent, customer: new.customer, deposit_fen: new.deposit_fen, due_on })
//! }
//!
//! fn take_back(cx: &mut Cx, mut loan: Stored<Loan>, (): ()) -> Result<Stored<Loan>> {
//!     Rule("UM2").requires(loan.state == LoanState::Lent, "already-back")?;
//!     loan.state = LoanState::Returned { returned_on: cx.today() };
//!     cx.update(loan)
//! }
//!
//! fn overdue(on: Day) -> Query<Loan> {
//!     Loan::STATE.is_open().and(Loan::DUE_ON.lt(on)).sort_by(Loan::DUE_ON)
//! }
//!
//! fn ask_for_overdue(cx: &mut Cx) -> Result<Outcome> {
//!     let late = cx.find(overdue(cx.today()))?;
//!     let asked = cx.each(late, |cx, loan| {
//!         cx.task("ask-back").about(&loan).with("customer", &loan.customer);
//!         Ok(())
//!     })?;
//!     Ok(Outcome::counted("asked", asked))
//! }
//!
//! // Its test, on a desk in memory with the clock in hand:
//! # const MANIFEST: &str = r#"
//! # id = "umbrellas"
//! # [permissions]
//! # "loan:create" = ["clerk"]
//! # "loan:return" = ["clerk"]
//! # "#;
//! # fn plugin() -> deskbell_sdk::Plugin { deskbell_sdk::Plugin::new(MANIFEST, register) }
//! use deskbell_testkit::{TestDesk, json};
//!
//! let mut desk = TestDesk::new(plugin()); // in a plugin's tests: crate::plugin()
//! let loan = desk.on("2026-11-01").create("loan", json!({"customer": "李雷"})).number();
//! assert_eq!(loan, "U-20261101-001");
//! assert_eq!(desk.on("2026-11-04").run_job("ask-for-overdue").count("asked"), 0);
//! assert_eq!(desk.on("2026-11-05").run_job("ask-for-overdue").count("asked"), 1);
//! desk.act("loan", &loan, "return", json!({})).done();
//! assert_eq!(desk.get("loan", &loan)["returned_on"], "2026-11-05");
//! ```
//!
//! # The folder
//!
//! ```text
//! plugins/umbrellas/
//!   Cargo.toml      crate-type = ["cdylib", "rlib"], one dependency: deskbell-sdk; for tests deskbell-testkit
//!   plugin.toml     id, version, protocol, name, permissions
//!   src/lib.rs      deskbell_sdk::export_plugin!(register); and the table of contents; beside it a file a noun
//!   src/tests.rs    the rules, a test each
//!   locales/        zh-CN.ftl and en.ftl: everything that people read
//!   demo.jsonl      a month of commands for `deskbell demo`, if there is something to show
//!   README.md       for staff
//! schedules/umbrellas.toml     when its jobs run
//! templates/umbrellas/         how its papers look
//! ```
//!
//! `plugin.toml` is the truth for who may do what on a new desk. A permission is `<type>:<action>`, the action being `read`,
//! `create`, `change`, `void`, `register`, `sign-<box>` or a verb of yours; for verbs of the plugin the type is `plugin`,
//! for jobs `job`, for forms `form`. What is not listed is the admin's alone.
//!
//! ```toml
//! id = "umbrellas"
//! version = "0.1.0"
//! protocol = 1
//! name = { "zh-CN" = "雨伞租借", en = "Umbrellas" }
//! [permissions]
//! "loan:read" = ["clerk", "supervisor"]
//! "loan:create" = ["clerk"]
//! "loan:return" = ["clerk"]
//! "job:ask-for-overdue" = ["supervisor"]
//! ```
//!
//! # Records and states
//!
//! A type of records is a struct with [`Record`]; its fields have a [`FieldType`]. Every record also has an id, a number, a
//! version, a state, and who made and changed it when; a handler holds it as [`Stored`]. Nothing is deleted: a record is
//! *voided* with a reason, and then no [`Query`] finds it unless it asks.
//!
//! States are an enum with [`State`], each variant with the data of that state: `Returned { returned_on }` cannot lack its
//! day, and a lent umbrella cannot have one. Days are [`Day`] and end in `_on`, instants are [`Instant`] and end in `_at`,
//! money is [`Fen`] and ends in `_fen`. A closed list is an enum with [`Choice`](derive@Choice). Mark what is personal.
//! Lines of a paper are a type of their own with a [`Ref`] to their head.
//!
//! # Handlers
//!
//! | in `register` | the function | when |
//! |---|---|---|
//! | [`on_create`](OfRecord::on_create) | `fn(&mut Cx, A) -> Result<Stored<R>>` | a record is made; without it, its own fields are stored |
//! | [`on_change`](OfRecord::on_change) | `fn(&mut Cx, Stored<R>) -> Result<Stored<R>>` | editable fields are corrected; without it, they are stored |
//! | [`action`](OfRecord::action) | `fn(&mut Cx, Stored<R>, A) -> Result<Stored<R>>` | a verb on a record |
//! | [`sign_off`](OfRecord::sign_off) | `fn(&mut Cx, Stored<R>) -> Result<Stored<R>>` | a box was signed |
//! | [`due`](OfRecord::due) | `fn(&Cx, Day) -> Query<R>` | somebody asks what is due on a day |
//! | [`Register::action`] | `fn(&mut Cx, A) -> Result<D>` | a verb on the plugin |
//! | [`Register::job`] | `fn(&mut Cx) -> Result<Outcome>` | the schedule, or somebody, says so |
//! | [`Register::form`] | `fn(&Cx, &Stored<R>) -> Result<D>` | a record is printed |
//! | [`Register::form_for_period`] | `fn(&Cx, Period) -> Result<D>` | a span of days is printed |
//!
//! `A` derives [`Args`](trait@Args), `D` is [`Data`] (derive [`Paper`](derive@Paper)). Where a handler needs the settings it takes
//! `Cx<Settings>`.
//!
//! **A handler decides; the host does.** What it says through [`Cx`] is applied after it has returned `Ok`, all of it in one
//! transaction or none of it. Because a handler may be run again when something changed in between, it must be a function
//! of what it reads: the time is [`Cx::now`] and [`Cx::today`], and nothing is kept in a `static`.
//!
//! What protects a rule from two clerks at once:
//! - over the record in hand: its version, noted by [`Cx::update`];
//! - over what is counted: a ledger, or [`Cx::adjust`] with a floor;
//! - over other records: [`Cx::require`], and in the words of a sheet and its lines [`Cx::hold`] and [`Cx::find_and_hold`];
//! - over "only one of these": `unique` in the record, or [`one_open_per_site`](OfRecord::one_open_per_site).
//!
//! # Rules and refusals
//!
//! Cite a rule by its id and a key: [`Rule("UM1").requires(…, "no-deposit")?`](Rule::requires). The clerk reads
//! `refused-no-deposit` of the locale. Wrong input is [`Error::invalid`] with its field. Every other error goes through `?`,
//! is logged as the plugin's fault, and the clerk is told that nothing was changed. A panic is the same.
//!
//! A rule that somebody may overrule asks for their signature: [`Cx::needs_sign_off`]. A paper that is signed later has a
//! box: [`OfRecord::sign_off`]. PINs never reach a plugin.
//!
//! Where several sign, [`OfRecord::in_order`] has each box wait for the one before it, and
//! [`OfRecord::by_different_people`] keeps one person from signing twice: so the last box's handler is where all have signed.
//! What is signed is what stands in the record's `signed` fields; where a sheet's lines are records of their own,
//! [`Cx::void_sign_offs`] has it signed anew when a line changes.
//!
//! # What is counted
//!
//! Stock is a record with a counter, and a [ledger](Entry) of what moved it: [`Cx::post`] adds and takes, never below zero,
//! [`Cx::draw`] takes from many in an order (first to expire, first out), [`Cx::post_count`] books what a count found, and
//! [`Cx::turnover`] gives papers their opening, in, out and closing. The host refuses whatever else would move the counter.
//!
//! # Deadlines
//!
//! "More than seven days after", "thirty days before", "on the day": a [`Deadline`] says it once for the job that sweeps, for
//! the desk's day ([`OfRecord::deadline`]) and for the paper that says since when. Months and birthdays are in [`calendar`].
//!
//! # Personal data
//!
//! Mark what is personal. Where a rule ends its purpose, [`Cx::erase`] takes it out of the record, the trail of its changes
//! and the papers printed from it; what is counted stays.
//!
//! # Jobs
//!
//! A job is a **sweep over state**: "lent, and due before today", never "what became due since yesterday". Then a late run
//! mends any outage, and a second one finds nothing to do. [`Cx::today`] is the day the run was due. Use the same query for
//! [`due`](OfRecord::due), so that the home page and the job agree. Items go through [`Cx::each`], where one that fails does
//! not hold up the rest.
//!
//! # Papers
//!
//! A form's function returns a struct with [`Paper`](derive@Paper), and its template sees nothing else: do the sums and
//! the order here. [`Cx::paper`] prints within a command, with what the command has just changed. The list of a type for a
//! period needs no function: [`RegisterOf`] names its columns.
//!
//! # What people read
//!
//! Fluent files, `locales/zh-CN.ftl` and `locales/en.ftl`, with the same keys; TestDesk's `lacking_sentences` tells what is
//! missing. Names in kebab-case, attributes by field name:
//!
//! | key | |
//! |---|---|
//! | `plugin-name` | the function's name |
//! | `loan` · `.customer` | a type, and its fields, those of its states included |
//! | `loan-state` · `.lent` | its states |
//! | `loan-kind` · `.folding` | the values of a choice in its field `kind` |
//! | `loan-return` · `.note` | an action and its arguments |
//! | `action-<name>` · `box-<name>` · `due-<name>` · `job-<name>` · `setting-<name>` | what `register` names |
//! | `form-<name>` · `register-<type>` | titles of papers, with an attribute for each of their own words or signature columns |
//! | `outcome-<key>` | what a job did, with its counts: `asked for { $asked }` |
//! | `refused-<key>` · `notice-<key>` · `task-<key>` | refusals, notices, tasks, with their arguments |
//! | any | wrong input, by the key given to [`Error::invalid`] |
//!
//! # Logging
//!
//! `info!`, `warn!` and the like of the [`prelude`] go to the host's log under the command that runs. No names, addresses or
//! secrets: log the number. The `Debug` of derived types shows nothing personal.
//!
//! # What a plugin does not do
//!
//! It starts no threads and no runtime, opens nothing, prints nothing, and reads no clock (Clippy says so). It knows no
//! other plugin's tables. Settings, roles and schedules are the store's: do not ask for a role in a handler, declare a
//! permission.
extern crate self as deskbell_sdk;

pub mod calendar;
mod cx;
mod deadline;
mod error;
#[doc(hidden)]
pub mod export;
mod field;
mod ledger;
mod log;
mod paper;
mod pending;
mod plugin;
mod query;
mod record;
mod register;
mod settings;

pub use calendar::{LeapDay, MonthDay};
pub use cx::{Actor, Cx, Each, Item, Outcome, Period, Said};
pub use deadline::Deadline;
pub use deskbell_proto as proto;
pub use deskbell_sdk_macros::{Args, Choice, Paper, Record, Settings, State};
pub use error::{Error, Refused, Result, Rule};
pub use field::{Day, Days, Fen, FieldType, Hours, Instant};
pub use ledger::{Entry, Turnover};
pub use paper::Data;
pub use pending::Reads;
pub use plugin::Plugin;
pub use query::{Column, Operand, Query};
pub use record::{Record, Ref, State, StateColumn, StateName, Stateless, Stored};
pub use register::{OfRecord, Register, RegisterOf, Role, Roles};
pub use settings::{Args, NoSettings, PluginSettings, SeenSettings, Settings};

/// What the derives expand to.
#[doc(hidden)]
pub mod derives {
    pub use serde_json::{Map, Value};

    pub use crate::settings::{described, narrowed};

    pub use deskbell_proto::Fields;
    pub use deskbell_proto::description::*;
    pub use deskbell_proto::value::FieldKind;

    use crate::error::{Error, Result};
    use crate::field::FieldType;

    /// Reads one column.
    pub fn column<T: FieldType>(row: &Fields, name: &str) -> Result<T> {
        let value = row.get(name).unwrap_or(&Value::Null);
        T::from_json(value).ok_or_else(|| Error::failed(format!("column {name} holds {}", kind_of(value))))
    }

    // Never the value: it may be personal, and this goes to the log.
    fn kind_of(value: &Value) -> &'static str {
        match value {
            Value::Null => "nothing",
            Value::Bool(_) => "a bool",
            Value::Number(_) => "another number",
            Value::String(_) => "another text",
            _ => "no plain value",
        }
    }

    /// A state that no variant has.
    pub fn unknown_state(row: &Fields) -> Error {
        Error::failed(format!("there is no state {}", row.get("state").unwrap_or(&Value::Null)))
    }

    /// A default in its one spelling; it is written as JSON spells it: `7`, `true`, `"feb-28"`.
    ///
    /// # Panics
    /// When it does not fit the field.
    pub fn default_value(field: &FieldDescription, value: Value) -> Value {
        let misfit = |misfit| panic!("the default {value} of {} does not fit: {misfit:?}", field.name);
        field.kind.canonical(&value).unwrap_or_else(misfit)
    }

    /// What was given, in its one spelling.
    pub fn fitting(fields: &[FieldDescription], given: &Fields) -> Result<Fields> {
        crate::settings::fitting(fields, given)
    }
}

/// What nearly every file of a plugin uses.
pub mod prelude {
    pub use tracing::{debug, error, info, warn};

    pub use crate::{
        Args, Choice, Column, Cx, Data, Day, Days, Deadline, Entry, Error, Fen, Hours, Instant, LeapDay, MonthDay, Outcome,
        Paper, Period, Query, Record, Ref, Register, RegisterOf, Result, Role, Rule, Settings, State, Stored, Turnover,
    };
}
