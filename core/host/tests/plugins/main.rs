//! A plugin's fault stays in the plugin: real child processes, a real library whose job is to misbehave.

mod faults;
mod fixture;
mod packages;
mod timing;
