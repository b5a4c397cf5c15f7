//! Reads files of policies and certificates, bounded. Folders may be volumes of Kubernetes, where names are
//! links through `..data`, swapped as one.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 8 << 20;

/// Most files of one source.
const MAX_FILES: usize = 10_000;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// Reads a file; one that is too large or no UTF-8 is an error.
pub fn read_text(path: &Path) -> Result<String, String> {
    let told = |error: &io::Error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(|error| told(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| told(&error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes"));
    }
    String::from_utf8(bytes).map_err(|error| format!("is not UTF-8: {error}"))
}

/// Every file of these paths with its content, in the order of the names; what cannot be read says why.
pub fn read_texts(paths: &[PathBuf], extensions: &[&str]) -> Vec<(String, Result<String, String>)> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, extensions, 0, &mut found);
        } else {
            found.push((path.display().to_string(), read_text(path)));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn walk(
    folder: &Path,
    extensions: &[&str],
    depth: usize,
    found: &mut Vec<(String, Result<String, String>)>,
) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let reason = format!("cannot be read: {error}");
            found.push((folder.display().to_string(), Err(reason)));
            return;
        }
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let reason = format!("cannot be read to its end: {error}");
                found.push((folder.display().to_string(), Err(reason)));
                return;
            }
        };
        let path = entry.path();
        // `..data` and its like, and what people hide.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if found.len() >= MAX_FILES {
            let reason = format!("holds more than {MAX_FILES} files");
            found.push((folder.display().to_string(), Err(reason)));
            return;
        }
        if path.is_dir() {
            if depth >= MAX_DEPTH {
                found.push((path.display().to_string(), Err("lies too deep".to_owned())));
            } else {
                walk(&path, extensions, depth + 1, found);
            }
        } else if path
            .extension()
            .is_some_and(|end| extensions.iter().any(|known| end == *known))
        {
            found.push((path.display().to_string(), read_text(&path)));
        }
    }
}
