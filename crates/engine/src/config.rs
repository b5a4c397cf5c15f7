//! `ringwall.toml`.

mod advisories;
mod registries;
mod serve;
mod trust;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_checks::Settings;
use ringwall_input::{kubernetes::PodPath, schema::suggest};
use ringwall_model::{Date, Severity};
use ringwall_policy::image::{ImagePolicy, ImagePolicyConfig, ImagePolicyError, Offline};
use serde::Deserialize;

pub use advisories::AdvisoriesConfig;
pub use registries::RegistryConfig;
pub use serve::{
    ServeConfig, ServeFailurePolicy, ServeFix, ServePaths, ServePatterns, ServeScanConfig,
};
pub use trust::TrustConfig;

use crate::{
    ReportCache,
    image::refusable::refusable_problem,
    selection::{SelectionError, is_known, is_whole_id},
};

/// What `ringwall.toml` says; flags win over it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Lowest severity that makes the exit code 1.
    #[serde(deserialize_with = "severity")]
    pub fail_on: Option<Severity>,
    /// Lowest severity that the text report shows.
    #[serde(deserialize_with = "severity")]
    pub severity: Option<Severity>,
    /// Checks that run; empty: all.
    pub only: Vec<String>,
    /// Checks that do not run.
    pub skip: Vec<String>,
    /// Paths that are not scanned, in the grammar of `.gitignore`.
    pub exclude: Vec<String>,
    /// Severities other than the declared ones, by check.
    #[serde(deserialize_with = "severities")]
    pub severities: BTreeMap<String, Severity>,
    /// Lists and thresholds of checks.
    pub checks: CheckConfig,
    /// Kinds that carry a pod.
    pub workloads: Vec<WorkloadKind>,
    /// Findings that are accepted.
    pub exceptions: Vec<ExceptionConfig>,
    /// Which images may run.
    pub image_policy: Option<ImagePolicyConfig>,
    /// How registries of images are reached, by their names in references.
    pub registries: BTreeMap<String, RegistryConfig>,
    /// What `ringwall db update` fetches.
    pub advisories: AdvisoriesConfig,
    /// Who has to have signed which images.
    pub trust: Vec<TrustConfig>,
    /// How `ringwall serve` serves.
    pub serve: ServeConfig,
}

/// Lists and thresholds of checks; what is left out has the default of [`Settings`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckConfig {
    allowed_registries: Option<Vec<String>>,
    required_labels: Option<Vec<String>>,
    required_image_labels: Option<Vec<String>>,
    allowed_image_labels: Option<Vec<String>>,
    allowed_priority_classes: Option<Vec<String>>,
    min_user_id: Option<i64>,
    min_replicas: Option<i64>,
    max_token_seconds: Option<i64>,
}

/// A kind that carries a pod.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadKind {
    /// API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Keys from the object to the node that holds the pod's `spec`, joined by dots; `*` is every item.
    #[serde(default)]
    pub path: String,
}

impl WorkloadKind {
    /// Why no object would ever be found to carry a pod by it.
    fn problem(&self) -> Option<String> {
        let Self { group, kind, path } = self;
        let is_wild = |text: &str| text.contains(['*', '?', '[', ']']);
        if kind.is_empty() {
            Some("has no kind".to_owned())
        } else if group.contains('/') {
            Some(format!(
                "has the group '{group}'; write it without the version"
            ))
        } else if is_wild(group) || is_wild(kind) {
            Some("names several kinds; write an entry for each".to_owned())
        } else if path.is_empty() {
            None
        } else if path.split('.').any(|part| part.is_empty() || part == "$") {
            Some(format!("has the path '{path}', in which a key is missing"))
        } else if path.split('.').any(|part| part != "*" && is_wild(part)) {
            Some(format!(
                "has the path '{path}'; every item is a part of its own: .*."
            ))
        } else {
            None
        }
    }
}

impl CheckConfig {
    /// A threshold below zero, which nothing could be under or above.
    fn negative(&self) -> Option<(&'static str, i64)> {
        let thresholds = [
            ("min-user-id", self.min_user_id),
            ("min-replicas", self.min_replicas),
            ("max-token-seconds", self.max_token_seconds),
        ];
        let given = thresholds
            .into_iter()
            .filter_map(|(key, number)| Some((key, number?)));
        given.into_iter().find(|(_, number)| *number < 0)
    }
}

/// An entry of `[[exceptions]]`. Every list that is given must match.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExceptionConfig {
    /// Check ids; required.
    pub checks: Vec<String>,
    /// Patterns of file names, relative to the folder of the configuration.
    #[serde(deserialize_with = "patterns")]
    pub paths: Vec<String>,
    /// Kinds.
    #[serde(deserialize_with = "patterns")]
    pub kinds: Vec<String>,
    /// Patterns of namespaces.
    #[serde(deserialize_with = "patterns")]
    pub namespaces: Vec<String>,
    /// Patterns of object names.
    #[serde(deserialize_with = "patterns")]
    pub names: Vec<String>,
    /// Patterns of image references.
    #[serde(deserialize_with = "patterns")]
    pub images: Vec<String>,
    /// Patterns of package names.
    #[serde(deserialize_with = "patterns")]
    pub packages: Vec<String>,
    /// Why; required.
    pub reason: String,
    /// Whose decision it is.
    pub owner: Option<String>,
    /// Last day (UTC) on which it covers anything.
    #[serde(deserialize_with = "date")]
    pub until: Option<Date>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is no TOML, or holds what no configuration has.
    #[error("{file}:{line}:{column}: {message}")]
    Parse {
        /// The configuration's name.
        file: String,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// A value cannot be used.
    #[error("{file}: {message}")]
    Value {
        /// The configuration's name.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Config {
    /// Reads a configuration.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let source = ringwall_model::Source::new(file, text);
            let place = source.location(ringwall_model::Span::at(at)).start;
            ConfigError::Parse {
                file: file.to_owned(),
                line: place.line,
                column: place.column,
                message: with_meant(error.message().trim().replace('\n', ": ")),
            }
        })?;
        if let Some(id) = config.severities.keys().find(|id| !is_whole_id(id)) {
            let message = if is_known(id) {
                format!("'{id}' in severities means several ids; name them one by one")
            } else {
                format!("severities: {}", SelectionError::unknown(id))
            };
            return Err(ConfigError::Value {
                file: file.to_owned(),
                message,
            });
        }
        let images = config.image_policy.as_ref();
        if let Some(findings) = images.and_then(|images| images.findings.as_ref()) {
            let problem = match &*findings.refuse {
                [] => {
                    Some("refuse names nothing; name ids of checks, malware or secrets".to_owned())
                }
                ids => ids.iter().find_map(|id| refusable_problem(id)),
            };
            if let Some(problem) = problem {
                return Err(ConfigError::Value {
                    file: file.to_owned(),
                    message: format!("image-policy.findings: {problem}"),
                });
            }
        }
        let wrong = |message: String| ConfigError::Value {
            file: file.to_owned(),
            message,
        };
        for (number, workload) in (1..).zip(&config.workloads) {
            if let Some(problem) = workload.problem() {
                return Err(wrong(format!("workload {number} {problem}")));
            }
        }
        if let Some((key, number)) = config.checks.negative() {
            return Err(wrong(format!(
                "checks: {key} is {number}, and less than nothing"
            )));
        }
        // Whoever is trusted by a section that cannot be used is nobody, which is seen only when an image is asked for.
        for (number, trust) in (1..).zip(&config.trust) {
            if let Err(problem) = trust.repositories() {
                return Err(wrong(format!("trust {number} {problem}")));
            }
        }
        for (number, exception) in (1..).zip(&config.exceptions) {
            let message = match exception {
                entry if entry.checks.is_empty() => "has no checks; name the ids it covers",
                entry if entry.reason.trim().is_empty() => "has no reason; say why it is accepted",
                _ => continue,
            };
            return Err(wrong(format!("exception {number} {message}")));
        }
        Ok(config)
    }

    /// The settings of checks on a day, defaults filled in.
    pub fn settings(&self, as_of: Date) -> Settings {
        let defaults = Settings::default();
        let checks = self.checks.clone();
        Settings {
            as_of,
            allowed_registries: checks
                .allowed_registries
                .unwrap_or(defaults.allowed_registries),
            required_labels: checks.required_labels.unwrap_or(defaults.required_labels),
            required_image_labels: checks
                .required_image_labels
                .unwrap_or(defaults.required_image_labels),
            allowed_image_labels: checks
                .allowed_image_labels
                .unwrap_or(defaults.allowed_image_labels),
            allowed_priority_classes: checks
                .allowed_priority_classes
                .unwrap_or(defaults.allowed_priority_classes),
            min_user_id: checks.min_user_id.unwrap_or(defaults.min_user_id),
            min_replicas: checks.min_replicas.unwrap_or(defaults.min_replicas),
            max_token_seconds: checks
                .max_token_seconds
                .unwrap_or(defaults.max_token_seconds),
        }
    }

    /// The image policy on a day, with what the configuration itself knows about images; `file` is the
    /// configuration's name.
    pub fn image_policy(
        &self,
        file: &str,
        as_of: Date,
    ) -> Result<Option<ImagePolicy>, ConfigError> {
        let Some(config) = &self.image_policy else {
            return Ok(None);
        };
        let error = |error: ImagePolicyError| ConfigError::Value {
            file: file.to_owned(),
            message: error.to_string(),
        };
        let known = self.image_facts(config, file, as_of, &ReportCache::default())?;
        let policy = ImagePolicy::new(config.clone(), Arc::new(known), as_of).map_err(error)?;
        Ok(Some(policy))
    }

    /// What the configuration itself knows about images, and the reports that it names, of which those that are kept
    /// are not read again.
    pub fn image_facts(
        &self,
        config: &ImagePolicyConfig,
        file: &str,
        as_of: Date,
        cache: &ReportCache,
    ) -> Result<Offline, ConfigError> {
        let error = |message: String| ConfigError::Value {
            file: file.to_owned(),
            message: format!("image-policy: {message}"),
        };
        let digests = ImagePolicy::known_digests(config).map_err(|it| error(it.to_string()))?;
        let mut known = Offline::new(digests);
        if let Some(folder) = self.image_reports_folder(file) {
            let reports = cache.read(&folder, as_of, config.reports_max_age_days);
            known = known.with_reports(reports.map_err(|it| error(format!("reports: {it}")))?);
        }
        Ok(known)
    }

    /// The folder with reports about images, as seen from the working directory.
    pub fn image_reports_folder(&self, file: &str) -> Option<PathBuf> {
        let folder = self.image_policy.as_ref()?.reports.as_ref()?;
        let beside = Path::new(file).parent().unwrap_or(Path::new(""));
        Some(beside.join(folder))
    }

    /// Whether an exception names images.
    pub(crate) fn excepts_images(&self) -> bool {
        let mut exceptions = self.exceptions.iter();
        exceptions.any(|exception| !exception.images.is_empty())
    }

    /// The kinds that carry a pod, besides the well-known ones.
    pub fn pod_paths(&self) -> Vec<PodPath> {
        let paths = self.workloads.iter().map(|workload| PodPath {
            group: workload.group.clone(),
            kind: workload.kind.clone(),
            path: workload.path.clone(),
        });
        paths.collect()
    }
}

pub(super) fn severity<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<Severity>, D::Error> {
    let word = String::deserialize(from)?;
    word.parse().map(Some).map_err(serde::de::Error::custom)
}

/// An error with the name that was probably meant, where one that is none is at fault: serde lists all that there are.
fn with_meant(message: String) -> String {
    let about_names = ["unknown field", "unknown variant"];
    if !about_names.iter().any(|start| message.starts_with(start)) {
        return message;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let meant = quoted.next().and_then(|found| suggest(found, quoted));
    match meant.map(str::to_owned) {
        Some(meant) => message + "; did you mean `" + &meant + "`?",
        None => message,
    }
}

fn severities<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Severity>, D::Error> {
    let words = BTreeMap::<String, String>::deserialize(from)?;
    let parse = |(check, word): (String, String)| {
        let severity = word.parse().map_err(serde::de::Error::custom)?;
        Ok((check, severity))
    };
    words.into_iter().map(parse).collect()
}

/// A list that narrows an exception: an empty one would narrow it to nothing, and not to everything.
fn patterns<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::<String>::deserialize(from)?;
    if list.is_empty() {
        let message =
            "an empty list names nothing that is accepted; leave it out to accept anything";
        return Err(serde::de::Error::custom(message));
    }
    Ok(list)
}

fn date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    // TOML has dates of its own; a text is accepted too, because people write both.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Date(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(from)? {
        Written::Date(date) => date.to_string(),
        Written::Text(text) => text,
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_configuration_is_read() {
        let config = Config::parse(
            "ringwall.toml",
            r#"
fail-on = "medium"
exclude = ["vendor/"]
[severities]
latest-image-tag = "high"
"plaintext-secret/generic" = "low"
[checks]
allowed-registries = ["registry.example.com"]
[[workloads]]
group = "example.com"
kind = "Worker"
path = "spec.pod"
[[exceptions]]
checks = ["privileged-container"]
paths = ["infra/**"]
reason = "GPU driver"
until = 2027-03-31
[[exceptions]]
checks = ["host-network"]
reason = "CNI"
until = "2027-03-31"
"#,
        )
        .unwrap();
        let day = Date::from_unix_seconds(0);
        assert_eq!(config.fail_on, Some(Severity::Medium));
        assert_eq!(
            config.settings(day).allowed_registries,
            ["registry.example.com"]
        );
        assert_eq!(config.settings(day).min_user_id, 10_000);
        assert_eq!(config.exceptions[0].until, config.exceptions[1].until);
        assert_eq!(config.pod_paths()[0].kind, "Worker");
    }

    #[test]
    fn mistakes_name_their_place() {
        let check = |text: &str, expected: &str| {
            let error = Config::parse("ringwall.toml", text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(
            "a = 1\nfial-on = \"high\"",
            "ringwall.toml:1:1: unknown field",
        );
        check("x = [", "ringwall.toml:1:");
        check(
            "a = 1\nfial-on = \"high\"",
            "unknown field `a`, expected one of `fail-on`",
        );
        check("fial-on = \"high\"", "; did you mean `fail-on`?");
        check(
            "[image-policy]\nalowed = []",
            "ringwall.toml:2:1: unknown field `alowed`, expected one of `allowed`",
        );
        check("[image-policy]\nalowed = []", "; did you mean `allowed`?");
        check(
            "[image-policy]\nrequire = \"digset\"",
            "unknown variant `digset`, expected `tag` or `digest`; did you mean `digest`?",
        );
        check(
            "[[trust]]\nimages = []\nkey = \"a.pub\"",
            "ringwall.toml: trust 1 has no images",
        );
        check(
            "[[trust]]\nimages = [\"r.example.com\"]\nidentity = \"me@shop.example\"",
            "ringwall.toml: trust 1 needs an issuer",
        );
        check(
            "[[trust]]\nimages = [\"shop/app\"]\nkey = \"a.pub\"",
            "'shop/app' names no registry and would never match",
        );
        check(
            "[severities]\nlatest-image-tga = \"low\"",
            "ringwall.toml: severities: no check has the id 'latest-image-tga'; did you mean 'latest-image-tag'?",
        );
        check(
            "[severities]\n\"plaintext-secret/slak\" = \"low\"",
            "did you mean 'plaintext-secret/slack'?",
        );
        check(
            "[severities]\nplaintext-secret = \"low\"",
            "'plaintext-secret' in severities means several ids",
        );
        check("fail-on = \"worst\"", "'worst' is none of critical");
        let workload = |entry: &str| format!("[[workloads]]\n{entry}");
        for (entry, expected) in [
            ("kind = \"\"", "workload 1 has no kind"),
            (
                "kind = \"Run\"\ngroup = \"example.com/v1\"",
                "'example.com/v1'; write it without the version",
            ),
            ("kind = \"*\"", "names several kinds"),
            ("kind = \"Run\"\npath = \"spec..pod\"", "a key is missing"),
            ("kind = \"Run\"\npath = \".spec\"", "a key is missing"),
            ("kind = \"Run\"\npath = \"spec.runs[*].pod\"", "every item"),
        ] {
            check(&workload(entry), expected);
        }
        let many = workload("kind = \"Run\"\npath = \"spec.runs.*.pod\"");
        assert!(Config::parse("ringwall.toml", &many).is_ok());
        check("[checks]\nmin-replicas = -1", "min-replicas is -1");
        check("[checks]\nmin-user-id = -1", "min-user-id is -1");
        check(
            "[[exceptions]]\nchecks = [\"a\"]",
            "exception 1 has no reason",
        );
        check(
            "[[exceptions]]\nreason = \"x\"",
            "exception 1 has no checks",
        );
        for list in [
            "paths",
            "kinds",
            "namespaces",
            "names",
            "images",
            "packages",
        ] {
            check(
                &format!("[[exceptions]]\nchecks=[\"a\"]\nreason=\"x\"\n{list}=[]"),
                ": an empty list names nothing",
            );
        }
        check(
            "[[exceptions]]\nchecks=[\"a\"]\nreason=\"x\"\nuntil=\"soon\"",
            "'soon' is not a date",
        );
    }
}
