//! Applying a change set: numbers drawn, versions and conditions checked again, everything written together or not at all.
//!
//! Runs on the writer's thread, where it is kept or rolled back as a whole; it asks no plugin and waits for nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deskbell_proto::change::pending_number;
use deskbell_proto::description::TypeDescription;
use deskbell_proto::{Actor, Change, Dropped, FieldFault, Fields, Outcome, Period, RecordRef, Refusal};
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::command::{Idempotency, JobRun, PaperRef, Reply};
use super::replays::keep_answer;
use super::{Desk, Event, Site, shape};
use crate::clock::Clock;
use crate::i18n::I18n;
use crate::people::Signer;
use crate::plugins::Plugin;
use crate::problem::{Code, Problem};
use crate::store::{self, About, AuditEntry, Changed, Refused, Stamp, Tx};

/// A command's decision, ready to be written.
pub(crate) struct Plan {
    pub plugin: Arc<Plugin>,
    pub site: Arc<Site>,
    pub actor: Actor,
    pub origin: String,
    /// When the command was accepted: the stamp of everything it writes.
    pub now: DateTime<Utc>,
    /// Tells when a run has finished.
    pub clock: Clock,
    /// What the audit trail calls the command.
    pub kind: String,
    pub changes: Vec<Change>,
    /// The record that a `Sign` command signs, as the signer saw it.
    pub signed_record: Option<(String, Fields)>,
    pub signers: Vec<Signer>,
    /// The rule that a signature satisfied.
    pub rule: Option<String>,
    /// The record the caller is answered with.
    pub record: Option<RecordRef>,
    pub value: Value,
    pub created: bool,
    pub outcome: Option<Outcome>,
    pub dropped: Vec<Dropped>,
    /// Items that the handler was told to leave out.
    pub n_excluded: usize,
    pub job: Option<JobRun>,
    pub idempotency: Option<Idempotency>,
}

/// Why a plan was not written.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A record that the handler saw has another version now, or a key it found free is taken.
    Stale,
    /// Parts of a job that can't be applied; the rest could be.
    Parts(Vec<FailedPart>),
    /// A condition that the handler relied on no longer holds.
    NoLonger(String, Refusal),
    Problem(Problem),
}

/// Why a batch was not written: the plans that can't be, by their place in it, or what stands in the way of all.
#[derive(Debug)]
pub(crate) enum Stopped {
    Some(Vec<(usize, Stop)>),
    All(Problem),
}

/// An item of a job whose part can't be applied.
#[derive(Debug)]
pub(crate) struct FailedPart {
    pub item: Uuid,
    /// With fresh data it may succeed.
    pub is_stale: bool,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Problem(problem)
    }
}

impl Desk {
    /// Writes a plan in one piece, or says why not. A dry run is written and rolled back.
    pub(super) async fn apply(&self, plan: Plan) -> Result<Reply, Stop> {
        let is_dry = plan.job.as_ref().is_some_and(|run| run.dry);
        let plan = Arc::new(plan);
        // The store knows one kind of error; why the work was given up travels beside it.
        let given_up = Arc::new(Mutex::new(None));
        let (seen, i18n, written) = (given_up.clone(), self.parts.i18n.clone(), plan.clone());
        let work = move |tx: &mut Tx<'_>| {
            Writing::new(&written, &i18n).write(tx).map_err(|stop| match stop {
                Stop::Problem(problem) => problem,
                stop => {
                    *seen.lock() = Some(stop);
                    Problem::new(Code::Conflict, "given up")
                }
            })
        };
        let done = if is_dry { self.parts.store.rehearse(work).await } else { self.parts.store.write(work).await };
        match done {
            Ok(written) => {
                if is_dry {
                    self.keep_samples(&plan, written.printed).await?;
                } else {
                    written.news.into_iter().for_each(|event| self.parts.events.tell(event));
                }
                Ok(written.reply)
            }
            Err(problem) => Err(given_up.lock().take().unwrap_or(Stop::Problem(problem))),
        }
    }

    /// Writes the plans of a batch in one piece, each in a part of its own, so that all that stands in the way is found;
    /// `and_then` writes what belongs to the whole. A dry run is written and rolled back.
    pub(super) async fn apply_all<F>(&self, plans: Vec<Plan>, is_dry: bool, and_then: F) -> Result<Vec<Reply>, Stopped>
    where
        F: Fn(&mut Tx<'_>, &[Reply]) -> Result<(), Problem> + Send + 'static,
    {
        let stopped = Arc::new(Mutex::new(Vec::new()));
        let (seen, i18n) = (stopped.clone(), self.parts.i18n.clone());
        let work = move |tx: &mut Tx<'_>| {
            let (mut replies, mut news, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
            for (index, plan) in plans.iter().enumerate() {
                match tx.part(|tx| Writing::new(plan, &i18n).write(tx)) {
                    Ok(written) => {
                        replies.push(written.reply);
                        news.extend(written.news);
                    }
                    Err(stop) => stopped.push((index, stop)),
                }
            }
            let is_whole = stopped.is_empty();
            *seen.lock() = stopped;
            if !is_whole {
                return Err(Problem::new(Code::Conflict, "given up"));
            }
            and_then(tx, &replies)?;
            Ok((replies, news))
        };
        let done = if is_dry { self.parts.store.rehearse(work).await } else { self.parts.store.write(work).await };
        match done {
            Ok((replies, news)) => {
                if !is_dry {
                    news.into_iter().for_each(|event| self.parts.events.tell(event));
                }
                Ok(replies)
            }
            Err(problem) => Err(match std::mem::take(&mut *stopped.lock()) {
                stops if stops.is_empty() => Stopped::All(problem),
                stops => Stopped::Some(stops),
            }),
        }
    }

    /// Keeps the papers of a dry run as samples, which say so on their face: the rest was rolled back.
    async fn keep_samples(&self, plan: &Arc<Plan>, printed: Vec<Printed>) -> Result<(), Problem> {
        if printed.is_empty() {
            return Ok(());
        }
        let plan = plan.clone();
        let keep = move |tx: &mut Tx<'_>| {
            let stamp = Stamp { site: &plan.site.info.id, by: &plan.actor.user, at: plan.now };
            printed.iter().try_for_each(|printed| tx.put_sample(&printed.paper(&plan), stamp))
        };
        self.parts.store.write(keep).await
    }
}

/// What came of a plan.
#[derive(Debug)]
struct Written {
    reply: Reply,
    printed: Vec<Printed>,
    /// For the pages that watch, once it is committed. A page that missed one reads it from the records.
    news: Vec<Event>,
}

/// A paper that a command printed.
#[derive(Debug)]
struct Printed {
    made: PaperRef,
    record: Option<RecordRef>,
    period: Option<Period>,
    data: Value,
}

impl Printed {
    fn paper<'a>(&'a self, plan: &'a Plan) -> store::NewPaper<'a> {
        store::NewPaper {
            id: self.made.id,
            form: &self.made.form,
            title: &self.made.title,
            lang: plan.site.language(),
            record: self.record.as_ref(),
            period: self.period,
            data: &self.data,
            made_by: &plan.actor.name,
            run: plan.job.as_ref().map(|run| run.run),
        }
    }
}

/// The writing of one plan in one transaction.
struct Writing<'a> {
    plan: &'a Plan,
    i18n: &'a I18n,
    /// The numbers that have been drawn, by what stands for them.
    drawn: HashMap<String, String>,
    /// The record that the caller is answered with, as it was last written.
    answered: Option<Fields>,
    printed: Vec<Printed>,
    news: Vec<Event>,
    failed_parts: Vec<FailedPart>,
}

impl<'a> Writing<'a> {
    fn new(plan: &'a Plan, i18n: &'a I18n) -> Self {
        Writing {
            plan,
            i18n,
            drawn: HashMap::new(),
            answered: None,
            printed: Vec::new(),
            news: Vec::new(),
            failed_parts: Vec::new(),
        }
    }

    fn write(mut self, tx: &mut Tx<'_>) -> Result<Written, Stop> {
        self.draw_numbers(tx, &self.plan.changes)?;
        let changes = self.plan.changes.iter().map(|change| self.with_numbers(change)).collect::<Result<Vec<_>, Stop>>()?;
        if let Some((record_type, record)) = &self.plan.signed_record {
            must_be_unchanged(tx, record_type, record, self.site())?;
        }
        for change in &changes {
            self.change(tx, change)?;
        }
        if !self.failed_parts.is_empty() {
            return Err(Stop::Parts(self.failed_parts));
        }
        self.sign(tx)?;
        self.print(tx, changes.iter().map(Cow::as_ref))?;
        let reply = self.reply(tx)?;
        self.finish(tx, &reply)?;
        self.note_news(&reply);
        Ok(Written { reply, printed: self.printed, news: self.news })
    }

    /// Draws the numbers of all new records first, in the handler's order, because any text may already name one.
    fn draw_numbers(&mut self, tx: &mut Tx<'_>, changes: &[Change]) -> Result<(), Stop> {
        for change in changes {
            match change {
                Change::Insert { record_type, id, .. } => {
                    if let Some(scheme) = &self.described(record_type)?.number {
                        let day = self.plan.site.day(self.plan.now);
                        let number = tx.next_number(record_type, scheme, self.site(), day)?;
                        self.drawn.insert(pending_number(*id), number);
                    }
                }
                Change::Part { changes, .. } => self.draw_numbers(tx, changes)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A thing with the drawn numbers in all its texts; nearly always the same thing.
    fn with_numbers<'t, T>(&self, thing: &'t T) -> Result<Cow<'t, T>, Stop>
    where
        T: Clone + serde::Serialize + serde::de::DeserializeOwned,
    {
        if self.drawn.is_empty() {
            return Ok(Cow::Borrowed(thing));
        }
        let json = serde_json::to_string(thing).map_err(Problem::internal)?;
        Ok(match numbered(&json, &self.drawn) {
            Some(json) => Cow::Owned(serde_json::from_str(&json).map_err(Problem::internal)?),
            None => Cow::Borrowed(thing),
        })
    }

    fn change(&mut self, tx: &mut Tx<'_>, change: &Change) -> Result<(), Stop> {
        match change {
            Change::Insert { record_type, id, fields, sought } => self.insert(tx, record_type, *id, fields, *sought),
            Change::Update { record_type, id, version, set } => {
                let changed = tx.update_record(record_type, *id, *version, set, self.stamp()).map_err(stopped)?;
                self.note_change(tx, record_type, changed)
            }
            Change::Adjust { record_type, id, field, delta, floor, refusal } => {
                let changed = tx.adjust_record(record_type, *id, field, *delta, *floor, self.stamp());
                let changed = changed.map_err(|refused| match refused {
                    // Somebody took from it meanwhile: looking again, the handler may find enough elsewhere.
                    Refused::BelowFloor { .. } => Stop::NoLonger(self.plugin_id().to_owned(), refusal.clone()),
                    refused => stopped(refused),
                })?;
                self.note_change(tx, record_type, changed)
            }
            Change::Erase { record_type, id, version } => self.erase(tx, record_type, *id, *version),
            Change::VoidSignOffs { record_type, id, version } => {
                let changed = tx.update_record(record_type, *id, *version, &Fields::new(), self.stamp()).map_err(stopped)?;
                tx.void_sign_offs(record_type, *id, self.plan.now)?;
                let command = format!("{} voids signatures", self.plan.kind);
                self.audit(tx, &command, record_type, Some(&changed.old), &changed.new)?;
                self.note_written(changed.new);
                Ok(())
            }
            Change::Require { find, at_least, at_most, refusal } => {
                let count = tx.count_records(find, self.site())?;
                let holds = count >= *at_least && at_most.is_none_or(|most| count <= most);
                if holds { Ok(()) } else { Err(Stop::NoLonger(self.plugin_id().to_owned(), refusal.clone())) }
            }
            Change::Part { item, changes } => self.part(tx, *item, changes),
            // Printed last, with the signatures that this command brought.
            Change::Paper { .. } => Ok(()),
            Change::Notice { role, key, args, record } => {
                let notice = store::NewNotice { plugin: self.plugin_id(), role, key, args, record: record.as_ref() };
                Ok(tx.put_notice(&notice, self.stamp())?)
            }
            Change::Task { key, args, record, due_on } => {
                let task = store::NewTask { plugin: self.plugin_id(), key, args, record: record.as_ref(), due_on: *due_on };
                let task = tx.put_task(&task, self.stamp())?;
                let (record_type, id) = record.as_ref().map(|record| (&record.record_type, record.id)).unzip();
                self.note_event("task", serde_json::json!({ "task": task, "type": record_type, "record": id }));
                Ok(())
            }
            // Signed before the plan was made; written once everything else stands.
            Change::SignOff { .. } => Ok(()),
            other => Err(Problem::internal(format!("a change this host does not know: {other:?}")).into()),
        }
    }

    fn insert(&mut self, tx: &mut Tx<'_>, record_type: &str, id: Uuid, fields: &Fields, sought: bool) -> Result<(), Stop> {
        let number = self.drawn.get(&pending_number(id)).map(String::as_str);
        let new = tx.insert_record(record_type, id, number, fields, self.stamp()).map_err(|refused| match refused {
            // The handler looked for it and found none: looking again, it finds the one.
            Refused::Taken { .. } if sought => Stop::Stale,
            refused => stopped(refused),
        })?;
        self.audit(tx, &self.plan.kind, record_type, None, &new)?;
        self.note_written(new);
        Ok(())
    }

    /// Keeps what the caller is answered with, so that it need not be read again.
    fn note_written(&mut self, new: Fields) {
        let answered = self.plan.record.as_ref().map(|record| record.id.to_string());
        if answered.is_some() && new.get("id").and_then(Value::as_str) == answered.as_deref() {
            self.answered = Some(new);
        }
    }

    /// Applies what a job does for one item; an item that can't be applied is noted, and the others are looked at too.
    fn part(&mut self, tx: &mut Tx<'_>, item: Uuid, changes: &[Change]) -> Result<(), Stop> {
        for change in changes {
            // A savepoint of its own, because on PostgreSQL nothing can follow a statement that failed.
            let is_stale = match tx.part(|tx| self.change(tx, change)) {
                Ok(()) => continue,
                Err(Stop::Stale | Stop::NoLonger(..)) => true,
                Err(Stop::Problem(problem)) if is_the_items_own(problem.code) => false,
                Err(stop) => return Err(stop),
            };
            self.failed_parts.push(FailedPart { item, is_stale });
            break;
        }
        Ok(())
    }

    fn note_change(&mut self, tx: &mut Tx<'_>, record_type: &str, changed: Changed) -> Result<(), Stop> {
        let described = self.described(record_type)?;
        let is_signed_field = |field: &&deskbell_proto::description::FieldDescription| {
            field.signed && changed.old.get(&field.name) != changed.new.get(&field.name)
        };
        if described.fields.iter().any(|field| is_signed_field(&field)) {
            tx.void_sign_offs(record_type, super::records::id_of(&changed.new), self.plan.now)?;
        }
        if changed.old.get("state") != changed.new.get("state") {
            tx.finish_tasks(record_type, super::records::id_of(&changed.new), self.stamp())?;
        }
        self.audit(tx, &self.plan.kind, record_type, Some(&changed.old), &changed.new)?;
        self.note_written(changed.new);
        Ok(())
    }

    /// Leaves a record, its trail and its papers without personal data. Nobody signed for something else than before.
    fn erase(&mut self, tx: &mut Tx<'_>, record_type: &str, id: Uuid, version: i64) -> Result<(), Stop> {
        let record = tx.get_record(record_type, id, self.site())?.unwrap_or_default();
        let erased = self.described(record_type)?.erased(&record);
        let changed = tx.update_record(record_type, id, version, &erased, self.stamp()).map_err(stopped)?;
        self.audit(tx, &format!("{} erases", self.plan.kind), record_type, Some(&changed.old), &changed.new)?;
        tx.erase_audit_values(id)?;
        self.note_written(changed.new);
        Ok(tx.erase_papers(record_type, id)?)
    }

    fn audit(&self, tx: &mut Tx<'_>, command: &str, record_type: &str, old: Option<&Fields>, new: &Fields) -> Result<(), Stop> {
        let entry = AuditEntry {
            at: self.plan.now,
            actor: &self.plan.actor.user,
            origin: &self.plan.origin,
            site: self.site(),
            command,
            rule: self.plan.rule.as_deref(),
            about: About::Record { record_type, old, new },
        };
        Ok(tx.append_audit(&entry)?)
    }

    fn print<'c>(&mut self, tx: &mut Tx<'_>, changes: impl Iterator<Item = &'c Change>) -> Result<(), Stop> {
        for change in changes {
            match change {
                Change::Paper { form, record, period, data } => self.paper(tx, form, record.as_ref(), *period, data)?,
                Change::Part { changes, .. } => self.print(tx, changes.iter())?,
                _ => {}
            }
        }
        Ok(())
    }

    fn paper(
        &mut self,
        tx: &mut Tx<'_>,
        form: &str,
        record: Option<&RecordRef>,
        period: Option<Period>,
        data: &Value,
    ) -> Result<(), Stop> {
        let form = format!("{}.{form}", self.plugin_id());
        let language = self.plan.site.language();
        let sign_offs = match record {
            Some(record) => tx.sign_offs(&record.record_type, record.id)?,
            None => Vec::new(),
        };
        let made = PaperRef::of(Uuid::now_v7(), &form, self.i18n, language);
        let printed = Printed { made, record: record.cloned(), period, data: paper_data(data, &sign_offs)? };
        tx.put_paper(&printed.paper(self.plan), self.stamp())?;
        self.printed.push(printed);
        Ok(())
    }

    fn papers(&self) -> Vec<PaperRef> {
        self.printed.iter().map(|printed| printed.made.clone()).collect()
    }

    /// Writes who signed what, with the hash of what they saw.
    fn sign(&mut self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let record = match (&self.plan.signed_record, &self.plan.record) {
            (Some((record_type, record)), _) => Some((record_type.clone(), super::records::id_of(record))),
            (None, Some(record)) => Some((record.record_type.clone(), record.id)),
            (None, None) => None,
        };
        let Some((record_type, id)) = record.filter(|_| !self.plan.signers.is_empty()) else { return Ok(()) };
        let described = self.described(&record_type)?.clone();
        let now = tx.get_record(&record_type, id, self.site())?.unwrap_or_default();
        for signer in &self.plan.signers {
            if self.plan.signed_record.is_some() {
                self.must_be_next_to_sign(tx, &described, id, signer)?;
            }
            let sign_off = store::NewSignOff {
                record_type: &record_type,
                record: id,
                sign_box: &signer.sign_box,
                role: &signer.role,
                user: &signer.user,
                name: &signer.name,
                signed_hash: signed_hash(&described, &now),
            };
            tx.put_sign_off(&sign_off, self.stamp())?;
            // A signature stands in the trail beside the changes of its record.
            let command = format!("sign {} by {} as {}", signer.sign_box, signer.user, signer.role);
            self.audit(tx, &command, &record_type, Some(&now), &now)?;
        }
        Ok(())
    }

    fn must_be_next_to_sign(&self, tx: &mut Tx<'_>, described: &TypeDescription, id: Uuid, signer: &Signer) -> Result<(), Stop> {
        let signed = tx.sign_offs(&format!("{}.{}", self.plugin_id(), described.name), id)?;
        let in_force = signed.iter().filter(|signed| !signed.voided);
        let signed: Vec<_> = in_force.map(|signed| (signed.sign_box.as_str(), signed.user.as_str())).collect();
        let may = described.may_sign(&signer.sign_box, &signer.user, &signed);
        may.map_err(|refusal| Stop::Problem(Problem::refused(self.plugin_id(), refusal)))
    }

    fn reply(&mut self, tx: &mut Tx<'_>) -> Result<Reply, Stop> {
        let record = match &self.plan.record {
            Some(RecordRef { record_type, id }) => {
                let described = self.described(record_type)?;
                let mut record = match self.answered.take() {
                    Some(written) => Some(written),
                    None => tx.get_record(record_type, *id, self.site())?,
                };
                if let Some(record) = &mut record {
                    shape::shown_in(tx, described, record)?;
                    if !described.sign_offs.is_empty() {
                        // Nobody but this command's own signers can have signed what it has made.
                        let is_unsigned = self.plan.created && self.plan.signers.is_empty();
                        let sign_offs = if is_unsigned { Vec::new() } else { tx.sign_offs(record_type, *id)? };
                        record.insert("sign_offs".to_owned(), serde_json::to_value(sign_offs).map_err(Problem::internal)?);
                    }
                }
                record
            }
            None => None,
        };
        Ok(Reply {
            record,
            value: self.with_numbers(&self.plan.value)?.into_owned(),
            created: self.plan.created,
            outcome: self.with_numbers(&self.plan.outcome)?.into_owned(),
            dropped: self.plan.dropped.len() + self.plan.n_excluded,
            papers: self.papers(),
        })
    }

    /// Writes what stands beside the records: the answer under its key, and the end of a run.
    fn finish(&self, tx: &mut Tx<'_>, reply: &Reply) -> Result<(), Stop> {
        keep_answer(tx, &self.plan.actor.user, self.plan.idempotency.as_ref(), reply, self.plan.now)?;
        if let Some(run) = &self.plan.job {
            let outcome = reply.outcome.clone().unwrap_or_default();
            let finish = store::jobs::Finish {
                outcome: &outcome,
                dropped: &self.plan.dropped,
                n_excluded: self.plan.n_excluded,
                papers: &reply.papers,
                at: self.plan.clock.now(),
            };
            store::jobs::finish_in(tx, run, &finish)?;
            if let Some(asked) = &run.asked {
                keep_answer(tx, &asked.by, Some(&asked.once), &run.run, finish.at)?;
            }
        }
        Ok(())
    }

    fn note_news(&mut self, reply: &Reply) {
        if let (Some(record), Some(RecordRef { record_type, .. })) = (&reply.record, &self.plan.record) {
            let kind = if reply.created { "record.created" } else { "record.changed" };
            let number = record.get("number").or(record.get("id"));
            self.note_event(kind, serde_json::json!({ "type": record_type, "number": number, "by": self.plan.actor.name }));
        }
    }

    fn note_event(&mut self, kind: &str, data: Value) {
        self.news.push(Event { kind: kind.to_owned(), site: self.site().to_owned(), data });
    }

    fn described(&self, record_type: &str) -> Result<&'a TypeDescription, Problem> {
        let name = record_type.split_once('.').map_or(record_type, |(_, name)| name);
        let described = self.plan.plugin.description.types.iter().find(|described| described.name == name);
        described.ok_or_else(|| Problem::internal(format!("no description of {record_type}")))
    }

    fn plugin_id(&self) -> &'a str {
        &self.plan.plugin.manifest.id
    }

    fn site(&self) -> &'a str {
        &self.plan.site.info.id
    }

    fn stamp(&self) -> Stamp<'a> {
        Stamp { site: self.site(), by: &self.plan.actor.user, at: self.plan.now }
    }
}

/// What a refused write means to the command: the handler may look again, or somebody is told.
fn stopped(refused: Refused) -> Stop {
    match refused {
        Refused::Stale { .. } => Stop::Stale,
        // Opened meanwhile: looking again, the handler finds the one.
        Refused::Taken { key } if key == "one_open_per_site" => Stop::Stale,
        Refused::Taken { key } => {
            let faults = key.split('+').map(|field| FieldFault {
                field: field.to_owned(),
                key: "not-unique".to_owned(),
                ..FieldFault::default()
            });
            Stop::Problem(Problem::invalid(None, faults.collect()))
        }
        refused => Stop::Problem(refused.into()),
    }
}

/// Whether an error is about the one item of a job, so that the rest can go on without it.
pub(super) fn is_the_items_own(code: Code) -> bool {
    matches!(code, Code::RuleRefused | Code::ValidationFailed | Code::Conflict | Code::NotFound | Code::StaleVersion)
}

fn must_be_unchanged(tx: &mut Tx<'_>, record_type: &str, seen: &Fields, site: &str) -> Result<(), Stop> {
    let now = tx.get_record(record_type, super::records::id_of(seen), site)?;
    if now.is_some_and(|now| now.get("version") == seen.get("version")) { Ok(()) } else { Err(Stop::Stale) }
}

/// The hash of what a signer saw: the fields that the paper shows; not state, version or other signatures.
fn signed_hash(described: &TypeDescription, record: &Fields) -> String {
    let signed = described.fields.iter().filter(|field| field.signed);
    let seen: Vec<(&str, &Value)> =
        signed.map(|field| (field.name.as_str(), record.get(&field.name).unwrap_or(&Value::Null))).collect();
    hex::encode(Sha256::digest(serde_json::to_vec(&(record.get("number"), seen)).unwrap_or_default()))
}

/// What a paper's template is given: the form's own data, and the signatures beside it.
pub(crate) fn paper_data(data: &Value, sign_offs: &[store::SignOff]) -> Result<Value, Problem> {
    Ok(serde_json::json!({ "data": data, "sign_offs": serde_json::to_value(sign_offs).map_err(Problem::internal)? }))
}

/// JSON with the drawn numbers in place of what stood for them; none where nothing stands for one.
fn numbered(json: &str, drawn: &HashMap<String, String>) -> Option<String> {
    let mut done = String::new();
    let mut rest = json;
    while let Some(at) = rest.find('\u{27e8}') {
        let (before, from_here) = rest.split_at(at);
        let length = from_here.find('\u{27e9}').map_or(from_here.len(), |end| end + '\u{27e9}'.len_utf8());
        let (placeholder, behind) = from_here.split_at(length);
        // A number is made of a plugin's prefix, a period and a count: nothing that JSON would escape.
        done += before;
        done += drawn.get(placeholder).map_or(placeholder, String::as_str);
        rest = behind;
    }
    (rest.len() < json.len()).then(|| done + rest)
}

impl PaperRef {
    /// A paper by its id and form, titled in a language.
    pub(crate) fn of(id: Uuid, form: &str, i18n: &I18n, language: &str) -> Self {
        let (plugin, name) = form.split_once('.').unwrap_or(("", form));
        let title = i18n.text(Some(plugin), language, &format!("form-{name}"));
        PaperRef { id, form: form.to_owned(), title, href: format!("/api/v1/papers/{id}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_number_takes_the_place_of_what_stood_for_it_in_every_text() {
        let id = Uuid::from_u128(7);
        let drawn = HashMap::from([(pending_number(id), "H-2026-001".to_owned())]);
        let check = |json: Value, expected: Option<Value>| {
            let done = numbered(&json.to_string(), &drawn);
            assert_eq!(done.map(|done| serde_json::from_str::<Value>(&done).unwrap()), expected);
        };
        let there = pending_number(id);
        check(
            serde_json::json!({"number": there, "lines": [format!("see {there}, {there}")], "n": 3}),
            Some(serde_json::json!({"number": "H-2026-001", "lines": ["see H-2026-001, H-2026-001"], "n": 3})),
        );
        check(serde_json::json!({"note": "none"}), None);
        let others = serde_json::json!({"note": format!("a \u{27e8} alone, and {}", pending_number(Uuid::from_u128(8)))});
        check(others.clone(), Some(others));
    }
}
