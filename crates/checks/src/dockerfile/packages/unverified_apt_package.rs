use super::apt;
use crate::{
    Check, Findings, Safety, Severity, check,
    dockerfile::{
        run_step::steps,
        written_text::{APT, is_off, is_on, setting, setting_at, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `apt-get` with `--allow-unauthenticated` or `--allow-insecure-repositories`, the options of the same meaning, and sources written with `trusted=yes` or `Trusted: yes`.
    /// `Acquire::https::Verify-Peer` and `Verify-Host` that are switched off are medium: what is signed is still checked.
    ///
    /// ## Why it matters
    /// Packages are taken without a valid signature, and their scripts run as root, so whoever stands between the build and the archive decides what is installed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y --allow-unauthenticated curl=7.88.1-10 \ # <-
    ///     && rm -rf /var/lib/apt/lists/*
    /// RUN apt-get -o Acquire::AllowInsecureRepositories=true update # <-
    /// RUN echo 'deb [trusted=yes] https://apt.example.com stable main' > /etc/apt/sources.list.d/example.list # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// ARG APT_OPTS="-y --allow-unauthenticated"
    /// RUN apt-get install $APT_OPTS curl=7.88.1-10 # <-
    /// RUN aptitude install -y --allow-untrusted curl=7.88.1-10 # <-
    /// RUN echo 'deb [arch=amd64 trusted=yes] https://apt.example.com stable main' > /etc/apt/sources.list.d/other.list # <-
    /// RUN printf 'Types: deb\nURIs: https://apt.example.com\nSuites: stable\nComponents: main\nTrusted: yes\n' > /etc/apt/sources.list.d/third.sources # <-
    /// RUN add-apt-repository -y 'deb [trusted=yes] https://apt.example.com ./' # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN apt-get -o Acquire::https::Verify-Peer=false update # <-
    /// RUN echo 'Acquire::https::Verify-Peer "false";' > /etc/apt/apt.conf.d/99proxy # <-
    /// RUN printf 'Acquire::https {\n  Verify-Peer "false";\n}\n' > /etc/apt/apt.conf.d/97proxy # <-
    /// RUN echo 'Acquire::https::repo.example.com::Verify-Host "false";' > /etc/apt/apt.conf.d/98proxy # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN apt-get update \
    ///     && apt-get install -y curl=7.88.1-10 \
    ///     && rm -rf /var/lib/apt/lists/*
    /// RUN apt-get -o Acquire::AllowInsecureRepositories=false update
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "only root is trusted on this host" > /etc/motd && echo "app.proxy.trusted=true" >> app.properties
    /// RUN echo "deb [ trusted=yes ] file:///built ./" > /etc/apt/sources.list.d/built.list
    /// RUN echo "keys are trusted: yes" > /etc/apt/note.list && sed -i 's/ \[trusted=yes\]//' /etc/apt/sources.list
    /// RUN echo 'deb [signed-by=/etc/apt/keyrings/a.asc] https://apt.example.com stable main' > /etc/apt/sources.list.d/example.list
    /// ```
    ///
    /// ## Fix
    /// Remove the flag, and name the key of the archive with `signed-by` in its source.
    UnverifiedAptPackage {
        id: "unverified-apt-package",
        title: "apt accepts packages without a valid signature",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

/// Flags that switch signatures off; the last is aptitude's. See: apt-get(8) and aptitude(8).
const FLAGS: &[&str] = &[
    "--allow-unauthenticated",
    "--allow-insecure-repositories",
    "--allow-untrusted",
];

/// Options that switch signatures off. See: apt.conf(5) and apt-secure(8).
const OPTIONS: &[&str] = &[
    "apt::get::allowunauthenticated",
    "acquire::allowinsecurerepositories",
    "acquire::allowweakrepositories",
];

/// Options that switch off looking at the certificate of a server, for all servers or one. See: apt-transport-https(1).
const CERTIFICATES: &[&str] = &["verify-peer", "verify-host"];

/// Programs that write a source of packages by its line.
const ADDERS: &[&str] = &["add-apt-repository", "apt-add-repository"];

impl Check for UnverifiedAptPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(apt::is_apt) {
                let flag = command.flag(FLAGS);
                let mut options = OPTIONS.iter();
                let option = || options.find_map(|option| apt::true_option(command, option));
                if let Some(word) = flag.or_else(option) {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note(format!("{} runs with {}", command.program(), word.value()))
                        .fix(
                            Safety::Unsafe,
                            flag.and_then(|flag| step.remove_words(flag, flag)),
                        );
                }
            }
        }
        for step in steps(build) {
            for command in &step.expanded(|command| command.is_any(ADDERS)) {
                for word in command
                    .args
                    .iter()
                    .filter(|it| trusted(it.value()).is_some())
                {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note("a source of packages is trusted without a signature");
                }
            }
        }
        for span in written(build, APT, &trusted) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a source of packages is trusted without a signature");
        }
        for option in CERTIFICATES {
            let of_commands = steps(build).flat_map(|step| {
                let commands = step.expanded(apt::is_apt);
                let words = commands
                    .iter()
                    .filter_map(|command| apt::false_option(command, option));
                words.map(|word| word.span).collect::<Vec<_>>()
            });
            let of_files = written(build, APT, &|text| {
                let line = setting_at(text, option, is_of_https, is_off);
                line.or_else(|| is_block_of_https(text).then(|| setting(text, option, is_off))?)
            });
            for span in of_commands.chain(of_files) {
                findings
                    .add(Self::META)
                    .span(build.source, span)
                    .severity(Severity::Medium)
                    .message("apt takes indexes and packages from whoever answers: certificates are not checked");
            }
        }
        for option in OPTIONS {
            for span in written(build, APT, &|text| setting(text, option, is_on)) {
                findings
                    .add(Self::META)
                    .span(build.source, span)
                    .note("the configuration of apt switches signatures off");
            }
        }
    }
}

/// Whether an option is one of `Acquire::https`, and not of `Acquire::http::Proxy` or another program.
fn is_of_https(before: &str, _behind: &str) -> bool {
    before.contains("acquire::https::")
}

/// Whether a text opens `Acquire::https` and says inside what holds for it.
fn is_block_of_https(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let behind = text.split_once("acquire").map_or("", |(_, behind)| behind);
    behind.contains("https") && behind.contains('{')
}

/// `[trusted=yes]` of a line for one source, or the field `Trusted: yes`. See: sources.list(5).
fn trusted(text: &str) -> Option<(usize, usize)> {
    let is_place = |before: &str, behind: &str| {
        let is_option = before.rfind('[') > before.rfind(']') && behind.starts_with('=');
        // What the build itself made has nobody's signature.
        let place = behind
            .split_once(']')
            .map_or("", |(_, place)| place.trim_start());
        let is_option = is_option && !place.starts_with("file:");
        let is_first = before.trim_matches([' ', '\t', '"', '\'']).is_empty();
        is_option || is_first && behind.starts_with(':')
    };
    setting_at(text, "trusted", is_place, is_on)
}
