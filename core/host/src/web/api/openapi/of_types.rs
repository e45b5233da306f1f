//! A path for every type, action and box that the plugins bring along.

use deskbell_proto::PluginDescription;
use deskbell_proto::description::{ActionDescription, TypeDescription};
use utoipa::openapi::HttpMethod::{Get, Patch, Post};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::{Paths, Required};

use super::fixed::at_site;
use super::schemas::{FieldUse, field_schema};
use super::words::*;

pub(super) fn add_paths(paths: &mut Paths, plugin: &str, description: &PluginDescription) {
    for of in &description.types {
        records(paths, plugin, of);
        for action in &of.actions {
            action_on_record(paths, plugin, of, action);
        }
        for sign_box in &of.sign_offs {
            sign_off(paths, plugin, of, &sign_box.name);
        }
    }
    for action in &description.actions {
        let name = format!("{plugin}.{}", action.name);
        let operation = command(plugin, &name, &action.doc).request_body(takes(reference(&args_of(&name))));
        add(paths, Post, &format!("/api/v1/actions/{name}"), at_site(operation).response("200", answers(anything())));
    }
}

/// The schema of an action's arguments.
pub(super) fn args_of(action: &str) -> String {
    format!("{action}.args")
}

fn records(paths: &mut Paths, plugin: &str, of: &TypeDescription) {
    let full = format!("{plugin}.{}", of.name);
    let many = format!("/api/v1/records/{full}");
    let one = format!("{many}/{{number}}");
    let operation = |verb: &str, summary: &str| operation(plugin, &format!("{full}.{verb}"), summary);

    add(
        paths,
        Get,
        &many,
        at_site(filters(operation("list", "A page of records"), of)).response("200", answers_page(reference(&full))),
    );
    if of.create.is_some() {
        let create = command(plugin, &format!("{full}.create"), "Registers a new one");
        let create = create.request_body(takes(reference(&format!("{full}.create"))));
        add(paths, Post, &many, at_site(create).response("201", answers(reference(&full))));
    }
    let get = operation("get", "One record").parameter(number());
    add(paths, Get, &one, at_site(get).response("200", answers(reference(&full))));
    let change = operation("change", "Changes editable fields; null clears one")
        .parameter(number())
        .parameter(in_header("If-Match", Required::True))
        .request_body(takes(reference(&format!("{full}.change"))));
    add(paths, Patch, &one, at_site(change).response("200", answers(reference(&full))));
    let history = operation("history", "Who changed it, when, old → new; newest first").parameter(number());
    add(paths, Get, &format!("{one}/history"), at_site(history).response("200", answers_page(anything())));
}

fn filters(operation: OperationBuilder, of: &TypeDescription) -> OperationBuilder {
    let operation = ["q", "sort", "cursor", "expand"]
        .into_iter()
        .fold(operation, |operation, key| operation.parameter(in_query(key, text())));
    let operation = operation.parameter(in_query("limit", integer()));
    of.fields.iter().fold(operation.parameter(in_query("state", text())), |operation, field| {
        operation.parameter(in_query(&field.name, field_schema(field, FieldUse::Filter)))
    })
}

fn action_on_record(paths: &mut Paths, plugin: &str, of: &TypeDescription, action: &ActionDescription) {
    let full = format!("{plugin}.{}", of.name);
    let name = format!("{full}.{}", action.name);
    let operation = command(plugin, &name, &action.doc).parameter(number()).request_body(takes(reference(&args_of(&name))));
    let path = format!("/api/v1/records/{full}/{{number}}/actions/{}", action.name);
    add(paths, Post, &path, at_site(operation).response("200", answers(reference(&full))));
}

fn sign_off(paths: &mut Paths, plugin: &str, of: &TypeDescription, sign_box: &str) {
    let full = format!("{plugin}.{}", of.name);
    let operation =
        command(plugin, &format!("{full}.sign-{sign_box}"), &format!("Signs the box {sign_box} with the signer's own PIN"))
            .parameter(number())
            .request_body(takes(reference("Signer")));
    let path = format!("/api/v1/records/{full}/{{number}}/sign-offs/{sign_box}");
    add(paths, Post, &path, at_site(operation).response("200", answers(reference(&full))));
}

fn command(plugin: &str, name: &str, summary: &str) -> OperationBuilder {
    operation(plugin, name, summary).parameter(in_header("Idempotency-Key", Required::False))
}

fn number() -> utoipa::openapi::path::Parameter {
    in_path("number", "`L-20261124-001`")
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A description with a field of every kind, an action, a box and an action on the plugin.
    pub(in super::super) fn letters() -> PluginDescription {
        serde_json::from_value(json!({
            "types": [{
                "name": "letter",
                "fields": [
                    {"name": "addressee", "kind": "text", "required": true, "editable": true, "doc": "Whom it is for."},
                    {"name": "kind", "kind": "choice", "values": ["letter", "parcel"], "required": true},
                    {"name": "postage_fen", "kind": "fen"},
                    {"name": "pieces", "kind": "integer", "min": 1, "max": 9},
                    {"name": "signed", "kind": "bool"},
                    {"name": "received_on", "kind": "day"},
                    {"name": "collected_at", "kind": "instant"},
                    {"name": "sheet", "kind": "reference", "type": "letters.handoff-sheet"},
                ],
                "states": [{"name": "received"}, {"name": "collected", "closed": true}],
                "create": [{"name": "addressee", "kind": "text", "required": true}],
                "actions": [{"name": "collect", "args": [{"name": "collected_by", "kind": "text", "required": true}]}],
                "sign_offs": [{"name": "hr", "roles": ["hr"]}],
            }],
            "actions": [{"name": "publish", "args": []}],
        }))
        .unwrap()
    }

    #[test]
    fn a_type_gets_its_routes_with_its_actions_and_boxes() {
        let mut paths = Paths::new();
        add_paths(&mut paths, "letters", &letters());
        let mut found: Vec<&str> = paths.paths.keys().map(String::as_str).collect();
        found.sort();
        assert_eq!(
            found,
            [
                "/api/v1/actions/letters.publish",
                "/api/v1/records/letters.letter",
                "/api/v1/records/letters.letter/{number}",
                "/api/v1/records/letters.letter/{number}/actions/collect",
                "/api/v1/records/letters.letter/{number}/history",
                "/api/v1/records/letters.letter/{number}/sign-offs/hr",
            ]
        );
    }
}
