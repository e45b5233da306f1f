//! Registers: the records of a type for a period, as pages, as a workbook, as a table of text.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use deskbell_locale::Messages;
use deskbell_proto::description::{COMMON_COLUMNS, RegisterDescription, TypeDescription};
use deskbell_proto::typeset::{self, Column, Output, Register, Request};
use deskbell_proto::value::{FieldKind, instant};
use deskbell_proto::{Fields, Find, Operator, Period, Sort};
use serde_json::Value;

use super::exports::Export;
use super::templates::shipped_layout;
use super::{File, Forms, Of, RegisterFormat, SetFile, wording};
use crate::desk::{Site, shown};
use crate::i18n::known;
use crate::people::{Permission, Subject};
use crate::problem::Problem;

/// Records read at a time.
const PAGE: u64 = 2_000;

impl Forms {
    /// The register of a type for a period.
    #[expect(clippy::too_many_arguments, reason = "each says another thing about one list")]
    pub async fn register(
        &self,
        subject: &Subject,
        site: &str,
        record_type: &str,
        from: NaiveDate,
        to: NaiveDate,
        format: RegisterFormat,
        lang: &str,
    ) -> Result<File, Problem> {
        let lang = known(lang);
        let unknown = || Problem::not_found(format!("register of {record_type}"));
        let (plugin_id, name) = record_type.split_once('.').ok_or_else(unknown)?;
        let plugin = self.parts.plugins.get(plugin_id).ok_or_else(unknown)?;
        let described = plugin.description.types.iter().find(|described| described.name == name).ok_or_else(unknown)?;
        let printed = described.register.as_ref().ok_or_else(unknown)?;
        let site = self.parts.sites.get(site)?;
        self.parts.policy.authorize(subject, &site.info.id, &Permission::new(plugin_id, name, "register"))?;

        let period = Period { from, to };
        let messages = self.parts.i18n.messages(Some(plugin_id), lang);
        let rows = self.rows(&site, record_type, described, printed, period).await?;
        let words = Words { messages: &messages, described };
        let register = Register { title: words.title(), columns: words.columns(printed), rows };
        let name = format!("{name}-{}", Of::Period { from, to }.file_name());
        let export = self.export(&register, &site, &messages);
        let file = |bytes, media_type, extension: &str| File {
            bytes,
            media_type,
            name: format!("{name}.{extension}"),
            warnings: Vec::new(),
        };
        match format {
            RegisterFormat::Csv => Ok(file(export.csv()?, "text/csv; charset=utf-8", "csv")),
            RegisterFormat::Xlsx => {
                let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
                Ok(file(export.xlsx()?, media_type, "xlsx"))
            }
            RegisterFormat::Pdf => {
                let paper = self.register_paper(&site, period, subject);
                let SetFile { bytes, warnings } = self.set_register(register, wording(&plugin, lang), paper, lang).await?;
                Ok(File { warnings, ..file(bytes, "application/pdf", "pdf") })
            }
        }
    }

    fn register_paper(&self, site: &Site, period: Period, subject: &Subject) -> typeset::Paper {
        typeset::Paper {
            site: site.info.name.clone(),
            timezone: site.info.timezone.clone(),
            period: Some(period),
            copy: 1,
            made_at: Some(instant(self.parts.clock.now())),
            made_by: Some(subject.name.clone()),
            ..typeset::Paper::default()
        }
    }

    /// Sets the pages; a store's layout that does not hold is answered with the shipped one, and said.
    async fn set_register(
        &self,
        register: Register,
        wording: typeset::Wording,
        paper: typeset::Paper,
        lang: &str,
    ) -> Result<SetFile, Problem> {
        let own = self.templates().layout();
        let layout = shipped_layout();
        let output = Output::Pdf { tagged: false };
        if own != layout {
            let request = Request::Register {
                register: register.clone(),
                wording: wording.clone(),
                layout: own,
                paper: paper.clone(),
                output,
            };
            match self.typesetter.set(&request).await? {
                Ok(file) => return Ok(file),
                Err(complaints) => {
                    tracing::warn!("the store's layout of registers is broken, the shipped one is used: {complaints:?}");
                }
            }
            let mut file = self.set(&Request::Register { register, wording, layout, paper, output }, &[]).await?;
            let args = [("file".to_owned(), "templates/layout/register.typ".to_owned())].into();
            file.warnings.push(self.parts.i18n.messages(None, lang).get_or_key("paper-shipped-form", &args));
            return Ok(file);
        }
        self.set(&Request::Register { register, wording, layout, paper, output }, &[]).await
    }

    /// The rows in the order of their day, voided ones left out, references by number.
    async fn rows(
        &self,
        site: &Site,
        record_type: &str,
        described: &TypeDescription,
        printed: &RegisterDescription,
        period: Period,
    ) -> Result<Vec<Vec<Value>>, Problem> {
        let (from, to) = site.bounds(described.column_kind(&printed.by).as_ref(), period);
        let mut find = Find::all(record_type);
        find.filter = find.filter.and(printed.by.as_str(), Operator::Gte, from).and(printed.by.as_str(), Operator::Lt, to).and(
            "void_reason",
            Operator::Null,
            true,
        );
        find.sort = vec![Sort { field: printed.by.clone(), descending: false }];
        find.limit = Some(PAGE);
        let view = self.parts.store.view().await?;
        let sites = [site.info.id.clone()];
        let mut rows = Vec::new();
        let mut cursor = None;
        loop {
            let mut page = view.list(&sites, &find, None, cursor.as_deref()).await?;
            shown(&view, described, &mut page.records).await?;
            rows.extend(page.records.iter().map(|record| row(record, printed)));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(rows);
            }
        }
    }

    fn export<'a>(&self, register: &'a Register, site: &Site, messages: &Messages) -> Export<'a> {
        let none = BTreeMap::new();
        let page = [("page".to_owned(), "&P".to_owned()), ("pages".to_owned(), "&N".to_owned())].into();
        Export {
            register,
            zone: site.zone,
            total: messages.get_or_key("register-total", &none),
            yes_and_no: ["paper-yes", "paper-no"].map(|key| messages.get_or_key(key, &none)),
            page_foot: messages.get_or_key("paper-page", &page),
            made_at: self.parts.clock.now(),
        }
    }
}

fn row(record: &Fields, printed: &RegisterDescription) -> Vec<Value> {
    printed.columns.iter().map(|column| record.get(column).cloned().unwrap_or(Value::Null)).collect()
}

/// What a register is called, and its columns.
struct Words<'a> {
    messages: &'a Messages,
    described: &'a TypeDescription,
}

impl Words<'_> {
    fn get(&self, key: &str) -> Option<String> {
        self.messages.get(key, &BTreeMap::new())
    }

    fn title(&self) -> String {
        let name = &self.described.name;
        self.get(&format!("register-{name}")).or_else(|| self.get(name)).unwrap_or_else(|| name.clone())
    }

    fn columns(&self, printed: &RegisterDescription) -> Vec<Column> {
        let fields = printed.columns.iter().map(|column| self.column(column, printed.sums.contains(column)));
        fields.chain(printed.signatures.iter().map(|signature| self.signature(signature))).collect()
    }

    fn column(&self, field: &str, sum: bool) -> Column {
        let kind = self.described.column_kind(field);
        let title = match COMMON_COLUMNS.contains(&field) {
            true => self.get(&format!("field-{field}")),
            false => self.get(&format!("{}.{field}", self.described.name)),
        };
        let mut title = title.unwrap_or_else(|| field.to_owned());
        if kind == Some(FieldKind::Fen) && !title.contains('元') && !title.contains("yuan") {
            title = self.messages.get_or_key("register-yuan", &[("title".to_owned(), title)].into());
        }
        Column { title, labels: self.labels(field, kind.as_ref()), kind, sum }
    }

    fn labels(&self, field: &str, kind: Option<&FieldKind>) -> BTreeMap<String, String> {
        let Some(FieldKind::Choice { values }) = kind else { return BTreeMap::new() };
        let label = |value: &String| Some((value.clone(), self.get(&format!("{}-{field}.{value}", self.described.name))?));
        values.iter().filter_map(label).collect()
    }

    fn signature(&self, name: &str) -> Column {
        let title = self.get(&format!("register-{}.{name}", self.described.name)).or_else(|| self.get(&format!("box-{name}")));
        Column { title: title.unwrap_or_else(|| name.to_owned()), kind: None, labels: BTreeMap::new(), sum: false }
    }
}
