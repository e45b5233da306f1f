//! Inserts whose text never changes: it is built once, then only given its values.
//!
//! A command writes a row in half a dozen of the core's tables. Building the statements each time takes as long as SQLite
//! takes to run them.

use std::sync::OnceLock;

use sea_orm::sea_query::{CommonTableExpression, Expr, InsertStatement, Query, Value, Values, WithClause};
use sea_orm::{DbBackend, Statement, StatementBuilder};

/// An insert of one row, always with the same columns.
#[derive(Debug)]
pub(super) struct Insert {
    table: &'static str,
    columns: &'static [&'static str],
    ending: fn(&mut InsertStatement),
    sqlite: OnceLock<Text>,
    postgres: OnceLock<Text>,
}

/// What a database is told, and the values of the ending.
#[derive(Debug)]
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

    /// The statement without a row.
    fn statement(&self) -> InsertStatement {
        let mut insert = Query::insert();
        insert.into_table(self.table).columns(self.columns.iter().copied());
        (self.ending)(&mut insert);
        insert
    }

    fn text(&self, backend: DbBackend) -> Text {
        let mut insert = self.statement();
        insert.values_panic(self.columns.iter().map(|_| Expr::val(0)));
        let Statement { sql, values, .. } = StatementBuilder::build(&insert, &backend);
        let constants = values.map(|values| values.0.into_iter().skip(self.columns.len()).collect());
        Text { sql, constants: constants.unwrap_or_default() }
    }
}

/// One statement for rows of several tables, which PostgreSQL does as if at once; none for no rows.
pub(super) fn together(rows: Vec<(&'static Insert, Vec<Value>)>) -> Option<Statement> {
    let mut tables: Vec<(&'static Insert, InsertStatement)> = Vec::new();
    for (into, row) in rows {
        let known = tables.iter().position(|(known, _)| std::ptr::eq(*known, into));
        let at = known.unwrap_or_else(|| {
            tables.push((into, into.statement()));
            tables.len() - 1
        });
        tables[at].1.values_panic(row.into_iter().map(Expr::val));
    }
    let (_, last) = tables.pop()?;
    let mut others = WithClause::new();
    for (into, insert) in tables {
        others.cte(CommonTableExpression::new().table_name(format!("into_{}", into.table)).query(insert).to_owned());
    }
    let is_alone = others == WithClause::new();
    let backend = DbBackend::Postgres;
    Some(if is_alone { StatementBuilder::build(&last, &backend) } else { StatementBuilder::build(&last.with(others), &backend) })
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

    /// PostgreSQL does what stands in a `WITH` whether or not anybody asks for it.
    #[test]
    fn rows_of_several_tables_are_one_statement_in_which_every_table_comes_once() {
        static ENTRIES: Insert = Insert::into("audit", &["seq"]);
        static HEADS: Insert = Insert::into("heads", &["host", "seq"]).ending(|insert| {
            insert.on_conflict(OnConflict::column("host").update_column("seq").to_owned());
        });
        let rows = || vec![(&ENTRIES, vec![7.into()]), (&HEADS, vec!["h".into(), 8.into()]), (&ENTRIES, vec![8.into()])];
        assert_eq!(together(Vec::new()), None);
        assert_eq!(
            together(rows()).unwrap().to_string(),
            r#"WITH "into_audit" AS (INSERT INTO "audit" ("seq") VALUES (7), (8)) "#.to_owned()
                + r#"INSERT INTO "heads" ("host", "seq") VALUES ('h', 8) ON CONFLICT ("host") DO UPDATE SET "seq" = "excluded"."seq""#
        );
        assert_eq!(together(rows()[..1].to_vec()).unwrap().to_string(), r#"INSERT INTO "audit" ("seq") VALUES (7)"#);
    }
}
