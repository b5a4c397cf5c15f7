//! Reads the objects of files, which stand for those of a cluster.

use std::{path::PathBuf, sync::Arc};

use ringwall_input::yaml;
use ringwall_model::Source;
use ringwall_policy::manifest::objects;

use crate::{Bundles, LiveWorld};

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
    /// For the first file that cannot be read or understood.
    pub fn read(&self, paths: &[PathBuf]) -> Result<bool, InventoryError> {
        let mut has_objects = false;
        for (file, content) in ringwall_collect::texts(paths, Bundles::EXTENSIONS) {
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
            for object in documents.iter().flat_map(objects) {
                has_objects = true;
                self.give(object);
            }
        }
        Ok(has_objects)
    }
}
