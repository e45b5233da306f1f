//! Everything a desk function needs: records, actions, jobs, forms.
extern crate self as deskbell_sdk;

mod cx;
mod error;
#[doc(hidden)]
pub mod export;
mod field;
mod log;
mod paper;
mod pending;
mod plugin;
mod query;
mod record;
mod register;
mod settings;

pub use cx::{Actor, Cx, Each, Item, Outcome, Period, Said};
pub use deskbell_proto as proto;
pub use deskbell_sdk_macros::{Args, Choice, Paper, Record, Settings, State};
pub use error::{Error, Refused, Result, Rule};
pub use field::{Day, Days, Fen, FieldType, Instant};
pub use paper::Data;
pub use pending::Reads;
pub use plugin::Plugin;
pub use query::{Column, Operand, Query};
pub use record::{Record, Ref, State, StateColumn, StateName, Stateless, Stored};
pub use register::{OfRecord, Register, RegisterOf, Role, Roles};
pub use settings::{Args, NoSettings, PluginSettings, SeenSettings, Settings};

/// What the derives expand to.
#[doc(hidden)]
pub mod derives {
    pub use serde_json::{Map, Value};

    pub use crate::settings::{described, narrowed};

    pub use deskbell_proto::Fields;
    pub use deskbell_proto::description::*;
    pub use deskbell_proto::value::FieldKind;

    use crate::error::{Error, Result};
    use crate::field::FieldType;

    /// Reads one column.
    pub fn column<T: FieldType>(row: &Fields, name: &str) -> Result<T> {
        let value = row.get(name).unwrap_or(&Value::Null);
        T::from_json(value).ok_or_else(|| Error::failed(format!("column {name} holds {}", kind_of(value))))
    }

    // Never the value: it may be personal, and this goes to the log.
    fn kind_of(value: &Value) -> &'static str {
        match value {
            Value::Null => "nothing",
            Value::Bool(_) => "a bool",
            Value::Number(_) => "another number",
            Value::String(_) => "another text",
            _ => "no plain value",
        }
    }

    /// A state that no variant has.
    pub fn unknown_state(row: &Fields) -> Error {
        Error::failed(format!("there is no state {}", row.get("state").unwrap_or(&Value::Null)))
    }

    /// A default in its one spelling; it is written as JSON spells it: `7`, `true`, `"feb-28"`.
    ///
    /// # Panics
    /// When it does not fit the field.
    pub fn default_value(field: &FieldDescription, value: Value) -> Value {
        let misfit = |misfit| panic!("the default {value} of {} does not fit: {misfit:?}", field.name);
        field.kind.canonical(&value).unwrap_or_else(misfit)
    }

    /// What was given, in its one spelling.
    pub fn fitting(fields: &[FieldDescription], given: &Fields) -> Result<Fields> {
        crate::settings::fitting(fields, given)
    }
}

/// What nearly every file of a plugin uses.
pub mod prelude {
    pub use tracing::{debug, error, info, warn};

    pub use crate::{
        Args, Choice, Cx, Data, Day, Days, Error, Fen, Instant, Outcome, Paper, Period, Query, Record, Ref, Register, RegisterOf,
        Result, Role, Rule, Settings, State, Stored,
    };
}
