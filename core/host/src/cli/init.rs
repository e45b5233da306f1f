//! `init`: a new home for a desk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::client::{self, Client};
use super::console::Console;
use super::demo;
use super::failure::Failure;
use super::secret;
use crate::app::App;
use crate::home::{self, Home, InitError, NewHome, Shipped};
use crate::problem::{Code, Problem};

/// Makes a home with the shipped plugins, templates and schedules.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder [default: --home, else the current folder].
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The store's name, as papers show it; its id is --site.
    #[arg(long)]
    name: Option<String>,
    /// The store's time zone, `Asia/Shanghai`.
    #[arg(long, value_name = "TZ")]
    timezone: Option<String>,
    /// `sqlite`, or `postgres://…`.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The login name of the first admin.
    #[arg(long, value_name = "NAME")]
    admin: Option<String>,
    /// The first admin's password (`-` for stdin); asked for on a terminal.
    #[arg(long, value_name = "FILE", requires = "admin")]
    password_file: Option<PathBuf>,
    /// Plays a month of demo commands into it.
    #[arg(long)]
    demo: bool,
}

impl Init {
    pub(crate) async fn run(self, console: &Console) -> Result<(), Failure> {
        // Asked for before anything is made: a command that can't be finished leaves nothing behind.
        let admin = match &self.admin {
            Some(user) => Some((user, secret::read("new password", "--password-file", self.password_file.as_deref())?)),
            None => None,
        };
        let new = NewHome {
            site: console.site().map(str::to_owned),
            name: self.name.clone(),
            timezone: self.timezone.clone(),
            database: self.database.clone(),
        };
        let folder = self.folder.clone().unwrap_or_else(|| console.home_or_here());
        let home = make(&folder, &new)?;
        if let Some((user, password)) = admin {
            add_admin(console, &home, user, &password).await?;
        }
        if self.demo {
            let filled = demo::fill(console, &home).await?;
            console.print(filled.log_ins());
        }
        console.print(home.root().display().to_string());
        console.say(format!("a desk is ready: deskbell --home {} serve", home.root().display()));
        Ok(())
    }
}

/// Makes the home itself.
pub(crate) fn make(folder: &Path, new: &NewHome) -> Result<Home, Failure> {
    let shipped = Shipped::find();
    home::init(folder, new, shipped.as_ref()).map_err(|error| match error {
        InitError::Settings(problems) | InitError::Plugin(problems) => Failure::Invalid(problems),
        InitError::Exists { .. } | InitError::InTheWay { .. } => Problem::new(Code::Conflict, error.to_string()).into(),
        InitError::Home(_) | InitError::Io { .. } => Failure::Other(error.into()),
    })
}

async fn add_admin(console: &Console, home: &Home, user: &str, password: &SecretString) -> Result<(), Failure> {
    let (_, _lock) = client::take_over(home, "init")?;
    let app = Arc::new(App::open(home.clone()).await?);
    let desk = Client::of_app(app, console);
    let body = json!({ "user": user, "name": user, "password": password.expose_secret(), "roles": ["admin@*"] });
    let added = desk.post("/internal/users", body).await;
    desk.close().await;
    added.map(drop)
}
