//! Laid-out pages: as files, as text, and what is wrong with them.

use std::collections::BTreeSet;

use deskbell_proto::typeset::Output;
use typst::foundations::Smart;
use typst::layout::{Abs, Frame, FrameItem, Point};
use typst::text::TextItem;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;
use typst_render::RenderOptions;
use typst_svg::SvgOptions;

use crate::join::Joined;
use crate::wording::Words;

/// Dots per point of a picture: 144 dpi, sharp on a counter's screen.
const DOTS_PER_POINT: f64 = 2.0;

/// Writes the pages as a file.
pub(crate) fn write(document: &PagedDocument, output: Output) -> Result<Vec<u8>, String> {
    match output {
        Output::Pdf { tagged } => pdf(document, tagged),
        Output::Png { page } => {
            let options = RenderOptions { pixel_per_pt: DOTS_PER_POINT.into(), ..RenderOptions::default() };
            typst_render::render(nth(document, page)?, &options).encode_png().map_err(|error| error.to_string())
        }
        Output::Svg { page } => Ok(typst_svg::svg(nth(document, page)?, &SvgOptions::default()).into_bytes()),
        Output::Text => Ok(text(document, 1).into_bytes()),
        _ => Err("this worker is older than the host that asks it".to_owned()),
    }
}

/// A file that takes one document after the other.
pub(crate) struct Finished {
    output: Output,
    pages: usize,
    pdfs: Vec<Vec<u8>>,
    /// The page that was asked for as a picture, or the text so far.
    other: Option<Vec<u8>>,
}

impl Finished {
    pub(crate) fn new(output: Output) -> Self {
        Finished { output, pages: 0, pdfs: Vec::new(), other: None }
    }

    pub(crate) fn take(&mut self, document: &PagedDocument) -> Result<(), String> {
        let before = self.pages;
        self.pages += document.pages().len();
        match self.output {
            Output::Pdf { tagged } => self.pdfs.push(pdf(document, tagged)?),
            Output::Text => {
                let text = text(document, before + 1).into_bytes();
                self.other = Some(self.other.take().map_or(text.clone(), |so_far| [so_far, vec![b'\n'], text].concat()));
            }
            Output::Png { page } if (before + 1..=self.pages).contains(&page) => {
                self.other = Some(write(document, Output::Png { page: page - before })?);
            }
            Output::Svg { page } if (before + 1..=self.pages).contains(&page) => {
                self.other = Some(write(document, Output::Svg { page: page - before })?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The file and how many pages there are in all.
    pub(crate) fn into_file(mut self, title: &str) -> Result<(Vec<u8>, usize), String> {
        let pages = self.pages;
        if let Output::Png { page } | Output::Svg { page } = self.output {
            return Ok((self.other.ok_or_else(|| format!("there is no page {page} of {pages}"))?, pages));
        }
        if let Some(text) = self.other {
            return Ok((text, pages));
        }
        match self.pdfs.len() {
            1 => Ok((self.pdfs.remove(0), pages)),
            _ => {
                let mut joined = Joined::new();
                self.pdfs.into_iter().try_for_each(|pdf| joined.add(pdf))?;
                Ok((joined.finish(title), pages))
            }
        }
    }
}

/// The same pages give the same bytes: no date, no random id.
pub(crate) fn pdf(document: &PagedDocument, tagged: bool) -> Result<Vec<u8>, String> {
    let options =
        PdfOptions { tagged, creator: Smart::Custom(Some("Deskbell".to_owned())), timestamp: None, ..PdfOptions::default() };
    typst_pdf::pdf(document, &options)
        .map_err(|errors| errors.iter().map(|error| error.message.to_string()).collect::<Vec<_>>().join("; "))
}

fn nth(document: &PagedDocument, page: usize) -> Result<&typst_layout::Page, String> {
    let pages = document.pages();
    page.checked_sub(1).and_then(|at| pages.get(at)).ok_or_else(|| format!("there is no page {page} of {}", pages.len()))
}

/// One warning a text that holds characters no font has: they print as empty boxes.
pub(crate) fn missing_characters(document: &PagedDocument, words: &Words) -> Vec<String> {
    let mut found = BTreeSet::new();
    for page in document.pages() {
        each_text(&page.frame, Point::zero(), Clipped::Seen, &mut |_, item| {
            let missing: BTreeSet<char> = item
                .glyphs
                .iter()
                .filter(|glyph| glyph.id == 0)
                .flat_map(|glyph| item.text[usize::from(glyph.range.start)..usize::from(glyph.range.end)].chars())
                .collect();
            if !missing.is_empty() {
                found.insert((missing.into_iter().collect::<String>(), item.text.to_string()));
            }
        });
    }
    let sentence = |(characters, text)| words.core("paper-missing-characters", [("characters", characters), ("text", text)]);
    found.into_iter().map(sentence).collect()
}

/// Texts that end beyond the paper's edge, with their page. What a box cuts off was meant to be cut.
pub(crate) fn beyond_the_edge(document: &PagedDocument) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (nth, page) in document.pages().iter().enumerate() {
        let size = page.frame.size();
        each_text(&page.frame, Point::zero(), Clipped::Skipped, &mut |at, item| {
            if at.x + item.width() > size.x || at.x < Abs::zero() || at.y > size.y {
                found.push((nth + 1, item.text.chars().take(24).collect()));
            }
        });
    }
    found
}

/// The text of the pages, line by line as it stands on the paper.
pub(crate) fn text(document: &PagedDocument, first: usize) -> String {
    let mut lines = Vec::new();
    for (nth, page) in document.pages().iter().enumerate() {
        lines.push(format!("--- {} ---", first + nth));
        lines.extend(page_lines(&page.frame));
    }
    lines.join("\n")
}

/// Baselines closer than this, in points, are one line: sizes differ within it.
const ONE_LINE: f64 = 3.0;

fn page_lines(frame: &Frame) -> Vec<String> {
    let mut texts = Vec::new();
    each_text(frame, Point::zero(), Clipped::Seen, &mut |at, item| {
        texts.push((at.y.to_pt(), at.x.to_pt(), (at.x + item.width()).to_pt(), item.text.replace("\u{200b}", "")));
    });
    texts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let lines = texts.chunk_by_mut(|above, below| below.0 - above.0 < ONE_LINE);
    lines
        .map(|line| {
            line.sort_by(|a, b| a.1.total_cmp(&b.1));
            let mut written = String::new();
            let mut written_to = f64::MAX;
            for (_, start, end, text) in line {
                if *start - written_to > 2.0 {
                    written.push_str("  ");
                }
                written.push_str(text);
                written_to = *end;
            }
            written
        })
        .collect()
}

/// Whether texts in a box that cuts off what does not fit are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clipped {
    Seen,
    Skipped,
}

fn each_text(frame: &Frame, origin: Point, clipped: Clipped, look: &mut impl FnMut(Point, &TextItem)) {
    for (at, item) in frame.items() {
        match item {
            FrameItem::Text(text) => look(origin + *at, text),
            FrameItem::Group(group) if group.clip.is_none() || clipped == Clipped::Seen => {
                each_text(&group.frame, origin + *at, clipped, look);
            }
            _ => {}
        }
    }
}
