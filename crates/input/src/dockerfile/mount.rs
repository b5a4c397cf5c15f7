//! The `--mount` flags of RUN.

use super::substitution::Word;
use super::{Flag, Mount};

const KINDS: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];
const SHARINGS: [&str; 3] = ["shared", "private", "locked"];
const SWITCHES: [&str; 5] = ["readonly", "ro", "readwrite", "rw", "required"];

/// Reads a flag that [`flaw`] finds nothing wrong with.
pub(super) fn mount(flag: &Flag) -> Mount {
    let text = flag.value.as_ref().map_or("", |word| word.value.as_str());
    let options = options(text);
    Mount {
        span: flag.span,
        kind: kind(&options),
        options,
    }
}

fn options(text: &str) -> Vec<(String, Option<String>)> {
    text.split(',')
        .filter(|option| !option.is_empty())
        .map(|option| match option.split_once('=') {
            Some((name, value)) => (name.to_ascii_lowercase(), Some(value.to_owned())),
            None => (option.to_ascii_lowercase(), None),
        })
        .collect()
}

fn kind(options: &[(String, Option<String>)]) -> String {
    let given = options.iter().find(|(name, _)| name == "type");
    given
        .and_then(|(_, value)| value.as_deref())
        .unwrap_or("bind")
        .to_ascii_lowercase()
}

/// Why `BuildKit` refuses a mount; `None` also where a variable hides what is asked for.
///
/// See: <https://docs.docker.com/reference/dockerfile/#run---mount>
pub(super) fn flaw(word: &Word) -> Option<String> {
    if !word.resolved {
        return None;
    }
    if word.value.split(',').any(str::is_empty) {
        return Some("--mount has an empty option".to_owned());
    }
    let options = options(&word.value);
    let kind = kind(&options);
    if !KINDS.contains(&kind.as_str()) {
        return Some(format!("--mount does not know the type {kind}"));
    }
    for (name, value) in &options {
        match value {
            Some(value) => {
                if let Some(flaw) = option_flaw(&kind, name, value) {
                    return Some(flaw);
                }
            }
            None if SWITCHES.contains(&name.as_str()) => {}
            None => return Some(format!("the option {name} of --mount has no value")),
        }
        let takes_required = kind == "secret" || kind == "ssh";
        if name == "required" && !takes_required {
            return Some(misplaced(&kind, name));
        }
    }
    let has = |names: &[&str]| {
        options
            .iter()
            .any(|(name, _)| names.contains(&name.as_str()))
    };
    let is_source_given = has(&["source", "src"]);
    if kind == "secret" {
        if is_source_given && has(&["id"]) {
            return Some("a secret has either an id or a source".to_owned());
        }
        if !is_source_given && !has(&["id", "target", "dst", "destination"]) {
            return Some("a secret needs an id".to_owned());
        }
    }
    (kind == "ssh" && is_source_given).then(|| misplaced(&kind, "source"))
}

fn option_flaw(kind: &str, name: &str, value: &str) -> Option<String> {
    let is_valid = match name {
        "target" | "dst" | "destination" => !is_root(value),
        "from" if kind == "secret" => return Some(misplaced(kind, name)),
        "type" | "source" | "src" | "from" | "id" | "env" => true,
        "readonly" | "ro" | "readwrite" | "rw" | "required" => is_switch(value),
        "sharing" if kind == "cache" => SHARINGS.contains(&value.to_ascii_lowercase().as_str()),
        "size" if kind == "tmpfs" => value.starts_with(|first: char| first.is_ascii_digit()),
        "mode" | "uid" | "gid" if ["cache", "secret", "ssh"].contains(&kind) => {
            let radix = if name == "mode" { 8 } else { 10 };
            !value.starts_with('+') && u32::from_str_radix(value, radix).is_ok()
        }
        "sharing" | "size" | "mode" | "uid" | "gid" => return Some(misplaced(kind, name)),
        _ => return Some(format!("--mount does not know the option {name}")),
    };
    (!is_valid).then(|| format!("the option {name} of --mount cannot be {value}"))
}

fn misplaced(kind: &str, name: &str) -> String {
    format!("a mount of type {kind} has no option {name}")
}

/// Whether a target is the root directory, which nothing can be mounted over.
fn is_root(target: &str) -> bool {
    target.starts_with('/') && target.split('/').all(|part| part.is_empty() || part == ".")
}

fn is_switch(value: &str) -> bool {
    let known = ["1", "t", "true", "0", "f", "false"];
    // Go takes `true`, `True` and `TRUE`, and so on.
    known.contains(&value.to_ascii_lowercase().as_str())
}
