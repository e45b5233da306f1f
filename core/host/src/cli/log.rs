//! Where log lines go: to stderr, and for a serving desk into `data/logs`, a file a day.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::failure::Failure;
use crate::config::{Format, Logging};
use crate::home::Home;

/// Puts panics into the log like everything else: one line, with the place.
pub(crate) fn panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "?".to_owned(), ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place = %place, "panicked: {message}");
    }));
}

/// What a command says about itself when nobody asks: what went wrong.
pub(crate) fn of_command() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let stderr = fmt::layer().with_writer(std::io::stderr).with_ansi(super::console::is_coloured()).without_time();
    // A second subscriber in one process is refused; the first one goes on.
    let _ = tracing_subscriber::registry().with(stderr.with_filter(filter)).try_init();
}

/// The diary of a serving desk. `RUST_LOG` wins over the settings, for whoever looks for something tonight.
pub(crate) fn of_desk(settings: &Logging, home: &Home) -> Result<(), Failure> {
    // The pulse and the migrations tell of their own birth at every start; only their complaints are news.
    let quiet = "tokio_cron_scheduler=warn,sea_orm_migration=warn";
    let from_settings = || EnvFilter::new(format!("{quiet},{}", settings.filter.as_str()));
    let filter = || EnvFilter::try_from_default_env().unwrap_or_else(|_| from_settings());
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    let stderr = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    layers.push(match settings.format {
        Format::Pretty => stderr.with_target(false).with_filter(filter()).boxed(),
        Format::Json => stderr.json().flatten_event(true).with_filter(filter()).boxed(),
    });
    if settings.files {
        std::fs::create_dir_all(home.log_files()).context("making data/logs")?;
        let files = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("deskbell")
            .filename_suffix("log")
            .max_log_files(settings.keep_days as usize)
            .build(home.log_files())
            .context("opening the log in data/logs")?;
        layers.push(fmt::layer().json().flatten_event(true).with_writer(files).with_filter(filter()).boxed());
    }
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}
