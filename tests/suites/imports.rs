//! Files of letters: all of them are registered or none, and the same file again changes nothing.

use deskbell_tests::{Home, Serving};
use serde_json::{Value, json};

const HEADING: &str = "addressee,kind,destination,received_on,note";

fn csv(rows: impl IntoIterator<Item = String>) -> String {
    rows.into_iter().fold(format!("{HEADING}\n"), |text, row| format!("{text}{row}\n"))
}

fn letters(n: usize) -> String {
    csv((1..=n).map(|n| format!("员工{n},letter,staff-passage,2026-11-03,第{n}件")))
}

fn count(desk: &Serving) -> usize {
    let mut n = 0;
    let mut cursor = String::new();
    loop {
        let page = desk.api.get(&format!("/api/v1/records/letters.letter?limit=200{cursor}")).expect(200).body;
        n += page["items"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else { return n };
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn two_hundred_rows_are_registered_with_numbers_in_a_row_and_a_trail_each() {
    let home = Home::new();
    home.write("letters.csv", &letters(200));
    let desk = home.serve();
    let file = home.path().join("letters.csv").display().to_string();
    let preview = home.json(&["record", "import", "letters.letter", &file, "--dry-run"]);
    assert_eq!((&preview["created"], &preview["dry_run"]), (&json!(200), &json!(true)));
    assert_eq!(preview["items"][0]["record"]["addressee"], "员工1");
    assert_eq!(count(&desk), 0, "a preview writes nothing");

    let imported = home.json(&["record", "import", "letters.letter", &file]);
    assert_eq!((&imported["created"], &imported["unchanged"]), (&json!(200), &json!(0)));
    let items = imported["items"].as_array().unwrap();
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item["row"], json!(index + 2));
        assert!(item["number"].as_str().unwrap().ends_with(&format!("-{:03}", index + 1)), "{item}");
    }
    assert_eq!(count(&desk), 200);
    let last = items[199]["number"].as_str().unwrap();
    let history = desk.api.get(&format!("/api/v1/records/letters.letter/{last}/history")).expect(200).body;
    assert_eq!(history["items"][0]["command"], "create", "{history}");

    let again = home.json(&["record", "import", "letters.letter", &file]);
    assert_eq!((&again["repeated"], count(&desk)), (&json!(true), 200), "{again}");
    let told = home.cli(&["record", "import", "letters.letter", &file]).expect(0);
    assert!(told.stderr.contains("imported before"), "{}", told.stderr);
    // Also by a desk that has been started anew.
    desk.stop();
    let again = home.json(&["record", "import", "letters.letter", &file]);
    assert_eq!(again["repeated"], json!(true));
    home.cli(&["audit", "verify"]).expect(0);
}

#[test]
fn one_bad_row_refuses_the_file_and_every_bad_row_is_named_in_the_readers_language() {
    let home = Home::new();
    let good = "张三,letter,staff-passage,2026-11-03,".to_owned();
    let no_name = ",letter,staff-passage,2026-11-03,".to_owned();
    let ahead = "李四,letter,staff-passage,2099-01-01,".to_owned();
    let no_kind = "王五,telegram,staff-passage,2026-11-03,".to_owned();
    home.write("letters.csv", &csv([good.clone(), no_name, good, ahead, no_kind]));
    let desk = home.serve();
    let file = home.path().join("letters.csv").display().to_string();
    let import = |lang: &str| {
        let refused = home.cli(&["--json", "--lang", lang, "record", "import", "letters.letter", &file]).expect(2);
        serde_json::from_str::<Value>(&refused.stderr).unwrap_or_else(|error| panic!("{error}: {}", refused.stderr))
    };
    let (english, chinese) = (import("en"), import("zh-CN"));
    assert_eq!(english["code"], "validation_failed");
    let places = |problem: &Value| {
        let errors = problem["errors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|error| (error["row"].as_u64().unwrap(), error["column"].as_str().unwrap_or("-").to_owned()))
            .collect::<Vec<_>>()
    };
    let expected = [(3, "addressee"), (5, "received_on"), (6, "kind")].map(|(row, column)| (row, column.to_owned()));
    assert_eq!(places(&english), expected, "{english}");
    assert_eq!(places(&chinese), expected, "{chinese}");
    assert_eq!(english["errors"][0]["message"], "It must be filled in.");
    assert!(chinese["errors"][1]["message"].as_str().unwrap().contains("不能晚于今天"), "{chinese}");
    assert_eq!(count(&desk), 0, "nothing of the file was written");
    let told = home.cli(&["record", "import", "letters.letter", &file]).expect(2);
    assert!(told.stderr.contains("3, addressee: It must be filled in."), "{}", told.stderr);
}

#[test]
fn a_file_of_chinese_excel_is_read_by_its_labels() {
    let home = Home::new();
    let text = "收件人,种类,去向,收件日期,备注\r\n欧阳娜娜,印刷品,二楼办公室,2026/11/3,\"急,件\"\r\n";
    std::fs::write(home.path().join("letters.csv"), encoding_rs::GB18030.encode(text).0).unwrap();
    let file = home.path().join("letters.csv").display().to_string();
    let imported = home.json(&["record", "import", "letters.letter", &file]);
    let letter = home.json(&["record", "get", "letters.letter", imported["items"][0]["number"].as_str().unwrap()]);
    assert_eq!((&letter["addressee"], &letter["kind"]), (&json!("欧阳娜娜"), &json!("printed-matter")));
    assert_eq!((&letter["destination"], &letter["received_on"]), (&json!("second-floor-office"), &json!("2026-11-03")));
    assert_eq!(letter["note"], "急,件");
}

#[test]
fn a_workbook_is_read_with_its_days() {
    let home = Home::new();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for (column, label) in ["Addressee", "Kind", "Destination", "Received on", "Tracking no."].iter().enumerate() {
        sheet.write(0, column as u16, *label).unwrap();
    }
    for row in 1..=3_u32 {
        sheet.write(row, 0, format!("员工{row}")).unwrap();
        sheet.write(row, 1, "Parcel").unwrap();
        sheet.write(row, 2, "staff-passage").unwrap();
        sheet.write_with_format(row, 3, &chrono::NaiveDate::from_ymd_opt(2026, 11, 3).unwrap(), &day).unwrap();
        sheet.write(row, 4, 880_012_345).unwrap();
    }
    let file = home.path().join("letters.xlsx");
    workbook.save(&file).unwrap();
    let imported = home.json(&["record", "import", "letters.letter", &file.display().to_string()]);
    assert_eq!(imported["created"], json!(3), "{imported}");
    let letter = home.json(&["record", "get", "letters.letter", imported["items"][2]["number"].as_str().unwrap()]);
    assert_eq!((&letter["kind"], &letter["received_on"]), (&json!("parcel"), &json!("2026-11-03")));
    assert_eq!(letter["tracking_no"], "880012345");
}

#[test]
fn an_unknown_column_is_refused_with_the_nearest_right_one() {
    let home = Home::new();
    home.write("letters.csv", "adressee,kind,destination\n张三,letter,staff-passage\n");
    let file = home.path().join("letters.csv").display().to_string();
    let told = home.cli(&["record", "import", "letters.letter", &file]).expect(2);
    assert!(told.stderr.contains("did you mean addressee?"), "{}", told.stderr);
    let clerk_only = home.cli(&["--as", "nobody", "record", "import", "letters.letter", &file]);
    assert_ne!(clerk_only.code, 0, "whoever may not register a letter can't import one");
}
