//! What a plugin answered, checked against what it described: it writes its own types and prints its own forms, nothing else.
//!
//! The values themselves are checked where they are written (`store::records`).

use deskbell_proto::description::TypeDescription;
use deskbell_proto::value::FieldKind;
use deskbell_proto::{Change, ledger};

use crate::plugins::Plugin;
use crate::problem::{Code, Problem};

/// Refuses an answer that the plugin's own description does not allow.
pub(crate) fn check(plugin: &Plugin, changes: &[Change]) -> Result<(), Problem> {
    let in_ledgers = |()| ledger::check(&plugin.manifest.id, &plugin.description.types, changes);
    changes.iter().try_for_each(|change| check_change(plugin, change)).and_then(in_ledgers).map_err(|why| {
        Problem::new(Code::PluginPanicked, format!("{} answered a change that it never described: {why}", plugin.manifest.id))
    })
}

fn check_change(plugin: &Plugin, change: &Change) -> Result<(), String> {
    match change {
        Change::Insert { record_type, .. }
        | Change::Update { record_type, .. }
        | Change::Erase { record_type, .. }
        | Change::VoidSignOffs { record_type, .. } => own_type(plugin, record_type).map(|_| ()),
        Change::Require { find, .. } => own_type(plugin, &find.record_type).map(|_| ()),
        Change::Adjust { record_type, field, .. } => match own_type(plugin, record_type)?.field(field).map(|field| &field.kind) {
            Some(FieldKind::Integer { .. } | FieldKind::Fen) => Ok(()),
            _ => Err(format!("{record_type} has no counter {field}")),
        },
        Change::Paper { form, .. } => {
            let is_own = plugin.description.forms.iter().any(|known| known.name == *form);
            if is_own { Ok(()) } else { Err(format!("there is no form {form}")) }
        }
        Change::Part { changes, .. } => changes.iter().try_for_each(|change| check_change(plugin, change)),
        _ => Ok(()),
    }
}

fn own_type<'a>(plugin: &'a Plugin, record_type: &str) -> Result<&'a TypeDescription, String> {
    let own = record_type.strip_prefix(&plugin.manifest.id).and_then(|rest| rest.strip_prefix('.'));
    let described = own.and_then(|name| plugin.description.types.iter().find(|described| described.name == name));
    described.ok_or_else(|| format!("{record_type} is not a type of its own"))
}
