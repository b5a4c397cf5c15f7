use super::rpm;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// `dnf install`, `dnf upgrade` and the like, also with `microdnf` and `tdnf`, without `-y`.
    ///
    /// `assumeyes` in the configuration that the Dockerfile writes, `--setopt=assumeyes=1` and `yes |` count as an answer.
    ///
    /// ## Why it matters
    /// Nobody answers questions during a build, so the command gives up and the build with it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN dnf install httpd-2.4.57 && dnf clean all # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN dnf -qy install httpd-2.4.57 \
    ///     && dnf module list nodejs \
    ///     && yes | dnf upgrade \
    ///     && dnf clean all
    /// RUN echo "assumeyes=1" >> /etc/dnf/dnf.conf && dnf reinstall tzdata && dnf clean all
    /// ```
    ///
    /// ## Fix
    /// Add `-y`.
    InteractiveDnfInstall {
        id: "interactive-dnf-install",
        title: "dnf install without -y",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InteractiveDnfInstall {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        rpm::DNF.report_interactive(Self::META, build, findings);
    }
}
