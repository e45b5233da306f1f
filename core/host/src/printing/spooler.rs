//! The queue at work: one printer's trouble holds its own papers and nobody else's.
//!
//! Every step is noted before the next. A job that was being handed over when the desk ended is looked for at the printer by
//! its name; where nobody can say, it is printed again: rather twice than not at all.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::Printers;
use super::ipp::{IppPrinter, Standing};
use crate::clock::Clock;
use crate::config::{Printer, PrinterAddress};
use crate::desk::{Event, Events};
use crate::forms::Forms;
use crate::problem::{Problem, Sentence};
use crate::queue::{Carrier, pause_after};
use crate::store::{PrintJob, PrintNote, PrintState, Store};

/// A raw printer that does not take the bytes within it is out of reach.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest pause of a queue that is held.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(2);

/// Brings papers to printers. Clones share the work.
#[derive(Debug, Clone)]
pub struct Spooler {
    pub store: Store,
    pub printers: Printers,
    pub forms: Forms,
    pub events: Events,
    pub clock: Clock,
}

/// What a step came to.
enum Step {
    /// The end is known, or as much of it as can be.
    End(PrintState, Option<Sentence>),
    /// The printer has it; its number there.
    AtPrinter(i32),
    Held(Sentence),
}

impl Carrier for Spooler {
    const QUEUE: &'static str = "print queue";

    async fn waiting(&self) -> Result<Vec<String>, Problem> {
        self.store.waiting_printers().await
    }

    async fn work_through(&self, printer: &str) -> Result<(), Problem> {
        while let Some(job) = self.store.first_print_job(printer).await? {
            if job.next_at > self.clock.now() {
                return Ok(());
            }
            let step = self.step(&job).await?;
            let goes_on = matches!(step, Step::End(..));
            self.note(&job, step).await?;
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Spooler {
    async fn step(&self, job: &PrintJob) -> Result<Step, Problem> {
        let Some(printer) = self.printers.get(&job.printer) else {
            return Ok(Step::Held(sentence("print-printer-gone", "")));
        };
        let reached = match &printer.address {
            PrinterAddress::Socket(address) => self.send_raw(job, address).await?,
            PrinterAddress::Ipp(uri) => {
                let ipp = IppPrinter { uri: uri.clone(), certificate: printer.certificate.clone() };
                match job.ipp_job {
                    Some(number) => follow(&ipp, number).await,
                    None => self.send_ipp(job, &printer, &ipp).await?,
                }
            }
        };
        Ok(reached.unwrap_or_else(|reason| Step::Held(sentence("print-unreachable", &reason))))
    }

    async fn send_ipp(&self, job: &PrintJob, printer: &Printer, ipp: &IppPrinter) -> Result<Result<Step, String>, Problem> {
        if job.state == PrintState::Sending {
            match ipp.find(&job.name()).await {
                Ok(Some(number)) => return Ok(Ok(Step::AtPrinter(number))),
                Ok(None) => {}
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let readiness = match ipp.readiness().await {
            Ok(readiness) => readiness,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Some(hindrance) = hindrance(&readiness, printer.media.as_deref()) {
            return Ok(Ok(Step::Held(hindrance)));
        }
        let pdf = match self.forms.page_of(job.paper).await {
            Ok(pdf) => pdf,
            Err(problem) => return Ok(Ok(Step::Held(sentence("print-not-set", &problem.detail)))),
        };
        self.store.note_sending(job.seq, self.clock.now()).await?;
        Ok(ipp.print(&job.name(), pdf, printer.media.as_deref()).await.map(Step::AtPrinter))
    }

    /// A raw printer takes bytes and says nothing: what happens to the paper is not known.
    async fn send_raw(&self, job: &PrintJob, address: &str) -> Result<Result<Step, String>, Problem> {
        let pdf = match self.forms.page_of(job.paper).await {
            Ok(pdf) => pdf,
            Err(problem) => return Ok(Ok(Step::Held(sentence("print-not-set", &problem.detail)))),
        };
        let connected = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
        let mut stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Ok(Err(error.to_string())),
            Err(_) => return Ok(Err(format!("no answer from {address}"))),
        };
        self.store.note_sending(job.seq, self.clock.now()).await?;
        let send = async {
            stream.write_all(&pdf).await?;
            stream.shutdown().await
        };
        match tokio::time::timeout(PATIENCE, send).await {
            Ok(Ok(())) => Ok(Ok(Step::End(PrintState::Sent, Some(sentence("print-cannot-tell", ""))))),
            Ok(Err(error)) => Ok(Err(error.to_string())),
            Err(_) => Ok(Err(format!("{address} does not take the bytes"))),
        }
    }

    async fn note(&self, job: &PrintJob, step: Step) -> Result<(), Problem> {
        let now = self.clock.now();
        let mut note =
            PrintNote { state: job.state, reason: None, ipp_job: job.ipp_job, attempts: 0, next_at: now, is_done: false };
        match step {
            Step::End(state, reason) => (note.state, note.reason, note.is_done) = (state, reason, true),
            Step::AtPrinter(number) => (note.state, note.ipp_job) = (PrintState::Sent, Some(number)),
            Step::Held(reason) => {
                note.attempts = job.attempts + 1;
                note.next_at = now + pause_after(note.attempts, LONGEST_PAUSE);
                // Whether it got there is still the question, however long the printer is away.
                note.state = if job.state == PrintState::Sending { PrintState::Sending } else { PrintState::Held };
                note.reason = Some(reason);
            }
        }
        if note.state != job.state || note.reason != job.reason {
            let state = note.state.as_str();
            tracing::info!(printer = job.printer, paper = %job.paper, "paper {} at printer {}: {state}", job.paper, job.printer);
            metrics::counter!("deskbell_print_jobs_total", "printer" => job.printer.clone(), "state" => state).increment(1);
            let data = json!({ "paper": job.paper, "printer": job.printer, "state": state });
            self.events.tell(Event { kind: "print".to_owned(), site: job.site.clone(), data });
        }
        let is_held = if note.attempts > 0 { 1.0 } else { 0.0 };
        metrics::gauge!("deskbell_printer_held", "printer" => job.printer.clone()).set(is_held);
        self.store.note_print_job(job.seq, note, now).await
    }
}

/// How a job that the printer has is getting on.
async fn follow(ipp: &IppPrinter, number: i32) -> Result<Step, String> {
    let standing = ipp.standing(number).await?;
    Ok(match standing {
        Standing::Done => Step::End(PrintState::Printed, None),
        Standing::Ended => Step::End(PrintState::Cancelled, Some(sentence("print-cancelled", ""))),
        Standing::Unknown => Step::End(PrintState::Sent, Some(sentence("print-forgotten", ""))),
        Standing::Waiting | Standing::Stopped => {
            let reasons = ipp.readiness().await?.reasons;
            match (trouble(&reasons), standing) {
                (Some(trouble), _) => Step::Held(trouble),
                (None, Standing::Stopped) => Step::Held(sentence("print-stopped", "job-stopped")),
                (None, _) => Step::AtPrinter(number),
            }
        }
    })
}

/// Why a printer should not be given a paper now.
fn hindrance(readiness: &super::ipp::Readiness, media: Option<&str>) -> Option<Sentence> {
    let has = |list: &[String], wanted: &str| list.is_empty() || list.iter().any(|item| item == wanted);
    if !has(&readiness.formats, "application/pdf") {
        return Some(sentence("print-no-pdf", ""));
    }
    if let Some(media) = media.filter(|media| !has(&readiness.media, media)) {
        return Some(sentence("print-no-media", media));
    }
    if let Some(trouble) = trouble(&readiness.reasons) {
        return Some(trouble);
    }
    (!readiness.is_accepting).then(|| sentence("print-stopped", "not-accepting-jobs"))
}

/// What a printer's own words mean for the clerk. Reports and most warnings mean nothing: it prints all the same.
fn trouble(reasons: &[String]) -> Option<Sentence> {
    let is_out_of_paper = |reason: &&String| ["media-empty", "media-needed"].iter().any(|word| reason.starts_with(word));
    if reasons.iter().filter(|reason| !reason.ends_with("-report")).any(|reason| is_out_of_paper(&reason)) {
        return Some(sentence("print-out-of-paper", ""));
    }
    let stops = |reason: &&String| reason.ends_with("-error") || reason.as_str() == "paused" || reason.starts_with("stopped");
    reasons.iter().find(stops).map(|reason| sentence("print-stopped", reason))
}

fn sentence(key: &str, detail: &str) -> Sentence {
    Sentence { plugin: None, key: key.to_owned(), args: [("detail".to_owned(), detail.to_owned())].into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::ipp::Readiness;

    #[test]
    fn a_paper_waits_for_a_printer_that_could_not_print_it() {
        let check = |reasons: &[&str], media: Option<&str>, expected: Option<&str>| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            let readiness = Readiness {
                formats: texts(&["application/pdf", "image/pwg-raster"]),
                media: texts(&["iso_a4_210x297mm", "iso_a5_148x210mm"]),
                reasons: texts(reasons),
                is_accepting: true,
            };
            let found = hindrance(&readiness, media).map(|sentence| sentence.key);
            assert_eq!(found.as_deref(), expected, "{reasons:?} {media:?}");
        };
        check(&[], None, None);
        check(&[], Some("iso_a5_148x210mm"), None);
        check(&[], Some("iso_a3_297x420mm"), Some("print-no-media"));
        check(&["media-empty-error"], None, Some("print-out-of-paper"));
        check(&["media-needed"], None, Some("print-out-of-paper"));
        check(&["toner-low-warning", "media-low-report"], None, None);
        check(&["media-jam-error"], None, Some("print-stopped"));
        check(&["paused"], None, Some("print-stopped"));
        let raster = Readiness { formats: vec!["image/pwg-raster".into()], is_accepting: true, ..Readiness::default() };
        assert_eq!(hindrance(&raster, None).unwrap().key, "print-no-pdf");
    }
}
