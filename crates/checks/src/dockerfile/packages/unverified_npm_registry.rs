use super::npm;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        environment::settings,
        run_step::steps,
        written_text::{NPM, is_off, setting, written},
    },
    judge::Build,
};

use ringwall_input::dockerfile::Command;

check! {
    /// ## What it finds
    /// `strict-ssl` of npm, yarn or pnpm switched off: by `config set`, a flag, `NPM_CONFIG_STRICT_SSL`, or an `.npmrc` that the Dockerfile writes.
    ///
    /// ## Why it matters
    /// Packages are taken with any certificate, so whoever stands between the build and the registry decides what is installed, and reads the token that is sent.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:22
    /// ENV NPM_CONFIG_STRICT_SSL=false # <-
    /// RUN npm config set strict-ssl false && npm ci # <-
    /// RUN npm ci --strict-ssl=false # <-
    /// ```
    /// ```dockerfile fail
    /// FROM node:22
    /// RUN echo "strict-ssl=false" >> .npmrc # <-
    /// RUN corepack yarn config set strict-ssl false # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// ENV NPM_CONFIG_STRICT_SSL=true
    /// RUN npm config set strict-ssl true && npm ci
    /// RUN npm ci --strict-ssl
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// RUN echo "cafile=/etc/ssl/own.pem" >> .npmrc
    /// ```
    ///
    /// ## Fix
    /// Remove the setting, and give npm the certificate of a private registry with `cafile`.
    UnverifiedNpmRegistry {
        id: "unverified-npm-registry",
        title: "npm or yarn does not verify the certificate of the registry",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedNpmRegistry {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for setting in settings(build, is_variable) {
            if is_off(&setting.value.to_ascii_lowercase()) {
                findings
                    .add(Self::META)
                    .span(build.source, setting.span)
                    .note(format!("{} is {}", setting.name, setting.value))
                    .fix(Safety::Unsafe, setting.with_value(build.source, "true"));
            }
        }
        for step in steps(build) {
            for command in &step.expanded(|command| npm::invocation(command).is_some()) {
                if switches_off(command) {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("{} runs with strict-ssl off", command.program()));
                }
            }
        }
        for key in ["strict-ssl", "enablestrictssl"] {
            for span in written(build, NPM, &|text| setting(text, key, is_off)) {
                findings
                    .add(Self::META)
                    .span(build.source, span)
                    .note("a configuration is written with strict-ssl off");
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    // npm reads its variables in any case.
    name.eq_ignore_ascii_case("npm_config_strict_ssl") || name == "YARN_ENABLE_STRICT_SSL"
}

fn switches_off(command: &Command) -> bool {
    let Some(invocation) = npm::invocation(command) else {
        return false;
    };
    let is_key = |key: &str| matches!(key, "strict-ssl" | "enableStrictSsl");
    let flag = command.flag_value("--strict-ssl");
    if flag.is_some_and(is_off) || command.has_flag(&["--no-strict-ssl"]) {
        return true;
    }
    let mut words = invocation.operands.iter().map(|word| word.value());
    let sets =
        invocation.is(&["set"]) || invocation.is(&["config", "c"]) && words.next() == Some("set");
    if !sets {
        return false;
    }
    // Both `set key value` and `set key=value` are read.
    let words: Vec<&str> = words.flat_map(|word| word.splitn(2, '=')).collect();
    words
        .windows(2)
        .any(|pair| matches!(pair, [key, value] if is_key(key) && is_off(value)))
}
