use super::invocation::{Invocation, has_extension, report_unpinned};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `gem install` of gems without a version, or with a lower bound such as `>= 1`, which leaves it open.
    ///
    /// ## Why it matters
    /// The build takes whatever was pushed last, also when it was pushed by someone who took over the name.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM ruby:3.3
    /// RUN gem install --no-document bundler rails:7.1.3 # <-
    /// RUN gem install rails -v '>= 7' # <-
    /// RUN gem install 'rails:>=7' # <-
    /// ```
    /// ```dockerfile pass
    /// FROM ruby:3.3
    /// RUN gem install bundler:2.5.11 rails:$RAILS_VERSION && gem install rake -v 13.2.1 && gem install ./own.gem
    /// RUN gem install nokogiri --version '~> 1.16' -- --use-system-libraries
    /// ```
    ///
    /// ## Fix
    /// Write `gem install name:version`, or list the gems in a `Gemfile` with its lock file.
    UnpinnedGemPackage {
        id: "unpinned-gem-package",
        title: "Gems installed without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Flags whose value is the next word. See: `gem help install`.
const WITH_VALUE: &[&str] = &[
    "-v",
    "--version",
    "-i",
    "--install-dir",
    "-n",
    "--bindir",
    "-s",
    "--source",
    "-P",
    "--trust-policy",
    "--platform",
    "--build-root",
    "--target-rbconfig",
    "-p",
    "--http-proxy",
    "-B",
    "--bulk-threshold",
];

impl Check for UnpinnedGemPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(|command| command.is("gem")) {
                // What follows `--` is for the compiler.
                let words = command.args.split(|word| word.value() == "--").next();
                let words = words.unwrap_or_default();
                let Some(invocation) = Invocation::of_words(command, words, WITH_VALUE) else {
                    continue;
                };
                let version = command
                    .flag_value("--version")
                    .or_else(|| command.flag_value("-v"));
                let has_version = version.is_some_and(|version| !is_bound(version))
                    || command.has_flag(&["-g", "--file"]);
                if invocation.is(&["install", "i"]) && !has_version {
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                }
            }
        }
    }
}

fn is_open(gem: &str) -> bool {
    let has_version = gem
        .split_once(':')
        .is_some_and(|(_, version)| !is_bound(version));
    !gem.is_empty() && !has_version && !has_extension(gem, "gem")
}

/// Whether a requirement names no version but what is newer, or another one.
fn is_bound(version: &str) -> bool {
    version.trim_start().starts_with(['>', '<', '!'])
}
