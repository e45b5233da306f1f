//! Sample data for a form, made from the shape that its plugin declares.

use deskbell_proto::description::Shape;
use serde_json::{Map, Value};

/// What kind of sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Everything is there, and reads like a day at the desk.
    Full,
    /// Nothing that may be missing is there; lists are empty.
    Sparse,
    /// Everything is as long as it can be.
    Long,
    /// Every text tries to break out of the markup.
    Hostile,
}

impl Sample {
    pub(crate) const ALL: [Sample; 4] = [Sample::Full, Sample::Sparse, Sample::Long, Sample::Hostile];
}

/// Text that would do harm if it were ever read as Typst, MiniJinja or HTML.
pub(crate) const HOSTILE: &str =
    r##"#panic("x") #read("/etc/passwd") *bold* $x$ `raw` #image("/etc/x") \u{41} {{ 7*7 }} {% raw %} "); ] <script> // /* @a"##;

const NAMES: [&str; 6] = ["王小明", "欧阳文静", "李娜", "Zhang Wei (张伟)", "阿卜杜热西提·买买提江", "陈喆玥"];
const DEPARTMENTS: [&str; 4] = ["客服部", "三楼服装城", "营运部", "财务部"];
const SENTENCES: [&str; 3] = ["信封一角破损，已当面说明", "请本人携证件领取", "易碎"];

/// How many entries a list has.
const ENTRIES: usize = 6;

/// Makes a value of the shape.
pub fn sample(shape: &Shape, kind: Sample) -> Value {
    value(shape, kind, "", 0)
}

/// `field` is the name of the field it is for, which hints at what a text may be; `nth` counts the entries of a list.
fn value(shape: &Shape, kind: Sample, field: &str, nth: usize) -> Value {
    match shape {
        Shape::Text => text(kind, field, nth).into(),
        Shape::Integer if kind == Sample::Long => 1_234_567_890_i64.into(),
        Shape::Integer => (nth as i64 + 7).into(),
        Shape::Fen if kind == Sample::Long => 123_456_789_012_i64.into(),
        Shape::Fen => (1250 * (nth as i64 + 1)).into(),
        Shape::Bool => (kind != Sample::Sparse && nth.is_multiple_of(2)).into(),
        Shape::Day => format!("2026-11-{:02}", 9 + nth % 20).into(),
        Shape::Instant => format!("2026-11-{:02}T01:{:02}:00.000Z", 9 + nth % 20, 15 + nth % 40).into(),
        Shape::Choice { values } if values.is_empty() => Value::Null,
        Shape::Choice { values } => values[nth % values.len()].clone().into(),
        Shape::Optional(_) if kind == Sample::Sparse => Value::Null,
        // A list is read more easily when not every line has everything.
        Shape::Optional(_) if kind == Sample::Full && nth % 3 == 2 => Value::Null,
        Shape::Optional(inner) => value(inner, kind, field, nth),
        Shape::List(_) if kind == Sample::Sparse => Value::Array(Vec::new()),
        Shape::List(inner) => (0..ENTRIES).map(|nth| value(inner, kind, field, nth)).collect(),
        Shape::Object(fields) => {
            Value::Object(fields.iter().map(|(name, shape)| (name.clone(), value(shape, kind, name, nth))).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

fn text(kind: Sample, field: &str, nth: usize) -> String {
    match kind {
        Sample::Hostile => HOSTILE.to_owned(),
        Sample::Long if nth.is_multiple_of(2) => {
            "新疆维吾尔自治区乌鲁木齐市天山区阿卜杜热西提·买买提江".repeat(3).chars().take(80).collect()
        }
        Sample::Long => "ThisCodeHasNoBreakAnywhere0123456789".repeat(3).chars().take(80).collect(),
        Sample::Full | Sample::Sparse => plausible_text(field, nth),
    }
}

fn plausible_text(field: &str, nth: usize) -> String {
    let has = |words: &[&str]| words.iter().any(|word| field.contains(word));
    if has(&["tracking", "receipt", "voucher", "serial"]) {
        format!("SF10{:09}", 27_182_818 + nth * 7919)
    } else if has(&["number"]) {
        format!("L-20261109-{:03}", nth + 1)
    } else if has(&["department", "place", "destination"]) {
        DEPARTMENTS[nth % DEPARTMENTS.len()].to_owned()
    } else if has(&["phone"]) {
        format!("138{:08}", 12_345_678 + nth * 97)
    } else if has(&["note", "reason", "description", "remark"]) {
        SENTENCES[nth % SENTENCES.len()].to_owned()
    } else if has(&["carrier"]) {
        ["中国邮政", "顺丰速运", "EMS"][nth % 3].to_owned()
    } else {
        NAMES[nth % NAMES.len()].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_sample_has_everything_and_a_sparse_one_only_what_must_be_there() {
        let line = Shape::Object(vec![("addressee".into(), Shape::Text), ("note".into(), Shape::Optional(Shape::Text.into()))]);
        let shape = Shape::Object(vec![("on".into(), Shape::Day), ("letters".into(), Shape::List(line.into()))]);
        let full = sample(&shape, Sample::Full);
        assert_eq!(full["letters"][0], json!({"addressee": "王小明", "note": "信封一角破损，已当面说明"}));
        assert_eq!(full["letters"].as_array().unwrap().len(), ENTRIES);
        assert_eq!(sample(&shape, Sample::Sparse), json!({"on": "2026-11-09", "letters": []}));
    }
}
