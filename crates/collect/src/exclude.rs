//! The patterns of `--exclude`, and those of a configuration.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::{Error, path_from, real_path};

/// Paths that are left out; the patterns are written as in a `.gitignore`.
///
/// A pattern with a slash before its end is matched from the folder that is scanned,
/// and also from the working directory; others at every depth. Those of a configuration are
/// matched from its folder, so that they mean the same wherever a scan begins.
#[derive(Clone, Debug)]
pub struct Exclude {
    patterns: Gitignore,
    /// The real path of the folder of the configuration, and its patterns.
    configured: Option<(PathBuf, Gitignore)>,
}

impl Default for Exclude {
    fn default() -> Self {
        Self {
            patterns: Gitignore::empty(),
            configured: None,
        }
    }
}

impl Exclude {
    /// Understands the patterns.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, Error> {
        Ok(Self {
            patterns: Self::read(patterns)?,
            configured: None,
        })
    }

    /// The same with the patterns of a configuration in `folder`.
    pub fn with_configured<S: AsRef<str>>(
        self,
        patterns: &[S],
        folder: &Path,
    ) -> Result<Self, Error> {
        let read = Self::read(patterns)?;
        Ok(Self {
            configured: (!read.is_empty()).then(|| (real_path(folder), read)),
            ..self
        })
    }

    fn read<S: AsRef<str>>(patterns: &[S]) -> Result<Gitignore, Error> {
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
        builder
            .build()
            .map_err(|source| error("--exclude", &source))
    }

    /// Whether nothing is left out, wherever it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.configured.is_none()
    }

    /// Whether the path itself is left out. Its folders are not asked.
    pub(crate) fn covers(&self, path: &Path, is_folder: bool) -> bool {
        covers(&self.patterns, path, is_folder)
    }

    /// Whether a file or one of its folders is left out.
    pub(crate) fn covers_file(&self, path: &Path) -> bool {
        covers_file(&self.patterns, path)
    }

    /// Whether the configuration leaves out a real path itself.
    pub(crate) fn configured_covers(&self, real: &Path, is_folder: bool) -> bool {
        let configured = self.configured.as_ref();
        configured.is_some_and(|(folder, it)| covers(it, &seen_from(folder, real), is_folder))
    }

    /// Whether the configuration leaves out a file or one of its folders, by the real path.
    pub(crate) fn configured_covers_file(&self, real: &Path) -> bool {
        let configured = self.configured.as_ref();
        configured.is_some_and(|(folder, it)| covers_file(it, &seen_from(folder, real)))
    }
}

/// A real path as seen from a real folder.
fn seen_from<'p>(folder: &Path, real: &'p Path) -> Cow<'p, Path> {
    match real.strip_prefix(folder) {
        Ok(inside) => Cow::Borrowed(inside),
        Err(_) => Cow::Owned(path_from(folder, real).into()),
    }
}

fn covers(patterns: &Gitignore, path: &Path, is_folder: bool) -> bool {
    !patterns.is_empty()
        && patterns
            .matched(path.strip_prefix("/").unwrap_or(path), is_folder)
            .is_ignore()
}

fn covers_file(patterns: &Gitignore, path: &Path) -> bool {
    if patterns.is_empty() {
        return false;
    }
    covers(patterns, path, false)
        || path
            .ancestors()
            .skip(1)
            .filter(|folder| folder.file_name().is_some())
            .any(|folder| covers(patterns, folder, true))
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
