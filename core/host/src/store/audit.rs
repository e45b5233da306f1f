//! The audit trail: one hash chain a host, each entry bound to the one before it.
//!
//! The chain holds a salted digest in place of a personal value; an entry's values and salts stand beside it, so that erasing
//! them leaves the chain valid. What was cut off at the end together with the recorded head, or written anew from the start,
//! only an anchor outside the database shows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use deskbell_proto::{Fields, value};
use rand::RngCore;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::failure::Failure;
use super::insert::Insert;
use super::row::Row;
use super::tx::Tx;
use super::types::RecordTable;
use super::{Store, View};
use crate::problem::Problem;

/// What the first entry of a chain is bound to.
const GENESIS: &str = "";

/// Entries read at once while a chain is walked.
const PAGE: u64 = 4_000;

/// Columns that say nothing which the entry itself does not say.
const SAID_BY_THE_ENTRY: [&str; 7] = ["id", "number", "site", "version", "updated_at", "updated_by", "created_by"];

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub seq: i64,
    pub hash: String,
}

/// Something that was done, for the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry<'a> {
    pub at: DateTime<Utc>,
    pub actor: &'a str,
    /// `api 127.0.0.1`, `cli`, `job`.
    pub origin: &'a str,
    pub site: &'a str,
    /// What was done: `create`, `collect`, `sign hr`, `user add`.
    pub command: &'a str,
    /// The rule that a signature satisfied, `L2`.
    pub rule: Option<&'a str>,
    pub about: About<'a>,
}

/// What an entry is about.
#[derive(Debug, Clone, PartialEq)]
pub enum About<'a> {
    /// A record as it was, if it was, and as it is.
    Record { record_type: &'a str, old: Option<&'a Fields>, new: &'a Fields },
    /// Something else; the object holds nothing personal.
    Other(Value),
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    pub host: String,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub origin: String,
    pub site: String,
    pub record_type: Option<String>,
    pub record_id: Option<Uuid>,
    pub number: Option<String>,
    pub version: Option<i64>,
    pub command: String,
    pub rule: Option<String>,
    /// `{"state": {"old": "received", "new": "collected"}}`; an erased personal value reads `{"erased": true}`.
    pub changes: Value,
}

/// One host's chain after a walk over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    pub host: String,
    pub entries: u64,
    pub head: String,
    /// The first sequence that does not fit, and why.
    pub broken: Option<(i64, String)>,
}

/// What is asked of the trail; newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFind {
    pub sites: Vec<String>,
    pub actor: Option<String>,
    pub record_type: Option<String>,
    pub record_id: Option<Uuid>,
    pub number: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub before: Option<DateTime<Utc>>,
    pub limit: u64,
    /// The last entry of the page before: its time, host and sequence.
    pub after: Option<(DateTime<Utc>, String, i64)>,
}

static ENTRIES: Insert = Insert::into("audit", &COLUMNS);

static PERSONAL: Insert = Insert::into("audit_values", &["record_id", "host", "seq", "personal"]);

static HEADS: Insert = Insert::into("audit_heads", &["host", "seq", "hash"]).ending(|insert| {
    insert.on_conflict(OnConflict::column("host").update_columns(["seq", "hash"]).to_owned());
});

impl Tx<'_> {
    /// Appends an entry to this host's chain.
    pub fn append_audit(&mut self, entry: &AuditEntry<'_>) -> Result<(), Problem> {
        let head = self.audit_head()?;
        let seq = head.seq + 1;
        let mut row = EntryText::new(self.host, seq, &head.hash, entry);
        if let About::Record { record_type, old, new } = &entry.about {
            let table = self.types.get(record_type)?;
            let (changes, personal) = difference(&table, *old, new)?;
            row.changes = changes;
            if !personal.is_empty() {
                let personal = serde_json::to_string(&personal).map_err(Problem::internal)?;
                self.insert_later(&PERSONAL, [row.record_id.into(), self.host.into(), seq.into(), personal.into()])?;
            }
        }
        let hash = row.hash();
        let row = [
            self.host.into(),
            seq.into(),
            row.prev.into(),
            hash.clone().into(),
            entry.at.into(),
            entry.actor.into(),
            entry.origin.into(),
            entry.site.into(),
            row.record_type.into(),
            row.record_id.into(),
            row.number.into(),
            row.version.into(),
            entry.command.into(),
            entry.rule.map(str::to_owned).into(),
            row.changes.into(),
        ];
        self.insert_later(&ENTRIES, row)?;
        self.progress.head = Some(Head { seq, hash });
        self.progress.grown = true;
        Ok(())
    }

    fn audit_head(&mut self) -> Result<Head, Problem> {
        if let Some(head) = &self.progress.head {
            return Ok(head.clone());
        }
        let mut last = Query::select();
        last.columns(["seq", "hash"])
            .from("audit")
            .and_where(Expr::col("host").eq(self.host))
            .order_by("seq", Order::Desc)
            .limit(1);
        Ok(match self.row(&last)? {
            Some(row) => Head { seq: row.get("seq")?, hash: row.get("hash")? },
            None => Head { seq: 0, hash: GENESIS.to_owned() },
        })
    }

    /// Records where the chain ends, once a commit, so that entries cut off at the end are missed.
    pub(super) fn keep_audit_head(&mut self) -> Result<(), Failure> {
        let Some(head) = self.progress.head.clone().filter(|_| self.progress.grown) else {
            return Ok(());
        };
        self.progress.grown = false;
        self.insert_later(&HEADS, [self.host.into(), head.seq.into(), head.hash.into()])
    }

    /// Erases the personal values that the trail holds of a record; the chain stays valid.
    pub fn erase_audit_values(&mut self, record: Uuid) -> Result<u64, Problem> {
        self.tell_later()?;
        Ok(self.execute(Query::delete().from_table("audit_values").and_where(Expr::col("record_id").eq(record)))?)
    }
}

const COLUMNS: [&str; 15] = [
    "host",
    "seq",
    "prev",
    "hash",
    "at",
    "actor",
    "origin",
    "site",
    "record_type",
    "record_id",
    "number",
    "version",
    "command",
    "rule",
    "changes",
];

/// An entry as it is hashed: every column but the hash, as one JSON list whose order never changes.
struct EntryText {
    host: String,
    seq: i64,
    prev: String,
    at: DateTime<Utc>,
    actor: String,
    origin: String,
    site: String,
    record_type: Option<String>,
    record_id: Option<Uuid>,
    number: Option<String>,
    version: Option<i64>,
    command: String,
    rule: Option<String>,
    changes: String,
}

impl EntryText {
    fn new(host: &str, seq: i64, prev: &str, entry: &AuditEntry<'_>) -> Self {
        let mut text = EntryText {
            host: host.to_owned(),
            seq,
            prev: prev.to_owned(),
            at: entry.at,
            actor: entry.actor.to_owned(),
            origin: entry.origin.to_owned(),
            site: entry.site.to_owned(),
            record_type: None,
            record_id: None,
            number: None,
            version: None,
            command: entry.command.to_owned(),
            rule: entry.rule.map(str::to_owned),
            changes: String::new(),
        };
        match &entry.about {
            About::Record { record_type, new, .. } => {
                let field = |name: &str| new.get(name).and_then(Value::as_str);
                text.record_type = Some((*record_type).to_owned());
                text.record_id = field("id").and_then(|id| id.parse().ok());
                text.number = field("number").map(str::to_owned);
                text.version = new.get("version").and_then(Value::as_i64);
            }
            About::Other(changes) => text.changes = changes.to_string(),
        }
        text
    }

    fn from_row(row: &Row) -> Result<Self, Failure> {
        Ok(EntryText {
            host: row.get("host")?,
            seq: row.get("seq")?,
            prev: row.get("prev")?,
            at: row.get("at")?,
            actor: row.get("actor")?,
            origin: row.get("origin")?,
            site: row.get("site")?,
            record_type: row.get("record_type")?,
            record_id: row.get("record_id")?,
            number: row.get("number")?,
            version: row.get("version")?,
            command: row.get("command")?,
            rule: row.get("rule")?,
            changes: row.get("changes")?,
        })
    }

    fn hash(&self) -> String {
        let hashed = (
            &self.host,
            self.seq,
            &self.prev,
            value::instant(self.at),
            &self.actor,
            &self.origin,
            &self.site,
            &self.record_type,
            self.record_id,
            &self.number,
            self.version,
            &self.command,
            &self.rule,
            &self.changes,
        );
        // Texts and numbers only: there is nothing in it that JSON could refuse.
        hex::encode(Sha256::digest(serde_json::to_vec(&hashed).unwrap_or_default()))
    }
}

/// A personal value with what hides it in the chain.
#[derive(Serialize, Deserialize)]
struct Salted {
    field: String,
    salt: String,
    value: Value,
}

impl Salted {
    fn new(field: &str, value: &Value) -> Self {
        let mut salt = [0_u8; 16];
        rand::rng().fill_bytes(&mut salt);
        Salted { field: field.to_owned(), salt: hex::encode(salt), value: value.clone() }
    }

    /// What the chain says in its place.
    fn digest(&self) -> String {
        hex::encode(Sha256::new().chain_update(&self.salt).chain_update(self.value.to_string()).finalize())
    }
}

/// A changed field on both sides, as the trail spells it.
#[derive(Serialize)]
struct Sides<'a> {
    new: Said<'a>,
    old: Said<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Plain(&'a Value),
    Hidden { digest: String },
}

/// What changed, field by field in the order of their names, and the personal values among it.
fn difference(table: &RecordTable, old: Option<&Fields>, new: &Fields) -> Result<(String, Vec<Salted>), Problem> {
    let mut changes = BTreeMap::new();
    let mut personal = Vec::new();
    for column in table.columns.iter().filter(|column| !SAID_BY_THE_ENTRY.contains(&column.name.as_str())) {
        let before = old.and_then(|old| old.get(&column.name)).unwrap_or(&Value::Null);
        let after = new.get(&column.name).unwrap_or(&Value::Null);
        if before == after {
            continue;
        }
        let is_personal = table.description.field(&column.name).is_some_and(|field| field.personal);
        let mut said = |value| {
            if !is_personal || Value::is_null(value) {
                return Said::Plain(value);
            }
            let salted = Salted::new(&column.name, value);
            let digest = salted.digest();
            personal.push(salted);
            Said::Hidden { digest }
        };
        let (old, new) = (said(before), said(after));
        changes.insert(column.name.as_str(), Sides { new, old });
    }
    Ok((serde_json::to_string(&changes).map_err(Problem::internal)?, personal))
}

impl View {
    /// Returns a page of the trail, personal values put back where they were not erased.
    pub async fn audit(&self, find: &AuditFind) -> Result<Vec<AuditRow>, Problem> {
        let rows = self.rows(&trail(find)).await?;
        let mut entries = rows.iter().map(audit_row).collect::<Result<Vec<_>, _>>()?;
        let values = self.personal_values(&entries).await?;
        for entry in &mut entries {
            reveal(&mut entry.changes, &values);
        }
        Ok(entries)
    }

    async fn personal_values(&self, entries: &[AuditRow]) -> Result<Map<String, Value>, Problem> {
        let records: BTreeSet<Uuid> = entries.iter().filter_map(|entry| entry.record_id).collect();
        if records.is_empty() {
            return Ok(Map::new());
        }
        let mut values = Map::new();
        for (_, personal) in self.personal(records).await? {
            values.extend(personal.into_iter().map(|salted| (salted.digest(), salted.value)));
        }
        Ok(values)
    }

    /// What is kept beside the entries about some records: host and sequence of each entry, and its values.
    async fn personal(&self, records: impl IntoIterator<Item = Uuid>) -> Result<Vec<((String, i64), Vec<Salted>)>, Problem> {
        let mut query = Query::select();
        query.columns(["host", "seq", "personal"]).from("audit_values").and_where(Expr::col("record_id").is_in(records));
        let kept = self.rows(&query).await?;
        let entry = |row: &Row| {
            let personal: String = row.get("personal")?;
            let personal = serde_json::from_str(&personal).map_err(Problem::internal)?;
            Ok(((row.get("host")?, row.get("seq")?), personal))
        };
        kept.iter().map(entry).collect()
    }

    async fn recorded_heads(&self) -> Result<BTreeMap<String, Option<Head>>, Failure> {
        let mut hosts = Query::select();
        hosts.column("host").distinct().from("audit");
        let mut recorded = Query::select();
        recorded.columns(["host", "seq", "hash"]).from("audit_heads");
        let mut heads = BTreeMap::new();
        for row in self.rows(&hosts).await? {
            heads.insert(row.get("host")?, None);
        }
        for row in self.rows(&recorded).await? {
            heads.insert(row.get("host")?, Some(Head { seq: row.get("seq")?, hash: row.get("hash")? }));
        }
        Ok(heads)
    }

    /// The first entry of a page with a personal value beside it that is not what was digested.
    async fn changed_values(&self, page: &[Row]) -> Result<Option<(i64, String)>, Problem> {
        let mut recorded: HashMap<(String, i64), HashSet<String>> = HashMap::new();
        let mut records = BTreeSet::new();
        for row in page {
            let changes: String = row.get("changes")?;
            if let Some(record) = row.get::<Option<Uuid>>("record_id")?.filter(|_| changes.contains("\"digest\"")) {
                let changes: Value = serde_json::from_str(&changes).unwrap_or_default();
                let digests = changes.as_object().into_iter().flat_map(Map::values).flat_map(digests_in);
                recorded.insert((row.get("host")?, row.get("seq")?), digests.collect());
                records.insert(record);
            }
        }
        let records: Vec<Uuid> = records.into_iter().collect();
        let mut first: Option<(i64, String)> = None;
        for some in records.chunks(500) {
            for (entry, personal) in self.personal(some.iter().copied()).await? {
                // The record's other values belong to entries of other pages.
                let Some(digests) = recorded.get(&entry) else { continue };
                if let Some(Salted { field, .. }) = personal.iter().find(|salted| !digests.contains(&salted.digest())) {
                    let found = (entry.1, format!("the personal value of {field} is not the one that was recorded"));
                    first = Some(first.map_or(found.clone(), |first| first.min(found)));
                }
            }
        }
        Ok(first)
    }
}

impl Store {
    /// Walks every chain from its first entry and says where it ends, or where it breaks first.
    pub async fn verify_audit(&self) -> Result<Vec<ChainState>, Problem> {
        self.reader().await?.walk_chains().await
    }
}

impl View {
    /// Walks every chain there is, a page at a time.
    pub(super) async fn walk_chains(&self) -> Result<Vec<ChainState>, Problem> {
        let mut chains = Vec::new();
        for (host, recorded) in self.recorded_heads().await? {
            chains.push(self.walk_chain(host, recorded).await?);
        }
        Ok(chains)
    }

    async fn walk_chain(&self, host: String, recorded: Option<Head>) -> Result<ChainState, Problem> {
        let mut end = Head { seq: 0, hash: GENESIS.to_owned() };
        loop {
            let page = self.rows(&chain_page(&host, end.seq)).await?;
            let mut broken = None;
            for row in &page {
                if let Err(reason) = follow(&mut end, row)? {
                    broken = Some((row.get("seq")?, reason));
                    break;
                }
            }
            if broken.is_none() {
                broken = self.changed_values(&page).await?;
            }
            let is_last = (page.len() as u64) < PAGE;
            if broken.is_none() && is_last {
                broken = not_the_end(&end, recorded.as_ref());
            }
            if is_last || broken.is_some() {
                return Ok(ChainState { host, entries: end.seq.unsigned_abs(), head: end.hash, broken });
            }
        }
    }
}

/// Says why a chain that fits together does not end where it was recorded to.
fn not_the_end(end: &Head, recorded: Option<&Head>) -> Option<(i64, String)> {
    match recorded {
        Some(recorded) if recorded == end => None,
        Some(recorded) => {
            Some((end.seq + 1, format!("the chain ends at {}, but {} was recorded as its end", end.seq, recorded.seq)))
        }
        None => Some((end.seq + 1, "where the chain ended was not recorded".to_owned())),
    }
}

fn digests_in(change: &Value) -> Vec<String> {
    let of = |side: &str| change.get(side).and_then(|value| value.get("digest")).and_then(Value::as_str).map(str::to_owned);
    ["old", "new"].into_iter().filter_map(of).collect()
}

fn chain_page(host: &str, after: i64) -> SelectStatement {
    let mut query = Query::select();
    query
        .columns(COLUMNS)
        .from("audit")
        .and_where(Expr::col("host").eq(host))
        .and_where(Expr::col("seq").gt(after))
        .order_by("seq", Order::Asc)
        .limit(PAGE);
    query
}

/// Moves the end of a walk over one entry, or says why the entry does not follow.
fn follow(end: &mut Head, row: &Row) -> Result<Result<(), String>, Failure> {
    let entry = EntryText::from_row(row)?;
    let kept: String = row.get("hash")?;
    let hash = entry.hash();
    if entry.seq != end.seq + 1 {
        return Ok(Err(format!("entry {} is missing", end.seq + 1)));
    }
    if kept != hash {
        return Ok(Err("its content is not what was hashed".to_owned()));
    }
    if entry.prev != end.hash {
        return Ok(Err("it does not follow the entry before it".to_owned()));
    }
    *end = Head { seq: entry.seq, hash };
    Ok(Ok(()))
}

fn trail(find: &AuditFind) -> SelectStatement {
    let text = |value: &Option<String>, column: &'static str| value.as_ref().map(|value| Expr::col(column).eq(value.as_str()));
    let mut query = Query::select();
    query.columns(COLUMNS).from("audit").and_where(Expr::col("site").is_in(find.sites.iter().map(String::as_str)));
    query.and_where_option(text(&find.actor, "actor"));
    query.and_where_option(text(&find.record_type, "record_type"));
    query.and_where_option(text(&find.number, "number"));
    query.and_where_option(find.record_id.map(|id| Expr::col("record_id").eq(id)));
    query.and_where_option(find.from.map(|from| Expr::col("at").gte(from)));
    query.and_where_option(find.before.map(|before| Expr::col("at").lt(before)));
    if let Some((at, host, seq)) = &find.after {
        let same_at = Expr::col("at").eq(*at);
        let earlier_in_host = Expr::col("host").eq(host.as_str()).and(Expr::col("seq").lt(*seq));
        let other_host = Expr::col("host").lt(host.as_str());
        query.and_where(Expr::col("at").lt(*at).or(same_at.and(earlier_in_host.or(other_host))));
    }
    query.order_by("at", Order::Desc).order_by("host", Order::Desc).order_by("seq", Order::Desc).limit(find.limit);
    query
}

fn audit_row(row: &Row) -> Result<AuditRow, Failure> {
    Ok(AuditRow {
        host: row.get("host")?,
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        origin: row.get("origin")?,
        site: row.get("site")?,
        record_type: row.get("record_type")?,
        record_id: row.get("record_id")?,
        number: row.get("number")?,
        version: row.get("version")?,
        command: row.get("command")?,
        rule: row.get("rule")?,
        changes: row.get("changes")?,
    })
}

/// Puts personal values in the place of their digests.
fn reveal(changes: &mut Value, values: &Map<String, Value>) {
    let sides = changes.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for side in sides.flat_map(Map::values_mut) {
        let Some(digest) = side.get("digest").and_then(Value::as_str) else { continue };
        *side = values.get(digest).cloned().unwrap_or_else(|| json!({ "erased": true }));
    }
}
