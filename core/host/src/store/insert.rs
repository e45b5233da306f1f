//! Inserts whose text never changes: it is built once, then only given its values.
//!
//! A command writes a row in half a dozen of the core's tables. Building the statements each time takes as long as SQLite
//! takes to run them.

use std::sync::OnceLock;

use sea_orm::sea_query::{Expr, InsertStatement, Query, Value, Values};
use sea_orm::{DbBackend, Statement, StatementBuilder};

/// An insert of one row, always with the same columns.
pub(super) struct Insert {
    table: &'static str,
    columns: &'static [&'static str],
    ending: fn(&mut InsertStatement),
    sqlite: OnceLock<Text>,
    postgres: OnceLock<Text>,
}

/// What a database is told, and the values of the ending.
struct Text {
    sql: String,
    constants: Vec<Value>,
}

impl Insert {
    pub(super) const fn into(table: &'static str, columns: &'static [&'static str]) -> Self {
        Insert { table, columns, ending: |_| {}, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The same with what comes after the values: what to do when there is such a row, what to return.
    pub(super) const fn ending(mut self, ending: fn(&mut InsertStatement)) -> Self {
        self.ending = ending;
        self
    }

    /// The statement with the values of a row, in the order of the columns.
    pub(super) fn row(&self, backend: DbBackend, row: impl IntoIterator<Item = Value>) -> Statement {
        let text = match backend {
            DbBackend::Postgres => &self.postgres,
            _ => &self.sqlite,
        };
        let text = text.get_or_init(|| self.text(backend));
        let values = row.into_iter().chain(text.constants.iter().cloned()).collect();
        Statement { sql: text.sql.clone(), values: Some(Values(values)), db_backend: backend }
    }

    /// One statement with the values of several rows.
    pub(super) fn rows<R: IntoIterator<Item = Value>>(&self, backend: DbBackend, rows: impl IntoIterator<Item = R>) -> Statement {
        let mut insert = Query::insert();
        insert.into_table(self.table).columns(self.columns.iter().copied());
        for row in rows {
            insert.values_panic(row.into_iter().map(Expr::val));
        }
        (self.ending)(&mut insert);
        StatementBuilder::build(&insert, &backend)
    }

    fn text(&self, backend: DbBackend) -> Text {
        let mut insert = Query::insert();
        let places = self.columns.iter().map(|_| Expr::val(0));
        insert.into_table(self.table).columns(self.columns.iter().copied()).values_panic(places);
        (self.ending)(&mut insert);
        let Statement { sql, values, .. } = StatementBuilder::build(&insert, &backend);
        let constants = values.map(|values| values.0.into_iter().skip(self.columns.len()).collect());
        Text { sql, constants: constants.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{ExprTrait, OnConflict};

    use super::*;

    #[test]
    fn a_row_is_told_as_a_statement_built_for_it_would_be() {
        static COUNTED: Insert = Insert::into("counters", &["site", "drawn"]).ending(|insert| {
            let next = OnConflict::column("site").value("drawn", Expr::col(("counters", "drawn")).add(1)).to_owned();
            insert.on_conflict(next).returning_col("drawn");
        });
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let mut built = Query::insert();
            built.into_table("counters").columns(["site", "drawn"]).values_panic(["main".into(), 7.into()]);
            (COUNTED.ending)(&mut built);
            assert_eq!(COUNTED.row(backend, ["main".into(), 7.into()]), StatementBuilder::build(&built, &backend));
        }
    }
}
