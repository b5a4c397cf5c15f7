use super::apt;
use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `--force-yes` of `apt-get`, also as `-o APT::Get::force-yes=true`.
    ///
    /// ## Why it matters
    /// It installs packages whose signature is missing or wrong, downgrades, and removes essential packages, all without a word.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y --force-yes curl=7.88.1-10 \ # <-
    ///     && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y --allow-downgrades curl=7.88.1-10 \
    ///     && rm -rf /var/lib/apt/lists/*
    /// ```
    ///
    /// ## Fix
    /// Use `-y`, and `--allow-downgrades` or `--allow-change-held-packages` where just that is needed.
    ForcedAptInstall {
        id: "forced-apt-install",
        title: "apt-get forced to install whatever it gets",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ForcedAptInstall {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(apt::is_apt) {
                let flag = command.flag(&["--force-yes"]);
                let option = || apt::true_option(command, "apt::get::force-yes");
                if let Some(word) = flag.or_else(option) {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note(format!(
                            "{} is forced with {}",
                            command.program(),
                            word.value()
                        ))
                        .fix(
                            Safety::Unsafe,
                            flag.and_then(|flag| {
                                if command.has_flag(&["-y", "--yes", "--assume-yes"]) {
                                    step.remove_words(flag, flag)
                                } else {
                                    step.replace_word(flag, "-y")
                                }
                            }),
                        );
                }
            }
        }
    }
}
