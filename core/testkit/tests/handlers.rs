//! What a handler may rely on: it sees its own changes, parts drop alone, a panic is an answer.

use deskbell_sdk::prelude::*;
use deskbell_sdk::{Cx, Plugin};
use deskbell_testkit::{TestDesk, json};

const MANIFEST: &str = r#"
id = "shelf"
version = "0.1.0"
protocol = 1
[permissions]
"box:read" = ["clerk"]
"box:create" = ["clerk"]
"box:change" = ["clerk"]
"box:take" = ["clerk"]
"plugin:check-own-changes" = ["clerk"]
"plugin:touch-twice" = ["clerk"]
"plugin:panic" = ["clerk"]
"#;

/// A box on the shelf.
#[derive(Record)]
#[record(name = "box", number = "B/day", unique = "place")]
struct ShelfBox {
    state: BoxState,
    /// Where it stands.
    #[field(editable)]
    place: i64,
    /// How many pieces are in it.
    #[default = 0]
    pieces: i64,
}

#[derive(State, Clone, PartialEq)]
enum BoxState {
    Full,
    #[state(closed)]
    Empty {
        emptied_on: Day,
    },
}

#[derive(Args)]
struct Take {
    /// How many.
    #[field(min = 1)]
    pieces: i64,
}

#[derive(Paper)]
struct Counted {
    pieces: i64,
    on: Day,
}

#[derive(Settings)]
struct Settings {
    /// The place that is never emptied.
    #[default = 13]
    kept_place: i64,
}

fn register(desk: &mut Register<Settings>) {
    desk.record::<ShelfBox>().action("take", take).due("full", |_: &Cx, _| ShelfBox::STATE.is_open());
    desk.action("check-own-changes", check_own_changes);
    desk.action("touch-twice", touch_twice);
    desk.action("panic", |_: &mut Cx, (): ()| -> Result<()> { panic!("the shelf fell") });
    desk.job("empty", empty);
    desk.job("move-up", move_up);
    desk.form("label", ShelfBox::CREATED_AT, |cx: &Cx, of: &Stored<ShelfBox>| Ok(Counted { pieces: of.pieces, on: cx.today() }));
}

fn take(cx: &mut Cx, of: Stored<ShelfBox>, taken: Take) -> Result<Stored<ShelfBox>> {
    cx.adjust(&of, ShelfBox::PIECES, -taken.pieces, 0, Rule("S1").refuse("not-so-many"))?;
    let mut of = cx.get(&of.to_ref())?;
    if of.pieces == 0 {
        of.state = BoxState::Empty { emptied_on: cx.today() };
    }
    cx.update(of)
}

/// Every read must be right over changes that were not applied yet.
fn check_own_changes(cx: &mut Cx, (): ()) -> Result<()> {
    let places =
        |cx: &Cx, query: Query<ShelfBox>| -> Result<Vec<i64>> { Ok(cx.find(query)?.iter().map(|of| of.place).collect()) };
    let by_place = || ShelfBox::all().sort_by(ShelfBox::PLACE);
    assert_eq!(places(cx, by_place())?, [1, 2, 3]);

    let new = cx.insert(ShelfBox { state: BoxState::Full, place: 0, pieces: 9 })?;
    let mut first = cx.find_first(ShelfBox::PLACE.is(1))?.expect("box 1");
    first.place = 20;
    cx.update(first)?;
    assert_eq!(places(cx, by_place().limit(2))?, [0, 2], "the changed box leaves the first two, the new one joins them");
    assert_eq!(places(cx, by_place().limit(4))?, [0, 2, 3, 20]);
    assert_eq!(places(cx, ShelfBox::all().sort_by_descending(ShelfBox::PLACE).limit(1))?, [20]);
    assert_eq!(cx.count(ShelfBox::PLACE.le(2))?, 2);
    assert_eq!(cx.count(ShelfBox::all())?, 4);
    assert_eq!(cx.count(ShelfBox::all().limit(3))?, 3);
    assert_eq!(cx.get(&new.to_ref())?.pieces, 9);
    assert!(places(cx, ShelfBox::PLACE.is(1))?.is_empty());
    cx.require(ShelfBox::PLACE.ge(3), 2..=2, Rule("S2").refuse("wrong"))?;
    Ok(())
}

/// Changes of one record in one call, apart and together: its version counts on.
fn touch_twice(cx: &mut Cx, (): ()) -> Result<i64> {
    let mut first = cx.find_first(ShelfBox::PLACE.is(1))?.expect("box 1");
    first.place = 30;
    let mut first = cx.update(first)?;
    cx.adjust(&first, ShelfBox::PIECES, 5, 0, Rule("S1").refuse("not-so-many"))?;
    cx.require(ShelfBox::PLACE.is(30), 1..=1, Rule("S2").refuse("wrong"))?;
    first.place = 31;
    cx.update(first)?;
    let kept = cx.find_first(ShelfBox::PLACE.is(31))?.expect("box 31");
    cx.each([kept], |cx, mut kept| {
        kept.place = 32;
        cx.update(kept)
    })?;
    Ok(cx.find_first(ShelfBox::PLACE.is(32))?.expect("box 32").pieces)
}

fn move_up(cx: &mut Cx) -> Result<Outcome> {
    let boxes = cx.find(ShelfBox::all().sort_by(ShelfBox::PLACE))?;
    let moved = cx.each(boxes, |cx, mut of| {
        of.place += 1;
        cx.update(of)
    })?;
    Ok(Outcome::counted("moved", moved))
}

/// Refuses one of its items, and tells how many it did.
fn empty(cx: &mut Cx<Settings>) -> Result<Outcome> {
    let full = cx.find(ShelfBox::STATE.is_open().sort_by(ShelfBox::PLACE))?;
    let emptied = cx.each(full, |cx, mut of| {
        of.state = BoxState::Empty { emptied_on: cx.today() };
        let of = cx.update(of)?;
        Rule("S3").requires(of.place != cx.settings().kept_place, "place-is-kept")?;
        Ok(of)
    })?;
    let still_full = cx.count(ShelfBox::STATE.is_open())?;
    Ok(Outcome::counted("emptied", emptied).count("full", still_full.cast_signed()))
}

fn desk() -> TestDesk {
    let mut desk = TestDesk::new(Plugin::new(MANIFEST, register));
    for place in 1..=3 {
        desk.create("box", json!({"place": place, "pieces": 4})).done();
    }
    desk
}

#[test]
fn a_handler_sees_its_own_changes() {
    desk().act_on_plugin("check-own-changes", json!({})).done();
}

#[test]
fn a_record_may_be_changed_more_than_once_in_a_call() {
    let mut desk = desk();
    assert_eq!(desk.act_on_plugin("touch-twice", json!({})).done(), 9);
    let first = &desk.list("box")[0];
    assert_eq!((&first["place"], &first["pieces"]), (&json!(32), &json!(9)));
}

#[test]
fn a_counter_stops_at_its_floor() {
    let mut desk = desk();
    desk.act("box", "B-20261101-001", "take", json!({"pieces": 3})).done();
    let problem = desk.act("box", "B-20261101-001", "take", json!({"pieces": 2})).problem("rule_refused");
    assert_eq!((problem.rule.as_deref(), problem.key.as_str()), (Some("S1"), "refused-not-so-many"));
    let emptied = desk.act("box", "B-20261101-001", "take", json!({"pieces": 1})).done();
    assert_eq!((&emptied["state"], &emptied["emptied_on"]), (&json!("empty"), &json!("2026-11-01")));
    assert_eq!(desk.act("box", "B-20261101-002", "take", json!({"pieces": 0})).invalid("pieces"), "number-too-small");
}

#[test]
fn an_item_that_refuses_is_left_out_and_the_rest_go_on() {
    let mut desk = desk();
    desk.setting("kept_place", 2);
    let run = desk.run_job("empty");
    assert_eq!((run.count("emptied"), run.count("full"), run.n_left_out()), (2, 1, 1));
    assert_eq!(desk.list("box")[1]["state"], "full");
}

#[test]
fn an_item_that_changes_meanwhile_is_looked_at_again() {
    let mut desk = desk();
    desk.meanwhile(|desk| drop(desk.patch("box", "B-20261101-002", json!({"place": 13})).done()));
    let run = desk.run_job("empty");
    assert_eq!((run.count("emptied"), run.n_left_out()), (2, 1), "its new place is the kept one");
}

#[test]
fn an_item_whose_key_is_taken_is_left_out() {
    let mut desk = desk();
    // Boxes 1 and 2 want a place that is still another's; box 3 moves up.
    let run = desk.run_job("move-up");
    assert_eq!((run.count("moved"), run.n_left_out()), (1, 2));
    let places: Vec<i64> = desk.list("box").iter().map(|of| of["place"].as_i64().unwrap()).collect();
    assert_eq!(places, [1, 2, 4]);
}

#[test]
fn a_panic_is_an_answer_and_leaves_nothing() {
    let mut desk = desk();
    let problem = desk.act_on_plugin("panic", json!({})).problem("plugin_panicked");
    assert_eq!(problem.args["detail"], "the shelf fell");
    assert_eq!(desk.list("box").len(), 3);
}

#[test]
fn a_unique_key_is_refused_at_its_field() {
    assert_eq!(desk().create("box", json!({"place": 2})).invalid("place"), "not-unique");
    assert_eq!(desk().create("box", json!({"place": 2, "colour": "red"})).invalid("colour"), "unknown-field");
}

#[test]
fn a_dry_run_keeps_nothing() {
    let mut desk = desk();
    assert_eq!(desk.dry_run("empty").count("emptied"), 3);
    assert!(desk.list("box").iter().all(|of| of["state"] == "full"));
}

#[test]
fn a_voided_record_is_out_of_every_sweep() {
    let mut desk = desk();
    desk.user("boss", [Role::ADMIN], "0000").act_as("boss").void("box", "B-20261101-003", "counted twice").done();
    assert_eq!(desk.run_job("empty").count("emptied"), 2);
    assert_eq!(desk.paper("label", "box", "B-20261101-003"), json!({"pieces": 4, "on": "2026-11-01"}));
}

#[test]
fn the_description_says_what_the_types_say() {
    let plugin = Plugin::new(MANIFEST, register);
    let description = serde_json::to_value(plugin.description()).unwrap();
    let of = &description["types"][0];
    assert_eq!(of["number"], json!({"prefix": "B", "per": "day"}));
    assert_eq!(of["unique"], json!([["place"]]));
    assert_eq!(of["states"], json!([{"name": "full", "closed": false}, {"name": "empty", "closed": true}]));
    let names: Vec<&str> = of["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["place", "pieces", "emptied_on"]);
    assert_eq!(of["fields"][0]["doc"], "Where it stands.");
    assert_eq!(of["create"].as_array().unwrap().len(), 2, "a state's fields are not created by hand");
    assert_eq!(description["settings"][0]["default"], 13);
    assert_eq!(description["forms"][0]["data"], json!({"object": [["pieces", "integer"], ["on", "day"]]}));
}
