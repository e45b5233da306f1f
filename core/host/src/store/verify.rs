//! Does the data hold together? Everything that must be true of it after any fault, looked at in one consistent view.
//!
//! A check that finds something goes on, and so do the others: all that is wrong is told at once. Not here: the files of
//! papers (`crate::verify`), mending anything.

use std::collections::BTreeMap;

use deskbell_proto::value::FieldKind;
use sea_orm::DbBackend;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Store;
use super::failure::Failure;
use super::row::Row;
use super::types::RecordTable;
use super::view::View;
use crate::problem::Problem;

/// Faults that one check lists; the rest is counted.
const LISTED: usize = 50;

/// One thing that must hold, and where it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub check: String,
    pub looked_at: u64,
    pub n_faults: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub what: String,
    pub why: String,
}

impl Check {
    pub fn new(check: &str) -> Self {
        Check { check: check.to_owned(), looked_at: 0, n_faults: 0, faults: Vec::new() }
    }

    pub fn fault(&mut self, what: impl ToString, why: impl ToString) {
        self.n_faults += 1;
        if self.faults.len() < LISTED {
            self.faults.push(Fault { what: what.to_string(), why: why.to_string() });
        }
    }
}

impl Store {
    /// Looks at everything that must hold of the data.
    pub async fn verify(&self) -> Result<Vec<Check>, Problem> {
        Ok(self.reader().await?.verify().await)
    }
}

/// What could not be looked at is a fault, too: a damaged page must not hide what the others know.
pub(super) async fn verify(view: &View) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut done = |check: Check, end: Result<(), Problem>| {
        let mut check = check;
        if let Err(problem) = end {
            check.fault(check.check.clone(), format!("cannot be read to its end: {}", problem.detail));
        }
        checks.push(check);
    };
    macro_rules! look {
        ($name:literal, $check:ident($($argument:expr),*)) => {{
            let mut check = Check::new($name);
            let end = $check(view, $($argument,)* &mut check).await;
            done(check, end);
        }};
    }
    if view.backend() == DbBackend::Sqlite {
        look!("database file", file());
    }
    look!("audit chains", chains());
    let mut types = Check::new("record types");
    let tables = match view.record_tables().await {
        Ok(tables) => tables,
        Err(problem) => {
            types.fault("record_types", problem.detail);
            Vec::new()
        }
    };
    types.looked_at = tables.len() as u64;
    done(types, Ok(()));
    look!("numbers", numbers(&tables));
    look!("versions", versions(&tables));
    look!("references", references(&tables));
    look!("ledgers", balances(&tables));
    look!("job ledger", job_ledger());
    look!("papers", papers());
    look!("answers", answers());
    look!("outbox", outbox());
    checks
}

/// SQLite's own checks.
async fn file(view: &View, check: &mut Check) -> Result<(), Problem> {
    for row in view.sql("PRAGMA integrity_check(50)").await? {
        let verdict: String = row.get("integrity_check")?;
        if verdict != "ok" {
            check.fault("integrity_check", verdict);
        }
    }
    for row in view.sql("SELECT \"table\" AS name, parent FROM pragma_foreign_key_check").await? {
        check.fault(row.get::<String>("name")?, format!("a row names one of {} that is not there", row.get::<String>("parent")?));
    }
    check.looked_at = 1;
    Ok(())
}

async fn chains(view: &View, check: &mut Check) -> Result<(), Problem> {
    for chain in view.walk_chains().await? {
        check.looked_at += chain.entries;
        if let Some((seq, reason)) = chain.broken {
            check.fault(format!("entry {seq} of host {}", chain.host), reason);
        }
    }
    Ok(())
}

/// The numbers given out in one series.
#[derive(Debug, Default)]
struct Series {
    drawn: i64,
    given: i64,
    highest: i64,
}

/// Every series is whole: as many records as numbers drawn, and none above.
async fn numbers(view: &View, tables: &[RecordTable], check: &mut Check) -> Result<(), Problem> {
    for table in tables.iter().filter(|table| table.column("number").is_some()) {
        let mut series: BTreeMap<(String, String), Series> = BTreeMap::new();
        let counters = format!("SELECT site, period, drawn FROM counters WHERE record_type = '{}'", table.record_type);
        for row in view.sql(&counters).await? {
            series.entry((row.get("site")?, row.get("period")?)).or_default().drawn = row.get("drawn")?;
        }
        view.each(&format!("SELECT site, number FROM \"{}\"", table.name), |row| {
            check.looked_at += 1;
            let number: String = row.get("number")?;
            let Some((period, count)) = read_number(&number) else {
                check.fault(format!("{} {number}", table.record_type), "this is no number of a series");
                return Ok(());
            };
            let series = series.entry((row.get("site")?, period.to_owned())).or_default();
            series.given += 1;
            series.highest = series.highest.max(count);
            Ok(())
        })
        .await?;
        for ((site, period), found) in series {
            if found.given != found.drawn || found.highest != found.drawn {
                let missing = first_missing(view, table, &site, &period, found.drawn).await?;
                let missing = missing.map(|count| format!(", number {count} first is missing")).unwrap_or_default();
                let why = format!("{} numbers were drawn, {} records have one{missing}", found.drawn, found.given);
                check.fault(format!("{} {period} at {site}", table.record_type), why);
            }
        }
    }
    Ok(())
}

/// Splits `L-20261124-003` into its period and its count; a series without an end has the period ``.
fn read_number(number: &str) -> Option<(&str, i64)> {
    let (rest, count) = number.rsplit_once('-')?;
    let is_period = |text: &str| matches!(text.len(), 4 | 8) && text.bytes().all(|byte| byte.is_ascii_digit());
    let period = rest.rsplit_once('-').map(|(_, last)| last).filter(|last| is_period(last)).unwrap_or_default();
    Some((period, count.parse().ok()?))
}

async fn first_missing(view: &View, table: &RecordTable, site: &str, period: &str, drawn: i64) -> Result<Option<i64>, Problem> {
    let mut given = std::collections::BTreeSet::new();
    view.each(&format!("SELECT site, number FROM \"{}\"", table.name), |row| {
        let number: String = row.get("number")?;
        if row.get::<String>("site")? == site
            && let Some((_, count)) = read_number(&number).filter(|(of, _)| *of == period)
        {
            given.insert(count);
        }
        Ok(())
    })
    .await?;
    Ok((1..=drawn).find(|count| !given.contains(count)))
}

/// A signature stands in the trail beside the version that was signed.
const NOT_A_SIGNATURE: &str = "a.command NOT LIKE 'sign % by % as %'";

/// One entry of the trail for every version of every record, and none for a record that is not there.
async fn versions(view: &View, tables: &[RecordTable], check: &mut Check) -> Result<(), Problem> {
    for RecordTable { record_type, name, .. } in tables {
        let rows = view.sql(&format!("SELECT count(*) AS records FROM \"{name}\"")).await?;
        check.looked_at += rows.first().map_or(Ok(0), |row| row.get::<i64>("records"))?.unsigned_abs();
        let entries = format!(
            "SELECT r.id AS id, r.version AS version, count(a.seq) AS entries, count(DISTINCT a.version) AS versions, \
             coalesce(max(a.version), 0) AS last FROM \"{name}\" r LEFT JOIN audit a ON a.record_id = r.id \
             AND a.record_type = '{record_type}' AND {NOT_A_SIGNATURE} GROUP BY r.id, r.version \
             HAVING count(a.seq) <> r.version OR count(DISTINCT a.version) <> r.version OR coalesce(max(a.version), 0) <> r.version"
        );
        let why = |row: &Row| {
            let (version, entries, last): (i64, i64, i64) = (row.get("version")?, row.get("entries")?, row.get("last")?);
            Ok(format!("it has version {version}, the trail has {entries} entries of it, the last of version {last}"))
        };
        faults_of(view, &entries, check, |row| named(record_type, row), why).await?;
        let gone = format!(
            "SELECT a.record_id AS id, count(*) AS entries FROM audit a \
             LEFT JOIN \"{name}\" r ON r.site = a.site AND r.id = a.record_id \
             WHERE a.record_type = '{record_type}' AND r.id IS NULL GROUP BY a.record_id"
        );
        let why = |row: &Row| Ok(format!("the trail has {} entries of a record that is gone", row.get::<i64>("entries")?));
        faults_of(view, &gone, check, |row| named(record_type, row), why).await?;
    }
    Ok(())
}

fn named(record_type: &str, row: &Row) -> Result<String, Failure> {
    Ok(format!("{record_type} {}", row.get::<Uuid>("id")?))
}

/// Rows that name a row which must be there: table, column, whose.
const REFERENCES: [(&str, &str, &str, &str); 4] = [
    ("job_attempts", "run_id", "job_runs", "id"),
    ("run_log", "run_id", "job_runs", "id"),
    ("user_roles", "login", "users", "login"),
    ("tokens", "login", "users", "login"),
];

/// Tables with rows about records of any type.
const ABOUT_RECORDS: [&str; 2] = ["sign_offs", "papers"];

/// Whoever names a record is of the record's site, and by the site the record is found.
const AT_ITS_SITE: &str = " AND t.site = n.site";

async fn references(view: &View, tables: &[RecordTable], check: &mut Check) -> Result<(), Problem> {
    for (table, column, target, key) in REFERENCES {
        must_be_there(view, (table, column, "1 = 1"), (target, key, ""), check).await?;
    }
    let its_entry = " AND t.host = n.host AND t.seq = n.seq";
    must_be_there(view, ("audit_values", "record_id", "1 = 1"), ("audit", "record_id", its_entry), check).await?;
    for table in tables {
        for about in ABOUT_RECORDS {
            let of_type = format!("n.record_type = '{}'", table.record_type);
            must_be_there(view, (about, "record_id", &of_type), (&table.name, "id", AT_ITS_SITE), check).await?;
        }
        for column in &table.columns {
            let FieldKind::Reference { record_type } = &column.kind else { continue };
            if let Some(target) = tables.iter().find(|target| target.record_type == *record_type) {
                must_be_there(view, (&table.name, &column.name, "1 = 1"), (&target.name, "id", AT_ITS_SITE), check).await?;
            }
        }
    }
    Ok(())
}

async fn must_be_there(
    view: &View,
    (table, column, condition): (&str, &str, &str),
    (target, key, and): (&str, &str, &str),
    check: &mut Check,
) -> Result<(), Problem> {
    check.looked_at += 1;
    let dangling = format!(
        "SELECT n.\"{column}\" AS named, count(*) AS rows FROM \"{table}\" n \
         LEFT JOIN \"{target}\" t ON t.\"{key}\" = n.\"{column}\"{and} \
         WHERE n.\"{column}\" IS NOT NULL AND t.\"{key}\" IS NULL AND {condition} GROUP BY n.\"{column}\""
    );
    let what = |row: &Row| Ok(format!("{table}.{column} {}", row.get::<String>("named")?));
    let why = |row: &Row| Ok(format!("{} rows name it, but {target} has no such row", row.get::<i64>("rows")?));
    faults_of(view, &dangling, check, what, why).await
}

/// Every balance is the sum of its entries, and none is below zero.
async fn balances(view: &View, tables: &[RecordTable], check: &mut Check) -> Result<(), Problem> {
    for entries in tables {
        let Some(ledger) = &entries.description.ledger else { continue };
        let Some(accounts) = tables.iter().find(|table| table.record_type == ledger.account_type) else { continue };
        check.looked_at += 1;
        let (entry, account) = (&entries.name, &accounts.name);
        let (amount, of, balance) = (&ledger.amount, &ledger.account, &ledger.balance);
        let apart = format!(
            "SELECT a.id AS id, a.\"{balance}\" AS balance, CAST(coalesce(sum(e.\"{amount}\"), 0) AS bigint) AS entered \
             FROM \"{account}\" a LEFT JOIN \"{entry}\" e ON e.\"{of}\" = a.id GROUP BY a.id, a.\"{balance}\" \
             HAVING a.\"{balance}\" <> coalesce(sum(e.\"{amount}\"), 0) OR a.\"{balance}\" < 0"
        );
        let what = |row: &Row| Ok(format!("{} {}", accounts.record_type, row.get::<Uuid>("id")?));
        let why = |row: &Row| {
            Ok(format!("its {balance} is {}, its entries make {}", row.get::<i64>("balance")?, row.get::<i64>("entered")?))
        };
        faults_of(view, &apart, check, what, why).await?;
    }
    Ok(())
}

/// One row an occurrence, one run of a job at a time, one successful attempt a run that succeeded, its papers with it.
async fn job_ledger(view: &View, check: &mut Check) -> Result<(), Problem> {
    let run = |row: &Row| Ok(format!("run {} of {}", row.get::<Uuid>("id")?, row.get::<String>("job")?));
    let doubled = "SELECT job, site, occurrence_key AS occurrence, count(*) AS runs FROM job_runs \
                   GROUP BY job, site, occurrence_key HAVING count(*) > 1";
    let what = |row: &Row| Ok(format!("{} {}", row.get::<String>("job")?, row.get::<String>("occurrence")?));
    faults_of(view, doubled, check, what, |row| Ok(format!("it has {} runs", row.get::<i64>("runs")?))).await?;
    let at_once = "SELECT job, site, count(*) AS runs FROM job_runs WHERE state = 'running' AND kind <> 'dry' \
                   GROUP BY job, site HAVING count(*) > 1";
    let what = |row: &Row| Ok(format!("{} at {}", row.get::<String>("job")?, row.get::<String>("site")?));
    faults_of(view, at_once, check, what, |row| Ok(format!("{} runs go on at once", row.get::<i64>("runs")?))).await?;
    let without_end = "SELECT id, job FROM job_runs WHERE state = 'succeeded' AND (finished_at IS NULL OR outcome IS NULL) \
                       OR state = 'failed' AND finished_at IS NULL";
    faults_of(view, without_end, check, run, |_| Ok("it has ended, but its end was not written".to_owned())).await?;
    let attempts = "SELECT r.id AS id, r.job AS job, r.state AS state, count(a.attempt) AS attempts FROM job_runs r \
                    LEFT JOIN job_attempts a ON a.run_id = r.id AND a.result = 'succeeded' WHERE r.kind <> 'dry' \
                    GROUP BY r.id, r.job, r.state HAVING r.state = 'succeeded' AND count(a.attempt) <> 1 \
                    OR r.state <> 'succeeded' AND count(a.attempt) > 0";
    let why = |row: &Row| {
        Ok(format!("it is {}, with {} attempts that succeeded", row.get::<String>("state")?, row.get::<i64>("attempts")?))
    };
    faults_of(view, attempts, check, run, why).await?;
    run_papers(view, check).await
}

/// A run tells of its papers, and no paper has a run that does not tell of it.
async fn run_papers(view: &View, check: &mut Check) -> Result<(), Problem> {
    let told = "SELECT r.id AS id, r.job AS job, coalesce(r.papers, '[]') AS told, count(p.id) AS kept FROM job_runs r \
                LEFT JOIN papers p ON p.run_id = r.id GROUP BY r.id, r.job, r.papers";
    view.each(told, |row| {
        check.looked_at += 1;
        let told = row.get::<Value>("told")?.as_array().map_or(0, Vec::len);
        let kept: i64 = row.get("kept")?;
        if told as u64 != kept.unsigned_abs() {
            let what = format!("run {} of {}", row.get::<Uuid>("id")?, row.get::<String>("job")?);
            check.fault(what, format!("it tells of {told} papers, {kept} are kept"));
        }
        Ok(())
    })
    .await?;
    // A sample is kept a moment before its dry run.
    let without_run = "SELECT p.id AS id, p.form AS form FROM papers p LEFT JOIN job_runs r ON r.id = p.run_id \
                       WHERE p.run_id IS NOT NULL AND p.copy > 0 AND r.id IS NULL";
    let what = |row: &Row| Ok(format!("paper {} of {}", row.get::<Uuid>("id")?, row.get::<String>("form")?));
    faults_of(view, without_run, check, what, |_| Ok("it was made by a run that is not there".to_owned())).await
}

/// Data that can be set again, copies counted without a gap, templates that are what was set with them.
async fn papers(view: &View, check: &mut Check) -> Result<(), Problem> {
    view.each("SELECT id, form, data FROM papers", |row| {
        check.looked_at += 1;
        if row.get::<Value>("data").is_err() {
            check.fault(format!("paper {} of {}", row.get::<Uuid>("id")?, row.get::<String>("form")?), "its data cannot be read");
        }
        Ok(())
    })
    .await?;
    let copies = "SELECT form, subject, count(*) AS papers, max(copy) AS last FROM papers WHERE copy > 0 \
                  GROUP BY form, site, subject, lang, data HAVING count(*) <> max(copy)";
    let what = |row: &Row| Ok(format!("{} of {}", row.get::<String>("form")?, row.get::<String>("subject")?));
    let why = |row: &Row| Ok(format!("{} papers, the last is copy {}", row.get::<i64>("papers")?, row.get::<i64>("last")?));
    faults_of(view, copies, check, what, why).await?;
    view.each("SELECT hash, source FROM paper_templates", |row| {
        let hash: String = row.get("hash")?;
        if hex::encode(Sha256::digest(row.get::<String>("source")?)) != hash {
            check.fault(format!("template {hash}"), "it is not what papers were set with");
        }
        Ok(())
    })
    .await?;
    let without = "SELECT p.id AS id, p.form AS form FROM papers p LEFT JOIN paper_templates t ON t.hash = p.template_hash \
                   WHERE p.template_hash IS NOT NULL AND t.hash IS NULL";
    let what = |row: &Row| Ok(format!("paper {} of {}", row.get::<Uuid>("id")?, row.get::<String>("form")?));
    faults_of(view, without, check, what, |_| Ok("the template it was set with is not there".to_owned())).await
}

/// Answers kept under idempotency keys can be given again.
async fn answers(view: &View, check: &mut Check) -> Result<(), Problem> {
    view.each("SELECT key, body_hash, answer FROM idempotency", |row| {
        check.looked_at += 1;
        let hash = hex::decode(row.get::<String>("body_hash")?).is_ok_and(|hash| hash.len() == 32);
        if !hash || row.get::<Value>("answer").is_err() {
            check.fault(format!("key {}", row.get::<String>("key")?), "its answer cannot be given again");
        }
        Ok(())
    })
    .await?;
    Ok(())
}

/// What is to be told onwards can be read.
async fn outbox(view: &View, check: &mut Check) -> Result<(), Problem> {
    view.each("SELECT seq, body, attempts FROM outbox", |row| {
        check.looked_at += 1;
        if row.get::<Value>("body").is_err() || row.get::<i64>("attempts")? < 0 {
            check.fault(format!("message {}", row.get::<i64>("seq")?), "it cannot be sent");
        }
        Ok(())
    })
    .await?;
    let without = "SELECT m.seq AS seq, m.delivery AS delivery FROM messages m LEFT JOIN notices n ON n.id = m.notice \
                   WHERE m.done_at IS NULL AND n.id IS NULL";
    let what = |row: &Row| Ok(format!("message {} of {}", row.get::<i64>("seq")?, row.get::<String>("delivery")?));
    faults_of(view, without, check, what, |_| Ok("the notice that it tells is not there".to_owned())).await
}

/// Notes every row of an answer as a fault.
async fn faults_of(
    view: &View,
    sql: &str,
    check: &mut Check,
    what: impl Fn(&Row) -> Result<String, Failure> + Send + Sync,
    why: impl Fn(&Row) -> Result<String, Failure> + Send + Sync,
) -> Result<(), Problem> {
    view.each(sql, |row| {
        check.fault(what(&row)?, why(&row)?);
        Ok(())
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_its_period_and_its_count() {
        assert_eq!(read_number("L-20261124-003"), Some(("20261124", 3)));
        assert_eq!(read_number("HS-2026-1001"), Some(("2026", 1001)));
        assert_eq!(read_number("A-017"), Some(("", 17)));
        assert_eq!(read_number("A-B"), None);
    }
}
