//! Labels for goods not for sale: no serial twice, and each can be scanned from the paper.

use std::collections::BTreeSet;
use std::thread;

use deskbell_tests::{Api, Home, Serving, pictures_of_pdf};
use serde_json::{Value, json};

const ISSUES: &str = "/api/v1/records/non-sale-labels.issue";
const CLERKS: i64 = 20;
const LABELS_EACH: i64 = 7;

fn application(goods: &str, quantity: i64) -> Value {
    json!({
        "supplier": "某乳业", "credential": "business-licence", "credential_no": "91440101", "contact": "刘洋",
        "activity": "tasting", "goods": goods, "quantity": quantity, "valid_to": "2099-12-31"
    })
}

/// A desk with two ranges of serials, the first of which ends in mid-work.
fn desk_with_labels(home: &Home) -> Serving {
    let desk = home.serve();
    for (first, last) in [(1, 45), (501, 900)] {
        let range = json!({"first_serial": first, "last_serial": last});
        desk.api.post("/api/v1/records/non-sale-labels.label-stock", range).expect(201);
    }
    desk
}

fn all_serials(api: &Api) -> Vec<i64> {
    let mut serials = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/api/v1/records/non-sale-labels.label?limit=200{cursor}")).expect(200).body;
        serials.extend(page["items"].as_array().unwrap().iter().map(|label| label["serial"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return serials,
        }
    }
}

/// N2: twenty clerks at once are each given labels of their own, in one row without a gap.
#[test]
fn twenty_clerks_at_once_draw_every_serial_once() {
    let home = Home::new();
    let desk = desk_with_labels(&home);
    thread::scope(|clerks| {
        for clerk in 0..CLERKS {
            let api = desk.api.clone();
            clerks.spawn(move || api.post(ISSUES, application(&format!("酸奶 {clerk}"), LABELS_EACH)).expect(201));
        }
    });
    let serials = all_serials(&desk.api);
    let drawn: BTreeSet<i64> = serials.iter().copied().collect();
    let in_order: BTreeSet<i64> = (1..=45).chain(501..).take((CLERKS * LABELS_EACH) as usize).collect();
    assert_eq!((serials.len(), drawn), (in_order.len(), in_order));
    let issues = desk.api.get(&format!("{ISSUES}?limit=100")).expect(200).body;
    assert_eq!(issues["items"].as_array().map(Vec::len), Some(CLERKS as usize));
    home.cli(&["verify"]).expect(0);
}

/// N2, N4: what is printed on a half-used sheet is what a scan of the paper reads, and a scan finds the goods.
#[test]
fn the_codes_on_the_sheet_are_the_serials_that_were_issued() {
    let home = Home::new();
    let desk = desk_with_labels(&home);
    let issue = desk.api.post(ISSUES, application("奶酪条", 20)).expect(201);
    let number = issue.text("number");
    desk.api.post(&format!("{ISSUES}/{number}/actions/print-labels"), json!({"starts_at": 11})).expect(200);
    let sheets = desk.api.get(&format!("/api/v1/forms/non-sale-labels.label-sheet?record={number}&format=pdf")).expect(200);
    // Fourteen on the rest of the first sheet, six on the second.
    let sheets: Vec<BTreeSet<String>> = pictures_of_pdf(&sheets.bytes).iter().map(|page| scanned(page)).collect();
    let codes = |serials: std::ops::RangeInclusive<i64>| serials.map(|serial| format!("NS{serial:08}")).collect::<BTreeSet<_>>();
    assert_eq!(sheets, [codes(1..=14), codes(15..=20)]);

    desk.api.post(&format!("{ISSUES}/{number}/actions/affix"), json!({})).expect(200);
    let told = desk.api.post("/api/v1/actions/non-sale-labels.look-up", json!({"serial": "NS00000020"})).expect(200).body;
    assert_eq!((&told["goods"], &told["verdict"], &told["is_valid"]), (&json!("奶酪条"), &json!("valid"), &json!(true)));
}

/// What a scanner reads that is held to one label of a sheet after the other, to the measures of the shipped settings.
fn scanned(page: &[u8]) -> BTreeSet<String> {
    let page = image::load_from_memory(page).expect("a picture").to_luma8();
    let dots = |tenths: u32| tenths * page.width() / 2100;
    let places = (0..8).flat_map(|row| (0..3).map(move |column| (row, column)));
    let label = |(row, column): (u32, u32)| {
        let (left, top) = (dots(65 + column * (640 + 25)), dots(129 + row * 339));
        let label = image::imageops::crop_imm(&page, left, top, dots(640), dots(339)).to_image();
        let mut label = rqrr::PreparedImage::prepare(label);
        let code = label.detect_grids().first()?.decode().expect("a code that can be read");
        Some(code.1)
    };
    places.filter_map(label).collect()
}
