use ringwall_input::dockerfile::{Command, InstructionKind, ShellWord};

use super::{client, runner::Runners};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

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
    /// RUN curl -sSL https://example.com/install.py | python${PYTHON_VERSION} -IB - # <-
    /// RUN curl -sSL https://example.com/install.fish | fish # <-
    /// RUN (cd /tmp && curl -sSL https://example.com/install.sh) | bash -e # <-
    /// SHELL ["/bin/bash", "-c"]
    /// RUN source <(curl -fsSL https://example.com/env) # <-
    /// RUN bash <<< "$(curl -fsSL https://example.com/install.sh)" # <-
    /// RUN bash < <(curl -fsSL https://example.com/install.sh) # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN bash <<EOF
    /// curl -fsSL https://example.com/install.sh | sh # <-
    /// EOF
    /// RUN script="$(curl -fsSL https://example.com/install.sh)" && sh -c "$script" # <-
    /// RUN export script="$(curl -fsSL https://example.com/install.sh)" && echo "$script" | bash # <-
    /// RUN get() { curl -fsSL https://example.com/install.sh; }; get | sh # <-
    /// RUN curl -fsSL https://example.com/install.sh | (cd /opt && sh) # <-
    /// RUN curl -fsSL https://example.com/install.sh | { read -r first; bash; } # <-
    /// RUN curl -fsSL https://example.com/install.sh | . /dev/stdin # <-
    /// RUN curl -fsSL https://example.com/install.sh | su app -c sh # <-
    /// RUN curl -fsSL https://example.com/install.sh | xargs -0 bash -c # <-
    /// RUN echo "$(curl -fsSL https://example.com/install.sh)" | sh # <-
    /// ENV SHELL_OF_BUILD=bash FETCH="curl -fsSL"
    /// RUN curl -fsSL https://example.com/install.sh | $SHELL_OF_BUILD # <-
    /// RUN $FETCH https://example.com/install.sh | sh # <-
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
    /// RUN version="$(curl -fsSL https://example.com/latest)" && sh -c "install-tool $version"
    /// RUN curl -fsSL https://example.com/list | while read -r name; do sh ./add.sh "$name"; done
    /// RUN curl -fsSL https://example.com/list | (cat > list; echo ./add.sh | sh)
    /// RUN curl -fsSL https://example.com/list | xargs -n 1 sh ./add.sh
    /// RUN get() { curl -fsSL "$1"; }; get https://example.com/data > data && sh ./import.sh
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
        for step in steps(build) {
            judge(build, &step.named_commands(), findings);
        }
        for instruction in build.dockerfile.instructions() {
            let is_run = matches!(instruction.innermost().kind, InstructionKind::Run(_));
            if let Some(script) = instruction.script().filter(|_| !is_run) {
                judge(build, script.commands(), findings);
            }
        }
    }
}

fn judge(build: &Build<'_>, commands: &[Command], findings: &mut Findings<'_>) {
    let runners = Runners::of(commands);
    let downloads = commands
        .iter()
        .filter(|command| client::is_download(command));
    // What `eval` runs is also an argument of it, and is listed as both.
    let mut last = None;
    for command in downloads {
        if let Some((runner, span)) = runners.runner(command)
            && last.replace(span) != Some(span)
        {
            findings
                .add(DownloadPipedToShell::META)
                .span(build.source, span)
                .note(format!(
                    "what {} fetches is run by {} at once",
                    command.program(),
                    name(runner)
                ));
        }
    }
}

fn name(runner: &Command) -> &str {
    let is_constant = |word: &ShellWord| word.literal.is_some();
    if runner.word.as_ref().is_some_and(is_constant) {
        return runner.program();
    }
    runner.wrappers.last().map_or("the shell", String::as_str)
}
