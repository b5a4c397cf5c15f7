use crate::{
    Check, Confidence, Findings, Safety, check,
    dockerfile::{file_mode::modes, rewrite},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Modes that let every user write: in `chmod`, `install -m` and `mkdir -m`, and in `--chmod` of `COPY` and `ADD`.
    /// Directories with the sticky bit (`1777`), where users cannot remove each other's files, are left alone; with `-R`, which reaches files too, they are a hint.
    ///
    /// ## Why it matters
    /// Whoever gets in as any user can replace the file: a program that root runs later, a start script, a configuration.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// COPY --chmod=777 start.sh /start.sh # <-
    /// RUN mkdir /data && \
    ///     chmod -R 0777 /data # <-
    /// RUN chmod a+rwx /opt && install -m 666 a /etc/a # <-
    /// RUN chmod -R 1777 /srv # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ARG MODE=777
    /// RUN chmod -R $MODE /data # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// COPY --chmod=755 start.sh /start.sh
    /// RUN chmod 1777 /tmp && chmod -R g+w /data && chmod +x /start.sh && chmod o-w /etc
    /// ```
    ///
    /// ## Fix
    /// Give the file to the user that needs it (`COPY --chown=65532:65532 --chmod=755`), and write access to nobody else.
    WorldWritableImageFile {
        id: "world-writable-image-file",
        title: "World-writable chmod or --chmod=777",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for WorldWritableImageFile {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for set in modes(build) {
            if !set.mode.others_write || set.mode.sticky && !set.recursive {
                continue;
            }
            let is_written = build.source.slice(set.span) == set.text;
            let mode = narrowed(&set.text).filter(|_| is_written);
            let fix = mode.and_then(|mode| rewrite::replace(build, set.span, mode));
            let draft = findings
                .add(Self::META)
                .span(build.source, set.span)
                .message(format!(
                    "{} {} lets every user write",
                    set.command, set.text
                ))
                .fix(Safety::Unsafe, fix);
            if set.mode.sticky {
                draft.confidence(Confidence::Low);
            }
        }
    }
}

/// The octal mode without write access for others.
fn narrowed(mode: &str) -> Option<String> {
    let bits = u32::from_str_radix(mode, 8).ok()?;
    let width = mode.len();
    Some(format!("{:0width$o}", bits & !0o002))
}
