//! Commands that write a mounted secret somewhere.

mod archive;
mod place;
mod setting;

use std::collections::BTreeSet;

use ringwall_input::dockerfile::{Command, PartKind, Redirect, ShellScript, ShellWord};
use ringwall_model::Span;

use self::{archive::Tar, place::Places, setting::kept};
use crate::dockerfile::run_step::Step;

/// The secrets of a RUN, and how its script reaches them.
#[derive(Debug)]
pub(super) struct Secrets<'a> {
    script: &'a ShellScript,
    places: Places<'a>,
    /// Set by the mount, or by the script from a file.
    variables: BTreeSet<&'a str>,
}

/// Commands that write what is in a file, or on their standard input.
const READERS: &[&str] = &[
    "cat", "tac", "rev", "base64", "base32", "xxd", "od", "head", "tail", "tr", "cut", "paste",
    "fold", "sort", "uniq", "strings", "sed", "awk", "gawk", "mawk", "grep", "egrep", "fgrep",
    "jq", "yq", "zcat", "gunzip", "gzip", "envsubst",
];

/// Commands whose output is what they were given.
fn is_filter(command: &Command) -> bool {
    command.is_any(READERS) || command.is_any(&["tee", "echo", "printf"])
}

/// Whether a command writes of a file or its standard input more than that something is in it.
fn is_reader(command: &Command) -> bool {
    let only_tells = command.is_any(&["grep", "egrep", "fgrep"])
        && command.has_flag(&["-q", "--quiet", "--silent", "-c", "--count", "-l", "-L"]);
    command.is_any(READERS) && !only_tells
}

impl<'a> Secrets<'a> {
    /// The secrets that are mounted; `None` where there are none, or nothing that a POSIX shell runs.
    /// See: <https://docs.docker.com/reference/dockerfile/#run---mounttypesecret>
    pub(super) fn of(step: Step<'a>) -> Option<Self> {
        let run = step.run;
        let mounts = || run.mounts.iter().filter(|mount| mount.kind == "secret");
        mounts().next()?;
        let script = run.script.posix()?;
        let mut secrets = Self {
            script,
            places: Places::of(step, script),
            variables: mounts()
                .filter_map(|mount| mount.option(&["env"]))
                .collect(),
        };
        for command in &secrets.script.commands {
            secrets.assigned(command);
        }
        Some(secrets)
    }

    /// The names of the files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.files()
    }

    /// A path as it is meant at a command, from the root on where that is known.
    pub(super) fn path(&self, path: &str, command: &Command) -> String {
        self.places.path(path, command)
    }

    /// Remembers the variables that a command gives a secret.
    fn assigned(&mut self, command: &'a Command) {
        for assignment in &command.assignments {
            let value = assignment.value.as_ref();
            if value.is_some_and(|value| self.is_read_in(value)) {
                self.variables.insert(&assignment.name);
            }
        }
        if command.is_any(&["export", "local", "declare", "readonly", "typeset"]) {
            for arg in &command.args {
                if let Some((name, _)) = arg.text.split_once('=')
                    && self.is_read_in(arg)
                {
                    self.variables.insert(name);
                }
            }
        }
        if command.is("read") && self.is_given_to(command) {
            let names = command.args.iter().filter(|arg| !arg.is_flag());
            self.variables.extend(names.map(ShellWord::value));
        }
    }

    /// Whether the standard input of a command is a secret: by a redirect of its own, one of a group around it, or a pipe.
    fn is_given_to(&self, command: &Command) -> bool {
        let is_secret = |redirect: &Redirect| self.gives(redirect, command);
        if command.redirects.iter().any(is_secret) {
            return true;
        }
        let mut groups = self.script.groups.iter();
        let in_group = groups.any(|group| {
            group.span.contains(command.span) && group.redirects.iter().any(is_secret)
        });
        let own = (command.pipeline.id, command.pipeline.index);
        let around = command.around.iter().map(|place| (place.id, place.index));
        let mut places = std::iter::once(own).chain(around);
        in_group || places.any(|(id, index)| self.is_piped(id, index))
    }

    /// Whether a secret comes through a pipe to the commands at `index` of it.
    fn is_piped(&self, pipeline: usize, index: usize) -> bool {
        (0..index).rev().any(|writer| {
            let mut commands = self.script.pipeline(pipeline);
            commands.any(|command| command.pipeline.index == writer && self.passes_on(command))
                && (writer + 1..index).all(|between| self.lets_through(pipeline, between))
        })
    }

    fn lets_through(&self, pipeline: usize, index: usize) -> bool {
        let mut commands = self.script.pipeline(pipeline);
        commands.any(|command| command.pipeline.index == index && is_filter(command))
    }

    /// Whether a redirect makes a secret the standard input of a command.
    fn gives(&self, redirect: &Redirect, command: &Command) -> bool {
        redirect.operator == "<" && self.places.is_file(&redirect.target, command)
            || redirect.operator == "<<<" && self.is_value_in(&redirect.target)
            || redirect
                .body
                .is_some_and(|body| self.is_value_in_body(body))
    }

    /// Whether the value of a variable is a secret, and not merely something about it such as its checksum.
    fn is_read_in(&self, word: &ShellWord) -> bool {
        word.parts.iter().any(|part| match &part.kind {
            PartKind::Variable { name, modifier } => self.is_variable(name, modifier),
            PartKind::Substitution => {
                let mut inner = self
                    .script
                    .commands
                    .iter()
                    .skip_while(|command| command.span.start < part.span.start)
                    .take_while(|command| command.span.end <= part.span.end);
                let is_named = self.places.are_named_in(&word.text);
                inner.any(|command| {
                    is_named && (command.word.is_none() || is_reader(command))
                        || self.passes_on(command)
                })
            }
            _ => false,
        })
    }

    fn is_variable(&self, name: &str, modifier: &str) -> bool {
        // `${#x}` is its length, `${x:+y}` something else.
        let is_value = modifier != "#" && !modifier.trim_start_matches(':').starts_with('+');
        is_value && self.variables.contains(name)
    }

    /// Whether the word holds a secret itself: its variable, or `$(cat path)`.
    fn is_value_in(&self, word: &ShellWord) -> bool {
        word.parts.iter().any(|part| match &part.kind {
            PartKind::Variable { name, modifier } => self.is_variable(name, modifier),
            PartKind::Substitution => self.places.are_named_in(&word.text),
            _ => false,
        })
    }

    /// Whether a heredoc gives a secret: by its variable, or by `$(cat path)`.
    fn is_value_in_body(&self, body: Span) -> bool {
        let mut references = self.script.references.iter();
        let mut commands = self.script.commands.iter();
        references
            .any(|used| body.contains(used.span) && self.variables.contains(used.name.as_str()))
            || commands.any(|command| {
                let mut words = command.args.iter();
                body.contains(command.span)
                    && command.in_substitution
                    && is_reader(command)
                    && words.any(|word| self.places.is_file(word, command))
            })
    }

    /// Where a command writes a secret to.
    pub(super) fn written_by(&self, command: &Command) -> Option<String> {
        if let Some(place) = self
            .copied_by(command)
            .or_else(|| self.unpacked_by(command))
        {
            return file(&place).map(str::to_owned);
        }
        if let Some((words, place)) = kept(command) {
            let mut words = words.iter();
            let reads = ["--password-stdin", "--with-token", "--stdin"];
            let is_login = || reads.iter().any(|flag| command.has_arg(flag)) || command.is("cargo");
            let is_kept = words.any(|word| {
                self.is_value_in(word)
                    || command.is("gcloud") && self.places.are_named_in(word.value())
            });
            return (is_kept || is_login() && self.is_given_to(command)).then(|| place.to_owned());
        }
        if edits_in_place(command) {
            let operands = command.operands(&[]);
            let has_value = command
                .args
                .iter()
                .any(|word| self.is_put_by(command, word));
            return operands
                .last()
                .filter(|_| has_value)
                .map(|word| word.value().to_owned());
        }
        // Only commands that pass on what they read; the output of curl is something else.
        let prints_all = self.prints_environment(command);
        if !(is_filter(command) || prints_all || Tar::of(command).is_some())
            || command.in_substitution
        {
            return None;
        }
        let operands = command.operands(&[]);
        let place = match operands.first().filter(|_| command.is("tee")) {
            Some(written) => file(written.value())?,
            None => self.output_of(command)?,
        };
        (self.passes_on(command) || is_filter(command) && self.is_given_to(command))
            .then(|| place.to_owned())
    }

    /// Where a command copies the file of a secret to.
    fn copied_by(&self, command: &Command) -> Option<String> {
        let covers = |word: &ShellWord, is_recursive: bool| {
            self.places.covers_file(word, command, is_recursive)
        };
        match command.program() {
            "cp" | "mv" | "install" | "rsync" | "scp" => {
                let is_recursive =
                    command.has_flag(&["-r", "-R", "-a", "--recursive", "--archive"]);
                let operands = command.operands(&["-m", "-o", "-g", "-t", "--target-directory"]);
                let target = command
                    .flag_value("--target-directory")
                    .or_else(|| command.flag_value("-t").filter(|_| !command.is("rsync")));
                let (sources, destination) = match (target, operands.split_last()) {
                    (Some(target), _) => (operands.as_slice(), target),
                    (None, Some((last, sources))) => (sources, last.value()),
                    (None, None) => return None,
                };
                // Another machine: `host:path`.
                let is_elsewhere = command.is_any(&["rsync", "scp"]) && destination.contains(':');
                let is_copied = sources.iter().any(|word| covers(word, is_recursive));
                (is_copied && !is_elsewhere).then(|| destination.to_owned())
            }
            "dd" => {
                let mut words = command.args.iter().map(ShellWord::value);
                let output = words.clone().find_map(|word| word.strip_prefix("of="))?;
                let input = words.find_map(|word| word.strip_prefix("if="));
                let is_secret = match input {
                    Some(path) => {
                        let path = self.path(path, command);
                        self.paths().any(|file| file == path)
                    }
                    None => self.is_given_to(command),
                };
                is_secret.then(|| output.to_owned())
            }
            "gpg" | "gpg2" | "openssl" | "age" => {
                let output = command.flag_value("--output").or_else(|| {
                    command.flag_value(if command.is("openssl") { "-out" } else { "-o" })
                })?;
                let is_digest = command.has_arg("dgst") || command.has_arg("-digest");
                let is_read = command.args.iter().any(|word| covers(word, false))
                    || self.is_given_to(command);
                (is_read && !is_digest).then(|| output.to_owned())
            }
            "zip" => {
                let operands = command.operands(&[]);
                let (archive, files) = operands.split_first()?;
                let is_packed = files
                    .iter()
                    .any(|word| covers(word, command.has_flag(&["-r"])));
                is_packed.then(|| archive.value().to_owned())
            }
            "tar" | "gtar" | "bsdtar" => {
                let tar = Tar::of(command)?;
                let archive = tar.file().filter(|_| tar.creates)?;
                self.packs(&tar, command)
                    .then(|| archive.value().to_owned())
            }
            _ => None,
        }
    }

    /// Where a command unpacks a secret to.
    fn unpacked_by(&self, command: &Command) -> Option<String> {
        if command.is("unzip") {
            let operands = command.operands(&["-d"]);
            let archive = operands.first()?;
            return self
                .places
                .is_file(archive, command)
                .then(|| command.flag_value("-d").unwrap_or(".").to_owned());
        }
        let tar = Tar::of(command).filter(|tar| tar.extracts)?;
        let is_secret = match tar.file() {
            Some(archive) => self.places.is_file(archive, command),
            None => self.is_given_to(command),
        };
        is_secret.then(|| tar.folder.map_or(".", ShellWord::value).to_owned())
    }

    fn packs(&self, tar: &Tar<'_>, command: &Command) -> bool {
        tar.members.iter().any(|member| {
            let folder = tar.folder.filter(|_| !member.value().starts_with('/'));
            match folder.and_then(|folder| folder.literal.as_deref()) {
                Some(folder) => {
                    let path = format!("{folder}/{}", member.value());
                    let word = ShellWord {
                        literal: Some(path),
                        ..ShellWord::default()
                    };
                    self.places.covers_file(&word, command, true)
                }
                None => self.places.covers_file(member, command, true),
            }
        })
    }

    /// The file that the output of a command goes to: by its own redirect, or by that of a group around it.
    fn output_of<'c>(&'c self, command: &'c Command) -> Option<&'c str> {
        if let Some(place) = output(&command.redirects) {
            return file(place);
        }
        if command.pipeline.index + 1 < command.pipeline.len {
            return None;
        }
        let mut groups = self.script.groups.iter();
        let place = groups.find_map(|group| {
            output(&group.redirects).filter(|_| group.span.contains(command.span))
        });
        file(place?)
    }

    /// Whether a command writes a secret of its own accord: its arguments, a file, its environment.
    fn passes_on(&self, command: &Command) -> bool {
        let is_value = |word: &ShellWord| self.is_value_in(word);
        let prints = command.is_any(&["echo", "printf"]) && command.args.iter().any(is_value)
            || command.is_any(&["sed", "awk", "gawk", "mawk"])
                && command
                    .args
                    .iter()
                    .any(|word| self.is_put_by(command, word));
        let given = command
            .redirects
            .iter()
            .any(|redirect| self.gives(redirect, command));
        let is_file = |word: &ShellWord| self.places.is_file(word, command);
        let reads = is_reader(command) && (given || command.args.iter().any(is_file));
        let packs = Tar::of(command)
            .is_some_and(|tar| tar.creates && tar.file().is_none() && self.packs(&tar, command));
        prints || reads || packs || command.is("tee") && given || self.prints_environment(command)
    }

    /// Whether a command prints variables that hold secrets: `env`, `printenv TOKEN`, `envsubst`.
    fn prints_environment(&self, command: &Command) -> bool {
        let mut args = command.args.iter().map(ShellWord::value);
        let is_all = match command.program() {
            "env" | "set" => command.args.is_empty(),
            "printenv" => {
                return !self.variables.is_empty()
                    && (command.args.is_empty() || args.any(|arg| self.variables.contains(arg)));
            }
            "export" | "declare" => command.args.is_empty() || command.has_arg("-p"),
            // With arguments, only the variables that these name are put in.
            "envsubst" => {
                let mut named = self.variables.iter();
                return if command.args.is_empty() {
                    named.next().is_some()
                } else {
                    named.any(|name| args.clone().any(|arg| names_variable(arg, name)))
                };
            }
            _ => false,
        };
        is_all && !self.variables.is_empty()
    }

    /// Whether a command that changes texts puts a secret in; to look for one in order to hide it is something else.
    fn is_put_by(&self, command: &Command, word: &ShellWord) -> bool {
        if !self.is_value_in(word) {
            return false;
        }
        if !command.is_any(&["sed", "perl"]) {
            return true;
        }
        let mut before = String::new();
        for part in &word.parts {
            match &part.kind {
                PartKind::Literal(text) => before.push_str(text),
                PartKind::Variable { name, modifier }
                    if self.is_variable(name, modifier) && is_replacement(&before) =>
                {
                    return true;
                }
                PartKind::Substitution if is_replacement(&before) => return true,
                _ => {}
            }
        }
        false
    }
}

/// Whether what follows in a script of `sed` is no pattern of `s`.
fn is_replacement(before: &str) -> bool {
    let command = before.rsplit(['\n', ';']).next().unwrap_or("").trim_start();
    let mut letters = command.strip_prefix('s').unwrap_or("").chars();
    match letters.next() {
        Some(mark) if !mark.is_alphanumeric() => letters.any(|letter| letter == mark),
        _ => true,
    }
}

/// Whether an argument of `envsubst` names a variable: `'$HOST ${PORT}'`.
fn names_variable(text: &str, name: &str) -> bool {
    let mut words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words.any(|word| word == name)
}

/// Whether a command changes files: `sed -i`, `perl -pi -e`.
fn edits_in_place(command: &Command) -> bool {
    match command.program() {
        "sed" => command.has_flag(&["-i", "--in-place"]),
        "perl" => command.has_flag(&["-i"]),
        _ => false,
    }
}

/// Where redirects send standard output.
fn output(redirects: &[Redirect]) -> Option<&str> {
    let mut outputs = redirects.iter().filter(|redirect| {
        matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>" | "&>>")
            && redirect.descriptor.unwrap_or(1) == 1
    });
    outputs.next().map(|redirect| redirect.target.value())
}

/// A place that stays in the layer.
fn file(place: &str) -> Option<&str> {
    (!place.starts_with("/dev/") && !place.starts_with("/proc/")).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sed_are_no_replacements() {
        for before in ["s/x/", "s|x|a", "/x/s/y/", "a ", "s/a/b/;s,x,", ""] {
            assert!(is_replacement(before), "{before}");
        }
        for before in ["s/", "s|x", "s/a/b/; s,x"] {
            assert!(!is_replacement(before), "{before}");
        }
    }
}
