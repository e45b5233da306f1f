//! The whole system on PostgreSQL, from outside, and what can happen between the two.

#[path = "all.rs"]
mod all;
mod servers;
