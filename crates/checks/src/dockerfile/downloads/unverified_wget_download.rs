use super::client;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::commands,
        word_edit,
        written_text::{WGET, is_off, setting, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `wget` with `--no-check-certificate`, and a `.wgetrc` with `check_certificate = off` that the Dockerfile writes.
    ///
    /// Requests to the build container itself, such as those of a health check to `localhost`, are left out.
    ///
    /// ## Why it matters
    /// Whoever stands between the build and the server decides what ends in the image, and reads the credentials that are sent.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN wget -q --no-check-certificate https://example.com/tool # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "check_certificate = off" >> ~/.wgetrc # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN wget -q https://example.com/tool
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// HEALTHCHECK CMD wget -q --no-check-certificate https://127.0.0.1:8443/healthz
    /// ```
    ///
    /// ## Fix
    /// Remove the flag, and give wget the certificate of a private server with `--ca-certificate`.
    UnverifiedWgetDownload {
        id: "unverified-wget-download",
        title: "wget does not verify certificates",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedWgetDownload {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for command in commands(build, |command| command.is("wget")) {
            if let Some(flag) = command.flag(&["--no-check-certificate"])
                && !client::stays_inside(&command)
            {
                findings
                    .add(Self::META)
                    .span(build.source, flag.span)
                    .note("wget runs with --no-check-certificate")
                    .fix(Safety::Unsafe, word_edit::remove(build.source, flag, flag));
            }
        }
        let switch = |text: &str| setting(text, "check_certificate", is_off);
        for span in written(build, WGET, &switch) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a .wgetrc is written that accepts any certificate");
        }
    }
}
