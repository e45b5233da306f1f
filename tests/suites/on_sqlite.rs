//! The whole system on SQLite, from outside, and what can happen to its file.

#[path = "all.rs"]
mod all;
mod disks;
mod neighbours;
mod year;
