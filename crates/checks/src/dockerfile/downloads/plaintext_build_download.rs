use ringwall_input::dockerfile::{Command, InstructionKind};
use ringwall_model::Span;

use super::client;
use crate::{
    Check, Findings, check,
    dockerfile::{environment::settings, packages::rpm, run_step::steps},
    judge::Build,
    loopback::{host_of, is_loopback},
};

check! {
    /// ## What it finds
    /// Addresses with `http://`, `ftp://` or `git://` that a RUN gives to `curl`, `wget`, `git`, `pip`, `npm` and the like, that ADD names, or that ENV, ARG or `npm config` make the place of packages.
    /// `curl` and `wget` take an address without a scheme for one with `http://`.
    ///
    /// A download whose checksum or signature the same RUN (or `ADD --checksum`) verifies is left out, and so are package archives of distributions, whose packages are signed.
    ///
    /// ## Why it matters
    /// Whoever stands between the build and the server decides what ends in the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// ADD http://example.com/tool.tar.gz /opt/ # <-
    /// RUN curl -fsSL http://example.com/tool -o /usr/local/bin/tool # <-
    /// RUN pip install --no-cache-dir --index-url=http://pypi.example.com/simple flask==3.0.3 # <-
    /// ARG URL=http://example.com
    /// RUN curl -fsSLO $URL/tool # <-
    /// RUN wget -q example.com/tool # <-
    /// RUN curl -fsSL example.com/tool -o /usr/local/bin/tool # <-
    /// RUN npm config set registry http://npm.example.com # <-
    /// ENV PIP_INDEX_URL=http://pypi.example.com/simple # <-
    /// RUN git clone git://example.com/a.git # <-
    /// RUN rpm -i http://example.com/tool.rpm # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d http://example.com/tool.tar.gz /opt/
    /// RUN curl -fsSL https://example.com/tool -o /usr/local/bin/tool
    /// RUN curl -fsSL http://example.com/tool -o tool \
    ///     && echo "24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d  tool" | sha256sum -c -
    /// RUN curl -o dist.old/tool -fsSL https://example.com/tool && npm config set proxy http://proxy:3128
    /// ENV GOPROXY=https://proxy.example.com,direct PIP_INDEX_URL=http://localhost:3141/
    /// RUN curl -x http://proxy:3128 https://example.com/ && curl http://localhost:8080/ready
    /// RUN echo "http://example.com" && sed -i 's,http://deb.debian.org,http://mirror.example.com,' /etc/apt/sources.list
    /// ```
    ///
    /// ## Fix
    /// Use `https://`, or verify the checksum of the file in the same RUN.
    PlaintextBuildDownload {
        id: "plaintext-build-download",
        title: "Download over an unencrypted connection",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for PlaintextBuildDownload {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut found: Vec<(Span, String)> = Vec::new();
        for instruction in build.dockerfile.instructions() {
            if let InstructionKind::Add(add) = &instruction.innermost().kind
                && add.checksum.is_none()
            {
                let sources = add.sources.iter().filter(|source| is_plain(&source.value));
                found.extend(sources.map(|source| (source.span, source.value.clone())));
            }
        }
        for setting in settings(build, is_index) {
            let addresses = setting.value.split([',', '|', ' ']);
            let plain = addresses.map(str::trim).find(|address| is_plain(address));
            found.extend(plain.map(|address| (setting.span, address.to_owned())));
        }
        for step in steps(build) {
            if client::verifies(step.commands()) {
                continue;
            }
            let commands = step.expanded(fetches);
            found.extend(commands.iter().flat_map(|command| plain_addresses(command)));
        }
        for (span, address) in found {
            let host = host_of(&address).unwrap_or(&address);
            let scheme = address.split("://").next().unwrap_or("");
            findings
                .add(Self::META)
                .span(build.source, span)
                .note(format!("what {host} sends is fetched over plain {scheme}"));
        }
    }
}

/// Programs besides the download clients whose addresses are fetched.
const FETCHERS: &[&str] = &[
    "git", "pip", "pip3", "npm", "yarn", "pnpm", "gem", "go", "cargo", "uv",
];

/// Flags whose address is not fetched: proxies and referrers.
const OTHER: &[&str] = &["-x", "--proxy", "--preproxy", "-e", "--referer", "--socks5"];

fn fetches(command: &Command) -> bool {
    is_rpm(command)
        || client::is_download(command)
        || command.is_any(FETCHERS) && (!command.has_arg("config") || sets_index(command))
        || command.has_arg("pip")
}

/// Whether a command sets where packages come from, and not a proxy or the like.
fn sets_index(command: &Command) -> bool {
    command.has_arg("set")
        && command.args.iter().any(|word| {
            let text = word.value();
            let key = text.split('=').next().unwrap_or(text);
            key.ends_with("registry") || key.ends_with("index-url")
        })
}

/// Variables that say where packages come from.
fn is_index(name: &str) -> bool {
    matches!(
        name,
        "PIP_INDEX_URL"
            | "PIP_EXTRA_INDEX_URL"
            | "UV_INDEX_URL"
            | "UV_EXTRA_INDEX_URL"
            | "UV_DEFAULT_INDEX"
            | "UV_INDEX"
            | "GOPROXY"
            | "YARN_NPM_REGISTRY_SERVER"
    ) || name.eq_ignore_ascii_case("npm_config_registry")
}

fn is_rpm(command: &Command) -> bool {
    command.is_any(rpm::PROGRAMS) || command.is_any(&["rpm", "zypper"])
}

fn plain_addresses(command: &Command) -> Vec<(Span, String)> {
    // Packages by address are not held to the signatures that those of a repository are.
    let is_rpm = is_rpm(command);
    let sets_index = sets_index(command);
    let mut found = Vec::new();
    let mut before = "";
    for arg in &command.args {
        let text = arg.value();
        let (flag, address) = match text.split_once('=') {
            Some((flag, value)) if text.starts_with("--") => (flag, value),
            _ => (before, text),
        };
        let is_meant = !is_rpm || address.to_ascii_lowercase().contains(".rpm");
        let address = match address.split_once('=') {
            Some((key, value)) if sets_index && key.ends_with("registry") => value,
            _ => address,
        };
        if is_plain(address) && is_meant && !OTHER.contains(&flag) {
            found.push((arg.span, address.to_owned()));
        } else if client::takes_http(command) && !may_have_value(command, before) && is_bare(text) {
            found.push((arg.span, format!("http://{text}")));
        }
        before = text;
    }
    found
}

/// Whether what follows a flag may be its value; of long flags only those are known that have none.
fn may_have_value(command: &Command, flag: &str) -> bool {
    const WITHOUT: [&str; 8] = [
        "--quiet",
        "--silent",
        "--location",
        "--fail",
        "--show-error",
        "--remote-name",
        "--no-verbose",
        "--compressed",
    ];
    match flag.strip_prefix('-') {
        Some(long) if long.starts_with('-') => !WITHOUT.contains(&flag),
        Some(letters) => {
            let without = if command.is("curl") {
                "fsSLOvkgIj46"
            } else {
                "qcNSvnx46"
            };
            letters.contains(|letter: char| !without.contains(letter))
        }
        None => false,
    }
}

/// `example.com/a`: a host with a dot in its name, and a path.
fn is_bare(text: &str) -> bool {
    let Some((host, _)) = text.split_once('/') else {
        return false;
    };
    let host = host.split(':').next().unwrap_or(host);
    let (name, top) = host.rsplit_once('.').unwrap_or(("", host));
    let is_name = |part: &str| {
        let mut bytes = part.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && is_name(name)
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_plain(address: &str) -> bool {
    let scheme = address.split("://").next().unwrap_or("");
    let is_plain = ["http", "ftp", "git", "git+http", "git+git"]
        .iter()
        .any(|plain| scheme.eq_ignore_ascii_case(plain));
    is_plain && host_of(address).is_some_and(|host| !is_loopback(host))
}
