//! Where a script gives its variables values, by their names.

use std::collections::HashMap;

use super::{Assignment, ShellScript, ShellWord, VariableUse};

/// What is found by name, each by its place in the lists of the script.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    names: HashMap<String, Entry>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    assigned: Vec<usize>,
    /// Command and assignment.
    assignments: Vec<(usize, usize)>,
    /// Command and argument.
    exports: Vec<(usize, usize)>,
}

impl Index {
    pub(super) fn of(script: &ShellScript) -> Self {
        let mut index = Self::default();
        for (at, variable) in script.assigned.iter().enumerate() {
            index.entry(&variable.name).assigned.push(at);
        }
        for (at, command) in script.commands.iter().enumerate() {
            for (place, assignment) in command.assignments.iter().enumerate() {
                index.entry(&assignment.name).assignments.push((at, place));
            }
            if !command.is_any(&["export", "readonly"]) {
                continue;
            }
            for (place, word) in command.args.iter().enumerate() {
                if let Some((name, _)) = word.text.split_once('=') {
                    index.entry(name).exports.push((at, place));
                }
            }
        }
        index
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        self.names.entry(name.to_owned()).or_default()
    }
}

impl ShellScript {
    /// Whether the script writes the variable anywhere.
    pub fn assigns(&self, name: &str) -> bool {
        self.writes(name).next().is_some()
    }

    /// Where the script writes a variable.
    pub fn writes(&self, name: &str) -> impl Iterator<Item = &VariableUse> {
        let places = self.index.names.get(name);
        let places = places.into_iter().flat_map(|entry| &entry.assigned);
        places.filter_map(|&at| self.assigned.get(at))
    }

    /// The assignments to a variable that stand before commands, or alone.
    pub fn assignments(&self, name: &str) -> impl Iterator<Item = &Assignment> {
        let places = self.index.names.get(name);
        let places = places.into_iter().flat_map(|entry| &entry.assignments);
        places.filter_map(|&(command, at)| self.commands.get(command)?.assignments.get(at))
    }

    /// The arguments of `export` and `readonly` that give a variable a value.
    pub fn exports(&self, name: &str) -> impl Iterator<Item = &ShellWord> {
        let places = self.index.names.get(name);
        let places = places.into_iter().flat_map(|entry| &entry.exports);
        places.filter_map(|&(command, at)| self.commands.get(command)?.args.get(at))
    }
}
