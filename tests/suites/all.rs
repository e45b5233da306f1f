//! What a desk promises on either database: each file is one promise, each test a sentence of it.

mod backups;
mod clocks;
mod conflicts;
mod crashes;
mod deadlines;
mod deliveries;
mod erasure;
mod faults;
mod first_plugin;
mod imports;
mod labels;
pub(crate) mod letters;
mod mistakes;
mod outage;
mod overload;
mod packages;
mod papers;
mod permissions;
mod printers;
mod road;
mod sign_offs;
mod stock;
mod tickets;
mod verification;
