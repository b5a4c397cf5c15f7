use super::invocation::{Invocation, report_unpinned};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `cargo install` and `cargo binstall` of crates without a version, and of repositories without a tag or commit.
    ///
    /// Crates of a local path are left alone.
    ///
    /// ## Why it matters
    /// The build takes whatever was published last, also when it was published by someone who took over the name.
    /// `--locked` keeps what the crate depends on, not the crate.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rust:1.90
    /// RUN cargo install --locked ripgrep # <-
    /// RUN cargo +nightly install cargo-fuzz@0.12.0 cargo-deny # <-
    /// RUN cargo install --git https://github.com/example/tool --branch main # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rust:1.90
    /// RUN cargo install --locked ripgrep@14.1.1 && cargo install cargo-deny --version 0.18.3 && cargo install bat@$BAT_VERSION
    /// RUN cargo install --path . && cargo install --git https://github.com/example/tool --tag v1.2.0
    /// RUN cargo build --release && cargo add serde
    /// ```
    ///
    /// ## Fix
    /// Write `cargo install --locked name@version`, or `--rev` with a commit behind `--git`.
    UnpinnedCargoPackage {
        id: "unpinned-cargo-package",
        title: "Crates installed by cargo without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Flags whose value is the next word. See: `cargo install --help`.
const WITH_VALUE: &[&str] = &[
    "--version",
    "--vers",
    "--git",
    "--branch",
    "--tag",
    "--rev",
    "--path",
    "--root",
    "--index",
    "--registry",
    "--features",
    "-F",
    "--profile",
    "--target",
    "--target-dir",
    "--jobs",
    "-j",
    "--bin",
    "--example",
    "--color",
    "--config",
    "-Z",
    "-C",
];

impl Check for UnpinnedCargoPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(|command| command.is("cargo")) {
                // The first word may choose a toolchain.
                let words = match command.args.split_first() {
                    Some((first, rest)) if first.value().starts_with('+') => rest,
                    _ => command.args.as_slice(),
                };
                let Some(invocation) = Invocation::of_words(command, words, WITH_VALUE) else {
                    continue;
                };
                let is_given =
                    |flags: &[&str]| flags.iter().any(|flag| command.flag_value(flag).is_some());
                if !invocation.is(&["install", "binstall"])
                    || is_given(&["--path", "--version", "--vers", "--tag", "--rev"])
                {
                    continue;
                }
                let Some(repository) = command.flag_value("--git") else {
                    let is_open = |package: &str| !package.is_empty() && !package.contains('@');
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                    continue;
                };
                findings
                    .add(Self::META)
                    .span(step.source, command.span)
                    .note(format!(
                        "{} leaves the commit of {repository} open",
                        invocation.title()
                    ));
            }
        }
    }
}
