//! Redemptions (G5), draws and charity (G8), before loss prevention as witness.

use deskbell_testkit::json;

use super::*;

fn witnessed(desk: &mut TestDesk) -> &mut TestDesk {
    desk.signed_by("loss-prevention", "zhao", "3333")
}

/// G5: loss prevention witnesses it with their own PIN, and until then nothing has happened.
#[test]
fn g5_a_redemption_needs_loss_prevention_as_witness() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 10);
    let caps = json!({"activity": activity, "token": "bottle-cap", "n_tokens": 5, "gift": gift, "quantity": 2});
    let refusal = desk.create("redemption", caps.clone()).needs_sign_off("loss-prevention");
    assert_eq!(refusal.rule.as_deref(), Some("G5"));
    assert_eq!(refusal.sentences["zh-CN"], "兑奖须有防损在场见证，请防损签字。");
    desk.signed_by("loss-prevention", "zhou", "2222").create("redemption", caps.clone()).problem("forbidden");
    desk.signed_by("loss-prevention", "zhao", "9999").create("redemption", caps.clone()).problem("wrong_pin");
    assert_eq!((in_stock(&desk, &gift), desk.list("redemption").len()), (10, 0));

    let redeemed = witnessed(&mut desk).create("redemption", caps).done();
    assert_eq!((&redeemed["state"], in_stock(&desk, &gift)), (&json!("tokens-kept"), 8));
    assert_eq!(desk.list("movement").last().unwrap()["reason"], "redemption");
}

/// G5: something is handed in and something is given, of this activity, and only while it runs.
#[test]
fn g5_a_redemption_makes_sense() {
    let mut desk = desk();
    let (activity, gift) = cups(&mut desk, 10);
    let other = activity_with(&mut desk, json!({"name": "满百送伞"}));
    let umbrella = gift_of(&mut desk, &other, "雨伞", 10);
    let mut refused = |differs: Value, rule: &str| {
        let mut fields = json!({"activity": activity, "token": "bottle-cap"});
        fields.as_object_mut().unwrap().extend(differs.as_object().unwrap().clone());
        witnessed(&mut desk).create("redemption", fields).refused_by(rule);
    };
    refused(json!({}), "G5");
    refused(json!({"cash_fen": -500}), "G5");
    refused(json!({"cash_fen": 500, "n_tokens": 0}), "G5");
    refused(json!({"gift": umbrella}), "G5");
    refused(json!({"gift": gift, "quantity": 0}), "G1");
    refused(json!({"gift": gift, "quantity": 11}), "G1");
    let late = json!({"activity": activity, "token": "bottle-cap", "cash_fen": 500});
    witnessed(desk.on("2026-12-01")).create("redemption", late.clone()).refused_by("G5");
    witnessed(desk.on("2026-11-30")).create("redemption", late).done();
}

/// G5: cash comes from petty cash, as an amount in fen, and moves no stock.
#[test]
fn g5_cash_is_an_amount_from_petty_cash() {
    let mut desk = desk();
    let (activity, _) = cups(&mut desk, 10);
    let ticket = json!({"activity": activity, "token": "prize-ticket", "ticket_no": "A1", "cash_fen": 10_050});
    let redeemed = witnessed(&mut desk).create("redemption", ticket).done();
    assert_eq!((&redeemed["cash_fen"], &redeemed["quantity"]), (&json!(10_050), &json!(0)));
    assert_eq!(desk.list("movement").len(), 1);
}

/// G5: a prize ticket is redeemed once, also when two clerks are at it.
#[test]
fn g5_a_ticket_is_redeemed_once() {
    let mut desk = desk();
    let (activity, _) = cups(&mut desk, 10);
    let ticket = json!({"activity": activity, "token": "prize-ticket", "ticket_no": "A1", "cash_fen": 500});
    let same = ticket.clone();
    desk.meanwhile(move |desk| drop(witnessed(desk).create("redemption", same).done()));
    let refusal = witnessed(&mut desk).create("redemption", ticket).refused_by("G5");
    assert_eq!(refusal.sentences["en"], "Ticket A1 was redeemed on 2026-11-01 (RD-20261101-001).");
    assert_eq!(desk.list("redemption").len(), 1);
}

/// G5: the caps are kept, and handed to purchasing against a signature; the next ones are on another list.
#[test]
fn g5_caps_go_to_purchasing_against_a_signature() {
    let mut desk = desk();
    let (activity, _) = cups(&mut desk, 10);
    let caps = json!({"activity": activity, "token": "bottle-cap", "n_tokens": 5, "cash_fen": 500});
    let first = witnessed(&mut desk).create("redemption", caps.clone()).number();
    witnessed(&mut desk).create("redemption", caps.clone()).done();
    let list = desk.list("token-handover")[0]["number"].as_str().unwrap().to_owned();
    assert_eq!(desk.list("token-handover").len(), 1);
    assert_eq!(desk.due("2026-11-01"), []);
    assert_eq!(desk.due("2026-11-02"), [("tokens-to-hand-over".to_owned(), list.clone())]);

    desk.sign("token-handover", &list, "purchasing", "zhou", "2222").problem("forbidden");
    let signed = desk.on("2026-11-02").sign("token-handover", &list, "purchasing", "sun", "4444").done();
    assert_eq!((&signed["state"], &signed["n_tokens"]), (&json!("handed-over"), &json!(10)));
    let redeemed = desk.get("redemption", &first);
    assert_eq!((&redeemed["state"], &redeemed["handed_over_on"]), (&json!("handed-to-purchasing"), &json!("2026-11-02")));
    let paper = &desk.papers()[0].data;
    assert_eq!((&paper["n_tokens"], &paper["cash_fen"]), (&json!(10), &json!(1000)));
    desk.sign("token-handover", &list, "purchasing", "sun", "4444").refused_by("G5");
    witnessed(&mut desk).create("redemption", caps).done();
    assert_eq!(desk.list("token-handover").len(), 2);
}

/// G5: caps taken in while purchasing signs are on the next list, not lost on the signed one.
#[test]
fn g5_caps_of_the_same_second_are_on_the_next_list() {
    let mut desk = desk();
    let (activity, _) = cups(&mut desk, 10);
    let caps = json!({"activity": activity, "token": "bottle-cap", "cash_fen": 500});
    witnessed(&mut desk).create("redemption", caps.clone()).done();
    let list = desk.list("token-handover")[0]["number"].as_str().unwrap().to_owned();
    witnessed(&mut desk).meanwhile({
        let list = list.clone();
        move |desk| drop(desk.sign("token-handover", &list, "purchasing", "sun", "4444").done())
    });
    let late = witnessed(&mut desk).create("redemption", caps).done();
    assert_ne!(late["handover"], json!(list));
    assert_eq!(late["state"], "tokens-kept");
}

/// A draw on 10 November, and its two entries.
fn draw(desk: &mut TestDesk, prizes: i64) -> (String, [String; 2], String) {
    let (activity, prize) = cups(desk, prizes);
    let planned = json!({"activity": activity, "name": "周年抽奖", "draws_on": "2026-11-10"});
    desk.act_as("chen").create("draw", planned.clone()).problem("forbidden");
    let draw = desk.act_as("he").create("draw", planned).number();
    desk.act_as("chen");
    let entries = [("李雷", "C1"), ("韩梅梅", "C2")].map(|(entrant, ticket_no)| enter(desk, &draw, entrant, ticket_no).number());
    (draw, entries, prize)
}

fn enter(desk: &mut TestDesk, draw: &str, entrant: &str, ticket_no: &str) -> Reply {
    desk.create("draw-entry", json!({"draw": draw, "entrant": entrant, "telephone": "139", "ticket_no": ticket_no}))
}

/// G8: a ticket enters a draw once, within the activity, and not once somebody was drawn.
#[test]
fn g8_a_ticket_enters_a_draw_once() {
    let mut desk = desk();
    let (draw, entries, prize) = draw(&mut desk, 2);
    let refusal = enter(&mut desk, &draw, "李雷", "C1").refused_by("G8");
    assert_eq!(refusal.sentences["zh-CN"], "C1 已经报过名，一张只能报一次。");
    let same = draw.clone();
    desk.meanwhile(move |desk| drop(enter(desk, &same, "周敏", "C3").done()));
    enter(&mut desk, &draw, "吴静", "C3").refused_by("G8");
    let winner = json!({"entry": entries[0], "prize": prize});
    witnessed(desk.on("2026-11-10")).act("draw", &draw, "draw-winner", winner).done();
    enter(&mut desk, &draw, "吴静", "C4").refused_by("G8");
}

/// G8: a draw lies within its activity, and not in the past.
#[test]
fn g8_a_draw_is_planned_ahead() {
    let mut desk = desk();
    let activity = activity_with(&mut desk, json!({"starts_on": "2026-11-05"}));
    desk.act_as("he");
    let on = |day: &str| json!({"activity": activity, "name": "周年抽奖", "draws_on": day});
    assert_eq!(desk.create("draw", on("2026-11-04")).invalid("draws_on"), "draw-is-too-early");
    desk.create("draw", on("2026-11-05")).done();
    desk.on("2026-11-06").create("draw", on("2026-11-06")).done();
    assert_eq!(desk.create("draw", on("2026-11-05")).invalid("draws_on"), "draw-is-too-early");
    desk.on("2026-12-01").create("draw", on("2026-12-02")).refused_by("G8");
}

/// G8: winners are drawn on the day, before loss prevention, each once and for a prize that is there.
#[test]
fn g8_winners_are_drawn_before_loss_prevention() {
    let mut desk = desk();
    let (draw, entries, prize) = draw(&mut desk, 1);
    let winner = |entry: &str| json!({"entry": entry, "prize": prize});
    witnessed(desk.on("2026-11-09")).act("draw", &draw, "draw-winner", winner(&entries[0])).refused_by("G8");
    assert_eq!(desk.on("2026-11-10").due("2026-11-10"), [("to-draw".to_owned(), draw.clone())]);
    let refusal = desk.act("draw", &draw, "draw-winner", winner(&entries[0])).needs_sign_off("loss-prevention");
    assert_eq!(refusal.rule.as_deref(), Some("G8"));
    assert_eq!(desk.get("draw-entry", &entries[0])["state"], "entered");

    witnessed(&mut desk).act("draw", &draw, "draw-winner", winner(&entries[0])).done();
    let won = desk.get("draw-entry", &entries[0]);
    assert_eq!((&won["state"], &won["prize"]), (&json!("won"), &json!(prize)));
    witnessed(&mut desk).act("draw", &draw, "draw-winner", winner(&entries[0])).refused_by("G8");
    let refusal = witnessed(&mut desk).act("draw", &draw, "draw-winner", winner(&entries[1])).refused_by("G8");
    assert_eq!(refusal.sentences["zh-CN"], "水杯已经没有多余的奖品，请另选。");
}

/// G8: an entry and a prize are of the draw's own.
#[test]
fn g8_nobody_wins_with_another_draws_entry_or_prize() {
    let mut desk = desk();
    let (first, entries, prize) = draw(&mut desk, 2);
    let (other, _, other_prize) = draw(&mut desk, 2);
    desk.on("2026-11-10");
    let foreign = json!({"entry": entries[0], "prize": other_prize});
    witnessed(&mut desk).act("draw", &other, "draw-winner", foreign.clone()).refused_by("G8");
    witnessed(&mut desk).act("draw", &first, "draw-winner", foreign).refused_by("G8");
    witnessed(&mut desk).act("draw", &first, "draw-winner", json!({"entry": entries[0], "prize": prize})).done();
}

/// G8: the prize leaves the stock when its winner fetches it; the list says who won.
#[test]
fn g8_a_winner_fetches_the_prize() {
    let mut desk = desk();
    let (draw, entries, prize) = draw(&mut desk, 2);
    desk.act("draw-entry", &entries[0], "hand-over-prize", json!({})).refused_by("G8");
    desk.act_as("he").act("draw", &draw, "finish", json!({})).refused_by("G8");
    let winner = json!({"entry": entries[0], "prize": prize});
    witnessed(desk.on("2026-11-10")).act("draw", &draw, "draw-winner", winner.clone()).done();
    let finished = desk.act("draw", &draw, "finish", json!({})).done();
    assert_eq!((&finished["state"], &finished["n_winners"]), (&json!("finished"), &json!(1)));
    witnessed(&mut desk).act("draw", &draw, "draw-winner", winner).refused_by("G8");
    let list = &desk.papers()[0].data;
    assert_eq!((&list["n_entries"], &list["lines"][0]["entrant"]), (&json!(2), &json!("李雷")));
    assert_eq!(list["lines"][0]["is_collected"], false);

    assert_eq!((in_stock(&desk, &prize), desk.due("2026-11-10")), (2, vec![("prize-to-collect".to_owned(), entries[0].clone())]));
    desk.act_as("chen").act("draw-entry", &entries[0], "hand-over-prize", json!({})).done();
    assert_eq!((in_stock(&desk, &prize), desk.due("2026-11-10")), (1, vec![]));
    assert_eq!(desk.list("movement").last().unwrap()["reason"], "prize");
    desk.act("draw-entry", &entries[0], "hand-over-prize", json!({})).refused_by("G8");
}

/// G8: gifts for a good cause leave the stock before loss prevention, and planning is told.
#[test]
fn g8_charity_gifts_are_witnessed_and_planning_is_told() {
    let mut desk = desk();
    let (_, gift) = cups(&mut desk, 30);
    let given = json!({"gift": gift, "quantity": 20, "beneficiary": "阳光小学", "received_by": "王老师"});
    desk.create("charity-gift", given.clone()).problem("forbidden");
    desk.act_as("he").create("charity-gift", given.clone()).needs_sign_off("loss-prevention");
    witnessed(&mut desk).create("charity-gift", given.clone()).done();
    assert_eq!((in_stock(&desk, &gift), told(&desk)), (10, vec![notice("planning", "charity-gift-given")]));
    assert_eq!(desk.sentence(&desk.notices()[0], "zh-CN"), "公益赠送：水杯 20 个 赠给阳光小学。");
    witnessed(&mut desk).create("charity-gift", given.clone()).refused_by("G1");
    witnessed(desk.on("2026-12-01")).create("charity-gift", given).refused_by("G8");
}
