//! `register`: the table of contents of a plugin, and what it builds.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::marker::PhantomData;

use deskbell_proto::description::{
    ActionDescription, BoxDescription, DueDescription, FieldDescription, FormDescription, FormSubject, JobDescription,
    LedgerDescription, RegisterDescription, TypeDescription, fit_some,
};
use deskbell_proto::value::FieldKind;
use deskbell_proto::{DueQuestion, Fields, PROTOCOL, Period, PluginDescription, RecordRef};
use serde_json::Value;

use crate::cx::{Core, Cx, Outcome, given, initial_state};
use crate::deadline::Deadline;
use crate::error::{Error, Result, Rule};
use crate::field::Day;
use crate::ledger::Entry;
use crate::paper::Data;
use crate::query::{Column, Query};
use crate::record::{Record, State, Stored};
use crate::settings::{Args, NoSettings, PluginSettings, SeenSettings, fitting};

/// A role that people hold at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role(&'static str);

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $role:literal;)*) => {
        impl Role {
            $($(#[$doc])* pub const $name: Role = Role($role);)*
        }
    };
}

roles! {
    /// Who works at the desk.
    CLERK = "clerk";
    /// 客服主管
    SUPERVISOR = "supervisor";
    /// 值班经理
    DUTY_MANAGER = "duty-manager";
    /// 防损
    LOSS_PREVENTION = "loss-prevention";
    /// 营运
    OPERATIONS = "operations";
    /// 采购
    PURCHASING = "purchasing";
    /// 人事
    HR = "hr";
    /// 财务
    FINANCE = "finance";
    /// 收货
    RECEIVING = "receiving";
    /// 保安
    SECURITY = "security";
    /// 企划
    PLANNING = "planning";
    /// 电脑部
    IT = "it";
    /// Who sets up the desk.
    ADMIN = "admin";
}

impl Role {
    /// `duty-manager`
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// One role or several, any of which will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|role| role.0.to_owned()).collect()
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Roles(vec![role])
    }
}

impl<const N: usize> From<[Role; N]> for Roles {
    fn from(roles: [Role; N]) -> Self {
        Roles(roles.to_vec())
    }
}

type OnRecord = Box<dyn Fn(&Core<'_>, &Fields) -> Result<RecordRef> + Send + Sync>;
type OnRecordWith = Box<dyn Fn(&Core<'_>, &Fields, &Fields) -> Result<RecordRef> + Send + Sync>;
type OnDay = Box<dyn Fn(&Core<'_>, Day) -> Result<Value> + Send + Sync>;
type OnArgs = Box<dyn Fn(&Core<'_>, &Fields) -> Result<Value> + Send + Sync>;
type OnTime = Box<dyn Fn(&Core<'_>) -> Result<Outcome> + Send + Sync>;
type OnPaper = Box<dyn Fn(&Core<'_>, Option<&Fields>, Option<Period>) -> Result<Value> + Send + Sync>;

/// The handlers of a plugin by name.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) creates: BTreeMap<String, OnRecord>,
    pub(crate) changes: BTreeMap<String, OnRecordWith>,
    pub(crate) actions: BTreeMap<(String, String), OnRecordWith>,
    pub(crate) sign_offs: BTreeMap<(String, String), OnRecord>,
    pub(crate) dues: BTreeMap<(String, String), OnDay>,
    pub(crate) plugin_actions: BTreeMap<String, OnArgs>,
    pub(crate) jobs: BTreeMap<String, OnTime>,
    pub(crate) forms: BTreeMap<String, OnPaper>,
}

/// What a plugin's `register` function fills in: its records with their actions, its jobs and its forms.
///
/// Names are kebab-case, without the plugin's id. `register` runs once, when the plugin is loaded; it panics with a
/// sentence for the author when two things have one name or a column does not exist.
pub struct Register<S = NoSettings> {
    plugin: String,
    description: PluginDescription,
    handlers: Handlers,
    of: PhantomData<fn() -> S>,
}

impl<S: PluginSettings> Register<S> {
    pub(crate) fn of_plugin(plugin: &str) -> Self {
        let description = PluginDescription {
            protocol: PROTOCOL,
            sdk: env!("CARGO_PKG_VERSION").to_owned(),
            settings: S::described(),
            ..PluginDescription::default()
        };
        Register { plugin: plugin.to_owned(), description, handlers: Handlers::default(), of: PhantomData }
    }
}

impl<S> Register<S> {
    pub(crate) fn finished(self) -> (PluginDescription, Handlers) {
        (self.description, self.handlers)
    }

    /// A record type. Without `on_create`, clerks create it from its own fields; without `on_change`, editable fields are
    /// stored as they are.
    pub fn record<R: Record>(&mut self) -> OfRecord<'_, S, R> {
        let mut described = R::describe();
        assert!(
            !self.description.types.iter().any(|other| other.name == described.name),
            "the record type {} is registered twice",
            described.name
        );
        complete(&self.plugin, &mut described.fields);
        let states: Vec<String> = R::State::fields().into_iter().map(|field| field.name).collect();
        let own: Vec<FieldDescription> = described.fields.iter().filter(|field| !states.contains(&field.name)).cloned().collect();
        described.create = Some(own.clone());

        let name = described.name.clone();
        self.handlers.creates.insert(name.clone(), Box::new(move |core, given| create_from_own_fields::<R>(core, &own, given)));
        self.description.types.push(described);
        let mut of = OfRecord { register: self, name, of: PhantomData };
        of.set_change(|cx: &mut Cx, changed| cx.update(changed));
        of
    }

    /// The entries of a ledger, which only handlers make ([`Cx::post`]): never changed, and their sum is the balance of their
    /// account. The host refuses whatever else would move it.
    ///
    /// # Panics
    /// An entry has an editable field, or is no [`Entry`] of a registered type's counter.
    pub fn ledger<E: Entry>(&mut self) -> OfRecord<'_, S, E> {
        let ledger = LedgerDescription {
            account_type: format!("{}.{}", self.plugin, E::Account::TYPE_NAME),
            account: E::ACCOUNT.name().to_owned(),
            amount: E::AMOUNT.name().to_owned(),
            balance: E::BALANCE.name().to_owned(),
        };
        let of = self.record::<E>().made_by_the_plugin();
        of.described(|described| {
            let editable = described.fields.iter().find(|field| field.editable);
            assert!(
                editable.is_none(),
                "the entry {} of a ledger can't be edited, so no field of it is editable",
                described.name
            );
            described.ledger = Some(ledger);
        })
    }

    /// An action on the plugin itself, called as `<plugin>.<action>`; what it returns is the answer.
    pub fn action<X, A, V>(
        &mut self,
        name: &str,
        handler: impl Fn(&mut Cx<X>, A) -> Result<V> + Send + Sync + 'static,
    ) -> &mut Self
    where
        X: SeenSettings<S>,
        A: Args,
        V: Data,
    {
        let args = self.completed(A::describe());
        self.description.actions.push(ActionDescription { name: name.to_owned(), args, doc: A::DOC.to_owned() });
        let run: OnArgs = Box::new(move |core, args| Ok(handler(&mut core.cx()?, A::read(args)?)?.to_data()));
        put(&mut self.handlers.plugin_actions, name.to_owned(), run);
        self
    }

    /// A job: a sweep over state that can run twice, late, or by hand. When it runs is written in `schedules/<plugin>.toml`.
    pub fn job<X>(&mut self, name: &str, handler: impl Fn(&mut Cx<X>) -> Result<Outcome> + Send + Sync + 'static) -> &mut Self
    where
        X: SeenSettings<S>,
    {
        self.description.jobs.push(JobDescription { name: name.to_owned(), ..JobDescription::default() });
        put(&mut self.handlers.jobs, name.to_owned(), Box::new(move |core| handler(&mut core.cx()?)));
        self
    }

    /// A form printed from one record; `by` says on which day a record counts when a period is printed.
    pub fn form<X, R, V, P>(
        &mut self,
        name: &str,
        by: Column<R, V>,
        paper: impl Fn(&Cx<X>, &Stored<R>) -> Result<P> + Send + Sync + 'static,
    ) -> &mut Self
    where
        X: SeenSettings<S>,
        R: Record,
        P: Data,
    {
        let record_type = format!("{}.{}", self.plugin, R::TYPE_NAME);
        let of = FormSubject::Record { record_type, by: by.name().to_owned() };
        self.put_form::<P>(name, of, move |core, row, _| {
            let row = row.ok_or_else(|| Error::failed("this form is printed from a record"))?;
            Ok(paper(&core.cx()?, &given(row)?)?.to_data())
        })
    }

    /// A form printed for a span of days.
    pub fn form_for_period<X, P>(
        &mut self,
        name: &str,
        paper: impl Fn(&Cx<X>, Period) -> Result<P> + Send + Sync + 'static,
    ) -> &mut Self
    where
        X: SeenSettings<S>,
        P: Data,
    {
        self.put_form::<P>(name, FormSubject::Period, move |core, _, period| {
            let period = period.ok_or_else(|| Error::failed("this form is printed for a period"))?;
            Ok(paper(&core.cx()?, period)?.to_data())
        })
    }

    fn put_form<P: Data>(
        &mut self,
        name: &str,
        of: FormSubject,
        paper: impl Fn(&Core<'_>, Option<&Fields>, Option<Period>) -> Result<Value> + Send + Sync + 'static,
    ) -> &mut Self {
        self.description.forms.push(FormDescription { name: name.to_owned(), of, data: P::shape() });
        put(&mut self.handlers.forms, name.to_owned(), Box::new(paper));
        self
    }

    /// The printed list of a type for a period.
    pub fn register_of<R: Record>(&mut self, register: RegisterOf<R>) -> &mut Self {
        let described = self.description.types.iter_mut().find(|described| described.name == R::TYPE_NAME);
        let described = described.unwrap_or_else(|| panic!("register the record type {} before its register", R::TYPE_NAME));
        described.register = Some(register.description);
        self
    }

    fn completed(&self, mut fields: Vec<FieldDescription>) -> Vec<FieldDescription> {
        complete(&self.plugin, &mut fields);
        fields
    }
}

fn put<K: Ord + Debug, H>(handlers: &mut BTreeMap<K, H>, name: K, handler: H) {
    assert!(!handlers.contains_key(&name), "{name:?} is registered twice");
    handlers.insert(name, handler);
}

/// Puts the plugin's id in front of the types that references point to.
fn complete(plugin: &str, fields: &mut [FieldDescription]) {
    for field in fields {
        if let FieldKind::Reference { record_type } = &mut field.kind
            && !record_type.contains('.')
        {
            *record_type = format!("{plugin}.{record_type}");
        }
    }
}

fn create_from_own_fields<R: Record>(core: &Core<'_>, own: &[FieldDescription], given: &Fields) -> Result<RecordRef> {
    let mut row = fitting(own, given)?;
    row.extend(initial_state::<R>());
    let mut cx: Cx = core.cx::<NoSettings, NoSettings>()?;
    Ok(cx.insert(R::read(&row)?)?.record_ref(core.plugin.id()))
}

/// A record type in `register`: what may be done with it.
pub struct OfRecord<'r, S, R> {
    register: &'r mut Register<S>,
    name: String,
    of: PhantomData<fn() -> R>,
}

impl<S, R: Record> OfRecord<'_, S, R> {
    /// How a record comes to be: the handler checks what it is given and inserts it.
    pub fn on_create<X, A>(self, handler: impl Fn(&mut Cx<X>, A) -> Result<Stored<R>> + Send + Sync + 'static) -> Self
    where
        X: SeenSettings<S>,
        A: Args,
    {
        let takes = self.register.completed(A::describe());
        let run: OnRecord =
            Box::new(move |core, given| Ok(handler(&mut core.cx()?, A::read(given)?)?.record_ref(core.plugin.id())));
        self.register.handlers.creates.insert(self.name.clone(), run);
        self.described(|described| described.create = Some(takes))
    }

    /// How a record comes to be, or is brought up to date: the handler looks for the one with the same key
    /// ([`Cx::find_or_insert`]) and changes what differs. So a list that comes every month can be imported every month.
    pub fn on_create_or_amend<X, A>(self, handler: impl Fn(&mut Cx<X>, A) -> Result<Stored<R>> + Send + Sync + 'static) -> Self
    where
        X: SeenSettings<S>,
        A: Args,
    {
        self.on_create(handler).described(|described| described.create_amends = true)
    }

    /// Only handlers of the plugin make such records.
    pub fn made_by_the_plugin(self) -> Self {
        self.register.handlers.creates.remove(&self.name);
        self.described(|described| described.create = None)
    }

    /// How editable fields are corrected: the handler is given the record with its new values
    /// ([`Stored::before`] has the old ones) and ends with [`Cx::update`].
    pub fn on_change<X>(mut self, handler: impl Fn(&mut Cx<X>, Stored<R>) -> Result<Stored<R>> + Send + Sync + 'static) -> Self
    where
        X: SeenSettings<S>,
    {
        self.set_change(handler);
        self
    }

    fn set_change<X>(&mut self, handler: impl Fn(&mut Cx<X>, Stored<R>) -> Result<Stored<R>> + Send + Sync + 'static)
    where
        X: SeenSettings<S>,
    {
        let mut editable = self.register.completed(R::describe().fields);
        editable.retain(|field| field.editable);
        let run: OnRecordWith = Box::new(move |core, row, set| {
            let set = fit_some(&editable, set).map_err(Error::invalid_fields)?;
            let mut changed: Stored<R> = given(row)?;
            let mut values = changed.write();
            values.extend(set);
            *changed = R::read(&values)?;
            Ok(handler(&mut core.cx()?, changed)?.record_ref(core.plugin.id()))
        });
        self.register.handlers.changes.insert(self.name.clone(), run);
    }

    /// A verb on a record.
    pub fn action<X, A>(
        self,
        name: &str,
        handler: impl Fn(&mut Cx<X>, Stored<R>, A) -> Result<Stored<R>> + Send + Sync + 'static,
    ) -> Self
    where
        X: SeenSettings<S>,
        A: Args,
    {
        let args = self.register.completed(A::describe());
        let run: OnRecordWith = Box::new(move |core, row, args| {
            Ok(handler(&mut core.cx()?, given(row)?, A::read(args)?)?.record_ref(core.plugin.id()))
        });
        put(&mut self.register.handlers.actions, (self.name.clone(), name.to_owned()), run);
        let action = ActionDescription { name: name.to_owned(), args, doc: A::DOC.to_owned() };
        self.described(|described| described.actions.push(action))
    }

    /// A box that somebody in one of these roles signs later, and what follows from it.
    pub fn sign_off<X>(
        self,
        sign_box: &str,
        by: impl Into<Roles>,
        then: impl Fn(&mut Cx<X>, Stored<R>) -> Result<Stored<R>> + Send + Sync + 'static,
    ) -> Self
    where
        X: SeenSettings<S>,
    {
        let run: OnRecord = Box::new(move |core, row| Ok(then(&mut core.cx()?, given(row)?)?.record_ref(core.plugin.id())));
        put(&mut self.register.handlers.sign_offs, (self.name.clone(), sign_box.to_owned()), run);
        self.put_box(sign_box, by.into(), true)
    }

    /// A box that is signed, and nothing follows but the signature.
    pub fn signed_by(self, sign_box: &str, by: impl Into<Roles>) -> Self {
        self.put_box(sign_box, by.into(), false)
    }

    /// Each box of the record is signed after the one registered before it: so what follows from the last one follows from all.
    pub fn in_order(self, rule: Rule) -> Self {
        self.described(|described| described.signed_in_order = Some(rule.0.to_owned()))
    }

    /// Nobody signs two boxes of the record.
    pub fn by_different_people(self, rule: Rule) -> Self {
        self.described(|described| described.signed_by_different_people = Some(rule.0.to_owned()))
    }

    fn put_box(self, sign_box: &str, by: Roles, then: bool) -> Self {
        let described = BoxDescription { name: sign_box.to_owned(), roles: by.names(), then };
        self.described(|of| of.sign_offs.push(described))
    }

    /// What of this type is due on a day: the question that the desk's home page and `deskbell due` ask. Use the same in
    /// the job that sweeps, so that both always agree.
    pub fn due<X>(self, name: &str, question: impl Fn(&Cx<X>, Day) -> Query<R> + Send + Sync + 'static) -> Self
    where
        X: SeenSettings<S>,
    {
        self.put_due(name, move |core, on| {
            Ok(DueQuestion { find: question(&core.cx()?, on).find(core.plugin.id()), since: None })
        })
    }

    /// What of this type is due by a [`Deadline`]: the entry of the desk's day under this name, with the day since when, and
    /// the preview of what comes. The job that sweeps asks the same declaration.
    pub fn deadline<X>(self, name: &str, deadline: impl Fn(&Cx<X>) -> Deadline<R> + Send + Sync + 'static) -> Self
    where
        X: SeenSettings<S>,
    {
        self.put_due(name, move |core, on| Ok(deadline(&core.cx()?).question(on, core.plugin.id())))
    }

    fn put_due(self, name: &str, question: impl Fn(&Core<'_>, Day) -> Result<DueQuestion> + Send + Sync + 'static) -> Self {
        let run: OnDay = Box::new(move |core, on| serde_json::to_value(question(core, on)?).map_err(Error::from));
        put(&mut self.register.handlers.dues, (self.name.clone(), name.to_owned()), run);
        self.described(|described| described.due.push(DueDescription { name: name.to_owned() }))
    }

    /// At most one record of this type that is not closed exists at a site.
    pub fn one_open_per_site(self) -> Self {
        self.described(|described| described.one_open_per_site = true)
    }

    fn described(self, amend: impl FnOnce(&mut TypeDescription)) -> Self {
        let described = self.register.description.types.iter_mut().find(|described| described.name == self.name);
        amend(described.expect("record() has put its description there"));
        self
    }
}

/// The printed list of a type: which day it goes by, its columns from left to right, its sums, and the columns left empty
/// for a signature.
///
/// ```
/// # use deskbell_sdk::prelude::*;
/// # /// Outgoing mail.
/// # #[derive(Record)] #[record(name = "outgoing", number = "O/day")]
/// # struct Outgoing { handed_in_on: Day, addressee: String, postage_fen: Fen }
/// RegisterOf::by(Outgoing::HANDED_IN_ON)
///     .column(Outgoing::NUMBER)
///     .column(Outgoing::ADDRESSEE)
///     .sum(Outgoing::POSTAGE_FEN)
///     .signature("carrier");
/// ```
pub struct RegisterOf<R> {
    description: RegisterDescription,
    of: PhantomData<fn() -> R>,
}

impl<R> RegisterOf<R> {
    /// A register whose periods go by this day or instant.
    pub fn by<V>(day: Column<R, V>) -> Self {
        let description = RegisterDescription { by: day.name().to_owned(), ..RegisterDescription::default() };
        RegisterOf { description, of: PhantomData }
    }

    /// The next column.
    #[must_use]
    pub fn column<V>(mut self, column: Column<R, V>) -> Self {
        self.description.columns.push(column.name().to_owned());
        self
    }

    /// The next column, summed at the foot.
    #[must_use]
    pub fn sum<V>(mut self, column: Column<R, V>) -> Self {
        self.description.sums.push(column.name().to_owned());
        self.column(column)
    }

    /// An empty column to sign in by hand.
    #[must_use]
    pub fn signature(mut self, name: &str) -> Self {
        self.description.signatures.push(name.to_owned());
        self
    }
}

impl<S> Debug for Register<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({})", self.plugin)
    }
}

impl<S, R> Debug for OfRecord<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfRecord({})", self.name)
    }
}

impl<R> Debug for RegisterOf<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.description, f)
    }
}
