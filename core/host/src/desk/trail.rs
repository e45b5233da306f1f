//! The audit trail, read: pages of it, and whether its chains hold.

use chrono::{DateTime, Days, Utc};
use serde_json::{Value, json};

use super::{AuditPage, AuditQuery, ChainCheck, Desk};
use crate::people::Subject;
use crate::problem::Problem;
use crate::store::{AuditFind, AuditRow};

impl Desk {
    /// A page of the audit trail, newest first; for admins.
    pub async fn audit(&self, subject: &Subject, query: AuditQuery) -> Result<AuditPage, Problem> {
        let sites = match &query.site {
            Some(site) => vec![self.parts.sites.get(site)?],
            None => self.parts.sites.all(),
        };
        for site in &sites {
            self.parts.policy.authorize_admin(subject, &site.info.id, "audit")?;
        }
        let Some(first) = sites.first() else { return Ok(AuditPage::default()) };
        let after = query.cursor.as_deref().map(|cursor| read_cursor(cursor).ok_or_else(bad_cursor)).transpose()?;
        // What belongs to no site, such as an account, stands under `*`.
        let of_the_desk = query.site.is_none().then(|| "*".to_owned());
        let find = AuditFind {
            sites: sites.iter().map(|site| site.info.id.clone()).chain(of_the_desk).collect(),
            actor: query.user,
            record_type: query.record_type,
            record_id: None,
            number: query.number,
            from: query.from.map(|day| first.start_of(day)),
            before: query.to.and_then(|day| day.checked_add_days(Days::new(1))).map(|day| first.start_of(day)),
            limit: query.limit,
            after,
        };
        let rows = self.parts.store.view().await?.audit(&find).await?;
        let is_full = rows.len() as u64 >= query.limit;
        let next_cursor =
            rows.last().filter(|_| is_full).map(|last| format!("{}/{}/{}", last.at.timestamp_millis(), last.host, last.seq));
        Ok(AuditPage { items: rows.into_iter().map(entry).collect(), next_cursor })
    }

    /// Walks every audit chain from its first entry; a broken one is named with its first bad sequence.
    pub async fn verify_audit(&self) -> Result<Vec<ChainCheck>, Problem> {
        let chains = self.parts.store.verify_audit().await?;
        let check = |chain: crate::store::ChainState| {
            let (broken_at, reason) = chain.broken.unzip();
            ChainCheck { host: chain.host, entries: chain.entries, head: chain.head, broken_at, reason }
        };
        Ok(chains.into_iter().map(check).collect())
    }
}

/// An entry as the API shows it.
pub(crate) fn entry(row: AuditRow) -> Value {
    json!({
        "host": row.host,
        "seq": row.seq,
        "at": row.at,
        "actor": row.actor,
        "origin": row.origin,
        "site": row.site,
        "type": row.record_type,
        "number": row.number,
        "version": row.version,
        "command": row.command,
        "rule": row.rule,
        "changes": row.changes,
    })
}

/// `1764000000000/host/17`: the last entry of the page before.
fn read_cursor(cursor: &str) -> Option<(DateTime<Utc>, String, i64)> {
    let (millis, rest) = cursor.split_once('/')?;
    let (host, seq) = rest.rsplit_once('/')?;
    Some((DateTime::from_timestamp_millis(millis.parse().ok()?)?, host.to_owned(), seq.parse().ok()?))
}

fn bad_cursor() -> Problem {
    Problem::invalid_field("cursor", "bad-cursor", [])
}
