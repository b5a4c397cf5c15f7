use ringwall_input::dockerfile::Command;

use crate::{
    Check, Findings, check,
    dockerfile::{
        installed::{installs, is_manager},
        run_step::commands,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// The installation of an SSH server (`openssh-server`, `dropbear`, `openssh` of Alpine), and commands that start one.
    ///
    /// ## Why it matters
    /// An SSH server in a container is a second way in, with keys and passwords that the cluster knows nothing about and logs that it does not keep.
    /// Host keys made during the build are the same in every container of the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:13
    /// RUN apt-get update && apt-get install -y openssh-server # <-
    /// CMD ["/usr/sbin/sshd", "-D"] # <-
    /// RUN package="openssh-server"; apt-get install -y $package # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN apk add --no-cache openssh # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN apk add --no-cache openssh-client
    /// CMD ["app"]
    /// ```
    ///
    /// ## Fix
    /// Remove the server; use `kubectl exec` or `kubectl debug`, which RBAC and audit cover.
    SshServerInImage {
        id: "ssh-server-in-image",
        title: "Installs or starts an SSH server",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: ["mitre:T1133"],
    }
}

impl Check for SshServerInImage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for command in commands(build, |command| {
            is_manager(command) || command.is_any(SERVERS)
        }) {
            if starts_server(&command) {
                findings
                    .add(Self::META)
                    .span(build.source, command.span)
                    .message(format!("{} starts an SSH server", command.program()));
            }
            // Alpine, Arch and SUSE call the package with the server openssh, Debian ssh.
            let brings_server = match command.program() {
                "apk" | "pacman" | "zypper" => &["openssh", "openssh-server", "dropbear"][..],
                "apt-get" | "apt" | "aptitude" => &["ssh", "openssh-server", "dropbear"],
                _ => &["openssh-server", "dropbear"],
            };
            for package in installs(&command) {
                if package.is_any(brings_server) {
                    findings
                        .add(Self::META)
                        .span(build.source, package.span())
                        .message(format!("package {} is an SSH server", package.name()));
                }
            }
        }
    }
}

/// Programs that are or start one.
const SERVERS: &[&str] = &["sshd", "dropbear", "service", "rc-service", "systemctl"];

fn starts_server(command: &Command) -> bool {
    let is_service = |place: usize, action: usize| {
        let word = |at: usize| command.args.get(at).map_or("", |word| word.value());
        matches!(word(place), "ssh" | "sshd" | "dropbear")
            && matches!(word(action), "start" | "restart" | "enable")
    };
    match command.program() {
        // `sshd -t` and `-T` only test the configuration.
        "sshd" => !command.has_flag(&["-t", "-T"]),
        "dropbear" => true,
        "service" | "rc-service" => is_service(0, 1),
        "systemctl" => is_service(1, 0),
        _ => false,
    }
}
