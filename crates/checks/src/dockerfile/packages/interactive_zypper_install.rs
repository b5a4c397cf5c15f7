use super::zypper;
use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `zypper install`, `update`, `remove` and the like with neither `--non-interactive` nor `-y`.
    ///
    /// ## Why it matters
    /// Nobody answers questions during a build, so the command gives up and the build with it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM opensuse/leap:15.6
    /// RUN zypper install httpd=2.4.58 && zypper clean -a # <-
    /// RUN zypper --quiet dup && zypper clean -a # <-
    /// ```
    /// ```dockerfile pass
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install httpd=2.4.58 && zypper --non-interactive patch \
    ///     && zypper install -y curl=8.6.0 && zypper in --no-confirm git=2.43.0 \
    ///     && zypper refresh && zypper clean -a
    /// ```
    ///
    /// ## Fix
    /// Write `zypper --non-interactive install`.
    InteractiveZypperInstall {
        id: "interactive-zypper-install",
        title: "zypper install without --non-interactive",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InteractiveZypperInstall {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for invocation in step
                .expanded(|command| command.is("zypper"))
                .iter()
                .filter_map(|command| zypper::invocation(command))
            {
                let command = invocation.command;
                let answers = &[
                    "-n",
                    "--non-interactive",
                    "-y",
                    "--no-confirm",
                    "-D",
                    "--dry-run",
                ];
                if zypper::changes(&invocation)
                    && !command.has_flag(answers)
                    && !step.is_answered(command)
                {
                    let program = zypper::program(command);
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!(
                            "{} runs without --non-interactive",
                            invocation.title()
                        ))
                        .fix(
                            Safety::Safe,
                            program.and_then(|word| step.insert_behind(word, " --non-interactive")),
                        );
                }
            }
        }
    }
}
