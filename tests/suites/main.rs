//! The whole system, from outside: each file is one promise of the desk, each test a sentence of it.

mod conflicts;
mod crashes;
mod imports;
mod mistakes;
mod outage;
mod packages;
mod papers;
mod road;
mod tickets;
