use ringwall_input::dockerfile::InstructionKind;

use crate::{Check, Findings, check, judge::Build};

check! {
    /// ## What it finds
    /// A `STOPSIGNAL` that is neither a number from 1 to 64 nor the name of a Linux signal, with or without `SIG`.
    ///
    /// ## Why it matters
    /// The build fails, or the container cannot be asked to end and is killed after the grace period.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// STOPSIGNAL SIGSTOPP # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// STOPSIGNAL 0 # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// STOPSIGNAL SIGQUIT
    /// STOPSIGNAL term
    /// STOPSIGNAL 15
    /// STOPSIGNAL RTMIN+3
    /// STOPSIGNAL $SIGNAL
    /// ```
    ///
    /// ## Fix
    /// Name the signal the program ends on, mostly `SIGTERM`, `SIGINT` or `SIGQUIT`.
    InvalidStopSignal {
        id: "invalid-stop-signal",
        title: "STOPSIGNAL not a valid signal",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidStopSignal {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let InstructionKind::StopSignal(signal) = &outer.innermost().kind else {
                continue;
            };
            if signal.resolved && !is_signal(&signal.value) {
                findings
                    .add(Self::META)
                    .span(build.source, signal.span)
                    .message(format!("STOPSIGNAL {} is no signal", signal.value));
            }
        }
    }
}

/// See: <https://man7.org/linux/man-pages/man7/signal.7.html>
fn is_signal(text: &str) -> bool {
    const NAMES: [&str; 35] = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
        "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
        "TRAP", "TSTP", "TTIN", "TTOU", "UNUSED", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
        "XFSZ",
    ];
    if let Ok(number) = text.parse::<u32>() {
        return (1..=64).contains(&number);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let is_offset = |rest: &str, sign: char| {
        rest.is_empty()
            || rest
                .strip_prefix(sign)
                .is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number <= 30))
    };
    NAMES.contains(&name)
        || name
            .strip_prefix("RTMIN")
            .is_some_and(|rest| is_offset(rest, '+'))
        || name
            .strip_prefix("RTMAX")
            .is_some_and(|rest| is_offset(rest, '-'))
}
