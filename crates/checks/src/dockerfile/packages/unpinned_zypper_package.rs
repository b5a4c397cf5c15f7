use super::{
    invocation::{has_extension, report_unpinned},
    zypper,
};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `zypper install` of packages without a version.
    ///
    /// A lower or upper bound such as `'curl>=8'` leaves the version open too; patterns have no version.
    ///
    /// ## Why it matters
    /// The same Dockerfile gives another image each week, so what was tested is not what is shipped, and nobody can say when a package changed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM opensuse/leap:15.6
    /// RUN zypper --non-interactive install httpd=2.4.58 curl && zypper clean -a # <-
    /// RUN zypper -n in 'git>=2.40' && zypper clean -a # <-
    /// ```
    /// ```dockerfile pass
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install httpd=2.4.58 "curl=$CURL_VERSION" ./tool.rpm && zypper -n install -t pattern devel_basis && zypper clean -a
    /// ```
    ///
    /// ## Fix
    /// Write `package=version` for each package.
    UnpinnedZypperPackage {
        id: "unpinned-zypper-package",
        title: "Packages installed by zypper without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedZypperPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(|command| zypper::invocation(command).is_some());
            for invocation in commands.iter().filter_map(|it| zypper::invocation(it)) {
                let kind = invocation.command.flag_value("-t");
                let kind = kind.or_else(|| invocation.command.flag_value("--type"));
                if zypper::installs(&invocation) && kind.is_none_or(|kind| kind == "package") {
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                }
            }
        }
    }
}

fn is_open(package: &str) -> bool {
    let has_version = package
        .split_once('=')
        .is_some_and(|(name, _)| !name.ends_with(['<', '>']));
    let is_other = package.is_empty()
        || package.starts_with(['@', '-', '!'])
        || package.starts_with("pattern:")
        || has_extension(package, "rpm");
    !has_version && !is_other
}
