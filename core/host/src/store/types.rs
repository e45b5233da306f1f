//! The record types that have tables, and how a row of one becomes the flat object of the API.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use deskbell_proto::description::TypeDescription;
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Fields, value};
use parking_lot::RwLock;
use sea_orm::sea_query::{DynIden, Expr, ExprTrait, Query, Value as Bound};
use sea_orm::{DbBackend, Statement, StatementBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::row::{Cell, FromCell, Row};
use crate::problem::Problem;

/// The longest name PostgreSQL keeps whole.
const NAME_MAX: usize = 63;

/// The types that were installed since the store was opened, by their full name.
#[derive(Debug, Default)]
pub(super) struct Types(RwLock<HashMap<String, Arc<RecordTable>>>);

impl Types {
    pub(super) fn get(&self, record_type: &str) -> Result<Arc<RecordTable>, Problem> {
        let table = self.0.read().get(record_type).cloned();
        table.ok_or_else(|| Problem::not_found(format!("record type {record_type}")))
    }

    pub(super) fn put(&self, tables: Vec<RecordTable>) {
        let mut types = self.0.write();
        for table in tables {
            types.insert(table.record_type.clone(), Arc::new(table));
        }
    }
}

/// A record type with its table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RecordTable {
    /// `letters.letter`
    pub record_type: String,
    pub plugin: String,
    /// `letters_letter`
    pub name: String,
    pub description: TypeDescription,
    /// Every column in its order, the common ones first.
    pub columns: Vec<Column>,
    pub unique: Vec<UniqueKey>,
    texts: Texts,
}

/// Statements about one record, built when they are first needed: their texts never change.
#[derive(Debug, Clone, Default, PartialEq)]
struct Texts {
    insert: OnceLock<String>,
    by_id: OnceLock<String>,
    by_number: OnceLock<String>,
}

/// How one record is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownBy {
    Id,
    Number,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub kind: FieldKind,
    /// The column is the record's id or another's.
    pub is_id: bool,
    /// No row is without it.
    pub is_common: bool,
}

/// Columns that are unique together, and how a refusal names them: `number`, `one_open_per_site`, `tracking_no`, `kind+day`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UniqueKey {
    pub label: String,
    pub index: String,
    pub columns: Vec<String>,
    /// Holds only for records in an open state.
    pub only_open: bool,
}

/// How a column is stored, whatever it means: a choice is text, money is a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Id,
    Integer,
    Bool,
    Day,
    Instant,
    Text,
}

impl Storage {
    /// Of a column there is, by the type it was declared with: `uuid_text`, `bigint`, `timestamp with time zone`.
    pub(super) fn declared(as_type: &str) -> Self {
        let declared = as_type.to_ascii_lowercase();
        let known = [
            ("uuid", Storage::Id),
            ("timestamp", Storage::Instant),
            ("date", Storage::Day),
            ("bool", Storage::Bool),
            ("int", Storage::Integer),
        ];
        known.into_iter().find(|(name, _)| declared.contains(name)).map_or(Storage::Text, |(_, storage)| storage)
    }

    /// A cell of any database as it is bound for any other; the storage decides on the type, so that null has one, too.
    pub(super) fn bound(self, cell: &Cell) -> Result<Bound, Failure> {
        Ok(match self {
            Storage::Id => Bound::Uuid(self.read(cell)?),
            Storage::Integer => Bound::BigInt(self.read(cell)?),
            Storage::Bool => Bound::Bool(self.read(cell)?),
            Storage::Day => Bound::ChronoDate(self.read(cell)?),
            Storage::Instant => Bound::ChronoDateTimeUtc(self.read(cell)?),
            Storage::Text => Bound::String(self.read(cell)?),
        })
    }

    /// A cell in the one spelling that it has whatever database it came from.
    pub(super) fn spelled(self, cell: &Cell) -> Result<Option<String>, Failure> {
        match self {
            Storage::Integer => Ok(self.read::<i64>(cell)?.map(|number| number.to_string())),
            Storage::Bool => Ok(self.read::<bool>(cell)?.map(|yes| yes.to_string())),
            _ => self.read(cell),
        }
    }

    fn read<T: FromCell>(self, cell: &Cell) -> Result<Option<T>, Failure> {
        let value = Option::<T>::from_cell(cell);
        value.ok_or_else(|| Failure::unavailable(format!("a column of {self:?} holds {cell:?}")))
    }
}

impl RecordTable {
    pub(super) fn new(plugin: &str, description: &TypeDescription) -> Self {
        let name = format!("{plugin}_{}", description.name).replace('-', "_");
        RecordTable {
            record_type: format!("{plugin}.{}", description.name),
            plugin: plugin.to_owned(),
            columns: columns_of(description),
            unique: unique_keys_of(&name, description),
            description: description.clone(),
            name,
            texts: Texts::default(),
        }
    }

    /// Inserts a whole row, its values in the order of [`Self::columns`].
    pub(super) fn insert(&self, backend: DbBackend, row: Vec<Bound>) -> Statement {
        let text = self.texts.insert.get_or_init(|| {
            let mut insert = Query::insert();
            let places = self.columns.iter().map(|_| Expr::val(0));
            insert.into_table(self.iden()).columns(self.column_names()).values_panic(places);
            StatementBuilder::build(&insert, &backend).sql
        });
        Statement::from_sql_and_values(backend, text, row)
    }

    /// Asks for one record of a site.
    pub(super) fn one(&self, backend: DbBackend, by: KnownBy, site: &str, value: Bound) -> Statement {
        let (column, text) = match by {
            KnownBy::Id => ("id", &self.texts.by_id),
            KnownBy::Number => ("number", &self.texts.by_number),
        };
        let text = text.get_or_init(|| {
            let mut query = Query::select();
            query.columns(self.column_names()).from(self.iden());
            query.and_where(Expr::col("site").eq(0)).and_where(Expr::col(column).eq(0));
            StatementBuilder::build(&query, &backend).sql
        });
        Statement::from_sql_and_values(backend, text, [site.into(), value])
    }

    pub(super) fn iden(&self) -> DynIden {
        DynIden::from(self.name.clone())
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn column_names(&self) -> impl Iterator<Item = DynIden> {
        self.columns.iter().map(|column| DynIden::from(column.name.clone()))
    }

    /// Returns a row, selected in the order of [`Self::columns`], as the flat object of the API.
    pub(super) fn record(&self, row: &Row) -> Fields {
        let values = self.columns.iter().zip(row.cells());
        values.map(|(column, cell)| (column.name.clone(), column.json(cell))).collect()
    }

    /// Says which unique key a database means.
    pub(super) fn unique_key(&self, told: &str) -> String {
        let meant = self.unique.iter().find(|key| {
            let columns: Vec<String> = key.columns.iter().map(|column| format!("{}.{column}", self.name)).collect();
            key.index == told || columns.join(", ") == told
        });
        meant.map_or_else(|| "id".to_owned(), |key| key.label.clone())
    }
}

impl Column {
    pub(super) fn storage(&self) -> Storage {
        match &self.kind {
            _ if self.is_id => Storage::Id,
            FieldKind::Integer { .. } | FieldKind::Fen => Storage::Integer,
            FieldKind::Bool => Storage::Bool,
            FieldKind::Day => Storage::Day,
            FieldKind::Instant => Storage::Instant,
            _ => Storage::Text,
        }
    }

    fn common(name: &str, kind: FieldKind) -> Self {
        Column {
            name: name.to_owned(),
            kind,
            is_id: name == "id",
            is_common: !matches!(name, "number" | "state" | "void_reason"),
        }
    }

    /// Returns the value as it is bound; the kind of the column decides on its type, so that null has one, too.
    pub(super) fn bound(&self, value: &Value) -> Option<Bound> {
        let text = || value.as_str().map(str::to_owned);
        let null = value.is_null();
        if self.is_id {
            let id = text().and_then(|text| text.parse().ok());
            return (null || id.is_some()).then_some(Bound::Uuid(id));
        }
        let (bound, fits) = match &self.kind {
            FieldKind::Integer { .. } | FieldKind::Fen => (Bound::BigInt(value.as_i64()), value.is_i64()),
            FieldKind::Bool => (Bound::Bool(value.as_bool()), value.is_boolean()),
            FieldKind::Day => {
                let day: Option<chrono::NaiveDate> = text().and_then(|text| text.parse().ok());
                (Bound::ChronoDate(day), day.is_some())
            }
            FieldKind::Instant => {
                let at: Option<chrono::DateTime<chrono::Utc>> = text().and_then(|text| text.parse().ok());
                (Bound::ChronoDateTimeUtc(at), at.is_some())
            }
            // PostgreSQL's text can't hold a NUL.
            _ => (Bound::String(text()), value.as_str().is_some_and(|text| !text.contains('\0'))),
        };
        (null || fits).then_some(bound)
    }

    fn json(&self, cell: &Cell) -> Value {
        match cell {
            Cell::Null => Value::Null,
            Cell::Integer(number) if self.kind == FieldKind::Bool => (*number != 0).into(),
            Cell::Integer(number) => (*number).into(),
            Cell::Bool(yes) => (*yes).into(),
            Cell::Text(text) => text.clone().into(),
            Cell::Uuid(id) => id.to_string().into(),
            Cell::Day(day) => day.to_string().into(),
            Cell::Instant(at) => value::instant(*at).into(),
            // No column of a record is of bytes.
            Cell::Bytes(_) => Value::Null,
        }
    }
}

fn columns_of(description: &TypeDescription) -> Vec<Column> {
    let has = |name: &str| match name {
        "number" => description.number.is_some(),
        "state" => !description.states.is_empty(),
        // Sign-offs stand in a table of their own.
        "sign_offs" => false,
        _ => true,
    };
    let common = deskbell_proto::description::COMMON_COLUMNS.into_iter().filter(|name| has(name));
    let common = common.filter_map(|name| Some(Column::common(name, description.column_kind(name)?)));
    let fields = description.fields.iter().map(|field| Column {
        name: field.name.clone(),
        is_id: matches!(field.kind, FieldKind::Reference { .. }),
        kind: field.kind.clone(),
        is_common: false,
    });
    common.chain(fields).collect()
}

fn unique_keys_of(table: &str, description: &TypeDescription) -> Vec<UniqueKey> {
    let key = |label: String, columns: Vec<String>, only_open: bool| UniqueKey {
        index: index_name(table, &[&label, "key"]),
        label,
        columns,
        only_open,
    };
    let at_site = |fields: &[String]| ["site".to_owned()].into_iter().chain(fields.iter().cloned()).collect::<Vec<_>>();
    let mut keys = Vec::new();
    if description.number.is_some() {
        keys.push(key("number".to_owned(), at_site(&["number".to_owned()]), false));
    }
    if description.one_open_per_site {
        keys.push(key("one_open_per_site".to_owned(), at_site(&[]), true));
    }
    keys.extend(description.unique.iter().map(|fields| key(fields.join("+"), at_site(fields), false)));
    keys
}

/// Names an index so that PostgreSQL keeps the name whole.
pub(super) fn index_name(table: &str, parts: &[&str]) -> String {
    let name = format!("{table}_{}", parts.join("_").replace('+', "_"));
    if name.len() <= NAME_MAX {
        return name;
    }
    let digest = hex::encode(Sha256::digest(&name));
    format!("{}_{}", &name[..NAME_MAX - 13], &digest[..12])
}

impl RecordTable {
    /// Turns a statement's failure into what a caller can act on.
    pub(super) fn refused(&self, failure: Failure) -> super::records::Refused {
        match &failure.kind {
            super::failure::Kind::Unique { key } => super::records::Refused::Taken { key: self.unique_key(key) },
            _ => super::records::Refused::Problem(failure.into()),
        }
    }
}
