//! Files in which other scanners of images keep what they leave out: Trivy's, Grype's and osv-scanner's.
//!
//! Sources: <https://trivy.dev/latest/docs/configuration/filtering/>,
//! <https://github.com/anchore/grype#specifying-matches-to-ignore>,
//! <https://google.github.io/osv-scanner/configuration/>.

use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use ringwall_config::Format;
use ringwall_model::{
    Acceptance, AcceptanceSource, Date, Finding, FixState, Location, Source, Span,
};
use serde_json::Value;

use crate::exceptions::ours;

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

/// What one entry leaves out: everything that fits all of what it says.
#[derive(Debug, Default)]
pub(super) struct IgnoreRule {
    /// Ids of flaws or of checks; none is all of them.
    ids: Vec<String>,
    package: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    purls: Vec<String>,
    paths: Option<GlobSet>,
    states: Vec<FixState>,
    acceptance: Option<Arc<Acceptance>>,
}

impl IgnoreRule {
    /// The acceptance of a finding that it leaves out.
    pub(super) fn accepts(&self, finding: &Finding) -> Option<&Arc<Acceptance>> {
        let flaw = finding.vulnerability.as_deref();
        let is_named = |id: &String| {
            **id == *finding.check || flaw.is_some_and(|flaw| flaw.aliases.contains(id))
        };
        let holds = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        let purl = flaw
            .and_then(|flaw| flaw.purl.as_deref())
            .unwrap_or_default();
        let fits = (self.ids.is_empty() || self.ids.iter().any(is_named))
            && holds(&self.package, flaw.map(|flaw| &*flaw.package))
            && holds(&self.version, flaw.map(|flaw| &*flaw.version))
            && holds(&self.kind, flaw.map(|flaw| flaw.package_type))
            && (self.purls.is_empty() || self.purls.iter().any(|wanted| fits_purl(wanted, purl)))
            && self
                .paths
                .as_ref()
                .is_none_or(|paths| paths.is_match(&*finding.location.file))
            && (self.states.is_empty()
                || flaw.is_some_and(|flaw| self.states.contains(&flaw.fix_state)));
        self.acceptance.as_ref().filter(|_| fits)
    }
}

/// Whether a package URL is one that was written without version or qualifiers.
fn fits_purl(wanted: &str, purl: &str) -> bool {
    purl.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['@', '?', '#']))
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
    ) {
        if until.is_some_and(|until| until < self.as_of) {
            return;
        }
        self.rules.push(IgnoreRule {
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
            let (text, comment) = line.split_once('#').unwrap_or((line, ""));
            let mut words = text.split_whitespace();
            let Some(id) = words.next() else {
                continue;
            };
            let until = words.find_map(|word| word.strip_prefix("exp:"));
            let until = until.map(day).transpose()?;
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
            );
        }
        Ok(())
    }

    fn trivy(&mut self, file: &Value) -> Result<(), String> {
        for section in ["vulnerabilities", "misconfigurations", "secrets"] {
            for entry in file[section].as_array().into_iter().flatten() {
                let id = entry["id"]
                    .as_str()
                    .ok_or_else(|| format!("{section}: an entry has no id"))?;
                let until = entry["expired_at"].as_str().map(day).transpose()?;
                let rule = IgnoreRule {
                    ids: ids("trivy", id),
                    purls: texts(&entry["purls"]),
                    paths: globs(&texts(&entry["paths"]))?,
                    ..IgnoreRule::default()
                };
                self.add("trivy", rule, text(&entry["statement"]), until, None);
            }
        }
        Ok(())
    }

    fn grype(&mut self, file: &Value) -> Result<(), String> {
        for entry in file["ignore"].as_array().into_iter().flatten() {
            let package = &entry["package"];
            // What is told by anything else would leave out more than was meant.
            let known = [
                "vulnerability",
                "fix-state",
                "package",
                "reason",
                "include-aliases",
            ];
            let unknown = entry
                .as_object()
                .into_iter()
                .flatten()
                .find(|(key, value)| {
                    !known.contains(&key.as_str()) && !value.is_null() && *value != ""
                });
            if let Some((key, _)) = unknown {
                return Err(format!(
                    "ignore: {key} is not understood; write the entry without it, or in ringwall.toml"
                ));
            }
            let location = text(&package["location"]).into_iter().collect::<Vec<_>>();
            let rule = IgnoreRule {
                ids: text(&entry["vulnerability"]).into_iter().collect(),
                package: text(&package["name"]),
                version: text(&package["version"]),
                kind: text(&package["type"]).map(|kind| match &*kind {
                    "python" => "pypi".to_owned(),
                    "go-module" => "golang".to_owned(),
                    "java-archive" | "jenkins-plugin" => "maven".to_owned(),
                    "rust-crate" => "cargo".to_owned(),
                    _ => kind,
                }),
                paths: globs(&location)?,
                states: match entry["fix-state"].as_str() {
                    None | Some("") => Vec::new(),
                    Some("fixed") => vec![FixState::Fixed],
                    Some("not-fixed") => vec![
                        FixState::NotFixed,
                        FixState::Deferred,
                        FixState::UnderInvestigation,
                    ],
                    Some("wont-fix") => vec![FixState::WillNotFix, FixState::EndOfLife],
                    Some("unknown") => vec![FixState::NotFixed],
                    Some(other) => return Err(format!("ignore: {other} is no fix-state")),
                },
                ..IgnoreRule::default()
            };
            if rule.ids.is_empty()
                && rule.package.is_none()
                && rule.kind.is_none()
                && rule.paths.is_none()
                && rule.states.is_empty()
            {
                return Err(
                    "ignore: an entry names nothing, and so would leave out everything".to_owned(),
                );
            }
            self.add("grype", rule, text(&entry["reason"]), None, None);
        }
        Ok(())
    }

    fn osv_scanner(&mut self, file: &Value) -> Result<(), String> {
        for entry in file["IgnoredVulns"].as_array().into_iter().flatten() {
            let id = text(&entry["id"]).ok_or("IgnoredVulns: an entry has no id")?;
            let until = until(&entry["ignoreUntil"])?;
            let rule = IgnoreRule {
                ids: vec![id],
                ..IgnoreRule::default()
            };
            self.add("osv-scanner", rule, text(&entry["reason"]), until, None);
        }
        for entry in file["PackageOverrides"].as_array().into_iter().flatten() {
            if entry["ignore"] != true
                && entry.pointer("/vulnerability/ignore") != Some(&Value::Bool(true))
            {
                continue;
            }
            let kind = text(&entry["ecosystem"]).map(|ecosystem| purl_type(&ecosystem).to_owned());
            let rule = IgnoreRule {
                package: text(&entry["name"]),
                version: text(&entry["version"]),
                kind,
                ..IgnoreRule::default()
            };
            if rule.package.is_none() && rule.kind.is_none() {
                return Err("PackageOverrides: an entry names no package, and so would leave out everything".to_owned());
            }
            let until = until(&entry["effectiveUntil"])?;
            self.add("osv-scanner", rule, text(&entry["reason"]), until, None);
        }
        Ok(())
    }
}

/// The type of package URLs of an ecosystem of OSV.
fn purl_type(ecosystem: &str) -> &str {
    let (family, _) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
    match family {
        "crates.io" => "cargo",
        "Go" => "golang",
        "PyPI" => "pypi",
        "Maven" => "maven",
        "Debian" | "Ubuntu" => "deb",
        "Alpine" | "Wolfi" | "Chainguard" => "apk",
        "AlmaLinux" | "Rocky Linux" | "Red Hat" | "SUSE" | "openSUSE" => "rpm",
        other => other,
    }
}

/// An id of a peer: what it calls a check, or a flaw, which is called the same everywhere.
fn ids(peer: &str, id: &str) -> Vec<String> {
    let mut ids = ours(peer, id);
    ids.push(id.to_owned());
    ids
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(text)
        .collect()
}

/// A day, or the day of a moment.
fn day(word: &str) -> Result<Date, String> {
    let day = word.get(..10).unwrap_or(word);
    day.parse()
        .map_err(|_| format!("'{word}' is no day of the form 2026-12-31"))
}

/// TOML has moments of its own, which are texts or objects here.
fn until(value: &Value) -> Result<Option<Date>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(word) => day(word).map(Some),
        other => Err(format!("{other} is no day of the form 2026-12-31")),
    }
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.trim_start_matches('/');
        set.add(Glob::new(pattern).map_err(|error| error.to_string())?);
    }
    set.build().map(Some).map_err(|error| error.to_string())
}
