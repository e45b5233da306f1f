//! The tables of record types: `<plugin>_<type>`, made and extended from what the plugin describes.
//!
//! Re-installing only ever adds: new columns (which may be empty) and indexes. A column that is no longer described stays, so
//! that going back to an older version of the plugin loses nothing. Anything else is refused with the way out.

use std::collections::HashSet;

use deskbell_proto::PluginDescription;
use deskbell_proto::description::{COMMON_COLUMNS, TypeDescription};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    ColumnDef, ConditionalStatement, Expr, ExprTrait, Index, IndexCreateStatement, OnConflict, PostgresQueryBuilder, Query,
    SchemaStatementBuilder, SqliteQueryBuilder, Table, TableCreateStatement,
};

use super::failure::Kind;
use super::migrations::{CORE_TABLES, text_type};
use super::tx::Tx;
use super::types::{Column, RecordTable, Storage, UniqueKey, index_name};
use crate::problem::{Code, Problem};

/// A table's name leaves room for the names of its indexes.
const TABLE_NAME_MAX: usize = 48;
const COLUMN_NAME_MAX: usize = 40;

/// What databases call columns of their own.
const RESERVED_BY_DATABASES: [&str; 10] =
    ["rowid", "oid", "_rowid_", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "search"];

/// Makes or extends the tables of a plugin's types and returns them.
pub(super) fn install(tx: &mut Tx<'_>, plugin: &str, description: &PluginDescription) -> Result<Vec<RecordTable>, Problem> {
    let mut tables = Vec::new();
    for described in &description.types {
        let table = RecordTable::new(plugin, described);
        check_names(&table)?;
        tables.push(table);
    }
    for table in &tables {
        install_table(tx, table)?;
    }
    Ok(tables)
}

fn refused(table: &RecordTable, why: impl std::fmt::Display) -> Problem {
    Problem::new(Code::PluginRefused, format!("the record type {}: {why}", table.record_type))
}

fn check_names(table: &RecordTable) -> Result<(), Problem> {
    if table.name.len() > TABLE_NAME_MAX {
        return Err(refused(table, format!("its table's name {} is longer than {TABLE_NAME_MAX} characters", table.name)));
    }
    if CORE_TABLES.contains(&table.name.as_str()) || table.name.starts_with("sqlite_") || table.name.starts_with("pg_") {
        return Err(refused(table, format!("the host has a table named {} of its own", table.name)));
    }
    if !is_kebab_case(&table.description.name) {
        return Err(refused(table, "its name must be kebab-case, as in `hand-off-sheet`"));
    }
    let mut seen = HashSet::new();
    for field in &table.description.fields {
        let name = field.name.as_str();
        if COMMON_COLUMNS.contains(&name) || RESERVED_BY_DATABASES.contains(&name) {
            return Err(refused(table, format!("the field name {name} is reserved, choose another")));
        }
        if !is_snake_case(name) || name.len() > COLUMN_NAME_MAX {
            return Err(refused(table, format!("the field {name} must be snake_case of at most {COLUMN_NAME_MAX} characters")));
        }
        if !seen.insert(name) {
            return Err(refused(table, format!("the field {name} is described twice")));
        }
    }
    let named = table.description.unique.iter().chain(&table.description.indexes).flatten();
    if let Some(unknown) = named.into_iter().find(|name| table.column(name).is_none()) {
        return Err(refused(table, format!("an index or unique key names the field {unknown}, which it does not have")));
    }
    if table.description.one_open_per_site && table.description.open_states().next().is_none() {
        return Err(refused(table, "one_open_per_site needs a state that is not closed"));
    }
    Ok(())
}

fn is_kebab_case(name: &str) -> bool {
    is_snake_case(&name.replace('-', "_")) && !name.contains('_')
}

fn is_snake_case(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    starts_well && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn install_table(tx: &mut Tx<'_>, table: &RecordTable) -> Result<(), Problem> {
    let described = serde_json::to_string(&table.description).map_err(Problem::internal)?;
    match installed(tx, table)? {
        Some(before) if before == described => return Ok(()),
        Some(before) => {
            let before: TypeDescription = serde_json::from_str(&before).map_err(Problem::internal)?;
            tx.session().take_time()?;
            extend(tx, table, &RecordTable::new(&table.plugin, &before))?;
        }
        None => create(tx, table)?,
    }
    let mut remember = Query::insert();
    remember
        .into_table("record_types")
        .columns(["record_type", "plugin", "table_name", "description"])
        .values_panic([
            table.record_type.clone().into(),
            table.plugin.clone().into(),
            table.name.clone().into(),
            described.into(),
        ])
        .on_conflict(OnConflict::column("record_type").update_column("description").to_owned());
    tx.execute(&remember)?;
    Ok(())
}

/// Returns the description that the table was made from, refusing a table of another type under the same name.
fn installed(tx: &mut Tx<'_>, table: &RecordTable) -> Result<Option<String>, Problem> {
    let mut query = Query::select();
    query.columns(["record_type", "description"]).from("record_types").and_where(Expr::col("table_name").eq(table.name.as_str()));
    let Some(row) = tx.row(&query)? else {
        return Ok(None);
    };
    let record_type: String = row.get("record_type")?;
    if record_type != table.record_type {
        return Err(refused(table, format!("its table {} belongs to {record_type} already", table.name)));
    }
    Ok(Some(row.get("description")?))
}

/// Makes the table of a type with its indexes; remembers nothing.
pub(super) fn create(tx: &mut Tx<'_>, table: &RecordTable) -> Result<(), Problem> {
    let backend = tx.session().backend();
    tx.session().batch(&built(&table_statement(table, backend), backend))?;
    create_indexes(tx, table, &indexes(table))
}

fn table_statement(table: &RecordTable, backend: DbBackend) -> TableCreateStatement {
    let mut statement = Table::create();
    statement.table(table.iden());
    for column in &table.columns {
        statement.col(column_definition(column, backend));
    }
    // Whoever asks for a record says at which site, and a site's list in order of the ids needs no index beside it.
    statement.primary_key(Index::create().col("site").col("id"));
    statement
}

/// Adds a column that no description has: one that an older version of the plugin wrote.
pub(super) fn add_undescribed(tx: &mut Tx<'_>, table: &RecordTable, name: &str, storage: Storage) -> Result<(), Problem> {
    let backend = tx.session().backend();
    let mut definition = stored(name, storage, backend);
    let mut statement = Table::alter();
    statement.table(table.iden()).add_column(&mut definition);
    Ok(tx.session().batch(&built(&statement, backend))?)
}

fn column_definition(column: &Column, backend: DbBackend) -> ColumnDef {
    let mut definition = stored(&column.name, column.storage(), backend);
    // The plugin's own columns may all be empty in the database, so that a later version can leave one out; what is required
    // is checked when a record is written.
    if column.is_common {
        definition.not_null();
    }
    definition
}

fn stored(name: &str, storage: Storage, backend: DbBackend) -> ColumnDef {
    let mut definition = ColumnDef::new(name.to_owned());
    match storage {
        Storage::Id => definition.uuid(),
        Storage::Integer => definition.big_integer(),
        Storage::Bool => definition.boolean(),
        Storage::Day => definition.date(),
        Storage::Instant => definition.timestamp_with_time_zone(),
        Storage::Text => text_type(&mut definition, backend),
    };
    definition
}

fn built(statement: &impl SchemaStatementBuilder, backend: DbBackend) -> String {
    match backend {
        DbBackend::Postgres => statement.to_string(PostgresQueryBuilder),
        _ => statement.to_string(SqliteQueryBuilder),
    }
}

fn extend(tx: &mut Tx<'_>, table: &RecordTable, before: &RecordTable) -> Result<(), Problem> {
    let backend = tx.session().backend();
    let present = tx.session().columns(&table.name)?;
    for column in &table.columns {
        match present.iter().find(|(name, _)| *name == column.name) {
            Some((_, declared)) => check_kind(table, before, column, declared)?,
            None => add_column(tx, table, column, backend)?,
        }
    }
    let (old, new) = (indexes(before), indexes(table));
    for index in old.iter().filter(|index| !new.contains(index)) {
        tx.session().batch(&format!("DROP INDEX IF EXISTS \"{}\"", index.name))?;
    }
    create_indexes(tx, table, new.iter().filter(|index| !old.contains(index)))
}

/// Refuses a field whose values would no longer mean what they are stored as.
fn check_kind(table: &RecordTable, before: &RecordTable, column: &Column, declared: &str) -> Result<(), Problem> {
    let old = before.column(&column.name).map(|old| &old.kind);
    let names_another_type = column.is_id && old.is_some_and(|old| *old != column.kind);
    if Storage::declared(declared) == column.storage() && !names_another_type {
        return Ok(());
    }
    let was = old.map_or_else(|| declared.to_owned(), |old| format!("{old:?}"));
    let why = format!("the field {} was {was} and cannot become {:?}: give the new field another name", column.name, column.kind);
    Err(refused(table, why))
}

fn add_column(tx: &mut Tx<'_>, table: &RecordTable, column: &Column, backend: DbBackend) -> Result<(), Problem> {
    let field = table.description.field(&column.name);
    let default = field.and_then(|field| field.default.as_ref()).filter(|default| !default.is_null());
    let must_be_filled = field.is_some_and(|field| field.required) && default.is_none();
    if must_be_filled && has_rows(tx, table)? {
        let why = format!(
            "the new field {} is required, but the records there are have no value for it: give it a default",
            column.name
        );
        return Err(refused(table, why));
    }
    let mut statement = Table::alter();
    let mut definition = column_definition(column, backend);
    statement.table(table.iden()).add_column(&mut definition);
    tx.session().batch(&built(&statement, backend))?;
    if let Some(value) = default {
        let value =
            column.bound(value).ok_or_else(|| refused(table, format!("the default of {} does not fit it", column.name)))?;
        tx.execute(Query::update().table(table.iden()).value(column.name.clone(), Expr::val(value)))?;
    }
    Ok(())
}

fn has_rows(tx: &mut Tx<'_>, table: &RecordTable) -> Result<bool, Problem> {
    Ok(tx.row(Query::select().column("id").from(table.iden()).limit(1))?.is_some())
}

/// An index as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PlannedIndex {
    name: String,
    columns: Vec<String>,
    unique: Option<Unique>,
    /// Only records with a value in this column: others are never looked for by it.
    given: Option<String>,
}

/// What a unique key holds for, and how a refusal names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unique {
    label: String,
    /// Only records in these states; empty means all.
    open_states: Vec<String>,
}

/// All indexes of a table: its unique keys, by state, in order of creation, and those the type declares.
fn indexes(table: &RecordTable) -> Vec<PlannedIndex> {
    let mut indexes: Vec<PlannedIndex> = table.unique.iter().map(|key| unique_index(table, key)).collect();
    let state = table.column("state").map(|state| vec![state.name.clone()]);
    for fields in state.iter().chain(&table.description.indexes) {
        let name = index_name(&table.name, &[&fields.join("_"), "idx"]);
        // A page of a sorted list ends on the id.
        let columns = ["site".to_owned()].into_iter().chain(fields.iter().cloned()).chain(["id".to_owned()]).collect();
        // A reference is asked about, but nobody sorts by it, and most records refer to nothing yet when they are written.
        let given = fields.first().filter(|field| table.column(field).is_some_and(|column| column.is_id)).cloned();
        indexes.push(PlannedIndex { name, columns, unique: None, given });
    }
    indexes
}

fn unique_index(table: &RecordTable, key: &UniqueKey) -> PlannedIndex {
    let open_states = table.description.open_states().filter(|_| key.only_open).map(str::to_owned).collect();
    let unique = Unique { label: key.label.clone(), open_states };
    PlannedIndex { name: key.index.clone(), columns: key.columns.clone(), unique: Some(unique), given: None }
}

fn create_indexes<'a>(
    tx: &mut Tx<'_>,
    table: &RecordTable,
    indexes: impl IntoIterator<Item = &'a PlannedIndex>,
) -> Result<(), Problem> {
    for planned in indexes {
        let statement = index_statement(table, planned);
        let backend = tx.session().backend();
        tx.session().batch(&built(&statement, backend)).map_err(|failure| match (&failure.kind, &planned.unique) {
            (Kind::Unique { .. }, Some(unique)) => {
                refused(table, format!("records there are already break its unique key {}", unique.label))
            }
            _ => failure.into(),
        })?;
    }
    Ok(())
}

fn index_statement(table: &RecordTable, planned: &PlannedIndex) -> IndexCreateStatement {
    let mut index = Index::create();
    index.if_not_exists().name(planned.name.clone()).table(table.iden());
    for column in &planned.columns {
        index.col(column.clone());
    }
    if let Some(given) = &planned.given {
        index.cond_where(Expr::col(given.clone()).is_not_null());
    }
    if let Some(unique) = &planned.unique {
        index.unique();
        if !unique.open_states.is_empty() {
            let open = Expr::col("state").is_in(unique.open_states.iter().map(String::as_str));
            // A record that was corrected away is open no more.
            index.cond_where(open.and(Expr::col("void_reason").is_null()));
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use deskbell_proto::description::FieldDescription;
    use deskbell_proto::value::FieldKind;

    use super::*;

    /// Each index that a record is entered into is a page more to write with every command.
    #[test]
    fn a_site_s_list_and_what_refers_to_a_record_are_found_without_an_index_more_than_they_need() {
        let reference = FieldKind::Reference { record_type: "letters.handoff-sheet".to_owned() };
        let letter = TypeDescription {
            name: "letter".to_owned(),
            fields: vec![FieldDescription::new("sheet", reference)],
            indexes: vec![vec!["sheet".to_owned()]],
            ..TypeDescription::default()
        };
        let table = RecordTable::new("letters", &letter);
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        sqlite.execute_batch(&built(&table_statement(&table, DbBackend::Sqlite), DbBackend::Sqlite)).unwrap();
        let planned = indexes(&table);
        assert_eq!(planned.len(), 1);
        let statement = built(&index_statement(&table, &planned[0]), DbBackend::Sqlite);
        assert!(statement.ends_with(r#"WHERE "sheet" IS NOT NULL"#), "{statement}");
        sqlite.execute_batch(&statement).unwrap();
        let plan = |asked: &str| {
            let ask = format!("EXPLAIN QUERY PLAN SELECT * FROM letters_letter WHERE site = 'main' {asked}");
            let mut plan = sqlite.prepare(&ask).unwrap();
            let steps = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
            steps.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
        };
        let by_key = "SEARCH letters_letter USING INDEX sqlite_autoindex_letters_letter_1 (site=?";
        assert_eq!(plan("ORDER BY id DESC"), format!("{by_key})"));
        assert_eq!(plan("AND id = 'l'"), format!("{by_key} AND id=?)"));
        assert_eq!(
            plan("AND sheet = 's' ORDER BY id"),
            "SEARCH letters_letter USING INDEX letters_letter_sheet_idx (site=? AND sheet=?)"
        );
    }
}
