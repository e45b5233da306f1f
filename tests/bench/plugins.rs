//! A plugin's call, in a child and in the desk's own process.
//!
//! The same refused action is asked of both: it reads the record, calls the plugin, and writes nothing. What reading the
//! record alone costs is taken off.

use serde_json::json;

use crate::desk::{self, clients, letter, path_of};
use crate::figures::Report;
use crate::load::Asked;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    for (isolation, name) in [("process", "through a child"), ("in-process", "in the desk's own process")] {
        let home = desk::home()?;
        let settings = home.read("deskbell.toml");
        home.write("deskbell.toml", &format!("{settings}\n[runner]\nisolation = \"{isolation}\"\n"));
        let serving = home.serve();
        let mine = serving.api.post("/api/v1/records/letters.letter", letter(0, 0)).expect(201).body;
        let path = path_of(&mine);
        let collect = json!({ "collected_by": mine["addressee"] });
        serving.api.post(&format!("{path}/actions/collect"), collect.clone()).expect(200);
        let read = clients(&serving, 1).ask(200, {
            let path = path.clone();
            move |_, _| Asked::get(&path)
        })?;
        let refused =
            clients(&serving, 1).ask(409, move |_, _| Asked::post(format!("{path}/actions/collect"), collect.clone()))?;
        let call_us = (refused.percentile_ms(0.5) - read.percentile_ms(0.5)) * 1000.0;
        report.tell(&format!("one plugin call {name}"), format!("about {call_us:.0} µs ({refused})"));
        serving.stop();
    }
    Ok(())
}
