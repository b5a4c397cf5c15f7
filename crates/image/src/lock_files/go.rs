//! `go.mod`: the modules that a module requires.
//!
//! Since Go 1.17 it names all modules that are built, and those that others require are marked `// indirect`.
//! See: <https://go.dev/ref/mod#go-mod-file>.

use std::collections::HashMap;

use super::{Damage, Listing, is_blank, numbered};

/// Directives that name no module to look up.
const OTHERS: [&str; 6] = [
    "exclude",
    "godebug",
    "ignore",
    "retract",
    "tool",
    "toolchain",
];

/// What these modules require is built as well, and stands in no file but theirs.
const DIRECT_ONLY: &str = "may require modules that go.mod does not name before Go 1.17";

/// Longest word that is shown, in characters.
const MAX_SHOWN: usize = 40;

/// A replacement: the path, and the version where there is one.
type Replacement = (String, Option<String>);

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut block: Option<String> = None;
    let mut is_marked = is_blank(text, "//");
    let mut names_all = false;
    let mut required: Vec<(u32, String, String)> = Vec::new();
    let mut replaced: HashMap<(String, Option<String>), Replacement> = HashMap::new();
    for (number, line) in numbered(text) {
        let Some(words) = words(line) else {
            listing.damage(number, "a quoted word does not end");
            continue;
        };
        let mut words: &[String] = &words;
        let directive = match (&block, words) {
            (_, []) => continue,
            (Some(_), [close]) if close == ")" => {
                block = None;
                continue;
            }
            (None, [directive, open]) if open == "(" => {
                block = Some(directive.clone());
                continue;
            }
            (Some(directive), _) => directive.clone(),
            (None, [directive, rest @ ..]) => {
                words = rest;
                directive.clone()
            }
        };
        match (&*directive, words) {
            ("require", [path, version]) => {
                required.push((number, path.clone(), version.clone()));
            }
            ("replace", [path, arrow, to @ ..]) if arrow == "=>" => {
                if let Some(to) = replacement(to) {
                    replaced.insert((path.clone(), None), to);
                }
            }
            ("replace", [path, version, arrow, to @ ..]) if arrow == "=>" => {
                if let Some(to) = replacement(to) {
                    replaced.insert((path.clone(), Some(version.clone())), to);
                }
            }
            ("require" | "replace", _) => {
                listing.damage(number, format!("cannot be read as a line of {directive}"));
            }
            ("module", _) => is_marked = true,
            ("go", [version]) => names_all = is_since_17(version),
            (other, _) if OTHERS.contains(&other) => {}
            // Go refuses the file; what stands here may be anything.
            (other, _) => {
                let shown: String = other.chars().take(MAX_SHOWN).collect();
                listing.damage(number, format!("is no directive of Go: {shown}"));
            }
        }
    }
    if !is_marked {
        listing.damage(1, "names no module");
    }
    for (line, path, version) in required {
        if !names_all {
            listing.unlisted(DIRECT_ONLY, line);
        }
        let exact = replaced.get(&(path.clone(), Some(version.clone())));
        match exact.or_else(|| replaced.get(&(path.clone(), None))) {
            None => listing.package(&path, &version, line, false)?,
            Some((other, Some(version))) => listing.package(other, version, line, false)?,
            // A folder.
            Some((_, None)) => {}
        }
    }
    Ok(())
}

/// Whether a `go` directive is of a version since which all modules are named.
fn is_since_17(version: &str) -> bool {
    let mut numbers = version.split(|it: char| !it.is_ascii_digit());
    let mut next = || numbers.next().and_then(|it| it.parse::<u64>().ok());
    (next(), next()) >= (Some(1), Some(17))
}

fn replacement(words: &[String]) -> Option<Replacement> {
    match words {
        [path] => Some((path.clone(), None)),
        [path, version] => Some((path.clone(), Some(version.clone()))),
        _ => None,
    }
}

/// The words of a line without its comment; `None` where a quoted one does not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    loop {
        if rest.is_empty() || rest.starts_with("//") {
            return Some(words);
        }
        let quote = rest
            .chars()
            .next()
            .filter(|first| matches!(first, '"' | '`'));
        let (word, next) = if let Some(quote) = quote {
            rest.get(1..)?.split_once(quote)?
        } else {
            // `require(` is two words; paths and versions hold no parenthesis.
            let ends = |it: char| it.is_whitespace() || matches!(it, '(' | ')');
            let end = rest.find(ends).unwrap_or(rest.len()).max(1);
            rest.split_at_checked(end)?
        };
        words.push(word.to_owned());
        rest = next.trim_start();
    }
}
