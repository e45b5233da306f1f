//! The context of a call: everything a handler reads, and everything it wants done.

use std::cell::RefCell;
use std::fmt::{self, Debug, Display};
use std::ops::{Bound, RangeBounds};

use deskbell_proto::change::pending_number;
use deskbell_proto::value::instant;
use deskbell_proto::{Change, Context, Fault, Fields, SiteInfo};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Refused, Result};
use crate::field::{Day, Instant};
use crate::pending::{Pending, Reads};
use crate::plugin::Plugin;
use crate::query::{Column, Query, full_name};
use crate::record::{Record, Ref, State, Stored};
use crate::register::{Role, Roles};
use crate::settings::{NoSettings, SeenSettings};

pub use deskbell_proto::{Actor, Period};

/// The context of a call: reads, the clock, who acts, and the changes to make.
///
/// It stands before a consistent view of one site, as it was when the call began, with the call's own changes over it.
/// Nothing is done at once: a handler that returns `Ok` hands over its changes, which the host applies all or not at all; a
/// handler that returns an error has done nothing. Should somebody else have changed a record meanwhile, the host runs the
/// handler again with fresh data: so a handler keeps no notes of its own and asks `cx` for the time.
///
/// `S` is the plugin's settings, for handlers that need them; others write plain `Cx`.
pub struct Cx<'a, S = NoSettings> {
    core: &'a Core<'a>,
    settings: S,
}

/// What all contexts of one call share.
pub(crate) struct Core<'a> {
    pub(crate) plugin: &'a Plugin,
    pub(crate) context: &'a Context,
    pub(crate) reads: &'a dyn Reads,
    /// Items whose part could not be applied before.
    pub(crate) excluded: &'a [Uuid],
    pub(crate) pending: RefCell<Pending>,
    pub(crate) n_ids: RefCell<u64>,
}

impl<'a> Core<'a> {
    pub(crate) fn cx<X, S>(&'a self) -> Result<Cx<'a, X>>
    where
        X: SeenSettings<S>,
    {
        Ok(Cx { core: self, settings: X::seen(&self.context.settings)? })
    }
}

/// The circumstances.
impl<'a, S> Cx<'a, S> {
    /// When the host accepted the command, the same through every re-run. In a job it is the real time, not the time due.
    pub fn now(&self) -> Instant {
        self.core.context.now
    }

    /// The business day: the site's date of [`now`](Cx::now), in a job the date it was due.
    pub fn today(&self) -> Day {
        self.core.context.today
    }

    /// Who acts: a user, or the job itself.
    pub fn actor(&self) -> &'a Actor {
        &self.core.context.actor
    }

    /// The store this call is for.
    pub fn site(&self) -> &'a SiteInfo {
        &self.core.context.site
    }

    /// The settings of the plugin at this site.
    pub fn settings(&self) -> &S {
        &self.settings
    }

    /// The same call without the settings, for a function that takes plain `&mut Cx`.
    pub fn plain(&self) -> Cx<'a> {
        Cx { core: self.core, settings: NoSettings }
    }

    /// A new id, a UUIDv7. Ids of one call sort in the order they were made.
    pub fn new_id(&mut self) -> Uuid {
        let mut n_ids = self.core.n_ids.borrow_mut();
        let n = *n_ids;
        *n_ids += 1;
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default() + (n >> 12);
        let mut bits = [0; 10];
        bits[..2].copy_from_slice(&((n & 0xfff) as u16).to_be_bytes());
        bits[2..].copy_from_slice(&mixed(self.core.context.entropy.wrapping_add(n)).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
    }
}

/// Spreads the host's random bits over an id (the finaliser of splitmix64).
fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Reading.
impl<S> Cx<'_, S> {
    /// The record that a reference points to.
    ///
    /// # Errors
    /// No such record at this site.
    pub fn get<R: Record>(&self, reference: &Ref<R>) -> Result<Stored<R>> {
        let record_type = self.full_name::<R>();
        let row = self.core.pending.borrow().get(self.core.reads, &record_type, reference.id())?;
        Stored::from_row(row.ok_or_else(|| Error::not_found(format!("{record_type} {}", reference.id())))?)
    }

    /// All records that answer the query, in its order.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn find<R: Record>(&self, query: Query<R>) -> Result<Vec<Stored<R>>> {
        let find = query.find(self.core.plugin.id());
        let rows = self.core.pending.borrow().find(self.core.reads, &find)?;
        rows.into_iter().map(Stored::from_row).collect()
    }

    /// The first record that answers the query, if any does.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn find_first<R: Record>(&self, query: Query<R>) -> Result<Option<Stored<R>>> {
        Ok(self.find(query.limit(1))?.into_iter().next())
    }

    /// How many records answer the query.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn count<R: Record>(&self, query: Query<R>) -> Result<u64> {
        let find = query.find(self.core.plugin.id());
        Ok(self.core.pending.borrow().count(self.core.reads, &find)?)
    }

    fn full_name<R: Record>(&self) -> String {
        full_name::<R>(self.core.plugin.id())
    }
}

/// Changing records.
impl<S> Cx<'_, S> {
    /// Adds a record. Its number is drawn when the call is applied; [`Stored::number`] may be used all the same.
    ///
    /// # Errors
    /// None of its own; it returns a result so that a handler can end with it.
    pub fn insert<R: Record>(&mut self, record: R) -> Result<Stored<R>> {
        self.put(record, false)
    }

    fn put<R: Record>(&mut self, record: R, sought: bool) -> Result<Stored<R>> {
        let id = self.new_id();
        let record_type = self.full_name::<R>();
        let own = record.write();
        let row = self.new_row::<R>(id, &own);
        let fields = own.into_iter().filter(|(_, value)| !value.is_null()).collect();
        self.core.pending.borrow_mut().insert(&record_type, id, fields, row.clone(), sought);
        // Read back although it is at hand: what a field type of the plugin's own can't read again must not be stored.
        Stored::from_row(row)
    }

    /// A record as it will stand when it has been inserted.
    fn new_row<R: Record>(&self, id: Uuid, own: &Fields) -> Fields {
        let by = &self.core.context.actor.user;
        let is_numbered = self.core.plugin.numbers::<R>();
        let mut row = own.clone();
        row.insert("id".to_owned(), id.to_string().into());
        row.insert("number".to_owned(), if is_numbered { pending_number(id).into() } else { Value::Null });
        row.insert("site".to_owned(), self.site().id.as_str().into());
        row.insert("version".to_owned(), 1.into());
        for (at, who) in [("created_at", "created_by"), ("updated_at", "updated_by")] {
            row.insert(at.to_owned(), instant(self.now()).into());
            row.insert(who.to_owned(), by.as_str().into());
        }
        row.insert("void_reason".to_owned(), Value::Null);
        row
    }

    /// Stores the fields of a record that were changed since it was read; nothing, if none was.
    ///
    /// Should somebody else have changed the record by the time the call is applied, the handler is run again.
    ///
    /// # Errors
    /// None of its own; it returns a result so that a handler can end with it.
    pub fn update<R: Record>(&mut self, record: Stored<R>) -> Result<Stored<R>> {
        let set = record.changed_columns();
        if set.is_empty() {
            return Ok(record);
        }
        let record_type = self.full_name::<R>();
        let row = self.core.pending.borrow_mut().update(&record_type, record.id(), record.row(), set);
        Stored::from_row(row)
    }

    /// Erases the personal data of a record: text is left blank and all else is cleared, here, in the trail of its changes
    /// and in the papers printed from it. That it was erased is itself in the trail (X-1), and whatever is
    /// counted stays as it was.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A receipt.
    /// # #[derive(Record)] #[record(name = "receipt")] struct Receipt { #[field(personal)] customer: String }
    /// # fn release(cx: &mut Cx, receipt: Stored<Receipt>) -> Result<()> {
    /// let receipt = cx.erase(receipt)?;
    /// assert_eq!(receipt.customer, "");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A personal field is required and no text, so it can't be blank: make it an `Option`.
    pub fn erase<R: Record>(&mut self, record: Stored<R>) -> Result<Stored<R>> {
        let record = self.update(record)?;
        let described = R::describe();
        let erased = described.erased(record.row());
        let is_required = |name: &&String| erased[*name].is_null() && described.field(name).is_some_and(|field| field.required);
        if let Some(field) = erased.keys().find(is_required) {
            return Err(Error::failed(format!("{field} of {} is required and no text, so it can't be erased", R::TYPE_NAME)));
        }
        let (id, record_type) = (record.id(), self.full_name::<R>());
        if erased.is_empty() {
            return Ok(record);
        }
        let row = self.core.pending.borrow_mut().erase(&record_type, id, record.row(), erased);
        Stored::from_row(row)
    }

    /// Voids the signatures of a record: what they stand for has changed, and it is signed anew. A field that is marked
    /// `signed` does so by itself; this is for a sheet whose lines are records of their own. The sheet has a new version, so
    /// that nobody signs by an old look at it.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A list.
    /// # #[derive(Record)] #[record(name = "list")] struct List { opened_on: Day }
    /// # /// A line of it.
    /// # #[derive(Record)] #[record(name = "line")] struct Line { list: Ref<List>, quantity: i64 }
    /// # #[derive(Args)] struct Correct { /// How many.
    /// #   quantity: i64 }
    /// fn correct(cx: &mut Cx, mut line: Stored<Line>, to: Correct) -> Result<Stored<Line>> {
    ///     cx.void_sign_offs(cx.get(&line.list)?)?;
    ///     line.quantity = to.quantity;
    ///     cx.update(line)
    /// }
    /// ```
    ///
    /// # Errors
    /// None of its own.
    pub fn void_sign_offs<R: Record>(&mut self, record: Stored<R>) -> Result<Stored<R>> {
        let record = self.update(record)?;
        let record_type = self.full_name::<R>();
        let row = self.core.pending.borrow_mut().void_sign_offs(&record_type, record.id(), record.row());
        Stored::from_row(row)
    }

    /// Moves a counter by `delta`, never below `floor`, and returns its new value. Many may do so at the same time without
    /// a conflict, because the store adds and checks when the call is applied.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A remedy.
    /// # #[derive(Record)] #[record(name = "item")] struct Item { name: String, quantity: i64 }
    /// # #[derive(Args)] struct Use { /// How many.
    /// #   quantity: i64 }
    /// /// M2: takes from the stock, never below zero.
    /// fn take(cx: &mut Cx, item: Stored<Item>, given: Use) -> Result<Stored<Item>> {
    ///     cx.adjust(&item, Item::QUANTITY, -given.quantity, 0, Rule("M2").refuse("not-enough-in-stock"))?;
    ///     Ok(item)
    /// }
    /// ```
    ///
    /// # Errors
    /// The refusal, when the counter would fall below the floor.
    pub fn adjust<R: Record>(
        &mut self,
        record: &Stored<R>,
        counter: Column<R, i64>,
        delta: i64,
        floor: i64,
        refusal: Refused,
    ) -> Result<i64> {
        let record_type = self.full_name::<R>();
        let mut pending = self.core.pending.borrow_mut();
        let is_below = |value| value < floor;
        let moved = pending.adjust(&record_type, record.id(), record.row(), counter.name(), delta, is_below);
        let Some(value) = moved else { return Err(refusal.into()) };
        let (id, field) = (record.id(), counter.name().to_owned());
        pending.push(Change::Adjust { record_type, id, field, delta, floor: Some(floor), refusal: refusal.0 });
        Ok(value)
    }

    /// Asks that so many records answer the query: now, and again when the call is applied, with what stands before it in
    /// this call. It holds a rule over *other* records against somebody who changes them at the same time.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A receipt.
    /// # #[derive(Record)] #[record(name = "handout")] struct Handout { receipt_no: String }
    /// # fn once(cx: &mut Cx, receipt_no: String) -> Result<()> {
    /// cx.require(Handout::RECEIPT_NO.is(&receipt_no), ..=0, Rule("G2").refuse("receipt-already-used"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The refusal, when it is otherwise now.
    pub fn require<R: Record>(&mut self, query: Query<R>, how_many: impl RangeBounds<u64>, refusal: Refused) -> Result<()> {
        if !how_many.contains(&self.count(query.clone())?) {
            return Err(refusal.into());
        }
        let at_least = match how_many.start_bound() {
            Bound::Included(least) => *least,
            Bound::Excluded(below) => below.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let at_most = match how_many.end_bound() {
            Bound::Included(most) => Some(*most),
            Bound::Excluded(above) => Some(above.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        let find = query.find(self.core.plugin.id());
        self.push(Change::Require { find, at_least, at_most, refusal: refusal.0 });
        Ok(())
    }

    /// Asks that a record still answers the query when the call is applied: nobody has signed it, closed it or the like
    /// meanwhile. For a record that this call builds on without changing it; one that it changes is held by its version.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A sheet.
    /// # #[derive(Record)] #[record(name = "sheet")] struct Sheet { state: SheetState }
    /// # #[derive(State)] enum SheetState { Open, #[state(closed)] Signed }
    /// # fn list(cx: &mut Cx, sheet: Stored<Sheet>) -> Result<()> {
    /// cx.hold(&sheet, Sheet::STATE.is_open(), Rule("L7").refuse("sheet-is-closed"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The refusal, when it is otherwise now.
    pub fn hold<R: Record>(&mut self, record: &Stored<R>, query: Query<R>, refusal: Refused) -> Result<()> {
        self.require(R::ID.is(record).and(query), 1..=1, refusal)
    }

    /// All records that answer the query, in its order; and so many must answer when the call is applied, lest one that
    /// came meanwhile be left behind.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A letter.
    /// # #[derive(Record)] #[record(name = "letter")] struct Letter { sheet: i64 }
    /// # fn sign(cx: &mut Cx) -> Result<()> {
    /// let letters = cx.find_and_hold(Letter::SHEET.is(7), Rule("L7").refuse("sheet-has-changed"))?;
    /// # let _ = letters; Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The store can't be read.
    pub fn find_and_hold<R: Record>(&mut self, query: Query<R>, refusal: Refused) -> Result<Vec<Stored<R>>> {
        let found = self.find(query.clone())?;
        let n_found = found.len() as u64;
        self.require(query, n_found..=n_found, refusal)?;
        Ok(found)
    }

    /// The first record that answers the query, else a new one.
    ///
    /// Two calls at the same time make one record where `unique` or
    /// [`one_open_per_site`](crate::OfRecord::one_open_per_site) says so: the later one is run again and finds it.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn find_or_insert<R: Record>(&mut self, query: Query<R>, new: R) -> Result<Stored<R>> {
        match self.find_first(query)? {
            Some(found) => Ok(found),
            None => self.put(new, true),
        }
    }

    /// Does something for each item as a part of its own, which may be dropped without the rest.
    ///
    /// An item whose part returns an error is left out and logged. So is one that can't be applied (changed meanwhile, a
    /// floor, a unique key): the host then runs the call again, at last without it, so that counts and papers are exact.
    /// What stands outside `each` is all or nothing. Parts don't nest, and only a job is run again without an item: an action
    /// whose part can't be applied ends as a conflict.
    ///
    /// # Errors
    /// Only when called inside a part.
    pub fn each<I: Item, T>(
        &mut self,
        items: impl IntoIterator<Item = I>,
        mut part: impl FnMut(&mut Self, I) -> Result<T>,
    ) -> Result<Each> {
        let mut each = Each { done: 0, left_out: 0 };
        for item in items {
            let id = item.item_id();
            if self.core.excluded.contains(&id) {
                each.left_out += 1;
                continue;
            }
            let start = self.core.pending.borrow_mut().begin_part();
            let start = start.ok_or_else(|| Error::failed("cx.each was called inside a part of cx.each"))?;
            match part(self, item) {
                Ok(_) => {
                    self.core.pending.borrow_mut().keep_part(start, id);
                    each.done += 1;
                }
                // The store itself can't be read: no fault of this item.
                Err(error) if matches!(error.fault(), Fault::Unavailable { .. }) => return Err(error),
                Err(error) => {
                    tracing::warn!(item = %id, "left out an item: {error}");
                    self.core.pending.borrow_mut().drop_part(start, id, error.into_fault());
                    each.left_out += 1;
                }
            }
        }
        Ok(each)
    }

    fn push(&mut self, change: Change) {
        self.core.pending.borrow_mut().push(change);
    }
}

/// Telling people.
impl<'a, S> Cx<'a, S> {
    /// Tells everybody in a role: the sentence `notice-<key>` of the plugin's locale.
    pub fn notice(&mut self, role: Role, key: &str) -> Said<'a> {
        let key = format!("notice-{key}");
        self.said(Change::Notice { role: role.as_str().to_owned(), key, args: Default::default(), record: None })
    }

    /// Gives the clerks something to do: the sentence `task-<key>` of the plugin's locale.
    ///
    /// A task about a record is done as soon as the record moves on to another state; give it after the update that leads here.
    ///
    /// ```
    /// # use deskbell_sdk::prelude::*;
    /// # /// A letter.
    /// # #[derive(Record)] #[record(name = "letter")] struct Letter { addressee: String }
    /// # fn announce(cx: &mut Cx, letter: Stored<Letter>) {
    /// cx.task("announce").about(&letter).with("addressee", &letter.addressee).due_on(cx.today());
    /// # }
    /// ```
    pub fn task(&mut self, key: &str) -> Said<'a> {
        let key = format!("task-{key}");
        self.said(Change::Task { key, args: Default::default(), record: None, due_on: None })
    }

    /// Asks that somebody in one of the roles signs for this call with their own PIN. The host decides whether that was
    /// done; if not, it keeps nothing, and the clerk's page asks for the PIN and sends the same call again.
    pub fn needs_sign_off(&mut self, sign_box: &str, by: impl Into<Roles>, refusal: Refused) -> Said<'a> {
        let (sign_box, roles) = (sign_box.to_owned(), by.into().names());
        self.said(Change::SignOff { sign_box, roles, record: None, refusal: refusal.0 })
    }

    /// Prints a record's form with the data it has now, this call's changes included.
    ///
    /// # Errors
    /// The plugin has no such form, or the form's paper function fails.
    pub fn paper<R: Record>(&mut self, form: &str, record: &Stored<R>) -> Result<()> {
        let row =
            self.core.pending.borrow().row_with(&self.full_name::<R>(), record.id(), record.row(), record.changed_columns());
        let data = self.core.plugin.paper_data(self.core, form, Some(&row), None)?;
        let record = Some(record.record_ref(self.core.plugin.id()));
        self.push(Change::Paper { form: form.to_owned(), record, period: None, data });
        Ok(())
    }

    /// Prints a period's form with the data it has now, this call's changes included.
    ///
    /// # Errors
    /// The plugin has no such form, or the form's paper function fails.
    pub fn paper_for(&mut self, form: &str, from: Day, to: Day) -> Result<()> {
        let period = Period { from, to };
        let data = self.core.plugin.paper_data(self.core, form, None, Some(period))?;
        self.push(Change::Paper { form: form.to_owned(), record: None, period: Some(period), data });
        Ok(())
    }

    fn said(&mut self, change: Change) -> Said<'a> {
        self.push(change);
        Said { pending: &self.core.pending, plugin: self.core.plugin.id() }
    }
}

/// Something just said — a notice, a task, a sign-off needed — to which more may be added.
pub struct Said<'c> {
    pending: &'c RefCell<Pending>,
    plugin: &'c str,
}

impl Said<'_> {
    /// Names the record it is about; people get a link to it.
    pub fn about<R: Record>(self, about: &Stored<R>) -> Self {
        let about = about.record_ref(self.plugin);
        self.amend(|change| match change {
            Change::Notice { record, .. } | Change::Task { record, .. } | Change::SignOff { record, .. } => *record = Some(about),
            _ => {}
        })
    }

    /// Fills in `$name` of the sentence.
    pub fn with(self, name: &str, value: impl Display) -> Self {
        self.amend(|change| match change {
            Change::Notice { args, .. } | Change::Task { args, .. } => drop(args.insert(name.to_owned(), value.to_string())),
            Change::SignOff { refusal, .. } => drop(refusal.args.insert(name.to_owned(), value.to_string())),
            _ => {}
        })
    }

    /// The day by which a task is to be done.
    pub fn due_on(self, day: Day) -> Self {
        self.amend(|change| {
            if let Change::Task { due_on, .. } = change {
                *due_on = Some(day);
            }
        })
    }

    fn amend(self, amend: impl FnOnce(&mut Change)) -> Self {
        if let Some(change) = self.pending.borrow_mut().last_mut() {
            amend(change);
        }
        self
    }
}

/// An item of [`Cx::each`]: something with an id.
pub trait Item {
    /// The id by which the host names an item that must be left out.
    fn item_id(&self) -> Uuid;
}

impl<R: Record> Item for Stored<R> {
    fn item_id(&self) -> Uuid {
        self.id()
    }
}

impl<R> Item for Ref<R> {
    fn item_id(&self) -> Uuid {
        self.id()
    }
}

/// What became of the items of [`Cx::each`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Each {
    /// Items whose part is in the change set.
    pub done: i64,
    /// Items that refused, failed or could not be applied.
    pub left_out: i64,
}

impl Each {
    /// There was no item at all.
    pub fn is_empty(&self) -> bool {
        (self.done, self.left_out) == (0, 0)
    }
}

/// What a job did: the key of a sentence and its counts, never a sentence itself.
///
/// `Outcome::new("handed-off").count("listed", 3)` prints `outcome-handed-off` of the plugin's locale with `$listed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome(pub(crate) deskbell_proto::Outcome);

impl Outcome {
    /// There was nothing to do; the sentence is the core's.
    pub fn nothing_due() -> Self {
        Outcome::new("nothing-due")
    }

    /// The sentence `outcome-<key>`.
    pub fn new(key: &str) -> Self {
        Outcome(deskbell_proto::Outcome { key: key.to_owned(), ..Default::default() })
    }

    /// The sentence `outcome-<key>` with the items done under the key's own name; the host adds how many were left out.
    pub fn counted(key: &str, each: Each) -> Self {
        Outcome::new(key).count(key, each.done)
    }

    /// Adds a count, `$name` in the sentence.
    #[must_use]
    pub fn count(mut self, name: &str, n: i64) -> Self {
        self.0.counts.insert(name.to_owned(), n);
        self
    }
}

/// Reads a record that came with the call.
pub(crate) fn given<R: Record>(row: &Fields) -> Result<Stored<R>> {
    Stored::from_row(row.clone())
}

/// The first state a new record of the type has, as a column.
pub(crate) fn initial_state<R: Record>() -> Option<(String, Value)> {
    let first = R::State::states().into_iter().next()?;
    Some(("state".to_owned(), first.name.into()))
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        error.into_fault()
    }
}

impl<S> Debug for Cx<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cx(site {}, today {})", self.site().id, self.today())
    }
}

impl Debug for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said")
    }
}
