//! Sign-offs: who signed which box of a record, in which role, when, and what they saw. Never changed, only voided.

use chrono::{DateTime, Utc};
use sea_orm::Order;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::row::Row;
use super::{Stamp, Tx, View};
use crate::problem::Problem;

/// A signature to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignOff<'a> {
    pub record_type: &'a str,
    pub record: Uuid,
    pub sign_box: &'a str,
    pub role: &'a str,
    pub user: &'a str,
    pub name: &'a str,
    /// The hash of the record's signed fields, as the signer saw them.
    pub signed_hash: String,
}

/// A signature as records and papers show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    #[serde(rename = "box")]
    pub sign_box: String,
    pub role: String,
    pub user: String,
    pub name: String,
    pub at: DateTime<Utc>,
    /// Something that was signed for has changed since.
    pub voided: bool,
}

impl Tx<'_> {
    pub fn put_sign_off(&mut self, sign_off: &NewSignOff<'_>, stamp: Stamp<'_>) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert
            .into_table("sign_offs")
            .columns(["id", "record_type", "record_id", "site", "box", "role", "login", "name", "signed_at", "signed_hash"])
            .values_panic([
                Uuid::now_v7().into(),
                sign_off.record_type.into(),
                sign_off.record.into(),
                stamp.site.into(),
                sign_off.sign_box.into(),
                sign_off.role.into(),
                sign_off.user.into(),
                sign_off.name.into(),
                stamp.at.into(),
                sign_off.signed_hash.as_str().into(),
            ]);
        self.execute(&insert)?;
        Ok(())
    }

    /// Voids the signatures of a record whose signed fields have changed; they stay visible as void.
    pub fn void_sign_offs(&mut self, record_type: &str, record: Uuid, at: DateTime<Utc>) -> Result<(), Problem> {
        let mut update = Query::update();
        update.table("sign_offs").value("voided_at", at);
        update.and_where(Expr::col("record_type").eq(record_type)).and_where(Expr::col("record_id").eq(record));
        update.and_where(Expr::col("voided_at").is_null());
        self.execute(&update)?;
        Ok(())
    }

    /// The signatures of a record, the oldest first.
    pub fn sign_offs(&mut self, record_type: &str, record: Uuid) -> Result<Vec<SignOff>, Problem> {
        self.rows(&select(record_type, record))?.iter().map(sign_off).collect()
    }
}

impl View {
    /// The signatures of a record, the oldest first.
    pub async fn sign_offs(&self, record_type: &str, record: Uuid) -> Result<Vec<SignOff>, Problem> {
        self.rows(&select(record_type, record)).await?.iter().map(sign_off).collect()
    }
}

fn select(record_type: &str, record: Uuid) -> SelectStatement {
    let mut query = Query::select();
    query.columns(["box", "role", "login", "name", "signed_at", "voided_at"]).from("sign_offs");
    query.and_where(Expr::col("record_type").eq(record_type)).and_where(Expr::col("record_id").eq(record));
    query.order_by("id", Order::Asc);
    query
}

fn sign_off(row: &Row) -> Result<SignOff, Problem> {
    let voided_at: Option<DateTime<Utc>> = row.get("voided_at")?;
    Ok(SignOff {
        sign_box: row.get("box")?,
        role: row.get("role")?,
        user: row.get("login")?,
        name: row.get("name")?,
        at: row.get("signed_at")?,
        voided: voided_at.is_some(),
    })
}
