use super::rpm;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// `yum install`, `yum update` and the like without `-y`.
    ///
    /// `assumeyes` in the configuration that the Dockerfile writes, `--setopt=assumeyes=1` and `yes |` count as an answer.
    ///
    /// ## Why it matters
    /// Nobody answers questions during a build, so the command gives up and the build with it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN yum install httpd-2.4.57 && yum clean all # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN yum -qy install httpd-2.4.57 \
    ///     && yum module list nodejs \
    ///     && yes | yum upgrade \
    ///     && yum clean all
    /// RUN echo "assumeyes=1" >> /etc/dnf/dnf.conf && yum reinstall tzdata && yum clean all
    /// ```
    ///
    /// ## Fix
    /// Add `-y`.
    InteractiveYumInstall {
        id: "interactive-yum-install",
        title: "yum install without -y",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InteractiveYumInstall {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        rpm::YUM.report_interactive(Self::META, build, findings);
    }
}
