//! The formats conftest knows, by the names of its `--parser` option and of files.

use std::fmt;

/// A format of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "the names of the formats say what they are; `name` has conftest's spelling"
)]
pub enum Format {
    Codeowners,
    Cue,
    CycloneDx,
    Dockerfile,
    Dotenv,
    Edn,
    Groovy,
    Hcl1,
    Hcl2,
    Hocon,
    Ignore,
    Ini,
    Json,
    Jsonc,
    Jsonnet,
    Nginx,
    Properties,
    Spdx,
    Textproto,
    Toml,
    Vcl,
    Xml,
    Yaml,
}

/// Every format with the name conftest's `--parser` has for it.
const NAMES: [(Format, &str); 23] = [
    (Format::Codeowners, "codeowners"),
    (Format::Cue, "cue"),
    (Format::CycloneDx, "cyclonedx"),
    (Format::Dockerfile, "dockerfile"),
    (Format::Dotenv, "dotenv"),
    (Format::Edn, "edn"),
    (Format::Groovy, "groovy"),
    (Format::Hcl1, "hcl1"),
    (Format::Hcl2, "hcl2"),
    (Format::Hocon, "hocon"),
    (Format::Ignore, "ignore"),
    (Format::Ini, "ini"),
    (Format::Json, "json"),
    (Format::Jsonc, "jsonc"),
    (Format::Jsonnet, "jsonnet"),
    (Format::Nginx, "nginx"),
    (Format::Properties, "properties"),
    (Format::Spdx, "spdx"),
    (Format::Textproto, "textproto"),
    (Format::Toml, "toml"),
    (Format::Vcl, "vcl"),
    (Format::Xml, "xml"),
    (Format::Yaml, "yaml"),
];

impl Format {
    /// Every format conftest knows.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(format, _)| format)
    }

    /// The format that `conftest --parser NAME` means.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES
            .into_iter()
            .find_map(|(format, known)| (known == name).then_some(format))
    }

    /// The name of the format in `conftest --parser`.
    pub fn name(self) -> &'static str {
        NAMES
            .into_iter()
            .find_map(|(format, name)| (format == self).then_some(name))
            .unwrap_or("unknown")
    }

    /// The format that conftest takes a file for, by the last part of its path.
    /// Standard input (`-`) is YAML.
    pub fn from_file_name(path: &str) -> Option<Self> {
        if path == "-" {
            return Some(Self::Yaml);
        }
        let name = path
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or(path)
            .to_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let named = |word: &str| name == word || name.starts_with(&format!("{word}."));
        if named("dockerfile") || extension == "dockerfile" {
            return Some(Self::Dockerfile);
        }
        match extension {
            "yml" | "yaml" => return Some(Self::Yaml),
            "hcl" | "tf" | "tfvars" => return Some(Self::Hcl2),
            "gitignore" | "dockerignore" => return Some(Self::Ignore),
            _ => {}
        }
        if named(".env") || extension == "env" {
            return Some(Self::Dotenv);
        }
        if name == "nginx.conf" {
            return Some(Self::Nginx);
        }
        if named("jenkinsfile") {
            return Some(Self::Groovy);
        }
        if matches!(extension, "textproto" | "textpb") {
            return Some(Self::Textproto);
        }
        if name == "codeowners" {
            return Some(Self::Codeowners);
        }
        Self::from_name(extension)
    }

    /// Whether [`crate::parse`] reads the format; the others it refuses by name.
    pub fn is_supported(self) -> bool {
        !matches!(
            self,
            Self::Cue
                | Self::Edn
                | Self::Groovy
                | Self::Hcl1
                | Self::Hocon
                | Self::Jsonnet
                | Self::Textproto
                | Self::Vcl
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn files_are_known_by_their_names() {
        for (path, expected) in [
            ("-", Some(Format::Yaml)),
            ("Dockerfile", Some(Format::Dockerfile)),
            ("a/Dockerfile.debug", Some(Format::Dockerfile)),
            ("dev.Dockerfile", Some(Format::Dockerfile)),
            ("dockerfiles", None),
            ("main.tf", Some(Format::Hcl2)),
            ("x.hcl1", Some(Format::Hcl1)),
            (".gitignore", Some(Format::Ignore)),
            (".dockerignore", Some(Format::Ignore)),
            (".env", Some(Format::Dotenv)),
            (".env.prod", Some(Format::Dotenv)),
            ("prod.env", Some(Format::Dotenv)),
            ("etc/nginx.conf", Some(Format::Nginx)),
            ("site.nginx", Some(Format::Nginx)),
            ("hocon.conf", None),
            ("Jenkinsfile", Some(Format::Groovy)),
            ("a.textpb", Some(Format::Textproto)),
            ("CODEOWNERS", Some(Format::Codeowners)),
            ("sbom.spdx", Some(Format::Spdx)),
            ("bom.cyclonedx", Some(Format::CycloneDx)),
            ("settings.jsonc", Some(Format::Jsonc)),
            ("notes.txt", None),
            ("Makefile", None),
        ] {
            assert_eq!(Format::from_file_name(path), expected, "{path}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for format in Format::all() {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("rego"), None);
    }
}
