//! How wide the columns of a register are, where its texts break, and which rows stand on which page.
//!
//! The page's geometry is here and nowhere else: the layout is told it. It turns off whatever would make a line wider than the
//! sum of its characters (kerning, space between Chinese and Latin), so that what fits here fits there.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Serialize;

use super::spell_sum;
use crate::fonts::Ruler;

/// Lengths of a register's page, in points.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Geometry {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    pub(crate) side: f64,
    /// The size of the text; a line is as high.
    pub(crate) size: f64,
    pub(crate) leading: f64,
    pub(crate) inset_x: f64,
    pub(crate) inset_y: f64,
}

impl Geometry {
    pub(crate) const A4_LANDSCAPE: Geometry = Geometry {
        width: 841.89,
        height: 595.28,
        top: 82.0,
        bottom: 42.0,
        side: 36.0,
        size: 9.0,
        leading: 3.5,
        inset_x: 4.0,
        inset_y: 5.0,
    };

    /// The same page with everything on it so much smaller.
    fn smaller(self, by: f64) -> Geometry {
        Geometry {
            size: self.size * by,
            leading: self.leading * by,
            inset_x: self.inset_x * by,
            inset_y: self.inset_y * by,
            ..self
        }
    }

    /// What columns have to share.
    fn body_width(&self) -> f64 {
        self.width - 2.0 * self.side
    }

    fn body_height(&self) -> f64 {
        self.height - self.top - self.bottom
    }

    fn row_height(&self, n_lines: usize) -> f64 {
        let n_lines = n_lines.max(1) as f64;
        n_lines * self.size + (n_lines - 1.0) * self.leading + 2.0 * self.inset_y
    }
}

/// How much smaller a register with many columns is set, so that no word is broken: from 9 points down to 7.
const SMALLER: [f64; 5] = [1.0, 0.95, 0.89, 0.83, 0.78];
/// A column to sign in by hand is wide enough for a name in ink.
const SIGNATURE_WIDTH: f64 = 66.0;
/// The narrowest a column of running text gets, in em.
const NARROWEST: f64 = 5.0;
/// A heading is not broken below that, in em: four Chinese characters.
const SHORT_HEADING: f64 = 4.0;
/// The widest a column asks for, in em.
const WIDEST: f64 = 30.0;
/// A longer word, such as a code without end, is broken where it must be.
const WIDEST_WORD: f64 = 14.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// What a sum counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Fen,
    Count,
}

/// A column before it is measured.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) align: Align,
    /// Running text, which may be broken; days and amounts may not.
    pub(crate) wraps: bool,
    pub(crate) is_signed: bool,
    pub(crate) sum: Option<Unit>,
}

/// A row before it is measured: what is printed, and the numbers behind it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) cells: Vec<String>,
    pub(crate) amounts: Vec<i64>,
}

/// The rows that carry sums from page to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SumLine {
    BroughtForward,
    CarriedForward,
    Total,
}

/// Says what those rows are called.
pub(crate) trait Sums {
    fn label(&self, kind: SumLine) -> String;
}

/// A register, measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) geometry: Geometry,
    pub(crate) columns: Vec<Measure>,
    pub(crate) heading: PrintedLine,
    pub(crate) pages: Vec<Page>,
    rows: Vec<PrintedLine>,
}

/// A column, as the layout is told it.
#[derive(Debug, Serialize)]
pub(crate) struct Measure {
    pub(crate) width: f64,
    pub(crate) align: Align,
}

/// A row, as the layout is told it; line breaks are in the texts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PrintedLine {
    pub(crate) height: f64,
    pub(crate) cells: Vec<String>,
    pub(crate) is_sum: bool,
}

/// Which rows stand on a page, and the sums around them.
#[derive(Debug)]
pub(crate) struct Page {
    before: Option<PrintedLine>,
    rows: std::ops::Range<usize>,
    after: Option<PrintedLine>,
}

impl Page {
    pub(crate) fn lines<'a>(&'a self, measured: &'a Measured) -> Vec<&'a PrintedLine> {
        self.before.iter().chain(&measured.rows[self.rows.clone()]).chain(&self.after).collect()
    }
}

/// Measures characters, each once.
#[derive(Debug)]
pub(crate) struct Rulers {
    regular: Cached,
    bold: Cached,
}

impl Rulers {
    pub(crate) fn new(regular: Ruler, bold: Ruler) -> Self {
        let cached = |ruler| Cached { ruler, widths: RefCell::default() };
        Rulers { regular: cached(regular), bold: cached(bold) }
    }
}

#[derive(Debug)]
struct Cached {
    ruler: Ruler,
    widths: RefCell<HashMap<char, f64>>,
}

impl Cached {
    fn char(&self, c: char) -> f64 {
        *self.widths.borrow_mut().entry(c).or_insert_with(|| self.ruler.width(c))
    }

    fn text(&self, text: &str) -> f64 {
        text.lines().map(|line| line.chars().map(|c| self.char(c)).sum()).fold(0.0, f64::max)
    }
}

/// Measures a register: widths first, then lines, then pages.
pub(crate) fn measure(rulers: &Rulers, headings: Vec<Heading>, rows: Vec<Line>, sums: &impl Sums) -> Measured {
    let column = |at: usize| rows.iter().map(move |row| row.cells[at].as_str());
    let needs: Vec<Need> = headings.iter().enumerate().map(|(at, heading)| Need::of(rulers, heading, column(at))).collect();
    let geometry = fitting(&needs);
    let widths = column_widths(&geometry, &needs, &headings);
    let break_line = |ruler: &Cached, cells: &[String], is_sum: bool| {
        let mut n_lines = 1;
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(text, width)| {
                let lines = wrap(ruler, text, (width - 2.0 * geometry.inset_x) / geometry.size);
                n_lines = n_lines.max(lines.len());
                lines.join("\n")
            })
            .collect();
        PrintedLine { height: geometry.row_height(n_lines), cells, is_sum }
    };
    let titles: Vec<String> = headings.iter().map(|heading| heading.title.clone()).collect();
    let heading = break_line(&rulers.bold, &titles, false);
    let has_sums = headings.iter().any(|heading| heading.sum.is_some());
    let sum_line = |kind: SumLine, totals: &[i128]| {
        let mut cells: Vec<String> = headings
            .iter()
            .zip(totals)
            .map(|(heading, total)| heading.sum.map_or_else(String::new, |unit| spell_sum(unit, *total)))
            .collect();
        // The label stands in the first column that has room for words, behind the row numbers.
        if let Some(cell) = cells.iter_mut().skip(1).find(|cell| cell.is_empty()) {
            *cell = sums.label(kind);
        }
        break_line(&rulers.bold, &cells, true)
    };
    let printed: Vec<PrintedLine> = rows.iter().map(|row| break_line(&rulers.regular, &row.cells, false)).collect();
    let room = geometry.body_height() - heading.height - 1.0;
    let pages = paginate(room, &rows, &printed, headings.len(), has_sums.then_some(&sum_line));
    let columns = headings.iter().zip(&widths).map(|(heading, width)| Measure { width: *width, align: heading.align }).collect();
    Measured { geometry, columns, heading, pages, rows: printed }
}

/// Fills the pages one after the other; `sum_line` makes the rows that carry sums, where there are any.
fn paginate(
    room: f64,
    rows: &[Line],
    printed: &[PrintedLine],
    n_columns: usize,
    sum_line: Option<&impl Fn(SumLine, &[i128]) -> PrintedLine>,
) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut totals = vec![0_i128; n_columns];
    let mut start = 0;
    loop {
        let before = (start > 0).then(|| sum_line.map(|line| line(SumLine::BroughtForward, &totals))).flatten();
        let mut left = room - before.as_ref().map_or(0.0, |line| line.height);
        // Sums only grow, so the row at the foot is measured with what it will at most say: the total itself is no wider.
        left -= sum_line.map_or(0.0, |line| line(SumLine::CarriedForward, &totals).height);
        let mut end = start;
        while end < printed.len() && (printed[end].height <= left || end == start) {
            left -= printed[end].height;
            for (total, amount) in totals.iter_mut().zip(&rows[end].amounts) {
                *total += i128::from(*amount);
            }
            end += 1;
        }
        let is_last = end == printed.len();
        let after = sum_line.map(|line| line(if is_last { SumLine::Total } else { SumLine::CarriedForward }, &totals));
        pages.push(Page { before, rows: start..end, after });
        if is_last {
            return pages;
        }
        start = end;
    }
}

/// What a column needs, in em.
#[derive(Debug, Clone, Copy)]
struct Need {
    /// With every text on one line.
    natural: f64,
    /// With lines broken wherever they may be.
    narrowest: f64,
    /// In points, whatever the size of the text: a hand writes no smaller.
    is_signed: bool,
}

impl Need {
    fn of<'a>(rulers: &Rulers, heading: &Heading, cells: impl Iterator<Item = &'a str>) -> Need {
        let longest_word =
            |ruler: &Cached, text: &str| pieces(text).iter().map(|piece| trimmed(ruler, piece)).fold(0.0_f64, f64::max);
        let (mut line, mut word) = (0.0_f64, 0.0_f64);
        for cell in cells {
            line = line.max(rulers.regular.text(cell));
            word = word.max(longest_word(&rulers.regular, cell));
        }
        // A sum is longer than what it is made of, and bold.
        let line = if heading.sum.is_some() { line + 3.0 } else { line };
        let title = rulers.bold.text(&heading.title);
        let natural = title.max(line).min(WIDEST);
        // Days and amounts stand on one line; a heading may be broken between its words.
        let cells = if heading.wraps { word.clamp(NARROWEST, WIDEST_WORD) } else { line };
        let words = longest_word(&rulers.bold, &heading.title).max(title.min(SHORT_HEADING));
        let narrowest = cells.max(words).min(natural);
        Need { natural, narrowest, is_signed: heading.is_signed }
    }

    /// So many em in points, with the space beside the text.
    fn points(&self, em: f64, geometry: &Geometry) -> f64 {
        // Half a point more, so that rounding breaks no line.
        if self.is_signed { SIGNATURE_WIDTH } else { em * geometry.size + 2.0 * geometry.inset_x + 0.5 }
    }

    fn natural(&self, geometry: &Geometry) -> f64 {
        self.points(self.natural, geometry)
    }

    fn narrowest(&self, geometry: &Geometry) -> f64 {
        self.points(self.narrowest, geometry)
    }
}

/// The largest text at which every column has its longest word, else the smallest.
fn fitting(needs: &[Need]) -> Geometry {
    let fits = |geometry: &Geometry| {
        let narrowest: f64 = needs.iter().map(|need| need.narrowest(geometry)).sum();
        narrowest <= geometry.body_width()
    };
    let sizes = SMALLER.map(|by| Geometry::A4_LANDSCAPE.smaller(by));
    sizes.into_iter().find(fits).unwrap_or(sizes[sizes.len() - 1])
}

fn column_widths(geometry: &Geometry, needs: &[Need], headings: &[Heading]) -> Vec<f64> {
    let available = geometry.body_width();
    let natural: f64 = needs.iter().map(|need| need.natural(geometry)).sum();
    let narrowest: f64 = needs.iter().map(|need| need.narrowest(geometry)).sum();
    if natural <= available {
        return widen(geometry, needs, available - natural, headings);
    }
    if narrowest <= available {
        // Every column gets its longest word, and what is left goes where texts are long.
        let share = (available - narrowest) / (natural - narrowest);
        let width = |need: &Need| {
            let narrowest = need.narrowest(geometry);
            narrowest + (need.natural(geometry) - narrowest) * share
        };
        return needs.iter().map(width).collect();
    }
    needs.iter().map(|need| need.narrowest(geometry) * available / narrowest).collect()
}

/// Gives what is left over to running text and to the columns that are signed in.
fn widen(geometry: &Geometry, needs: &[Need], spare: f64, headings: &[Heading]) -> Vec<f64> {
    let any_takes = headings.iter().any(|heading| heading.wraps || heading.is_signed);
    let takes = |heading: &Heading| !any_takes || heading.wraps || heading.is_signed;
    let columns = || needs.iter().map(|need| need.natural(geometry)).zip(headings);
    let base: f64 = columns().filter(|(_, heading)| takes(heading)).map(|(natural, _)| natural).sum();
    let width = |(natural, heading)| if takes(heading) { natural * (1.0 + spare / base) } else { natural };
    columns().map(width).collect()
}

/// Breaks a text into lines of at most `width` em: Chinese anywhere but before closing marks, Latin between words.
fn wrap(ruler: &Cached, text: &str, width: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        wrap_paragraph(ruler, paragraph, width, &mut lines);
    }
    lines
}

fn wrap_paragraph(ruler: &Cached, text: &str, width: f64, lines: &mut Vec<String>) {
    let mut line = String::new();
    let mut used = 0.0;
    for piece in pieces(text) {
        let piece_width: f64 = piece.chars().map(|c| ruler.char(c)).sum();
        if used + trimmed(ruler, piece) <= width {
            line.push_str(piece);
            used += piece_width;
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.clear();
        used = 0.0;
        // A word longer than the column is broken where it must be.
        for c in piece.chars() {
            let c_width = ruler.char(c);
            if used + c_width > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += c_width;
        }
    }
    lines.push(line.trim_end().to_owned());
}

fn trimmed(ruler: &Cached, piece: &str) -> f64 {
    piece.trim_end().chars().map(|c| ruler.char(c)).sum()
}

/// The stretches between two places where a line may break.
fn pieces(text: &str) -> Vec<&str> {
    // Full-width comma, stop, semicolon and their like are written as escapes: they are hard to tell from the narrow ones.
    const NEVER_FIRST: &str = "\u{ff0c}\u{3002}\u{3001}\u{ff1b}\u{ff1a}\u{ff1f}\u{ff01}\u{ff09}\u{300b}\u{3011}\u{300d}\u{300f}\u{201d}\u{2019}\u{b7}\u{ff05},.;:?!)]}%";
    const NEVER_LAST: &str = "\u{ff08}\u{300a}\u{3010}\u{300c}\u{300e}\u{201c}\u{2018}\u{ffe5}([{";
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let breaks = before.is_some_and(|before| {
            let between_words = before == ' ' || is_wide(before) || is_wide(c);
            between_words && c != ' ' && !NEVER_FIRST.contains(c) && !NEVER_LAST.contains(before)
        });
        if breaks {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    pieces.push(&text[start..]);
    pieces
}

/// Characters between which Chinese text may break.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_before_a_closing_mark() {
        let check = |text: &str, expected: &[&str]| assert_eq!(pieces(text), expected);
        check("信件,包裹", &["信", "件,", "包", "裹"]);
        check("Zhang Wei (张伟)", &["Zhang ", "Wei ", "(张", "伟)"]);
        check("SF100271", &["SF100271"]);
    }

    #[test]
    fn a_register_of_many_columns_is_set_smaller_before_a_word_is_broken() {
        let check = |n_columns: usize, size: f64| {
            let needs = vec![Need { natural: 20.0, narrowest: 10.0, is_signed: false }; n_columns];
            let geometry = fitting(&needs);
            assert_eq!(geometry.size, size, "{n_columns} columns");
            let widths = column_widths(&geometry, &needs, &[]);
            assert!((widths.iter().sum::<f64>() - geometry.body_width()).abs() < 0.01, "{widths:?}");
            widths[0] >= needs[0].narrowest(&geometry)
        };
        assert!(check(7, 9.0));
        assert!(check(8, 9.0 * 0.95));
        assert!(check(9, 9.0 * 0.83));
        assert!(!check(12, 9.0 * 0.78));
    }

    #[test]
    fn carried_sums_follow_the_pages() {
        let row = |amount: i64| Line { cells: vec![amount.to_string()], amounts: vec![amount] };
        let rows: Vec<Line> = (1..=7).map(row).collect();
        let line = |text: String| PrintedLine { height: 10.0, cells: vec![text], is_sum: true };
        let printed: Vec<PrintedLine> = rows.iter().map(|row| line(row.cells[0].clone())).collect();
        let sum_line = |kind: SumLine, totals: &[i128]| line(format!("{kind:?} {}", totals[0]));
        let pages = paginate(40.0, &rows, &printed, 1, Some(&sum_line));
        let spell = |line: &Option<PrintedLine>| line.as_ref().map_or(String::new(), |line| line.cells[0].clone());
        let told: Vec<_> = pages.iter().map(|page| (spell(&page.before), page.rows.clone(), spell(&page.after))).collect();
        assert_eq!(
            told,
            [
                (String::new(), 0..3, "CarriedForward 6".to_owned()),
                ("BroughtForward 6".to_owned(), 3..5, "CarriedForward 15".to_owned()),
                ("BroughtForward 15".to_owned(), 5..7, "Total 28".to_owned()),
            ]
        );
    }

    #[test]
    fn a_register_without_rows_has_one_page() {
        let pages = paginate(40.0, &[], &[], 1, None::<&fn(SumLine, &[i128]) -> PrintedLine>);
        assert_eq!(pages.len(), 1);
    }
}
