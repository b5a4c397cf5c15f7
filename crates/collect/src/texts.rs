//! Reads files of policies and certificates, bounded. Folders may be volumes of Kubernetes, where names are
//! links through `..data`, swapped as one.

use std::{
    ffi::OsStr,
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
    // One byte more shows that there is no more. What claims to be larger than it may be is not believed.
    let size = file.metadata().map_or(0, |data| data.len()).min(MAX_FILE) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| told(&error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes"));
    }
    String::from_utf8(bytes).map_err(|error| format!("is not UTF-8: {error}"))
}

/// Every file of these paths with its content, in the order of the names; what cannot be read says why.
///
/// Hidden files and folders are read like all others: one that is passed over would look as if it had nothing to
/// say. Left out are `.git`, which holds what git made of the same files, and names that begin with two dots: those
/// are where the links of a volume lead to, so that its files would be met twice.
///
/// An empty extension stands for names without one, and capitals make no difference.
pub fn read_texts(paths: &[PathBuf], extensions: &[&str]) -> Vec<(String, Result<String, String>)> {
    texts(paths, extensions).collect()
}

/// The same one after another, for files that need not be held all at once.
pub fn texts(
    paths: &[PathBuf],
    extensions: &[&str],
) -> impl Iterator<Item = (String, Result<String, String>)> + use<> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut walk = Walk {
                extensions,
                found: &mut found,
                folders: 0,
                chain: Vec::new(),
            };
            walk.look_into(path);
        } else {
            found.push((path.display().to_string(), Ok(path.clone())));
        }
    }
    found.sort();
    found.dedup();
    (found.into_iter()).map(|(name, path)| (name, path.and_then(|path| read_text(&path))))
}

/// A name, and the file to read or why there is none.
type Found = (String, Result<PathBuf, String>);

struct Walk<'a> {
    extensions: &'a [&'a str],
    found: &'a mut Vec<Found>,
    /// Folders that were looked into.
    folders: usize,
    /// The real paths of the folder and of those through which it was reached.
    chain: Vec<PathBuf>,
}

impl Walk<'_> {
    fn look_into(&mut self, folder: &Path) {
        let real = match folder.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.refuse(folder, format!("cannot be read: {error}")),
        };
        // A link that leads back: what is there was met already.
        if self.chain.contains(&real) {
            return;
        }
        if self.chain.len() > MAX_DEPTH {
            return self.refuse(folder, "lies too deep".to_owned());
        }
        self.folders += 1;
        self.chain.push(real);
        self.list(folder);
        self.chain.pop();
    }

    fn list(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.refuse(folder, format!("cannot be read: {error}")),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    return self.refuse(folder, format!("cannot be read to its end: {error}"));
                }
            };
            let path = entry.path();
            if is_left_out(&entry.file_name()) {
                continue;
            }
            if self.found.len() >= MAX_FILES {
                return self.refuse(folder, format!("holds more than {MAX_FILES} files"));
            }
            if self.folders >= MAX_FILES {
                return self.refuse(folder, format!("holds more than {MAX_FILES} folders"));
            }
            if path.is_dir() {
                self.look_into(&path);
                continue;
            }
            let end = path.extension().unwrap_or_default();
            if self
                .extensions
                .iter()
                .any(|known| end.eq_ignore_ascii_case(known))
            {
                // Opening a named pipe waits for its writer. What is not there says so when it is opened.
                if path.is_file() || !path.exists() {
                    self.found.push((path.display().to_string(), Ok(path)));
                } else {
                    self.refuse(&path, "is not a regular file".to_owned());
                }
            }
        }
    }

    fn refuse(&mut self, path: &Path, reason: String) {
        self.found.push((path.display().to_string(), Err(reason)));
    }
}

/// Whether a name of a folder stands for nothing that is not read elsewhere.
fn is_left_out(name: &OsStr) -> bool {
    name == ".git" || name.as_encoded_bytes().starts_with(b"..")
}
