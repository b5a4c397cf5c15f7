//! Rego in conftest's way: `deny`, `violation`, `warn` and `exception` of a package, over configuration files.
//!
//! [`Conftest::check`] answers as conftest does, by its counts; [`Conftest::judge`] makes the same rules policies
//! among others, for scans and admission.
//!
//! Source of the meaning: <https://www.conftest.dev/>, and what conftest itself answers, which tests compare.

mod builtins;
mod check;
mod data_files;
mod judge;
mod load;
mod shape;
mod usable;
mod verify;

use std::path::Path;

use serde_json::{Map, Value};

pub use builtins::{ConfigFiles, NoFiles};
pub use check::{ConfigFile, ConftestError};
pub use data_files::DataFiles;
pub use judge::{Said, Surroundings, is_identity};
pub use load::{Conftest, Options};
pub use ringwall_rego::Version as RegoVersion;
pub use usable::Settings;
pub use verify::{TestOutcome, TestResult};

/// Whether a file of this name holds Rego.
pub fn is_rego(name: &str) -> bool {
    let end = Path::new(name).extension();
    end.is_some_and(|end| end.eq_ignore_ascii_case("rego"))
}

/// What the rules of one package say of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckResult {
    /// The file; `Combined` for all of them together.
    pub file_name: String,
    /// The package, without `data.`.
    pub namespace: String,
    /// Rules that found nothing.
    pub successes: usize,
    /// What `deny` and `violation` say.
    pub failures: Vec<RuleResult>,
    /// What `warn` says.
    pub warnings: Vec<RuleResult>,
    /// The exceptions that silenced a rule.
    pub exceptions: Vec<RuleResult>,
}

/// One thing that a rule says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleResult {
    /// The message.
    pub message: String,
    /// The rule, such as `deny_run_as_root`.
    pub rule: String,
    /// Where it is, if the rule says so: a file and a line.
    pub location: Option<RuleLocation>,
    /// What else the rule says, and the query that gave it.
    pub metadata: Map<String, Value>,
}

/// A place that a rule names under `_loc`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleLocation {
    /// The file; may be empty.
    pub file: String,
    /// The line as the rule wrote it.
    pub line: Option<String>,
}

/// What a rule is to conftest, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Failure,
    Warning,
}

impl RuleKind {
    /// `deny`, `violation`, `warn`, alone or with words joined by `_` behind it.
    pub(crate) fn of(rule: &str) -> Option<Self> {
        let kinds = [
            ("deny", Self::Failure),
            ("violation", Self::Failure),
            ("warn", Self::Warning),
        ];
        kinds.into_iter().find_map(|(word, kind)| {
            let rest = rule.strip_prefix(word)?;
            let mut words = rest.split('_');
            let is_joined = words.next() == Some("")
                && words.all(|word| {
                    !word.is_empty() && word.chars().all(|char| char.is_ascii_alphanumeric())
                });
            is_joined.then_some(kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_known_by_their_names() {
        for (rule, kind) in [
            ("deny", Some(RuleKind::Failure)),
            ("deny_run_as_root", Some(RuleKind::Failure)),
            ("violation", Some(RuleKind::Failure)),
            ("violation_2x", Some(RuleKind::Failure)),
            ("warn_a1", Some(RuleKind::Warning)),
            ("denyall", None),
            ("deny_", None),
            ("deny__x", None),
            ("warning", None),
            ("allow", None),
        ] {
            assert_eq!(RuleKind::of(rule), kind, "{rule}");
        }
    }
}
