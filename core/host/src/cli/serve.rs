//! `serve`: the desk at work, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::client;
use super::console::{Console, is_coloured};
use super::failure::{self, Failure};
use super::log;
use crate::app::App;
use crate::home::Home;
use crate::web::Server;

/// Runs the desk: API and jobs.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen [default: `listen` in deskbell.toml].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        serve(console, console.home(), self.listen, |address| console.print(format!("Deskbell serves http://{address}"))).await
    }
}

/// Serves a home until SIGTERM or Ctrl-C; `announce` is called once it answers.
pub(crate) async fn serve(
    console: &Console,
    home: Home,
    listen: Option<SocketAddr>,
    announce: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let (settings, _lock) = client::take_over(&home, "serve")?;
    log::of_desk(&settings.logging, &home)?;
    let mut server = settings.server;
    server.listen = listen.unwrap_or(server.listen);

    let app = Arc::new(App::open(home).await?);
    app.check().await.iter().for_each(|problem| console.say(failure::shown(problem, is_coloured())));
    let server = Server::bind(app.clone(), &server).await.with_context(|| format!("listening on {}", server.listen))?;
    let address = server.address().context("asking for the address")?;
    app.start().await?;
    announce(address);
    server.run(stop_signal()?).await;
    app.stop().await;
    Ok(())
}

/// Cancelled by the first SIGTERM or Ctrl-C; a second one ends the process at once.
fn stop_signal() -> Result<CancellationToken, Failure> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let mut told_before = false;
        loop {
            let code = tokio::select! {
                Some(()) = terminate.recv() => 143,
                Some(()) = interrupt.recv() => 130,
                else => return,
            };
            if told_before {
                std::process::exit(code);
            }
            tracing::info!("stopping: requests in flight are answered first");
            told_before = true;
            told.cancel();
        }
    });
    Ok(stop)
}
