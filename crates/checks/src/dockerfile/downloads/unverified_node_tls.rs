use crate::{Check, Findings, Safety, check, dockerfile::environment::settings, judge::Build};

check! {
    /// ## What it finds
    /// `NODE_TLS_REJECT_UNAUTHORIZED=0` in ENV, ARG or a RUN.
    ///
    /// ## Why it matters
    /// Node.js then accepts any certificate: during the build, and with ENV also in every container of the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:22
    /// ENV NODE_ENV=production NODE_TLS_REJECT_UNAUTHORIZED=0 # <-
    /// ```
    /// ```dockerfile fail
    /// FROM node:22
    /// RUN export NODE_TLS_REJECT_UNAUTHORIZED=0 && npm ci # <-
    /// RUN cross-env NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// ENV NODE_ENV=production NODE_TLS_REJECT_UNAUTHORIZED=1
    /// ```
    ///
    /// ## Fix
    /// Remove the variable, and name the certificate of a private server in `NODE_EXTRA_CA_CERTS`.
    UnverifiedNodeTls {
        id: "unverified-node-tls",
        title: "Node.js does not verify certificates",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedNodeTls {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for setting in settings(build, |name| name == "NODE_TLS_REJECT_UNAUTHORIZED") {
            if setting.value == "0" {
                findings
                    .add(Self::META)
                    .span(build.source, setting.span)
                    .note("NODE_TLS_REJECT_UNAUTHORIZED is 0, so Node.js accepts any certificate")
                    .fix(Safety::Unsafe, setting.with_value(build.source, "1"));
            }
        }
    }
}
