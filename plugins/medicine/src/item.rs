//! A medicine that is kept in stock, and the standard list of them (M1).

use deskbell_sdk::prelude::*;

/// A medicine.
#[derive(Record)]
#[record(name = "item", number = "MI/ever", unique = "name")]
pub struct Item {
    /// What it is.
    #[field(searchable, editable, max = 60)]
    pub name: String,
    /// What it is counted in.
    #[field(editable, max = 10)]
    pub unit: String,
    /// M1: with fewer than so many that may be used it is restocked.
    #[field(editable, min = 0)]
    pub minimum: i64,
}

/// How many of the standard list were not there yet.
#[derive(Paper)]
pub struct SetUp {
    pub added: i64,
}

/// M1: the standard list of the procedure, with the units that the store counts in.
const STANDARD_LIST: [(&str, &str); 7] = [
    ("正红花油", "瓶"),
    ("创可贴", "片"),
    ("云南白药", "瓶"),
    ("消毒水", "瓶"),
    ("棉签", "包"),
    ("纱布", "卷"),
    ("风油精", "瓶"),
];

/// M1: enters what is lacking of the standard list, with a minimum of one each; run again it adds nothing.
pub fn set_up_standard_list(cx: &mut Cx, (): ()) -> Result<SetUp> {
    let mut added = 0;
    for (name, unit) in STANDARD_LIST {
        if cx.find_first(Item::NAME.is(name))?.is_none() {
            cx.insert(Item { name: name.to_owned(), unit: unit.to_owned(), minimum: 1 })?;
            added += 1;
        }
    }
    Ok(SetUp { added })
}
