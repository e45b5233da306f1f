//! Papers: one row a print of a form, its data frozen when it was made.
//!
//! Not here: the page itself (`forms`), which is made from the row after the commit and kept by its hash.

use chrono::{DateTime, Utc};
use deskbell_proto::{Period, RecordRef};
use sea_orm::Order;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use serde_json::Value;
use uuid::Uuid;

use super::row::Row;
use super::{Reader, Stamp, Store, Tx, View};
use crate::problem::Problem;

/// A paper to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPaper<'a> {
    pub id: Uuid,
    /// `letters.handoff-sheet`
    pub form: &'a str,
    pub title: &'a str,
    pub lang: &'a str,
    pub record: Option<&'a RecordRef>,
    pub period: Option<Period>,
    /// What the template is given, the signatures included.
    pub data: &'a Value,
    pub made_by: &'a str,
    pub run: Option<Uuid>,
}

/// A paper as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PaperRow {
    pub id: Uuid,
    pub form: String,
    pub site: String,
    /// A record's id, or `2026-11-01..2026-11-30`.
    pub subject: String,
    pub record: Option<RecordRef>,
    pub period: Option<Period>,
    pub title: String,
    pub lang: String,
    pub data: Value,
    /// The template it was first set with; none until then.
    pub template_hash: Option<String>,
    pub copy: i64,
    pub made_at: DateTime<Utc>,
    pub made_by: String,
    /// The PDF's SHA-256, once it has been set.
    pub file_hash: Option<String>,
    pub warnings: Vec<String>,
}

impl PaperRow {
    /// The personal data of its record was erased, and what it showed with it.
    pub fn is_erased(&self) -> bool {
        self.data == Value::Null
    }
}

/// What setting a paper into type brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPaper {
    pub template_hash: String,
    pub template_source: String,
    pub file_hash: String,
    pub warnings: Vec<String>,
}

/// What stands in the place of a paper's data once it is erased; any other is an object.
const ERASED: &str = "null";

const COLUMNS: [&str; 18] = [
    "id",
    "form",
    "site",
    "subject",
    "record_type",
    "record_id",
    "period_from",
    "period_to",
    "title",
    "lang",
    "data",
    "template_hash",
    "copy",
    "made_at",
    "made_by",
    "file_hash",
    "warnings",
    "run_id",
];

/// What a paper of a record or of a period is filed under.
pub fn subject_of(record: Option<&RecordRef>, period: Option<Period>) -> String {
    match (record, period) {
        (Some(record), _) => record.id.to_string(),
        (None, Some(Period { from, to })) => format!("{from}..{to}"),
        (None, None) => String::new(),
    }
}

impl Tx<'_> {
    /// Keeps a paper and returns which copy it is: the first of its data is 1, the same data again the next one.
    pub fn put_paper(&mut self, paper: &NewPaper<'_>, stamp: Stamp<'_>) -> Result<i64, Problem> {
        let subject = subject_of(paper.record, paper.period);
        let data = paper.data.to_string();
        let copy = self.copies(paper.form, stamp.site, &subject, paper.lang, &data)? + 1;
        self.insert_paper(paper, copy, stamp)?;
        Ok(copy)
    }

    /// Keeps the paper of a dry run: copy 0, which says on its face that it is a sample.
    pub fn put_sample(&mut self, paper: &NewPaper<'_>, stamp: Stamp<'_>) -> Result<(), Problem> {
        self.insert_paper(paper, 0, stamp)
    }

    fn insert_paper(&mut self, paper: &NewPaper<'_>, copy: i64, stamp: Stamp<'_>) -> Result<(), Problem> {
        let mut insert = Query::insert();
        insert.into_table("papers").columns(COLUMNS).values_panic([
            paper.id.into(),
            paper.form.into(),
            stamp.site.into(),
            subject_of(paper.record, paper.period).into(),
            paper.record.map(|record| record.record_type.clone()).into(),
            paper.record.map(|record| record.id).into(),
            paper.period.map(|period| period.from).into(),
            paper.period.map(|period| period.to).into(),
            paper.title.into(),
            paper.lang.into(),
            paper.data.to_string().into(),
            Option::<String>::None.into(),
            copy.into(),
            stamp.at.into(),
            paper.made_by.into(),
            Option::<String>::None.into(),
            Option::<String>::None.into(),
            paper.run.into(),
        ]);
        self.execute(&insert)?;
        Ok(())
    }

    /// Forgets what the papers of a record showed; that they were made stays. Their files go with the next sweep
    /// (`retention`).
    pub fn erase_papers(&mut self, record_type: &str, record: Uuid) -> Result<(), Problem> {
        let mut update = Query::update();
        update
            .table("papers")
            .value("data", ERASED)
            .value("file_hash", Option::<String>::None)
            .and_where(Expr::col("record_type").eq(record_type))
            .and_where(Expr::col("record_id").eq(record));
        self.execute(&update)?;
        Ok(())
    }

    fn copies(&mut self, form: &str, site: &str, subject: &str, lang: &str, data: &str) -> Result<i64, Problem> {
        let mut query = Query::select();
        query
            .expr_as(Expr::col("copy").max(), "copies")
            .from("papers")
            .and_where(Expr::col("form").eq(form))
            .and_where(Expr::col("site").eq(site))
            .and_where(Expr::col("subject").eq(subject))
            .and_where(Expr::col("lang").eq(lang))
            .and_where(Expr::col("data").eq(data));
        let copies: Option<i64> = match self.row(&query)? {
            Some(row) => row.get("copies")?,
            None => None,
        };
        Ok(copies.unwrap_or(0))
    }

    /// Notes how a paper was set into type. What was noted first stays: any copy fetched again is the same.
    pub fn note_set_paper(&mut self, id: Uuid, set: &SetPaper) -> Result<(), Problem> {
        let mut template = Query::insert();
        template
            .into_table("paper_templates")
            .columns(["hash", "source"])
            .values_panic([set.template_hash.as_str().into(), set.template_source.as_str().into()])
            .on_conflict(OnConflict::column("hash").do_nothing().to_owned());
        self.execute(&template)?;
        let mut update = Query::update();
        update
            .table("papers")
            .value("template_hash", set.template_hash.as_str())
            .value("file_hash", set.file_hash.as_str())
            .value("warnings", serde_json::to_string(&set.warnings).map_err(Problem::internal)?)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("file_hash").is_null());
        self.execute(&update)?;
        Ok(())
    }
}

impl View {
    /// The hashes of all files of papers, each once.
    async fn set_papers(&self) -> Result<Vec<String>, Problem> {
        let rows = self.sql("SELECT DISTINCT file_hash FROM papers WHERE file_hash IS NOT NULL").await?;
        Ok(rows.iter().map(|row| row.get("file_hash")).collect::<Result<_, _>>()?)
    }
}

impl Reader {
    pub async fn set_papers(&self) -> Result<Vec<String>, Problem> {
        self.view.set_papers().await
    }
}

impl Store {
    pub async fn set_papers(&self) -> Result<Vec<String>, Problem> {
        self.view().await?.set_papers().await
    }

    pub async fn paper(&self, id: Uuid) -> Result<Option<PaperRow>, Problem> {
        let mut query = select();
        query.and_where(Expr::col("id").eq(id));
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(paper).transpose()
    }

    /// The newest paper of a form on a subject in a language, whose data a reprint repeats.
    pub async fn last_paper(&self, form: &str, site: &str, subject: &str, lang: &str) -> Result<Option<PaperRow>, Problem> {
        let mut query = select();
        query
            .and_where(Expr::col("form").eq(form))
            .and_where(Expr::col("site").eq(site))
            .and_where(Expr::col("subject").eq(subject))
            .and_where(Expr::col("lang").eq(lang))
            .order_by("id", Order::Desc)
            .limit(1);
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map(paper).transpose()
    }

    /// The original that a paper is a copy of; an original or a sample is its own.
    pub async fn original_of(&self, paper: &PaperRow) -> Result<PaperRow, Problem> {
        if paper.copy <= 1 {
            return Ok(paper.clone());
        }
        let mut query = select();
        query
            .and_where(Expr::col("form").eq(paper.form.as_str()))
            .and_where(Expr::col("site").eq(paper.site.as_str()))
            .and_where(Expr::col("subject").eq(paper.subject.as_str()))
            .and_where(Expr::col("lang").eq(paper.lang.as_str()))
            .and_where(Expr::col("copy").eq(1))
            .and_where(Expr::col("data").eq(paper.data.to_string()));
        let rows = self.view().await?.rows(&query).await?;
        rows.first().map_or_else(|| Ok(paper.clone()), self::paper)
    }

    /// The source of a template that some paper was set with.
    pub async fn paper_template(&self, hash: &str) -> Result<Option<String>, Problem> {
        let mut query = Query::select();
        query.column("source").from("paper_templates").and_where(Expr::col("hash").eq(hash));
        let rows = self.view().await?.rows(&query).await?;
        Ok(rows.first().map(|row| row.get("source")).transpose()?)
    }
}

fn select() -> SelectStatement {
    let mut query = Query::select();
    query.columns(COLUMNS).from("papers");
    query
}

fn paper(row: &Row) -> Result<PaperRow, Problem> {
    let record_type: Option<String> = row.get("record_type")?;
    let id: Option<Uuid> = row.get("record_id")?;
    let (from, to) = (row.get("period_from")?, row.get("period_to")?);
    let warnings: Option<Value> = row.get("warnings")?;
    Ok(PaperRow {
        id: row.get("id")?,
        form: row.get("form")?,
        site: row.get("site")?,
        subject: row.get("subject")?,
        record: record_type.zip(id).map(|(record_type, id)| RecordRef { record_type, id }),
        period: Option::zip(from, to).map(|(from, to)| Period { from, to }),
        title: row.get("title")?,
        lang: row.get("lang")?,
        data: row.get("data")?,
        template_hash: row.get("template_hash")?,
        copy: row.get("copy")?,
        made_at: row.get("made_at")?,
        made_by: row.get("made_by")?,
        file_hash: row.get("file_hash")?,
        warnings: warnings.map(|json| serde_json::from_value(json).unwrap_or_default()).unwrap_or_default(),
    })
}
