//! The core's own tables, as numbered migrations. What has been released is never edited: a change is a migration of its own.
//!
//! Record types have tables beside these, made from what plugins describe ([`super::tables`]).

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{
    ColumnDef, ConditionalStatement, Expr, ExprTrait, Index, IndexCreateStatement, Table, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::migrator::{Migration, MigrationStatus};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait::async_trait};

use super::failure::Failure;
use crate::problem::{Code, Problem};

/// Every table that a record type can't have.
pub(super) const CORE_TABLES: [&str; 25] = [
    "users",
    "user_roles",
    "tokens",
    "sign_offs",
    "papers",
    "paper_templates",
    "print_jobs",
    "messages",
    "outbox",
    "notices",
    "tasks",
    "audit",
    "audit_values",
    "audit_heads",
    "idempotency",
    "counters",
    "record_types",
    "plugins",
    "job_schedules",
    "job_runs",
    "job_attempts",
    "run_log",
    "sites",
    "sessions",
    "seaql_migrations",
];

/// Held by the host that changes the schema: `schema` in ASCII.
const MIGRATION_LOCK: i64 = 0x7363_6865_6d61;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Change::named("m0001_core", |manager| Box::pin(core(manager))),
            Change::named("m0002_printing", |manager| Box::pin(printing(manager))),
            Change::named("m0003_deliveries", |manager| Box::pin(deliveries(manager))),
            Change::named("m0004_fewer_pages", |manager| Box::pin(fewer_pages(manager))),
            Change::named("m0005_values_by_entry", |manager| Box::pin(values_by_entry(manager))),
        ]
    }
}

/// What a change does, given the schema.
type Up = for<'a> fn(&'a SchemaManager<'_>) -> BoxFuture<'a, Result<(), DbErr>>;

/// One change of the core's schema.
struct Change {
    name: &'static str,
    up: Up,
}

impl Change {
    fn named(name: &'static str, up: Up) -> Box<dyn MigrationTrait> {
        Box::new(Change { name, up })
    }
}

impl MigrationName for Change {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Change {
    // A kill in mid-migration leaves nothing behind.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        (self.up)(manager).await
    }
}

/// Brings the core's tables up to date; a database of a newer Deskbell is refused untouched.
pub(super) async fn run(connection: &DatabaseConnection) -> Result<(), Problem> {
    if connection.get_database_backend() == DbBackend::Postgres {
        // Two hosts that start at once must not make the same tables; the lock ends with this connection.
        let lock = format!("SELECT pg_advisory_lock({MIGRATION_LOCK})");
        connection.execute_unprepared(&lock).await.map_err(Failure::from)?;
    }
    Migrator::up(connection, None).await.map_err(|error| match error {
        DbErr::Custom(why) | DbErr::Migration(why) => Problem::new(
            Code::ConfigInvalid,
            format!("the database was used by another version of Deskbell ({why}); start that one, or restore a backup"),
        ),
        error => Failure::from(error).into(),
    })
}

/// One step of the core's schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    pub name: String,
    pub is_applied: bool,
}

/// Every step, and whether the database has taken it; changes nothing. Without a connection there is no database yet.
pub(super) async fn steps(connection: Option<&DatabaseConnection>) -> Result<Vec<Step>, Failure> {
    let Some(connection) = connection else {
        let all = Migrator::migrations();
        return Ok(all.iter().map(|step| Step { name: step.name().to_owned(), is_applied: false }).collect());
    };
    let steps = Migrator::get_migration_with_status_read_only(connection).await?;
    let is_applied = |step: &Migration| step.status() == MigrationStatus::Applied;
    Ok(steps.iter().map(|step| Step { name: step.name().to_owned(), is_applied: is_applied(step) }).collect())
}

/// Makes a column text that compares by bytes: so SQLite does anyway, and PostgreSQL when told.
pub(super) fn text_type(column: &mut ColumnDef, backend: DbBackend) -> &mut ColumnDef {
    match backend {
        DbBackend::Postgres => column.custom("text COLLATE \"C\""),
        _ => column.text(),
    }
}

async fn core(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = Columns(manager.get_database_backend());
    for table in tables(&columns) {
        manager.create_table(table).await?;
    }
    for index in indexes() {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// The print queue.
async fn printing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let c = Columns(manager.get_database_backend());
    let columns = [
        c.sequence("seq"),
        must(c.id("paper")),
        must(c.text("site")),
        must(c.text("printer")),
        must(c.text("state")),
        // Why it waits: a sentence's key and arguments.
        c.text("reason"),
        c.whole("ipp_job"),
        must(c.whole("attempts")),
        must(c.at("next_at")),
        must(c.at("changed_at")),
        must(c.at("created_at")),
        must(c.text("created_by")),
        c.at("done_at"),
    ];
    manager.create_table(table("print_jobs", columns)).await?;
    let open = index("print_jobs", "print_jobs_open_idx", &["printer", "seq"]).and_where(Expr::col("done_at").is_null()).take();
    manager.create_index(open).await?;
    manager.create_index(index("print_jobs", "print_jobs_paper_idx", &["paper"])).await
}

/// Notices on their way to people outside the desk.
async fn deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let c = Columns(manager.get_database_backend());
    let columns = [
        c.sequence("seq"),
        must(c.id("notice")),
        must(c.text("delivery")),
        must(c.text("recipient")),
        must(c.text("state")),
        // Why it waits or was given up: a sentence's key and arguments.
        c.text("reason"),
        must(c.whole("attempts")),
        must(c.at("next_at")),
        must(c.at("changed_at")),
        must(c.at("created_at")),
        c.at("done_at"),
    ];
    manager.create_table(table("messages", columns)).await?;
    let once = unique("messages", "messages_notice_key", &["notice", "delivery", "recipient"]);
    manager.create_index(once).await?;
    let open = index("messages", "messages_open_idx", &["delivery", "seq"]).and_where(Expr::col("done_at").is_null()).take();
    manager.create_index(open).await
}

/// What every command writes lies in fewer pages: each one that is touched goes to the disk with the commit.
///
/// Personal values lie together by their record, in place of anywhere by their digest. SQLite keeps them and the tasks in
/// their key's order, without a second copy of the key.
async fn fewer_pages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let c = Columns(manager.get_database_backend());
    if manager.get_database_backend() == DbBackend::Postgres {
        // A long trail takes longer than a statement of the desk may.
        let by_record = "SET LOCAL statement_timeout = 0; \
                         ALTER TABLE audit_values DROP CONSTRAINT audit_values_pkey, ADD PRIMARY KEY (record_id, digest); \
                         DROP INDEX audit_values_record_idx";
        return manager.get_connection().execute_unprepared(by_record).await.map(drop);
    }
    let [digest, values @ ..] = audit_value_columns(&c);
    let values = std::iter::once(must(digest)).chain(values);
    make_again(manager, "audit_values", keyed(table("audit_values", values), &["record_id", "digest"])).await?;
    make_again(manager, "tasks", table("tasks", task_columns(&c))).await?;
    for index in task_indexes() {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// The personal values of an entry lie beside it as one row: a letter has three, and a row costs what a value does.
async fn values_by_entry(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (c, connection) = (Columns(manager.get_database_backend()), manager.get_connection());
    let columns = [must(c.id("record_id")), must(c.text("host")), must(c.whole("seq")), must(c.text("personal"))];
    let mut by_entry = keyed(table("audit_values", columns), &["record_id", "host", "seq"]);
    let (values, is_of_entry) = match c.0 {
        DbBackend::Postgres => {
            connection.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
            (
                "json_agg(json_build_object('field', v.field, 'salt', v.salt, 'value', v.value::json))",
                "strpos(a.changes, v.digest)",
            )
        }
        _ => {
            by_entry.extra("WITHOUT ROWID");
            (
                "json_group_array(json_object('field', v.field, 'salt', v.salt, 'value', json(v.value)))",
                "instr(a.changes, v.digest)",
            )
        }
    };
    connection.execute_unprepared("ALTER TABLE audit_values RENAME TO audit_values_before").await?;
    manager.create_table(by_entry).await?;
    // Every value was salted for one entry, which names it by its digest.
    let moved = format!(
        "INSERT INTO audit_values SELECT a.record_id, a.host, a.seq, {values} FROM audit a \
         JOIN audit_values_before v ON v.record_id = a.record_id AND {is_of_entry} > 0 GROUP BY a.record_id, a.host, a.seq"
    );
    connection.execute_unprepared(&moved).await?;
    connection.execute_unprepared("DROP TABLE audit_values_before").await.map(drop)
}

/// Makes a table of SQLite again without row ids, with its rows and without its indexes.
async fn make_again(manager: &SchemaManager<'_>, name: &str, mut table: TableCreateStatement) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    connection.execute_unprepared(&format!("ALTER TABLE {name} RENAME TO {name}_before")).await?;
    manager.create_table(table.extra("WITHOUT ROWID").take()).await?;
    // Both have the same columns in the same order.
    connection.execute_unprepared(&format!("INSERT INTO {name} SELECT * FROM {name}_before")).await?;
    connection.execute_unprepared(&format!("DROP TABLE {name}_before")).await.map(drop)
}

/// Writes columns down in one word each. A column may be empty unless it is `must`.
struct Columns(DbBackend);

impl Columns {
    fn text(&self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        text_type(&mut column, self.0);
        column
    }

    fn whole(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).big_integer().take()
    }

    fn bool(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).boolean().take()
    }

    fn id(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).uuid().take()
    }

    fn day(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).date().take()
    }

    fn at(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).timestamp_with_time_zone().take()
    }

    fn sequence(&self, name: &'static str) -> ColumnDef {
        ColumnDef::new(name).big_integer().not_null().auto_increment().primary_key().take()
    }
}

fn must(mut column: ColumnDef) -> ColumnDef {
    column.not_null().take()
}

fn key(mut column: ColumnDef) -> ColumnDef {
    column.not_null().primary_key().take()
}

fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

fn keyed(mut table: TableCreateStatement, columns: &[&'static str]) -> TableCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(*column);
    }
    table.primary_key(&mut index).take()
}

fn tables(c: &Columns) -> Vec<TableCreateStatement> {
    let mut tables = people_tables(c);
    tables.extend(desk_tables(c));
    tables.extend(audit_tables(c));
    tables.extend(job_tables(c));
    tables
}

fn people_tables(c: &Columns) -> Vec<TableCreateStatement> {
    vec![
        table(
            "users",
            [
                key(c.text("login")),
                must(c.text("name")),
                c.text("password_hash"),
                c.text("pin_hash"),
                must(c.bool("disabled")),
                // The soft lock stands here, so that a restart does not clear it.
                must(c.whole("failures")),
                c.at("failed_at"),
                must(c.at("created_at")),
                must(c.at("updated_at")),
            ],
        ),
        keyed(
            table("user_roles", [must(c.text("login")), must(c.text("role")), must(c.text("site"))]),
            &["login", "role", "site"],
        ),
        table(
            "tokens",
            [
                key(c.id("id")),
                must(c.text("login")),
                must(c.text("note")),
                must(c.text("hash")),
                must(c.at("created_at")),
                c.at("expires_at"),
                c.at("revoked_at"),
            ],
        ),
    ]
}

fn desk_tables(c: &Columns) -> Vec<TableCreateStatement> {
    vec![
        keyed(
            table(
                "counters",
                [must(c.text("site")), must(c.text("record_type")), must(c.text("period")), must(c.whole("drawn"))],
            ),
            &["site", "record_type", "period"],
        ),
        keyed(
            table(
                "idempotency",
                [
                    must(c.text("login")),
                    must(c.text("route")),
                    must(c.text("key")),
                    must(c.text("body_hash")),
                    must(c.text("answer")),
                    must(c.at("created_at")),
                ],
            ),
            &["login", "route", "key"],
        ),
        table(
            "sign_offs",
            [
                key(c.id("id")),
                must(c.text("record_type")),
                must(c.id("record_id")),
                must(c.text("site")),
                must(c.text("box")),
                must(c.text("role")),
                must(c.text("login")),
                must(c.text("name")),
                must(c.at("signed_at")),
                must(c.text("signed_hash")),
                c.at("voided_at"),
            ],
        ),
        table(
            "papers",
            [
                key(c.id("id")),
                must(c.text("form")),
                must(c.text("site")),
                // What is printed: a record's id, or `2026-11-01..2026-11-30`.
                must(c.text("subject")),
                c.text("record_type"),
                c.id("record_id"),
                c.day("period_from"),
                c.day("period_to"),
                must(c.text("title")),
                must(c.text("lang")),
                must(c.text("data")),
                c.text("template_hash"),
                must(c.whole("copy")),
                must(c.at("made_at")),
                must(c.text("made_by")),
                c.text("file_hash"),
                c.text("warnings"),
                c.id("run_id"),
            ],
        ),
        table("paper_templates", [key(c.text("hash")), must(c.text("source"))]),
        table(
            "outbox",
            [
                c.sequence("seq"),
                must(c.text("kind")),
                must(c.text("body")),
                c.text("site"),
                must(c.at("created_at")),
                c.at("done_at"),
                must(c.whole("attempts")),
                must(c.at("next_at")),
                c.text("error"),
            ],
        ),
        table(
            "notices",
            [
                key(c.id("id")),
                must(c.text("site")),
                must(c.text("role")),
                c.text("plugin"),
                must(c.text("key")),
                must(c.text("args")),
                c.text("record_type"),
                c.id("record_id"),
                must(c.at("created_at")),
                must(c.text("created_by")),
            ],
        ),
        table("tasks", task_columns(c)),
        table(
            "record_types",
            [key(c.text("record_type")), must(c.text("plugin")), must(c.text("table_name")), must(c.text("description"))],
        ),
        table(
            "plugins",
            [
                key(c.text("id")),
                must(c.text("version")),
                must(c.text("sha256")),
                must(c.bool("enabled")),
                // Why it is quarantined, if it is.
                c.text("quarantined"),
                must(c.text("description")),
                // The hashes of the files it shipped: which of the store's copies are untouched.
                must(c.text("files")),
                must(c.at("installed_at")),
            ],
        ),
    ]
}

fn task_columns(c: &Columns) -> [ColumnDef; 12] {
    [
        key(c.id("id")),
        must(c.text("site")),
        c.text("plugin"),
        must(c.text("key")),
        must(c.text("args")),
        c.text("record_type"),
        c.id("record_id"),
        c.day("due_on"),
        must(c.at("created_at")),
        must(c.text("created_by")),
        c.at("done_at"),
        c.text("done_by"),
    ]
}

fn audit_tables(c: &Columns) -> Vec<TableCreateStatement> {
    vec![
        keyed(
            table(
                "audit",
                [
                    must(c.text("host")),
                    must(c.whole("seq")),
                    must(c.text("prev")),
                    must(c.text("hash")),
                    must(c.at("at")),
                    must(c.text("actor")),
                    must(c.text("origin")),
                    must(c.text("site")),
                    c.text("record_type"),
                    c.id("record_id"),
                    c.text("number"),
                    c.whole("version"),
                    must(c.text("command")),
                    c.text("rule"),
                    must(c.text("changes")),
                ],
            ),
            &["host", "seq"],
        ),
        table("audit_heads", [key(c.text("host")), must(c.whole("seq")), must(c.text("hash"))]),
        table("audit_values", {
            let [digest, values @ ..] = audit_value_columns(c);
            std::iter::once(key(digest)).chain(values)
        }),
    ]
}

/// Personal values beside the chain: erasing a row here leaves the chain valid.
fn audit_value_columns(c: &Columns) -> [ColumnDef; 6] {
    [
        c.text("digest"),
        must(c.text("salt")),
        must(c.text("value")),
        must(c.text("record_type")),
        must(c.id("record_id")),
        must(c.text("field")),
    ]
}

fn job_tables(c: &Columns) -> Vec<TableCreateStatement> {
    vec![
        keyed(
            table(
                "job_schedules",
                [
                    must(c.text("job")),
                    must(c.text("site")),
                    must(c.text("cron")),
                    must(c.text("tz")),
                    must(c.bool("enabled")),
                    must(c.bool("paused")),
                    // No occurrence before it is made good.
                    must(c.at("anchor")),
                    // Everything up to it is in the ledger.
                    must(c.at("cursor")),
                    must(c.text("misfire")),
                    must(c.whole("max_catchup")),
                    must(c.text("overlap")),
                    c.text("once_per"),
                    must(c.whole("timeout_s")),
                    must(c.whole("max_attempts")),
                ],
            ),
            &["job", "site"],
        ),
        table(
            "job_runs",
            [
                key(c.id("id")),
                must(c.text("job")),
                must(c.text("site")),
                must(c.text("occurrence_key")),
                must(c.text("kind")),
                must(c.text("state")),
                must(c.at("scheduled_for")),
                c.day("as_of"),
                must(c.whole("attempt")),
                must(c.at("not_before")),
                c.text("lease_owner"),
                must(c.whole("lease_token")),
                c.at("lease_until"),
                must(c.at("created_at")),
                c.text("created_by"),
                c.at("started_at"),
                c.at("finished_at"),
                c.text("outcome"),
                c.text("papers"),
                must(c.whole("dropped")),
                c.text("error"),
                c.text("coalesced_into"),
                c.at("covers_from"),
            ],
        ),
        keyed(
            table(
                "job_attempts",
                [
                    must(c.id("run_id")),
                    must(c.whole("attempt")),
                    must(c.text("node")),
                    must(c.at("started_at")),
                    c.at("ended_at"),
                    c.text("result"),
                    c.text("error"),
                ],
            ),
            &["run_id", "attempt"],
        ),
        table(
            "run_log",
            [
                c.sequence("seq"),
                must(c.id("run_id")),
                must(c.whole("attempt")),
                must(c.at("at")),
                must(c.text("level")),
                must(c.text("line")),
            ],
        ),
    ]
}

fn index(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.if_not_exists().name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

fn unique(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, name, columns).unique().take()
}

fn task_indexes() -> [IndexCreateStatement; 2] {
    [
        index("tasks", "tasks_open_idx", &["site", "due_on"]).and_where(Expr::col("done_at").is_null()).take(),
        index("tasks", "tasks_record_idx", &["record_id"]),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let running = Expr::col("state").eq("running").and(Expr::col("kind").ne("dry"));
    let mut indexes = vec![
        unique("tokens", "tokens_hash_key", &["hash"]),
        index("papers", "papers_subject_idx", &["form", "site", "subject", "lang"]),
        index("papers", "papers_record_idx", &["record_id"]),
        index("papers", "papers_run_idx", &["run_id"]),
        index("sign_offs", "sign_offs_record_idx", &["record_id", "signed_at"]),
        index("outbox", "outbox_open_idx", &["next_at", "seq"]).and_where(Expr::col("done_at").is_null()).take(),
        index("notices", "notices_site_idx", &["site", "created_at"]),
        index("idempotency", "idempotency_created_idx", &["created_at"]),
        unique("record_types", "record_types_table_key", &["table_name"]),
        index("audit", "audit_record_idx", &["record_id", "at"]),
        index("audit", "audit_at_idx", &["at"]),
        index("audit_values", "audit_values_record_idx", &["record_id"]),
        unique("job_runs", "job_runs_occurrence_key", &["job", "site", "occurrence_key"]),
        // At most one run of a job goes on at a site.
        unique("job_runs", "job_runs_running_key", &["job", "site"]).and_where(running).take(),
        index("job_runs", "job_runs_state_idx", &["state", "not_before"]),
        index("job_runs", "job_runs_scheduled_idx", &["job", "site", "scheduled_for"]),
        index("run_log", "run_log_run_idx", &["run_id", "seq"]),
    ];
    indexes.extend(task_indexes());
    indexes
}

#[cfg(test)]
mod tests {
    use sea_orm::{Database, Statement};

    use super::*;

    #[tokio::test]
    async fn a_database_of_an_older_desk_keeps_its_tasks_and_personal_values() {
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        Migrator::up(&connection, Some(3)).await.unwrap();
        let rows = "INSERT INTO tasks (id, site, key, args, created_at, created_by) VALUES ('t1', 'main', 'tell', '{}', 'now', 'lin'); \
                    INSERT INTO audit_values VALUES ('d1', 's', '\"张三\"', 'letters.letter', 'r1', 'addressee'), \
                                                    ('d2', 't', '\"李四\"', 'letters.letter', 'r1', 'sender'), \
                                                    ('d3', 'u', '\"王五\"', 'letters.letter', 'r1', 'addressee'); \
                    INSERT INTO audit VALUES \
                    ('h', 1, '', '', 'now', 'lin', 'api', 'main', 'letters.letter', 'r1', 'L-1', 1, 'create', NULL, 'd1 d2'), \
                    ('h', 2, '', '', 'now', 'lin', 'api', 'main', 'letters.letter', 'r1', 'L-1', 2, 'edit', NULL, 'd3')";
        connection.execute_unprepared(rows).await.unwrap();
        run(&connection).await.unwrap();
        let first = r#"[{"field":"addressee","salt":"s","value":"张三"},{"field":"sender","salt":"t","value":"李四"}]"#;
        let second = r#"[{"field":"addressee","salt":"u","value":"王五"}]"#;
        let by_entry = |seq: i64| format!("audit_values WHERE record_id = 'r1' AND host = 'h' AND seq = {seq}");
        let kept = [("tasks".to_owned(), "id", "t1"), (by_entry(1), "personal", first), (by_entry(2), "personal", second)];
        for (table, key, value) in kept {
            let ask = Statement::from_string(DbBackend::Sqlite, format!("SELECT {key} AS kept FROM {table}"));
            let kept: String = connection.query_one_raw(ask).await.unwrap().unwrap().try_get("", "kept").unwrap();
            assert_eq!(kept, value);
        }
        let indexes =
            "SELECT count(*) AS n FROM sqlite_master WHERE type = 'index' AND name IN ('tasks_open_idx', 'tasks_record_idx')";
        let found = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, indexes)).await.unwrap().unwrap();
        assert_eq!(found.try_get::<i64>("", "n").unwrap(), 2);
    }
}
