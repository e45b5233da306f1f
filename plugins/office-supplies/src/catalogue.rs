//! The catalogue: what may be asked for.

use deskbell_sdk::prelude::*;

/// Something that departments may ask for.
#[derive(Record)]
#[record(name = "item", number = "OI/ever", unique = "name")]
pub struct Item {
    /// What it is, with its size.
    #[field(searchable, editable, max = 60)]
    pub name: String,
    /// What it is counted in.
    #[field(editable, max = 10)]
    pub unit: String,
    /// Whether it may be asked for.
    #[default = true]
    #[field(editable)]
    pub is_offered: bool,
}
