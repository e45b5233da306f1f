//! One effect and one answer for a key, wherever the work is cut off: an effect that was kept has its answer with it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use chrono::TimeDelta;
use deskbell::app::App;
use deskbell::clock::Clock;
use deskbell::desk::{Command, Idempotency, Verb};
use deskbell::forms::{Of, Order};
use deskbell::home::{NewHome, Shipped, init};
use deskbell::jobs::{ByHand, RunState};
use deskbell::people::Subject;
use deskbell::problem::Code;
use serde_json::json;

const SITE: &str = "main";
const HAND_OFF: &str = "letters.hand-off-unclaimed";

/// A desk with one letter that nobody fetched.
struct Desk {
    app: Arc<App>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let shipped = Shipped::find().expect("the checkout's own plugins");
        let home = init(&folder.path().join("desk"), &NewHome::default(), Some(&shipped)).unwrap();
        let clock = Clock::manual("2026-12-09T02:00:00Z".parse().unwrap());
        let desk = Desk { app: Arc::new(App::open_at(home, clock.clone()).await.unwrap()), clock, _folder: folder };
        desk.receive("欧阳娜娜").await;
        desk
    }

    async fn receive(&self, addressee: &str) {
        let fields =
            json!({"addressee": addressee, "kind": "letter", "destination": "staff-passage", "received_on": "2026-11-20"});
        let verb = Verb::Create { record_type: "letters.letter".into(), fields: fields.as_object().unwrap().clone() };
        let command =
            Command { site: SITE.into(), subject: clerk(), verb, sign_offs: Vec::new(), if_match: None, idempotency: None };
        self.app.desk.run(command).await.unwrap();
    }

    fn hand_off(&self, key: &str) -> impl Future<Output = Option<uuid::Uuid>> {
        let (app, by_hand) = (self.app.clone(), ByHand { idempotency: Some(once(key)), ..ByHand::default() });
        async move { Some(app.jobs.run(&clerk(), SITE, HAND_OFF, by_hand, "en").await.ok()?.id) }
    }

    /// Prints, and asks again while what was cut off is still on its way to the disk, as a client does that is told 409.
    fn print(&self, sheet: &str, key: &str) -> impl Future<Output = deskbell::forms::Paper> {
        let order = Order {
            form: "letters.handoff-sheet".into(),
            of: Of::Record(sheet.into()),
            lang: "zh-CN".into(),
            printer: None,
            idempotency: Some(once(key)),
        };
        let app = self.app.clone();
        async move {
            loop {
                match app.forms.print(&clerk(), SITE, order.clone()).await {
                    Err(problem) if problem.code == Code::Conflict => {}
                    printed => return printed.unwrap(),
                }
            }
        }
    }
}

fn clerk() -> Subject {
    Subject::admin("amy", "test")
}

fn once(key: &str) -> Idempotency {
    Idempotency { key: key.into(), route: "POST /x".into(), body: [7; 32] }
}

/// Lets work go on for so many steps and drops it then, as the end of the process would; its answer, if it came to one.
async fn cut<T>(work: impl Future<Output = T>, steps: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut left = steps;
    std::future::poll_fn(|cx| match (work.as_mut().poll(cx), left) {
        (Poll::Ready(answer), _) => Poll::Ready(Some(answer)),
        (Poll::Pending, 0) => Poll::Ready(None),
        (Poll::Pending, _) => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_print_that_was_cut_off_anywhere_is_one_paper_when_it_is_repeated() {
    let desk = Desk::open().await;
    desk.hand_off("first").await.unwrap();
    let clerk = clerk();
    let sheets = desk.app.desk.list(
        &clerk,
        deskbell::desk::ListQuery { record_type: "letters.handoff-sheet".into(), site: Some(SITE.into()), ..Default::default() },
    );
    let sheet = sheets.await.unwrap().items[0]["number"].as_str().unwrap().to_owned();
    let mut copies = desk.print(&sheet, "before").await.copy;
    let mut n_cut = 0;
    for steps in 0.. {
        let key = format!("print {steps}");
        let answer = cut(desk.print(&sheet, &key), steps).await;
        let repeated = desk.print(&sheet, &key).await;
        copies += 1;
        assert_eq!(repeated.copy, copies, "cut after {steps} steps, it was printed twice");
        assert_eq!(desk.print(&sheet, &key).await, repeated);
        if let Some(answer) = answer {
            assert_eq!(answer, repeated);
            break;
        }
        n_cut += 1;
    }
    assert!(n_cut > 2, "it was cut in mid-work {n_cut} times");
    desk.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_by_hand_that_was_cut_off_anywhere_is_one_run_when_it_is_repeated() {
    let desk = Desk::open().await;
    let mut n_kept = 0;
    for steps in 0.. {
        let (key, began) = (format!("run {steps}"), desk.clock.now());
        let answer = cut(desk.hand_off(&key), steps).await.flatten();
        let repeated = loop {
            // What was cut off in mid-run holds the job until its lease is over.
            desk.clock.set(desk.clock.now() + TimeDelta::minutes(1));
            match desk.hand_off(&key).await {
                Some(run) => break run,
                None => tokio::task::yield_now().await,
            }
        };
        let runs = desk.app.jobs.history(&clerk(), SITE, Some(HAND_OFF), 20, "en").await.unwrap();
        let of_this_key = runs.iter().filter(|run| run.started_at.is_some_and(|at| at >= began));
        let kept: Vec<_> = of_this_key.filter(|run| run.state == RunState::Succeeded).collect();
        assert_eq!(kept.iter().map(|run| run.id).collect::<Vec<_>>(), [repeated], "cut after {steps} steps");
        n_kept += usize::from(kept[0].started_at == Some(began));
        desk.clock.set(desk.clock.now() + TimeDelta::minutes(1));
        if answer.is_some() {
            break;
        }
    }
    // At least the last one, which came to its end.
    assert!(n_kept > 0, "no run was kept when it was cut off");
    desk.app.stop().await;
}
