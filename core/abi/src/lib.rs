//! The boundary between the host and a plugin's library: one frozen pair of calls, `call(op, json)`, both ways.
//!
//! This is the only crate that knows abi_stable. Its types never gain a method or a field: abi_stable refuses a library as
//! soon as the host's side has one more, so every release of the host would shut out every installed plugin. All growth
//! happens inside the JSON, in `deskbell-proto`.
//!
//! A plugin implements [`Library`] (the SDK does it for its author) and exports it with [`export_library!`]; the host opens
//! it with [`loader::open`]. Both sides see only the plain traits here. What it does not do: catch panics for the plugin's
//! author with a message (the SDK does), decide whether a file may be opened (the host's preflight does), unload.

#![expect(non_local_definitions, reason = "what abi_stable's sabi_trait expands to")]

#[cfg(feature = "loader")]
pub mod loader;

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::package_version_strings;
use abi_stable::sabi_trait;
use abi_stable::sabi_types::{RRef, VersionStrings};
use abi_stable::std_types::{RBox, RResult, RSlice, RStr, RVec};

/// What the other side answers: JSON either way, the error being a fault of `deskbell-proto`.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// The host as a plugin sees it.
pub trait HostCalls: Send + Sync {
    /// Asks the host for something; `op` is one of `deskbell_proto::ops`.
    fn call(&self, op: &str, json: &[u8]) -> Answer;
}

/// A plugin as the host sees it.
pub trait Library: Send + Sync {
    /// Answers the host; `host` is there for reads while this call runs and no longer.
    fn call(&self, host: &dyn HostCalls, op: &str, json: &[u8]) -> Answer;
}

/// Makes a plugin's [`Library`], given a host for its log that lives as long as the process.
pub type CreateLibrary = fn(host: Box<dyn HostCalls>) -> Result<Box<dyn Library>, Vec<u8>>;

#[doc(hidden)]
#[sabi_trait]
pub trait AbiHost: Send + Sync {
    #[sabi(last_prefix_field)]
    fn call(&self, op: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RVec<u8>>;
}

#[doc(hidden)]
#[sabi_trait]
pub trait AbiPlugin: Send + Sync {
    #[sabi(last_prefix_field)]
    fn call(&self, host: AbiHost_TO<'_, RRef<'_, ()>>, op: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RVec<u8>>;
}

#[doc(hidden)]
pub type AbiHostBox = AbiHost_TO<'static, RBox<()>>;
#[doc(hidden)]
pub type AbiPluginBox = AbiPlugin_TO<'static, RBox<()>>;

/// The root module of a plugin's library.
#[doc(hidden)]
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModuleRef)))]
pub struct PluginModule {
    #[sabi(last_prefix_field)]
    pub create: extern "C" fn(host: AbiHostBox) -> RResult<AbiPluginBox, RVec<u8>>,
}

impl RootModule for PluginModuleRef {
    abi_stable::declare_root_module_statics! {PluginModuleRef}
    const BASE_NAME: &'static str = "deskbell_plugin";
    const NAME: &'static str = "deskbell_plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}

/// The host's side of a [`HostCalls`] that crosses the boundary, and the plugin's side of one that came across.
struct HostAcross<H>(H);

impl AbiHost for HostAcross<Box<dyn HostCalls>> {
    fn call(&self, op: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RVec<u8>> {
        guarded(|| self.0.call(op.as_str(), json.as_slice()))
    }
}

impl AbiHost for HostAcross<&dyn HostCalls> {
    fn call(&self, op: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RVec<u8>> {
        guarded(|| self.0.call(op.as_str(), json.as_slice()))
    }
}

impl HostCalls for HostAcross<AbiHostBox> {
    fn call(&self, op: &str, json: &[u8]) -> Answer {
        plain(self.0.call(op.into(), json.into()))
    }
}

impl HostCalls for HostAcross<AbiHost_TO<'_, RRef<'_, ()>>> {
    fn call(&self, op: &str, json: &[u8]) -> Answer {
        plain(self.0.call(op.into(), json.into()))
    }
}

/// A plugin's [`Library`] on its way to the host.
struct LibraryAcross(Box<dyn Library>);

impl AbiPlugin for LibraryAcross {
    fn call(&self, host: AbiHost_TO<'_, RRef<'_, ()>>, op: RStr<'_>, json: RSlice<'_, u8>) -> RResult<RVec<u8>, RVec<u8>> {
        guarded(|| self.0.call(&HostAcross(host), op.as_str(), json.as_slice()))
    }
}

/// Lets no panic reach the boundary: abi_stable would end the whole process there.
///
/// The payload is dropped under a guard of its own, because a payload's drop may panic as well.
fn guarded(run: impl FnOnce() -> Answer) -> RResult<RVec<u8>, RVec<u8>> {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(answer) => answer.map(RVec::from).map_err(RVec::from).into(),
        Err(payload) => {
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            RResult::RErr(br#"{"fault":"panicked","message":"a panic reached the boundary"}"#.as_slice().into())
        }
    }
}

fn plain(answer: RResult<RVec<u8>, RVec<u8>>) -> Answer {
    answer.into_result().map(Vec::from).map_err(Vec::from)
}

#[doc(hidden)]
pub mod export {
    //! What [`export_library!`](crate::export_library) expands to.
    pub use abi_stable::library::{
        __call_root_module_loader, CheckTypeLayout, LibHeader, ROOT_MODULE_LOADER_NAME, RootModuleResult,
    };
    use abi_stable::prefix_type::PrefixTypeTrait;

    use super::*;

    /// What creating a library returns across the boundary.
    pub type Created = RResult<AbiPluginBox, RVec<u8>>;

    /// Makes the root module of a library.
    pub fn module(create: extern "C" fn(host: AbiHostBox) -> RResult<AbiPluginBox, RVec<u8>>) -> PluginModuleRef {
        PluginModule { create }.leak_into_prefix()
    }

    /// Runs a plugin's [`CreateLibrary`], panics included.
    pub fn create(create: CreateLibrary, host: AbiHostBox) -> RResult<AbiPluginBox, RVec<u8>> {
        let mut library = None;
        let made = guarded(|| {
            library = Some(create(Box::new(HostAcross(host)))?);
            Ok(Vec::new())
        });
        match (made.into_result(), library) {
            (Ok(_), Some(library)) => {
                RResult::ROk(AbiPlugin_TO::from_value(LibraryAcross(library), abi_stable::sabi_trait::TD_Opaque))
            }
            (Err(fault), _) => RResult::RErr(fault),
            (Ok(_), None) => unreachable!("a guarded creation that succeeded has kept its library"),
        }
    }

    /// Says whether two names are the same, in a constant.
    pub const fn same(a: &str, b: &str) -> bool {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let mut i = 0;
        while i < a.len() && i < b.len() && a[i] == b[i] {
            i += 1;
        }
        a.len() == b.len() && i == a.len()
    }
}

/// Exports a plugin's library, given its [`CreateLibrary`].
///
/// Expands what abi_stable's `#[export_root_module]` would, so that a plugin need not depend on abi_stable itself.
#[macro_export]
macro_rules! export_library {
    ($create:path) => {
        #[doc(hidden)]
        #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
        pub static DESKBELL_LIBRARY: $crate::export::LibHeader = {
            const _: () = assert!(
                $crate::export::same($crate::export::ROOT_MODULE_LOADER_NAME, "_1as_0lib_1header_0root_bmodule_bloader"),
                "abi_stable looks for another name"
            );
            extern "C" fn create(host: $crate::AbiHostBox) -> $crate::export::Created {
                $crate::export::create($create, host)
            }
            fn module() -> $crate::PluginModuleRef {
                $crate::export::module(create)
            }
            extern "C" fn erased() -> $crate::export::RootModuleResult {
                $crate::export::__call_root_module_loader(module)
            }
            // SAFETY: `erased` returns the module of the very type named here, with its layout to be checked.
            unsafe {
                $crate::export::LibHeader::from_constructor::<$crate::PluginModuleRef>(
                    erased,
                    $crate::export::CheckTypeLayout::Yes,
                )
            }
        };
    };
}
