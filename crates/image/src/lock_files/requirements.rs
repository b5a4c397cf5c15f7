//! `requirements.txt`: what pins one version of a package with `==`.
//!
//! See: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>,
//! <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>.

use super::{Damage, Listing, NO_RELEASE, names::is_folder, numbered};

/// Any version that fits may be installed.
const UNPINNED: &str = "are not pinned to one version with ==";

/// What they hold is not known here.
const OTHER_FILES: &str = "stand for requirements in files of other names or outside the folder";

/// `${VERSION}`, which pip takes from the environment.
const VARIABLES: &str = "take their version from a variable";

/// Whether a file of this name (or path) holds requirements.
pub(super) fn is_named(name: &str) -> bool {
    let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
    let text = base.strip_suffix(".txt");
    // Those of Rye, and what others lock by hand.
    let Some(stem) = text.or_else(|| base.strip_suffix(".lock")) else {
        return false;
    };
    let mut words = stem.split(['-', '_', '.']);
    words.any(|word| word == "requirements")
        || (text.is_some() && is_folder(folder, "requirements"))
}

/// Whether a file is there for requirements by its folder alone, and its first line is none: what a program shall do
/// may stand in a folder of this name as well.
fn is_prose(text: &str, name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let mut lines = text.lines().map(|line| without_comment(line).trim());
    let Some(first) = lines.find(|line| !line.is_empty()) else {
        return false;
    };
    let rest = first.trim_start_matches(is_of_name).trim_start();
    let is_requirement = first.contains("://")
        || first.starts_with(['-', '.', '/'])
        || rest.is_empty()
        || rest.starts_with(['[', '=', '<', '>', '!', '~', ';', '@', '(']);
    is_named(name) && !is_named(base) && !is_requirement
}

pub(super) fn read(text: &str, name: &str, listing: &mut Listing) -> Result<(), Damage> {
    // The charts that a chart of Helm 2 stands on have a file of this name as well.
    let is_stated = |line: &&str| !line.is_empty() && !line.starts_with('#');
    if name.ends_with(".lock") && text.lines().find(is_stated) == Some("dependencies:") {
        return Ok(());
    }
    if is_prose(text, name) {
        return Ok(());
    }
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut joined = String::new();
    let mut first = 1;
    for (number, line) in numbered(text) {
        if joined.is_empty() {
            first = number;
        }
        // What begins as a comment ends with its line.
        let is_comment = joined.is_empty() && line.trim_start().starts_with('#');
        match line.strip_suffix('\\') {
            _ if is_comment => {}
            Some(begun) => {
                joined.push_str(begun);
                joined.push(' ');
            }
            None if joined.is_empty() => requirement(line, number, folder, listing)?,
            None => {
                joined.push_str(line);
                requirement(&joined, first, folder, listing)?;
                joined.clear();
            }
        }
    }
    requirement(&joined, first, folder, listing)
}

fn requirement(line: &str, number: u32, folder: &str, listing: &mut Listing) -> Result<(), Damage> {
    let line = without_comment(line).trim();
    let is_mark = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
        .iter()
        .any(|it| line.starts_with(it));
    if line.is_empty() || is_mark {
        return Ok(());
    }
    let line = match option(line) {
        None => line,
        Some(("-e" | "--editable", what)) => what,
        Some(("-r" | "--requirement", file)) => {
            let path = format!("{folder}/{}", file.trim_start_matches("./"));
            // A file beside or below is read by itself; whether one above is among what is scanned is not known here.
            let is_elsewhere = file.contains("://") || file.starts_with('/');
            if !is_named(&path) || is_elsewhere || file.split('/').any(|it| it == "..") {
                listing.unlisted(OTHER_FILES, number);
            }
            return Ok(());
        }
        Some(_) => return Ok(()),
    };
    if is_of_project(line) {
        return Ok(());
    }
    let specifier = line.split(';').next().unwrap_or_default();
    // Digests follow as options.
    let specifier = specifier.split(" --").next().unwrap_or_default().trim();
    if let Some((_, address)) = specifier.split_once('@') {
        if !is_of_project(address.trim()) {
            listing.unlisted(NO_RELEASE, number);
        }
        return Ok(());
    }
    if specifier.contains("://") {
        listing.unlisted(NO_RELEASE, number);
        return Ok(());
    }
    let end = specifier.find(|it: char| !is_of_name(it));
    let (name, rest) = specifier
        .split_at_checked(end.unwrap_or(specifier.len()))
        .unwrap_or((specifier, ""));
    if name.is_empty() {
        listing.damage(number, "is no requirement");
        return Ok(());
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let rest = rest.trim().trim_start_matches('(').trim_end_matches(')');
    if rest.contains("${") {
        listing.unlisted(VARIABLES, number);
        return Ok(());
    }
    let mut pins = rest.split(',').filter_map(|clause| {
        let version = clause.trim().strip_prefix("==")?;
        let version = version.strip_prefix('=').unwrap_or(version).trim();
        (!version.is_empty() && !version.contains(['*', ' '])).then_some(version)
    });
    if let Some(version) = pins.next() {
        return listing.package(name, version, number, false);
    }
    listing.unlisted(UNPINNED, number);
    Ok(())
}

/// A comment begins a line, or follows a space.
fn without_comment(line: &str) -> &str {
    let mut marks = line.match_indices('#');
    let starts = |at: usize| {
        let before = line.get(..at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    };
    let comment = marks.find(|(at, _)| starts(*at));
    comment.map_or(line, |(at, _)| line.get(..at).unwrap_or_default())
}

/// An option and its value: `-r base.txt`, `--requirement=base.txt`.
fn option(line: &str) -> Option<(&str, &str)> {
    if !line.starts_with('-') {
        return None;
    }
    let (option, value) = match line.split_once([' ', '=', '\t']) {
        Some((option, value)) => (option, value.trim()),
        // `-rbase.txt`.
        None if !line.starts_with("--") => line.split_at_checked(2).unwrap_or((line, "")),
        None => (line, ""),
    };
    Some((option, value))
}

/// Whether it is a folder or a file.
fn is_of_project(what: &str) -> bool {
    what.starts_with(['.', '/']) || what.starts_with("file:")
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}
