//! Short words for the parts of the document, so that its tables read as tables.

use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ArrayItems, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, KnownFormat, PathItem, Paths, Ref, RefOr, Required, ResponseBuilder, Schema, SchemaFormat,
};

/// Adds an operation to a path that may have others already.
pub(super) fn add(paths: &mut Paths, method: HttpMethod, path: &str, operation: OperationBuilder) {
    let item = PathItem::new(method, operation);
    match paths.paths.get_mut(path) {
        Some(known) => known.merge_operations(item),
        None => {
            paths.paths.insert(path.to_owned(), item);
        }
    }
}

/// An operation: its name, what it does, and the problem it may answer with.
pub(super) fn operation(tag: &str, name: &str, summary: &str) -> OperationBuilder {
    let problem = ResponseBuilder::new()
        .description("What went wrong")
        .content("application/problem+json", ContentBuilder::new().schema(Some(reference("Problem"))).build());
    OperationBuilder::new().tag(tag).operation_id(Some(name)).summary(Some(summary)).response("default", problem)
}

pub(super) fn answers(schema: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    ResponseBuilder::new().description("Done").content("application/json", ContentBuilder::new().schema(Some(schema)).build())
}

/// An answer that is a file of one of several types.
pub(super) fn answers_file(media_types: &[&str]) -> ResponseBuilder {
    let binary = || ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
    let response = ResponseBuilder::new().description("The file");
    media_types.iter().fold(response, |response, media_type| {
        response.content(*media_type, ContentBuilder::new().schema(Some(binary())).build())
    })
}

/// A page of a list.
pub(super) fn answers_page(item: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    let page = ObjectBuilder::new()
        .property("items", list(item))
        .required("items")
        .property("next_cursor", ObjectBuilder::new().schema_type(nullable(Type::String)))
        .required("next_cursor");
    answers(page)
}

pub(super) fn takes(schema: impl Into<RefOr<Schema>>) -> Option<RequestBody> {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    Some(RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build())
}

pub(super) fn in_path(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text()))
        .build()
}

pub(super) fn in_query(name: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    in_request(ParameterIn::Query, name, schema, Required::False)
}

pub(super) fn must_in_query(name: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    in_request(ParameterIn::Query, name, schema, Required::True)
}

pub(super) fn in_header(name: &str, required: Required) -> Parameter {
    in_request(ParameterIn::Header, name, text(), required)
}

fn in_request(place: ParameterIn, name: &str, schema: impl Into<RefOr<Schema>>, required: Required) -> Parameter {
    ParameterBuilder::new().name(name).parameter_in(place).required(required).schema(Some(schema)).build()
}

pub(super) fn reference(schema: &str) -> Ref {
    Ref::from_schema_name(schema)
}

pub(super) fn text() -> Object {
    Object::with_type(Type::String)
}

pub(super) fn integer() -> Object {
    Object::with_type(Type::Integer)
}

pub(super) fn boolean() -> Object {
    Object::with_type(Type::Boolean)
}

pub(super) fn day() -> Object {
    format(KnownFormat::Date)
}

pub(super) fn instant() -> Object {
    format(KnownFormat::DateTime)
}

pub(super) fn uuid() -> Object {
    format(KnownFormat::Uuid)
}

pub(super) fn one_of(words: &[&str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build()
}

pub(super) fn list(of: impl Into<RefOr<Schema>>) -> ArrayBuilder {
    ArrayBuilder::new().items(ArrayItems::RefOrSchema(Box::new(of.into())))
}

pub(super) fn anything() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()
}

/// The same, or null.
pub(super) fn or_null(mut schema: Object) -> Object {
    if let SchemaType::Type(only) = schema.schema_type.clone() {
        schema.schema_type = nullable(only);
    }
    if let Some(values) = &mut schema.enum_values {
        values.push(serde_json::Value::Null);
    }
    schema
}

/// An object that has these fields, those marked `true` always.
pub(super) fn object<S: Into<RefOr<Schema>>>(fields: impl IntoIterator<Item = (String, S, bool)>) -> ObjectBuilder {
    fields.into_iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, (name, schema, is_required)| {
        let object = object.property(name.clone(), schema);
        if is_required { object.required(name) } else { object }
    })
}

/// An object that has no other fields.
pub(super) fn closed(object: ObjectBuilder) -> ObjectBuilder {
    object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn format(format: KnownFormat) -> Object {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format))).build()
}

fn nullable(of: Type) -> SchemaType {
    SchemaType::Array(vec![of, Type::Null])
}
