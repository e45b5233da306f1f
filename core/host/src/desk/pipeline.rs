//! The road of a command: who may, what the handler decides, whether it is signed for, and applying it.
//!
//! A handler runs against a read view and decides; `apply` checks again what the handler saw and writes in one short
//! transaction. When something changed in between, the handler runs again with fresh data and the same clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_proto::description::{BoxDescription, TypeDescription};
use deskbell_proto::{Answer, Change, Fields, Handler, RecordRef, Refusal};
use uuid::Uuid;

use super::apply::{Plan, Stop};
use super::command::{Command, JobRun, Reply, Verb};
use super::handler::{Circumstances, ask};
use super::{Described, Desk, Site, input};
use crate::people::{Permission, Signer};
use crate::plugins::Plugin;
use crate::problem::{Code, MissingBox, Problem};
use crate::store::View;

/// How often a handler may see its data change before the caller is told to try again.
pub(super) const ATTEMPTS: usize = 4;

/// What a command is about, found before anything is read.
pub(super) struct Target {
    pub(super) plugin: Arc<Plugin>,
    /// For commands on a record type.
    pub(super) record_type: Option<Described>,
    pub(super) permission: Option<Permission>,
}

/// A handler call made ready, and the record it is about.
pub(super) struct Prepared {
    pub(super) handler: Handler,
    record: Option<Fields>,
}

impl Desk {
    /// Runs a command to its end and answers after the commit.
    pub async fn run(&self, command: Command) -> Result<Reply, Problem> {
        let site = self.parts.sites.get(&command.site)?;
        let target = self.target(&command.verb)?;
        if let Some(permission) = &target.permission {
            self.parts.policy.authorize(&command.subject, &site.info.id, permission)?;
        }
        let _under_way = match self.replays.begin(&self.parts.store, &command.subject.user, command.idempotency.as_ref()).await? {
            super::replays::Begun::Answered(reply) => return Ok(*reply),
            super::replays::Begun::First(guard) => guard,
        };
        let circumstances = self.circumstances(&command, &target.plugin, site);
        let mut signers = Vec::new();
        let mut excluded = BTreeSet::new();
        let mut turn = None;
        for attempt in 1..=ATTEMPTS {
            if attempt == 2 {
                // Whoever lost a race waits its turn: then it can lose only to newcomers, and fifty at once all get through.
                turn = Some(self.turns.wait(&circumstances.site.info.id, &target.plugin.manifest.id).await);
            }
            let view = self.parts.store.view().await?;
            let prepared = self.prepare(&command, &target, &circumstances, &excluded, &view).await?;
            let plan = self.decide(&command, &target, prepared, view, &circumstances, &mut signers, &excluded).await?;
            match self.apply(plan).await {
                Ok(reply) => return Ok(reply),
                Err(Stop::Problem(problem)) => return Err(problem),
                Err(Stop::Parts(items)) => excluded.extend(left_out(items, attempt)),
                Err(Stop::Stale) => {}
                Err(Stop::NoLonger(plugin, refusal)) if attempt == ATTEMPTS => return Err(Problem::refused(&plugin, refusal)),
                Err(Stop::NoLonger(..)) => {}
            }
        }
        drop(turn);
        Err(Problem::new(Code::Conflict, "the records kept changing while the command ran").with_retry_after(1))
    }
}

impl Desk {
    /// Has the handler decide against a view, and what it needs signed checked.
    #[expect(clippy::too_many_arguments, reason = "all that a command has gathered by the time its handler is asked")]
    pub(super) async fn decide(
        &self,
        command: &Command,
        target: &Target,
        prepared: Prepared,
        view: View,
        circumstances: &Circumstances,
        signers: &mut Vec<Signer>,
        excluded: &BTreeSet<Uuid>,
    ) -> Result<Plan, Problem> {
        let answer = match ready_answer(&prepared, target) {
            Some(answer) => answer,
            None => ask(&target.plugin, prepared.handler.clone(), view, circumstances).await?,
        };
        self.collect_signers(command, target, &answer, circumstances, signers).await?;
        self.plan(command, target, prepared, answer, circumstances, signers, excluded)
    }

    pub(super) fn target(&self, verb: &Verb) -> Result<Target, Problem> {
        match verb {
            Verb::Create { record_type, .. } => {
                let target = self.type_target(record_type, "create")?;
                let is_creatable = target.record_type.as_ref().is_some_and(|described| described.create.is_some());
                if is_creatable {
                    Ok(target)
                } else {
                    Err(Problem::not_found(format!("way to create a {record_type} from outside")))
                }
            }
            Verb::Change { record_type, .. } => self.type_target(record_type, "change"),
            Verb::Act { record_type, action, .. } => {
                let target = self.type_target(record_type, action)?;
                let is_known = target.record_type.as_ref().is_some_and(|described| described.action(action).is_some());
                if is_known { Ok(target) } else { Err(Problem::not_found(format!("action {action} on {record_type}"))) }
            }
            // Who asks for a signature need not be who signs: the signer's own role is checked with their PIN.
            Verb::Sign { record_type, .. } => self.type_target(record_type, "read"),
            Verb::ActOnPlugin { plugin, action, .. } => {
                let plugin = self.parts.plugins.running(plugin)?;
                if !plugin.description.actions.iter().any(|known| known.name == *action) {
                    return Err(Problem::not_found(format!("action {}.{action}", plugin.manifest.id)));
                }
                let permission = Permission::new(&plugin.manifest.id, "plugin", action);
                Ok(Target { plugin, record_type: None, permission: Some(permission) })
            }
            // Whether a person may start a job is asked where they do (`jobs`); the planner needs no permission.
            Verb::Job(run) => {
                Ok(Target { plugin: self.parts.plugins.running(&run.plugin)?, record_type: None, permission: None })
            }
        }
    }

    fn type_target(&self, record_type: &str, action: &str) -> Result<Target, Problem> {
        let described = self.described(record_type)?;
        let plugin = self.parts.plugins.running(&described.plugin.manifest.id)?;
        let permission = Permission::new(&plugin.manifest.id, &described.name, action);
        Ok(Target { plugin, record_type: Some(described), permission: Some(permission) })
    }

    pub(super) fn circumstances(&self, command: &Command, plugin: &Plugin, site: Arc<Site>) -> Circumstances {
        let now = self.parts.clock.now();
        let (today, deadline) = match &command.verb {
            Verb::Job(run) => (run.as_of.unwrap_or_else(|| site.day(run.scheduled_for)), run.timeout),
            _ => (site.day(now), plugin.deadline()),
        };
        let actor = command.subject.actor_at(&site.info.id);
        Circumstances { site, actor, now, today, entropy: rand::random(), deadline }
    }

    /// Reads the record, checks the input against what the plugin describes, and makes the handler's call.
    pub(super) async fn prepare(
        &self,
        command: &Command,
        target: &Target,
        circumstances: &Circumstances,
        excluded: &BTreeSet<Uuid>,
        view: &View,
    ) -> Result<Prepared, Problem> {
        let site = &circumstances.site.info.id;
        let plugin = &target.plugin.manifest.id;
        let described = target.record_type.as_deref();
        let invalid = |errors| Problem::invalid(Some(plugin), errors);
        match (&command.verb, described) {
            (Verb::Create { record_type, fields }, Some(described)) => {
                let takes = described.create.as_deref().unwrap_or_default();
                let mut fields = input::checked(takes, fields).map_err(invalid)?;
                self.resolve_references(view, site, takes, &mut fields).await?;
                Ok(Prepared { handler: Handler::Create { record_type: record_type.clone(), fields }, record: None })
            }
            (Verb::Change { record_type, number, set }, Some(described)) => {
                let record = load(view, record_type, site, number).await?;
                let seen =
                    command.if_match.ok_or_else(|| Problem::new(Code::VersionRequired, format!("{record_type} {number}")))?;
                must_be_current(&record, Some(seen))?;
                let mut set = input::checked_change(&described.fields, set).map_err(invalid)?;
                self.resolve_references(view, site, &described.fields, &mut set).await?;
                let handler = Handler::Change { record_type: record_type.clone(), record: record.clone(), set };
                Ok(Prepared { handler, record: Some(record) })
            }
            (Verb::Act { record_type, number, action, args }, Some(described)) => {
                let record = load(view, record_type, site, number).await?;
                must_be_current(&record, command.if_match)?;
                let takes = described.action(action).map(|action| action.args.as_slice()).unwrap_or_default();
                let mut args = input::checked(takes, args).map_err(invalid)?;
                self.resolve_references(view, site, takes, &mut args).await?;
                let (record_type, action) = (record_type.clone(), action.clone());
                Ok(Prepared {
                    handler: Handler::Action { record_type, record: record.clone(), action, args },
                    record: Some(record),
                })
            }
            (Verb::Sign { record_type, number }, Some(described)) => {
                let record = load(view, record_type, site, number).await?;
                must_be_current(&record, command.if_match)?;
                let sign_box = box_to_sign(command, described, record_type)?.name.clone();
                let record_type = record_type.clone();
                Ok(Prepared {
                    handler: Handler::SignedOff { record_type, record: record.clone(), sign_box },
                    record: Some(record),
                })
            }
            (Verb::ActOnPlugin { action, args, .. }, _) => {
                let known = target.plugin.description.actions.iter().find(|known| known.name == *action);
                let takes = known.map(|action| action.args.as_slice()).unwrap_or_default();
                let mut args = input::checked(takes, args).map_err(invalid)?;
                self.resolve_references(view, site, takes, &mut args).await?;
                Ok(Prepared { handler: Handler::PluginAction { action: action.clone(), args }, record: None })
            }
            (Verb::Job(JobRun { job, scheduled_for, .. }), _) => {
                let excluded = excluded.iter().copied().collect();
                let handler = Handler::Job { job: job.clone(), scheduled_for: *scheduled_for, excluded };
                Ok(Prepared { handler, record: None })
            }
            (_, None) => Err(Problem::internal("a command on a record type reached its handler without one")),
        }
    }

    /// Checks who signs for what the handler needs signed; a signer is asked for their PIN once, however often it runs.
    async fn collect_signers(
        &self,
        command: &Command,
        target: &Target,
        answer: &Answer,
        circumstances: &Circumstances,
        signers: &mut Vec<Signer>,
    ) -> Result<(), Problem> {
        let mut needed: Vec<Needed<'_>> = answer.changes.iter().flat_map(needed_sign_offs).collect();
        if let (Verb::Sign { record_type, .. }, Some(described)) = (&command.verb, &target.record_type) {
            let BoxDescription { name, roles, .. } = box_to_sign(command, described, record_type)?;
            needed.push(Needed { sign_box: name, roles, refusal: None });
        }
        let is_given = |sign_box: &str| command.sign_offs.iter().find(|given| given.sign_box == sign_box);
        let missing: Vec<&Needed<'_>> = needed.iter().filter(|needed| is_given(needed.sign_box).is_none()).collect();
        if !missing.is_empty() {
            return Err(sign_off_required(&target.plugin.manifest.id, &missing));
        }
        for needed in needed {
            let is_checked = signers.iter().any(|signer| signer.sign_box == needed.sign_box);
            if let (false, Some(given)) = (is_checked, is_given(needed.sign_box)) {
                let site = &circumstances.site.info.id;
                signers.push(self.parts.people.verify_signer(given, site, needed.roles, circumstances.now).await?);
            }
        }
        Ok(())
    }

    /// Puts together what is to be written; what a plugin answered is checked against its own description first.
    #[expect(clippy::too_many_arguments, reason = "the one place where everything a command gathered on its way meets")]
    fn plan(
        &self,
        command: &Command,
        target: &Target,
        prepared: Prepared,
        answer: Answer,
        circumstances: &Circumstances,
        signers: &[Signer],
        excluded: &BTreeSet<Uuid>,
    ) -> Result<Plan, Problem> {
        super::changes::check(&target.plugin, &answer.changes)?;
        let signed_record = match (&command.verb, &prepared.record) {
            (Verb::Sign { record_type, .. }, Some(record)) => Some((record_type.clone(), record.clone())),
            _ => None,
        };
        let record = answer.record.or_else(|| match &signed_record {
            Some((record_type, record)) => record_ref(record_type, record),
            None => None,
        });
        Ok(Plan {
            plugin: target.plugin.clone(),
            site: circumstances.site.clone(),
            actor: circumstances.actor.clone(),
            origin: command.subject.origin.clone(),
            now: circumstances.now,
            clock: self.parts.clock.clone(),
            kind: command.verb.kind(),
            signed_record,
            signers: signers.to_vec(),
            rule: rule_signed_for(&answer.changes),
            created: is_created(&command.verb, record.as_ref(), &answer.changes),
            changes: answer.changes,
            record,
            value: answer.value,
            outcome: answer.outcome,
            dropped: answer.dropped,
            n_excluded: excluded.len(),
            job: command.verb.job().cloned(),
            idempotency: command.idempotency.clone(),
        })
    }

    /// Replaces the numbers that a client gave for references with the ids that records keep.
    async fn resolve_references(
        &self,
        view: &View,
        site: &str,
        described: &[deskbell_proto::description::FieldDescription],
        fields: &mut Fields,
    ) -> Result<(), Problem> {
        for (field, record_type) in input::references(described) {
            let Some(number) = fields.get(field).and_then(|value| value.as_str()).map(str::to_owned) else { continue };
            let Some(found) = view.by_number(record_type, site, &number).await? else {
                return Err(Problem::invalid_field(field, "not-a-record", [("number", number)]));
            };
            fields.insert(field.to_owned(), found.get("id").cloned().unwrap_or_default());
        }
        Ok(())
    }
}

/// A box that a command needs signed, and what it says while it is not.
struct Needed<'a> {
    sign_box: &'a str,
    roles: &'a [String],
    refusal: Option<&'a Refusal>,
}

fn needed_sign_offs(change: &Change) -> Vec<Needed<'_>> {
    match change {
        Change::SignOff { sign_box, roles, refusal, .. } => vec![Needed { sign_box, roles, refusal: Some(refusal) }],
        Change::Part { changes, .. } => changes.iter().flat_map(needed_sign_offs).collect(),
        _ => Vec::new(),
    }
}

/// The rule that the needed signatures satisfy.
fn rule_signed_for(changes: &[Change]) -> Option<String> {
    changes.iter().flat_map(needed_sign_offs).find_map(|needed| Some(needed.refusal?.rule.clone()))
}

fn sign_off_required(plugin: &str, missing: &[&Needed<'_>]) -> Problem {
    let names: Vec<&str> = missing.iter().map(|needed| needed.sign_box).collect();
    let mut problem = Problem::new(Code::SignOffRequired, format!("box {}", names.join(", ")));
    problem.boxes =
        missing.iter().map(|needed| MissingBox { sign_box: needed.sign_box.to_owned(), roles: needed.roles.to_vec() }).collect();
    if let Some(refusal) = missing.iter().find_map(|needed| needed.refusal) {
        problem.rule = Some(refusal.rule.clone());
        problem.sentence.plugin = Some(plugin.to_owned());
        problem.sentence.key = refusal.key.clone();
        problem.sentence.args = refusal.args.clone();
    }
    problem
}

/// Whether a create has made its record, and not found it.
fn is_created(verb: &Verb, record: Option<&RecordRef>, changes: &[Change]) -> bool {
    let is_its = |change: &Change| matches!(change, Change::Insert { id, .. } if record.is_some_and(|record| record.id == *id));
    matches!(verb, Verb::Create { .. }) && changes.iter().any(is_its)
}

/// The box that a `Sign` command names, as its type describes it.
fn box_to_sign<'a>(command: &Command, described: &'a TypeDescription, record_type: &str) -> Result<&'a BoxDescription, Problem> {
    let wanted = command.sign_offs.first().map(|given| given.sign_box.as_str()).unwrap_or_default();
    let found = described.sign_offs.iter().find(|known| known.name == wanted);
    found.ok_or_else(|| Problem::not_found(format!("box {wanted} on {record_type}")))
}

/// A signature that nothing follows from needs no handler.
fn ready_answer(prepared: &Prepared, target: &Target) -> Option<Answer> {
    let Handler::SignedOff { sign_box, .. } = &prepared.handler else { return None };
    let described = target.record_type.as_ref()?.sign_offs.iter().find(|known| known.name == *sign_box)?;
    if described.then { None } else { Some(Answer::default()) }
}

/// A record that must be there.
pub(crate) async fn load(view: &View, record_type: &str, site: &str, number: &str) -> Result<Fields, Problem> {
    let found = view.by_number(record_type, site, number).await?;
    found.ok_or_else(|| Problem::not_found(format!("{record_type} {number}")))
}

fn must_be_current(record: &Fields, seen: Option<i64>) -> Result<(), Problem> {
    let version = record.get("version").and_then(|version| version.as_i64());
    if seen.is_none() || seen == version {
        return Ok(());
    }
    let mut problem = Problem::new(Code::StaleVersion, format!("the record is at version {}", version.unwrap_or_default()));
    problem.current_version = version;
    Err(problem)
}

fn record_ref(record_type: &str, record: &Fields) -> Option<RecordRef> {
    let id = record.get("id")?.as_str()?.parse().ok()?;
    Some(RecordRef { record_type: record_type.to_owned(), id })
}

/// The items that the next run of a job leaves out: what can't succeed at once, what only went stale after a second look.
fn left_out(failed: Vec<super::apply::FailedPart>, attempt: usize) -> impl Iterator<Item = Uuid> {
    failed.into_iter().filter(move |part| !part.is_stale || attempt >= 2).map(|part| part.item)
}

impl Verb {
    /// What the audit trail calls the command.
    fn kind(&self) -> String {
        match self {
            Verb::Create { .. } => "create".to_owned(),
            Verb::Change { .. } => "change".to_owned(),
            Verb::Act { action, .. } | Verb::ActOnPlugin { action, .. } => action.clone(),
            Verb::Sign { .. } => "sign".to_owned(),
            Verb::Job(run) => format!("job:{}", run.job),
        }
    }

    fn job(&self) -> Option<&JobRun> {
        match self {
            Verb::Job(run) => Some(run),
            _ => None,
        }
    }
}
