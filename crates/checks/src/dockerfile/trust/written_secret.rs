//! Commands that write a mounted secret somewhere.

use ringwall_input::dockerfile::{Command, Mount, PartKind, Run, ShellWord};

/// How a script reaches a mounted secret.
#[derive(Clone, Debug)]
pub(super) struct Secret<'a> {
    /// The path of the file; none when it is only a variable.
    path: Option<String>,
    variable: Option<&'a str>,
}

impl<'a> Secret<'a> {
    /// The secret of a mount, if it is one.
    /// See: <https://docs.docker.com/reference/dockerfile/#run---mounttypesecret>
    pub(super) fn of(mount: &'a Mount) -> Option<Self> {
        if mount.kind != "secret" {
            return None;
        }
        let variable = mount.option(&["env"]);
        let path = match (mount.target(), mount.option(&["id"])) {
            (Some(target), _) => Some(target.to_owned()),
            (None, Some(id)) if variable.is_none() => Some(format!("/run/secrets/{id}")),
            (None, _) => None,
        };
        Some(Self { path, variable })
    }

    fn is_path(&self, word: &ShellWord) -> bool {
        self.path.as_deref() == Some(word.value())
    }

    /// Whether the word holds the secret itself: its variable, or `$(cat path)`.
    fn is_value_in(&self, word: &ShellWord) -> bool {
        let has_substitution = || {
            word.parts
                .iter()
                .any(|part| part.kind == PartKind::Substitution)
        };
        word.parts.iter().any(|part| match &part.kind {
            PartKind::Variable { name, .. } => Some(name.as_str()) == self.variable,
            _ => false,
        }) || self
            .path
            .as_deref()
            .is_some_and(|path| has_substitution() && word.text.contains(path))
    }
}

/// Commands whose output is what they were given.
const FILTERS: &[&str] = &[
    "cat", "base64", "head", "tail", "tr", "sed", "tee", "echo", "printf",
];

/// Where a command writes the secret to.
pub(super) fn written(run: &Run, command: &Command, secret: &Secret<'_>) -> Option<String> {
    let operands = command.operands(&["-m", "-o", "-g"]);
    match command.program() {
        "cp" | "mv" | "install" => {
            let (destination, sources) = operands.split_last()?;
            return sources
                .iter()
                .any(|word| secret.is_path(word))
                .then(|| destination.value().to_owned());
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
                .any(|word| secret.is_value_in(word))
                .then(|| place.to_owned());
        }
        _ => {}
    }
    // Only commands that pass on what they read; the output of curl is something else.
    let passes_on = |command: &Command| {
        let prints = command.is_any(&["echo", "printf"])
            && command.args.iter().any(|word| secret.is_value_in(word));
        let reads = command.is_any(&["cat", "base64", "head", "tail", "tr", "sed"])
            && (command.args.iter().any(|word| secret.is_path(word))
                || command
                    .redirects
                    .iter()
                    .any(|redirect| redirect.operator == "<" && secret.is_path(&redirect.target)));
        prints || reads
    };
    if !command.is_any(FILTERS) || command.in_substitution {
        return None;
    }
    let place = if command.is("tee") {
        operands.first().map(|word| word.value())?
    } else {
        command
            .redirects
            .iter()
            .filter(|redirect| matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>"))
            .map(|redirect| redirect.target.value())
            .find(|target| !target.starts_with("/dev/"))?
    };
    let posix = run.script.posix()?;
    posix
        .pipeline(command.pipeline.id)
        .any(passes_on)
        .then(|| place.to_owned())
}
