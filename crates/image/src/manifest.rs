//! Image indexes, manifests and configurations, as the OCI and Docker write them.
//!
//! Sources: <https://github.com/opencontainers/image-spec/blob/main/manifest.md>, `config.md` and
//! `image-index.md` beside it, <https://distribution.github.io/distribution/spec/manifest-v2-2/>.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::AsGo;

/// Why a text is no digest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest of the form sha256:<64 hexadecimal digits>")]
pub struct DigestError(String);

/// The SHA-256 of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of its bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digits without the algorithm, as a file of a layout is named.
    pub fn hex(&self) -> String {
        use std::fmt::Write;

        self.0.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let parse = || {
            let digits = text.strip_prefix("sha256:")?;
            let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
            let mut bytes = [0; 32];
            if pairs.len() != bytes.len() || !rest.is_empty() {
                return None;
            }
            for (byte, pair) in bytes.iter_mut().zip(pairs) {
                let digit = |digit: u8| match digit {
                    b'0'..=b'9' => Some(digit - b'0'),
                    b'a'..=b'f' => Some(digit - b'a' + 10),
                    _ => None,
                };
                let [high, low] = *pair;
                *byte = digit(high)? << 4 | digit(low)?;
            }
            Some(Self(bytes))
        };
        parse().ok_or_else(|| DigestError(text.to_owned()))
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

/// What a manifest says of a blob.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// Its SHA-256.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// What the manifest that it names is, where that is no image.
    pub artifact_type: Option<String>,
    /// What it is for, where it stands in an index and that is stated.
    #[serde(default, deserialize_with = "stated_platform")]
    pub platform: Option<Platform>,
    /// Words of whoever made it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// A platform that names neither system nor processor says nothing: `"platform": {}`.
fn stated_platform<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Platform>, D::Error> {
    let platform = Option::<Platform>::deserialize(deserializer)?;
    Ok(platform.filter(|it| !it.os.is_empty() || !it.architecture.is_empty()))
}

/// A machine that an image is made for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// `linux`, `windows`.
    #[serde(default)]
    pub os: String,
    /// `amd64`, `arm64`, as Go names it.
    #[serde(default)]
    pub architecture: String,
    /// `v7`, `v8`.
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `linux/amd64`, `linux/arm/v7`, or a processor alone, which is one that runs Linux; `None` for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let of = |os: &str, architecture: &str, variant: Option<&str>| Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        };
        match *parts {
            [architecture] => {
                let platform = of("linux", architecture, None);
                let (known, _) = platform.meant();
                ARCHITECTURES.contains(&known).then_some(platform)
            }
            [os, architecture] => Some(of(os, architecture, None)),
            [os, architecture, variant] => Some(of(os, architecture, Some(variant))),
            _ => None,
        }
    }

    /// Whether an image for this platform is what was asked for; a variant counts where one was named.
    pub fn fits(&self, wanted: &Self) -> bool {
        let ((architecture, variant), (wanted_architecture, wanted_variant)) =
            (self.meant(), wanted.meant());
        // `armhf` names a variant as well.
        let names_variant = wanted.variant.is_some()
            || (wanted_architecture == "arm" && wanted.architecture != "arm");
        self.os.eq_ignore_ascii_case(&wanted.os)
            && architecture == wanted_architecture
            && (!names_variant || variant == wanted_variant)
    }

    /// Processor and variant as Go names them, whatever the kernel or a distribution calls them. A variant is the one
    /// that is meant where none is written; some write its number alone.
    ///
    /// See: `Normalize` of <https://github.com/containerd/platforms/blob/main/database.go>.
    fn meant(&self) -> (&str, &str) {
        let variant = self.variant.as_deref().unwrap_or_default();
        match (&*self.architecture, variant.trim_start_matches('v')) {
            ("x86_64" | "x86-64" | "amd64", "" | "1") => ("amd64", "1"),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("i386", _) => ("386", ""),
            ("aarch64" | "arm64", "" | "8") => ("arm64", "8"),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "7"),
            ("armel", _) => ("arm", "6"),
            (architecture, variant) => (architecture, variant),
        }
    }
}

/// Processors that Linux runs on, as Go names them.
const ARCHITECTURES: [&str; 13] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
    "ppc64le", "riscv64", "s390x",
];

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// An index, or a manifest: which of them a document is shows in its fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Manifest {
    /// The configuration of an image.
    pub config: Option<Descriptor>,
    /// The layers of an image, the lowest first.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    /// The images of an index.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
    /// What it is kept beside: it is no image itself, and says something of one.
    pub subject: Option<Descriptor>,
    /// What it is, where that is no image.
    #[serde(default)]
    pub artifact_type: Option<String>,
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let manifest = Self::deserialize(AsGo(deserializer))?;
        let is_image = manifest.config.is_some() || !manifest.layers.is_empty();
        // Which of them it is, its media type would tell some programs, and its fields others.
        // See: <https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh>
        if is_image && !manifest.manifests.is_empty() {
            return Err(D::Error::custom("it is an image and an index in one"));
        }
        Ok(manifest)
    }
}

/// How an image is configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(remote = "Self")]
pub struct Config {
    /// When it was made, as it says itself.
    pub created: Option<String>,
    /// Machine that it is made for.
    #[serde(default)]
    pub architecture: String,
    /// System that it is made for.
    #[serde(default)]
    pub os: String,
    /// `v7`, `v8`.
    pub variant: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// How it is started.
    #[serde(default)]
    pub config: Execution,
    /// Its layers.
    #[serde(default)]
    pub rootfs: RootFs,
    /// The commands that made it; those that changed no file have `empty_layer`.
    #[serde(default)]
    pub history: Vec<History>,
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(AsGo(deserializer))
    }
}

/// How a container of an image is started.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// User and group, as names or numbers; empty for root.
    #[serde(default)]
    pub user: String,
    /// `8080/tcp`.
    pub exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    /// `NAME=value`.
    pub env: Option<Vec<String>>,
    /// Program and arguments that `docker run` cannot replace by words behind the image.
    pub entrypoint: Option<Vec<String>>,
    /// Program, or arguments of the entrypoint.
    pub cmd: Option<Vec<String>>,
    /// Words of whoever made it.
    pub labels: Option<BTreeMap<String, String>>,
    /// Docker's own; OCI has none.
    pub healthcheck: Option<serde_json::Value>,
    /// Instructions that run when another image is built on it; Docker's own.
    pub on_build: Option<Vec<String>>,
    /// What runs commands that are a text; Docker's own.
    pub shell: Option<Vec<String>>,
}

impl Execution {
    /// The commands that it holds, each with who has it.
    pub fn commands(&self) -> Vec<(&'static str, Vec<&str>)> {
        let run = texts(self.entrypoint.as_ref())
            .chain(texts(self.cmd.as_ref()))
            .collect();
        let check = self.healthcheck.as_ref().map(|it| &it["Test"]);
        let check = check.and_then(serde_json::Value::as_array);
        let check = check.into_iter().flatten().filter_map(|it| it.as_str());
        let mut commands = vec![
            ("what the image runs", run),
            ("the health check", check.collect()),
            ("the shell", texts(self.shell.as_ref()).collect()),
        ];
        commands
            .extend(texts(self.on_build.as_ref()).map(|it| ("what a build on it runs", vec![it])));
        commands.retain(|(_, words)| !words.is_empty());
        commands
    }
}

fn texts(list: Option<&Vec<String>>) -> impl Iterator<Item = &str> {
    list.into_iter().flatten().map(String::as_str)
}

/// The layers of an image, unpacked.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RootFs {
    /// SHA-256 of each layer once it is unpacked, the lowest first.
    #[serde(default)]
    pub diff_ids: Vec<Digest>,
}

/// A command that made an image.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct History {
    /// The command.
    #[serde(default)]
    pub created_by: String,
    /// Whether it changed no file.
    #[serde(default)]
    pub empty_layer: bool,
    /// Who ran it.
    pub author: Option<String>,
    /// Words of whoever ran it.
    pub comment: Option<String>,
}

impl History {
    /// The step as a Dockerfile has it: `ENV A=b`, `RUN make`. Docker's old builder writes what changes no file behind
    /// a shell that does nothing, and what it ran behind one that did, without a word for it.
    pub fn instruction(&self) -> &str {
        let step = self.created_by.trim_start();
        let instruction = step.strip_prefix("/bin/sh -c #(nop)");
        instruction.unwrap_or(step).trim_start()
    }

    /// Whether the step is one of these instructions: `["CMD", "ENTRYPOINT"]`.
    pub fn is_one_of(&self, instructions: &[&str]) -> bool {
        let word = self.instruction().split_ascii_whitespace().next();
        word.is_some_and(|word| instructions.contains(&word))
    }
}

impl Config {
    /// The command that made the layer of this number, where the history can be told apart.
    pub fn command_of(&self, layer: usize) -> Option<&str> {
        let commands = || self.history.iter().filter(|entry| !entry.empty_layer);
        if commands().count() != self.rootfs.diff_ids.len() {
            return None;
        }
        commands().nth(layer).map(|entry| entry.created_by.as_str())
    }

    /// How many of the lowest layers are those of the image that it was built on, by its history: what an image is
    /// started with is said at its end, so that layers behind a `CMD` or `ENTRYPOINT` are of an image built on it.
    ///
    /// `None` where no layer is behind one, and where the history does not tell layers apart.
    pub fn base_layers(&self) -> Option<usize> {
        let (mut layers, mut base) = (0, None);
        let mut said = None;
        for entry in &self.history {
            if !entry.empty_layer {
                layers += 1;
                base = said.or(base);
            } else if entry.is_one_of(&["CMD", "ENTRYPOINT"]) {
                said = Some(layers);
            }
        }
        (layers == self.rootfs.diff_ids.len())
            .then_some(base)
            .flatten()
            .filter(|base| *base > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_sha256() {
        let text = format!("sha256:{}", "0a".repeat(32));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest, Digest::new([10; 32]));
        assert_eq!(digest.to_string(), text);
        for wrong in [
            "",
            "sha256:",
            "sha512:00",
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replace("0a", "0g"),
        ] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variant_need_not_be_written_where_it_is_the_usual_one() {
        let platform = |text: &str| {
            let mut parts = text.split('/').map(str::to_owned);
            Platform {
                os: "linux".to_owned(),
                architecture: parts.next().unwrap(),
                variant: parts.next(),
            }
        };
        for (stated, wanted, expected) in [
            ("arm64", "arm64/v8", true),
            ("arm64/v8", "arm64", true),
            ("arm64/8", "arm64/v8", true),
            ("arm64/v9", "arm64/v8", false),
            ("arm", "arm/v7", true),
            ("arm", "arm/v6", false),
            ("arm/v6", "arm", true),
            ("amd64", "amd64/v1", true),
            ("amd64/v3", "amd64/v1", false),
            ("riscv64", "riscv64/a", false),
            ("arm64", "amd64", false),
            ("arm64", "aarch64", true),
            ("amd64", "x86_64", true),
            ("x86_64", "amd64", true),
            ("arm/v6", "armhf", false),
            ("arm/v7", "armhf", true),
            ("arm/v6", "armel", true),
            ("386", "i386", true),
        ] {
            let fits = platform(stated).fits(&platform(wanted));
            assert_eq!(fits, expected, "{stated} for {wanted}");
        }
    }

    #[test]
    fn platforms_are_read_as_they_are_written() {
        let check = |text: &str, expected: Option<&str>| {
            let platform = Platform::parse(text).map(|it| it.to_string());
            assert_eq!(platform.as_deref(), expected, "{text}");
        };
        check("linux/amd64", Some("linux/amd64"));
        check("linux/arm/v7", Some("linux/arm/v7"));
        check("aarch64", Some("linux/aarch64"));
        check("linux", None);
        check("linux/", None);
        check("a/b/c/d", None);
        check("", None);
    }

    #[test]
    fn a_platform_that_names_nothing_is_none() {
        let check = |platform: &str, expected: Option<&str>| {
            let digest = Digest::new([0; 32]);
            let text = format!(
                r#"{{"manifests": [{{"digest": "{digest}", "size": 1, "platform": {platform}}}]}}"#
            );
            let index: Manifest = serde_json::from_str(&text).unwrap();
            let platform = index.manifests[0].platform.as_ref();
            assert_eq!(platform.map(ToString::to_string).as_deref(), expected);
        };
        check("{}", None);
        check("null", None);
        check(r#"{"os": "", "Architecture": ""}"#, None);
        check(r#"{"architecture": "arm64"}"#, Some("/arm64"));
    }

    #[test]
    fn a_document_is_an_image_or_an_index() {
        let blob = format!(r#"{{"digest": "sha256:{}", "size": 2}}"#, "0a".repeat(32));
        for (fields, is_refused) in [
            (format!(r#""config": {blob}, "manifests": [{blob}]"#), true),
            (
                format!(r#""layers": [{blob}], "manifests": [{blob}]"#),
                true,
            ),
            (
                format!(r#""config": {blob}, "layers": [{blob}], "manifests": []"#),
                false,
            ),
            (
                format!(r#""manifests": [{blob}], "layers": [], "subject": {blob}"#),
                false,
            ),
        ] {
            let parsed = serde_json::from_str::<Manifest>(&format!("{{{fields}}}"));
            let error = parsed.err().map(|error| error.to_string());
            let told = error.as_deref().unwrap_or_default();
            assert_eq!(
                told.contains("an image and an index"),
                is_refused,
                "{fields}: {told}"
            );
            assert_eq!(error.is_some(), is_refused, "{fields}: {told}");
        }
    }

    #[test]
    fn the_base_ends_where_it_says_how_it_is_started() {
        let check = |history: &[(&str, bool)], expected: Option<usize>| {
            let history = history.iter().map(|(command, empty_layer)| History {
                created_by: (*command).to_owned(),
                empty_layer: *empty_layer,
                ..History::default()
            });
            let history: Vec<_> = history.collect();
            let layers = history.iter().filter(|it| !it.empty_layer).count();
            let config = Config {
                rootfs: RootFs {
                    diff_ids: vec![Digest::new([0; 32]); layers],
                },
                history,
                ..Config::default()
            };
            assert_eq!(config.base_layers(), expected);
        };
        let cmd = ("/bin/sh -c #(nop)  CMD [\"bash\"]", true);
        let own = ("CMD [\"shop\"]", true);
        check(
            &[("ADD rootfs", false), cmd, ("RUN a", false), own],
            Some(1),
        );
        // Of a base on another base, the upper one is what it was built on.
        let entry = ("ENTRYPOINT [\"node\"]", true);
        check(
            &[
                ("ADD", false),
                cmd,
                ("RUN node", false),
                entry,
                ("COPY", false),
            ],
            Some(2),
        );
        check(&[("ADD rootfs", false), own], None);
        check(&[("COPY shop", false)], None);
        check(&[own, ("COPY shop", false)], None);
        check(&[("RUN echo CMD x", false), ("COPY", false)], None);
        check(&[], None);
    }

    #[test]
    fn commands_belong_to_layers() {
        let config: Config = serde_json::from_str(
            r#"{"rootfs": {"diff_ids": []}, "history": [
                {"created_by": "COPY a"}, {"created_by": "ENV b", "empty_layer": true}, {"created_by": "RUN c"}]}"#,
        )
        .unwrap();
        assert_eq!(config.command_of(0), None);
        let digest = Digest::new([0; 32]);
        let rootfs = RootFs {
            diff_ids: vec![digest, digest],
        };
        let config = Config { rootfs, ..config };
        assert_eq!(config.command_of(0), Some("COPY a"));
        assert_eq!(config.command_of(1), Some("RUN c"));
        assert_eq!(config.command_of(2), None);
    }
}
