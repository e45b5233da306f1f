//! Values on their way in and rows on their way out, the same over both databases.
//!
//! SQLite has no types for days, instants and ids: there they are text in the one spelling of `proto::value`, so that
//! comparing bytes compares the time. PostgreSQL keeps them in its own types.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use deskbell_proto::value::instant;
use sea_orm::QueryResult;
use sea_orm::sea_query::{Value, Values};
use sea_orm::sqlx::{self, Column as _, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::failure::Failure;

/// One row of an answer, its cells asked for by column.
#[derive(Debug, Clone)]
pub(super) struct Row {
    columns: Arc<[String]>,
    cells: Vec<Cell>,
}

/// One value as the database gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Row {
    /// Returns the value of a column; asking for null is asking for an `Option`.
    pub(super) fn get<T: FromCell>(&self, column: &str) -> Result<T, Failure> {
        let position = self.columns.iter().position(|name| name == column);
        let cell = position.and_then(|position| self.cells.get(position));
        let cell = cell.ok_or_else(|| Failure::defect(format!("the answer has no column {column}")))?;
        T::from_cell(cell).ok_or_else(|| Failure::defect(format!("the column {column} holds an unexpected value")))
    }

    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    pub(super) fn from_sqlite(statement: &rusqlite::Row<'_>, columns: &Arc<[String]>) -> Result<Row, rusqlite::Error> {
        use rusqlite::types::ValueRef;

        let mut cells = Vec::with_capacity(columns.len());
        for position in 0..columns.len() {
            cells.push(match statement.get_ref(position)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                // Nothing of ours is stored as a float; a sum that overflowed would be one.
                ValueRef::Real(number) => Cell::Text(number.to_string()),
                ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            });
        }
        Ok(Row { columns: Arc::clone(columns), cells })
    }

    /// Takes all rows of an answer that came through SeaORM.
    pub(super) fn from_answer(answer: &[QueryResult]) -> Result<Vec<Row>, Failure> {
        let Some(first) = answer.first() else {
            return Ok(Vec::new());
        };
        let columns: Arc<[String]> = first.column_names().into();
        answer.iter().map(|row| Row::from_orm(row, &columns)).collect()
    }

    pub(super) fn from_orm(row: &QueryResult, columns: &Arc<[String]>) -> Result<Row, Failure> {
        let cells = match (row.try_as_sqlite_row(), row.try_as_pg_row()) {
            (Some(row), _) => (0..row.len()).map(|position| sqlite_cell(row, position)).collect::<Result<_, _>>()?,
            (_, Some(row)) => (0..row.len()).map(|position| postgres_cell(row, position)).collect::<Result<_, _>>()?,
            _ => return Err(Failure::defect("the answer comes from an unknown database")),
        };
        Ok(Row { columns: Arc::clone(columns), cells })
    }
}

fn sqlite_cell(row: &sqlx::sqlite::SqliteRow, position: usize) -> Result<Cell, Failure> {
    let value = row.try_get_raw(position)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    Ok(match value.type_info().name() {
        "INTEGER" => Cell::Integer(row.try_get_unchecked(position)?),
        "BLOB" => Cell::Bytes(row.try_get_unchecked(position)?),
        _ => Cell::Text(row.try_get_unchecked(position)?),
    })
}

fn postgres_cell(row: &sqlx::postgres::PgRow, position: usize) -> Result<Cell, Failure> {
    if row.try_get_raw(position)?.is_null() {
        return Ok(Cell::Null);
    }
    Ok(match row.column(position).type_info().name() {
        "BOOL" => Cell::Bool(row.try_get(position)?),
        "INT8" => Cell::Integer(row.try_get(position)?),
        "INT4" => Cell::Integer(i64::from(row.try_get::<i32, _>(position)?)),
        "INT2" => Cell::Integer(i64::from(row.try_get::<i16, _>(position)?)),
        "UUID" => Cell::Uuid(row.try_get(position)?),
        "DATE" => Cell::Day(row.try_get(position)?),
        "TIMESTAMPTZ" => Cell::Instant(row.try_get(position)?),
        "BYTEA" => Cell::Bytes(row.try_get(position)?),
        "TEXT" | "VARCHAR" | "NAME" | "BPCHAR" => Cell::Text(row.try_get(position)?),
        other => return Err(Failure::defect(format!("no column of ours has the type {other}"))),
    })
}

/// A Rust type that a column can be read as.
pub(super) trait FromCell: Sized {
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromCell for bool {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Bool(yes) => Some(*yes),
            Cell::Integer(number) => Some(*number != 0),
            _ => None,
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Uuid(id) => Some(id.to_string()),
            Cell::Day(day) => Some(day.to_string()),
            Cell::Instant(at) => Some(instant(*at)),
            _ => None,
        }
    }
}

impl FromCell for Uuid {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Uuid(id) => Some(*id),
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromCell for NaiveDate {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Day(day) => Some(*day),
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromCell for DateTime<Utc> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Instant(at) => Some(*at),
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// JSON kept as text.
impl FromCell for serde_json::Value {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

/// Spells the values of a statement for SQLite.
pub(super) fn spelled_for_sqlite(values: Values) -> Values {
    Values(values.0.into_iter().map(spelled).collect())
}

fn spelled(value: Value) -> Value {
    match value {
        Value::Uuid(id) => Value::String(id.map(|id| id.to_string())),
        Value::ChronoDate(day) => Value::String(day.map(|day| day.to_string())),
        Value::ChronoDateTimeUtc(at) => Value::String(at.map(instant)),
        Value::Json(json) => Value::String(json.map(|json| json.to_string())),
        other => other,
    }
}

/// Returns a value as rusqlite binds it.
pub(super) fn sqlite_value(value: Value) -> Result<rusqlite::types::Value, rusqlite::Error> {
    use rusqlite::types::Value as Bound;

    let integer = |number: Option<i64>| number.map_or(Bound::Null, Bound::Integer);
    Ok(match spelled(value) {
        Value::Bool(yes) => integer(yes.map(i64::from)),
        Value::Int(number) => integer(number.map(i64::from)),
        Value::BigInt(number) => integer(number),
        Value::Unsigned(number) => integer(number.map(i64::from)),
        Value::BigUnsigned(number) => integer(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))),
        Value::String(text) => text.map_or(Bound::Null, Bound::Text),
        Value::Bytes(bytes) => bytes.map_or(Bound::Null, Bound::Blob),
        other => {
            let unfit = format!("no column of ours takes {other:?}");
            return Err(rusqlite::Error::ToSqlConversionFailure(unfit.into()));
        }
    })
}
