//! Puts the chunks of a long register together into one PDF.

use hayro_write::hayro_syntax::Pdf as Read;
use hayro_write::{ChunkSettings, ExtractionQuery, extract};
use pdf_writer::{Pdf, Ref, TextStr};

/// A PDF that grows by the pages of others.
pub(crate) struct Joined {
    pdf: Pdf,
    next: Ref,
    tree: Ref,
    /// A node of the page tree for each chunk, with how many pages it has.
    chunks: Vec<(Ref, i32)>,
}

impl Joined {
    pub(crate) fn new() -> Self {
        let mut next = Ref::new(1);
        let (catalog, tree) = (next.bump(), next.bump());
        let mut pdf = Pdf::new();
        pdf.set_version(1, 7);
        pdf.catalog(catalog).pages(tree);
        Joined { pdf, next, tree, chunks: Vec::new() }
    }

    /// Adds all pages of a PDF.
    pub(crate) fn add(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        let read = Read::new(bytes).map_err(|error| format!("a chunk of the register is unreadable: {error:?}"))?;
        let queries: Vec<ExtractionQuery> = (0..read.pages().len()).map(ExtractionQuery::new_page).collect();
        let next = &mut self.next;
        let extracted = extract(&read, Box::new(|| next.bump()), ChunkSettings::default(), |_| {}, &queries)
            .map_err(|error| format!("a chunk of the register can't be joined: {error:?}"))?;
        let pages: Vec<Ref> = extracted
            .root_refs
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| format!("a page of the register can't be joined: {error:?}"))?;
        let count = pages.len() as i32;
        self.pdf.extend(&extracted.chunk);
        self.pdf.pages(extracted.page_tree_parent_ref).parent(self.tree).kids(pages).count(count);
        self.chunks.push((extracted.page_tree_parent_ref, count));
        Ok(())
    }

    /// Returns the finished file.
    pub(crate) fn finish(mut self, title: &str) -> Vec<u8> {
        let count = self.chunks.iter().map(|(_, count)| count).sum();
        self.pdf.pages(self.tree).kids(self.chunks.iter().map(|(node, _)| *node)).count(count);
        let info = self.next.bump();
        self.pdf.document_info(info).title(TextStr(title)).creator(TextStr("Deskbell"));
        self.pdf.finish()
    }
}
