//! Features of bash that a script for `sh` cannot rely on.
//!
//! Measured against POSIX.1-2017, which is what the smallest `/bin/sh` of common images promise.

use std::ops::Range;

use super::word_parser::PlacedWord;

/// A variable that only bash sets.
pub(super) fn of_variable(name: &str) -> Option<&'static str> {
    match name {
        "RANDOM" => Some("$RANDOM"),
        "SECONDS" => Some("$SECONDS"),
        "HOSTNAME" => Some("$HOSTNAME"),
        "OSTYPE" => Some("$OSTYPE"),
        "MACHTYPE" => Some("$MACHTYPE"),
        "EUID" => Some("$EUID"),
        "UID" => Some("$UID"),
        "PIPESTATUS" => Some("$PIPESTATUS"),
        "FUNCNAME" => Some("$FUNCNAME"),
        "SHLVL" => Some("$SHLVL"),
        "DIRSTACK" => Some("$DIRSTACK"),
        _ if name.starts_with("BASH_") => Some("$BASH_ variables"),
        _ => None,
    }
}

/// A modifier of `${name...}` that POSIX does not have.
pub(super) fn of_modifier(modifier: &str) -> Option<&'static str> {
    let mut bytes = modifier.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(b'/'), _) => Some("${name/pattern/text}"),
        (Some(b'^' | b','), _) => Some("${name^^}"),
        (Some(b'@'), _) => Some("${name@operator}"),
        (Some(b':'), Some(next)) if !b"-+=?".contains(&next) => Some("${name:offset}"),
        _ => None,
    }
}

/// The features that a command uses by its name or its arguments, with their places.
pub(super) fn of_command(
    name: &str,
    args: &[PlacedWord],
) -> Vec<(Option<Range<usize>>, &'static str)> {
    let first = args.first();
    let first_value = first.map_or("", |arg| arg.word.value());
    let any = |value: &str| {
        args.iter()
            .find(|arg| arg.word.value() == value)
            .map(|arg| arg.range.clone())
    };
    let mut found = Vec::new();
    match name {
        "source" => found.push((None, "source")),
        "pushd" | "popd" | "dirs" => found.push((None, "pushd and popd")),
        "declare" | "typeset" => found.push((None, "declare")),
        "local" => found.push((None, "local")),
        "let" => found.push((None, "let")),
        "shopt" => found.push((None, "shopt")),
        "mapfile" | "readarray" => found.push((None, "mapfile")),
        "coproc" => found.push((None, "coproc")),
        "builtin" => found.push((None, "builtin")),
        "echo" if is_short_flags(first_value, b"neE") => {
            found.push((first.map(|arg| arg.range.clone()), "echo flags"));
        }
        "printf" if first_value == "-v" => {
            found.push((first.map(|arg| arg.range.clone()), "printf -v"));
        }
        "printf" if first_value.contains("%q") => {
            found.push((first.map(|arg| arg.range.clone()), "printf %q"));
        }
        "type" if is_short_flags(first_value, b"afptP") => {
            found.push((first.map(|arg| arg.range.clone()), "type flags"));
        }
        "export" if is_short_flags(first_value, b"fn") => {
            found.push((first.map(|arg| arg.range.clone()), "export flags"));
        }
        "read" => {
            let flag = args.iter().find(|arg| {
                arg.word
                    .value()
                    .strip_prefix('-')
                    .is_some_and(|letters| !letters.is_empty() && letters != "r")
            });
            if let Some(flag) = flag {
                found.push((Some(flag.range.clone()), "read flags"));
            }
        }
        "[" | "test" => {
            found.extend(any("==").map(|range| (Some(range), "== in place of =")));
            found.extend(any("=~").map(|range| (Some(range), "=~")));
            found.extend(any("-v").map(|range| (Some(range), "test -v")));
        }
        "trap" => {
            let signal = args
                .iter()
                .skip(1)
                .find(|arg| ["ERR", "DEBUG", "RETURN"].contains(&arg.word.value()));
            found.extend(
                signal.map(|arg| (Some(arg.range.clone()), "trap on ERR, DEBUG or RETURN")),
            );
        }
        "set" => found.extend(any("pipefail").map(|range| (Some(range), "pipefail"))),
        "exec" if first_value == "-a" => {
            found.push((first.map(|arg| arg.range.clone()), "exec -a"));
        }
        "wait" if first_value == "-n" => {
            found.push((first.map(|arg| arg.range.clone()), "wait -n"));
        }
        _ => {}
    }
    found
}

fn is_short_flags(text: &str, letters: &[u8]) -> bool {
    text.strip_prefix('-').is_some_and(|given| {
        !given.is_empty() && given.bytes().all(|letter| letters.contains(&letter))
    })
}
