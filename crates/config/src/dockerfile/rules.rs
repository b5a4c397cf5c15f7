//! What BuildKit refuses in an instruction that can be split: wrong numbers of arguments, unknown flags.

use super::{heredoc, instruction::Instruction};

/// How often a flag may stand and what it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Text,
    /// May be repeated.
    Texts,
}

const ADD: &[(&str, Kind)] = &[
    ("chown", Kind::Text),
    ("chmod", Kind::Text),
    ("link", Kind::Boolean),
    ("keep-git-dir", Kind::Boolean),
    ("checksum", Kind::Text),
    ("unpack", Kind::Boolean),
    ("exclude", Kind::Texts),
];

const COPY: &[(&str, Kind)] = &[
    ("chown", Kind::Text),
    ("from", Kind::Text),
    ("chmod", Kind::Text),
    ("link", Kind::Boolean),
    ("exclude", Kind::Texts),
    ("parents", Kind::Boolean),
];

const FROM: &[(&str, Kind)] = &[("platform", Kind::Text)];

const RUN: &[(&str, Kind)] = &[
    ("mount", Kind::Texts),
    ("network", Kind::Text),
    ("security", Kind::Text),
    ("device", Kind::Texts),
];

const HEALTH_CHECK: &[(&str, Kind)] = &[
    ("interval", Kind::Text),
    ("timeout", Kind::Text),
    ("start-period", Kind::Text),
    ("start-interval", Kind::Text),
    ("retries", Kind::Text),
];

/// Refuses what BuildKit refuses.
pub(super) fn check(instruction: &Instruction) -> Result<(), String> {
    let upper = instruction.name.to_uppercase();
    let arguments = &instruction.arguments;
    let wants = |right: bool, what: &str| {
        if right {
            Ok(())
        } else {
            Err(format!("{upper} needs {what}"))
        }
    };
    match instruction.name.as_str() {
        "env" | "label" => {
            flags(instruction, &[])?;
            wants(!arguments.is_empty(), "a name and a value")?;
            let has_names = arguments
                .chunks(3)
                .all(|pair| pair.first().is_some_and(|name| !name.is_empty()));
            wants(has_names, "a name before =")
        }
        "maintainer" | "user" | "workdir" => {
            flags(instruction, &[])?;
            wants(arguments.len() == 1, "one argument")
        }
        "stopsignal" => wants(arguments.len() == 1, "one argument"),
        "add" | "copy" => {
            wants(arguments.len() >= 2, "sources and a destination")?;
            flags(instruction, if upper == "ADD" { ADD } else { COPY })?;
            let is_document = arguments
                .last()
                .is_some_and(|to| heredoc::parse(to).is_some());
            wants(!is_document, "a destination that is no heredoc")
        }
        "from" => {
            from(arguments)?;
            flags(instruction, FROM)
        }
        "onbuild" => on_build(instruction),
        "run" => {
            flags(instruction, RUN)?;
            run(instruction)
        }
        "cmd" | "entrypoint" => flags(instruction, &[]),
        "healthcheck" => health_check(instruction),
        "expose" => {
            wants(!arguments.is_empty(), "a port")?;
            flags(instruction, &[])
        }
        "volume" => {
            wants(!arguments.is_empty(), "a path")?;
            flags(instruction, &[])?;
            wants(
                arguments.iter().all(|path| !path.trim().is_empty()),
                "paths that are not empty",
            )
        }
        "arg" => {
            wants(!arguments.is_empty(), "a name")?;
            wants(
                arguments.iter().all(|word| !word.starts_with('=')),
                "a name before =",
            )
        }
        "shell" => {
            flags(instruction, &[])?;
            wants(
                instruction.is_json && !arguments.is_empty(),
                "an array in JSON",
            )
        }
        _ => Err(format!("unknown instruction {}", instruction.word)),
    }
}

fn flags(instruction: &Instruction, known: &[(&str, Kind)]) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for flag in instruction.flags.iter().flatten() {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag.as_str(), None),
        };
        let kind = known
            .iter()
            .find(|(known, _)| name.strip_prefix("--") == Some(known))
            .map(|(_, kind)| *kind)
            .ok_or_else(|| format!("unknown flag {name} of {}", instruction.name.to_uppercase()))?;
        if seen.contains(&name) && kind != Kind::Texts {
            return Err(format!("flag {name} stands twice"));
        }
        seen.push(name);
        match (kind, value) {
            (Kind::Boolean, Some(value)) => {
                if !["true", "false"].contains(&value.to_lowercase().as_str()) {
                    return Err(format!("flag {name} is true or false, not {value:?}"));
                }
            }
            (Kind::Text | Kind::Texts, None) => return Err(format!("flag {name} needs a value")),
            (Kind::Boolean, None) | (Kind::Text | Kind::Texts, Some(_)) => {}
        }
    }
    Ok(())
}

/// The values of a flag.
fn values<'a>(instruction: &'a Instruction, name: &'a str) -> impl Iterator<Item = &'a str> {
    instruction.flags.iter().flatten().filter_map(move |flag| {
        flag.strip_prefix("--")?
            .strip_prefix(name)?
            .strip_prefix('=')
    })
}

fn from(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [_] => Ok(()),
        [_, word, name] if word.eq_ignore_ascii_case("as") => {
            let name = name.to_lowercase();
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
                });
            if is_name {
                Ok(())
            } else {
                Err(format!("{name:?} is no name for a stage"))
            }
        }
        _ => Err("FROM needs an image, or an image, AS and a name".to_owned()),
    }
}

fn on_build(instruction: &Instruction) -> Result<(), String> {
    let Some(trigger) = &instruction.trigger else {
        return Err("ONBUILD needs an instruction".to_owned());
    };
    flags(instruction, &[])?;
    match trigger.name.as_str() {
        "onbuild" | "maintainer" | "from" => Err(format!(
            "{} is not allowed after ONBUILD",
            trigger.name.to_uppercase()
        )),
        _ => Ok(()),
    }
}

fn run(instruction: &Instruction) -> Result<(), String> {
    for mount in values(instruction, "mount") {
        let from = mount.split(',').find_map(|field| {
            let (key, value) = field.split_once('=')?;
            key.eq_ignore_ascii_case("from").then_some(value)
        });
        let variable = from.and_then(|from| Some((from.find('$')?, from.len())));
        if variable.is_some_and(|(at, length)| at + 1 != length) {
            return Err("from of a mount takes no variable".to_owned());
        }
    }
    for network in values(instruction, "network") {
        if !["default", "none", "host"].contains(&network) {
            return Err(format!("unknown network {network:?}"));
        }
    }
    for security in values(instruction, "security") {
        if !["insecure", "sandbox"].contains(&security) {
            return Err(format!("unknown security {security:?}"));
        }
    }
    Ok(())
}

fn health_check(instruction: &Instruction) -> Result<(), String> {
    let Some((kind, command)) = instruction.arguments.split_first() else {
        return Err("HEALTHCHECK needs CMD or NONE".to_owned());
    };
    match (kind.to_uppercase().as_str(), command) {
        ("NONE", []) => return Ok(()),
        ("NONE", _) => return Err("HEALTHCHECK NONE takes no arguments".to_owned()),
        ("CMD", []) => return Err("HEALTHCHECK CMD needs a command".to_owned()),
        ("CMD", _) => {}
        _ => return Err(format!("HEALTHCHECK needs CMD or NONE, not {kind}")),
    }
    flags(instruction, HEALTH_CHECK)?;
    for name in ["interval", "timeout", "start-period", "start-interval"] {
        for value in values(instruction, name).filter(|value| !value.is_empty()) {
            match nanoseconds(value) {
                // Zero means the default.
                Some(0) => {}
                Some(length) if length >= 1_000_000 => {}
                Some(_) => return Err(format!("{name} is shorter than a millisecond")),
                None => return Err(format!("{value:?} is no duration")),
            }
        }
    }
    for retries in values(instruction, "retries").filter(|value| !value.is_empty()) {
        if retries.parse::<i32>().ok().is_none_or(i32::is_negative) {
            return Err(format!("{retries:?} is no number of retries"));
        }
    }
    Ok(())
}

/// The length of a duration as Go writes it: `1m30s`, `-1.5h`, `0`.
fn nanoseconds(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|end| *end > 0)?;
        let (number, after) = rest.split_at(end);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000_i128,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut scale = unit;
        for digit in fraction.bytes() {
            scale /= 10;
            total += i128::from(digit - b'0') * scale;
        }
        rest = after;
    }
    i64::try_from(total)
        .ok()
        .map(|total| sign * i128::from(total))
}
