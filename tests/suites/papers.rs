//! Papers: right to the eye, the same bytes for ever, copies marked as copies.

use deskbell_tests::{Home, Serving, text_of_pdf};
use serde_json::{Value, json};

fn desk_with_a_sheet(home: &Home) -> (Serving, String) {
    let desk = home.serve();
    desk.api.receive("欧阳娜娜", "2026-10-20");
    let run = desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({})).expect(201).body;
    assert_eq!(run["papers"].as_array().map(Vec::len), Some(1), "{run}");
    let sheets = desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body;
    let number = sheets["items"][0]["number"].as_str().unwrap().to_owned();
    (desk, number)
}

#[test]
fn a_reprint_is_a_marked_copy_and_any_copy_is_the_same_bytes_again() {
    let home = Home::new();
    let (desk, number) = desk_with_a_sheet(&home);
    let print = |body: Value| desk.api.post("/api/v1/papers", body).expect(201).body;
    let body = json!({"form": "letters.handoff-sheet", "record": number, "lang": "zh-CN"});
    let (first, second) = (print(body.clone()), print(body));
    assert_eq!(second["copy"].as_i64(), first["copy"].as_i64().map(|copy| copy + 1), "{first} {second}");
    let fetch = |paper: &Value| desk.api.get(paper["href"].as_str().unwrap()).expect(200);
    let (original, copy) = (fetch(&first), fetch(&second));
    assert_eq!(original.media_type, "application/pdf");
    assert!(original.bytes.starts_with(b"%PDF-"));
    assert_ne!(original.bytes, copy.bytes);
    assert_eq!(fetch(&first).bytes, original.bytes);
    let number_of_copy = second["copy"].as_i64().unwrap();
    assert!(text_of(&copy.bytes).contains(&format!("补打第 {number_of_copy} 次")), "{}", text_of(&copy.bytes));
    // Also after a restart, when nothing is in memory any more.
    desk.stop();
    let desk = home.serve();
    assert_eq!(desk.api.get(second["href"].as_str().unwrap()).expect(200).bytes, copy.bytes);
}

#[test]
fn a_dry_run_keeps_a_sample_of_its_paper_and_changes_nothing() {
    let home = Home::new();
    let desk = home.serve();
    desk.api.receive("欧阳娜娜", "2026-10-20");
    let run = desk.api.post("/api/v1/jobs/letters.hand-off-unclaimed/runs", json!({"dry_run": true})).expect(201).body;
    assert_eq!((&run["kind"], &run["effects"]["handed-off"]), (&json!("dry"), &json!(1)), "{run}");
    let sample = desk.api.get(run["papers"][0]["href"].as_str().unwrap()).expect(200);
    let text = text_of(&sample.bytes);
    assert!(text.contains("欧阳娜娜") && text.contains("样张"), "{text}");
    assert_eq!(desk.api.get("/api/v1/records/letters.handoff-sheet").expect(200).body["items"], json!([]));
}

#[test]
fn a_form_shows_chinese_names_in_either_language() {
    let home = Home::new();
    let (desk, number) = desk_with_a_sheet(&home);
    for (language, title) in [("zh-CN", "逾期信件移交单"), ("en", "Hand-off")] {
        let shown =
            desk.api.get(&format!("/api/v1/forms/letters.handoff-sheet?record={number}&lang={language}&format=pdf")).expect(200);
        let text = text_of(&shown.bytes);
        assert!(text.contains(title) && text.contains("欧阳娜娜"), "{text}");
    }
    let picture = desk.api.get(&format!("/api/v1/forms/letters.handoff-sheet?record={number}&format=png")).expect(200);
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    let drawing = desk.api.get(&format!("/api/v1/forms/letters.handoff-sheet?record={number}&format=svg")).expect(200);
    assert!(String::from_utf8_lossy(&drawing.bytes).contains("<svg"));
}

#[test]
fn a_register_prints_and_exports_the_same_letters() {
    let home = Home::new();
    let desk = home.serve();
    for addressee in ["欧阳娜娜", "=cmd()", "司马相如"] {
        desk.api.receive(addressee, "2026-11-03");
    }
    let register = |format: &str| {
        desk.api.get(&format!("/api/v1/registers/letters.letter?from=2026-11-01&to=2026-11-30&format={format}")).expect(200).bytes
    };
    let page = text_of(&register("pdf"));
    assert!(page.contains("信件登记表") && page.contains("欧阳娜娜") && page.contains("司马相如"), "{page}");
    let table = String::from_utf8(register("csv")).unwrap();
    assert!(table.starts_with('\u{feff}') && table.contains("欧阳娜娜") && table.contains("'=cmd()"), "{table}");
    assert!(register("xlsx").starts_with(b"PK"));
}

fn text_of(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), pdf).expect("the PDF");
    text_of_pdf(file.path())
}
