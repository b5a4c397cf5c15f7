use super::rpm;
use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A RUN that installs with `dnf` and does not remove its cache before it ends.
    ///
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    /// A later RUN cannot make an earlier layer smaller.
    ///
    /// ## Why it matters
    /// The metadata of the repositories, often more than a hundred megabytes, is stored and pulled with each image and is of no use there.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN dnf install -y httpd-2.4.57 # <-
    /// RUN dnf clean all
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9 AS build
    /// RUN dnf install -y gcc-11.4.1
    /// FROM rockylinux:9
    /// RUN dnf install -y httpd-2.4.57 && dnf clean all
    /// RUN dnf install -y nginx-1.20.1 && rm -rf /var/cache/dnf
    /// RUN --mount=type=cache,target=/var/cache/dnf dnf install -y perl-5.32.1
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// End the same RUN with `&& dnf clean all`, or mount a cache at `/var/cache/dnf`.
    LeftoverDnfCache {
        id: "leftover-dnf-cache",
        title: "dnf cache kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LeftoverDnfCache {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        rpm::DNF.report_leftovers(Self::META, build, findings);
    }
}
