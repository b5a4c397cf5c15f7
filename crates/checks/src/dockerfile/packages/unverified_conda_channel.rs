use ringwall_input::dockerfile::Command;

use super::conda;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        environment::settings,
        run_step::steps,
        written_text::{CONDA, is_off, setting, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `ssl_verify` of conda, mamba or micromamba switched off: by `config`, a flag, `CONDA_SSL_VERIFY` or `MAMBA_SSL_VERIFY`, or a `.condarc` that the Dockerfile writes.
    ///
    /// ## Why it matters
    /// Packages of conda have no signatures, so that the certificate of the channel is all that says whose they are.
    /// Without it, whoever stands between the build and the channel decides what is installed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM condaforge/miniforge3:25.3.1-0
    /// ENV CONDA_SSL_VERIFY=false # <-
    /// RUN conda config --set ssl_verify no && conda install -y numpy=2.2 # <-
    /// RUN mamba install -y --insecure scipy=1.15 # <-
    /// ```
    /// ```dockerfile fail
    /// FROM mambaorg/micromamba:2.1
    /// RUN micromamba config set ssl_verify false # <-
    /// RUN printf 'channels:\n- conda-forge\nssl_verify: false\n' > /opt/conda/.condarc # <-
    /// ```
    /// ```dockerfile pass
    /// FROM condaforge/miniforge3:25.3.1-0
    /// ENV CONDA_SSL_VERIFY=/etc/ssl/own.pem
    /// RUN conda config --set ssl_verify /etc/ssl/own.pem && conda install -y -c conda-forge numpy=2.2
    /// RUN conda config --set channel_priority false
    /// RUN conda run -n app curl --insecure https://localhost:8443/health
    /// ```
    /// ```dockerfile pass
    /// FROM condaforge/miniforge3:25.3.1-0
    /// RUN echo "ssl_verify: truststore" >> ~/.condarc && echo "ssl_verify: false" > /etc/motd
    /// ```
    ///
    /// ## Fix
    /// Remove the setting, and give conda the certificate of a private channel: `conda config --set ssl_verify /path/to/ca.pem`.
    UnverifiedCondaChannel {
        id: "unverified-conda-channel",
        title: "conda does not verify the certificate of the channel",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

/// Subcommands that ask channels for something, and so have `--insecure`. See: `conda install --help`.
const ASKING: &[&str] = &["install", "create", "update", "upgrade", "search", "env"];

impl Check for UnverifiedCondaChannel {
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
            for command in &step.expanded(|command| command.is_any(conda::PROGRAMS)) {
                if switches_off(command) {
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("{} runs with ssl_verify off", command.program()));
                }
            }
        }
        for span in written(build, CONDA, &|text| setting(text, "ssl_verify", is_off)) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a configuration is written with ssl_verify off");
        }
    }
}

fn is_variable(name: &str) -> bool {
    matches!(name, "CONDA_SSL_VERIFY" | "MAMBA_SSL_VERIFY")
}

fn switches_off(command: &Command) -> bool {
    let Some(conda) = conda::invocation(command) else {
        return false;
    };
    // micromamba's own word for off is `<false>`.
    let is_off = |value: &str| is_off(&value.trim_matches(['<', '>']).to_ascii_lowercase());
    if conda.is(ASKING) {
        return command.has_flag(&["-k", "--insecure"])
            || command.flag_value("--ssl-verify").is_some_and(is_off);
    }
    // `conda config --set ssl_verify false`, `micromamba config set ssl_verify false`
    let words: Vec<&str> = conda.operands.iter().map(|word| word.value()).collect();
    conda.is(&["config"])
        && words
            .windows(2)
            .any(|pair| matches!(pair, ["ssl_verify", value] if is_off(value)))
}

#[cfg(test)]
mod tests {
    use ringwall_input::dockerfile::{Instruction, Script, parse};

    use super::*;

    fn is_found(command: &str) -> bool {
        let (file, _) = parse(&format!("FROM scratch\nRUN {command}\n"));
        let scripts = file.instructions().filter_map(Instruction::script);
        scripts.flat_map(Script::commands).any(switches_off)
    }

    #[test]
    fn flags_may_stand_before_the_subcommand() {
        for command in [
            "conda create -yk -n app python=3.13",
            "micromamba -n app install --ssl-verify '<false>' numpy=2.2",
            "micromamba -r /opt/conda config set ssl_verify '<false>'",
            "conda config --env --file /opt/.condarc --set ssl_verify False",
        ] {
            assert!(is_found(command), "{command}");
        }
        for command in [
            "conda create -n k python=3.13",
            "conda run -n app tool -k",
            "conda config --set ssl_verify '<system>'",
            "micromamba install --ssl-verify /etc/own.pem numpy=2.2",
        ] {
            assert!(!is_found(command), "{command}");
        }
    }
}
