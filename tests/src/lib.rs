//! A desk under test: the built binary in a home of its own, driven as its users do, by CLI and HTTP.
//!
//! Nothing here knows the host's insides. A suite starts a desk, talks to it, kills it, and looks at what is left.

mod api;
mod chance;
mod cluster;
mod disk;
mod home;
mod mail_server;
mod package;
mod proxy;
mod receiver;
mod wait;

pub use api::{Answer, Api};
pub use chance::{Chance, figure, rounds};
pub use cluster::Cluster;
pub use disk::{Disk, skipped};
pub use home::{Cli, Home, Serving, is_on_postgresql, pictures_of_pdf, text_of_pdf};
pub use mail_server::{Mail, MailServer};
pub use package::Package;
pub use proxy::Proxy;
pub use receiver::{Post, Receiver};
pub use wait::{eventually, eventually_within};
