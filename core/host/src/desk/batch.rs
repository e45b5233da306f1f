//! Many new records as one command: each through its type's own handler, all in one transaction or none.
//!
//! What stands in the way is found for every row before anything is refused. Not here: where the rows come from (`imports`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deskbell_proto::description::TypeDescription;
use deskbell_proto::{FieldFault, Fields, Find, Handler, Operator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Desk;
use super::apply::{Plan, Stop, Stopped, is_the_items_own};
use super::command::{Command, Idempotency, Reply, Verb};
use super::handler::Circumstances;
use super::pipeline::{ATTEMPTS, Target};
use super::replays::{Begun, keep_answer};
use crate::people::Subject;
use crate::problem::{Code, Problem, RowFault};
use crate::store::{ANYBODY, Tx, View};

/// Records to be created together.
#[derive(Debug, Clone)]
pub struct Batch {
    pub site: String,
    pub subject: Subject,
    /// `letters.letter`
    pub record_type: String,
    pub rows: Vec<BatchRow>,
    /// The hash of what the rows were read from.
    pub source: [u8; 32],
    /// Decided and written, and rolled back.
    pub dry: bool,
}

/// One record to be, and where it stands in its source.
#[derive(Debug, Clone, Default)]
pub struct BatchRow {
    pub row: u32,
    pub fields: Fields,
    /// What could not even be read.
    pub faults: Vec<FieldFault>,
    /// The heading of each field's column.
    pub columns: Arc<BTreeMap<String, String>>,
}

/// What became of a batch; kept and given again for the same source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchReply {
    #[serde(rename = "type")]
    pub record_type: String,
    pub site: String,
    pub dry_run: bool,
    /// The same source was taken in before, and nothing was done now.
    pub repeated: bool,
    pub at: DateTime<Utc>,
    pub by: String,
    pub created: usize,
    #[serde(default)]
    pub changed: usize,
    pub unchanged: usize,
    pub items: Vec<BatchItem>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchItem {
    pub row: u32,
    pub outcome: ItemOutcome,
    pub number: String,
    /// In a dry run, what it would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Fields>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemOutcome {
    Created,
    /// It is there already, and was brought up to date.
    Changed,
    /// It is there already, just as the row says.
    Unchanged,
}

/// What one look at every row came to.
#[derive(Default)]
struct Decided {
    /// By their place among the rows.
    plans: Vec<(usize, Plan)>,
    unchanged: Vec<(usize, Fields)>,
    faults: Vec<(usize, Problem)>,
}

/// The answer of a batch but for what the writing adds to it.
struct Outline {
    head: BatchReply,
    rows: Vec<u32>,
    /// The rows that are written, by their place.
    places: Vec<usize>,
    unchanged: Vec<(usize, Fields)>,
}

impl Desk {
    /// Creates all records of a batch, or answers with everything that is wrong in its rows.
    ///
    /// Rows with a whole unique key whose record is there already, with the same fields, are left alone; where the type's
    /// create amends, its handler brings them up to date. A batch with other
    /// rows is recognised by its source: it has one effect, whoever brings it again.
    pub async fn create_all(&self, batch: Batch) -> Result<BatchReply, Problem> {
        let whole = batch.command(Fields::new());
        let site = self.parts.sites.get(&batch.site)?;
        let target = self.target(&whole.verb)?;
        let described = self.described(&batch.record_type)?;
        if let Some(permission) = &target.permission {
            self.parts.policy.authorize(&batch.subject, &site.info.id, permission)?;
        }
        let is_keyed = |row: &BatchRow| whole_keys(&described, &row.fields).next().is_some();
        let once = if batch.rows.iter().all(is_keyed) { None } else { Some(batch.once()) };
        let begun = self.replays.begin::<BatchReply>(&self.parts.store, ANYBODY, once.as_ref()).await?;
        let _under_way = match begun {
            Begun::Answered(reply) => return Ok(BatchReply { repeated: true, dry_run: batch.dry, ..*reply }),
            Begun::First(guard) => guard,
        };
        let circumstances = self.circumstances(&whole, &target.plugin, site);
        for attempt in 1..=ATTEMPTS {
            let Decided { plans, unchanged, mut faults } = self.decide_all(&batch, &target, &described, &circumstances).await?;
            let (places, plans): (Vec<usize>, Vec<Plan>) = plans.into_iter().unzip();
            let outline = Arc::new(batch.outline(circumstances.now, places, unchanged));
            // With faults it is only looked at whether the rest could be written.
            let is_dry = batch.dry || !faults.is_empty();
            let (whole, once) = (outline.clone(), once.clone());
            let keep = move |tx: &mut Tx<'_>, replies: &[Reply]| {
                keep_answer(tx, ANYBODY, once.as_ref(), &whole.with(replies, false), whole.head.at)
            };
            match self.apply_all(plans, is_dry, keep).await {
                Ok(replies) if faults.is_empty() => return Ok(outline.with(&replies, batch.dry)),
                Ok(_) => {}
                Err(Stopped::All(problem)) => return Err(problem),
                Err(Stopped::Some(stops)) => {
                    let may_pass = stops.iter().any(|(_, stop)| matches!(stop, Stop::Stale | Stop::NoLonger(..)));
                    if may_pass && attempt < ATTEMPTS {
                        continue;
                    }
                    for (index, stop) in stops {
                        faults.push((outline.places[index], problem_of(stop)?));
                    }
                }
            }
            return Err(batch.refused(faults));
        }
        Err(Problem::new(Code::Conflict, "the records kept changing while the batch ran").with_retry_after(1))
    }

    async fn decide_all(
        &self,
        batch: &Batch,
        target: &Target,
        described: &TypeDescription,
        circumstances: &Circumstances,
    ) -> Result<Decided, Problem> {
        let mut decided = Decided::default();
        for (place, row) in batch.rows.iter().enumerate() {
            if !row.faults.is_empty() {
                decided.faults.push((place, Problem::invalid(Some(&target.plugin.manifest.id), row.faults.clone())));
                continue;
            }
            match self.decide_row(batch, row, target, described, circumstances).await {
                Ok(Row::New(plan)) => decided.plans.push((place, *plan)),
                Ok(Row::Known(record)) => decided.unchanged.push((place, record)),
                Err(problem) if is_the_rows_own(problem.code) => decided.faults.push((place, problem)),
                Err(problem) => return Err(problem),
            }
        }
        Ok(decided)
    }

    async fn decide_row(
        &self,
        batch: &Batch,
        row: &BatchRow,
        target: &Target,
        described: &TypeDescription,
        circumstances: &Circumstances,
    ) -> Result<Row, Problem> {
        let command = batch.command(row.fields.clone());
        // Each row makes records of its own.
        let circumstances = Circumstances { entropy: rand::random(), ..circumstances.clone() };
        let view = self.parts.store.view().await?;
        let nothing = BTreeSet::new();
        let prepared = self.prepare(&command, target, &circumstances, &nothing, &view).await?;
        if let Handler::Create { fields, .. } = &prepared.handler
            && !described.create_amends
            && let Some(record) = known(&view, batch, described, fields).await?
        {
            let given = fields.iter().filter(|(name, _)| row.fields.get(*name).is_some_and(|value| !value.is_null()));
            let differing = differences(described, given, &record);
            return if differing.is_empty() { Ok(Row::Known(record)) } else { Err(Problem::invalid(None, differing)) };
        }
        let plan = self.decide(&command, target, prepared, view, &circumstances, &mut Vec::new(), &nothing).await?;
        match &plan.record {
            Some(found) if plan.changes.is_empty() => {
                let view = self.parts.store.view().await?;
                let record = view.by_id(&found.record_type, &batch.site, found.id).await?;
                Ok(Row::Known(record.unwrap_or_default()))
            }
            _ => Ok(Row::New(Box::new(plan))),
        }
    }
}

/// What a row asks for.
enum Row {
    New(Box<Plan>),
    /// Nothing: the record is there.
    Known(Fields),
}

impl Batch {
    fn command(&self, fields: Fields) -> Command {
        Command {
            site: self.site.clone(),
            subject: self.subject.clone(),
            verb: Verb::Create { record_type: self.record_type.clone(), fields },
            sign_offs: Vec::new(),
            if_match: None,
            idempotency: None,
        }
    }

    /// By what the same source is known again.
    fn once(&self) -> Idempotency {
        let route = format!("import {}?site={}", self.record_type, self.site);
        Idempotency { key: hex::encode(self.source), route, body: self.source }
    }

    fn outline(&self, at: DateTime<Utc>, places: Vec<usize>, unchanged: Vec<(usize, Fields)>) -> Outline {
        let head = BatchReply {
            record_type: self.record_type.clone(),
            site: self.site.clone(),
            dry_run: self.dry,
            repeated: false,
            at,
            by: self.subject.name.clone(),
            created: 0,
            changed: 0,
            unchanged: unchanged.len(),
            items: Vec::new(),
        };
        Outline { head, rows: self.rows.iter().map(|row| row.row).collect(), places, unchanged }
    }

    /// Everything that is wrong, in the order of the rows, each with the heading of its column.
    fn refused(&self, mut faults: Vec<(usize, Problem)>) -> Problem {
        faults.sort_by_key(|(place, _)| *place);
        let mut rows = Vec::new();
        for (place, problem) in faults {
            let row = &self.rows[place];
            if problem.errors.is_empty() {
                rows.push(RowFault { row: row.row, column: None, problem });
                continue;
            }
            rows.extend(problem.errors.iter().map(|error| RowFault {
                row: row.row,
                column: row.columns.get(&error.field).cloned(),
                problem: Problem { errors: vec![error.clone()], ..problem.clone() },
            }));
        }
        Problem::in_rows(rows)
    }
}

impl Outline {
    /// The answer, once the records have their numbers; with the records themselves where nobody can look them up.
    fn with(&self, replies: &[Reply], with_records: bool) -> BatchReply {
        let created = self.places.iter().zip(replies).filter_map(|(place, reply)| {
            let record = reply.record.as_ref()?;
            Some((*place, if reply.created { ItemOutcome::Created } else { ItemOutcome::Changed }, record))
        });
        let unchanged = self.unchanged.iter().map(|(place, record)| (*place, ItemOutcome::Unchanged, record));
        let mut items: Vec<BatchItem> = created
            .chain(unchanged)
            .map(|(place, outcome, record)| BatchItem {
                row: self.rows[place],
                outcome,
                number: record.get("number").or(record.get("id")).and_then(Value::as_str).unwrap_or_default().to_owned(),
                record: with_records.then(|| record.clone()),
            })
            .collect();
        items.sort_by_key(|item| item.row);
        let n_created = replies.iter().filter(|reply| reply.created).count();
        BatchReply { items, created: n_created, changed: replies.len() - n_created, ..self.head.clone() }
    }
}

/// The unique keys that fields fill wholly.
fn whole_keys<'a>(described: &'a TypeDescription, fields: &'a Fields) -> impl Iterator<Item = &'a Vec<String>> {
    let is_given = |field: &String| fields.get(field).is_some_and(|value| !value.is_null());
    described.unique.iter().filter(move |key| key.iter().all(is_given))
}

/// The record that has one of the unique keys which fields fill.
async fn known(view: &View, batch: &Batch, described: &TypeDescription, fields: &Fields) -> Result<Option<Fields>, Problem> {
    for key in whole_keys(described, fields) {
        let mut find = Find::all(&batch.record_type);
        for field in key {
            find.filter = find.filter.and(field.as_str(), Operator::Eq, fields[field].clone());
        }
        if let Some(record) = view.find(&batch.site, &find).await?.into_iter().next() {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The fields in which a record is not as a row says.
fn differences<'a>(
    described: &TypeDescription,
    given: impl Iterator<Item = (&'a String, &'a Value)>,
    record: &Fields,
) -> Vec<FieldFault> {
    let number = record.get("number").or(record.get("id")).and_then(Value::as_str).unwrap_or_default();
    let differs = |(name, value): &(&String, &Value)| described.field(name).is_some() && record.get(*name) != Some(*value);
    let fault = |(name, _): (&String, &Value)| FieldFault {
        field: name.clone(),
        key: "import-differs".to_owned(),
        args: BTreeMap::from([("number".to_owned(), number.to_owned())]),
    };
    given.filter(differs).map(fault).collect()
}

/// Whether a problem is about the one row, so that the others can be looked at too.
fn is_the_rows_own(code: Code) -> bool {
    is_the_items_own(code) || code == Code::SignOffRequired
}

/// What a plan that could not be written means for its row.
fn problem_of(stop: Stop) -> Result<Problem, Problem> {
    match stop {
        Stop::Problem(problem) if is_the_rows_own(problem.code) => Ok(problem),
        Stop::Problem(problem) => Err(problem),
        Stop::NoLonger(plugin, refusal) => Ok(Problem::refused(&plugin, refusal)),
        // Looked at several times, so it is another row of the batch that changes the same record.
        Stop::Stale | Stop::Parts(_) => {
            let mut problem = Problem::new(Code::Conflict, "another row changes the same record");
            problem.sentence.key = "import-rows-meet".to_owned();
            Ok(problem)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_proto::description::FieldDescription;
    use deskbell_proto::value::FieldKind;
    use serde_json::json;

    fn described() -> TypeDescription {
        let text = |name| FieldDescription::new(name, FieldKind::Text { max: 20, long: false });
        TypeDescription {
            fields: vec![text("supplier"), text("serial"), text("note")],
            unique: vec![vec!["supplier".into(), "serial".into()]],
            ..TypeDescription::default()
        }
    }

    fn fields(value: Value) -> Fields {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_key_counts_when_all_of_it_is_given() {
        let is_keyed = |given: Value| whole_keys(&described(), &fields(given)).next().is_some();
        assert!(is_keyed(json!({"supplier": "A", "serial": "1"})));
        assert!(!is_keyed(json!({"supplier": "A", "serial": null})));
        assert!(!is_keyed(json!({"supplier": "A"})));
    }

    #[test]
    fn a_record_is_unchanged_when_it_has_all_that_the_row_gives() {
        let record = fields(json!({"number": "C-001", "supplier": "A", "serial": "1", "note": "full"}));
        let check = |given: Value, expected: &[&str]| {
            let given = fields(given);
            let named: Vec<String> =
                differences(&described(), given.iter(), &record).into_iter().map(|fault| fault.field).collect();
            assert_eq!(named, expected, "{given:?}");
        };
        check(json!({"supplier": "A", "serial": "1"}), &[]);
        check(json!({"supplier": "A", "serial": "1", "note": "full"}), &[]);
        check(json!({"supplier": "A", "serial": "1", "note": "empty"}), &["note"]);
        // What only the handler reads is no field of the record.
        check(json!({"supplier": "A", "serial": "1", "reason": "x"}), &[]);
    }
}
