//! The data of a form: asked of its plugin's paper function, with the signatures of the record beside it.

use deskbell_proto::description::{FormDescription, FormSubject};
use deskbell_proto::{Fields, Find, Handler, Operator, Period, Read, RecordRef};
use serde_json::Value;

use super::apply::paper_data;
use super::handler::Circumstances;
use super::{Desk, pipeline, records};
use crate::forms::Of;
use crate::people::{Permission, Subject};
use crate::plugins::Plugin;
use crate::problem::Problem;

/// How many records of a period are printed in one go.
const RECORDS_MAX: u64 = 500;

/// What one paper is printed from.
#[derive(Debug, Clone, PartialEq)]
pub struct FormData {
    pub record: Option<RecordRef>,
    pub period: Option<Period>,
    /// `{"data": …, "sign_offs": […]}`
    pub data: Value,
}

impl Desk {
    /// The data of every paper that a form makes of a record or a period; a record form gives one for each record whose day
    /// lies in the period.
    pub async fn form_data(&self, subject: &Subject, site: &str, form: &str, of: &Of) -> Result<Vec<FormData>, Problem> {
        let (plugin, described) = self.form(form)?;
        let permission = Permission::new(&plugin.manifest.id, "form", &described.name);
        let site = self.parts.sites.get(site)?;
        self.parts.policy.authorize(subject, &site.info.id, &permission)?;
        let now = self.parts.clock.now();
        let circumstances = Circumstances {
            actor: subject.actor_at(&site.info.id),
            now,
            today: site.day(now),
            entropy: 0,
            deadline: plugin.deadline(),
            site,
        };
        match (&described.of, of) {
            (FormSubject::Record { record_type, .. }, Of::Record(number)) => {
                let record =
                    pipeline::load(&self.parts.store.view().await?, record_type, &circumstances.site.info.id, number).await?;
                Ok(vec![self.data_of_record(&plugin, &described, record_type, record, &circumstances).await?])
            }
            (FormSubject::Record { record_type, by }, Of::Period { from, to }) => {
                let records = self.records_between(record_type, by, Period { from: *from, to: *to }, &circumstances).await?;
                let mut papers = Vec::new();
                for record in records {
                    papers.push(self.data_of_record(&plugin, &described, record_type, record, &circumstances).await?);
                }
                Ok(papers)
            }
            (FormSubject::Period, Of::Period { from, to }) => {
                let period = Period { from: *from, to: *to };
                let handler = Handler::Paper { form: described.name.clone(), record: None, period: Some(period) };
                let answer = super::handler::ask(&plugin, handler, self.parts.store.view().await?, &circumstances).await?;
                Ok(vec![FormData { record: None, period: Some(period), data: paper_data(&answer.value, &[])? }])
            }
            (FormSubject::Period, Of::Record(_)) => Err(Problem::invalid_field("from", "required", [])),
            _ => Err(Problem::internal(format!("the form {form} is of something this host does not know"))),
        }
    }

    /// A form's plugin and description.
    pub fn form(&self, form: &str) -> Result<(std::sync::Arc<Plugin>, FormDescription), Problem> {
        let unknown = || Problem::not_found(format!("form {form}"));
        let (plugin, name) = form.split_once('.').ok_or_else(unknown)?;
        let plugin = self.parts.plugins.running(plugin)?;
        let described = plugin.description.forms.iter().find(|described| described.name == name).cloned();
        Ok((plugin, described.ok_or_else(unknown)?))
    }

    async fn data_of_record(
        &self,
        plugin: &Plugin,
        described: &FormDescription,
        record_type: &str,
        record: Fields,
        circumstances: &Circumstances,
    ) -> Result<FormData, Problem> {
        let id = records::id_of(&record);
        let handler = Handler::Paper { form: described.name.clone(), record: Some(record), period: None };
        let answer = super::handler::ask(plugin, handler, self.parts.store.view().await?, circumstances).await?;
        let sign_offs = self.parts.store.view().await?.sign_offs(record_type, id).await?;
        let record = Some(RecordRef { record_type: record_type.to_owned(), id });
        Ok(FormData { record, period: None, data: paper_data(&answer.value, &sign_offs)? })
    }

    /// The records whose day, or whose instant's day at the site, lies in a period.
    async fn records_between(
        &self,
        record_type: &str,
        by: &str,
        period: Period,
        circumstances: &Circumstances,
    ) -> Result<Vec<Fields>, Problem> {
        let described = self.described(record_type)?;
        let (from, to) = circumstances.site.bounds(described.column_kind(by).as_ref(), period);
        let mut find = Find::all(record_type);
        find.filter = find.filter.and(by, Operator::Gte, from).and(by, Operator::Lt, to);
        find.limit = Some(RECORDS_MAX);
        Ok(self.parts.store.view().await?.read(&circumstances.site.info.id, &Read::Find(find)).await?.rows)
    }
}
