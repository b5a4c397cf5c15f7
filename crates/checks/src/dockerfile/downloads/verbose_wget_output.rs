use super::client;
use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `wget` in a RUN with none of `-q`, `-nv`, `--progress`, `-o` and `-a`.
    ///
    /// ## Why it matters
    /// The progress bar fills the log of the build with thousands of lines, and errors drown in it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN wget -O tool https://example.com/tool # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN wget -qO- https://example.com/tool > tool && wget --progress=dot:giga https://example.com/a \
    ///     && wget -nv https://example.com/b && wget --version
    /// ```
    ///
    /// ## Fix
    /// Add `-q`, or `--progress=dot:giga` where wget is not that of busybox.
    VerboseWgetOutput {
        id: "verbose-wget-output",
        title: "wget writes its progress into the log",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for VerboseWgetOutput {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands().iter().filter(|command| command.is("wget")) {
                let long = &[
                    "--quiet",
                    "--no-verbose",
                    "--progress",
                    "--output-file",
                    "--append-output",
                    "--spider",
                    "--version",
                    "--help",
                ];
                let is_quiet = ["q", "nv", "o", "a", "V", "h"]
                    .iter()
                    .any(|flag| client::wget_has(command, flag));
                if is_quiet || command.has_flag(long) {
                    continue;
                }
                let word = command.word.as_ref();
                findings
                    .add(Self::META)
                    .span(step.source, command.span)
                    .note("wget writes its progress bar into the log of the build")
                    .fix(
                        Safety::Safe,
                        word.and_then(|word| step.insert_behind(word, " -q")),
                    );
            }
        }
    }
}
