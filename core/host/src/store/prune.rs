//! Forgets what was only of use for a while, a little at a time, so that no command waits for it.

use chrono::{DateTime, Utc};
use sea_orm::Order;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::{Store, Tx};
use crate::problem::Problem;

/// Rows in one transaction: a few milliseconds of the writer.
const CHUNK: u64 = 200;

impl Store {
    /// Forgets answers kept under keys before a time, and says how many. What anybody's answer is (an import's) stays: the
    /// same file may come again at any time.
    pub async fn forget_answers(&self, before: DateTime<Utc>) -> Result<u64, Problem> {
        self.in_chunks(move |tx| forget_some_answers(tx, before)).await
    }

    /// Forgets what was told onwards before a time, inside the desk and outside, and says how many.
    pub async fn forget_told(&self, before: DateTime<Utc>) -> Result<u64, Problem> {
        let inside = self.in_chunks(move |tx| forget_some_done(tx, "outbox", before)).await?;
        let outside = self.in_chunks(move |tx| forget_some_done(tx, "messages", before)).await?;
        Ok(inside + outside)
    }

    async fn in_chunks<F>(&self, forget: F) -> Result<u64, Problem>
    where
        F: Fn(&mut Tx<'_>) -> Result<u64, Problem> + Clone + Send + 'static,
    {
        let mut forgotten = 0;
        loop {
            let forget = forget.clone();
            let some = self.write(move |tx| forget(tx)).await?;
            forgotten += some;
            if some < CHUNK {
                return Ok(forgotten);
            }
        }
    }
}

fn forget_some_answers(tx: &mut Tx<'_>, before: DateTime<Utc>) -> Result<u64, Problem> {
    let mut query = Query::select();
    query
        .columns(["login", "route", "key"])
        .from("idempotency")
        .and_where(Expr::col("created_at").lt(before))
        .and_where(Expr::col("login").ne(super::ANYBODY))
        .order_by("created_at", Order::Asc)
        .limit(CHUNK);
    let rows = tx.rows(&query)?;
    for row in &rows {
        let [login, route, key]: [String; 3] = [row.get("login")?, row.get("route")?, row.get("key")?];
        let mut delete = Query::delete();
        delete
            .from_table("idempotency")
            .and_where(Expr::col("login").eq(login))
            .and_where(Expr::col("route").eq(route))
            .and_where(Expr::col("key").eq(key));
        tx.execute(&delete)?;
    }
    Ok(rows.len() as u64)
}

fn forget_some_done(tx: &mut Tx<'_>, table: &'static str, before: DateTime<Utc>) -> Result<u64, Problem> {
    let mut done = Query::select();
    done.column("seq").from(table).and_where(Expr::col("done_at").lt(before)).order_by("seq", Order::Asc).limit(CHUNK);
    let mut delete = Query::delete();
    delete.from_table(table).and_where(Expr::col("seq").in_subquery(done));
    Ok(tx.execute(&delete)?)
}
