//! Where files are, seen from one folder.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ringwall_collect::{named_path, path_from, real_path};

/// A folder from which files have the same name whatever way they were given.
#[derive(Debug, Default)]
pub(crate) struct SeenFrom {
    real: PathBuf,
    /// Folders as reports print them, and as they are seen from here.
    seen: Mutex<HashMap<String, String>>,
}

impl SeenFrom {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            real: real_path(folder),
            seen: Mutex::default(),
        }
    }

    /// A file as seen from here. Reports name it as the user gave it: from the working directory or
    /// from the root, so that only the real folders of both tell where it is.
    pub(crate) fn see(&self, file: &str) -> String {
        if file == "-" {
            return file.to_owned();
        }
        let (folder, name) = match file.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some(parts) => parts,
            None => ("", file),
        };
        // A folder may be named itself, as a chart is; `.` and `..` are no names of anything in a folder.
        let (folder, name) = match name {
            "." | ".." => (file, ""),
            name => (folder, name),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.get(folder).cloned();
        let folder = known.unwrap_or_else(|| {
            let from_here = path_from(&self.real, &real_path(&named_path(folder)));
            seen.insert(folder.to_owned(), from_here.clone());
            from_here
        });
        if folder.is_empty() {
            name.to_owned()
        } else if name.is_empty() {
            folder
        } else {
            format!("{folder}/{name}")
        }
    }
}
