use super::pip;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        environment::settings,
        run_step::{Step, steps},
        written_text::{PIP, setting_at, written},
    },
    judge::Build,
    loopback::is_loopback,
};

use ringwall_input::dockerfile::{Command, ShellWord};

check! {
    /// ## What it finds
    /// `--trusted-host` of pip, `PIP_TRUSTED_HOST`, `trusted-host` set by `pip config` or in a `pip.conf` that the Dockerfile writes, and `--allow-insecure-host` and `UV_INSECURE_HOST` of uv, unless the host is the build container itself.
    ///
    /// ## Why it matters
    /// pip then takes packages from that host over plain HTTP or with any certificate, so whoever stands between the build and the host decides what is installed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM python:3.12
    /// ENV PIP_TRUSTED_HOST=pypi.example.com # <-
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.12
    /// RUN pip install --no-cache-dir --trusted-host pypi.org flask==3.0.3 # <-
    /// RUN pip install --no-cache-dir --trusted-host localhost --trusted-host=pypi.org flask==3.0.3 # <-
    /// RUN pip config set global.trusted-host pypi.org # <-
    /// RUN uv pip install --allow-insecure-host pypi.org flask==3.0.3 # <-
    /// RUN printf '[global]\ntrusted-host = pypi.org\n' > /etc/pip.conf # <-
    /// COPY <<EOF /etc/pip.conf
    /// [global]
    /// trusted-host = # <-
    ///     localhost
    ///     pypi.org
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12
    /// ENV PIP_CERT=/etc/ssl/own.pem
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12
    /// RUN pip install --no-cache-dir flask==3.0.3
    /// RUN pip install --no-cache-dir --trusted-host localhost --index-url http://localhost:3141/ gunicorn==22.0.0
    /// RUN pip config set global.timeout 60
    /// RUN printf '[global]\ntrusted-host = localhost\n  127.0.0.1\n[install]\nprefer-binary = true\n' > /etc/pip.conf
    /// ```
    ///
    /// ## Fix
    /// Remove the setting, and give pip the certificate of a private index with `--cert` or `PIP_CERT`.
    UnverifiedPipHost {
        id: "unverified-pip-host",
        title: "pip trusts a host without verifying its certificate",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedPipHost {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for setting in settings(build, |name| {
            matches!(name, "PIP_TRUSTED_HOST" | "UV_INSECURE_HOST")
        }) {
            if has_remote(setting.value) {
                findings
                    .add(Self::META)
                    .span(build.source, setting.span)
                    .note(format!("{} trusts {}", setting.name, setting.value))
                    .fix(Safety::Unsafe, setting.without(build.source));
            }
        }
        for step in steps(build) {
            let is_meant =
                |command: &Command| command.is("uv") || pip::invocation(command).is_some();
            for command in &step.expanded(is_meant) {
                for name in ["--trusted-host", "--allow-insecure-host"] {
                    report_flag(&step, command, name, findings);
                }
                if let Some(invocation) = pip::invocation(command)
                    && invocation.is(&["config"])
                    && let [set, key, host, ..] = invocation.operands.as_slice()
                    && set.value() == "set"
                    && key.value().ends_with("trusted-host")
                    && has_remote(host.value())
                {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("pip is configured to trust {}", host.value()));
                }
            }
        }
        for span in written(build, PIP, &|text| {
            setting_at(text, "trusted-host", |_, rest| lists_remote(rest), |_| true)
        }) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a pip.conf is written that trusts a host without verifying its certificate");
        }
    }
}

/// Whether one of the hosts of a list is another than the build container.
fn has_remote(hosts: &str) -> bool {
    hosts.split_whitespace().any(|host| !is_loopback(host))
}

/// Whether what stands behind the name of a setting lists such a host: on its line, or on those below that are indented.
fn lists_remote(rest: &str) -> bool {
    let value = rest.trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
    let mut lines = value.lines();
    let first = lines.next().unwrap_or("");
    let below = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '\t']));
    std::iter::once(first)
        .chain(below)
        .any(|line| has_remote(line.trim_end_matches(['"', '\''])))
}

/// Reports the first flag whose value is a host that is trusted.
fn report_flag(step: &Step<'_>, command: &Command, name: &str, findings: &mut Findings<'_>) {
    let mut words = command.args.iter().enumerate();
    let found = words.find_map(|(at, flag)| {
        let rest = flag.value().strip_prefix(name)?;
        let (host, last) = match rest.strip_prefix('=') {
            Some(host) => (host, flag),
            None if rest.is_empty() => {
                let next: &ShellWord = command.args.get(at + 1)?;
                (next.value(), next)
            }
            None => return None,
        };
        (!is_loopback(host)).then_some((flag, host, last))
    });
    if let Some((flag, host, last)) = found {
        findings
            .add(UnverifiedPipHost::META)
            .span(step.source, flag.span)
            .note(format!(
                "{} trusts {host} without verifying its certificate",
                if command.is("uv") { "uv" } else { "pip" }
            ))
            .fix(Safety::Unsafe, step.remove_words(flag, last));
    }
}
