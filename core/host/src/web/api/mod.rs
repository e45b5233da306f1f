//! The handlers of the public API, a file a noun: each takes its request apart, asks one facade and shapes the answer.

pub(crate) mod actions;
pub(crate) mod audit;
pub(crate) mod due;
pub(crate) mod events;
pub(crate) mod forms;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod openapi;
pub(crate) mod papers;
pub(crate) mod plugins;
pub(crate) mod records;
pub(crate) mod registers;

mod answer;

pub(crate) use answer::{Items, file, recorded};
