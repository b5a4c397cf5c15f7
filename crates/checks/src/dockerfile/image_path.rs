//! Paths in an image, and the working directory they are relative to.

use std::borrow::Cow;

use ringwall_input::dockerfile::{Base, Dockerfile, Instruction, InstructionKind, Stage, Word};

/// Whether a path starts at a root, of Linux or of Windows.
pub(super) fn is_absolute(path: &str) -> bool {
    let mut bytes = path.bytes();
    match bytes.next() {
        Some(b'/' | b'\\') => true,
        Some(drive) => drive.is_ascii_alphabetic() && bytes.next() == Some(b':'),
        None => false,
    }
}

/// Whether a path may start at a root: a variable that nobody knows may hold one.
pub(super) fn may_be_absolute(word: &Word) -> bool {
    is_absolute(&word.value) || (!word.resolved && word.value.starts_with('$'))
}

/// The WORKDIRs that count at an instruction, the nearest first: of its stage and of those it is based on.
pub(super) fn workdirs<'a>(
    file: &'a Dockerfile,
    stage: &'a Stage,
    at: &Instruction,
) -> impl Iterator<Item = &'a Word> {
    let start = at.span.start;
    file.ancestors(stage)
        .flat_map(|stage| stage.instructions.iter().rev())
        .filter(move |instruction| instruction.span.start < start)
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::Workdir(path) => Some(path),
            _ => None,
        })
}

/// The working directory at an instruction; `None` where the base image or a variable decides.
pub(super) fn workdir(file: &Dockerfile, stage: &Stage, at: &Instruction) -> Option<String> {
    let mut relative = Vec::new();
    for path in workdirs(file, stage, at) {
        if !path.resolved {
            return None;
        }
        relative.push(path.value.as_str());
        if is_absolute(&path.value) {
            return Some(joined(&relative));
        }
    }
    if file.root_base(stage) == Some(&Base::Scratch) {
        relative.push("/");
        return Some(joined(&relative));
    }
    None
}

/// An absolute path without `.`, `..` and repeated slashes: `/etc` of `/app/../etc/`; any other stays as it is.
pub(super) fn plain(path: &str) -> Cow<'_, str> {
    if path.starts_with('/') {
        Cow::Owned(joined(&[path, "/"]))
    } else {
        Cow::Borrowed(path)
    }
}

/// A path from the root on; a relative one stays so where nothing is known of the folder it stands in.
pub(super) fn absolute(path: &str, folder: Option<&str>) -> String {
    let path = at_home(path);
    if is_absolute(&path) {
        return plain(&path).into_owned();
    }
    match folder {
        Some(folder) => plain(&format!("{folder}/{path}")).into_owned(),
        None => path.strip_prefix("./").unwrap_or(&path).to_owned(),
    }
}

/// A path with the home directory of root, as whom a build runs unless it says otherwise.
fn at_home(path: &str) -> String {
    let below = ["~/", "$HOME/", "${HOME}/"]
        .iter()
        .find_map(|home| path.strip_prefix(home));
    below.map_or_else(|| path.to_owned(), |below| format!("/root/{below}"))
}

/// One path of several, the last of which is the root of the others.
fn joined(nearest_first: &[&str]) -> String {
    let mut parts = nearest_first.iter().rev();
    let mut path = parts
        .next()
        .map_or("", |root| root.trim_end_matches('/'))
        .to_owned();
    for part in parts.flat_map(|part| part.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                let parent = path.rfind('/').unwrap_or(0);
                path.truncate(parent);
            }
            name => {
                path.push('/');
                path.push_str(name);
            }
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// The last component of a path: `id_rsa` of `keys/id_rsa`.
pub(super) fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_both_worlds_are_absolute() {
        assert!(is_absolute("/app"));
        assert!(is_absolute(r"C:\go"));
        assert!(is_absolute("c:/go"));
        assert!(is_absolute(r"\app"));
        assert!(!is_absolute("app"));
        assert!(!is_absolute("./app"));
        assert!(!is_absolute(""));
    }

    #[test]
    fn paths_are_joined_from_the_root_on() {
        assert_eq!(joined(&["c", "b", "/a"]), "/a/b/c");
        assert_eq!(joined(&["../c", "./b", "/a/"]), "/a/c");
        assert_eq!(joined(&["..", "/a"]), "/");
        assert_eq!(joined(&[".", "/"]), "/");
    }

    #[test]
    fn absolute_paths_are_made_plain() {
        assert_eq!(plain("/app/../etc/"), "/etc");
        assert_eq!(plain("//usr/./bin"), "/usr/bin");
        assert_eq!(plain("/"), "/");
        assert_eq!(plain("../etc"), "../etc");
    }

    #[test]
    fn file_names_are_the_last_component() {
        assert_eq!(file_name("a/b/id_rsa"), "id_rsa");
        assert_eq!(file_name(".ssh/"), ".ssh");
        assert_eq!(file_name("x"), "x");
    }

    #[test]
    fn relative_paths_stand_in_a_folder() {
        assert_eq!(absolute("a", Some("/app")), "/app/a");
        assert_eq!(absolute("../a", Some("/app")), "/a");
        assert_eq!(absolute("./a", None), "a");
        assert_eq!(absolute("~/a", Some("/app")), "/root/a");
        assert_eq!(absolute("/b//c", Some("/app")), "/b/c");
    }
}
