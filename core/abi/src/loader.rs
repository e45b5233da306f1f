//! Opens a plugin's library that the host's preflight has passed.
//!
//! A library is never closed: thread-locals with destructors make unloading unsound, so an old version stays mapped until
//! the process ends. It is opened under a path of its own (`data/plugins/<sha256>.so`), because glibc gives back the old
//! library for a path it knows.

use std::path::Path;

use abi_stable::library::AbiHeaderRef;
use libloading::os::unix::{Library as OpenLibrary, RTLD_LOCAL, RTLD_NOW};

use super::*;

/// A plugin's library, ready to be called from any thread.
pub struct Loaded(AbiPluginBox);

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loaded")
    }
}

/// Why a library was not opened, in one sentence about it; the details are for the debug log.
#[derive(Debug)]
pub struct OpenError {
    pub message: String,
    pub details: String,
    /// What its constructor answered, where that failed: a fault of `deskbell-proto` in JSON.
    pub fault: Option<Vec<u8>>,
}

impl OpenError {
    fn new(message: impl Into<String>, details: String) -> Self {
        OpenError { message: message.into(), details, fault: None }
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OpenError {}

/// Opens the library at an absolute path and makes its plugin; `host` is where its log goes.
///
/// # Errors
/// A missing symbol, a library that is no Deskbell plugin, another boundary version, or a constructor that failed.
pub fn open(path: &Path, host: Box<dyn HostCalls>) -> Result<Loaded, OpenError> {
    // RTLD_NOW makes a missing symbol an error here rather than a crash in some later call.
    // SAFETY: opening runs the file's constructors. The preflight has checked its hash, its ELF structure and its
    // manifest, and has opened it once in a process of its own.
    let library = unsafe { OpenLibrary::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| OpenError::new(format!("it cannot be opened: {}", innermost(&error)), format!("{error:?}")))?;
    let not_a_plugin = |details: String| OpenError::new("it is not a Deskbell plugin", details);
    let name = abi_stable::library::ROOT_MODULE_LOADER_NAME_WITH_NUL.as_bytes();
    // SAFETY: the symbol, where it exists, is the header that `export_library!` writes; abi_stable checks its magic.
    let header = unsafe { library.get::<AbiHeaderRef>(name) }.map_err(|error| not_a_plugin(error.to_string()))?;
    let header: AbiHeaderRef = *header;
    std::mem::forget(library);

    let other_boundary = |details: String| {
        OpenError::new("it was built for another version of the boundary: rebuild it with this host's SDK", details)
    };
    let module = header
        .upgrade()
        .map_err(|error| other_boundary(error.to_string()))?
        .init_root_module::<PluginModuleRef>()
        .map_err(|error| other_boundary(error.to_string()))?;

    let host = AbiHost_TO::from_value(HostAcross(host), abi_stable::sabi_trait::TD_Opaque);
    match (module.create())(host) {
        RResult::ROk(plugin) => Ok(Loaded(plugin)),
        RResult::RErr(fault) => {
            Err(OpenError { fault: Some(fault.into()), ..OpenError::new("its constructor failed", String::new()) })
        }
    }
}

/// libloading's own text says only "dlopen failed"; the reason is in the error it wraps.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl Loaded {
    /// Calls the plugin on this thread.
    pub fn call(&self, host: &dyn HostCalls, op: &str, json: &[u8]) -> Answer {
        let host = HostAcross(host);
        let host = AbiHost_TO::from_ptr(RRef::new(&host), abi_stable::sabi_trait::TD_Opaque);
        plain(self.0.call(host, op.into(), json.into()))
    }
}
