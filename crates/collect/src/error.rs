//! What can go wrong while reading, each error naming the thing at fault.

use std::{io, path::PathBuf};

/// Why something was not read, asked or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A pattern of `--exclude` that is no pattern.
    #[error("'{pattern}' is not a pattern: {reason}")]
    Exclude {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no git to ask.
    #[error("cannot run git: is it installed?")]
    NoGit(#[source] io::Error),
    /// The folder lies in no repository.
    #[error("not a git repository: {}", path.display())]
    NotARepository {
        /// The folder.
        path: PathBuf,
    },
    /// No commit has this name here.
    #[error("unknown revision '{revision}' (a shallow clone may lack it)")]
    UnknownRevision {
        /// The revision as given.
        revision: String,
    },
    /// Two commits that share no history.
    #[error("the two sides of '{revision}' have no common commit")]
    NoMergeBase {
        /// The range as given.
        revision: String,
    },
    /// Git said no.
    #[error("git in {}: {message}", path.display())]
    Git {
        /// Where it ran.
        path: PathBuf,
        /// The first line of what it said.
        message: String,
    },
    /// A file or a folder was not read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file or the folder.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// A file was not written; what stood there before still stands.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
}

/// An I/O error in words, without the number that only a programmer needs.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = match text.rfind(" (os error ") {
        Some(at) => text.get(..at).unwrap_or(&text),
        None => &text,
    };
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_words() {
        assert_eq!(
            reason(&io::Error::from_raw_os_error(2)),
            "no such file or directory"
        );
        assert_eq!(reason(&io::Error::other("Gone")), "gone");
    }
}
