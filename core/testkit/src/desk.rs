//! The desk in memory: the road of a command, as `core/host/src/desk` takes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Asia::Shanghai;
use deskbell_proto::description::{COMMON_COLUMNS, FieldDescription, SignedBox, TypeDescription, fit, fit_some};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{
    Actor, Answer, Call, Change, Context, DueQuestion, Fault, FieldFault, Fields, Handler, Period, Read, ReadAnswer, RecordRef,
    SiteInfo,
};
use deskbell_sdk::{Plugin, Reads, Role};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::conformance::Failure;
use crate::reply::{Done, Problem, Reply};
use crate::sentences::Sentences;
use crate::store::{HistoryEntry, KeptSignOff, MadePaper, Message, Stamp, Stop, Store, with_numbers};

/// How often a handler may see its data change before the caller is told to try again, as on the real desk.
const ATTEMPTS: usize = 4;

/// A desk in memory, with one plugin, one site in Asia/Shanghai and the clock in hand.
///
/// It starts on 1 November 2026 at 09:00, and a clerk named `chen` acts. Records are as over the API: references by number.
pub struct TestDesk {
    plugin: Plugin,
    permissions: BTreeMap<String, Vec<String>>,
    store: Store,
    sentences: Sentences,
    accounts: BTreeMap<String, Account>,
    acting: String,
    now: DateTime<Utc>,
    settings: Fields,
    given: Vec<GivenSignOff>,
    meanwhile: Option<Meanwhile>,
    n_calls: u64,
}

type Meanwhile = Box<dyn FnOnce(&mut TestDesk)>;

#[derive(Debug, Clone)]
struct Account {
    roles: Vec<String>,
    pin: String,
}

/// A sign-off that comes with the next command.
#[derive(Debug, Clone)]
struct GivenSignOff {
    sign_box: String,
    user: String,
    pin: String,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    permissions: BTreeMap<String, Vec<String>>,
}

/// A command whose record is loaded and whose input is checked.
struct Prepared {
    handler: Handler,
    /// The box to sign, with its roles.
    signs: Option<(String, Vec<String>)>,
    record: Option<RecordRef>,
    today: NaiveDate,
}

struct StoreReads<'s>(&'s Store);

impl Reads for StoreReads<'_> {
    fn read(&self, read: &Read) -> Result<ReadAnswer, Fault> {
        self.0.read(read)
    }
}

/// Setting up, and turning the calendar.
impl TestDesk {
    /// A desk with a plugin: in the plugin's own tests `TestDesk::new(crate::plugin())`.
    ///
    /// # Panics
    /// When plugin.toml or a locale can't be read: a sentence for the author.
    pub fn new(plugin: Plugin) -> Self {
        let manifest: Manifest = toml::from_str(plugin.manifest()).unwrap_or_else(|error| panic!("plugin.toml: {error}"));
        let mut desk = TestDesk {
            permissions: manifest.permissions,
            store: Store::new(plugin.id(), plugin.description()),
            sentences: Sentences::read(),
            accounts: BTreeMap::new(),
            acting: "chen".to_owned(),
            now: DateTime::UNIX_EPOCH,
            settings: fit(&plugin.description().settings, &Fields::new()).expect("every setting has a default that fits"),
            given: Vec::new(),
            meanwhile: None,
            n_calls: 0,
            plugin,
        };
        desk.at("2026-11-01 09:00").user("chen", [Role::CLERK], "1111");
        desk
    }

    /// Sets the clock, local time of the site: `2026-11-01 09:12`.
    #[track_caller]
    pub fn at(&mut self, time: &str) -> &mut Self {
        let local = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M").expect("a time like 2026-11-01 09:12");
        self.now = Shanghai.from_local_datetime(&local).single().expect("Shanghai has no gaps").to_utc();
        self
    }

    /// Sets the clock to 09:00 of a day: `2026-11-01`.
    #[track_caller]
    pub fn on(&mut self, day: &str) -> &mut Self {
        self.at(&format!("{day} 09:00"))
    }

    /// Turns the calendar by some days, to the same time.
    pub fn days_later(&mut self, days: i64) -> &mut Self {
        self.now += Duration::days(days);
        self
    }

    /// The site's date.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&Shanghai).date_naive()
    }

    /// The clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Adds an account with its roles and PIN.
    pub fn user(&mut self, name: &str, roles: impl IntoIterator<Item = Role>, pin: &str) -> &mut Self {
        let roles = roles.into_iter().map(|role| role.as_str().to_owned()).collect();
        self.accounts.insert(name.to_owned(), Account { roles, pin: pin.to_owned() });
        self
    }

    /// From now on this account acts.
    #[track_caller]
    pub fn act_as(&mut self, name: &str) -> &mut Self {
        assert!(self.accounts.contains_key(name), "there is no account {name}");
        self.acting = name.to_owned();
        self
    }

    /// Sets a setting of the plugin.
    #[track_caller]
    pub fn setting(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.settings.insert(name.to_owned(), value.into());
        let fitting = fit(&self.plugin.description().settings, &self.settings);
        self.settings = fitting.unwrap_or_else(|errors| panic!("the setting {name} does not fit: {errors:?}"));
        self
    }

    /// Signs a box together with the next command.
    pub fn signed_by(&mut self, sign_box: &str, user: &str, pin: &str) -> &mut Self {
        self.given.push(GivenSignOff { sign_box: sign_box.to_owned(), user: user.to_owned(), pin: pin.to_owned() });
        self
    }

    /// Does something else between the next handler and the application of its changes: what another clerk is quick at.
    pub fn meanwhile(&mut self, something: impl FnOnce(&mut TestDesk) + 'static) -> &mut Self {
        self.meanwhile = Some(Box::new(something));
        self
    }
}

/// Commands.
impl TestDesk {
    /// Creates a record: `POST /api/v1/records/{type}`.
    pub fn create(&mut self, record_type: &str, fields: Value) -> Reply {
        let prepared = self.prepare_create(record_type, fields);
        self.run(prepared)
    }

    /// Changes editable fields of a record, having seen its newest version.
    pub fn patch(&mut self, record_type: &str, number: &str, set: Value) -> Reply {
        let version = self.by_number(record_type, number).map(|record| version_of(&record)).unwrap_or_default();
        self.patch_seen(record_type, number, version, set)
    }

    /// Changes editable fields of a record, having seen this version of it (`If-Match`).
    pub fn patch_seen(&mut self, record_type: &str, number: &str, version: i64, set: Value) -> Reply {
        let prepared = self.prepare_change(record_type, number, version, set);
        self.run(prepared)
    }

    /// Runs an action on a record.
    pub fn act(&mut self, record_type: &str, number: &str, action: &str, args: Value) -> Reply {
        let prepared = self.prepare_action(record_type, number, action, args);
        self.run(prepared)
    }

    /// Runs an action on the plugin.
    pub fn act_on_plugin(&mut self, action: &str, args: Value) -> Reply {
        let prepared = self.prepare_plugin_action(action, args);
        self.run(prepared)
    }

    /// Signs a box of a record.
    pub fn sign(&mut self, record_type: &str, number: &str, sign_box: &str, user: &str, pin: &str) -> Reply {
        self.signed_by(sign_box, user, pin);
        let prepared = self.prepare_sign(record_type, number, sign_box);
        self.run(prepared)
    }

    /// Runs a job for today.
    pub fn run_job(&mut self, job: &str) -> Reply {
        let prepared = self.prepare_job(job);
        self.run(prepared)
    }

    /// Runs a job for today and keeps nothing of it.
    pub fn dry_run(&mut self, job: &str) -> Reply {
        let before = self.store.clone();
        let reply = self.run_job(job);
        self.store = before;
        reply
    }

    /// Corrects a record away, with a reason.
    pub fn void(&mut self, record_type: &str, number: &str, reason: &str) -> Reply {
        let result = self.must_be_allowed(record_type, "void").and_then(|()| {
            assert!(self.described(record_type)?.ledger.is_none(), "an entry of a ledger is never voided: post its opposite");
            let record = self.by_number(record_type, number)?;
            let set = Fields::from_iter([("void_reason".to_owned(), reason.into())]);
            let change = Change::Update {
                record_type: self.store.full_name(record_type),
                id: id_of(&record),
                version: version_of(&record),
                set,
            };
            let stamp = self.stamp(self.today());
            self.store.apply(&[change], &stamp).map_err(|stop| self.stopped(stop))?;
            Ok(Done { record: self.shown(record_type, id_of(&record)), ..Done::default() })
        });
        Reply { result }
    }
}

/// Looking.
impl TestDesk {
    /// A record as the API shows it.
    #[track_caller]
    pub fn get(&self, record_type: &str, number: &str) -> Value {
        let record = self.by_number(record_type, number).unwrap_or_else(|problem| panic!("{problem:#?}"));
        Value::Object(self.shown(record_type, id_of(&record)).unwrap_or_default())
    }

    /// All records of a type, oldest first.
    pub fn list(&self, record_type: &str) -> Vec<Value> {
        let record_type = self.store.full_name(record_type);
        let ids = self.store.ids_by_age(&record_type);
        ids.into_iter().filter_map(|id| self.shown(&record_type, id)).map(Value::Object).collect()
    }

    /// Who changed a record and how, oldest first.
    #[track_caller]
    pub fn history(&self, record_type: &str, number: &str) -> Vec<HistoryEntry> {
        let record = self.by_number(record_type, number).unwrap_or_else(|problem| panic!("{problem:#?}"));
        self.store.history_of(&self.store.full_name(record_type), id_of(&record))
    }

    /// What is due on a day (`2026-11-09`), as `("unclaimed", "L-20261101-001")`.
    #[track_caller]
    pub fn due(&mut self, on: &str) -> Vec<(String, String)> {
        let on: NaiveDate = on.parse().expect("a day like 2026-11-09");
        let mut due = Vec::new();
        for described in self.plugin.description().types.clone() {
            for question in &described.due {
                let record_type = self.store.full_name(&described.name);
                let handler = Handler::Due { record_type: record_type.clone(), due: question.name.clone(), on };
                let answer = self.ask(&handler, self.today(), 0).unwrap_or_else(|fault| panic!("{fault}"));
                let DueQuestion { find, .. } = serde_json::from_value(answer.value).expect("a due question");
                let rows = self.store.find(&find).unwrap_or_else(|failure| panic!("{failure:?}"));
                due.extend(rows.iter().map(|row| (question.name.clone(), self.store.name_of(&record_type, id_of(row)))));
            }
        }
        due
    }

    /// The data of a record's form, as it would print now.
    #[track_caller]
    pub fn paper(&mut self, form: &str, record_type: &str, number: &str) -> Value {
        let record = self.by_number(record_type, number).unwrap_or_else(|problem| panic!("{problem:#?}"));
        self.paper_data(Handler::Paper { form: form.to_owned(), record: Some(record), period: None })
    }

    /// The data of a period's form, as it would print now.
    #[track_caller]
    pub fn paper_for(&mut self, form: &str, from: &str, to: &str) -> Value {
        let day = |day: &str| day.parse().expect("a day like 2026-11-09");
        let period = Some(Period { from: day(from), to: day(to) });
        self.paper_data(Handler::Paper { form: form.to_owned(), record: None, period })
    }

    #[track_caller]
    fn paper_data(&mut self, handler: Handler) -> Value {
        self.ask(&handler, self.today(), 0).unwrap_or_else(|fault| panic!("{fault}")).value
    }

    /// The papers made so far, oldest first.
    pub fn papers(&self) -> &[MadePaper] {
        &self.store.papers
    }

    /// The notices given so far, oldest first.
    pub fn notices(&self) -> &[Message] {
        &self.store.notices
    }

    /// The tasks given so far, oldest first.
    pub fn tasks(&self) -> &[Message] {
        &self.store.tasks
    }

    /// What people read of a notice or a task.
    #[track_caller]
    pub fn sentence(&self, message: &Message, language: &str) -> String {
        self.sentences.of(&message.key, &message.args)[language].clone()
    }
}

/// What a plugin's locales must have.
impl TestDesk {
    /// What the locales lack: keys that one language has and another has not, and names of what the plugin describes.
    /// A plugin's test asserts that there is none. Sentences of refusals are looked for by [`Reply::refused_by`].
    pub fn lacking_sentences(&self) -> Vec<String> {
        let own: Vec<(&str, BTreeSet<&str>)> =
            self.sentences.own.iter().map(|(language, messages)| (language.as_str(), messages.keys())).collect();
        let all: BTreeSet<String> = own.iter().flat_map(|(_, keys)| keys).map(|key| (*key).to_owned()).collect();
        let mut lacking = BTreeSet::new();
        for (language, keys) in &own {
            let lacks = |key: &&String| !keys.contains(key.as_str());
            lacking.extend(all.iter().filter(lacks).map(|key| format!("{language}: {key}")));
        }
        for key in self.plugin.description().sentence_keys() {
            lacking.extend(self.sentences.languages_without(&key).iter().map(|language| format!("{language}: {key}")));
        }
        lacking.into_iter().collect()
    }
}

/// The road of a command: who may, what comes in, what the handler decides, who signs, apply.
impl TestDesk {
    fn prepare_create(&self, record_type: &str, fields: Value) -> Result<Prepared, Problem> {
        self.must_be_allowed(record_type, "create")?;
        let described = self.described(record_type)?;
        let takes = described.create.as_ref().ok_or_else(|| not_found(format!("way to create a {record_type} from outside")))?;
        let fields = self.checked(takes, object(fields))?;
        let record_type = self.store.full_name(record_type);
        Ok(self.prepared(Handler::Create { record_type, fields }, None))
    }

    fn prepare_change(&self, record_type: &str, number: &str, seen: i64, set: Value) -> Result<Prepared, Problem> {
        self.must_be_allowed(record_type, "change")?;
        let record = self.by_number(record_type, number)?;
        let current = version_of(&record);
        if seen != current {
            return Err(Problem { code: "stale_version", current_version: Some(current), ..Problem::default() });
        }
        let described = self.described(record_type)?;
        let set = object(set);
        let is_fixed = |name: &&String| {
            COMMON_COLUMNS.contains(&name.as_str()) || described.field(name).is_some_and(|field| !field.editable)
        };
        let fixed: Vec<FieldFault> = set.keys().filter(is_fixed).map(|name| fault(name, "not-editable")).collect();
        if !fixed.is_empty() {
            return Err(self.invalid(fixed));
        }
        let mut set = fit_some(&described.fields, &trimmed(&set)).map_err(|errors| self.invalid(errors))?;
        self.resolve_references(&described.fields, &mut set)?;
        let record_type = self.store.full_name(record_type);
        Ok(self.prepared(Handler::Change { record_type, record, set }, None))
    }

    fn prepare_action(&self, record_type: &str, number: &str, action: &str, args: Value) -> Result<Prepared, Problem> {
        self.must_be_allowed(record_type, action)?;
        let described = self.described(record_type)?;
        let known = described.action(action).ok_or_else(|| not_found(format!("action {action} on {record_type}")))?;
        let args = self.checked(&known.args, object(args))?;
        let record = self.by_number(record_type, number)?;
        let record_type = self.store.full_name(record_type);
        Ok(self.prepared(Handler::Action { record_type, record, action: action.to_owned(), args }, None))
    }

    fn prepare_plugin_action(&self, action: &str, args: Value) -> Result<Prepared, Problem> {
        self.must_be_allowed("plugin", action)?;
        let known = self.plugin.description().actions.iter().find(|known| known.name == action);
        let known = known.ok_or_else(|| not_found(format!("action {action}")))?;
        let args = self.checked(&known.args, object(args))?;
        Ok(self.prepared(Handler::PluginAction { action: action.to_owned(), args }, None))
    }

    fn prepare_sign(&self, record_type: &str, number: &str, sign_box: &str) -> Result<Prepared, Problem> {
        self.must_be_allowed(record_type, "read")?;
        let described = self.described(record_type)?;
        let known = described.sign_offs.iter().find(|known| known.name == sign_box);
        let known = known.ok_or_else(|| not_found(format!("box {sign_box} on {record_type}")))?;
        let record = self.by_number(record_type, number)?;
        let about = RecordRef { record_type: self.store.full_name(record_type), id: id_of(&record) };
        let handler = Handler::SignedOff { record_type: about.record_type.clone(), record, sign_box: sign_box.to_owned() };
        let signs = Some((sign_box.to_owned(), known.roles.clone()));
        Ok(Prepared { handler, signs, record: Some(about), today: self.today() })
    }

    fn prepare_job(&self, job: &str) -> Result<Prepared, Problem> {
        let is_known = self.plugin.description().jobs.iter().any(|known| known.name == job);
        if !is_known {
            return Err(not_found(format!("job {job}")));
        }
        Ok(self.prepared(Handler::Job { job: job.to_owned(), scheduled_for: self.now, excluded: Vec::new() }, None))
    }

    fn prepared(&self, handler: Handler, record: Option<RecordRef>) -> Prepared {
        Prepared { handler, signs: None, record, today: self.today() }
    }

    fn run(&mut self, prepared: Result<Prepared, Problem>) -> Reply {
        let given = std::mem::take(&mut self.given);
        let result = prepared.and_then(|prepared| self.run_prepared(prepared, &given));
        Reply { result: result.map_err(|problem| self.with_sentences(problem)) }
    }

    fn run_prepared(&mut self, mut prepared: Prepared, given: &[GivenSignOff]) -> Result<Done, Problem> {
        self.n_calls += 1;
        let entropy = self.n_calls.wrapping_mul(0x5851_f42d_4c95_7f2d);
        let mut excluded: BTreeSet<Uuid> = BTreeSet::new();
        for attempt in 1..=ATTEMPTS {
            self.refresh(&mut prepared.handler, &excluded)?;
            let answer = if self.has_handler(&prepared.handler) {
                self.ask(&prepared.handler, prepared.today, entropy).map_err(|fault| self.faulted(fault))?
            } else {
                Answer::default()
            };
            let signed = self.checked_sign_offs(&prepared, &answer, given)?;
            if let Some(something) = self.meanwhile.take() {
                something(self);
            }
            let stamp = self.stamp(prepared.today);
            match self.store.apply(&answer.changes, &stamp) {
                Ok(drawn) => return Ok(self.finished(&prepared, answer, &drawn, signed, excluded.len())),
                Err(Stop::Parts(items)) => {
                    let hopeless = items.into_iter().filter(|(_, is_stale)| !is_stale || attempt >= 2);
                    excluded.extend(hopeless.map(|(item, _)| item));
                }
                Err(Stop::Failure(Failure::Stale | Failure::OneIsOpen)) => {}
                Err(Stop::Failure(Failure::Refused(refusal) | Failure::NoLonger(refusal))) if attempt == ATTEMPTS => {
                    return Err(self.stopped(Stop::Failure(Failure::Refused(refusal))));
                }
                // Looking again, the handler may find enough elsewhere, or says no itself.
                Err(Stop::Failure(Failure::Refused(_) | Failure::NoLonger(_))) => {}
                Err(stop) => return Err(self.stopped(stop)),
            }
        }
        Err(Problem { code: "conflict", key: "problem-conflict".to_owned(), ..Problem::default() })
    }

    /// Gives a handler its record as it is now, and the items it must leave out.
    fn refresh(&self, handler: &mut Handler, leave_out: &BTreeSet<Uuid>) -> Result<(), Problem> {
        match handler {
            Handler::Change { record_type, record, .. }
            | Handler::Action { record_type, record, .. }
            | Handler::SignedOff { record_type, record, .. } => {
                let id = id_of(record);
                let row = self.store.row(record_type, id);
                *record = row.cloned().ok_or_else(|| not_found(format!("{record_type} {id}")))?;
            }
            Handler::Job { excluded, .. } => *excluded = leave_out.iter().copied().collect(),
            _ => {}
        }
        Ok(())
    }

    /// A box from which nothing follows has no handler.
    fn has_handler(&self, handler: &Handler) -> bool {
        let Handler::SignedOff { record_type, sign_box, .. } = handler else { return true };
        let described = self.store.described(record_type);
        described.is_ok_and(|described| described.sign_offs.iter().any(|known| known.name == *sign_box && known.then))
    }

    fn ask(&self, handler: &Handler, today: NaiveDate, entropy: u64) -> Result<Answer, Fault> {
        let call = Call { handler: handler.clone(), context: self.context(handler, today, entropy) };
        // Through JSON and back, as it crosses the real boundary.
        let call: Call = through_json(&call);
        self.plugin.run(&call, &StoreReads(&self.store)).map(|answer| through_json(&answer))
    }

    fn context(&self, handler: &Handler, today: NaiveDate, entropy: u64) -> Context {
        let site =
            SiteInfo { id: "main".to_owned(), name: "万和购物广场".to_owned(), timezone: "Asia/Shanghai".to_owned() };
        let user = match handler {
            Handler::Job { job, .. } => format!("job:{}.{job}", self.plugin.id()),
            _ => self.acting.clone(),
        };
        let roles = self.accounts.get(&user).map(|account| account.roles.clone()).unwrap_or_default();
        let actor = Actor { name: user.clone(), user, roles };
        Context { site, actor, now: self.now, today, settings: self.settings.clone(), entropy }
    }

    /// Checks who signs for what must be signed; nothing is kept before all of it is.
    fn checked_sign_offs(
        &self,
        prepared: &Prepared,
        answer: &Answer,
        given: &[GivenSignOff],
    ) -> Result<Vec<GivenSignOff>, Problem> {
        let mut needed: Vec<(String, Vec<String>, Option<deskbell_proto::Refusal>)> = Vec::new();
        needed.extend(prepared.signs.clone().map(|(sign_box, roles)| (sign_box, roles, None)));
        for change in answer.changes.iter().flat_map(with_parts) {
            if let Change::SignOff { sign_box, roles, refusal, .. } = change {
                needed.push((sign_box.clone(), roles.clone(), Some(refusal.clone())));
            }
        }
        let mut signed = Vec::new();
        for (sign_box, roles, refusal) in needed {
            let Some(sign_off) = given.iter().find(|given| given.sign_box == sign_box) else {
                let refusal = refusal.unwrap_or_default();
                let boxes = vec![(sign_box, roles)];
                return Err(Problem {
                    code: "sign_off_required",
                    rule: Some(refusal.rule),
                    key: refusal.key,
                    args: refusal.args,
                    boxes,
                    ..Problem::default()
                });
            };
            let account = self.accounts.get(&sign_off.user).filter(|account| account.pin == sign_off.pin);
            let account = account.ok_or_else(|| core_problem("wrong_pin"))?;
            if !roles.iter().any(|role| account.roles.contains(role)) {
                return Err(core_problem("forbidden"));
            }
            if let (Some(about), true) = (&prepared.record, prepared.signs.is_some()) {
                self.must_be_next_to_sign(about, sign_off)?;
            }
            signed.push(sign_off.clone());
        }
        Ok(signed)
    }

    /// Refuses a box whose turn it is not, and who has signed another box already, where the type says so.
    fn must_be_next_to_sign(&self, about: &RecordRef, signing: &GivenSignOff) -> Result<(), Problem> {
        let described = self.described(&about.record_type)?;
        let is_its = |kept: &&KeptSignOff| kept.record == (about.record_type.clone(), about.id) && !kept.voided;
        let signed: Vec<SignedBox<'_>> =
            self.store.sign_offs.iter().filter(is_its).map(|kept| (&*kept.sign_box, &*kept.user)).collect();
        match described.may_sign(&signing.sign_box, &signing.user, &signed) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.stopped(Stop::Failure(Failure::Refused(refusal)))),
        }
    }

    fn finished(
        &mut self,
        prepared: &Prepared,
        answer: Answer,
        drawn: &[(String, String)],
        signed: Vec<GivenSignOff>,
        n_excluded: usize,
    ) -> Done {
        let record = answer.record.or_else(|| prepared.record.clone());
        if let Some(record) = &record {
            for sign_off in signed {
                let roles = self.accounts.get(&sign_off.user).map(|account| account.roles.clone()).unwrap_or_default();
                self.store.sign_offs.push(KeptSignOff {
                    record: (record.record_type.clone(), record.id),
                    sign_box: sign_off.sign_box,
                    role: roles.first().cloned().unwrap_or_default(),
                    user: sign_off.user,
                    at: self.now,
                    voided: false,
                });
            }
        }
        let outcome = answer.outcome.map(|outcome| {
            let args = outcome.counts.iter().map(|(name, n)| (name.clone(), n.to_string())).collect();
            let sentences = self.sentences.of(&format!("outcome-{}", outcome.key), &args);
            (outcome.key, outcome.counts, sentences)
        });
        Done {
            record: record.and_then(|record| self.shown(&record.record_type, record.id)),
            value: with_numbers(&answer.value, drawn),
            outcome,
            n_left_out: answer.dropped.len() + n_excluded,
        }
    }

    fn must_be_allowed(&self, record_type: &str, action: &str) -> Result<(), Problem> {
        let name = record_type.split_once('.').map_or(record_type, |(_, name)| name);
        let roles = &self.accounts[&self.acting].roles;
        let granted = self.permissions.get(&format!("{name}:{action}"));
        let is_allowed = roles.iter().any(|role| role == Role::ADMIN.as_str() || granted.is_some_and(|to| to.contains(role)));
        if is_allowed { Ok(()) } else { Err(core_problem("forbidden")) }
    }

    fn described(&self, record_type: &str) -> Result<&TypeDescription, Problem> {
        let described = self.store.described(&self.store.full_name(record_type));
        described.map_err(|_| not_found(format!("type {record_type}")))
    }

    fn by_number(&self, record_type: &str, number: &str) -> Result<Fields, Problem> {
        self.described(record_type)?;
        let row = self.store.by_number(&self.store.full_name(record_type), number);
        row.cloned().ok_or_else(|| not_found(format!("{record_type} {number}")))
    }

    fn checked(&self, takes: &[FieldDescription], given: Fields) -> Result<Fields, Problem> {
        let mut fields = fit(takes, &trimmed(&given)).map_err(|errors| self.invalid(errors))?;
        self.resolve_references(takes, &mut fields)?;
        Ok(fields)
    }

    /// Puts the ids of records in the place of the numbers that came in.
    fn resolve_references(&self, takes: &[FieldDescription], fields: &mut Fields) -> Result<(), Problem> {
        for field in takes {
            let FieldKind::Reference { record_type } = &field.kind else { continue };
            let Some(number) = fields.get(&field.name).and_then(Value::as_str) else { continue };
            let found = self.store.by_number(record_type, number);
            let found = found.ok_or_else(|| self.invalid(vec![fault(&field.name, "not-a-record")]))?;
            fields.insert(field.name.clone(), id_of(found).to_string().into());
        }
        Ok(())
    }

    /// A record in the shape of the API: references by number, with its sign-offs.
    fn shown(&self, record_type: &str, id: Uuid) -> Option<Fields> {
        let record_type = self.store.full_name(record_type);
        let mut row = self.store.row(&record_type, id)?.clone();
        let described = self.store.described(&record_type).ok()?;
        for field in &described.fields {
            let FieldKind::Reference { record_type } = &field.kind else { continue };
            let id = row.get(&field.name).and_then(Value::as_str).and_then(|id| id.parse().ok());
            if let Some(id) = id {
                row.insert(field.name.clone(), self.store.name_of(record_type, id).into());
            }
        }
        if !described.sign_offs.is_empty() {
            let its = self.store.sign_offs.iter().filter(|sign_off| sign_off.record == (record_type.clone(), id));
            row.insert("sign_offs".to_owned(), its.map(shown_sign_off).collect());
        }
        Some(row)
    }

    fn stamp(&self, today: NaiveDate) -> Stamp {
        Stamp { by: self.acting.clone(), at: self.now, today }
    }

    fn faulted(&self, fault: Fault) -> Problem {
        match fault {
            Fault::Refused(refusal) => self.stopped(Stop::Failure(Failure::Refused(refusal))),
            Fault::Invalid { errors } => self.invalid(errors),
            Fault::NotFound { what } => not_found(what),
            Fault::Panicked { message } => {
                Problem { code: "plugin_panicked", args: [("detail".to_owned(), message)].into(), ..Problem::default() }
            }
            other => panic!("the plugin failed: {other}"),
        }
    }

    fn stopped(&self, stop: Stop) -> Problem {
        match stop {
            Stop::Failure(failure) if failure.refusal().is_some() => {
                let refusal = failure.refusal().cloned().unwrap_or_default();
                let (rule, key, args) = (Some(refusal.rule), refusal.key, refusal.args);
                Problem { code: "rule_refused", rule, key, args, ..Problem::default() }
            }
            Stop::Failure(Failure::Taken(key)) => self.invalid(key.iter().map(|field| fault(field, "not-unique")).collect()),
            Stop::Failure(Failure::Invalid(error)) => {
                panic!("the plugin answered a change that does not fit its description: {}: {}", error.field, error.key)
            }
            Stop::Failure(Failure::Defect(why)) => panic!("the plugin answered a change that does not fit: {why}"),
            Stop::Failure(Failure::NotFound(what)) => not_found(what),
            other => panic!("apply gave up: {other:?}"),
        }
    }

    fn invalid(&self, errors: Vec<FieldFault>) -> Problem {
        let key = "problem-validation-failed".to_owned();
        Problem { code: "validation_failed", key, errors, ..Problem::default() }
    }

    fn with_sentences(&self, mut problem: Problem) -> Problem {
        problem.sentences = self.sentences.of(&problem.key, &problem.args);
        problem
    }
}

fn core_problem(code: &'static str) -> Problem {
    Problem { code, key: format!("problem-{}", code.replace('_', "-")), ..Problem::default() }
}

fn not_found(what: impl Into<String>) -> Problem {
    Problem { args: [("detail".to_owned(), what.into())].into(), ..core_problem("not_found") }
}

fn fault(field: &str, key: &str) -> FieldFault {
    FieldFault { field: field.to_owned(), key: key.to_owned(), ..FieldFault::default() }
}

fn with_parts(change: &Change) -> Vec<&Change> {
    match change {
        Change::Part { changes, .. } => changes.iter().collect(),
        change => vec![change],
    }
}

fn shown_sign_off(sign_off: &KeptSignOff) -> Value {
    let KeptSignOff { sign_box, role, user, at, voided, .. } = sign_off;
    serde_json::json!({ "box": sign_box, "role": role, "user": user, "name": user, "at": at, "voided": voided })
}

/// As the border of the real desk does: text comes in without blanks around it.
fn trimmed(given: &Fields) -> Fields {
    let trim = |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| text.trim().into());
    given.iter().map(|(name, value)| (name.clone(), trim(value))).collect()
}

#[track_caller]
fn object(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("expected fields like json!({{…}}), got {other}"),
    }
}

fn version_of(record: &Fields) -> i64 {
    record.get("version").and_then(Value::as_i64).unwrap_or_default()
}

fn id_of(record: &Fields) -> Uuid {
    record.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()).expect("every row has an id")
}

fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(thing: &T) -> T {
    let text = serde_json::to_vec(thing).expect("the protocol's types are JSON");
    serde_json::from_slice(&text).expect("what was written can be read")
}

impl std::fmt::Debug for TestDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let today: NaiveDate = self.today();
        write!(f, "TestDesk({} on {today}, {} acts)", self.plugin.id(), self.acting)
    }
}
