use crate::{Check, Findings, Safety, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `apk` with `--allow-untrusted`.
    ///
    /// ## Why it matters
    /// Packages and indexes are taken without a signature that anyone trusts, and their scripts run as root, so whoever stands between the build and the archive decides what is installed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --allow-untrusted ./tool-1.2-r0.apk # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.20
    /// RUN apk add --no-cache ./tool-1.2-r0.apk
    /// ```
    ///
    /// ## Fix
    /// Remove the flag, and put the public key of the package into `/etc/apk/keys`.
    UnverifiedApkPackage {
        id: "unverified-apk-package",
        title: "apk accepts packages without a trusted signature",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedApkPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(|command| command.is("apk")) {
                if let Some(flag) = command.flag(&["--allow-untrusted"]) {
                    findings
                        .add(Self::META)
                        .span(step.source, flag.span)
                        .note("apk runs with --allow-untrusted")
                        .fix(Safety::Unsafe, step.remove_words(flag, flag));
                }
            }
        }
    }
}
