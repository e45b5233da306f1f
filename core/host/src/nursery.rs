//! Where the desk's processes are started, plugins' children and typesetters: one thread that lives as long as the desk.
//!
//! A plugin's child asks the kernel to end it with its parent, and the kernel means the parent's *thread*. Started from a
//! thread of a pool, a child would be killed whenever that thread retires. And they come after the desk from their first
//! instruction on, because this thread does (ADR 0018).

use std::io;
use std::sync::{OnceLock, mpsc};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::priority;

struct Birth {
    command: Command,
    runtime: Handle,
    born: oneshot::Sender<io::Result<Child>>,
}

static NURSERY: OnceLock<mpsc::Sender<Birth>> = OnceLock::new();

/// Starts a process that may live as long as the desk.
pub(crate) async fn spawn(command: Command) -> io::Result<Child> {
    let nursery = NURSERY.get_or_init(open);
    let (born, child) = oneshot::channel();
    let closed = || io::Error::other("the thread that starts processes has ended");
    nursery.send(Birth { command, runtime: Handle::current(), born }).map_err(|_| closed())?;
    child.await.map_err(|_| closed())?
}

fn open() -> mpsc::Sender<Birth> {
    let (nursery, births) = mpsc::channel::<Birth>();
    let started = std::thread::Builder::new().name("nursery".into()).spawn(move || {
        if let Err(error) = priority::lower() {
            tracing::warn!("plugins and typesetters take their share of the processors like the desk itself: {error}");
        }
        for Birth { mut command, runtime, born } in births {
            let _entered = runtime.enter();
            // A caller who went away meanwhile drops the child, which ends it.
            let _ = born.send(command.spawn());
        }
    });
    if let Err(error) = started {
        tracing::error!("cannot start the thread that starts processes: {error}");
    }
    nursery
}
