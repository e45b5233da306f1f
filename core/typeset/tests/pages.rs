//! Golden pages: every form of the plugins and their registers, in both languages, as the text that stands on them.
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

fn wording(plugin: &str, language: &str) -> Wording {
    let folders = ["core/host".to_owned(), format!("plugins/{plugin}")];
    let layers = folders.map(|folder| source(&format!("{folder}/locales/{language}.ftl")));
    Wording { language: language.to_owned(), layers: layers.into() }
}

fn layout() -> BTreeMap<String, Source> {
    ["base.typ", "register.typ"].map(|name| (name.to_owned(), source(&format!("templates/layout/{name}")))).into()
}

fn form(name: &str, language: &str) -> Form {
    form_of("letters", name, letters_shape(name), language)
}

fn form_of(plugin: &str, name: &str, shape: Shape, language: &str) -> Form {
    Form {
        name: name.to_owned(),
        template: source(&format!("templates/{plugin}/{name}.typ")),
        layout: layout(),
        shape,
        wording: wording(plugin, language),
    }
}

fn optional(shape: Shape) -> Shape {
    Shape::Optional(Box::new(shape))
}

fn list(shape: Shape) -> Shape {
    Shape::List(Box::new(shape))
}

fn choice(values: &[&str]) -> Shape {
    Shape::Choice { values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn object<'n>(fields: impl IntoIterator<Item = (&'n str, Shape)>) -> Shape {
    Shape::Object(fields.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect())
}

/// The data of the forms as letters declares it.
fn letters_shape(form: &str) -> Shape {
    let kind = choice(&["letter", "parcel", "registered"]);
    let mut line =
        vec![("addressee", Shape::Text), ("department", optional(Shape::Text)), ("kind", kind), ("received_on", Shape::Day)];
    if form != "collection-notice" {
        line.push(("number", Shape::Text));
    }
    if form == "handoff-sheet" {
        line.push(("days_waited", Shape::Integer));
    }
    let lines = list(object(line));
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

/// The data of the forms as repair tickets declare it.
fn tickets_shape(form: &str) -> Shape {
    let urgency = || choice(&["normal", "emergency"]);
    let ticket = object([
        ("number", Shape::Text),
        ("found_at", Shape::Instant),
        ("place", Shape::Text),
        ("broken_item", Shape::Text),
        ("urgency", urgency()),
        ("signed_for_on", optional(Shape::Day)),
        ("days_open", Shape::Integer),
    ]);
    let n_tickets = ("n_tickets", Shape::Integer);
    match form {
        "slip" => object([
            ("number", Shape::Text),
            ("sheet_number", Shape::Text),
            ("found_at", Shape::Instant),
            ("place", Shape::Text),
            ("broken_item", Shape::Text),
            ("description", optional(Shape::Text)),
            ("urgency", urgency()),
            ("phoned_to", optional(Shape::Text)),
            ("phoned_at", optional(Shape::Instant)),
            ("reported_by", choice(&["staff", "tenant", "resident", "customer"])),
            ("reporter", optional(Shape::Text)),
            ("contact", optional(Shape::Text)),
            ("signed_for_on", optional(Shape::Day)),
            ("fixed_at", optional(Shape::Instant)),
            ("verified_by", optional(Shape::Text)),
        ]),
        "sign-off-sheet" => object([
            ("number", Shape::Text),
            ("opened_on", Shape::Day),
            ("lines", list(ticket)),
            n_tickets,
            ("is_signed", Shape::Bool),
        ]),
        "check-sheet" => {
            let result = optional(choice(&["fixed", "not-fixed"]));
            let line = object([("ticket", ticket), ("result", result), ("note", optional(Shape::Text))]);
            object([("number", Shape::Text), ("checked_on", Shape::Day), ("lines", list(line)), n_tickets])
        }
        _ => {
            let line = object([("ticket", ticket), ("is_fixed", Shape::Bool), ("escalation_stage", Shape::Integer)]);
            object([("on", Shape::Day), ("lines", list(line)), n_tickets])
        }
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
            check(&format!("{name}-{language}"), &form(name, language), &full(&letters_shape(name)), &paper);
        }
    }
}

#[test]
fn the_forms_of_repair_tickets_print_in_both_languages() {
    for language in ["zh-CN", "en"] {
        for (name, paper) in [
            ("slip", numbered("R-20261109-001")),
            ("sign-off-sheet", numbered("RS-20261109-001")),
            ("check-sheet", numbered("RC-20261109-001")),
            ("opening-check", paper()),
        ] {
            let form = form_of("repair-tickets", name, tickets_shape(name), language);
            check(&format!("{name}-{language}"), &form, &full(&form.shape), &paper);
            leave_samples(name, &form, &paper);
            assert_eq!(typesetter().check(&form), [], "{name} {language}");
        }
    }
}

fn full(shape: &Shape) -> Data {
    Data::Given(deskbell_typeset::sample(shape, deskbell_typeset::Sample::Full))
}

/// Leaves the pictures of a form that says as much as it can, and as little.
fn leave_samples(name: &str, form: &Form, paper: &Paper) {
    for (golden, kind) in [("long", deskbell_typeset::Sample::Long), ("empty", deskbell_typeset::Sample::Sparse)] {
        let data = Data::Given(deskbell_typeset::sample(&form.shape, kind));
        let png = typesetter().form(form, &[sheet(&data, paper)], Output::Png { page: 1 }).unwrap();
        leave_picture(&format!("{name}-{golden}"), &png.bytes);
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
    let form = form("handoff-sheet", "zh-CN");
    leave_samples("handoff-sheet", &form, &numbered("H-2026-0003"));
    assert_eq!(typesetter().check(&form), []);
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

/// 报修登记表, three tickets of it.
fn register_of_tickets() -> Register {
    let text = || FieldKind::Text { max: 80, long: false };
    let column = |title: &str, kind: Option<FieldKind>| Column { title: title.into(), kind, labels: BTreeMap::new(), sum: false };
    let mut state = column("状态", Some(FieldKind::Choice { values: vec!["signed-for".into(), "verified".into()] }));
    state.labels = [("signed-for".to_owned(), "已签收".to_owned()), ("verified".to_owned(), "已验收".to_owned())].into();
    let row = |n: usize, place: &str, item: &str, reporter: Value, fixed: bool| -> Vec<Value> {
        let (state, fixed_at) = if fixed { ("verified", json!("2026-11-09T07:20:00.000Z")) } else { ("signed-for", Value::Null) };
        let number = format!("R-20261109-{n:03}");
        vec![
            number.into(),
            json!("2026-11-09T01:05:00.000Z"),
            place.into(),
            item.into(),
            reporter,
            "2026-11-09".into(),
            state.into(),
            fixed_at,
        ]
    };
    Register {
        title: "报修登记表".into(),
        columns: vec![
            column("编号", Some(text())),
            column("发现时间", Some(FieldKind::Instant)),
            column("地点", Some(text())),
            column("损坏物品", Some(text())),
            column("报修人", Some(text())),
            column("签收日期", Some(FieldKind::Day)),
            state,
            column("修复时间", Some(FieldKind::Instant)),
            column("验收签字", None),
        ],
        rows: vec![
            row(1, "二楼女卫生间", "水龙头", json!("保洁 刘姐"), true),
            row(2, "地下停车场B区靠近三号货梯的消防通道入口", "应急照明灯与疏散指示牌", Value::Null, false),
            row(3, "二单元1203室", "窗户", json!("阿卜杜热西提·买买提江"), true),
        ],
    }
}

#[test]
fn the_register_of_repair_tickets_shows_days_and_times() {
    let set = |output| {
        typesetter()
            .register(&register_of_tickets(), &wording("repair-tickets", "zh-CN"), &layout(), &november(), output)
            .unwrap()
    };
    insta::assert_snapshot!("register-tickets-zh-CN", String::from_utf8(set(Output::Text).bytes).unwrap());
    leave_picture("register-tickets", &set(Output::Png { page: 1 }).bytes);
}

fn november() -> Paper {
    let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    Paper { period: Some(Period { from: day(1), to: day(30) }), ..paper() }
}

#[test]
fn a_register_repeats_its_head_carries_its_sums_and_counts_its_pages() {
    let typesetter = typesetter();
    let set = |n_rows, language, output| {
        typesetter.register(&register(n_rows), &wording("letters", language), &layout(), &november(), output).unwrap()
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
    let set = || {
        typesetter
            .register(&register(500), &wording("letters", "zh-CN"), &layout(), &november(), Output::Pdf { tagged: false })
            .unwrap()
    };
    let (first, second) = (set(), set());
    assert!(first.pages > 10);
    assert!(first.bytes == second.bytes);
    let joined = hayro_write::hayro_syntax::Pdf::new(first.bytes).unwrap();
    assert_eq!(joined.pages().len(), first.pages);
}
