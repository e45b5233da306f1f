//! Papers: one row a print, its data frozen; the PDF is made after the commit and kept by its hash.
//!
//! A paper remembers the very template, layout and words it was set with, so that it can be set again to the same byte.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use deskbell_proto::typeset::{self, Data, Output, Request, Sheet};
use deskbell_proto::value::instant;
use deskbell_proto::{Period, RecordRef};
use serde_json::Value;
use uuid::Uuid;

use super::templates::sha256;
use super::{File, Forms, Order, Paper, SetFile, sources};
use crate::desk::{Begun, FormData, keep_answer};
use crate::i18n::known;
use crate::people::{Permission, Subject};
use crate::printing::Printed;
use crate::problem::{Code, Problem};
use crate::store::{About, AuditEntry, NewPaper, PaperRow, PrintState, SetPaper, SignOff, Stamp, Tx};

/// The circumstances of one print.
pub(super) struct Print<'a> {
    pub(super) site: &'a str,
    pub(super) copy: i64,
    pub(super) made_at: DateTime<Utc>,
    pub(super) made_by: &'a str,
}

impl Forms {
    /// Makes copy 1, or copy n of what was printed before; the same order under the same key is printed once.
    pub async fn print(&self, subject: &Subject, site: &str, order: Order) -> Result<Paper, Problem> {
        let begun = self.parts.desk.replays().begin(&self.parts.store, &subject.user, order.idempotency.as_ref()).await?;
        let (paper, _under_way) = match begun {
            Begun::Answered(paper) => (*paper, None),
            Begun::First(guard) => (self.make(subject, site, order).await?, Some(guard)),
        };
        self.with_its_page(paper).await
    }

    async fn make(&self, subject: &Subject, site: &str, order: Order) -> Result<Paper, Problem> {
        let mut papers = self.parts.desk.form_data(subject, site, &order.form, &order.of).await?;
        match (papers.pop(), papers.len()) {
            (Some(paper), 0) => self.keep(subject, site, order, paper).await,
            (None, _) => Err(Problem::not_found(format!("record for {} in that span of days", order.form))),
            // Each record's paper counts its own copies.
            (Some(_), _) => Err(Problem::invalid_field("record", "required", [])),
        }
    }

    /// The print stands by then: trouble with the typesetter is told, and the PDF made when it is fetched.
    async fn with_its_page(&self, paper: Paper) -> Result<Paper, Problem> {
        let row = self.row(paper.id).await?;
        match self.pdf(&row).await {
            Ok(_) => Ok(Paper { warnings: self.row(paper.id).await?.warnings, ..paper }),
            Err(problem) => {
                let args = [("reason".to_owned(), problem.detail)].into();
                let warning = self.parts.i18n.messages(None, known(&row.lang)).get_or_key("paper-not-set", &args);
                Ok(Paper { warnings: vec![warning], ..paper })
            }
        }
    }

    /// The PDF of a paper for its printer.
    pub(crate) async fn page_of(&self, paper: Uuid) -> Result<Vec<u8>, Problem> {
        self.pdf(&self.row(paper).await?).await
    }

    async fn keep(&self, subject: &Subject, site: &str, order: Order, data: FormData) -> Result<Paper, Problem> {
        let (id, now) = (Uuid::now_v7(), self.parts.clock.now());
        let (plugin, name) = order.form.split_once('.').unwrap_or_default();
        let lang = known(&order.lang);
        let printer = self.parts.printers.choose(order.printer.as_deref(), &order.form, site)?;
        let title = self.parts.i18n.text(Some(plugin), lang, &format!("form-{name}"));
        let (subject, site) = (subject.clone(), site.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let stamp = Stamp { site: &site, by: &subject.user, at: now };
            let new = NewPaper {
                id,
                form: &order.form,
                title: &title,
                lang,
                record: data.record.as_ref(),
                period: data.period,
                data: &data.data,
                made_by: &subject.name,
                run: None,
            };
            let copy = tx.put_paper(&new, stamp)?;
            tx.append_audit(&AuditEntry {
                at: now,
                actor: &subject.user,
                origin: &subject.origin,
                site: &site,
                command: "print",
                rule: None,
                about: About::Other(serde_json::json!({ "form": order.form, "paper": id, "copy": copy, "printer": printer })),
            })?;
            if let Some(printer) = &printer {
                tx.put_print_job(id, printer, stamp)?;
            }
            let queued =
                |printer: &String| Printed { printer: printer.clone(), state: PrintState::Queued, reason: None, at: now };
            let paper = Paper {
                id,
                form: order.form.clone(),
                title: title.clone(),
                site: site.clone(),
                lang: lang.to_owned(),
                copy,
                made_at: now,
                made_by: subject.name.clone(),
                href: href(id),
                warnings: Vec::new(),
                printed: printer.as_ref().map(queued),
            };
            keep_answer(tx, &subject.user, order.idempotency.as_ref(), &paper, now)?;
            Ok(paper)
        };
        self.parts.store.write(write).await
    }

    /// A paper and its PDF; the same bytes whenever it is asked for.
    pub async fn paper(&self, subject: &Subject, id: Uuid, lang: &str) -> Result<(Paper, File), Problem> {
        let row = self.row(id).await?;
        let (plugin, name) = row.form.split_once('.').unwrap_or_default();
        self.parts.policy.authorize(subject, &row.site, &Permission::new(plugin, "form", name))?;
        let bytes = self.pdf(&row).await?;
        let row = self.row(id).await?;
        let copy = if row.copy > 1 { format!("-{}", row.copy) } else { String::new() };
        let subject = match self.number_of(&row.site, row.record.as_ref()).await? {
            Some(number) => number,
            None => row.subject.replace("..", "_"),
        };
        let name = format!("{name}-{subject}{copy}.pdf");
        let file = File { bytes, media_type: "application/pdf", name, warnings: row.warnings.clone() };
        let print = self.parts.store.print_job_of(id).await?;
        let printed = print.map(|job| Printed::of(job, &self.parts.i18n, lang));
        Ok((Paper { printed, ..shown(&row) }, file))
    }

    async fn row(&self, id: Uuid) -> Result<PaperRow, Problem> {
        self.parts.store.paper(id).await?.ok_or_else(|| Problem::not_found(format!("paper {id}")))
    }

    /// The PDF as it was kept, or set now: at the first time, and when the file is gone or no longer what it was.
    async fn pdf(&self, row: &PaperRow) -> Result<Vec<u8>, Problem> {
        if row.is_erased() {
            return Err(Problem::new(Code::Erased, format!("paper {}", row.id)));
        }
        if let Some(bytes) = row.file_hash.as_deref().and_then(|hash| self.kept_file(hash)) {
            return Ok(bytes);
        }
        let (form, warning) = self.form_of(row).await?;
        let original = self.parts.store.original_of(row).await?;
        // Only the mark differs between copies: the foot tells of the original.
        let print = Print { site: &row.site, copy: row.copy, made_at: original.made_at, made_by: &original.made_by };
        let sheet = self.sheet(&print, row.record.as_ref(), row.period, &row.data).await?;
        let template_source = serde_json::to_string(&form).map_err(Problem::internal)?;
        let sources = sources(&form);
        let request = Request::Form { form, sheets: vec![sheet], output: Output::Pdf { tagged: false } };
        let SetFile { bytes, mut warnings } = self.set(&request, &sources).await?;
        warnings.extend(warning);
        let file_hash = sha256(&bytes);
        self.keep_file(&file_hash, &bytes)?;
        let set = SetPaper { template_hash: sha256(&template_source), template_source, file_hash: file_hash.clone(), warnings };
        let id = row.id;
        self.parts.store.write(move |tx| tx.note_set_paper(id, &set)).await?;
        // Two readers may have set it at once, around a change of the template: what was noted first stays.
        match self.row(id).await?.file_hash {
            Some(noted) if noted != file_hash => self.kept_file(&noted).ok_or_else(|| {
                Problem::new(
                    Code::StorageUnavailable,
                    format!("the file of paper {id} is gone and can't be made again to the same byte"),
                )
            }),
            _ => Ok(bytes),
        }
    }

    /// The form a paper was first set with, or the one in force now.
    async fn form_of(&self, row: &PaperRow) -> Result<(typeset::Form, Option<String>), Problem> {
        if let Some(hash) = &row.template_hash
            && let Some(source) = self.parts.store.paper_template(hash).await?
        {
            return Ok((serde_json::from_str(&source).map_err(Problem::internal)?, None));
        }
        let (plugin, described) = self.described(&row.form)?;
        let in_force = self.in_force(&plugin, &described, known(&row.lang)).await?;
        Ok((in_force.form, in_force.warning))
    }

    /// What the typesetter is given of one paper; `frozen` is `{"data": …, "sign_offs": […]}`.
    pub(super) async fn sheet(
        &self,
        print: &Print<'_>,
        record: Option<&RecordRef>,
        period: Option<Period>,
        frozen: &Value,
    ) -> Result<Sheet, Problem> {
        let site = self.parts.sites.get(print.site)?;
        let sign_offs: Vec<SignOff> = serde_json::from_value(frozen["sign_offs"].clone()).unwrap_or_default();
        let in_force = sign_offs.into_iter().filter(|sign_off| !sign_off.voided);
        let paper = typeset::Paper {
            site: site.info.name.clone(),
            timezone: site.info.timezone.clone(),
            number: self.number_of(print.site, record).await?,
            period,
            copy: print.copy,
            made_at: Some(instant(print.made_at)),
            made_by: Some(print.made_by.to_owned()),
            sign_offs: in_force
                .map(|SignOff { sign_box, role, name, at, .. }| typeset::SignOff { sign_box, role, name, at: instant(at) })
                .collect(),
        };
        Ok(Sheet { data: Data::Given(frozen["data"].clone()), paper })
    }

    async fn number_of(&self, site: &str, record: Option<&RecordRef>) -> Result<Option<String>, Problem> {
        let Some(RecordRef { record_type, id }) = record else { return Ok(None) };
        let record = self.parts.store.view().await?.by_id(record_type, site, *id).await?;
        Ok(record.and_then(|record| Some(record.get("number")?.as_str()?.to_owned())))
    }

    fn file_path(&self, hash: &str) -> PathBuf {
        self.parts.home.paper_files().join(format!("{hash}.pdf"))
    }

    /// The file of a hash, if it is there and is still what it was.
    fn kept_file(&self, hash: &str) -> Option<Vec<u8>> {
        let bytes = std::fs::read(self.file_path(hash)).ok()?;
        if sha256(&bytes) == hash {
            return Some(bytes);
        }
        tracing::error!("{} is damaged; it is made again", self.file_path(hash).display());
        None
    }

    fn keep_file(&self, hash: &str, bytes: &[u8]) -> Result<(), Problem> {
        let folder = self.parts.home.paper_files();
        let write = || {
            std::fs::create_dir_all(&folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            std::io::Write::write_all(&mut file, bytes)?;
            file.as_file().sync_all()?;
            file.persist(self.file_path(hash)).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| Problem::new(Code::StorageUnavailable, format!("{}: {error}", folder.display())))
    }
}

fn shown(row: &PaperRow) -> Paper {
    Paper {
        id: row.id,
        form: row.form.clone(),
        title: row.title.clone(),
        site: row.site.clone(),
        lang: row.lang.clone(),
        copy: row.copy,
        made_at: row.made_at,
        made_by: row.made_by.clone(),
        href: href(row.id),
        warnings: row.warnings.clone(),
        printed: None,
    }
}

fn href(paper: Uuid) -> String {
    format!("/api/v1/papers/{paper}")
}
