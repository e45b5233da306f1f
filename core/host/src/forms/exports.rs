//! Registers as tables: XLSX for Excel, CSV for everything else.
//!
//! Numbers stay numbers and days stay days. A text that a spreadsheet would take for a formula is made harmless: what a
//! customer typed must not run on a colleague's computer.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use deskbell_proto::typeset::{Column, Register};
use deskbell_proto::value::FieldKind;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use crate::problem::Problem;

/// The rows of a register with what stands around them.
pub(crate) struct Export<'a> {
    pub(crate) register: &'a Register,
    pub(crate) zone: Tz,
    /// "合计"
    pub(crate) total: String,
    /// "是", "否"
    pub(crate) yes_and_no: [String; 2],
    /// "第 &P 页 / 共 &N 页"
    pub(crate) page_foot: String,
    pub(crate) made_at: DateTime<chrono::Utc>,
}

/// Excel's widest useful column, in characters.
const WIDEST: f64 = 48.0;

impl Export<'_> {
    /// Writes a workbook with one sheet.
    pub(crate) fn xlsx(&self) -> Result<Vec<u8>, Problem> {
        self.workbook().map_err(|error| Problem::internal(format!("the register can't be written as XLSX: {error}")))
    }

    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // The same register gives the same bytes.
        workbook.set_properties(&DocProperties::new().set_title(&self.register.title).set_creation_datetime(&self.made_at));
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&self.register.title))?;
        let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin).set_align(FormatAlign::Center);
        let last_row = u32::try_from(self.register.rows.len()).unwrap_or(u32::MAX);
        let mut last_column = 0;
        for (at, column) in self.columns() {
            sheet.write_string_with_format(0, at, &column.title, &head)?;
            sheet.set_column_width(at, self.width(usize::from(at), column))?;
            last_column = at;
        }
        for (row, values) in (1..).zip(&self.register.rows) {
            for (at, column) in self.columns() {
                self.write(sheet, row, at, column, values.get(usize::from(at)).unwrap_or(&Value::Null))?;
            }
        }
        let sum_row = self.write_sums(sheet, last_row)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_print_area(0, 0, sum_row.unwrap_or(last_row), last_column)?;
        if last_row > 0 {
            sheet.autofilter(0, 0, last_row, last_column)?;
        }
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer(format!("&C{}", self.page_foot));
        workbook.save_to_buffer()
    }

    /// The columns that hold something; those to sign in by hand are for paper only.
    fn columns(&self) -> impl Iterator<Item = (u16, &Column)> {
        (0..).zip(&self.register.columns).filter(|(_, column)| column.kind.is_some())
    }

    fn write(&self, sheet: &mut Worksheet, row: u32, at: u16, column: &Column, value: &Value) -> Result<(), XlsxError> {
        let text = value.as_str().unwrap_or_default();
        match (&column.kind, value) {
            (_, Value::Null) => {}
            (Some(FieldKind::Fen), _) => {
                sheet.write_number_with_format(row, at, yuan(value), &money_format())?;
            }
            (Some(FieldKind::Integer { .. }), _) => {
                sheet.write_number(row, at, value.as_i64().unwrap_or_default() as f64)?;
            }
            (Some(FieldKind::Day), _) if day(text).is_some() => {
                let day = day(text).unwrap_or_default();
                sheet.write_datetime_with_format(row, at, day, &Format::new().set_num_format("yyyy-mm-dd"))?;
            }
            (Some(FieldKind::Instant), _) if self.local(text).is_some() => {
                let at_local = self.local(text).unwrap_or_default();
                sheet.write_datetime_with_format(row, at, at_local, &Format::new().set_num_format("yyyy-mm-dd hh:mm"))?;
            }
            // A string cell is never a formula, whatever it begins with.
            _ => {
                sheet.write_string(row, at, self.label(column, value))?;
            }
        }
        Ok(())
    }

    /// Writes the row of sums, if there is one, and returns where it stands.
    fn write_sums(&self, sheet: &mut Worksheet, last_row: u32) -> Result<Option<u32>, XlsxError> {
        if last_row == 0 || !self.register.columns.iter().any(|column| column.sum) {
            return Ok(None);
        }
        let row = last_row + 1;
        let bold = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        for (at, column) in self.columns() {
            if !column.sum {
                let text = if at == 0 { self.total.as_str() } else { "" };
                sheet.write_string_with_format(row, at, text, &bold)?;
                continue;
            }
            let is_money = column.kind == Some(FieldKind::Fen);
            let sum: i128 =
                self.register.rows.iter().map(|row| i128::from(row[usize::from(at)].as_i64().unwrap_or_default())).sum();
            let result = if is_money { spelled_yuan(sum) } else { sum.to_string() };
            let letter = rust_xlsxwriter::column_number_to_name(at);
            let formula = Formula::new(format!("=SUM({letter}2:{letter}{})", last_row + 1)).set_result(result);
            let format = if is_money { bold.clone().set_num_format("#,##0.00") } else { bold.clone() };
            sheet.write_formula_with_format(row, at, formula, &format)?;
        }
        Ok(Some(row))
    }

    /// Writes a table for other programs, with the mark that tells Excel it is UTF-8.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, Problem> {
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
        table.write_record(self.columns().map(|(_, column)| harmless(&column.title))).map_err(Problem::internal)?;
        for values in &self.register.rows {
            let row = self.columns().map(|(at, column)| self.plain(column, values.get(usize::from(at)).unwrap_or(&Value::Null)));
            table.write_record(row).map_err(Problem::internal)?;
        }
        table.into_inner().map_err(Problem::internal)
    }

    fn plain(&self, column: &Column, value: &Value) -> String {
        let text = value.as_str().unwrap_or_default();
        match (&column.kind, value) {
            (_, Value::Null) => String::new(),
            (Some(FieldKind::Fen), _) => spelled_yuan(value.as_i64().unwrap_or_default().into()),
            (Some(FieldKind::Integer { .. }), _) => value.to_string(),
            (Some(FieldKind::Day), _) => text.to_owned(),
            (Some(FieldKind::Instant), _) => {
                self.local(text).map_or_else(|| text.to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
            }
            _ => harmless(&self.label(column, value)),
        }
    }

    fn label(&self, column: &Column, value: &Value) -> String {
        if let Some(yes) = value.as_bool() {
            return self.yes_and_no[usize::from(!yes)].clone();
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        column.labels.get(&text).cloned().unwrap_or(text)
    }

    fn local(&self, text: &str) -> Option<chrono::NaiveDateTime> {
        // Excel knows no zones: the site's own time is what people compare with.
        DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&self.zone).naive_local())
    }

    fn width(&self, at: usize, column: &Column) -> f64 {
        let wide = |text: &str| text.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.0 }).sum::<f64>();
        let values =
            self.register.rows.iter().take(1000).map(|row| wide(&self.plain(column, row.get(at).unwrap_or(&Value::Null))));
        values.fold(wide(&column.title), f64::max).min(WIDEST) + 3.0
    }
}

fn money_format() -> Format {
    Format::new().set_num_format("#,##0.00")
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// Excel counts in floating point; two decimals of up to a hundred thousand billion yuan are exact to the eye.
fn yuan(fen: &Value) -> f64 {
    fen.as_i64().unwrap_or_default() as f64 / 100.0
}

/// Yuan as other programs read them: `-1234.50`.
fn spelled_yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Puts an apostrophe before a text that a spreadsheet would take for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// A sheet's name has at most 31 characters and none of `[]:*?/\`.
fn sheet_name(title: &str) -> String {
    title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use serde_json::json;

    use super::*;

    fn register() -> Register {
        let column = |title: &str, kind| Column { title: title.into(), kind, labels: BTreeMap::new(), sum: false };
        let mut kind = column("种类", Some(FieldKind::Choice { values: vec!["parcel".into()] }));
        kind.labels = [("parcel".to_owned(), "包裹".to_owned())].into();
        let mut postage = column("邮资(元)", Some(FieldKind::Fen));
        postage.sum = true;
        Register {
            title: "寄件登记表".into(),
            columns: vec![
                column("收件人", Some(FieldKind::Text { max: 200, long: false })),
                kind,
                column("寄出日期", Some(FieldKind::Day)),
                column("交运时间", Some(FieldKind::Instant)),
                postage,
                column("签字", None),
            ],
            rows: vec![
                vec![json!("=cmd()"), json!("parcel"), json!("2026-11-03"), json!("2026-11-03T01:30:00.000Z"), json!(1250)],
                vec![json!("-1"), json!(null), json!(null), json!(null), json!(-50)],
            ],
        }
    }

    fn export(register: &Register) -> Export<'_> {
        Export {
            register,
            zone: chrono_tz::Asia::Shanghai,
            total: "合计".into(),
            yes_and_no: ["是".into(), "否".into()],
            page_foot: "第 &P 页 / 共 &N 页".into(),
            made_at: "2026-11-09T01:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_csv_has_the_mark_for_excel_and_no_formula() {
        let register = register();
        let csv = String::from_utf8(export(&register).csv().unwrap()).unwrap();
        let expected = "\u{feff}收件人,种类,寄出日期,交运时间,邮资(元)\r\n\
                        '=cmd(),包裹,2026-11-03,2026-11-03 09:30,12.50\r\n\
                        '-1,,,,-0.50\r\n";
        assert_eq!(csv, expected);
    }

    #[test]
    fn a_workbook_has_numbers_days_and_a_sum() {
        let register = register();
        let bytes = export(&register).xlsx().unwrap();
        assert!(bytes == export(&register).xlsx().unwrap(), "the same register gives the same bytes");
        let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let sheet = workbook.worksheet_range("寄件登记表").unwrap();
        let cell = |row, column| sheet.get_value((row, column)).unwrap().clone();
        assert_eq!(cell(1, 0), Data::String("=cmd()".into()));
        assert_eq!(cell(1, 1), Data::String("包裹".into()));
        assert!(matches!(cell(1, 2), Data::DateTime(_)), "{:?}", cell(1, 2));
        assert_eq!(cell(1, 4), Data::Float(12.5));
        assert_eq!(cell(3, 0), Data::String("合计".into()));
        assert_eq!(cell(3, 4), Data::Float(12.0));
    }
}
