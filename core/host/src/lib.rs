//! The Deskbell host: keeps the records, guards the rules, runs the jobs, prints the papers of every desk function.
//!
//! It knows no plugin by name; everything it offers is made from what plugins describe. `ARCHITECTURE.md` has the walk-through.

pub mod app;
mod awake;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod diagnostic;
pub mod doctor;
pub mod forms;
pub mod home;
pub mod i18n;
pub mod imports;
pub mod jobs;
pub mod notify;
mod nursery;
pub mod people;
pub mod plugins;
pub mod printing;
mod priority;
pub mod problem;
mod queue;
pub mod retention;
pub mod store;
pub mod verify;
pub mod web;
