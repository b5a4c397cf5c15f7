use ringwall_input::dockerfile::{Command, Dialect, PartKind, ShellScript, ShellWord};
use ringwall_model::Span;

use super::client;
use crate::{Check, Findings, check, dockerfile::run_step::scripts, judge::Build};

check! {
    /// ## What it finds
    /// What `curl`, `wget` and the like fetch and a shell or another interpreter runs at once: `curl ... | sh`, `bash -c "$(curl ...)"`, `bash <(curl ...)`, `eval "$(curl ...)"`.
    ///
    /// ## Why it matters
    /// Nobody sees or verifies what runs as root in the build: the server, or whoever took it over, may send something else to each caller, and half a script runs when the connection breaks.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN curl -fsSL https://example.com/install.sh | bash # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN wget -qO- https://example.com/install.sh | tee log | sudo -E bash -s -- --yes # <-
    /// RUN sh -c "$(curl -fsSL https://example.com/install.sh)" # <-
    /// RUN curl -sSL https://example.com/install.py | python3 - # <-
    /// RUN (cd /tmp && curl -sSL https://example.com/install.sh) | bash -e # <-
    /// SHELL ["/bin/bash", "-c"]
    /// RUN source <(curl -fsSL https://example.com/env) # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN curl -fsSL https://example.com/install.sh -o install.sh
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN curl -fsSL https://example.com/tool.tar.gz | tar -xz
    /// RUN curl -fsSL https://example.com/versions.json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0])'
    /// RUN curl -fsSL https://example.com/data | bash ./import.sh
    /// RUN echo "curl https://example.com/install.sh | sh"
    /// ```
    ///
    /// ## Fix
    /// Download to a file, verify its checksum or signature, then run it; or install a package instead.
    DownloadPipedToShell {
        id: "download-piped-to-shell",
        title: "Download run by a shell at once",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DownloadPipedToShell {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for script in scripts(build) {
            let downloads = script
                .commands
                .iter()
                .filter(|command| client::is_download(command));
            // What `eval` runs is also an argument of it, and is listed as both.
            let mut last = None;
            for command in downloads {
                if let Some((runner, span)) = runner(script, command)
                    && last.replace(span) != Some(span)
                {
                    findings
                        .add(Self::META)
                        .span(build.source, span)
                        .note(format!(
                            "what {} fetches is run by {} at once",
                            command.program(),
                            runner.program()
                        ));
                }
            }
        }
    }
}

/// The command that runs what a download gives, and the place of both.
fn runner<'a>(script: &'a ShellScript, download: &Command) -> Option<(&'a Command, Span)> {
    let piped = script.pipeline(download.pipeline.id).find(|other| {
        other.pipeline.index > download.pipeline.index && reads_script_from_pipe(other)
    });
    if let Some(other) = piped {
        return Some((other, download.span.to(other.span)));
    }
    if let Some(other) = behind_group(script, download) {
        return Some((other, download.span.to(other.span)));
    }
    if !download.in_substitution {
        return None;
    }
    let around = script.commands.iter().find(|other| {
        other.span.contains(download.span) && runs_substitution(other, download.span)
    });
    around.map(|other| (other, other.span))
}

/// The command that runs what the group or subshell around a download writes: `(curl ...) | sh`.
fn behind_group<'a>(script: &'a ShellScript, download: &Command) -> Option<&'a Command> {
    let other = script
        .commands
        .iter()
        .find(|other| other.span.start > download.span.start)?;
    let follows_group = other.pipeline.index > 0
        && !script
            .pipeline(other.pipeline.id)
            .any(|before| before.pipeline.index + 1 == other.pipeline.index);
    (follows_group && reads_script_from_pipe(other)).then_some(other)
}

/// Whether a command takes its script from standard input.
fn reads_script_from_pipe(command: &Command) -> bool {
    if Dialect::of_program(&command.name).is_none() {
        return is_interpreter(command)
            && command
                .args
                .iter()
                .find(|arg| arg.value() != "-u")
                .is_none_or(|arg| {
                    // Other flags bring a program of their own: -c, -m, -e, -pe.
                    matches!(arg.value(), "-" | "--" | "/dev/stdin")
                });
    }
    let mut args = command.args.iter().map(ShellWord::value);
    while let Some(arg) = args.next() {
        match arg.strip_prefix('-') {
            None if arg.starts_with('+') => {}
            None => return arg == "/dev/stdin",
            Some("" | "-") => return true,
            Some(long) if long.starts_with('-') => {}
            Some(letters) if letters.contains('c') => return false,
            Some(letters) if letters.contains('s') => return true,
            Some(letters) if letters.ends_with(['o', 'O']) => {
                args.next();
            }
            Some(_) => {}
        }
    }
    true
}

fn is_interpreter(command: &Command) -> bool {
    let program = command
        .program()
        .trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
    matches!(
        program,
        "python" | "perl" | "ruby" | "node" | "php" | "pwsh"
    )
}

/// Whether a command runs the text that the substitution around `place` gives.
fn runs_substitution(command: &Command, place: Span) -> bool {
    let holds = |kind: &PartKind| {
        command
            .args
            .iter()
            .flat_map(|arg| &arg.parts)
            .any(|part| part.kind == *kind && part.span.contains(place))
    };
    let is_shell = Dialect::of_program(&command.name).is_some();
    if is_shell || is_interpreter(command) {
        let takes_text = command.has_flag(&["-c", "-e", "-r", "-E"]);
        return takes_text && holds(&PartKind::Substitution)
            || holds(&PartKind::ProcessSubstitution);
    }
    match command.name.as_str() {
        "eval" => holds(&PartKind::Substitution),
        "source" | "." => holds(&PartKind::ProcessSubstitution),
        _ => false,
    }
}
