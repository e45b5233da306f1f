//! Who comes first where all want a processor: the threads that a clerk waits for.

use std::io;

/// A tenth of the others' share. Whoever computes without end else keeps each of them waiting for the system's next tick.
const NICER: i32 = 10;

/// Has the calling thread, and every thread and process that it starts from now on, come after the others. It can't be taken
/// back.
pub(crate) fn lower() -> io::Result<()> {
    rustix::process::nice(NICER)?;
    Ok(())
}
