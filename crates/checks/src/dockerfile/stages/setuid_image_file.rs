use crate::{
    Check, Confidence, Findings, check,
    dockerfile::{file_mode::modes, installed::installs, run_step::commands},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Modes with the setuid or setgid bit (`chmod u+s`, `chmod 4755`, `--chmod=4755`), and the installation of `sudo` or `doas`, which bring it.
    /// The setgid bit alone is common on directories, where it gives no rights, so there the finding is a hint.
    ///
    /// ## Why it matters
    /// A setuid program of root runs as root whoever starts it.
    /// One bug in it, and `USER` was for nothing; `allowPrivilegeEscalation: false` in the pod breaks it instead.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN chmod u+s /usr/bin/tool # <-
    /// RUN chmod 2755 /usr/bin/other # <-
    /// COPY --chmod=4755 tool /usr/bin/tool # <-
    /// RUN apk add --no-cache sudo # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +
    /// RUN chmod 3777 /var/run/app && chmod 755 /usr/bin/tool
    /// RUN apk add --no-cache su-exec
    /// ```
    ///
    /// ## Fix
    /// Remove the bit, and start the program as the user it should run as; remove the bits of the base image with `find / -xdev -perm /6000 -type f -exec chmod a-s {} +`.
    SetuidImageFile {
        id: "setuid-image-file",
        title: "Installs or sets setuid and setgid bits",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for SetuidImageFile {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for set in modes(build) {
            // With the sticky bit it is a directory.
            if set.mode.sticky || !(set.mode.setuid || set.mode.setgid) {
                continue;
            }
            let bit = if set.mode.setuid { "setuid" } else { "setgid" };
            let draft = findings
                .add(Self::META)
                .span(build.source, set.span)
                .message(format!("{} {} sets the {bit} bit", set.command, set.text));
            if !set.mode.setuid {
                draft.confidence(Confidence::Low);
            }
        }
        let commands: Vec<_> = commands(build, |_| true).collect();
        for package in commands.iter().flat_map(|command| installs(command)) {
            if package.is_any(&["sudo", "doas", "opendoas"]) {
                findings
                    .add(Self::META)
                    .span(build.source, package.span())
                    .message(format!(
                        "package {} brings a setuid program of root",
                        package.name()
                    ));
            }
        }
    }
}
