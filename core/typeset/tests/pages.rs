//! Golden pages: every form of letters and a register, in both languages, as the text that stands on them.
//!
//! The pages are also written as pictures to `target/pages/`, to be looked at when a golden changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deskbell_proto::change::Period;
use deskbell_proto::description::Shape;
use deskbell_proto::typeset::{Column, Data, Form, Output, Paper, Register, Sheet, SignOff, Source, Wording};
use deskbell_proto::value::FieldKind;
use deskbell_typeset::{Fonts, Typesetter};
use serde_json::{Value, json};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn typesetter() -> Typesetter {
    Typesetter::new(Fonts::load(&[workspace().join("node_modules/@expo-google-fonts/noto-sans-sc")]).unwrap())
}

fn source(file: &str) -> Source {
    Source { file: file.to_owned(), text: std::fs::read_to_string(workspace().join(file)).unwrap() }
}

fn wording(language: &str) -> Wording {
    let layers = ["core/host", "plugins/letters"].map(|folder| source(&format!("{folder}/locales/{language}.ftl")));
    Wording { language: language.to_owned(), layers: layers.into() }
}

fn layout() -> BTreeMap<String, Source> {
    ["base.typ", "register.typ"].map(|name| (name.to_owned(), source(&format!("templates/layout/{name}")))).into()
}

fn form(name: &str, language: &str) -> Form {
    Form {
        name: name.to_owned(),
        template: source(&format!("templates/letters/{name}.typ")),
        layout: layout(),
        shape: shape(name),
        wording: wording(language),
    }
}

/// The data of the forms as letters declares it.
fn shape(form: &str) -> Shape {
    let kind = Shape::Choice { values: vec!["letter".into(), "parcel".into(), "registered".into()] };
    let optional = |shape: Shape| Shape::Optional(Box::new(shape));
    let object =
        |fields: Vec<(&str, Shape)>| Shape::Object(fields.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect());
    let mut line =
        vec![("addressee", Shape::Text), ("department", optional(Shape::Text)), ("kind", kind), ("received_on", Shape::Day)];
    if form != "collection-notice" {
        line.push(("number", Shape::Text));
    }
    if form == "handoff-sheet" {
        line.push(("days_waited", Shape::Integer));
    }
    let lines = Shape::List(Box::new(object(line)));
    let n_letters = ("n_letters", Shape::Integer);
    match form {
        "handoff-sheet" => object(vec![
            ("number", Shape::Text),
            ("opened_on", Shape::Day),
            ("printed_on", Shape::Day),
            ("lines", lines),
            n_letters,
            ("handed_over_at", optional(Shape::Instant)),
        ]),
        _ => object(vec![("on", Shape::Day), ("lines", lines), n_letters]),
    }
}

/// A hand-off sheet of so many letters.
fn handoff(n_letters: usize) -> Data {
    let line = json!({"number": "L-20261101-001", "addressee": "陈喆玥", "department": null, "kind": "parcel", "received_on": "2026-11-01", "days_waited": 8});
    let data = json!({
        "number": "H-2026-0003", "opened_on": "2026-11-09", "printed_on": "2026-11-09", "lines": vec![line; n_letters],
        "n_letters": n_letters, "handed_over_at": null,
    });
    Data::Given(data)
}

fn sheet(data: &Data, paper: &Paper) -> Sheet {
    Sheet { data: data.clone(), paper: paper.clone() }
}

fn paper() -> Paper {
    Paper {
        site: "万和购物广场".into(),
        timezone: "Asia/Shanghai".into(),
        copy: 1,
        made_at: Some("2026-11-09T01:00:00.000Z".into()),
        made_by: Some("王小明".into()),
        ..Paper::default()
    }
}

fn numbered(number: &str) -> Paper {
    Paper { number: Some(number.to_owned()), ..paper() }
}

/// Sets a form, compares its text with the golden and leaves its picture for the eye.
fn check(golden: &str, form: &Form, data: &Data, paper: &Paper) {
    let typesetter = typesetter();
    let text = typesetter.form(form, &[sheet(data, paper)], Output::Text).unwrap();
    assert_eq!(text.warnings, Vec::<String>::new());
    leave_picture(golden, &typesetter.form(form, &[sheet(data, paper)], Output::Png { page: 1 }).unwrap().bytes);
    insta::assert_snapshot!(golden, String::from_utf8(text.bytes).unwrap());
}

fn leave_picture(golden: &str, png: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{golden}.png")), png).unwrap();
}

#[test]
fn the_forms_of_letters_print_in_both_languages() {
    for language in ["zh-CN", "en"] {
        for name in ["collection-notice", "office-round", "handoff-sheet"] {
            let paper = if name == "handoff-sheet" { numbered("H-2026-0003") } else { paper() };
            let data = Data::Given(deskbell_typeset::sample(&shape(name), deskbell_typeset::Sample::Full));
            check(&format!("{name}-{language}"), &form(name, language), &data, &paper);
        }
    }
}

#[test]
fn a_signed_copy_shows_who_signed_when_and_that_it_is_a_copy() {
    let signed =
        SignOff { sign_box: "hr".into(), role: "hr".into(), name: "赵敏".into(), at: "2026-11-09T06:30:00.000Z".into() };
    let paper = Paper { copy: 2, sign_offs: vec![signed], ..numbered("H-2026-0003") };
    check("handoff-sheet-signed", &form("handoff-sheet", "zh-CN"), &handoff(1), &paper);
}

#[test]
fn long_names_and_no_letters_at_all_keep_the_sheet_whole() {
    let typesetter = typesetter();
    let form = form("handoff-sheet", "zh-CN");
    for (golden, kind) in [("long", deskbell_typeset::Sample::Long), ("empty", deskbell_typeset::Sample::Sparse)] {
        let data = Data::Given(deskbell_typeset::sample(&form.shape, kind));
        let png = typesetter.form(&form, &[sheet(&data, &numbered("H-2026-0003"))], Output::Png { page: 1 }).unwrap();
        leave_picture(&format!("handoff-sheet-{golden}"), &png.bytes);
    }
    assert_eq!(typesetter.check(&form), []);
}

#[test]
fn a_sheet_of_200_letters_repeats_its_head_on_each_page() {
    let form = form("handoff-sheet", "zh-CN");
    let file = typesetter().form(&form, &[sheet(&handoff(200), &numbered("H-2026-0003"))], Output::Text).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    assert_eq!(text.matches("收件人").count(), file.pages);
    assert!(text.contains(&format!("第 {0} 页 / 共 {0} 页", file.pages)), "{text}");
}

#[test]
fn the_same_paper_gives_the_same_bytes() {
    let form = form("handoff-sheet", "zh-CN");
    let pdf = || typesetter().form(&form, &[sheet(&Data::Sample, &paper())], Output::Pdf { tagged: false }).unwrap().bytes;
    assert!(pdf() == pdf());
}

#[test]
fn several_sheets_are_one_file_and_each_counts_its_own_pages() {
    let form = form("handoff-sheet", "en");
    let sheets = ["H-2026-0001", "H-2026-0002"].map(|number| sheet(&Data::Sample, &numbered(number)));
    let set = |output| typesetter().form(&form, &sheets, output).unwrap();
    let pdf = set(Output::Pdf { tagged: false });
    assert_eq!(pdf.pages, 2);
    assert_eq!(hayro_write::hayro_syntax::Pdf::new(pdf.bytes).unwrap().pages().len(), 2);
    assert!(set(Output::Png { page: 2 }).bytes.starts_with(b"\x89PNG"));
    let text = String::from_utf8(set(Output::Text).bytes).unwrap();
    assert_eq!(text.matches("Page 1 of 1").count(), 2, "{text}");
}

fn register(n_rows: usize) -> Register {
    let text = FieldKind::Text { max: 200, long: false };
    let column = |title: &str, kind: Option<FieldKind>| Column { title: title.into(), kind, labels: BTreeMap::new(), sum: false };
    let mut kind = column("种类", Some(FieldKind::Choice { values: vec!["letter".into(), "parcel".into()] }));
    kind.labels = [("letter".to_owned(), "平信".to_owned()), ("parcel".to_owned(), "包裹".to_owned())].into();
    let mut postage = column("邮资(元)", Some(FieldKind::Fen));
    postage.sum = true;
    let names = ["王小明", "欧阳文静", "Zhang Wei (张伟)", "阿卜杜热西提·买买提江", "陈喆玥"];
    let notes = ["", "信封一角破损，已当面说明，收件人表示知悉并同意签收", "", "易碎", ""];
    let row = |at: usize| -> Vec<Value> {
        vec![
            format!("L-202611{:02}-{:03}", 1 + at / 40 % 30, 1 + at % 40).into(),
            format!("2026-11-{:02}", 1 + at / 40 % 30).into(),
            names[at % 5].into(),
            if at.is_multiple_of(3) { "parcel" } else { "letter" }.into(),
            if at % 4 == 1 { Value::Null } else { format!("SF10{:09}", 27_182_818 + at * 7919).into() },
            (120 + at as i64 % 7 * 50).into(),
            notes[at % 5].into(),
        ]
    };
    Register {
        title: "信件登记表".into(),
        columns: vec![
            column("编号", Some(text.clone())),
            column("到达日期", Some(FieldKind::Day)),
            column("收件人", Some(text.clone())),
            kind,
            column("运单号", Some(text.clone())),
            postage,
            column("备注", Some(text)),
            column("签收", None),
            column("经办", None),
        ],
        rows: (0..n_rows).map(row).collect(),
    }
}

fn november() -> Paper {
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    Paper { period: Some(Period { from: day(1), to: day(30) }), ..paper() }
}

#[test]
fn a_register_repeats_its_head_carries_its_sums_and_counts_its_pages() {
    let typesetter = typesetter();
    let set = |n_rows, language, output| {
        typesetter.register(&register(n_rows), &wording(language), &layout(), &november(), output).unwrap()
    };
    let text = |n_rows, language| String::from_utf8(set(n_rows, language, Output::Text).bytes).unwrap();
    insta::assert_snapshot!("register-60-zh-CN", text(60, "zh-CN"));
    insta::assert_snapshot!("register-3-en", text(3, "en"));
    insta::assert_snapshot!("register-0-zh-CN", text(0, "zh-CN"));
    for page in [1, 2] {
        leave_picture(&format!("register-60-page-{page}"), &set(60, "zh-CN", Output::Png { page }).bytes);
    }
    leave_picture("register-0", &set(0, "zh-CN", Output::Png { page: 1 }).bytes);
}

#[test]
fn a_long_register_is_one_file_with_all_its_pages_and_the_same_bytes_each_time() {
    let typesetter = typesetter();
    let set =
        || typesetter.register(&register(500), &wording("zh-CN"), &layout(), &november(), Output::Pdf { tagged: false }).unwrap();
    let (first, second) = (set(), set());
    assert!(first.pages > 10);
    assert!(first.bytes == second.bytes);
    let joined = hayro_write::hayro_syntax::Pdf::new(first.bytes).unwrap();
    assert_eq!(joined.pages().len(), first.pages);
}
