use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// Commands in a RUN that do nothing for an image: `ssh`, `vim`, `service`, `shutdown`, `ps`, `free`, `top`, `kill`, `mount`, `ifconfig` and their like.
    ///
    /// `ssh` is left out where the RUN mounts an SSH agent.
    ///
    /// ## Why it matters
    /// Processes, mounts and network settings of a build are gone when the RUN ends, so the command has no effect in the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN service nginx start # <-
    /// RUN apt-get update && free -m && top -bn1 # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y vim=2:9.0 openssh-client=1:9.2 && echo service && ssh-keyscan example.com
    /// RUN --mount=type=ssh ssh -T git@example.com
    /// ```
    ///
    /// ## Fix
    /// Remove the command; start services with CMD or ENTRYPOINT.
    PointlessBuildCommand {
        id: "pointless-build-command",
        title: "Command without effect in a build",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

/// Commands that act on processes, devices and people.
const POINTLESS: &[&str] = &[
    "ssh", "vim", "vi", "nano", "service", "shutdown", "reboot", "halt", "poweroff", "ps", "free",
    "top", "htop", "kill", "mount", "umount", "ifconfig",
];

impl Check for PointlessBuildCommand {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let has_agent = step.run.mounts.iter().any(|mount| mount.kind == "ssh");
            let found = step
                .commands()
                .iter()
                .find(|command| command.is_any(POINTLESS) && !(has_agent && command.is("ssh")));
            if let Some(command) = found {
                findings
                    .add(Self::META)
                    .span(step.source, command.span)
                    .note(format!("{} has no effect in an image", command.program()));
            }
        }
    }
}
