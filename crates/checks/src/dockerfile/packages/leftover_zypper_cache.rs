use super::zypper;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A RUN that installs with `zypper` and does not remove the metadata of the repositories before it ends.
    ///
    /// `zypper clean` alone removes packages only; `--all` or `--metadata` removes what is large.
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    ///
    /// ## Why it matters
    /// The metadata, often tens of megabytes, is stored and pulled with each image and is of no use there.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install httpd=2.4.58 # <-
    /// RUN zypper -n install curl=8.6.0 && zypper clean # <-
    /// ```
    /// ```dockerfile pass
    /// FROM opensuse/leap:15.6 AS build
    /// RUN zypper -n install gcc=13
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install httpd=2.4.58 && zypper clean --all
    /// RUN zypper -n install git=2.43.0 && zypper cc -am
    /// RUN zypper -n install curl=8.6.0 && rm -rf /var/cache/zypp/*
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// End the same RUN with `&& zypper clean --all`.
    LeftoverZypperCache {
        id: "leftover-zypper-cache",
        title: "Cache of zypper kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LeftoverZypperCache {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build).filter(Step::ships) {
            let commands = step.commands().iter();
            let mut last = None;
            let mut is_clean = false;
            for invocation in commands.filter_map(zypper::invocation) {
                if zypper::changes(&invocation) || invocation.is(&["refresh", "ref"]) {
                    last = Some(invocation);
                    is_clean = false;
                } else if invocation.is(&["clean", "cc"]) {
                    let removes_metadata = &["-a", "--all", "-m", "--metadata"];
                    is_clean |= invocation.command.has_flag(removes_metadata);
                }
            }
            let Some(last) = last else { continue };
            let is_gone = is_clean
                || step.mounts(zypper::CACHE)
                || step.removes_after(last.command, &[zypper::CACHE]);
            if !is_gone {
                findings
                    .add(Self::META)
                    .span(step.source, last.command.span)
                    .note(format!("{} leaves its cache in the image", last.title()))
                    .fix(Safety::Safe, step.append("zypper clean --all"));
            }
        }
    }
}
