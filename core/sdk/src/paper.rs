//! The data of papers: what a template is given, with its shape known beforehand.

use deskbell_proto::description::Shape;
use serde_json::Value;

use crate::field::{Day, Days, Fen, FieldType, Hours, Instant};

/// The data of a paper, or what a plugin's action answers. Derive it for a struct of named fields with [`Paper`](derive@crate::Paper).
///
/// A template sees exactly these fields: text, numbers, [`Fen`], days, instants, choices, nested structs, `Vec` and
/// `Option`. Numbers, sums and order are made here; how they look is the template's matter.
///
/// ```
/// use deskbell_sdk::prelude::*;
///
/// #[derive(Paper)]
/// pub struct SheetPaper {
///     pub number: String,
///     pub lines: Vec<SheetLine>,
/// }
///
/// #[derive(Paper)]
/// pub struct SheetLine {
///     pub addressee: String,
///     pub received_on: Day,
///     pub department: Option<String>,
/// }
/// ```
pub trait Data {
    /// The shape of the data.
    fn shape() -> Shape;
    /// The data in JSON.
    fn to_data(&self) -> Value;
}

macro_rules! plain_data {
    ($($type:ty => $shape:ident),*) => {
        $(impl Data for $type {
            fn shape() -> Shape {
                Shape::$shape
            }

            fn to_data(&self) -> Value {
                FieldType::to_json(self)
            }
        })*
    };
}

plain_data!(String => Text, i64 => Integer, Days => Integer, Hours => Integer, bool => Bool, Fen => Fen, Day => Day, Instant => Instant);

impl Data for () {
    fn shape() -> Shape {
        Shape::Object(Vec::new())
    }

    fn to_data(&self) -> Value {
        Value::Null
    }
}

impl<T: Data> Data for Option<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }

    fn to_data(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_data)
    }
}

impl<T: Data> Data for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn to_data(&self) -> Value {
        self.iter().map(T::to_data).collect()
    }
}
