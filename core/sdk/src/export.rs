//! A plugin's library as the host opens it: ops in, JSON out, no panic past this point.

use std::fmt::{self, Debug};
use std::sync::Arc;

pub use deskbell_abi as abi;
use deskbell_abi::Answer as Bytes;
pub use deskbell_abi::{HostCalls, Library};
use deskbell_proto::{Call, Fault, Read, ReadAnswer, ops};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::log;
use crate::pending::Reads;
use crate::plugin::{Plugin, caught};

/// Makes a plugin's library and sends its log to the host.
///
/// # Errors
/// The fault, as JSON, of a register function that panics.
pub fn library(host: Box<dyn HostCalls>, make: fn() -> Plugin) -> Result<Box<dyn Library>, Vec<u8>> {
    log::forward_to(Arc::from(host));
    match caught(make) {
        Ok(plugin) => Ok(Box::new(Exported(plugin))),
        Err(message) => Err(json(&Fault::Panicked { message })),
    }
}

struct Exported(Plugin);

impl Library for Exported {
    fn call(&self, host: &dyn HostCalls, op: &str, body: &[u8]) -> Bytes {
        match op {
            ops::DESCRIBE => Ok(json(self.0.description())),
            ops::RUN => {
                let call: Call = parsed(body).map_err(|fault| json(&fault))?;
                self.0.run(&call, &HostReads(host)).map(|answer| json(&answer)).map_err(|fault| json(&fault))
            }
            other => Err(json(&Fault::Unsupported { what: format!("op {other}") })),
        }
    }
}

impl Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

struct HostReads<'h>(&'h dyn HostCalls);

impl Reads for HostReads<'_> {
    fn read(&self, read: &Read) -> Result<ReadAnswer, Fault> {
        match self.0.call(ops::READ, &json(read)) {
            Ok(body) => parsed(&body),
            Err(body) => Err(parsed(&body)?),
        }
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::Failed { message: format!("unreadable JSON from the host: {error}") })
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("the protocol's types have string keys and no failing serialiser")
}

/// What the manifest section says about the build, after plugin.toml itself.
pub const BUILT: &str =
    concat!("\n[built]\nsdk = \"", env!("CARGO_PKG_VERSION"), "\"\nrustc = \"", env!("DESKBELL_RUSTC"), "\"\n");

/// Two texts one after the other, as a constant of exactly their length.
pub const fn joined<const N: usize>(first: &str, second: &str) -> [u8; N] {
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = if i < first.len() { first[i] } else { second[i - first.len()] };
        i += 1;
    }
    bytes
}

/// Makes a crate a plugin: its library, its manifest section, and `fn plugin()` for tests. Call it once, in `lib.rs`, with
/// the register function.
///
/// ```text
/// deskbell_sdk::export_plugin!(register);
/// ```
///
/// It reads `plugin.toml` beside `Cargo.toml`. Build with `crate-type = ["cdylib", "rlib"]`: the host opens the one, tests
/// use the other. Panics in the plugin become an answer, so `panic = "abort"` does not compile.
#[macro_export]
macro_rules! export_plugin {
    ($register:path) => {
        #[cfg(panic = "abort")]
        ::core::compile_error!("a Deskbell plugin can't be built with panic = \"abort\": its panics would end the whole desk");

        /// The plugin, to run in this process: for tests.
        pub fn plugin() -> $crate::Plugin {
            $crate::Plugin::new(
                ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/plugin.toml")),
                $register,
            )
        }

        const _: () = {
            const MANIFEST: &str = ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/plugin.toml"));
            const LENGTH: usize = MANIFEST.len() + $crate::export::BUILT.len();

            // The host reads this section before it opens the library.
            #[used]
            #[unsafe(link_section = ".deskbell.manifest")]
            static SECTION: [u8; LENGTH] = $crate::export::joined(MANIFEST, $crate::export::BUILT);

            fn make_library(
                host: ::std::boxed::Box<dyn $crate::export::HostCalls>,
            ) -> ::core::result::Result<::std::boxed::Box<dyn $crate::export::Library>, ::std::vec::Vec<u8>> {
                $crate::export::library(host, plugin)
            }

            $crate::export::abi::export_library!(make_library);
        };
    };
}
