use super::apt;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{mentions::Mentions, run_step::steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `apt-get install` without `--no-install-recommends`, where neither an option nor the configuration that the Dockerfile writes turns recommended packages off.
    ///
    /// ## Why it matters
    /// Packages that nobody named come along, each with its own weaknesses and updates.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl=7.88.1-10 && rm -rf /var/lib/apt/lists/* # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10 \
    ///     && apt-get install -y -o APT::Install-Recommends=false git=1:2.39.5
    /// RUN echo 'APT::Install-Recommends "0";' > /etc/apt/apt.conf.d/90lean && apt-get install -y make=4.3
    /// ```
    ///
    /// ## Fix
    /// Add `--no-install-recommends`, and name the recommended packages that are needed.
    RecommendedAptPackages {
        id: "recommended-apt-packages",
        title: "apt-get install without --no-install-recommends",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for RecommendedAptPackages {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let options = Mentions::of(build, "apt::install-recommends");
        for step in steps(build) {
            for invocation in step
                .expanded(apt::is_apt)
                .iter()
                .filter_map(|command| apt::invocation(command))
            {
                let command = invocation.command;
                let is_lean = || {
                    command.has_flag(&["--no-install-recommends", "--without-recommends"])
                        || command.is("aptitude") && command.count_flag('R') > 0
                        || invocation.mentions("apt::install-recommends=")
                        || options.are_before(&step, command)
                };
                if invocation.is(&["install"]) && !invocation.operands.is_empty() && !is_lean() {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!(
                            "{} also gets recommended packages",
                            invocation.title()
                        ))
                        .fix(
                            Safety::Unsafe,
                            step.insert_behind(
                                invocation.action,
                                if command.is("aptitude") {
                                    " --without-recommends"
                                } else {
                                    " --no-install-recommends"
                                },
                            ),
                        );
                }
            }
        }
    }
}
