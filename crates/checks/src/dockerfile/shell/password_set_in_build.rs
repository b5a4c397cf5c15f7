use ringwall_input::dockerfile::{Command, ShellWord};
use ringwall_model::Span;

use crate::{
    Check, Findings, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Passwords of users that a RUN sets or removes: `chpasswd`, `passwd -d`, `passwd --stdin`, `useradd -p`, `usermod -p`.
    ///
    /// Locking a user, as with `usermod -p '!'`, is left out.
    ///
    /// ## Why it matters
    /// Every container of the image has the same password, and whoever can pull the image can read it in its history or crack its hash.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN useradd -m app && echo "app:example" | chpasswd # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN passwd -d root # <-
    /// RUN useradd -m -p example app # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN useradd -m app && echo "app:example" | tee /note
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN passwd -l root && usermod -p '!' app && useradd -m other && echo chpasswd
    /// ```
    ///
    /// ## Fix
    /// Leave users without a password, and log in with keys or not at all.
    PasswordSetInBuild {
        id: "password-set-in-build",
        title: "Password of a user set or removed in the build",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for PasswordSetInBuild {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands() {
                if let Some(what) = change(command) {
                    let place = command.word.as_ref().map_or(command.span, |word| word.span);
                    let mut draft = findings
                        .add(Self::META)
                        .span(step.source, place)
                        .note(format!("{} {what}", command.program()));
                    for password in passwords(&step, command) {
                        draft = draft.secret(password);
                    }
                }
            }
        }
    }
}

/// Where the passwords stand that a command sets: among its own words, or in what it reads.
fn passwords(step: &Step<'_>, command: &Command) -> Vec<Span> {
    match command.program() {
        "useradd" | "usermod" => of_flag(step, command).into_iter().collect(),
        program => {
            let names_users = program == "chpasswd";
            input(step, command)
                .into_iter()
                .map(|span| match step.source.slice(span).find(':') {
                    Some(colon) if names_users => {
                        Span::new(span.range().start + colon + 1, span.range().end)
                    }
                    _ => span,
                })
                .collect()
        }
    }
}

/// The value of `-p X`, `-pX` and `--password=X`.
fn of_flag(step: &Step<'_>, command: &Command) -> Option<Span> {
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        if matches!(word.value(), "-p" | "--password") {
            return words
                .next()
                .filter(|word| is_written(word))
                .map(|word| word.span);
        }
        let written = step.source.slice(word.span);
        for flag in ["--password=", "-p"] {
            if written.starts_with(flag) {
                return Some(Span::new(
                    word.span.range().start + flag.len(),
                    word.span.range().end,
                ));
            }
        }
    }
    None
}

/// What a command reads: the words that `echo` and its like pipe into it, here documents and here strings.
fn input(step: &Step<'_>, command: &Command) -> Vec<Span> {
    let piped = step.script().into_iter().flat_map(|script| {
        let others = script.pipeline(command.pipeline.id);
        others.filter(|other| {
            other.pipeline.index < command.pipeline.index && other.is_any(&["echo", "printf"])
        })
    });
    let words = piped
        .flat_map(|other| &other.args)
        .filter(|word| !word.is_flag());
    let redirects = || command.redirects.iter();
    let strings = redirects()
        .filter(|redirect| redirect.operator == "<<<")
        .map(|redirect| &redirect.target);
    words
        .chain(strings)
        .filter(|word| is_written(word))
        .map(|word| word.span)
        .chain(redirects().filter_map(|redirect| redirect.body))
        .collect()
}

/// Whether a word says something itself, and does not only name a variable.
fn is_written(word: &ShellWord) -> bool {
    let text = word.text.trim_matches('"');
    !text.starts_with('$') || text.starts_with("$(")
}

fn change(command: &Command) -> Option<&'static str> {
    let sets = Some("sets a password");
    match command.program() {
        "chpasswd" => sets,
        "passwd" if command.has_flag(&["-d", "--delete"]) => Some("removes a password"),
        "passwd" if command.has_flag(&["--stdin"]) => sets,
        "useradd" | "usermod" => {
            let hash = command
                .flag_value("--password")
                .or_else(|| command.flag_value("-p"))?;
            match hash {
                "" => Some("removes a password"),
                hash if hash.starts_with(['!', '*']) || hash == "x" => None,
                _ => sets,
            }
        }
        _ => None,
    }
}
