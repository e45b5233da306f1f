//! `[runner]`: how plugins are run, and `[runner.plugins.<id>]` where one is run differently.

use std::collections::BTreeMap;
use std::time::Duration;

use super::section::Section;
use super::values::words;

/// How plugins are run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runners {
    usual: Policy,
    by_plugin: BTreeMap<String, Policy>,
}

/// How one plugin is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub isolation: Isolation,
    /// Child processes that answer people at once; jobs have one more of their own.
    pub workers: u32,
    /// A call that takes longer is given up, and its child ended.
    pub deadline: Duration,
    /// The address space of a child, in MB.
    pub memory_mb: u32,
    /// A child that was not needed for so long is ended.
    pub idle: Duration,
}

/// Where a plugin's code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// In child processes: the desk survives whatever the plugin does.
    Process,
    /// In the desk's own process: for trusted plugins that need the last microseconds.
    InProcess,
}

words!(Isolation { "process" => Isolation::Process, "in-process" => Isolation::InProcess });

impl Default for Policy {
    fn default() -> Self {
        Policy {
            isolation: Isolation::Process,
            workers: 2,
            deadline: Duration::from_secs(5),
            memory_mb: 256,
            idle: Duration::from_secs(300),
        }
    }
}

impl Runners {
    pub(crate) fn read(section: &mut Section<'_>) -> Runners {
        let usual = Policy::read(section, Policy::default());
        let mut by_plugin = BTreeMap::new();
        for (plugin, _, value, span) in section.entries("plugins") {
            let Some(table) = value.as_table() else {
                section.refuse(span, format!("`runner.plugins.{plugin}` must be a table"));
                continue;
            };
            let path = format!("runner.plugins.{plugin}");
            let policy = section.read_table(path, Some(table), |section| Policy::read(section, usual.clone()));
            by_plugin.insert(plugin, policy);
        }
        Runners { usual, by_plugin }
    }

    pub fn of(&self, plugin: &str) -> &Policy {
        self.by_plugin.get(plugin).unwrap_or(&self.usual)
    }
}

impl Policy {
    fn read(section: &mut Section<'_>, usual: Policy) -> Policy {
        Policy {
            isolation: section.get("isolation", "Where plugins run: in child processes, or in the desk's own", usual.isolation),
            workers: section.get("workers", "Child processes of a plugin that answer people at once", usual.workers),
            deadline: section.get("deadline", "The longest that a plugin may take for a call", usual.deadline),
            memory_mb: section.get("memory_mb", "The most memory that a plugin's child may take", usual.memory_mb),
            idle: section.get("idle", "A child that was not needed for so long is ended", usual.idle),
        }
    }
}
