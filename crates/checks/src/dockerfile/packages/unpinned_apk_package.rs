use super::{apk, invocation::report_unpinned};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `apk add` of packages without a version.
    ///
    /// A lower or upper bound such as `curl>=8` leaves the version open too.
    ///
    /// ## Why it matters
    /// The same Dockerfile gives another image each week, so what was tested is not what is shipped, and nobody can say when a package changed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --virtual .build gcc musl-dev=1.2.5-r0 # <-
    /// RUN apk --no-cache add 'curl>=8' # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --virtual .build gcc=13.2.1_git20240309-r0 "musl-dev=$MUSL_VERSION" curl~8.9 ./tool.apk
    /// ```
    ///
    /// ## Fix
    /// Write `package=version`, or `package~8.5` to keep to a release, for each package.
    UnpinnedApkPackage {
        id: "unpinned-apk-package",
        title: "Packages installed by apk without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedApkPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(|command| apk::invocation(command).is_some());
            for invocation in commands.iter().filter_map(|it| apk::invocation(it)) {
                if invocation.is(&["add"]) {
                    let is_open = |package: &str| !apk::is_pinned(package);
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                }
            }
        }
    }
}
