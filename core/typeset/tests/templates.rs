//! What is refused in a template, and how it is said; what a hostile text can do (nothing).

use std::collections::BTreeMap;
use std::path::Path;

use deskbell_proto::description::Shape;
use deskbell_proto::typeset::{Complaint, Data, Form, Output, Paper, Sheet, Source, Wording};
use deskbell_typeset::{Fonts, Sample, Typesetter, sample};
use serde_json::json;

fn typesetter() -> Typesetter {
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/@expo-google-fonts/noto-sans-sc");
    Typesetter::new(Fonts::load(&[fonts]).unwrap())
}

fn form(template: &str) -> Form {
    let letter = Shape::Object(vec![
        ("addressee".into(), Shape::Text),
        ("received_on".into(), Shape::Day),
        ("fee".into(), Shape::Fen),
        ("kind".into(), Shape::Choice { values: vec!["letter".into()] }),
        ("note".into(), Shape::Optional(Box::new(Shape::Text))),
    ]);
    let wording = "form-sheet = Sheet\n    .title = Title\nletter-kind = Kind\n    .letter = Letter\npaper-missing-characters = no font has { $characters } in { $text }";
    Form {
        name: "sheet".into(),
        template: Source { file: "templates/letters/sheet.typ".into(), text: template.into() },
        layout: BTreeMap::new(),
        shape: Shape::Object(vec![("day".into(), Shape::Day), ("letters".into(), Shape::List(Box::new(letter)))]),
        wording: Wording { language: "en".into(), layers: vec![Source { file: "en.ftl".into(), text: wording.into() }] },
    }
}

/// The first complaint as people read it: line, column, reason, help.
fn complaint(template: &str) -> String {
    let font = "#set text(font: \"Noto Sans SC\")\n";
    let template = format!("{font}{template}");
    let complaints = typesetter().check(&form(&template));
    let Some(Complaint { span, reason, help, .. }) = complaints.into_iter().next() else { return "sound".into() };
    let place = span.map_or("?".into(), |span| {
        let before = &template[..span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        // The line that sets the font is the test's own.
        format!("{}:{}", before.matches('\n').count(), before[line_start..].chars().count() + 1)
    });
    format!("{place} {reason}; {}", help.unwrap_or_default())
}

fn check(template: &str, expected: &str) {
    let complaint = complaint(template);
    assert!(complaint.starts_with(expected), "{template}\n expected {expected}\n      got {complaint}");
}

#[test]
fn names_that_the_data_does_not_have_are_refused_with_the_nearest() {
    check("{% for letter in letters %}{{ letter.addressee }}{% endfor %}", "sound");
    check("a\n {{ dya | day }}", "2:5 the form has no `dya`; did you mean `day`?");
    check(
        "{% for l in letters %}\n{{ l.adressee }}\n{% endfor %}",
        "2:6 there is no field `adressee`; did you mean `addressee`?",
    );
    // A branch that no sample takes is read all the same.
    check("{% if false %}{{ nothing }}{% endif %}", "1:18 the form has no `nothing`");
    check("{{ day | dya }}", "1:10 there is no filter `dya`; did you mean `day`?");
    check("{{ tt(\"title\") }}", "1:4 there is no function `tt`");
    check("{{ t(\"titel\") }}", "1:4 the locale has no text form-sheet.titel, nor titel; did you mean \"title\"?");
    check("{{ letters.addressee }}", "1:12 a list has no field `addressee`; go through it");
    check("{% for l in day %}{% endfor %}", "1:13 a day is no list to go through");
}

#[test]
fn values_are_printed_through_the_filter_of_their_kind() {
    check("{{ day }}", "1:4 a day can't be printed as it is; write `{{ day | day }}`");
    check(
        "{% for l in letters %}{{ l.fee }}{% endfor %}",
        "1:26 an amount of money can't be printed as it is; write `{{ l.fee | money }}`",
    );
    check("{% for l in letters %}{{ l.kind }}{% endfor %}", "1:26 a choice can't be printed as it is");
    check("{% for l in letters %}{{ l.kind | label(\"letter-kind\") }} {{ l.fee | money }} {{ l.note }}{% endfor %}", "sound");
    check("{{ letters }}", "1:4 a list can't be printed as it is");
}

#[test]
fn placeholders_stand_in_text_or_as_code_and_nowhere_else() {
    check("#text(\"{{ t(\"title\") }}\")", "1:11 a placeholder inside a string");
    check("// {{ t(\"title\") }}", "1:7 a placeholder inside a comment");
    check("`{{ t(\"title\") }}`", "1:5 a placeholder inside raw text");
    check("#text({{ t(\"title\") }})", "1:10 a placeholder in the middle of code; write `{{ x | code }}`");
    check("#text({{ t(\"title\") | code }})", "sound");
    check("a {{ t(\"title\") | code }}", "1:19 a placeholder as code in the middle of text");
    check("\\{{ t(\"title\") }}", "1:5 a placeholder");
}

#[test]
fn a_template_reads_no_file_and_runs_no_text() {
    check("#eval(\"1\")", "1:2 a form may not use `eval`");
    check("#eval({{ t(\"title\") | code }})", "1:2 a form may not use `eval`");
    check("#let e = std.eval", "1:10 a form may not use `std`");
    check("#read(\"/etc/passwd\")", "1:2 a form may not use `read`");
    check("#import \"@preview/x:1.0.0\"", "1:2 a form may import the shared layout only");
    check("#import \"/layout/../data.json\"", "1:2 a form may import the shared layout only");
    check("#include \"/layout/x.typ\"", "1:2 a form may not include another file");
    check("{% include \"x\" %}", "1:");
    check("{{ t(\"title\") | safe }}", "1:17 there is no filter `safe`");
    check("#datetime.today()", "1:2 unable to get the current date");
    check("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "1:");
}

#[test]
fn what_typst_says_is_told_with_the_line_of_the_template() {
    check("a\n{% for l in letters %}\n#text(fil: red)[{{ l.addressee }}]\n{% endfor %}", "3:7 unexpected argument: fil");
    check("a\n\n#let x = [", "3:10 unclosed delimiter");
    check("#text(font: \"Comic Sans\")[x]", "1:13 unknown font family: comic sans");
    check("{% if day %}", "1:");
}

#[test]
fn whatever_a_user_types_prints_as_it_was_typed() {
    let template = "#set text(font: \"Noto Sans SC\")\n#set page(width: 40cm)\n{% for l in letters %}{{ l.addressee }}(x)[y].z #strong({{ l.addressee | code }})\n\n{% endfor %}";
    let form = form(template);
    assert_eq!(typesetter().check(&form), []);
    let data = sample(&form.shape, Sample::Hostile);
    let typed = data["letters"][0]["addressee"].as_str().unwrap().to_owned();
    let file = typesetter().form(&form, &[sheet(&Data::Given(data), &paper())], Output::Text).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let squeezed = |text: &str| text.replace([' ', '\n'], "");
    assert_eq!(squeezed(&text).matches(&squeezed(&typed)).count(), 12, "{text}");
}

#[test]
fn characters_that_no_font_has_are_named() {
    let form = form("#set text(font: \"Noto Sans SC\")\n{% for l in letters %}{{ l.addressee }}{% endfor %}");
    let letter = json!({"addressee": "\u{20bb7}野家", "received_on": "2026-11-01", "fee": 1, "kind": "letter", "note": null});
    let data = Data::Given(json!({"day": "2026-11-09", "letters": [letter]}));
    let file = typesetter().form(&form, &[sheet(&data, &paper())], Output::Pdf { tagged: false }).unwrap();
    assert_eq!(file.warnings.len(), 1);
    assert!(file.warnings[0].starts_with("no font has \u{20bb7}"), "{:?}", file.warnings);
}

#[test]
fn line_breaks_and_the_codes_of_a_text_survive() {
    let form =
        form("#set text(font: \"Noto Sans SC\")\n{% for l in letters %}{{ l.note }} {{ qr(l.addressee, 20) }}{% endfor %}");
    let letter = json!({"addressee": "L-1", "received_on": "2026-11-01", "fee": 1, "kind": "letter", "note": "first\nsecond"});
    let data = Data::Given(json!({"day": "2026-11-09", "letters": [letter]}));
    let file = typesetter().form(&form, &[sheet(&data, &paper())], Output::Text).unwrap();
    assert_eq!(String::from_utf8(file.bytes).unwrap().trim_end(), "--- 1 ---\nfirst\nsecond");
}

fn sheet(data: &Data, paper: &Paper) -> Sheet {
    Sheet { data: data.clone(), paper: paper.clone() }
}

fn paper() -> Paper {
    Paper { timezone: "Asia/Shanghai".into(), copy: 1, ..Paper::default() }
}
