//! Where children are started: one thread that lives as long as the desk.
//!
//! A child asks the kernel to end it with its parent, and the kernel means the parent's *thread*. Started from a thread of a
//! pool, a child would be killed whenever that thread retires.

use std::io;
use std::sync::{OnceLock, mpsc};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Birth {
    command: Command,
    runtime: Handle,
    born: oneshot::Sender<io::Result<Child>>,
}

static NURSERY: OnceLock<mpsc::Sender<Birth>> = OnceLock::new();

/// Starts a child that lives as long as it likes, but no longer than the desk.
pub(super) async fn spawn(command: Command) -> io::Result<Child> {
    let nursery = NURSERY.get_or_init(open);
    let (born, child) = oneshot::channel();
    let closed = || io::Error::other("the thread that starts children has ended");
    nursery.send(Birth { command, runtime: Handle::current(), born }).map_err(|_| closed())?;
    child.await.map_err(|_| closed())?
}

fn open() -> mpsc::Sender<Birth> {
    let (nursery, births) = mpsc::channel::<Birth>();
    let started = std::thread::Builder::new().name("plugin-nursery".into()).spawn(move || {
        for Birth { mut command, runtime, born } in births {
            let _entered = runtime.enter();
            // A caller who went away meanwhile drops the child, which ends it.
            let _ = born.send(command.spawn());
        }
    });
    if let Err(error) = started {
        tracing::error!("cannot start the thread that starts plugins' children: {error}");
    }
    nursery
}
