//! Commands that write a mounted secret somewhere.

use std::collections::BTreeSet;

use ringwall_input::dockerfile::{Command, Mount, PartKind, Redirect, Run, ShellScript, ShellWord};
use ringwall_model::Span;

/// The secrets of a RUN, and how its script reaches them.
#[derive(Debug)]
pub(super) struct Secrets<'a> {
    script: &'a ShellScript,
    /// The files.
    paths: Vec<String>,
    /// Set by the mount, or by the script from a file.
    variables: BTreeSet<&'a str>,
}

/// Commands whose output is what they were given.
const FILTERS: &[&str] = &[
    "cat", "base64", "head", "tail", "tr", "sed", "tee", "echo", "printf",
];

/// Commands that write what is in a file.
const READERS: &[&str] = &["cat", "base64", "head", "tail", "tr", "sed"];

impl<'a> Secrets<'a> {
    /// The secrets that are mounted; `None` where there are none, or nothing that a POSIX shell runs.
    /// See: <https://docs.docker.com/reference/dockerfile/#run---mounttypesecret>
    pub(super) fn of(run: &'a Run) -> Option<Self> {
        let mounts = || run.mounts.iter().filter(|mount| mount.kind == "secret");
        mounts().next()?;
        let mut secrets = Self {
            script: run.script.posix()?,
            paths: mounts().filter_map(path).collect(),
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
        self.paths.iter().map(String::as_str)
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
        let reads =
            |redirect: &Redirect| redirect.operator == "<" && self.is_file(&redirect.target);
        if command.is("read") && command.redirects.iter().any(reads) {
            let names = command.args.iter().filter(|arg| !arg.is_flag());
            self.variables.extend(names.map(ShellWord::value));
        }
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
                self.names_file(&word.text)
                    && inner.any(|command| command.word.is_none() || command.is_any(READERS))
            }
            _ => false,
        })
    }

    fn is_variable(&self, name: &str, modifier: &str) -> bool {
        // `${#x}` is its length, `${x:+y}` something else.
        let is_value = modifier != "#" && !modifier.trim_start_matches(':').starts_with('+');
        is_value && self.variables.contains(name)
    }

    fn is_file(&self, word: &ShellWord) -> bool {
        let path = at_home(word.value());
        self.paths.contains(&path)
    }

    /// Whether a word means a secret's file, or all in its folder.
    fn covers_file(&self, word: &ShellWord, is_recursive: bool) -> bool {
        let path = at_home(word.value());
        let folder = path.trim_end_matches(['*', '.']).trim_end_matches('/');
        let takes_all = path.ends_with("/*") || is_recursive;
        self.is_file(word)
            || takes_all
                && !folder.is_empty()
                && self.paths.iter().any(|secret| {
                    secret
                        .rsplit_once('/')
                        .is_some_and(|(parent, _)| parent == folder)
                })
    }

    fn names_file(&self, text: &str) -> bool {
        self.paths.iter().any(|path| text.contains(path.as_str()))
    }

    /// Whether the word holds a secret itself: its variable, or `$(cat path)`.
    fn is_value_in(&self, word: &ShellWord) -> bool {
        word.parts.iter().any(|part| match &part.kind {
            PartKind::Variable { name, modifier } => self.is_variable(name, modifier),
            PartKind::Substitution => self.names_file(&word.text),
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
                body.contains(command.span)
                    && command.in_substitution
                    && command.is_any(READERS)
                    && command.args.iter().any(|word| self.is_file(word))
            })
    }

    /// Where a command writes a secret to.
    pub(super) fn written_by(&self, command: &Command) -> Option<String> {
        let operands = command.operands(&["-m", "-o", "-g"]);
        match command.program() {
            "cp" | "mv" | "install" | "rsync" => {
                let is_recursive =
                    command.has_flag(&["-r", "-R", "-a", "--recursive", "--archive"]);
                let (destination, sources) = operands.split_last()?;
                return sources
                    .iter()
                    .any(|word| self.covers_file(word, is_recursive))
                    .then(|| destination.value())
                    .and_then(file)
                    .map(str::to_owned);
            }
            "dd" => {
                let operand = |name: &str| {
                    let mut words = command.args.iter().map(ShellWord::value);
                    words.find_map(|word| word.strip_prefix(name))
                };
                let source = operand("if=").map(at_home)?;
                return operand("of=")
                    .filter(|_| self.paths.contains(&source))
                    .and_then(file)
                    .map(str::to_owned);
            }
            "git" | "npm" | "yarn" | "pnpm" | "pip" | "pip3" => {
                let place = match command.program() {
                    "git" if command.has_arg("clone") => ".git",
                    _ if !command.has_arg("config") => return None,
                    "git" => "~/.gitconfig",
                    "yarn" => "~/.yarnrc.yml",
                    "pip" | "pip3" => "~/.config/pip/pip.conf",
                    _ => "~/.npmrc",
                };
                return command
                    .args
                    .iter()
                    .any(|word| self.is_value_in(word))
                    .then(|| place.to_owned());
            }
            "sed" if command.has_flag(&["-i", "--in-place"]) => {
                let has_value = command.args.iter().any(|word| self.is_value_in(word));
                return operands
                    .last()
                    .filter(|_| has_value)
                    .map(|word| word.value().to_owned());
            }
            _ => {}
        }
        // Only commands that pass on what they read; the output of curl is something else.
        if !command.is_any(FILTERS) || command.in_substitution {
            return None;
        }
        let place = match operands.first().filter(|_| command.is("tee")) {
            Some(written) => file(written.value())?,
            None => self.output_of(command)?,
        };
        self.script
            .pipeline(command.pipeline.id)
            .any(|command| self.passes_on(command))
            .then(|| place.to_owned())
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

    fn passes_on(&self, command: &Command) -> bool {
        let prints = command.is_any(&["echo", "printf"])
            && command.args.iter().any(|word| self.is_value_in(word));
        let given = command.redirects.iter().any(|redirect| {
            redirect.operator == "<" && self.is_file(&redirect.target)
                || redirect.operator == "<<<" && self.is_value_in(&redirect.target)
                || redirect
                    .body
                    .is_some_and(|body| self.is_value_in_body(body))
        });
        let reads = command.is_any(READERS)
            && (given || command.args.iter().any(|word| self.is_file(word)));
        prints || reads || command.is("tee") && given
    }
}

/// The file of a secret; `None` when it is only a variable.
fn path(mount: &Mount) -> Option<String> {
    if let Some(target) = mount.target() {
        return Some(target.to_owned());
    }
    if mount.option(&["env"]).is_some() {
        return None;
    }
    let id = mount.option(&["source", "src", "id"])?;
    let name = id.trim_end_matches('/').rsplit('/').next()?;
    Some(format!("/run/secrets/{name}"))
}

/// A path with the home directory of root, as whom a build runs unless it says otherwise.
fn at_home(path: &str) -> String {
    let below = ["~/", "$HOME/", "${HOME}/"]
        .iter()
        .find_map(|home| path.strip_prefix(home));
    below.map_or_else(|| path.to_owned(), |below| format!("/root/{below}"))
}

/// Where redirects send standard output.
fn output(redirects: &[Redirect]) -> Option<&str> {
    let mut outputs = redirects.iter().filter(|redirect| {
        matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>")
            && redirect.descriptor.unwrap_or(1) == 1
    });
    outputs.next().map(|redirect| redirect.target.value())
}

/// A place that stays in the layer.
fn file(place: &str) -> Option<&str> {
    (!place.starts_with("/dev/")).then_some(place)
}
