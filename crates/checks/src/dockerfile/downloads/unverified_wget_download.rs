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

use ringwall_input::dockerfile::{Command, ShellWord};

check! {
    /// ## What it finds
    /// `wget` with `--no-check-certificate` or an option of the same meaning, and a `.wgetrc` with `check_certificate = off` that the Dockerfile writes.
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
    /// RUN wget2 --no-check-certificate https://example.com/tool # <-
    /// RUN wget -q --no-check-cert https://example.com/tool # <-
    /// RUN wget --check-certificate=off https://example.com/tool # <-
    /// RUN wget -e check_certificate=off https://example.com/tool # <-
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
        for command in commands(build, |command| command.is_any(&["wget", "wget2"])) {
            if let Some(flag) = switch(&command)
                && !client::stays_inside(&command)
            {
                findings
                    .add(Self::META)
                    .span(build.source, flag.span)
                    .note(format!("{} runs with {}", command.program(), flag.value()))
                    .fix(Safety::Unsafe, word_edit::remove(build.source, flag, flag));
            }
        }
        for span in written(build, WGET, &|text| setting(text, KEY, is_off)) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a .wgetrc is written that accepts any certificate");
        }
    }
}

/// The setting of a `.wgetrc`, which `-e` takes too.
const KEY: &str = "check_certificate";

/// The word that switches verification off. Long flags may be cut as far as they stay the only one. See: wget(1).
fn switch(command: &Command) -> Option<&ShellWord> {
    command.args.iter().find(|word| {
        let text = word.value();
        let is_flag = text.starts_with("--no-check") && "--no-check-certificate".starts_with(text);
        let value = text.strip_prefix("--check-certificate=");
        let is_setting = text.contains(KEY) && setting(text, KEY, is_off).is_some();
        is_flag || value.is_some_and(is_off) || is_setting
    })
}
