use ringwall_input::dockerfile::{Command, ShellWord};

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        environment::settings,
        run_step::{commands, operands},
        word_edit,
        written_text::{GIT, is_off, setting, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `GIT_SSL_NO_VERIFY` with any value, and `http.sslVerify` set to false by `git config`, by `git -c`, or in a `.gitconfig` that the Dockerfile writes.
    ///
    /// ## Why it matters
    /// Whoever stands between the build and the server decides what source is built, and reads the token that is sent.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine/git:2.45.2
    /// RUN git -c http.sslVerify=false clone https://git.example.com/a.git # <-
    /// ```
    /// ```dockerfile fail
    /// FROM alpine/git:2.45.2
    /// ENV GIT_SSL_NO_VERIFY=true # <-
    /// RUN git config --global http.sslverify false # <-
    /// RUN GIT_SSL_NO_VERIFY=1 git clone https://git.example.com/a.git # <-
    /// RUN printf '[http]\n\tsslVerify = false\n' >> ~/.gitconfig # <-
    /// ENV GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslVerify GIT_CONFIG_VALUE_0=false # <-
    /// COPY <<EOF /root/.gitconfig
    /// [http]
    /// sslVerify = false # <-
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM alpine/git:2.45.2
    /// RUN git -c http.sslVerify=true clone https://git.example.com/a.git
    /// ```
    /// ```dockerfile pass
    /// FROM alpine/git:2.45.2
    /// ENV GIT_SSL_CAINFO=/etc/ssl/own.pem
    /// RUN git config --global --unset http.sslVerify && git config --global http.postBuffer 1
    /// ```
    ///
    /// ## Fix
    /// Remove the setting, and name the certificate of a private server with `http.sslCAInfo`.
    UnverifiedGitRemote {
        id: "unverified-git-remote",
        title: "git does not verify certificates",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedGitRemote {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for setting in settings(build, |name| name == "GIT_SSL_NO_VERIFY") {
            // git looks only at whether the variable is there.
            findings
                .add(Self::META)
                .span(build.source, setting.span)
                .note("GIT_SSL_NO_VERIFY is set, so git accepts any certificate")
                .fix(Safety::Unsafe, setting.without(build.source));
        }
        let mut pairs = settings(build, |name| name.starts_with("GIT_CONFIG_")).into_iter();
        let is_meant = pairs
            .clone()
            .any(|pair| pair.name.starts_with("GIT_CONFIG_KEY_") && is_key(pair.value));
        let switch_off = pairs.find(|pair| {
            pair.name.starts_with("GIT_CONFIG_VALUE_") && is_off(&pair.value.to_ascii_lowercase())
        });
        if let Some(setting) = switch_off.filter(|_| is_meant) {
            findings
                .add(Self::META)
                .span(build.source, setting.span)
                .note("the environment gives git http.sslVerify off");
        }
        for command in commands(build, |command| command.is("git")) {
            if let Some(word) = switch(&command) {
                let is_value = !word.value().contains('=');
                let fixed = if is_value {
                    "true".to_owned()
                } else {
                    let name = word.text.split('=').next().unwrap_or("");
                    format!("{name}=true")
                };
                findings
                    .add(Self::META)
                    .span(build.source, word.span)
                    .note("git runs with http.sslVerify off")
                    .fix(
                        Safety::Unsafe,
                        word_edit::replace(build.source, word, &fixed),
                    );
            }
        }
        for span in written(build, GIT, &|text| setting(text, "sslverify", is_off)) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a .gitconfig is written with http.sslVerify off");
        }
    }
}

/// The word that switches verification off: `false` behind the key, or `http.sslVerify=false`.
fn switch(command: &Command) -> Option<&ShellWord> {
    let is_off = |value: &str| is_off(&value.to_ascii_lowercase());
    let pair = command.args.iter().find(|arg| {
        let pair = arg.value().split_once('=');
        pair.is_some_and(|(key, value)| is_key(key) && is_off(value))
    });
    if pair.is_some() {
        return pair;
    }
    let words = operands(&command.args, &["-C", "-c", "--file", "-f"]);
    if words.first()?.value() != "config" {
        return None;
    }
    let mut words = words.into_iter();
    words.find(|word| is_key(word.value()))?;
    words.next().filter(|word| is_off(word.value()))
}

/// `http.sslVerify`, or that of one address: `http.https://example.com/.sslVerify`.
fn is_key(key: &str) -> bool {
    let key = key
        .strip_prefix("--config=")
        .unwrap_or(key)
        .to_ascii_lowercase();
    key.starts_with("http.") && key.ends_with(".sslverify")
}
