//! What ADD makes of its sources.

use ringwall_input::dockerfile::Word;

/// What a source of ADD is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// Something on the web.
    Url,
    /// A Git repository; pinned when a full commit hash stands behind `#`.
    Repository {
        /// Whether it names one commit.
        pinned: bool,
    },
    /// A tar archive, which ADD unpacks, or a packed file that may be one.
    Archive,
    /// A file or folder of the build context.
    File,
    /// A variable hides it.
    Unknown,
}

impl Added {
    /// Judges a source as the builder does: by its beginning, and archives by their usual names.
    pub(super) fn of(source: &Word) -> Self {
        let text = source.value.as_str();
        let lower = text.to_ascii_lowercase();
        let (address, fragment) = lower.split_once('#').unwrap_or((&lower, ""));
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        let is_git = ["git://", "ssh://", "git@"]
            .iter()
            .any(|start| address.starts_with(start))
            || is_web
                && address
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.strip_suffix(".git").is_some());
        if is_git {
            let commit = fragment.split(':').next().unwrap_or("");
            let pinned = matches!(commit.len(), 40 | 64)
                && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            return Self::Repository { pinned };
        }
        if is_web {
            return Self::Url;
        }
        // The builder looks into the file, so `rootfs.xz` is unpacked where it holds a tar archive.
        let is_packed = [".gz", ".bz2", ".xz", ".zst", ".lzma", ".z"]
            .iter()
            .any(|ending| lower.ends_with(ending));
        if is_packed || is_tar_archive(&lower) {
            return Self::Archive;
        }
        if source.resolved {
            Self::File
        } else {
            Self::Unknown
        }
    }
}

/// Whether a name in lower case is that of a tar archive, packed in a way that ADD unpacks.
/// See: <https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives>
pub(super) fn is_tar_archive(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        ".tar",
        ".tar.gz",
        ".tgz",
        ".tar.bz2",
        ".tbz",
        ".tbz2",
        ".tar.xz",
        ".txz",
        ".tar.zst",
        ".tzst",
        ".tar.lzma",
        ".tar.z",
    ];
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Added {
        Added::of(&Word {
            value: text.to_owned(),
            resolved: !text.contains('$'),
            ..Word::default()
        })
    }

    #[test]
    fn sources_are_known_by_their_form() {
        assert_eq!(of("app"), Added::File);
        assert_eq!(of("rootfs.TAR.xz"), Added::Archive);
        assert_eq!(of("rootfs.xz"), Added::Archive);
        assert_eq!(of("app.zip"), Added::File);
        assert_eq!(of("$what"), Added::Unknown);
        assert_eq!(of("https://example.com/$v.tgz"), Added::Url);
        assert_eq!(
            of("https://a/b.git#main"),
            Added::Repository { pinned: false }
        );
        let commit = "5f3c1a9be0d4c7762d0d0e6c5c1fb6b1a9a1e0d2";
        let pinned = Added::Repository { pinned: true };
        assert_eq!(of(&format!("https://a/b.git#{commit}:dir")), pinned);
        assert_eq!(of(&format!("git@example.com:a/b.git#{commit}")), pinned);
    }
}
