//! The patterns of `--exclude`.

use std::{borrow::Cow, path::Path};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::Error;

/// Paths that are left out; the patterns are written as in a `.gitignore`.
///
/// A pattern with a slash before its end is matched from the folder that is scanned,
/// and also from the working directory; others at every depth.
#[derive(Clone, Debug)]
pub struct Exclude {
    patterns: Gitignore,
}

impl Default for Exclude {
    fn default() -> Self {
        Self {
            patterns: Gitignore::empty(),
        }
    }
}

impl Exclude {
    /// Understands the patterns.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, Error> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        let error = |pattern: &str, error: &ignore::Error| Error::Exclude {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        };
        for pattern in patterns {
            let pattern = pattern.as_ref();
            // Whoever writes `./a` means the one beside them, and not each of that name.
            let pattern = match pattern.strip_prefix("./") {
                Some(rest) => Cow::Owned(format!("/{rest}")),
                None => Cow::Borrowed(pattern),
            };
            builder
                .add_line(None, &pattern)
                .map_err(|source| error(&pattern, &source))?;
        }
        let patterns = builder
            .build()
            .map_err(|source| error("--exclude", &source))?;
        Ok(Self { patterns })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the path itself is left out. Its folders are not asked.
    pub(crate) fn covers(&self, path: &Path, is_folder: bool) -> bool {
        !self.is_empty()
            && self
                .patterns
                .matched(path.strip_prefix("/").unwrap_or(path), is_folder)
                .is_ignore()
    }

    /// Whether a file or one of its folders is left out.
    pub(crate) fn covers_file(&self, path: &Path) -> bool {
        if self.is_empty() {
            return false;
        }
        self.covers(path, false)
            || path
                .ancestors()
                .skip(1)
                .filter(|folder| folder.file_name().is_some())
                .any(|folder| self.covers(folder, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patterns: &[&str], covered: &[&str], free: &[&str]) {
        let exclude = Exclude::new(patterns).unwrap();
        for name in covered {
            assert!(exclude.covers_file(Path::new(name)), "{name}");
        }
        for name in free {
            assert!(!exclude.covers_file(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        check(
            &["vendor/", "*.min.json", "/top.yaml", "docs/**/*.md"],
            &[
                "vendor/a.yaml",
                "a/vendor/b/c.yaml",
                "x/y.min.json",
                "top.yaml",
                "docs/a/b.md",
                "/abs/vendor/a.yaml",
            ],
            &["vendor", "x/top.yaml", "a.md", "json"],
        );
        check(&["*.yaml", "!keep.yaml"], &["a.yaml"], &["keep.yaml"]);
        check(&["./deploy/a.yaml"], &["deploy/a.yaml"], &["a.yaml"]);
        check(&["./dk"], &["dk/a.yaml"], &["a/dk/a.yaml"]);
        check(&[], &[], &["a.yaml"]);
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let error = Exclude::new(&["a[b"]).unwrap_err();
        assert!(
            error.to_string().starts_with("'a[b' is not a pattern"),
            "{error}"
        );
    }
}
