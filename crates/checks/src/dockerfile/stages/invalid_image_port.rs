use ringwall_input::dockerfile::{InstructionKind, Port};

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// An `EXPOSE` that names no port: a number above 65535, a range that runs backwards, a word, or a protocol other than `tcp`, `udp` and `sctp`.
    ///
    /// ## Why it matters
    /// The build fails, or the metadata of the image promises a port that cannot exist.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// EXPOSE 80808 # <-
    /// EXPOSE 8080 8090-8080 # <-
    /// EXPOSE http # <-
    /// EXPOSE 53/dns # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// EXPOSE 8080 53/udp 7000-7010/tcp $PORT
    /// ```
    ///
    /// ## Fix
    /// Name ports from 1 to 65535: `EXPOSE 8080`.
    InvalidImagePort {
        id: "invalid-image-port",
        title: "EXPOSE port outside 0-65535",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImagePort {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let InstructionKind::Expose(ports) = &outer.innermost().kind else {
                continue;
            };
            for port in ports {
                if let Some(flaw) = flaw(port) {
                    findings
                        .add(Self::META)
                        .span(build.source, port.word.span)
                        .message(format!("EXPOSE {} {flaw}", port.word.value));
                }
            }
        }
    }
}

fn flaw(port: &Port) -> Option<&'static str> {
    if !port.word.resolved {
        return None;
    }
    match port.range {
        None => Some("is not a port number"),
        Some((first, last)) if first > 65_535 || last > 65_535 => Some("is above 65535"),
        Some((first, last)) if first > last => Some("runs backwards"),
        Some(_) if !matches!(port.protocol.as_str(), "tcp" | "udp" | "sctp") => {
            Some("has a protocol that is none of tcp, udp, sctp")
        }
        Some(_) => None,
    }
}
