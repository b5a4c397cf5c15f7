//! Where the files of secrets are, and which words of a script mean them.

use ringwall_input::dockerfile::{Command, Mount, ShellScript, ShellWord};

use crate::dockerfile::{
    image_path::{absolute, workdir},
    run_step::{Step, changes},
};

/// The files of the secrets that a RUN mounts.
#[derive(Debug)]
pub(super) struct Places<'a> {
    step: Step<'a>,
    script: &'a ShellScript,
    /// The working directory, where it is known.
    folder: Option<String>,
    /// Where the script changes it, and to which.
    changes: Vec<(usize, String)>,
    files: Vec<String>,
}

impl<'a> Places<'a> {
    pub(super) fn of(step: Step<'a>, script: &'a ShellScript) -> Self {
        let folder = workdir(step.file, step.stage, step.instruction);
        let mut places = Self {
            step,
            script,
            changes: changes(script, folder.as_deref()),
            folder,
            files: Vec::new(),
        };
        let mounts = step.run.mounts.iter();
        places.files = mounts
            .filter(|mount| mount.kind == "secret")
            .filter_map(file)
            .map(|path| absolute(&path, places.folder.as_deref()))
            .collect();
        places
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// A path at a command, from the root on as far as the folder is known that it stands in.
    pub(super) fn path(&self, path: &str, command: &Command) -> String {
        let before = self
            .changes
            .partition_point(|(start, _)| *start < command.span.range().start);
        let changed = before.checked_sub(1).and_then(|at| self.changes.get(at));
        let changed = changed.map(|(_, folder)| folder.as_str());
        absolute(path, changed.or(self.folder.as_deref()))
    }

    /// The paths that a word may mean at a command.
    fn paths(&self, word: &ShellWord, command: &Command) -> Vec<String> {
        let words = self.step.all_values(word).into_iter();
        words.map(|path| self.path(&path, command)).collect()
    }

    /// Whether a word is the file of a secret.
    pub(super) fn is_file(&self, word: &ShellWord, command: &Command) -> bool {
        let paths = self.paths(word, command);
        paths.iter().any(|path| self.files.contains(path))
    }

    /// Whether a word means the file of a secret, also by a pattern or, with `is_recursive`, by a folder around it.
    pub(super) fn covers_file(
        &self,
        word: &ShellWord,
        command: &Command,
        is_recursive: bool,
    ) -> bool {
        // What `find` has found stands in the place of braces.
        if word.value() == "{}" && command.is_under("find") {
            let mut finds = self.script.commands.iter().filter(|other| other.is("find"));
            return finds.any(|find| {
                let starts = find.args.iter().take_while(|arg| !arg.is_flag());
                find.span.contains(command.span)
                    && starts
                        .into_iter()
                        .any(|start| self.covers_file(start, find, true))
            });
        }
        let paths = self.paths(word, command);
        paths.iter().any(|path| {
            self.files
                .iter()
                .any(|file| covers(path, file, is_recursive))
        })
    }

    /// Whether a text names the file of a secret.
    pub(super) fn are_named_in(&self, text: &str) -> bool {
        self.files.iter().any(|path| text.contains(path.as_str()))
    }
}

/// Whether a path or pattern means a file, or a folder around it.
fn covers(path: &str, file: &str, is_recursive: bool) -> bool {
    let is_around = || {
        let rest = file.strip_prefix(path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let is_pattern = || {
        let (Some((folder, pattern)), Some((parent, name))) =
            (path.rsplit_once('/'), file.rsplit_once('/'))
        else {
            return false;
        };
        let (Some((start, _)), Some((_, end))) =
            (pattern.split_once('*'), pattern.rsplit_once('*'))
        else {
            return false;
        };
        folder == parent && name.starts_with(start) && name.ends_with(end)
    };
    path == file || is_recursive && is_around() || is_pattern()
}

/// The file of a secret; `None` when it is only a variable.
fn file(mount: &Mount) -> Option<String> {
    if let Some(target) = mount.target() {
        return Some(target.to_owned());
    }
    if mount.option(&["env"]).is_some() {
        return None;
    }
    let id = mount.option(&["source", "src", "id"])?;
    let name = id.trim_end_matches('/').rsplit('/').next()?;
    Some(format!("/run/secrets/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_covered_by_patterns_and_by_folders_around_it() {
        let file = "/run/secrets/npmrc";
        for pattern in ["/run/secrets/*", "/run/secrets/n*c", file] {
            assert!(covers(pattern, file, false), "{pattern}");
        }
        for folder in ["/run/secrets", "/run", "/"] {
            assert!(covers(folder, file, true), "{folder}");
            assert!(!covers(folder, file, false), "{folder}");
        }
        for other in [
            "/run/secret",
            "/run/secrets/x*",
            "/run/*",
            "/run/secrets/npm",
        ] {
            assert!(!covers(other, file, true), "{other}");
        }
    }
}
