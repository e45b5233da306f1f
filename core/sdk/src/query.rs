//! Questions about records: which ones, in which order, how many.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use deskbell_proto::{Condition, Filter, Find, Operator, Sort};
use serde_json::Value;

use crate::field::FieldType;
use crate::record::{Record, Ref, State, StateColumn, StateName, Stored};

/// A column of a record type, typed: the derive makes one constant a field, `Letter::RECEIVED_ON`.
///
/// Comparing one gives a [`Query`]. A comparison never holds for a column that is null; ask for that with
/// [`is_null`](Column::is_null).
pub struct Column<R, V> {
    name: &'static str,
    of: PhantomData<fn() -> (R, V)>,
}

impl<R, V> Column<R, V> {
    /// A column by its name; the derive makes these.
    pub const fn named(name: &'static str) -> Self {
        Column { name, of: PhantomData }
    }

    /// `received_on`
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The column holds nothing.
    pub fn is_null(self) -> Query<R> {
        Query::where_(Condition::new(self.name, Operator::Null, true))
    }

    /// The column holds something.
    pub fn is_set(self) -> Query<R> {
        Query::where_(Condition::new(self.name, Operator::Null, false))
    }

    fn compared(self, op: Operator, value: Value) -> Query<R> {
        Query::where_(Condition::new(self.name, op, value))
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        impl<R, V> Column<R, V> {
            $($(#[$doc])*
            pub fn $name(self, value: impl Operand<V>) -> Query<R> {
                self.compared(Operator::$op, value.operand())
            })*
        }
    };
}

comparisons! {
    /// Equal.
    is => Eq;
    /// Not equal, and not null.
    is_not => Ne;
    /// Less, or earlier.
    lt => Lt;
    /// Less or equal.
    le => Lte;
    /// More, or later.
    gt => Gt;
    /// More or equal.
    ge => Gte;
}

impl<R, V> Column<R, V> {
    /// Equal to one of these.
    pub fn one_of<O: Operand<V>>(self, values: impl IntoIterator<Item = O>) -> Query<R> {
        self.compared(Operator::In, values.into_iter().map(|value| value.operand()).collect::<Vec<_>>().into())
    }

    /// From one to the other, both included.
    pub fn between(self, from: impl Operand<V>, to: impl Operand<V>) -> Query<R> {
        self.ge(from).and(self.le(to))
    }
}

impl<R, S: State> Column<R, StateName<S>> {
    /// The record is in a state that is not closed.
    pub fn is_open(self) -> Query<R> {
        self.in_states(false)
    }

    /// The record is past the desk's care.
    pub fn is_closed(self) -> Query<R> {
        self.in_states(true)
    }

    /// The column of a state's own field: `Outgoing::STATE.field(OutgoingState::CARRIER)`.
    pub fn field<V>(self, field: StateColumn<S, V>) -> Column<R, V> {
        Column::named(field.name())
    }

    fn in_states(self, closed: bool) -> Query<R> {
        let names = S::states().into_iter().filter(|state| state.closed == closed).map(|state| Value::String(state.name));
        self.compared(Operator::In, names.collect::<Vec<_>>().into())
    }
}

impl<R, V> Clone for Column<R, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, V> Copy for Column<R, V> {}

impl<R, V> Debug for Column<R, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column({})", self.name)
    }
}

/// What a column with values of type `V` can be compared with.
pub trait Operand<V> {
    /// The value as filters spell it.
    fn operand(self) -> Value;
}

impl<V: FieldType> Operand<V> for V {
    fn operand(self) -> Value {
        self.to_json()
    }
}

impl<V: FieldType> Operand<V> for &V {
    fn operand(self) -> Value {
        self.to_json()
    }
}

impl Operand<String> for &str {
    fn operand(self) -> Value {
        self.into()
    }
}

impl<R: Record> Operand<Ref<R>> for &Stored<R> {
    fn operand(self) -> Value {
        self.to_ref().to_json()
    }
}

impl<S> Operand<StateName<S>> for StateName<S> {
    fn operand(self) -> Value {
        self.as_str().into()
    }
}

/// A question about records of one type, put together from [`Column`]s; [`Record::all`] asks for every one.
///
/// It means the same in the store, in TestDesk and over the changes of the running call. Records that were voided don't
/// answer unless [`with_voided`](Query::with_voided) asks for them.
///
/// ```
/// # use deskbell_sdk::prelude::*;
/// # /// A parcel.
/// # #[derive(Record)] #[record(name = "parcel", number = "P/day")]
/// # struct Parcel { owner: String, stored_on: Day, shelf: Option<i64> }
/// # let today: Day = "2026-11-24".parse().unwrap();
/// let overdue = Parcel::STORED_ON.lt(today).and(Parcel::SHELF.is_set()).sort_by(Parcel::OWNER).limit(20);
/// # let _ = overdue;
/// ```
pub struct Query<R> {
    filter: Filter,
    sort: Vec<Sort>,
    limit: Option<u64>,
    with_voided: bool,
    of: PhantomData<fn() -> R>,
}

impl<R> Query<R> {
    pub(crate) fn all() -> Self {
        Query { filter: Filter::default(), sort: Vec::new(), limit: None, with_voided: false, of: PhantomData }
    }

    fn where_(condition: Condition) -> Self {
        let mut query = Query::all();
        query.filter.all.push(condition);
        query
    }

    /// Both must hold. Sorts are joined in their order, the smaller limit counts.
    #[must_use]
    pub fn and(mut self, other: Query<R>) -> Self {
        self.filter.all.extend(other.filter.all);
        self.sort.extend(other.sort);
        self.limit = [self.limit, other.limit].into_iter().flatten().min();
        self.with_voided |= other.with_voided;
        self
    }

    /// Orders by a column, least first (null before everything); ties are broken by the next sort, at last by age.
    #[must_use]
    pub fn sort_by<V>(mut self, column: Column<R, V>) -> Self {
        self.sort.push(Sort { field: column.name.to_owned(), descending: false });
        self
    }

    /// Orders by a column, greatest first (null after everything).
    #[must_use]
    pub fn sort_by_descending<V>(mut self, column: Column<R, V>) -> Self {
        self.sort.push(Sort { field: column.name.to_owned(), descending: true });
        self
    }

    /// At most this many.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Records that were corrected away, too.
    #[must_use]
    pub fn with_voided(mut self) -> Self {
        self.with_voided = true;
        self
    }
}

impl<R: Record> Query<R> {
    /// The question as it crosses the boundary, about records of `plugin`.
    pub(crate) fn find(&self, plugin: &str) -> Find {
        let mut filter = self.filter.clone();
        if !self.with_voided {
            filter = filter.and("void_reason", Operator::Null, true);
        }
        Find { record_type: full_name::<R>(plugin), filter, sort: self.sort.clone(), limit: self.limit }
    }
}

/// `letters.letter`
pub(crate) fn full_name<R: Record>(plugin: &str) -> String {
    format!("{plugin}.{}", R::TYPE_NAME)
}

impl<R> Clone for Query<R> {
    fn clone(&self) -> Self {
        Query {
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            limit: self.limit,
            with_voided: self.with_voided,
            of: PhantomData,
        }
    }
}

impl<R> Debug for Query<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("filter", &self.filter).field("sort", &self.sort).field("limit", &self.limit).finish()
    }
}
