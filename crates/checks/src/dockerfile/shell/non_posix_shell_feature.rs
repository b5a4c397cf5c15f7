use std::collections::BTreeSet;

use ringwall_input::dockerfile::FactKind;

use super::bin_sh::{BinSh, bin_sh};
use crate::{Check, Confidence, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// Features of bash in a RUN that `/bin/sh` of the base image does not have: arrays, `[[ ]]`, `source`, brace expansion and the like.
    ///
    /// Where `/bin/sh` is bash (Fedora, Red Hat, SUSE, Amazon Linux) nothing is reported; where it is busybox, only what busybox lacks; elsewhere it is taken for dash.
    /// `local`, `echo -n` and `read -p` work in all of them.
    ///
    /// ## Why it matters
    /// The shell stops with a syntax error, or, worse, takes the feature for plain text and goes on: `mkdir /{a,b}` makes one directory.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN if [[ -f /a ]]; then source /a; fi # <-
    /// RUN mkdir -p /srv/{a,b} # <-
    /// RUN type -p git && printf '%s' "$(printf %q "$HOME")" # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.20
    /// RUN [[ -f /a ]] && echo "${names[0]}" && names=(a b) # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// ARG UID
    /// RUN f() { local x=1; echo -n "$x$UID"; } && f
    /// SHELL ["/bin/bash", "-c"]
    /// RUN if [[ -f /a ]]; then source /a; fi
    /// FROM rockylinux:9
    /// RUN mkdir -p /srv/{a,b}
    /// FROM alpine:3.20
    /// RUN if [[ -f /a ]]; then source /a; fi
    /// ```
    ///
    /// ## Fix
    /// Write it as POSIX has it, or set `SHELL ["/bin/bash", "-c"]` where bash is installed.
    NonPosixShellFeature {
        id: "non-posix-shell-feature",
        title: "Feature of bash in a script for sh",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// What busybox's ash has of bash. See: its `ash.c`, the features of `ASH_BASH_COMPAT`.
const BUSYBOX: &[&str] = &[
    "[[ ]]",
    "source",
    "let",
    "function",
    "echo flags",
    "read flags",
    "type flags",
    "${name/pattern/text}",
    "${name:offset}",
    "$'...' quotes",
    "== in place of =",
    "=~",
    "&>",
    "|&",
    "pipefail",
    "process substitution",
    "$RANDOM",
    "((...))",
    "wait -n",
    "builtin",
];

impl Check for NonPosixShellFeature {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let mut seen = BTreeSet::new();
            for fact in step.run.script.facts() {
                let FactKind::Bashism { feature } = fact.kind else {
                    continue;
                };
                let text = step.source.slice(fact.span);
                let shell = bin_sh(&step);
                let is_known = match shell {
                    BinSh::Bash => true,
                    BinSh::Ash => BUSYBOX.contains(&feature),
                    BinSh::Dash | BinSh::Unknown => false,
                };
                let is_everywhere = feature == "local"
                    || feature == "echo flags" && text == "-n"
                    || feature == "read flags" && matches!(text, "-p" | "-rp" | "-r");
                let is_set = feature.strip_prefix('$').is_some_and(|name| {
                    step.file
                        .variable(step.stage, step.instruction, name)
                        .is_some()
                        || step.script().is_some_and(|script| script.assigns(name))
                });
                // One mention of a feature in a RUN says it all.
                if is_known || is_everywhere || is_set || !seen.insert(feature) {
                    continue;
                }
                let draft = findings
                    .add(Self::META)
                    .span(step.source, fact.span)
                    .note(format!("sh may not know {feature}"));
                if shell == BinSh::Unknown {
                    draft.confidence(Confidence::Low);
                }
            }
        }
    }
}
