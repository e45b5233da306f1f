//! What must be done on a day: every type's declared due questions, and the open tasks; and which deadlines come next.

use chrono::{Days, NaiveDate};
use deskbell_proto::value::LAST_DAY;
use deskbell_proto::{DueQuestion, DueSince, Fields, Handler, Read};
use serde_json::{Value, json};

use super::handler::{Circumstances, ask};
use super::{Desk, Site, shape};
use crate::people::{Permission, Subject};
use crate::plugins::Plugin;
use crate::problem::Problem;

/// How many due records of one question are listed.
const DUE_MAX: u64 = 500;

/// Which days are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDays {
    pub on: NaiveDate,
    /// So many days more, for what is due by a deadline.
    pub ahead: u64,
}

impl DueDays {
    fn last(self) -> NaiveDate {
        self.on.checked_add_days(Days::new(self.ahead)).unwrap_or(LAST_DAY)
    }
}

impl Desk {
    /// What must be done on a day: `{type, due, title, number, due_on, record}` of every plugin's due questions, and open
    /// tasks. `due_on` is the first day of what is due by a deadline; with days ahead, those that come next are there, too.
    pub async fn due(&self, subject: &Subject, site: &str, days: DueDays, lang: &str) -> Result<Vec<Value>, Problem> {
        let site = self.parts.sites.get(site)?;
        let mut due = Vec::new();
        for plugin in self.parts.plugins.all() {
            // A plugin that is not running is shown on its own page; what the others have due must not wait for it.
            if self.parts.plugins.running(&plugin.manifest.id).is_ok() {
                due.extend(self.due_of(&plugin, subject, &site, days, lang).await?);
            }
        }
        due.extend(self.tasks(&site, days.on, lang).await?);
        Ok(due)
    }

    async fn due_of(
        &self,
        plugin: &Plugin,
        subject: &Subject,
        site: &Site,
        days: DueDays,
        lang: &str,
    ) -> Result<Vec<Value>, Problem> {
        let id = &plugin.manifest.id;
        let mut items = Vec::new();
        for described in &plugin.description.types {
            let may_read =
                self.parts.policy.authorize(subject, &site.info.id, &Permission::new(id, &described.name, "read")).is_ok();
            for question in described.due.iter().filter(|_| may_read) {
                let record_type = format!("{id}.{}", described.name);
                let handler = |on| Handler::Due { record_type: record_type.clone(), due: question.name.clone(), on };
                let mut asked = self.due_question(plugin, handler(days.on), subject, site, days.on).await?;
                if days.ahead > 0 && asked.since.is_some() {
                    asked = self.due_question(plugin, handler(days.last()), subject, site, days.last()).await?;
                }
                let DueQuestion { find, since } = asked;
                let view = self.parts.store.view().await?;
                let mut records = view.read(&site.info.id, &Read::Find(find)).await?.rows;
                shape::shown(&view, described, &mut records).await?;
                let title = self.parts.i18n.text(Some(id), lang, &format!("due-{}", question.name));
                let item = |record| due_item(&record_type, &question.name, &title, since.as_ref(), record);
                items.extend(records.into_iter().map(item));
            }
        }
        Ok(items)
    }

    async fn due_question(
        &self,
        plugin: &Plugin,
        handler: Handler,
        subject: &Subject,
        site: &Site,
        on: NaiveDate,
    ) -> Result<DueQuestion, Problem> {
        let circumstances = Circumstances {
            site: self.parts.sites.get(&site.info.id)?,
            actor: subject.actor_at(&site.info.id),
            now: self.parts.clock.now(),
            today: on,
            entropy: 0,
            deadline: plugin.deadline(),
        };
        let answer = ask(plugin, handler, self.parts.store.view().await?, &circumstances).await?;
        let mut question: DueQuestion = serde_json::from_value(answer.value).map_err(Problem::internal)?;
        question.find.limit = Some(question.find.limit.unwrap_or(DUE_MAX).min(DUE_MAX));
        Ok(question)
    }

    async fn tasks(&self, site: &Site, on: NaiveDate, lang: &str) -> Result<Vec<Value>, Problem> {
        let view = self.parts.store.view().await?;
        let mut items = Vec::new();
        for task in view.open_tasks(&site.info.id, on).await? {
            let title = self.parts.i18n.messages(Some(&task.plugin), lang).get_or_key(&task.key, &task.args);
            let number = match (&task.record_type, task.record) {
                (Some(record_type), Some(id)) => view.numbers(record_type, &[&site.info.id], &[id]).await?.remove(&id),
                _ => None,
            };
            items.push(
                json!({ "task": task.id, "title": title, "due_on": task.due_on, "type": task.record_type, "number": number }),
            );
        }
        Ok(items)
    }
}

fn due_item(record_type: &str, due: &str, title: &str, since: Option<&DueSince>, record: Fields) -> Value {
    let number = record.get("number").or(record.get("id")).cloned().unwrap_or_default();
    let due_on = since.and_then(|since| since.of(&record));
    json!({ "type": record_type, "due": due, "title": title, "number": number, "due_on": due_on, "record": record })
}
