use super::rpm;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// `dnf install`, also with `microdnf` and `tdnf` and by dnf's short names, of packages without a version, and of modules without a stream.
    ///
    /// Groups, local `.rpm` files and variables whose value is not known are left out.
    ///
    /// ## Why it matters
    /// The same Dockerfile gives another image each week, so what was tested is not what is shipped, and nobody can say when a package changed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN dnf install -y openssl-devel httpd-2.4.57 && dnf clean all # <-
    /// RUN dnf -y module install nodejs # <-
    /// RUN dnf5 in -y httpd && dnf5 clean all # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN dnf install -y --enablerepo epel openssl-devel-3.0.7 httpd-2.4.57-11.el9 nginx-$NGINX_VERSION ./tool.rpm @web \
    ///     && dnf -y module install nodejs:20 && dnf clean all
    /// ```
    ///
    /// ## Fix
    /// Write `package-version` for each package and `module:stream` for each module.
    UnpinnedDnfPackage {
        id: "unpinned-dnf-package",
        title: "Packages installed by dnf without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedDnfPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        rpm::DNF.report_unpinned(Self::META, build, findings);
    }
}
