use super::apt;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{mentions::Mentions, run_step::steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `apt-get install`, `apt-get upgrade` and the like without `-y`.
    ///
    /// `-qq`, `yes |`, and `APT::Get::Assume-Yes` in the configuration that the Dockerfile writes count as an answer.
    ///
    /// ## Why it matters
    /// Nobody answers questions during a build, so the command gives up and the build with it as soon as one more package is needed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && apt-get install --no-install-recommends curl=7.88.1-10 && rm -rf /var/lib/apt/lists/* # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get -y install curl=7.88.1-10 \
    ///     && apt-get install -qqy git=1:2.39.5 && apt-get -qq install gcc=4:12.2.0 \
    ///     && yes | apt-get upgrade \
    ///     && apt-get -s install make=4.3
    /// RUN echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/90yes && apt-get install perl=5.36.0
    /// ENV APT_OPTS="-q -y"
    /// RUN apt-get install $APT_OPTS curl=7.88.1-10
    /// ```
    ///
    /// ## Fix
    /// Add `-y`.
    InteractiveAptInstall {
        id: "interactive-apt-install",
        title: "apt-get install without -y",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Actions that ask before they change packages.
const CHANGES: &[&str] = &[
    "install",
    "reinstall",
    "upgrade",
    "dist-upgrade",
    "full-upgrade",
    "build-dep",
    "satisfy",
];

impl Check for InteractiveAptInstall {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let options = Mentions::of(build, apt::ASSUMES_YES);
        for step in steps(build) {
            for invocation in step
                .expanded(apt::is_apt)
                .iter()
                .filter_map(|command| apt::invocation(command))
            {
                if invocation.is(CHANGES) && !apt::assumes_yes(&step, &invocation, &options) {
                    findings
                        .add(Self::META)
                        .span(step.source, invocation.command.span)
                        .note(format!("{} runs without -y", invocation.title()))
                        .fix(Safety::Safe, step.insert_behind(invocation.action, " -y"));
                }
            }
        }
    }
}
