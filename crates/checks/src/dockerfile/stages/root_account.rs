//! Accounts that a build gives the number of root, so that their name only hides it.

use ringwall_input::dockerfile::{Command, InstructionKind, ShellWord, Stage};

use crate::{
    dockerfile::{
        run_step::steps,
        written_text::{Files, written},
    },
    judge::Build,
};

const PASSWD: Files = Files {
    is_one: |path| path == "/etc/passwd" || path.ends_with("/etc/passwd"),
    or_unknown: false,
};

/// What last gives an account of a stage the number 0: a program, or the file of accounts.
pub(super) fn giver(build: &Build<'_>, stage: &Stage, name: &str) -> Option<String> {
    let file = build.dockerfile;
    let stages: Vec<usize> = file.ancestors(stage).map(|stage| stage.index).collect();
    // Where something is said about the account, and what gives it the number of root.
    let mut said: Vec<(usize, Option<String>)> = Vec::new();
    for step in steps(build) {
        let runs_here = matches!(step.instruction.kind, InstructionKind::Run(_));
        if !runs_here || !stages.contains(&step.stage.index) {
            continue;
        }
        for command in step.expanded(changes_accounts) {
            if command.has_arg(name)
                && let Some(number) = number(&command)
            {
                let giver = is_zero(number).then(|| command.program().to_owned());
                said.push((command.span.range().start, giver));
            }
        }
    }
    let owned = name.to_owned();
    let find = move |text: &str| entry(text, &owned);
    for place in written(build, PASSWD, &find) {
        let is_here = file.stages.iter().any(|stage| {
            let mut instructions = stage.instructions.iter();
            stages.contains(&stage.index)
                && instructions.any(|instruction| instruction.span.contains(place))
        });
        if is_here {
            said.push((place.range().start, Some("/etc/passwd".to_owned())));
        }
    }
    said.into_iter().max_by_key(|(at, _)| *at)?.1
}

fn changes_accounts(command: &Command) -> bool {
    command.is_any(&["useradd", "adduser", "usermod"])
}

/// The number that a command gives an account: `--uid 0`, `-u 0`, `-ou0`. See: useradd(8), usermod(8).
fn number(command: &Command) -> Option<&str> {
    let with_value = if command.is("usermod") {
        "bcdefgGhklKpsvVwWZRP"
    } else {
        "bcdefgGhkKpsvVwWZRP"
    };
    let mut words = command.args.iter().map(ShellWord::value);
    while let Some(word) = words.next() {
        if word == "--uid" {
            return words.next();
        }
        if let Some(number) = word.strip_prefix("--uid=") {
            return Some(number);
        }
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
            continue;
        };
        let takes = |letter: char| letter == 'u' || with_value.contains(letter);
        if let Some((before, number)) = letters.split_once('u')
            && !before.contains(takes)
        {
            return Some(number)
                .filter(|number| !number.is_empty())
                .or_else(|| words.next());
        }
        if letters.ends_with(takes) {
            words.next();
        }
    }
    None
}

fn is_zero(number: &str) -> bool {
    !number.is_empty() && number.bytes().all(|byte| byte == b'0')
}

/// The entry of a file of accounts that gives one the number 0: `app:x:0:`.
fn entry(text: &str, name: &str) -> Option<(usize, usize)> {
    let found = text.match_indices(name).find(|&(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let starts = before.is_none_or(|last| !(last.is_alphanumeric() || "_-.".contains(last)));
        let behind = text.get(at + name.len()..).unwrap_or("");
        let mut fields = behind.split(':');
        let is_fields = fields.next() == Some("") && fields.next().is_some();
        starts && is_fields && fields.next().is_some_and(is_zero) && fields.next().is_some()
    });
    found.map(|(at, name)| (at, at + name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_those_of_the_account() {
        assert_eq!(entry("a\napp:x:0:0::/:/bin/sh", "app"), Some((2, 5)));
        assert_eq!(entry("app::00:0:", "app"), Some((0, 3)));
        for other in [
            "myapp:x:0:0:",
            "app:x:10:0:",
            "app:x:0",
            "app x:0:0:",
            "app2:x:0:0:",
        ] {
            assert_eq!(entry(other, "app"), None, "{other}");
        }
    }
}
