//! What commands install and remove.

use std::collections::HashSet;

use ringwall_input::dockerfile::{Command, ShellWord};
use ringwall_model::Span;

use super::packages::rpm;

/// A package that a command installs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package<'a> {
    word: &'a ShellWord,
    command: &'a Command,
}

impl<'a> Package<'a> {
    /// The name without version, architecture and repository.
    pub(super) fn name(&self) -> &'a str {
        name(self.word.value())
    }

    /// Where it is named.
    pub(super) fn span(&self) -> Span {
        self.word.span
    }

    /// Whether it is one of these packages, also with a version behind a hyphen (`make-4.3`).
    pub(super) fn is_any(&self, names: &[&str]) -> bool {
        let own = self.name();
        names.iter().any(|name| {
            own.strip_prefix(name).is_some_and(|rest| {
                let mut rest = rest.bytes();
                match rest.next() {
                    None => true,
                    Some(b'-') => rest.next().is_some_and(|byte| byte.is_ascii_digit()),
                    Some(_) => false,
                }
            })
        })
    }
}

fn name(word: &str) -> &str {
    let end = word
        .find(['=', '<', '>', '~', '@', ':', '/'])
        .unwrap_or(word.len());
    word.get(..end).unwrap_or(word)
}

/// Whether a command is one of a package manager.
pub(super) fn is_manager(command: &Command) -> bool {
    command.is_any(&["apt-get", "apt", "aptitude", "apk", "zypper", "pacman"])
        || command.is_any(rpm::PROGRAMS)
}

/// The packages of the system that a command installs.
pub(super) fn installs(command: &Command) -> Vec<Package<'_>> {
    let (verbs, with_value): (&[&str], &[&str]) = match command.program() {
        "apt-get" | "apt" | "aptitude" => (
            &["install"],
            &[
                "-t",
                "--target-release",
                "--default-release",
                "-o",
                "--option",
                "-c",
                "--config-file",
            ],
        ),
        "apk" => (
            &["add"],
            &[
                "-t",
                "--virtual",
                "-X",
                "--repository",
                "-p",
                "--root",
                "--repositories-file",
                "--keys-dir",
                "--arch",
            ],
        ),
        program if rpm::PROGRAMS.contains(&program) => (
            rpm::INSTALLS,
            &[
                "-c",
                "--config",
                "--installroot",
                "--releasever",
                "--setopt",
                "--enablerepo",
                "--disablerepo",
                "-x",
                "--exclude",
            ],
        ),
        "zypper" => (
            &["install", "in"],
            &["-r", "--repo", "-R", "--root", "-t", "--type", "--from"],
        ),
        "pacman" => (&[], &["-r", "--root", "-b", "--dbpath", "--config"]),
        _ => return Vec::new(),
    };
    let mut words = command.operands(with_value).into_iter();
    if command.is("pacman") {
        if !command.has_flag(&["--sync"]) && command.count_flag('S') == 0 {
            return Vec::new();
        }
    } else if !words
        .next()
        .is_some_and(|verb| verbs.contains(&verb.value()))
    {
        return Vec::new();
    }
    words.map(|word| Package { word, command }).collect()
}

/// What the commands of one RUN remove again.
#[derive(Clone, Debug, Default)]
pub(super) struct Removals<'a> {
    names: HashSet<&'a str>,
    /// A removal that names a variable, a pattern or nothing (`apt-get autoremove`) may remove anything.
    anything: bool,
}

impl<'a> Removals<'a> {
    /// The removals among the commands of a script.
    pub(super) fn of(commands: &'a [Command]) -> Self {
        let mut removals = Self::default();
        for command in commands {
            let verbs: &[&str] = match command.program() {
                "apt-get" | "apt" | "aptitude" => &["remove", "purge", "autoremove", "autopurge"],
                "apk" => &["del"],
                program if rpm::PROGRAMS.contains(&program) => rpm::REMOVES,
                "zypper" => &["remove", "rm"],
                _ => continue,
            };
            let words = command.operands(&["-o"]);
            let Some((verb, removed)) = words.split_first() else {
                continue;
            };
            if !verbs.contains(&verb.value()) {
                continue;
            }
            removals.anything |= removed.is_empty();
            for word in removed {
                removals.anything |= word.literal.is_none() || word.value().contains('*');
                removals.names.insert(name(word.value()));
            }
        }
        removals
    }

    /// Whether a package, or the virtual package of `apk` it belongs to, is removed.
    pub(super) fn cover(&self, package: &Package<'_>) -> bool {
        let group = || {
            let command = package.command;
            let group = command
                .flag_value("--virtual")
                .or_else(|| command.flag_value("-t"));
            group.filter(|_| command.is("apk"))
        };
        self.anything
            || self.names.contains(package.name())
            || !self.names.is_empty() && group().is_some_and(|group| self.names.contains(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        let text = format!("FROM scratch\nRUN {script}\n");
        let (file, _) = ringwall_input::dockerfile::parse(&text);
        let commands = file.stages[0].instructions[1].script().unwrap().commands();
        let removals = Removals::of(commands);
        let left: Vec<&str> = commands
            .iter()
            .flat_map(installs)
            .filter(|package| !removals.cover(package))
            .map(|package| package.name())
            .collect();
        assert_eq!(left, expected, "{script}");
    }

    #[test]
    fn packages_of_each_manager_are_known() {
        check(
            "apt-get install -y -t sid curl=8.1 gcc:arm64",
            &["curl", "gcc"],
        );
        check(
            "apk add --no-cache --virtual .deps 'make>4' go@edge",
            &["make", "go"],
        );
        check("dnf -y install --setopt=a=b gcc", &["gcc"]);
        check("dnf5 -y in gcc", &["gcc"]);
        check("zypper -n in gcc", &["gcc"]);
        check("pacman -Syu --noconfirm gcc", &["gcc"]);
        check("apt-get update && npm install gcc", &[]);
    }

    #[test]
    fn what_the_same_run_removes_does_not_stay() {
        check("apk add --virtual .d gcc && make && apk del .d", &[]);
        check(
            "apt-get install -y gcc curl && apt-get purge -y gcc",
            &["curl"],
        );
        check(
            "apt-get install -y gcc; apt-get purge -y --auto-remove",
            &[],
        );
        check("apt-get install -y gcc; apt-get purge $deps", &[]);
        check("apk add gcc && apk del make", &["gcc"]);
        check("dnf in -y gcc && dnf rm -y gcc", &[]);
    }

    #[test]
    fn a_version_may_stand_behind_a_hyphen() {
        let text = "FROM scratch\nRUN yum install make-4.3 makedumpfile\n";
        let (file, _) = ringwall_input::dockerfile::parse(text);
        let commands = file.stages[0].instructions[1].script().unwrap().commands();
        let packages = installs(&commands[0]);
        assert!(packages[0].is_any(&["make"]));
        assert!(!packages[1].is_any(&["make"]));
    }
}
