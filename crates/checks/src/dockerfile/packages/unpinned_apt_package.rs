use super::{
    apt,
    invocation::{has_extension, report_unpinned},
};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `apt-get install`, `apt install` and `aptitude install` of packages without a version.
    ///
    /// Local `.deb` files and variables whose value is not known are left out.
    ///
    /// ## Why it matters
    /// The same Dockerfile gives another image each week, so what was tested is not what is shipped, and nobody can say when a package changed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y --no-install-recommends curl git=1:2.39.5-0+deb12u2 \ # <-
    ///     && rm -rf /var/lib/apt/lists/*
    /// RUN packages='gcc make'; sudo apt install -y $packages # <-
    /// RUN aptitude install -y curl # <-
    /// RUN install='apt-get install -y'; $install jq # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// ARG CURL_VERSION
    /// RUN apt-get update \
    ///     && apt-get install -y -t bookworm curl=$CURL_VERSION git=1:2.39.5-0+deb12u2 ./tool.deb $MORE \
    ///     && echo "apt-get install gcc"
    /// ```
    ///
    /// ## Fix
    /// Write `package=version` for each package, or install from a snapshot of the archive and say so in an exception.
    UnpinnedAptPackage {
        id: "unpinned-apt-package",
        title: "Packages installed by apt-get without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedAptPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(apt::is_apt);
            for invocation in commands.iter().filter_map(|it| apt::invocation(it)) {
                if invocation.is(&["install", "reinstall"]) {
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                }
            }
        }
    }
}

fn is_open(package: &str) -> bool {
    let is_file = package.starts_with(['.', '/']) || has_extension(package, "deb");
    apt::is_package(package) && !package.contains('=') && !is_file
}
