//! The routes that every desk has, in the order of `web::routes`.

use utoipa::openapi::HttpMethod::{Get, Post};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::{Paths, Required};

use super::words::*;

const PDF_PNG_SVG: [&str; 3] = ["application/pdf", "image/png", "image/svg+xml"];
const PDF_XLSX_CSV: [&str; 3] =
    ["application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"];

pub(super) fn add_paths(paths: &mut Paths) {
    add(paths, Get, "/healthz", open("alive", "Is the process alive?").response("200", answers(anything())));
    add(
        paths,
        Get,
        "/readyz",
        open("ready", "May it be given work?").response("200", answers(anything())).response("503", answers(anything())),
    );
    add(
        paths,
        Get,
        "/metrics",
        open("metrics", "What it has counted, as Prometheus reads it").response("200", answers_file(&["text/plain"])),
    );
    add(paths, Get, "/openapi.json", open("openapi", "This document").response("200", answers(anything())));
    plugins_and_forms(paths);
    jobs_and_the_rest(paths);
}

fn plugins_and_forms(paths: &mut Paths) {
    let plugins = operation("plugins", "plugins", "Every plugin: its state, its version, why it was refused");
    add(paths, Get, "/api/v1/plugins", plugins.response("200", answers_page(reference("Plugin"))));
    let types = operation("plugins", "types", "Every record type with its fields, actions and boxes");
    add(paths, Get, "/api/v1/types", types.response("200", answers_page(reference("Type"))));

    let form = operation("papers", "show-form", "A form as it would print; counts nothing")
        .parameter(in_path("form", "`letters.handoff-sheet`"))
        .parameter(in_query("record", text()))
        .parameter(in_query("from", day()))
        .parameter(in_query("to", day()))
        .parameter(in_query("format", one_of(&["pdf", "png", "svg"])))
        .parameter(in_query("page", integer()));
    add(paths, Get, "/api/v1/forms/{form}", at_site(form).response("200", answers_file(&PDF_PNG_SVG)));
    let print = operation("papers", "print", "Makes copy 1, or copy n of what was printed before");
    let print = print.parameter(in_header("Idempotency-Key", Required::False)).request_body(takes(reference("Print")));
    add(paths, Post, "/api/v1/papers", at_site(print).response("201", answers(reference("Paper"))));
    let paper = operation(
        "papers",
        "paper",
        "A paper's PDF, the same bytes whenever it is asked for; its row for `Accept: application/json`",
    );
    let paper = paper.parameter(in_path("id", "the paper's id"));
    add(paths, Get, "/api/v1/papers/{id}", paper.response("200", answers_file(&["application/pdf"])));
    let register = operation("papers", "register", "The register of a type for a span of days")
        .parameter(in_path("type", "`letters.letter`"))
        .parameter(must_in_query("from", day()))
        .parameter(must_in_query("to", day()))
        .parameter(in_query("format", one_of(&["pdf", "xlsx", "csv"])));
    add(paths, Get, "/api/v1/registers/{type}", at_site(register).response("200", answers_file(&PDF_XLSX_CSV)));
}

fn jobs_and_the_rest(paths: &mut Paths) {
    let jobs = operation("jobs", "jobs", "Every job with its schedule in force");
    add(paths, Get, "/api/v1/jobs", at_site(jobs).response("200", answers_page(reference("Job"))));
    let runs = operation("jobs", "runs", "A job's runs, newest first").parameter(in_path("job", "`letters.hand-off-unclaimed`"));
    let runs = runs.parameter(in_query("limit", integer()));
    add(paths, Get, "/api/v1/jobs/{job}/runs", at_site(runs).response("200", answers_page(reference("Run"))));
    let run = operation("jobs", "run-job", "Runs a job now and answers when it is done; consumes no occurrence")
        .parameter(in_path("job", "`letters.hand-off-unclaimed`"))
        .parameter(in_header("Idempotency-Key", Required::False))
        .request_body(takes(reference("RunByHand")));
    add(paths, Post, "/api/v1/jobs/{job}/runs", at_site(run).response("201", answers(reference("Run"))));
    let run = operation("jobs", "run", "One run").parameter(in_path("id", "the run's id"));
    add(paths, Get, "/api/v1/runs/{id}", run.response("200", answers(reference("Run"))));

    let due = operation("desk", "due", "What must be done at the desk on a day")
        .parameter(in_query("on", day()))
        .parameter(in_query("ahead", integer()));
    add(paths, Get, "/api/v1/due", at_site(due).response("200", answers_page(anything())));
    let audit = operation("desk", "audit", "Who did what, when, from where; newest first")
        .parameter(in_query("user", text()))
        .parameter(in_query("type", text()))
        .parameter(in_query("number", text()))
        .parameter(in_query("from", day()))
        .parameter(in_query("to", day()))
        .parameter(in_query("limit", integer()))
        .parameter(in_query("cursor", text()));
    add(paths, Get, "/api/v1/audit", at_site(audit).response("200", answers_page(anything())));
    let events = operation("desk", "events", "What happens at a site, as it happens");
    add(paths, Get, "/api/v1/events", at_site(events).response("200", answers_file(&["text/event-stream"])));
}

/// What an operation at a site understands besides its own.
pub(super) fn at_site(operation: OperationBuilder) -> OperationBuilder {
    operation.parameter(in_query("site", text())).parameter(in_query("lang", one_of(&["zh-CN", "en"])))
}

/// An operation that needs no token.
fn open(name: &str, summary: &str) -> OperationBuilder {
    operation("health", name, summary).securities(Some([utoipa::openapi::security::SecurityRequirement::default()]))
}
