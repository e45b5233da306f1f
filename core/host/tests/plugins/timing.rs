//! What a crossing costs. The numbers are printed; what is promised of them is far above what is measured.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::fixture::Desk;

#[expect(clippy::print_stdout, reason = "the numbers are what the test is run for")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crossing_costs_less_than_a_commit() {
    for isolation in ["process", "in-process"] {
        let desk = Desk::open(&format!("[runner]\nisolation = \"{isolation}\"\n")).await;
        let started = Instant::now();
        desk.act("answer").await.unwrap();
        let first = started.elapsed();

        let mut round_trips = Vec::new();
        for _ in 0..1000 {
            let started = Instant::now();
            assert_eq!(desk.act("answer").await, Ok(json!("good morning")));
            round_trips.push(started.elapsed());
        }
        round_trips.sort();
        let started = Instant::now();
        desk.act("find-a-thousand-times").await.unwrap();
        let read = started.elapsed() / 1000;
        println!("{isolation}: first {first:?}, call p50 {:?} p99 {:?}, read {read:?}", round_trips[500], round_trips[990]);
        assert!(round_trips[500] < Duration::from_millis(5), "{isolation}: {:?}", round_trips[500]);
    }
}
