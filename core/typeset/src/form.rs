//! One form: filled, set, written as a file; or checked with every sample.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_proto::typeset::{Complaint, Data, Form, Output, Paper, Sheet as Filling};
use serde_json::{Value, json};
use typst::WorldExt;
use typst::diag::SourceDiagnostic;
use typst::syntax::FileId;
use typst_layout::PagedDocument;

use crate::pages::Finished;
use crate::sample::{Sample, sample};
use crate::template::{Piece, render};
use crate::wording::{Length, Words};
use crate::world::{Sheet, layout_id, main_id};
use crate::{File, Typesetter, check, pages};

/// What stands before every form, so that its placeholders have their table.
const PREAMBLE: &str = "#import \"/deskbell.typ\": d, qr-code\n";

impl Typesetter {
    /// Fills a form and sets it, once for each sheet.
    pub fn form(&self, form: &Form, sheets: &[Filling], output: Output) -> Result<File, Vec<Complaint>> {
        let unfinished = |reason: String| vec![crate::complaint(&form.template.file, reason)];
        let mut warnings = BTreeSet::new();
        let mut finished = Finished::new(output);
        for sheet in sheets {
            let (document, words) = self.fill(form, sheet)?;
            warnings.extend(pages::missing_characters(&document, &words));
            finished.take(&document).map_err(unfinished)?;
            typst::comemo::evict(0);
        }
        let title =
            Words::new(&form.wording, "UTC").map_or(String::new(), |words| words.core(&format!("form-{}", form.name), []));
        let (bytes, pages) = finished.into_file(&title).map_err(unfinished)?;
        Ok(File { bytes, pages, warnings: warnings.into_iter().collect() })
    }

    fn fill(&self, form: &Form, sheet: &Filling) -> Result<(PagedDocument, Arc<Words>), Vec<Complaint>> {
        let (data, paper) = match &sheet.data {
            Data::Given(data) => (data.clone(), sheet.paper.clone()),
            _ => (sample(&form.shape, Sample::Full), Paper { copy: 0, ..sheet.paper.clone() }),
        };
        let words = Arc::new(Words::new(&form.wording, &paper.timezone).map_err(|complaint| vec![complaint])?);
        Ok((self.set(form, &words, &paper, &data)?, words))
    }

    /// Lists what is wrong with a form: its names, its source, and what happens when it is set with samples.
    pub fn check(&self, form: &Form) -> Vec<Complaint> {
        let mut complaints: Vec<Complaint> = form.layout.values().flat_map(check::layout).collect();
        let reading = check::names(form);
        complaints.extend(reading.complaints);
        complaints.extend(check::source(&form.template, &reading.source, &reading.pieces));
        if complaints.is_empty() {
            for kind in Sample::ALL {
                complaints.extend(self.try_sample(form, kind));
                typst::comemo::evict(0);
            }
        }
        let mut seen = Vec::new();
        complaints.retain(|complaint| {
            !seen.contains(complaint) && {
                seen.push(complaint.clone());
                true
            }
        });
        complaints
    }

    fn try_sample(&self, form: &Form, kind: Sample) -> Vec<Complaint> {
        let paper = sample_paper(kind);
        let words = match Words::new(&form.wording, &paper.timezone) {
            Ok(words) => Arc::new(words),
            Err(complaint) => return vec![complaint],
        };
        let document = match self.set(form, &words, &paper, &sample(&form.shape, kind)) {
            Ok(document) => document,
            Err(complaints) => return complaints,
        };
        pages::beyond_the_edge(&document)
            .into_iter()
            .map(|(page, text)| {
                let reason = format!("with long values, {text:?} runs off page {page}");
                let mut complaint = crate::complaint(&form.template.file, reason);
                complaint.help = Some("give its column a width such as 1fr, so that it wraps".to_owned());
                complaint
            })
            .take(1)
            .collect()
    }

    fn set(&self, form: &Form, words: &Arc<Words>, paper: &Paper, data: &Value) -> Result<PagedDocument, Vec<Complaint>> {
        let rendered = render(form, words, paper, data).map_err(|complaint| vec![complaint])?;
        // The same reading for what the data has made of it: a placeholder that came out in a wrong place prints nothing.
        let complaints = check::source(&form.template, &rendered.source, &rendered.pieces);
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let title = words.core(&format!("form-{}", form.name), []);
        let data = json!({"values": rendered.values, "paper": head(&title, words, paper), "words": print_words(words)});
        let sheet = Sheet::new(self, format!("{PREAMBLE}{}", rendered.source), &form.layout, &data);
        compile(&sheet).map_err(|diagnostics| {
            diagnostics.iter().map(|diagnostic| locate(form, &sheet, &rendered.pieces, diagnostic)).collect()
        })
    }
}

/// What `paper` is on Typst's side.
pub(crate) fn head(title: &str, words: &Words, paper: &Paper) -> Value {
    let (language, region) = words.language();
    let mark = match paper.copy {
        0 => Some(words.core("paper-sample", [])),
        1 => None,
        copy => Some(words.core("paper-copy", [("copy", copy.to_string())])),
    };
    let made = paper.made_at.as_ref().and_then(|at| words.instant(at, Length::Short)).map(|at| {
        let by = paper.made_by.clone().unwrap_or_default();
        words.core("paper-made", [("at", at), ("by", by)])
    });
    let period = paper.period.map(|period| {
        let spell = |day: chrono::NaiveDate| words.day(&day.to_string(), Length::Long).unwrap_or_default();
        if period.from == period.to {
            spell(period.from)
        } else {
            words.core("paper-period", [("from", spell(period.from)), ("to", spell(period.to))])
        }
    });
    json!({
        "title": title,
        "site": paper.site,
        "number": paper.number,
        "period": period,
        "is_one_day": paper.period.is_some_and(|period| period.from == period.to),
        "mark": mark,
        "made": made,
        "lang": language,
        "region": region,
    })
}

/// The layout's own words. Page numbers are known to Typst only, so the sentence keeps places for them.
pub(crate) fn print_words(words: &Words) -> Value {
    let plain = |key: &str| words.core(key, []);
    json!({
        "page": words.core("paper-page", [("page", "⟨page⟩".to_owned()), ("pages", "⟨pages⟩".to_owned())]),
        "number": plain("paper-number"),
        "signature": plain("paper-signature"),
        "date": plain("paper-date"),
        "empty": plain("paper-empty"),
        "colon": plain("paper-colon"),
    })
}

/// Sets a document. An unknown font or the like is only a warning to Typst; a paper must not come out that way.
pub(crate) fn compile(sheet: &Sheet<'_>) -> Result<PagedDocument, Vec<SourceDiagnostic>> {
    let compiled = typst::compile::<PagedDocument>(sheet);
    match compiled.output {
        Ok(document) if compiled.warnings.is_empty() => Ok(document),
        Ok(_) => Err(compiled.warnings.to_vec()),
        Err(errors) => Err(errors.to_vec()),
    }
}

/// Finds the line of the template, or of the layout, that a diagnostic is about.
fn locate(form: &Form, sheet: &Sheet<'_>, pieces: &[Piece], diagnostic: &SourceDiagnostic) -> Complaint {
    let hints: Vec<&str> = diagnostic.hints.iter().map(|hint| hint.v.as_str()).collect();
    let help = (!hints.is_empty()).then(|| hints.join("; "));
    // An error inside the layout was caused by the form that called it: its line helps the author more.
    let in_form = std::iter::once((diagnostic.span.id(), sheet.range(diagnostic.span)))
        .chain(diagnostic.trace.iter().map(|call| (call.span.id(), sheet.range(call.span))))
        .find(|(id, _)| *id == Some(main_id()));
    if let Some((_, Some(range))) = in_form {
        let range = range.start.saturating_sub(PREAMBLE.len())..range.end.saturating_sub(PREAMBLE.len());
        let span = Piece::locate(pieces, &range);
        return Complaint { file: form.template.file.clone(), span, reason: diagnostic.message.to_string(), help };
    }
    let span = sheet.range(diagnostic.span);
    let file = diagnostic.span.id().and_then(|id| layout_file(form, id)).unwrap_or_else(|| form.template.file.clone());
    Complaint { file, span, reason: diagnostic.message.to_string(), help }
}

fn layout_file(form: &Form, id: FileId) -> Option<String> {
    form.layout.iter().find(|(name, _)| layout_id(name) == id).map(|(_, source)| source.file.clone())
}

fn sample_paper(kind: Sample) -> Paper {
    let site = match kind {
        Sample::Long => "万和购物广场有限责任公司乌鲁木齐天山区解放北路旗舰店",
        _ => "万和购物广场",
    };
    Paper {
        site: site.to_owned(),
        timezone: "Asia/Shanghai".to_owned(),
        number: Some("X-20261109-001".to_owned()),
        copy: if kind == Sample::Sparse { 1 } else { 2 },
        made_at: Some("2026-11-09T01:30:00.000Z".to_owned()),
        made_by: Some("王小明".to_owned()),
        ..Paper::default()
    }
}
