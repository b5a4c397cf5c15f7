use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// An `EXPOSE` of TCP port 22.
    ///
    /// ## Why it matters
    /// An SSH server in a container is a second way in, with keys and passwords that the cluster knows nothing about and logs that it does not keep.
    /// `kubectl exec` and `kubectl debug` do the same under RBAC and audit.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// EXPOSE 8080 22 # <-
    /// EXPOSE 20-25/tcp # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// EXPOSE 8080 2222 22/udp
    /// ```
    ///
    /// ## Fix
    /// Remove the port and the SSH server behind it.
    SshImagePort {
        id: "ssh-image-port",
        title: "EXPOSE of the SSH port",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: ["mitre:T1133"],
    }
}

impl Check for SshImagePort {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let InstructionKind::Expose(ports) = &outer.innermost().kind else {
                continue;
            };
            for port in ports {
                let has_ssh = port
                    .range
                    .is_some_and(|(first, last)| (first..=last).contains(&22));
                if has_ssh && port.protocol == "tcp" {
                    findings
                        .add(Self::META)
                        .span(build.source, port.word.span)
                        .message(format!("EXPOSE {} opens the SSH port", port.word.value));
                }
            }
        }
    }
}
