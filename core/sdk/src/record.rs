//! Record types, their states, and records as the store holds them.

use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use deskbell_proto::description::{FieldDescription, StateDescription, TypeDescription};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Fields, RecordRef};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::field::{FieldType, Instant};
use crate::query::{Column, Query};

/// A type of records: one struct, one table, one page in the web. Derive it.
///
/// `#[record(name = "letter", number = "L/day")]` names the type and its gap-free numbers (`L-20261124-001`, counted anew
/// each `day` or `year`, or `ever` on; without `number` a record has only its id). `unique = "supplier, serial"` and
/// `index = "received_on"` may be repeated.
///
/// On a field: `#[field(personal)]` (a person's: masked in logs, erasable), `searchable` (found by the search box),
/// `editable` (may be corrected later), `signed` (stands on the paper that is signed), `long` (several lines), `min`, `max`,
/// and `#[default = …]`. A field named `state` has a type that derives [`State`]. Doc comments are kept for store IT.
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// /// One broken thing in the store.
/// #[derive(Record)]
/// #[record(name = "ticket", number = "R/day")]
/// pub struct Ticket {
///     pub state: TicketState,
///     /// Where it is.
///     #[field(searchable, editable, signed)]
///     pub place: String,
///     /// Who reported it.
///     #[field(personal)]
///     pub reported_by: Option<String>,
/// }
///
/// #[derive(State)]
/// pub enum TicketState {
///     Open,
///     SignedFor { signed_for_by: String },
///     #[state(closed)]
///     Fixed { fixed_on: Day },
/// }
///
/// assert_eq!(Ticket::describe().fields.len(), 4);
/// let open = Ticket::STATE.is(TicketState::OPEN).and(Ticket::PLACE.is("Gate 2"));
/// # let _ = open;
/// ```
pub trait Record: Sized + 'static {
    /// `letter`
    const TYPE_NAME: &'static str;
    /// The enum of the field `state`, or [`Stateless`].
    type State: State;

    /// The id, a UUIDv7.
    const ID: Column<Self, Ref<Self>> = Column::named("id");
    /// The number; null for types without.
    const NUMBER: Column<Self, String> = Column::named("number");
    /// The state's name.
    const STATE: Column<Self, StateName<Self::State>> = Column::named("state");
    /// When it was made.
    const CREATED_AT: Column<Self, Instant> = Column::named("created_at");

    /// The type as the host knows it, without what `register` adds.
    fn describe() -> TypeDescription;

    /// Every column of the record's own, those of other states as null.
    fn write(&self) -> Fields;

    /// The record read back from its columns.
    ///
    /// # Errors
    /// A column that does not hold its type, by name.
    fn read(row: &Fields) -> Result<Self>;

    /// Every record of the type.
    fn all() -> Query<Self> {
        Query::all()
    }
}

/// The states of a record, as an enum with the data of each. Derive it; the first variant is where a record starts.
///
/// It is stored as `state` (the variant in kebab-case) and one nullable column a field, and JSON is flat the same way.
/// Variants may share a field: `sheet` of two states is one column. A `#[state(closed)]` one is past the desk's care.
/// The derive makes one [`StateName`] a variant, to ask by: `LetterState::HANDED_TO_HR`, and one [`StateColumn`] a field.
pub trait State: Sized + 'static {
    /// All states in their order.
    fn states() -> Vec<StateDescription>;
    /// The columns of all states.
    fn fields() -> Vec<FieldDescription>;
    /// The name of this state, `handed-to-hr`.
    fn name(&self) -> &'static str;
    /// Writes `state` and the columns of all states.
    fn write(&self, row: &mut Fields);
    /// Reads the state back.
    ///
    /// # Errors
    /// A state or column that is not of this type.
    fn read(row: &Fields) -> Result<Self>;

    /// Says whether the record is past the desk's care.
    fn is_closed(&self) -> bool {
        Self::states().iter().any(|state| state.closed && state.name == self.name())
    }
}

/// The state of record types that have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stateless;

impl State for Stateless {
    fn states() -> Vec<StateDescription> {
        Vec::new()
    }

    fn fields() -> Vec<FieldDescription> {
        Vec::new()
    }

    fn name(&self) -> &'static str {
        ""
    }

    fn write(&self, _row: &mut Fields) {}

    fn read(_row: &Fields) -> Result<Self> {
        Ok(Stateless)
    }
}

/// The name of one state of `S`.
pub struct StateName<S> {
    name: &'static str,
    of: PhantomData<fn() -> S>,
}

impl<S> StateName<S> {
    /// The state of this name; the derive makes these.
    pub const fn new(name: &'static str) -> Self {
        StateName { name, of: PhantomData }
    }

    /// `handed-to-hr`
    pub const fn as_str(&self) -> &'static str {
        self.name
    }
}

/// A field of the states of `S`, as a column: see [`Column::field`].
pub struct StateColumn<S, V> {
    name: &'static str,
    of: PhantomData<fn() -> (S, V)>,
}

impl<S, V> StateColumn<S, V> {
    /// The column of this name; the derive makes these.
    pub const fn new(name: &'static str) -> Self {
        StateColumn { name, of: PhantomData }
    }

    /// `collected_at`
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<S, V> Debug for StateColumn<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateColumn({})", self.name)
    }
}

impl<S> Clone for StateName<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for StateName<S> {}

impl<S> Debug for StateName<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Points to a record of another type (or the same), by id.
pub struct Ref<R> {
    id: Uuid,
    of: PhantomData<fn() -> R>,
}

impl<R> Ref<R> {
    /// The reference to the record with this id.
    pub const fn new(id: Uuid) -> Self {
        Ref { id, of: PhantomData }
    }

    /// The id it points to.
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Ref<R> {}

impl<R> PartialEq for Ref<R> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<R> Eq for Ref<R> {}

impl<R> Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.id)
    }
}

impl<R: Record> FieldType for Ref<R> {
    type Base = Ref<R>;

    // The plugin's id is put in front by `Register`, which knows it.
    fn kind() -> FieldKind {
        FieldKind::Reference { record_type: R::TYPE_NAME.to_owned() }
    }

    fn to_json(&self) -> Value {
        self.id.to_string().into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok().map(Ref::new)
    }
}

/// A record as the store holds it: its own fields by deref, and what every record has.
///
/// Change its fields, then hand it to [`Cx::update`](crate::Cx::update), which stores what is different.
pub struct Stored<R> {
    record: R,
    common: Common,
    row: Fields,
}

/// What every record has beside its own fields.
#[derive(Debug, Clone, PartialEq)]
struct Common {
    id: Uuid,
    number: String,
    version: i64,
    created_at: Instant,
    created_by: String,
    is_voided: bool,
}

impl<R: Record> Stored<R> {
    pub(crate) fn from_row(row: Fields) -> Result<Self> {
        let common = Common::read(&row).map_err(|why| unreadable::<R>(&row, &why))?;
        let record = R::read(&row).map_err(|error| unreadable::<R>(&row, &error.to_string()))?;
        Ok(Stored { record, common, row })
    }

    /// The id, a UUIDv7.
    pub fn id(&self) -> Uuid {
        self.common.id
    }

    /// The number, `L-20261124-001`. That of a record made in this call is drawn when the call is applied; its text may be
    /// used all the same (on papers, in notices), the host puts the number in its place.
    pub fn number(&self) -> &str {
        &self.common.number
    }

    /// The version it has, this call's own changes counted.
    pub fn version(&self) -> i64 {
        self.common.version
    }

    /// When it was made.
    pub fn created_at(&self) -> Instant {
        self.common.created_at
    }

    /// The account that made it.
    pub fn created_by(&self) -> &str {
        &self.common.created_by
    }

    /// Says whether it was corrected away.
    pub fn is_voided(&self) -> bool {
        self.common.is_voided
    }

    /// A reference to it, for a field of another record.
    pub fn to_ref(&self) -> Ref<R> {
        Ref::new(self.common.id)
    }

    /// The record as it was before this handler changed its fields.
    pub fn before(&self) -> R {
        R::read(&self.row).expect("a stored record was read from this row once")
    }

    /// The columns that are different from the store's.
    pub(crate) fn changed_columns(&self) -> Fields {
        let is_changed = |(name, value): &(String, Value)| self.row.get(name).unwrap_or(&Value::Null) != value;
        self.record.write().into_iter().filter(is_changed).collect()
    }

    pub(crate) fn row(&self) -> &Fields {
        &self.row
    }

    pub(crate) fn record_ref(&self, plugin: &str) -> RecordRef {
        RecordRef { record_type: crate::query::full_name::<R>(plugin), id: self.common.id }
    }
}

fn unreadable<R: Record>(row: &Fields, why: &str) -> Error {
    let name = row.get("number").or_else(|| row.get("id")).cloned().unwrap_or_default();
    Error::failed(format!("the {} {name} is not what this version of the plugin stores: {why}", R::TYPE_NAME))
}

impl Common {
    fn read(row: &Fields) -> Result<Self, String> {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Common {
            id: text("id").parse().map_err(|_| "id is no UUID".to_owned())?,
            number: text("number"),
            version: row.get("version").and_then(Value::as_i64).ok_or("version is no number")?,
            created_at: text("created_at").parse().map_err(|_| "created_at is no instant".to_owned())?,
            created_by: text("created_by"),
            is_voided: row.get("void_reason").is_some_and(|reason| !reason.is_null()),
        })
    }
}

impl<R> Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

impl<R> DerefMut for Stored<R> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.record
    }
}

impl<R: Clone> Clone for Stored<R> {
    fn clone(&self) -> Self {
        Stored { record: self.record.clone(), common: self.common.clone(), row: self.row.clone() }
    }
}

impl<R: Record> Debug for Stored<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No fields: some are personal, and a log is no place for them.
        write!(f, "{} {} v{}", R::TYPE_NAME, self.common.number, self.common.version)
    }
}
