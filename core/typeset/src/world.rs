//! All that Typst can see: one main source, the shared layout, the data, the fonts.
//!
//! Every other file is refused, packages are never fetched, and there is no today: days come as data, so that the same record
//! gives the same bytes.

use std::collections::BTreeMap;

use deskbell_proto::typeset::Source as Text;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, World};

use crate::Typesetter;

/// What the templates import: `/deskbell.typ`.
const RUNTIME: &str = include_str!("runtime.typ");

/// The world of one document.
pub(crate) struct Sheet<'a> {
    typesetter: &'a Typesetter,
    main: Source,
    /// The runtime and the layout.
    shared: Vec<Source>,
    data: Bytes,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(
        typesetter: &'a Typesetter,
        main: String,
        layout: &BTreeMap<String, Text>,
        data: &serde_json::Value,
    ) -> Sheet<'a> {
        let mut shared = vec![Source::new(id("/deskbell.typ"), RUNTIME.to_owned())];
        shared.extend(layout.iter().map(|(name, source)| Source::new(layout_id(name), source.text.clone())));
        Sheet {
            typesetter,
            main: Source::new(main_id(), main),
            shared,
            data: Bytes::new(serde_json::to_vec(data).expect("JSON values have no other keys than text")),
        }
    }
}

// The same few names are used for every document: Typst never forgets a file's id.
fn id(path: &str) -> FileId {
    RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).expect("our own paths are valid")).intern()
}

pub(crate) fn main_id() -> FileId {
    id("/main.typ")
}

pub(crate) fn layout_id(name: &str) -> FileId {
    id(&format!("/layout/{name}"))
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.typesetter.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.typesetter.fonts.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            return Ok(self.main.clone());
        }
        self.shared.iter().find(|source| source.id() == id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, file: FileId) -> FileResult<Bytes> {
        if file == id("/data.json") { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typesetter.fonts.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
