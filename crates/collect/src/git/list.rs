//! Lists that git prints of files: what differs, what a commit holds, what its index says of them.

use std::path::PathBuf;

use super::command;

/// The mode of a submodule, in a tree and in the index.
const SUBMODULE: &[u8] = b"160000";

/// What a path is to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file, by its content.
    File(String),
    /// A submodule, by its commit.
    Submodule(String),
    /// Nothing, or a symbolic link.
    Other,
}

/// Two sides of something that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) was: Kind,
    pub(super) old_path: PathBuf,
    pub(super) is_submodule: bool,
    /// `None` where it is gone.
    pub(super) new_path: Option<PathBuf>,
}

/// What `git diff --raw --numstat -z` prints: of each difference
/// `:OLD-MODE NEW-MODE OLD-ID NEW-ID STATUS NUL path NUL`, with two paths of what was moved; behind them, of each file
/// the numbers of its lines. Gives the differences, and the files of which git compares no lines.
pub(super) fn differences(list: &[u8]) -> (Vec<Difference>, Vec<PathBuf>) {
    let mut entries = list.split(|&byte| byte == 0).peekable();
    let mut differences = Vec::new();
    let mut without_lines = Vec::new();
    while let Some(header) = entries.next_if(|entry| entry.starts_with(b":")) {
        let fields: Vec<&[u8]> = header.split(|&byte| byte == b' ').collect();
        let &[old_mode, new_mode, old_id, _, status] = fields.as_slice() else {
            break;
        };
        let Some(old_path) = entries.next().map(command::path) else {
            break;
        };
        // Unmerged.
        if status == b"U" {
            without_lines.push(old_path.clone());
        }
        let is_moved = matches!(status.first(), Some(b'R' | b'C'));
        let new_path = if is_moved {
            entries.next().map(command::path)
        } else {
            (status != b"D").then(|| old_path.clone())
        };
        let old_mode = old_mode.strip_prefix(b":").unwrap_or(old_mode);
        differences.push(Difference {
            was: kind(old_mode, old_id),
            old_path,
            is_submodule: new_mode == SUBMODULE,
            new_path,
        });
    }
    while let Some(entry) = entries.next() {
        let mut fields = entry.splitn(3, |&byte| byte == b'\t');
        let (Some(added), Some(_), Some(name)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        // Of what was moved, both names follow.
        let name = if name.is_empty() {
            entries.next();
            entries.next().unwrap_or_default()
        } else {
            name
        };
        if added == b"-" {
            without_lines.push(command::path(name));
        }
    }
    (differences, without_lines)
}

/// What `git ls-tree -r -z` prints: `MODE TYPE ID TAB path NUL`.
pub(super) fn tree(list: &[u8]) -> impl Iterator<Item = (&[u8], Kind)> {
    list.split(|&byte| byte == 0).filter_map(|entry| {
        let tab = entry.iter().position(|&byte| byte == b'\t')?;
        let (about, path) = entry.split_at_checked(tab)?;
        let fields: Vec<&[u8]> = about.split(|&byte| byte == b' ').collect();
        let &[mode, _, id] = fields.as_slice() else {
            return None;
        };
        Some((path.get(1..)?, kind(mode, id)))
    })
}

/// Files of which the index says that nobody should look whether they changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwatched<'l> {
    pub(super) path: &'l [u8],
    /// Whether it may be left out of the work tree.
    pub(super) is_sparse: bool,
}

/// What `git ls-files -v -z` prints: a letter, a blank and the path; a small letter is assumed not to change, and an S
/// is skipped.
pub(super) fn unwatched(list: &[u8]) -> impl Iterator<Item = Unwatched<'_>> {
    list.split(|&byte| byte == 0).filter_map(|entry| {
        let [letter, b' ', path @ ..] = entry else {
            return None;
        };
        let is_sparse = letter.eq_ignore_ascii_case(&b'S');
        (is_sparse || letter.is_ascii_lowercase()).then_some(Unwatched { path, is_sparse })
    })
}

fn kind(mode: &[u8], id: &[u8]) -> Kind {
    let id = || String::from_utf8_lossy(id).into_owned();
    match mode {
        SUBMODULE => Kind::Submodule(id()),
        _ if mode.starts_with(b"100") => Kind::File(id()),
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_two_sides() {
        let list = b":100644 100644 aa 00 M\0a\0:100644 100644 bb cc R090\0old\0new\0:100755 000000 dd 00 D\0gone\0\
            :000000 160000 00 ee A\0sub\0:120000 100644 ff 00 T\0link\0\
            :000000 000000 00 00 U\0u\0\
            1\t2\ta\0-\t-\t\0old\0new\0-\t-\tb\tc\0";
        let (found, without_lines) = differences(list);
        let words: Vec<_> = found
            .iter()
            .map(|it| {
                let new = it.new_path.as_ref().map(|path| path.to_str().unwrap());
                (it.was.clone(), it.old_path.to_str().unwrap(), new)
            })
            .collect();
        let file = |id: &str| Kind::File(id.to_owned());
        let expected = [
            (file("aa"), "a", Some("a")),
            (file("bb"), "old", Some("new")),
            (file("dd"), "gone", None),
            (Kind::Other, "sub", Some("sub")),
            (Kind::Other, "link", Some("link")),
            (Kind::Other, "u", Some("u")),
        ];
        assert_eq!(words, expected);
        assert!(found[3].is_submodule && !found[0].is_submodule);
        assert_eq!(without_lines, ["u", "new", "b\tc"].map(PathBuf::from));
    }

    #[test]
    fn broken_lists_do_not_panic() {
        for list in [
            &b":"[..],
            b":1 2 3 4 R1",
            b":1 2 3 4 R1\0a",
            b"1\t2\t",
            b"\0\0",
        ] {
            differences(list);
            assert_eq!(tree(list).count(), 0);
            assert_eq!(unwatched(list).count(), 0);
        }
    }

    #[test]
    fn trees_and_indexes_are_read() {
        let list = b"100644 blob aa\ta b\x00160000 commit bb\tsub\x00120000 blob cc\tl\0";
        let kinds: Vec<_> = tree(list).collect();
        let expected = [
            (&b"a b"[..], Kind::File("aa".to_owned())),
            (b"sub", Kind::Submodule("bb".to_owned())),
            (b"l", Kind::Other),
        ];
        assert_eq!(kinds, expected);
        let paths: Vec<_> = unwatched(b"H a\0h b\0S c\0s d e\0")
            .map(|it| (it.path, it.is_sparse))
            .collect();
        let expected = [(&b"b"[..], false), (b"c", true), (b"d e", true)];
        assert_eq!(paths, expected);
    }
}
