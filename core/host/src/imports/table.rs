//! Reads a file as a heading and rows of cells: CSV as Excel and WPS write it, or the first sheet of a workbook.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use chrono::NaiveDateTime;
use encoding_rs::{Encoding, GB18030};

use super::{ROWS_MAX, unusable};
use crate::problem::Problem;

/// More columns than any type has fields; whatever lies beyond is no list of records.
const COLUMNS_MAX: usize = 200;

/// A heading, and the rows below it that are not empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) heading: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row, by the number that the file's reader sees beside it; the heading is row 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) number: u32,
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Bool(bool),
    /// A day, or a time of a day, by the wall clock.
    At(NaiveDateTime),
}

/// Reads a file by what it holds, whatever its name.
pub(super) fn read(bytes: &[u8]) -> Result<Table, Problem> {
    let table = match bytes {
        [b'P', b'K', 3, 4, ..] => read_workbook(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(unusable("import-old-workbook", [])),
        _ => read_text(&decoded(bytes)?)?,
    };
    if table.rows.is_empty() { Err(unusable("import-empty", [])) } else { Ok(table) }
}

/// The text of a file: by its byte-order mark, else UTF-8, else what Chinese Windows writes.
fn decoded(bytes: &[u8]) -> Result<String, Problem> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode(bytes).0.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned()).ok_or_else(|| unusable("import-not-text", []))
}

fn read_text(text: &str) -> Result<Table, Problem> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut gathered = Gathered::default();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| unusable("import-not-a-table", [("detail", error.to_string())]))?;
        // The reader counts a record's line before the end of the one above it, and blank lines not at all.
        let from = record.position().map_or(0, |position| position.byte() as usize).max(counted);
        let start = text.len() - text[from..].trim_start_matches(['\r', '\n']).len();
        line += text[counted..start].matches('\n').count() as u32;
        counted = start;
        gathered.take(line, record.iter().map(text_cell).collect())?;
    }
    Ok(gathered.table)
}

/// The registers' own exports put an apostrophe before what a spreadsheet would take for a formula.
fn text_cell(text: &str) -> Cell {
    let is_guarded = text.strip_prefix('\'').is_some_and(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
    let text = if is_guarded { &text[1..] } else { text };
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.trim().to_owned()) }
}

/// Reads cell by cell: a sheet may claim to be a million columns wide.
fn read_workbook(bytes: &[u8]) -> Result<Table, Problem> {
    let broken = |error: calamine::XlsxError| unusable("import-not-a-table", [("detail", error.to_string())]);
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let first = workbook.sheet_names().into_iter().next().unwrap_or_default();
    let mut sheet = workbook.worksheet_cells_reader(&first).map_err(broken)?;
    let mut gathered = Gathered::default();
    let mut open: (u32, Vec<Cell>) = (0, Vec::new());
    while let Some(cell) = sheet.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let value = workbook_cell(cell.get_value());
        if value == Cell::Empty {
            continue;
        }
        if column as usize >= COLUMNS_MAX {
            return Err(unusable("import-too-wide", [("max", COLUMNS_MAX.to_string())]));
        }
        if row != open.0 {
            gathered.take(open.0 + 1, std::mem::take(&mut open.1))?;
            open.0 = row;
        }
        open.1.resize(open.1.len().max(column as usize + 1), Cell::Empty);
        open.1[column as usize] = value;
    }
    gathered.take(open.0 + 1, open.1)?;
    Ok(gathered.table)
}

fn workbook_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty | DataRef::Error(_) => Cell::Empty,
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(yes) => Cell::Bool(*yes),
        DataRef::DateTime(at) => at.as_datetime().map_or(Cell::Number(at.as_f64()), Cell::At),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
    }
}

/// Rows as they come; the first that is not empty is the heading.
#[derive(Default)]
struct Gathered {
    table: Table,
}

impl Gathered {
    fn take(&mut self, number: u32, mut cells: Vec<Cell>) -> Result<(), Problem> {
        while cells.last() == Some(&Cell::Empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > COLUMNS_MAX {
            return Err(unusable("import-too-wide", [("max", COLUMNS_MAX.to_string())]));
        }
        if self.table.heading.is_empty() {
            self.table.heading = cells.into_iter().map(heading).collect();
            return Ok(());
        }
        if self.table.rows.len() == ROWS_MAX {
            return Err(unusable("import-too-long", [("max", ROWS_MAX.to_string())]));
        }
        self.table.rows.push(Row { number, cells });
        Ok(())
    }
}

fn heading(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Empty | Cell::Bool(_) | Cell::At(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn key_of(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().errors.remove(0).key
    }

    #[test]
    fn text_is_read_in_each_encoding_that_an_office_writes() {
        let expected = Table {
            heading: vec!["收件人".into(), "备注".into()],
            rows: vec![
                Row { number: 2, cells: vec![text("欧阳娜娜")] },
                Row { number: 4, cells: vec![text("张三"), text("急,件")] },
            ],
        };
        let csv = "收件人,备注\r\n欧阳娜娜,\r\n\r\n张三,\"急,件\"\r\n";
        let utf16: Vec<u8> = [0xfeff].into_iter().chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [csv.into(), format!("\u{feff}{csv}").into_bytes(), GB18030.encode(csv).0.into_owned(), utf16] {
            assert_eq!(read(&bytes).unwrap(), expected);
        }
    }

    #[test]
    fn a_name_outside_gbk_survives_gb18030() {
        let table = read(&GB18030.encode("addressee\n李𠮷喆\n").0).unwrap();
        assert_eq!(table.rows[0].cells, [text("李𠮷喆")]);
    }

    #[test]
    fn a_cell_of_our_own_export_is_read_without_its_guard() {
        let check = |given: &str, expected: &str| assert_eq!(text_cell(given), text(expected), "{given}");
        check("'=cmd()", "=cmd()");
        check("'tis", "'tis");
        check(" 张三 ", "张三");
    }

    #[test]
    fn a_workbook_has_the_numbers_of_its_rows_and_days_as_days() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        sheet.write(0, 0, "收件人").unwrap();
        sheet.write(0, 1, "收件日期").unwrap();
        sheet.write(2, 0, "欧阳娜娜").unwrap();
        sheet.write_with_format(2, 1, &chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap(), &day).unwrap();
        sheet.write(3, 0, 12).unwrap();
        let table = read(&workbook.save_to_buffer().unwrap()).unwrap();
        let at = chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap().and_hms_opt(0, 0, 0).unwrap();
        assert_eq!(table.rows[0], Row { number: 3, cells: vec![text("欧阳娜娜"), Cell::At(at)] });
        assert_eq!(table.rows[1], Row { number: 4, cells: vec![Cell::Number(12.0)] });
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_reason() {
        assert_eq!(key_of(b""), "import-empty");
        assert_eq!(key_of(b"addressee\n"), "import-empty");
        assert_eq!(key_of(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0]), "import-old-workbook");
        assert_eq!(key_of(b"PK\x03\x04 nothing"), "import-not-a-table");
        assert_eq!(key_of(&[0xff, 0x00, 0xff, 0xff]), "import-not-text");
        let long = format!("addressee\n{}", "张三\n".repeat(ROWS_MAX + 1));
        assert_eq!(key_of(long.as_bytes()), "import-too-long");
        assert_eq!(key_of(format!("a{}\n1", ",a".repeat(COLUMNS_MAX)).as_bytes()), "import-too-wide");
    }

    proptest::proptest! {
        #[test]
        fn no_file_makes_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read(&bytes);
            let _ = read(&[b"PK\x03\x04".as_slice(), &bytes].concat());
        }
    }
}
