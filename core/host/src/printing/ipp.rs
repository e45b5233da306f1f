//! The few questions that the desk asks an IPP printer. The client blocks, so it is asked on a thread of its own.

use std::time::Duration;

use axum::http::Uri;
use ipp::prelude::{
    DelimiterTag, IppAttribute, IppAttributes, IppClient, IppOperationBuilder, IppPayload, IppRequestResponse, IppValue,
    IppVersion, Operation,
};

/// A printer that does not answer within it is out of reach.
const PATIENCE: Duration = Duration::from_secs(20);

/// An IPP printer.
#[derive(Debug, Clone)]
pub(super) struct IppPrinter {
    pub(super) uri: Uri,
    /// DER: the printer's own certificate, or that of who issued it.
    pub(super) certificate: Option<Vec<u8>>,
}

/// What a printer says about itself before a job.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Readiness {
    pub(super) formats: Vec<String>,
    pub(super) media: Vec<String>,
    /// `media-empty-error`; none where all is well.
    pub(super) reasons: Vec<String>,
    pub(super) is_accepting: bool,
}

/// How a job stands at the printer.
#[derive(Debug, PartialEq)]
pub(super) enum Standing {
    Waiting,
    Stopped,
    Done,
    /// Cancelled or aborted there.
    Ended,
    /// The printer no longer knows it.
    Unknown,
}

impl IppPrinter {
    pub(super) async fn readiness(&self) -> Result<Readiness, String> {
        let names = ["document-format-supported", "media-supported", "printer-state-reasons", "printer-is-accepting-jobs"];
        let operation = IppOperationBuilder::get_printer_attributes(self.uri.clone()).attributes(names).build();
        let answer = self.ask(operation.map_err(told)?.into()).await?;
        let of = |name: &str| texts(answer.attributes(), DelimiterTag::PrinterAttributes, name);
        Ok(Readiness {
            formats: of("document-format-supported"),
            media: of("media-supported"),
            reasons: of("printer-state-reasons").into_iter().filter(|reason| reason != "none").collect(),
            is_accepting: of("printer-is-accepting-jobs").first().is_none_or(|accepting| accepting == "true"),
        })
    }

    /// Hands a PDF over and returns the printer's number for it.
    pub(super) async fn print(&self, name: &str, pdf: Vec<u8>, media: Option<&str>) -> Result<i32, String> {
        let payload = IppPayload::new(std::io::Cursor::new(pdf));
        let mut job = IppOperationBuilder::print_job(self.uri.clone(), payload)
            .user_name("deskbell")
            .job_title(name)
            .document_format("application/pdf");
        if let Some(media) = media {
            let keyword = IppValue::Keyword(media.try_into().map_err(told)?);
            job = job.attribute(IppAttribute::with_name("media", keyword).map_err(told)?);
        }
        let answer = self.ask(job.build().map_err(told)?.into()).await?;
        integers(answer.attributes(), "job-id").first().copied().ok_or_else(|| "it took the job without a number".to_owned())
    }

    pub(super) async fn standing(&self, job: i32) -> Result<Standing, String> {
        let operation = IppOperationBuilder::get_job_attributes(self.uri.clone(), job).build();
        let answer = self.exchange(operation.map_err(told)?.into()).await?;
        if !answer.header().status_code().is_success() {
            return Ok(Standing::Unknown);
        }
        Ok(match integers(answer.attributes(), "job-state").first() {
            Some(9) => Standing::Done,
            Some(7 | 8) => Standing::Ended,
            Some(4 | 6) => Standing::Stopped,
            Some(_) => Standing::Waiting,
            None => Standing::Unknown,
        })
    }

    /// The number of the job with a name, whether it is done or not.
    pub(super) async fn find(&self, name: &str) -> Result<Option<i32>, String> {
        for which in ["not-completed", "completed"] {
            let mut request =
                IppRequestResponse::new(IppVersion::v1_1(), Operation::GetJobs, Some(self.uri.clone())).map_err(told)?;
            let keyword = |text: &str| text.try_into().map(IppValue::Keyword).map_err(told);
            let wanted = IppValue::Array(vec![keyword("job-id")?, keyword("job-name")?]);
            for (name, value) in [("which-jobs", keyword(which)?), ("requested-attributes", wanted)] {
                let attribute = IppAttribute::with_name(name, value).map_err(told)?;
                request.attributes_mut().add(DelimiterTag::OperationAttributes, attribute);
            }
            let answer = self.ask(request).await?;
            for group in answer.attributes().groups_of(DelimiterTag::JobAttributes) {
                let is_it = group.get("job-name").is_some_and(|found| found.value().to_string() == name);
                if let (true, Some(IppValue::Integer(id))) = (is_it, group.get("job-id").map(IppAttribute::value)) {
                    return Ok(Some(*id));
                }
            }
        }
        Ok(None)
    }

    /// Asks, and takes only a yes for an answer.
    async fn ask(&self, request: IppRequestResponse) -> Result<IppRequestResponse, String> {
        let answer = self.exchange(request).await?;
        let status = answer.header().status_code();
        if status.is_success() { Ok(answer) } else { Err(format!("it answered: {status}")) }
    }

    async fn exchange(&self, request: IppRequestResponse) -> Result<IppRequestResponse, String> {
        let mut client = IppClient::builder(self.uri.clone()).request_timeout(PATIENCE);
        if let Some(certificate) = &self.certificate {
            client = client.ca_cert(certificate);
        }
        let client = client.build();
        let asked = tokio::task::spawn_blocking(move || client.send(request)).await;
        asked.map_err(|_| "the IPP client failed".to_owned())?.map_err(told)
    }
}

fn texts(attributes: &IppAttributes, tag: DelimiterTag, name: &str) -> Vec<String> {
    let found = attributes.groups_of(tag).find_map(|group| group.get(name));
    found.map(|attribute| attribute.value().into_iter().map(ToString::to_string).collect()).unwrap_or_default()
}

fn integers(attributes: &IppAttributes, name: &str) -> Vec<i32> {
    let found = attributes.groups_of(DelimiterTag::JobAttributes).find_map(|group| group.get(name));
    match found.map(IppAttribute::value) {
        Some(IppValue::Integer(number) | IppValue::Enum(number)) => vec![*number],
        _ => Vec::new(),
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
