//! Reads the objects of files, which stand for those of a cluster.

use std::{path::PathBuf, sync::Arc};

use ringwall_input::yaml;
use ringwall_model::Source;

use crate::LiveWorld;

/// Ends of the names of files that hold objects.
const EXTENSIONS: &[&str] = &["json", "yaml", "yml"];

const NO_PLACE: &str = "no object of a cluster: it needs apiVersion, kind and metadata.name; \
    take it out of --inventory, or complete it";

/// Why the objects of a file cannot be used. Without one of them, policies that compare objects would admit too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// A file or folder cannot be read.
    #[error("{file} {reason}")]
    Unreadable {
        /// The file or folder.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file cannot be understood.
    #[error("{file}:{line}: {message}")]
    Malformed {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong there.
        message: String,
    },
}

impl LiveWorld {
    /// Gives the objects of files and folders to this world, file by file; whether there are any.
    ///
    /// Objects that policies ask for are kept as policies see them, so load these first.
    ///
    /// # Errors
    ///
    /// For the first file that cannot be read or understood, and for the first object that does not say where it
    /// belongs: no policy would ever see it.
    pub fn read(&self, paths: &[PathBuf]) -> Result<bool, InventoryError> {
        let mut has_objects = false;
        for (file, content) in ringwall_collect::texts(paths, EXTENSIONS) {
            let text = match content {
                Ok(text) => text,
                Err(reason) => return Err(InventoryError::Unreadable { file, reason }),
            };
            let source = Arc::new(Source::new(file.as_str(), text));
            let (documents, diagnostics) = yaml::parse(&source);
            if let Some(diagnostic) = diagnostics.into_iter().next() {
                return Err(InventoryError::Malformed {
                    file,
                    line: source.location(diagnostic.span).start.line,
                    message: diagnostic.message,
                });
            }
            match self.give(&documents) {
                Ok(count) => has_objects |= count > 0,
                Err(object) => {
                    return Err(InventoryError::Malformed {
                        line: object.location().start.line,
                        message: NO_PLACE.to_owned(),
                        file,
                    });
                }
            }
        }
        Ok(has_objects)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What comes of one file of an inventory, without the name of its folder.
    fn read(name: &str, text: &str) -> Result<bool, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let read = LiveWorld::default().read(&[folder.path().to_owned()]);
        read.map_err(|error| {
            let error = error.to_string();
            error.replace(&format!("{}/", folder.path().display()), "")
        })
    }

    #[test]
    fn what_no_policy_would_see_is_an_error_with_its_place() {
        let named = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
        assert_eq!(read("a.yaml", named), Ok(true));
        assert_eq!(read("a.yaml", "# nothing\n---\n"), Ok(false));
        assert_eq!(read("a.rego", "package a"), Ok(false));
        for (nameless, line) in [
            (
                "apiVersion: v1\nkind: Service\nmetadata: {generateName: a}\n",
                5,
            ),
            ("kind: Service\nmetadata: {name: b}\n", 5),
            ("just a text\n", 5),
            (
                "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n",
                8,
            ),
        ] {
            let error = read("a.yaml", &format!("{named}---\n{nameless}")).unwrap_err();
            assert!(
                error.starts_with(&format!("a.yaml:{line}: no object")),
                "{error}"
            );
        }
        let error = read("a.yaml", "kind: [\n").unwrap_err();
        assert!(error.starts_with("a.yaml:"), "{error}");
    }
}
