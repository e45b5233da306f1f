//! The OpenAPI 3.1 document: the fixed routes, and a path and schemas for every type and action of the plugins at hand.
//!
//! It is made anew for each request from what the plugins describe, so it is never older than they are.

mod fixed;
mod of_types;
mod schemas;
mod words;

use axum::Json;
use axum::extract::State;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths, ServerBuilder};

use crate::plugins::Plugin;
use crate::web::Web;

const ABOUT: &str = "A service desk's records, jobs and papers. Errors are RFC 9457 problems with a stable `code`. \
    Every request works in one site (`site=`), which may be left out by whoever works at one only.";

pub(crate) async fn document(State(web): State<Web>) -> Json<OpenApi> {
    Json(made_of(&web.app.plugins.all()))
}

fn made_of<P: std::ops::Deref<Target = Plugin>>(plugins: &[P]) -> OpenApi {
    let mut paths = Paths::new();
    fixed::add_paths(&mut paths);
    let mut components = schemas::add_fixed(ComponentsBuilder::new());
    for plugin in plugins {
        of_types::add_paths(&mut paths, &plugin.manifest.id, &plugin.description);
        components = schemas::add_of_plugin(components, &plugin.manifest.id, &plugin.description);
    }
    let info = InfoBuilder::new().title("Deskbell").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT));
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .paths(paths)
        .components(Some(components.security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))).build()))
        .security(Some([SecurityRequirement::new("token", Vec::<String>::new())]))
        .build()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deskbell_proto::PluginDescription;
    use serde_json::json;

    use super::*;
    use crate::web::api::openapi::of_types::tests::letters;

    fn document_of(description: PluginDescription) -> serde_json::Value {
        let plugins: [Arc<Plugin>; 0] = [];
        let mut document = made_of(&plugins);
        of_types::add_paths(&mut document.paths, "letters", &description);
        let components = ComponentsBuilder::from(document.components.take().unwrap_or_default());
        document.components = Some(schemas::add_of_plugin(components, "letters", &description).build());
        serde_json::to_value(document).unwrap()
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = document_of(letters());
        let mut left = vec![&document];
        while let Some(value) = left.pop() {
            if let Some(reference) = value.get("$ref").and_then(|reference| reference.as_str()) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            match value {
                serde_json::Value::Object(fields) => left.extend(fields.values()),
                serde_json::Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
    }

    #[test]
    fn every_parameter_of_a_path_is_described() {
        let document = document_of(letters());
        for (path, item) in document["paths"].as_object().unwrap() {
            let in_path: Vec<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
            for operation in item.as_object().unwrap().values() {
                let none = json!([]);
                let parameters = operation.get("parameters").unwrap_or(&none).as_array().unwrap();
                let described: Vec<&str> =
                    parameters.iter().filter(|of| of["in"] == "path").filter_map(|of| of["name"].as_str()).collect();
                assert_eq!(in_path, described, "{path}");
            }
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = document_of(letters());
        let operations = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        let mut names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
