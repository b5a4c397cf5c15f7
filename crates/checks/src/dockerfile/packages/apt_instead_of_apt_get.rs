use super::apt;
use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `apt` in a RUN.
    ///
    /// ## Why it matters
    /// The command line of `apt` is made for people and may change with each release; it says so itself when it runs in a script.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && apt install -y curl=7.88.1-10 && rm -rf /var/lib/apt/lists/* # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl=7.88.1-10 && apt-cache policy apt && rm -rf /var/lib/apt/lists/*
    /// ```
    ///
    /// ## Fix
    /// Use `apt-get` and `apt-cache`.
    AptInsteadOfAptGet {
        id: "apt-instead-of-apt-get",
        title: "apt used instead of apt-get",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Actions that `apt-get` has under the same name.
const SHARED: &[&str] = &[
    "update",
    "install",
    "reinstall",
    "remove",
    "purge",
    "autoremove",
    "autopurge",
    "upgrade",
    "clean",
    "autoclean",
    "build-dep",
    "source",
    "download",
    "satisfy",
];

impl Check for AptInsteadOfAptGet {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands().iter().filter(|command| command.is("apt")) {
                let is_shared =
                    apt::invocation(command).is_some_and(|invocation| invocation.is(SHARED));
                let word = command
                    .word
                    .as_ref()
                    .filter(|word| is_shared && word.value() == "apt");
                findings
                    .add(Self::META)
                    .span(step.source, command.span)
                    .note("apt is meant for people, not for scripts")
                    .fix(
                        Safety::Unsafe,
                        word.and_then(|word| step.replace_word(word, "apt-get")),
                    );
            }
        }
    }
}
