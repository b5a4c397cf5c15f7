//! The files of a walk as they were at a revision.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Candidate, Content, Inputs, Walk,
    build_context::ignore_beside,
    build_context_ignore, classify, content,
    git::{Asked, Blob, Blobs, Changes},
    named_path, path_from, read, real_path, resolve,
    walk::name_below,
};

/// Files as they are, or as they were at a revision.
#[derive(Clone, Copy, Debug)]
pub enum Files<'b> {
    /// As they are on disk.
    Now,
    /// As they were.
    Before(&'b Before),
}

/// The files of a walk as they were at a revision.
///
/// What did not change is as it is on disk. What is new was not there, and what is gone was.
#[derive(Debug)]
pub struct Before {
    /// The files under the names that they had, and what could not be read and did not change.
    pub inputs: Inputs,
    /// Names of today, by those that the files had.
    pub renamed: HashMap<Arc<str>, Arc<str>>,
    changes: Changes,
    /// What the revision holds of files that changed, by their real paths.
    contents: HashMap<PathBuf, Blob>,
    blobs: Blobs,
}

impl Before {
    /// Finds what the walk would have found: today it found `now`.
    pub fn new(walk: &Walk, now: &Inputs, changes: &Changes) -> Self {
        let mut before = Self {
            inputs: Inputs {
                unreadable: now.unreadable.clone(),
                ..Inputs::default()
            },
            renamed: HashMap::new(),
            changes: changes.clone(),
            contents: HashMap::new(),
            blobs: Blobs::default(),
        };
        let is_as_before = |name: &str| changes.file(named_path(name)).is_none();
        before
            .inputs
            .unreadable
            .retain(|unreadable| is_as_before(&unreadable.name));
        let changed = before.keep_unchanged(now);
        let folders: Vec<(&Path, PathBuf)> = walk
            .paths
            .iter()
            .filter(|path| path.is_dir())
            .map(|path| (path.as_path(), real_path(path)))
            .collect();
        for past in changes.past() {
            let real = changes.root().join(&past.path);
            before.contents.insert(real.clone(), past.blob.clone());
            let here = changed.get(&real);
            let is_at = past.now.as_ref().map(|now| changes.root().join(now));
            let is_at = is_at.and_then(|now| changed.get_key_value(&now));
            let name = here.map(|here| Arc::clone(&here.name)).or_else(|| {
                name_below(walk, &folders, &real)
                    .or_else(|| {
                        // A folder that is scanned did not hold what was moved into it.
                        is_at
                            .filter(|(_, now)| now.is_given)
                            .and_then(|(at, now)| name_elsewhere(walk, now, at, &real))
                    })
                    .map(Into::into)
            });
            let Some(name) = name else {
                continue;
            };
            if let Some((_, now)) = is_at
                && now.name != name
            {
                before
                    .renamed
                    .insert(Arc::clone(&name), Arc::clone(&now.name));
            }
            // Nobody gave a file by a name that it had when it was something else.
            let is_given = here.is_some_and(|here| here.is_given)
                || is_at
                    .is_some_and(|(_, now)| now.is_given && classify(&now.name) == classify(&name));
            before.inputs.files.push(Candidate {
                path: real,
                name,
                is_given,
            });
        }
        before
            .inputs
            .files
            .sort_unstable_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        before
    }

    /// Takes the files that did not change; gives those that did by their real paths.
    fn keep_unchanged<'n>(&mut self, now: &'n Inputs) -> HashMap<PathBuf, &'n Candidate> {
        let mut changed = HashMap::new();
        // Files of one folder stand together.
        let mut last: Option<(&Path, PathBuf)> = None;
        for candidate in &now.files {
            let folder = candidate.path.parent().filter(|_| !candidate.is_given);
            let real = match (folder, candidate.path.file_name()) {
                (Some(folder), Some(name)) => match &last {
                    Some((known, real)) if *known == folder => real.join(name),
                    _ => {
                        let real = real_path(folder);
                        let path = real.join(name);
                        last = Some((folder, real));
                        path
                    }
                },
                _ => real_path(&candidate.path),
            };
            let inside = self.changes.inside(&real);
            if inside.is_some_and(|inside| self.changes.file_inside(inside).is_none()) {
                self.inputs.files.push(candidate.clone());
            } else {
                changed.insert(real, candidate);
            }
        }
        changed
    }

    fn read(&self, candidate: &Candidate, limit_bytes: u64) -> Content {
        let Some(blob) = self.contents.get(&candidate.path) else {
            return read(candidate, limit_bytes);
        };
        match self.blobs.read(blob, limit_bytes) {
            Asked::Bytes(bytes) => content::read_bytes(&bytes, limit_bytes),
            Asked::TooLarge(size) => Content::TooLarge { size: Some(size) },
            Asked::Missing => Content::Unreadable("the repository lacks what it held".to_owned()),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return path.is_file();
        };
        let real = real_path(folder).join(name);
        if self.contents.contains_key(&real) {
            return true;
        }
        let inside = self.changes.inside(&real);
        // What changed and was no file is new.
        inside.is_none_or(|inside| self.changes.file_inside(inside).is_none()) && path.is_file()
    }
}

impl Files<'_> {
    /// Reads a file that a walk found.
    pub fn read(self, candidate: &Candidate, limit_bytes: u64) -> Content {
        match self {
            Self::Now => read(candidate, limit_bytes),
            Self::Before(before) => before.read(candidate, limit_bytes),
        }
    }

    /// Whether a file of this name stands in the folder of another.
    pub fn has_neighbour(self, file: &Candidate, name: &str) -> bool {
        self.is_file(&file.path.with_file_name(name))
    }

    /// Whether a Dockerfile's build leaves files out of its context, as [`build_context_ignore`] says it.
    pub fn build_context_ignore(self, dockerfile: &Candidate) -> Option<bool> {
        match self {
            Self::Now => build_context_ignore(dockerfile),
            Self::Before(before) => ignore_beside(dockerfile, |file| before.is_file(file)),
        }
    }

    /// Whether a file stands at a path.
    pub(crate) fn is_file(self, path: &Path) -> bool {
        match self {
            Self::Now => path.is_file(),
            Self::Before(before) => before.is_file(path),
        }
    }
}

/// The name that a file had which is given by its name of today; `None` where it would be left out.
fn name_elsewhere(walk: &Walk, now: &Candidate, now_at: &Path, was_at: &Path) -> Option<String> {
    let folder = now.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inside = path_from(now_at.parent()?, was_at);
    let name = match (folder, now.name.starts_with('/')) {
        ("", true) => resolve("/", &inside),
        _ => resolve(folder, &inside),
    };
    let name = name?;
    let is_left_out =
        walk.exclude.covers_file(&named_path(&name)) || walk.exclude.configured_covers_file(was_at);
    (!is_left_out).then_some(name)
}
