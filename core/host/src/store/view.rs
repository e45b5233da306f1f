//! A consistent view for reading: one read transaction, on the pool beside the writer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_proto::{Fields, Find, Read, ReadAnswer};
use futures_util::TryStreamExt;
use sea_orm::sea_query::{Expr, ExprTrait, Query, Value};
use sea_orm::{DatabaseConnection, DbBackend, Statement, StatementBuilder};
use uuid::Uuid;

use super::failure::Failure;
use super::filter;
use super::row::Row;
use super::session::columns_of;
use super::snapshot::{Readers, Snapshot};
use super::types::{KnownBy, RecordTable, Storage, Types};
use crate::problem::Problem;

/// A view that stays open holds back the checkpoint of everybody's writes, so one for a request ends by itself.
const LONGEST: Duration = Duration::from_secs(30);

/// Ids in one question; SQLite takes 32,766 values at most.
const IDS_AT_ONCE: usize = 500;

/// One consistent view of the records, at most 30 s long, unless it is of the whole.
#[derive(Debug)]
pub struct View {
    pub(super) snapshot: Snapshot,
    types: Arc<Types>,
    until: Option<Instant>,
}

/// A page of records, and the cursor of the next one if there is more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    pub records: Vec<Fields>,
    pub next_cursor: Option<String>,
}

impl View {
    pub(super) async fn open(readers: &Readers, types: Arc<Types>) -> Result<View, Failure> {
        Ok(View { snapshot: readers.snapshot().await?, types, until: Some(Instant::now() + LONGEST) })
    }

    /// A view for whoever reads everything, however long that takes: a check of the data, a copy.
    pub(super) async fn of_the_whole(connections: &DatabaseConnection) -> Result<View, Failure> {
        let snapshot = Snapshot::of(connections);
        snapshot.take_time().await?;
        Ok(View { snapshot, types: Arc::default(), until: None })
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.snapshot.backend()
    }

    /// Answers a plugin's read at one site; rows are flat API objects whose references are ids.
    pub async fn read(&self, site: &str, read: &Read) -> Result<ReadAnswer, Problem> {
        match read {
            Read::Get { record_type, id } => {
                let rows = self.by_id(record_type, site, *id).await?.into_iter().collect();
                Ok(ReadAnswer { rows, count: 0 })
            }
            Read::Find(find) => Ok(ReadAnswer { rows: self.find(site, find).await?, count: 0 }),
            Read::Count(find) => Ok(ReadAnswer { rows: Vec::new(), count: self.count(site, find).await? }),
            _ => Err(Problem::internal("the store does not know this read")),
        }
    }

    /// One record of a site by its id.
    pub async fn by_id(&self, record_type: &str, site: &str, id: Uuid) -> Result<Option<Fields>, Problem> {
        let table = self.types.get(record_type)?;
        self.one(&table, site, KnownBy::Id, id.into()).await
    }

    /// One record by its number (or, for a type without numbers, its id).
    pub async fn by_number(&self, record_type: &str, site: &str, number: &str) -> Result<Option<Fields>, Problem> {
        let table = self.types.get(record_type)?;
        if table.column("number").is_some() {
            return self.one(&table, site, KnownBy::Number, number.into()).await;
        }
        match number.parse::<Uuid>() {
            Ok(id) => self.one(&table, site, KnownBy::Id, id.into()).await,
            Err(_) => Ok(None),
        }
    }

    async fn one(&self, table: &RecordTable, site: &str, by: KnownBy, value: Value) -> Result<Option<Fields>, Problem> {
        let rows = self.asked(table.one(self.backend(), by, site, value)).await?;
        Ok(rows.first().map(|row| table.record(row)))
    }

    /// Answers a question over the records of a site.
    pub async fn find(&self, site: &str, find: &Find) -> Result<Vec<Fields>, Problem> {
        let table = self.types.get(&find.record_type)?;
        let rows = self.rows(&filter::select(&table, &[site.to_owned()], find)?).await?;
        Ok(rows.iter().map(|row| table.record(row)).collect())
    }

    /// Counts the records that answer a question at a site.
    pub async fn count(&self, site: &str, find: &Find) -> Result<u64, Problem> {
        let table = self.types.get(&find.record_type)?;
        let rows = self.rows(&filter::count(&table, &[site.to_owned()], &find.filter)?).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.get("count"))?;
        let count = count.unsigned_abs();
        Ok(find.limit.map_or(count, |limit| Ord::min(count, limit)))
    }

    /// Records for a list: like a find, with search text and a keyset cursor. `sites` may be several.
    pub async fn list(
        &self,
        sites: &[String],
        find: &Find,
        search: Option<&str>,
        after: Option<&str>,
    ) -> Result<Listing, Problem> {
        let table = self.types.get(&find.record_type)?;
        // One more than the page tells whether there is a next one.
        let beyond = Find { limit: find.limit.map(|limit| limit.saturating_add(1)), ..find.clone() };
        let mut query = filter::select(&table, sites, &beyond)?;
        if let Some(text) = search {
            query.cond_where(filter::search(&table, text));
        }
        if let Some(cursor) = after {
            query.cond_where(filter::after(&table, find, cursor)?);
        }
        let mut records: Vec<Fields> = self.rows(&query).await?.iter().map(|row| table.record(row)).collect();
        let page = find.limit.map_or(records.len(), |limit| limit as usize);
        let is_last = records.len() <= page;
        records.truncate(page);
        let next_cursor = records.last().filter(|_| !is_last).map(|last| filter::cursor(find, last));
        Ok(Listing { records, next_cursor })
    }

    /// The numbers of some sites' records of a type by id, to show references.
    pub async fn numbers(&self, record_type: &str, sites: &[&str], ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Problem> {
        let table = self.types.get(record_type)?;
        let name = if table.column("number").is_some() { "number" } else { "id" };
        let mut numbers = HashMap::new();
        for some in ids.chunks(IDS_AT_ONCE) {
            let mut query = Query::select();
            query.columns(["id", name]).from(table.iden()).and_where(Expr::col("site").is_in(sites.iter().copied()));
            query.and_where(Expr::col("id").is_in(some.iter().copied()));
            for row in self.rows(&query).await? {
                numbers.insert(row.get("id")?, row.get(name)?);
            }
        }
        Ok(numbers)
    }

    pub(super) async fn rows(&self, statement: &impl StatementBuilder) -> Result<Vec<Row>, Failure> {
        self.asked(statement.build(&self.backend())).await
    }

    /// Answers SQL that has no values and reads the same on both databases.
    pub(super) async fn sql(&self, sql: &str) -> Result<Vec<Row>, Failure> {
        self.asked(Statement::from_string(self.backend(), sql)).await
    }

    /// Sees every row of an answer of any size, in little memory; only a view of the whole can do that, and nothing else can
    /// be asked of it meanwhile.
    pub(super) async fn each(&self, sql: &str, mut see: impl FnMut(Row) -> Result<(), Failure> + Send) -> Result<(), Failure> {
        let mut rows = std::pin::pin!(self.snapshot.stream(sql).await?);
        while let Some(row) = rows.try_next().await? {
            see(row)?;
        }
        Ok(())
    }

    /// Returns a table's columns with how they are stored, by name; none if there is no such table.
    pub(super) async fn columns(&self, table: &str) -> Result<BTreeMap<String, Storage>, Failure> {
        let rows = self.asked(columns_of(self.backend(), table)).await?;
        rows.iter().map(|row| Ok((row.get("name")?, Storage::declared(&row.get::<String>("type")?)))).collect()
    }

    async fn asked(&self, statement: Statement) -> Result<Vec<Row>, Failure> {
        if self.until.is_some_and(|until| Instant::now() > until) {
            return Err(Failure::unavailable("a read view was kept open for more than 30 s"));
        }
        self.snapshot.rows(statement).await
    }
}
