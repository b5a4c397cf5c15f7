use super::pip;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{environment::settings, run_step::steps},
    judge::Build,
    loopback::is_loopback,
};

check! {
    /// ## What it finds
    /// `--trusted-host` of pip, `PIP_TRUSTED_HOST`, and `pip config set global.trusted-host`, unless the host is the build container itself.
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
    /// RUN pip config set global.trusted-host pypi.org # <-
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
        for setting in settings(build, |name| name == "PIP_TRUSTED_HOST") {
            if !setting.value.is_empty() && !is_loopback(setting.value) {
                findings
                    .add(Self::META)
                    .span(build.source, setting.span)
                    .note(format!("{} trusts {}", setting.name, setting.value))
                    .fix(Safety::Unsafe, setting.without(build.source));
            }
        }
        for step in steps(build) {
            for invocation in step
                .expanded(|command| pip::invocation(command).is_some())
                .iter()
                .filter_map(|command| pip::invocation(command))
            {
                let command = invocation.command;
                if let Some(at) = command
                    .args
                    .iter()
                    .position(|arg| arg.value().starts_with("--trusted-host"))
                    && let Some(flag) = command.args.get(at)
                    && let Some(host) = command.flag_value("--trusted-host")
                    && !is_loopback(host)
                {
                    let last = if flag.value().contains('=') {
                        at
                    } else {
                        at + 1
                    };
                    let last = command.args.get(last).unwrap_or(flag);
                    findings
                        .add(Self::META)
                        .span(step.source, flag.span)
                        .note(format!(
                            "pip trusts {host} without verifying its certificate"
                        ))
                        .fix(Safety::Unsafe, step.remove_words(flag, last));
                }
                if invocation.is(&["config"])
                    && let [set, key, host, ..] = invocation.operands.as_slice()
                    && set.value() == "set"
                    && key.value().ends_with("trusted-host")
                    && !is_loopback(host.value())
                {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("pip is configured to trust {}", host.value()));
                }
            }
        }
    }
}
