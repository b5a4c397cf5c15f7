use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A `RUN` with `--security=insecure` or `--network=host`.
    ///
    /// ## Why it matters
    /// The command runs on the build machine with all capabilities and without seccomp, or in the network of the machine.
    /// Whatever it downloads can take over the builder, and with it every image built there.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN --security=insecure make test # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// RUN --network=host make test # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN make test
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN --network=none --security=sandbox make test
    /// ```
    ///
    /// ## Fix
    /// Remove the flag; run what needs it outside the build, on a machine that is thrown away.
    PrivilegedRunInstruction {
        id: "privileged-run-instruction",
        title: "RUN --security=insecure or --network=host",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for PrivilegedRunInstruction {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            if !matches!(instruction.kind, InstructionKind::Run(_)) {
                continue;
            }
            for flag in &instruction.flags {
                let value = flag.value.as_ref().map_or("", |value| value.value.as_str());
                let effect = match (flag.name.as_str(), value) {
                    ("security", "insecure") => "without isolation from the build machine",
                    ("network", "host") => "in the network of the build machine",
                    _ => continue,
                };
                findings
                    .add(Self::META)
                    .span(build.source, flag.span)
                    .message(format!("RUN --{}={value} runs {effect}", flag.name));
            }
        }
    }
}
