//! Command lines of `apk`.

use ringwall_input::dockerfile::Command;

use super::invocation::{Invocation, has_extension};

/// Flags whose value is the next word. See: apk(8).
const WITH_VALUE: &[&str] = &[
    "-t",
    "--virtual",
    "-X",
    "--repository",
    "-p",
    "--root",
    "--arch",
    "--keys-dir",
    "--repositories-file",
    "--cache-dir",
    "--cache-max-age",
    "--timeout",
    "--wait",
    "--progress-fd",
];

/// Where the indexes are kept.
pub(super) const CACHE: &str = "/var/cache/apk";

/// The invocation in a command, if it is one of apk.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, &["apk"], WITH_VALUE)
}

/// Whether an argument of `add` names a version: `curl=8.5.0-r0`, `curl~8.5`.
///
/// Bounds such as `>=8` leave the version open.
pub(super) fn is_pinned(argument: &str) -> bool {
    let is_exact = |at: usize| {
        let operator = argument.get(at..).unwrap_or("");
        operator.starts_with(['=', '~'])
    };
    argument.is_empty()
        || argument.starts_with('!')
        || has_extension(argument, "apk")
        || argument.find(['=', '~', '<', '>']).is_some_and(is_exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_no_versions() {
        for pinned in [
            "curl=8.5.0-r0",
            "curl~8.5",
            "curl~=8.5",
            "curl=$VERSION",
            "./a.apk",
            "!gcc",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for open in ["curl", "curl>=8", "curl<9", "curl@edge"] {
            assert!(!is_pinned(open), "{open}");
        }
    }
}
