//! Files in which other scanners of images keep what they leave out: Trivy's, Grype's and osv-scanner's.
//!
//! Sources: <https://trivy.dev/latest/docs/configuration/filtering/>,
//! <https://github.com/anchore/grype#specifying-matches-to-ignore>,
//! <https://google.github.io/osv-scanner/configuration/>.

use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_advisory::{Purl, Scope};
use ringwall_config::Format;
use ringwall_model::{Acceptance, AcceptanceSource, Date, FixState, Location, Source, Span};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::ignore_rule::{IgnoreRule, Name, Reach, Told};
use crate::exceptions::{expiry, last_day, ours};

/// Names of such files, which are looked for where the command is run.
pub const IGNORE_FILES: [&str; 5] = [
    ".trivyignore",
    ".trivyignore.yaml",
    ".grype.yaml",
    ".grype.yml",
    "osv-scanner.toml",
];

/// A file that is none of them, or is damaged.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct IgnoreFileError {
    file: String,
    reason: String,
}

/// Reads such a file, which its name tells; entries that have ended leave nothing out.
pub(super) fn read(source: &Source, as_of: Date) -> Result<Vec<IgnoreRule>, IgnoreFileError> {
    let error = |reason: String| IgnoreFileError {
        file: source.name.to_string(),
        reason,
    };
    let name = source.name.rsplit('/').next().unwrap_or_default();
    let parse = |format| {
        ringwall_config::parse(format, source.text.as_bytes()).map_err(|it| error(it.to_string()))
    };
    let mut reader = Reader {
        source,
        as_of,
        rules: Vec::new(),
    };
    match name {
        ".trivyignore" => reader.trivy_lines(),
        _ if name.contains("trivyignore") => reader.trivy(&parse(Format::Yaml)?),
        _ if name.contains("grype") => reader.grype(&parse(Format::Yaml)?),
        _ if name.contains("osv-scanner") => reader.osv_scanner(&parse(Format::Toml)?),
        _ => {
            let known = IGNORE_FILES.join(", ");
            return Err(error(format!("is none that is known by its name: {known}")));
        }
    }
    .map_err(error)?;
    Ok(reader.rules)
}

struct Reader<'a> {
    source: &'a Source,
    as_of: Date,
    rules: Vec<IgnoreRule>,
}

impl Reader<'_> {
    fn add(
        &mut self,
        peer: &'static str,
        rule: IgnoreRule,
        reason: Option<String>,
        until: Option<Date>,
        location: Option<Location>,
        is_of_flaws: bool,
    ) {
        if until.is_some_and(|until| until < self.as_of) {
            return;
        }
        let told = rule.named().map(|named| Told {
            named,
            location: location
                .clone()
                .unwrap_or_else(|| self.source.location(Span::default())),
        });
        self.rules.push(IgnoreRule {
            told: told.filter(|_| is_of_flaws),
            acceptance: Some(Arc::new(Acceptance {
                source: AcceptanceSource::Peer(peer),
                reason,
                owner: None,
                until,
                location,
            })),
            ..rule
        });
    }

    /// `CVE-2021-1 exp:2026-12-31 # why`, one on each line.
    fn trivy_lines(&mut self) -> Result<(), String> {
        let mut offset = 0;
        for line in self.source.text.clone().split_inclusive('\n') {
            let span = Span::new(offset, offset + line.trim_end().len());
            offset += line.len();
            let line = line.trim_start_matches('\u{feff}');
            let (text, comment) = line.split_once('#').unwrap_or((line, ""));
            let mut words = text.split_whitespace();
            let Some(id) = words.next() else {
                continue;
            };
            if let Some(word) = words.find(|word| !word.starts_with("exp:")) {
                return Err(format!(
                    "{id}: {word} is not understood; a reason stands behind a #"
                ));
            }
            let until = expiry(line).map_err(no_day)?;
            let reason = Some(comment.trim()).filter(|comment| !comment.is_empty());
            let rule = IgnoreRule {
                ids: ids("trivy", id),
                ..IgnoreRule::default()
            };
            let location = self.source.location(span);
            self.add(
                "trivy",
                rule,
                reason.map(str::to_owned),
                until,
                Some(location),
                is_flaw(id),
            );
        }
        Ok(())
    }

    fn trivy(&mut self, file: &Value) -> Result<(), String> {
        for (section, reach) in [
            ("vulnerabilities", Reach::Flaws),
            ("misconfigurations", Reach::Misconfigurations),
            ("secrets", Reach::Secrets),
        ] {
            for entry in entries::<TrivyEntry>(file, section)? {
                let until = entry.expired_at.as_deref().map(end).transpose()?;
                let rule = IgnoreRule {
                    reach,
                    ids: ids("trivy", &entry.id),
                    purls: purls(section, &entry.purls.unwrap_or_default())?,
                    paths: globs(&entry.paths.unwrap_or_default())?,
                    ..IgnoreRule::default()
                };
                let is_of_flaws = reach == Reach::Flaws;
                self.add("trivy", rule, entry.statement, until, None, is_of_flaws);
            }
        }
        Ok(())
    }

    fn grype(&mut self, file: &Value) -> Result<(), String> {
        for entry in entries::<GrypeEntry>(file, "ignore")? {
            // What is told by anything else would leave out more than was meant.
            let unknown = [
                ("namespace", &entry.namespace),
                ("match-type", &entry.match_type),
                ("vex-status", &entry.vex_status),
                ("vex-justification", &entry.vex_justification),
            ];
            if let Some((key, _)) = unknown.iter().find(|(_, value)| !value.is_empty()) {
                return Err(format!(
                    "ignore: {key} is not understood; write the entry without it, or in ringwall.toml"
                ));
            }
            let said = |text: String| Some(text).filter(|text| !text.is_empty());
            let name = |text: String| {
                let read = said(text).map(|text| Name::of_grype(&text)).transpose();
                read.map_err(|reason| format!("ignore: {reason}"))
            };
            let package = entry.package;
            let location = said(package.location).into_iter().collect::<Vec<_>>();
            let language = said(package.language).map(|it| {
                purl_type_of_language(&it).ok_or_else(|| format!("ignore: {it} is no language"))
            });
            let rule = IgnoreRule {
                reach: Reach::Flaws,
                ids: said(entry.vulnerability).into_iter().collect(),
                package: name(package.name)?,
                source: name(package.upstream_name)?,
                version: said(package.version),
                kind: said(package.kind).map(|kind| purl_type_of_grype(&kind).to_owned()),
                language: language.transpose()?,
                paths: globs(&location)?,
                states: match &*entry.fix_state {
                    "" => None,
                    "fixed" => Some(vec![FixState::Fixed]),
                    "not-fixed" => Some(vec![
                        FixState::NotFixed,
                        FixState::Deferred,
                        FixState::UnderInvestigation,
                    ]),
                    "wont-fix" => Some(vec![FixState::WillNotFix, FixState::EndOfLife]),
                    // Grype says so where nobody told it of fixes, and `not-fixed` where somebody did. What is
                    // known here does not tell the two apart.
                    "unknown" => Some(Vec::new()),
                    other => return Err(format!("ignore: {other} is no fix-state")),
                },
                ..IgnoreRule::default()
            };
            if rule.ids.is_empty()
                && rule.package.is_none()
                && rule.source.is_none()
                && rule.kind.is_none()
                && rule.language.is_none()
                && rule.paths.is_none()
                && rule.states.is_none()
            {
                return Err(
                    "ignore: an entry names nothing, and so would leave out everything".to_owned(),
                );
            }
            self.add("grype", rule, said(entry.reason), None, None, true);
        }
        Ok(())
    }

    fn osv_scanner(&mut self, file: &Value) -> Result<(), String> {
        for entry in entries::<OsvFlaw>(file, "IgnoredVulns")? {
            let until = until(&entry.ignore_until)?;
            let rule = IgnoreRule {
                reach: Reach::Flaws,
                ids: vec![entry.id],
                ..IgnoreRule::default()
            };
            self.add("osv-scanner", rule, entry.reason, until, None, true);
        }
        for entry in entries::<OsvOverride>(file, "PackageOverrides")? {
            if !entry.ignore && !entry.vulnerability.ignore {
                continue;
            }
            if entry.group.is_some() {
                return Err("PackageOverrides: group is not understood; write the entry without it, or in ringwall.toml".to_owned());
            }
            let said = |text: Option<String>| text.filter(|text| !text.is_empty());
            let ecosystem = said(entry.ecosystem);
            let kind = ecosystem.as_deref().map(|it| {
                purl_type(it)
                    .ok_or_else(|| format!("PackageOverrides: {it} is no ecosystem of OSV"))
            });
            let kind = kind.transpose()?;
            let of_distribution = kind.filter(|kind| matches!(*kind, "apk" | "deb" | "rpm"));
            let distribution = of_distribution.and(ecosystem.as_deref());
            let rule = IgnoreRule {
                reach: Reach::Flaws,
                package: said(entry.name).map(Name::Exact),
                version: said(entry.version),
                kind: kind.map(str::to_owned),
                distribution: distribution.and_then(Scope::parse),
                ..IgnoreRule::default()
            };
            if rule.package.is_none() && rule.kind.is_none() {
                return Err("PackageOverrides: an entry names no package, and so would leave out everything".to_owned());
            }
            let until = until(&entry.effective_until)?;
            self.add("osv-scanner", rule, entry.reason, until, None, true);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrivyEntry {
    id: String,
    paths: Option<Vec<String>>,
    purls: Option<Vec<String>>,
    expired_at: Option<String>,
    statement: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct GrypeEntry {
    vulnerability: String,
    /// Aliases always count.
    #[serde(rename = "include-aliases")]
    _include_aliases: Option<bool>,
    reason: String,
    namespace: String,
    fix_state: String,
    package: GrypePackage,
    vex_status: String,
    vex_justification: String,
    match_type: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct GrypePackage {
    name: String,
    version: String,
    language: String,
    #[serde(rename = "type")]
    kind: String,
    location: String,
    upstream_name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OsvFlaw {
    id: String,
    #[serde(default)]
    ignore_until: Value,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OsvOverride {
    name: Option<String>,
    version: Option<String>,
    ecosystem: Option<String>,
    group: Option<String>,
    #[serde(default)]
    ignore: bool,
    #[serde(default)]
    vulnerability: OsvIgnored,
    /// Licences are not judged.
    #[serde(rename = "license")]
    _licence: Option<Value>,
    #[serde(default)]
    effective_until: Value,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OsvIgnored {
    #[serde(default)]
    ignore: bool,
}

/// The entries of a list, which stands under exactly this name. One that says something else than its format knows would leave out more than was meant.
fn entries<T: DeserializeOwned>(file: &Value, section: &str) -> Result<Vec<T>, String> {
    // A file without anything in it is no map either.
    let empty = serde_json::Map::new();
    let keys = match file {
        Value::Object(keys) => keys,
        Value::Null => &empty,
        _ => return Err(format!("it is no map with a list {section} in it")),
    };
    let is_misspelt = |key: &&String| *key != section && key.eq_ignore_ascii_case(section);
    if let Some(key) = keys.keys().find(is_misspelt) {
        return Err(format!("{key} is not understood; write {section}"));
    }
    let list = keys.get(section).unwrap_or(&Value::Null);
    let entries = Option::<Vec<T>>::deserialize(list);
    let entries = entries.map_err(|error| format!("{section}: {error}"))?;
    Ok(entries.unwrap_or_default())
}

/// The type of package URLs of a language of Grype.
fn purl_type_of_language(language: &str) -> Option<&'static str> {
    Some(match language {
        "dart" => "pub",
        "dotnet" => "nuget",
        "elixir" | "erlang" => "hex",
        "go" => "golang",
        "java" => "maven",
        "javascript" => "npm",
        "php" => "composer",
        "python" => "pypi",
        "R" => "cran",
        "ruby" => "gem",
        "rust" => "cargo",
        "swift" => "swift",
        _ => return None,
    })
}

/// The type of package URLs of a type of packages of Grype.
fn purl_type_of_grype(kind: &str) -> &str {
    match kind {
        "R-package" => "cran",
        "dart-pub" => "pub",
        "dotnet" => "nuget",
        "erlang-otp" => "otp",
        "go-module" => "golang",
        "java-archive" | "jenkins-plugin" => "maven",
        "php-composer" => "composer",
        "python" => "pypi",
        "rust-crate" => "cargo",
        other => other,
    }
}

/// Ecosystems of OSV of which an image has no packages that are read.
///
/// See: <https://ossf.github.io/osv-schema/#defined-ecosystems>.
const UNREAD_ECOSYSTEMS: [&str; 17] = [
    "Android",
    "BellSoft Hardened Containers",
    "Bioconductor",
    "CleanStart",
    "ConanCenter",
    "Docker Hardened Images",
    "GHC",
    "GIT",
    "GitHub Actions",
    "Julia",
    "Kubernetes",
    "Linux",
    "OSS-Fuzz",
    "Root",
    "TuxCare",
    "VSCode",
    "opam",
];

/// The type of package URLs of an ecosystem of OSV, whose name is written in one way; `None` for what is none.
fn purl_type(ecosystem: &str) -> Option<&str> {
    let (family, _) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
    Some(match family {
        "Alpaquita" | "Alpine" | "Chainguard" | "MinimOS" | "Wolfi" => "apk",
        "Bitnami" => "bitnami",
        "CRAN" => "cran",
        "Debian" | "Echo" | "Ubuntu" => "deb",
        "Go" => "golang",
        "Hackage" => "hackage",
        "Hex" => "hex",
        "Maven" => "maven",
        "NuGet" => "nuget",
        "Packagist" => "composer",
        "Pub" => "pub",
        "PyPI" => "pypi",
        "RubyGems" => "gem",
        "SwiftURL" => "swift",
        "crates.io" => "cargo",
        "npm" => "npm",
        "AlmaLinux" | "Amazon Linux" | "Azure Linux" | "Mageia" | "Oracle Linux" | "Photon OS"
        | "Red Hat" | "Rocky Linux" | "SUSE" | "openEuler" | "openSUSE" => "rpm",
        other => return UNREAD_ECOSYSTEMS.contains(&other).then_some(other),
    })
}

/// An id of a peer: what it calls a check, or a flaw, which is called the same everywhere.
fn ids(peer: &str, id: &str) -> Vec<String> {
    let mut ids = ours(peer, id);
    ids.push(id.to_owned());
    ids
}

/// How ids of flaws begin; others are those of checks and of secrets, which need not be looked for.
const FLAWS: [&str; 24] = [
    "ALAS",
    "ALSA-",
    "BIT-",
    "CVE-",
    "DLA-",
    "DSA-",
    "ELSA-",
    "GHSA-",
    "GO-",
    "GSD-",
    "HSEC-",
    "MAL-",
    "NSWG-",
    "OSV-",
    "PYSEC-",
    "RHBA-",
    "RHSA-",
    "RLSA-",
    "RUSTSEC-",
    "SNYK-",
    "SUSE-",
    "TEMP-",
    "USN-",
    "openSUSE-",
];

fn is_flaw(id: &str) -> bool {
    FLAWS.iter().any(|start| id.starts_with(start))
}

/// The last whole day before a day, or before the day of a moment.
fn end(word: &str) -> Result<Date, String> {
    let day = word.get(..10).unwrap_or(word);
    day.parse().map(last_day).map_err(|_| no_day(word))
}

fn no_day(word: &str) -> String {
    format!("'{word}' is no day of the form 2026-12-31")
}

/// TOML has moments of its own, which are texts or objects here.
fn until(value: &Value) -> Result<Option<Date>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(word) => end(word).map(Some),
        other => Err(format!("{other} is no day of the form 2026-12-31")),
    }
}

fn purls(section: &str, texts: &[String]) -> Result<Vec<Purl>, String> {
    let read = texts.iter().map(|text| Purl::parse(text));
    read.collect::<Result<_, _>>()
        .map_err(|error| format!("{section}: {error}"))
}

/// Patterns in which `*` stays within a folder, as in those of Trivy and Grype.
fn globs(patterns: &[String]) -> Result<Option<GlobSet>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern.trim_start_matches('/'))
            .literal_separator(true)
            .build();
        set.add(glob.map_err(|error| error.to_string())?);
    }
    set.build().map(Some).map_err(|error| error.to_string())
}
