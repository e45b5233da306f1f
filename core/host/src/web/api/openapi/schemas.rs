//! The schemas of what goes over the wire: the host's own, and a plugin's records, inputs and changes.

use deskbell_proto::PluginDescription;
use deskbell_proto::description::{FieldDescription, TypeDescription};
use deskbell_proto::value::FieldKind;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema};
use utoipa::openapi::{ComponentsBuilder, RefOr};

use super::of_types::args_of;
use super::words::*;
use crate::problem::Code;

/// What a field is described for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldUse {
    /// In a record: null where it has no value.
    Record,
    /// In a body: null counts as not given.
    Input,
    /// In a query.
    Filter,
}

pub(super) fn add_fixed(components: ComponentsBuilder) -> ComponentsBuilder {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let field_error = object([field("field", text(), true), field("message", text(), true)]);
    let missing_box = object([field("box", text(), true), field("roles", list(text()), true)]);
    components
        .schema(
            "Problem",
            object([
                field("type", text(), true),
                field("title", text(), true),
                field("status", integer(), true),
                field("detail", text(), true),
                field("code", one_of(&codes), true),
                field("rule", text(), false),
                field("errors", list(field_error), false),
                field("boxes", list(missing_box), false),
                field("current_version", integer(), false),
                field("trace", text(), false),
            ]),
        )
        .schema("Signer", closed(object([field("user", text(), true), field("pin", text(), true)])))
        .schema("SignOff", closed(object([field("box", text(), true), field("user", text(), true), field("pin", text(), true)])))
        .schema("Run", run())
        .schema("RunByHand", closed(object([field("dry_run", boolean(), false), field("as_of", text(), false)])))
        .schema("PaperRef", paper_reference())
        .schema(
            "Job",
            object([
                field("job", text(), true),
                field("cron", text(), true),
                field("timezone", text(), true),
                field("words", text(), true),
            ]),
        )
        .schema(
            "Paper",
            object([
                field("id", uuid(), true),
                field("form", text(), true),
                field("title", text(), true),
                field("copy", integer(), true),
                field("href", text(), true),
            ]),
        )
        .schema(
            "Print",
            closed(object([
                field("form", text(), true),
                field("record", text(), false),
                field("from", day(), false),
                field("to", day(), false),
                field("lang", one_of(&["zh-CN", "en"]), false),
                field("printer", text(), false),
            ])),
        )
        .schema(
            "Plugin",
            object([
                field("id", text(), true),
                field("version", text(), true),
                field("state", text(), true),
                field("reason", or_null(text()), false),
            ]),
        )
        .schema("Type", object([field("type", text(), true), field("plugin", text(), true), field("title", text(), true)]))
}

pub(super) fn add_of_plugin(
    mut components: ComponentsBuilder,
    plugin: &str,
    description: &PluginDescription,
) -> ComponentsBuilder {
    for of in &description.types {
        let full = format!("{plugin}.{}", of.name);
        components = components.schema(&full, record(of));
        components = components
            .schema(format!("{full}.change"), closed(object(of.fields.iter().filter(|field| field.editable).map(optional))));
        if let Some(create) = &of.create {
            components = components.schema(format!("{full}.create"), input(create));
        }
        for action in &of.actions {
            components = components.schema(args_of(&format!("{full}.{}", action.name)), input(&action.args));
        }
    }
    for action in &description.actions {
        components = components.schema(args_of(&format!("{plugin}.{}", action.name)), input(&action.args));
    }
    components
}

/// The schema of one field.
pub(super) fn field_schema(of: &FieldDescription, used: FieldUse) -> Object {
    let mut schema = kind_schema(&of.kind);
    if !of.doc.is_empty() {
        schema.description = Some(of.doc.clone());
    }
    match used {
        FieldUse::Record if !of.required => or_null(schema),
        FieldUse::Input if !of.required => {
            schema.default = of.default.clone();
            or_null(schema)
        }
        _ => schema,
    }
}

fn kind_schema(kind: &FieldKind) -> Object {
    match kind {
        FieldKind::Text { max, .. } => ObjectBuilder::from(text()).max_length(Some(*max as usize)).build(),
        FieldKind::Integer { min, max } => {
            let number = |value: i64| utoipa::Number::Int(value as isize);
            ObjectBuilder::from(integer()).minimum(min.map(number)).maximum(max.map(number)).build()
        }
        FieldKind::Fen => ObjectBuilder::from(integer()).title(Some("fen")).build(),
        FieldKind::Bool => boolean(),
        FieldKind::Day => day(),
        FieldKind::Instant => instant(),
        FieldKind::Choice { values } => one_of(&values.iter().map(String::as_str).collect::<Vec<_>>()),
        FieldKind::Reference { record_type } => {
            ObjectBuilder::from(text()).title(Some(format!("number of a {record_type}"))).build()
        }
        _ => anything(),
    }
}

/// A record: the common columns, then the type's own fields.
fn record(of: &TypeDescription) -> ObjectBuilder {
    let states: Vec<&str> = of.states.iter().map(|state| state.name.as_str()).collect();
    let common = [
        ("id", uuid(), true),
        ("number", or_null(text()), of.number.is_some()),
        ("site", text(), true),
        ("version", integer(), true),
        ("state", if states.is_empty() { or_null(text()) } else { one_of(&states) }, !states.is_empty()),
        ("created_at", instant(), true),
        ("created_by", text(), true),
        ("updated_at", instant(), true),
    ];
    let common = common.into_iter().map(|(name, schema, is_required)| (name.to_owned(), schema, is_required));
    object(common.chain(of.fields.iter().map(|field| (field.name.clone(), field_schema(field, FieldUse::Record), false))))
}

/// What a command takes: the described fields, and sign-offs beside them.
fn input(fields: &[FieldDescription]) -> ObjectBuilder {
    let given = fields.iter().map(|of| (of.name.clone(), field_schema(of, FieldUse::Input), of.required && of.default.is_none()));
    closed(object(given).property("sign_offs", list(reference("SignOff"))))
}

fn optional(of: &FieldDescription) -> (String, Object, bool) {
    (of.name.clone(), field_schema(of, FieldUse::Input), false)
}

fn run() -> ObjectBuilder {
    object([
        field("id", uuid(), true),
        field("job", text(), true),
        field("site", text(), true),
        field("kind", one_of(&["scheduled", "catch-up", "manual", "dry"]), true),
        field("scheduled_for", instant(), true),
        field("state", one_of(&["pending", "running", "succeeded", "failed", "skipped", "coalesced"]), true),
        field("attempt", integer(), true),
        field("started_at", or_null(instant()), true),
        field("finished_at", or_null(instant()), true),
        field("outcome", or_null(text()), true),
        field(
            "effects",
            ObjectBuilder::new().additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(integer().into())))),
            true,
        ),
        field("papers", list(reference("PaperRef")), true),
    ])
}

fn paper_reference() -> ObjectBuilder {
    object([field("id", uuid(), true), field("form", text(), true), field("title", text(), true), field("href", text(), true)])
}

fn field(name: &str, schema: impl Into<RefOr<Schema>>, is_required: bool) -> (String, RefOr<Schema>, bool) {
    (name.to_owned(), schema.into(), is_required)
}
