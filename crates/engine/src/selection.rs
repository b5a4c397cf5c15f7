//! Which checks run.

use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

use ringwall_checks::Checks;
use ringwall_input::schema::suggest;

use crate::known::ENGINE_CHECKS;

/// A standard whose controls select checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    /// Pod Security Standards.
    Pss,
    /// NSA and CISA hardening guide.
    Nsa,
    /// CIS Kubernetes Benchmark, section 5.
    Cis,
}

impl Framework {
    /// Every framework.
    pub const ALL: [Self; 3] = [Self::Pss, Self::Nsa, Self::Cis];

    /// The word used on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pss => "pss",
            Self::Nsa => "nsa",
            Self::Cis => "cis",
        }
    }

    /// Whether a control belongs to it.
    pub fn has(self, control: &str) -> bool {
        match self {
            Self::Pss => control.starts_with("pss:"),
            Self::Nsa => control.starts_with("nsa:"),
            Self::Cis => control.starts_with("cis:5"),
        }
    }
}

impl FromStr for Framework {
    type Err = SelectionError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|framework| framework.as_str() == word)
            .ok_or_else(|| SelectionError::Framework(word.to_owned()))
    }
}

/// A selection that names what does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// No check has this id.
    #[error("no check has the id '{id}'{}", Hint(.meant))]
    Unknown {
        /// The id as given.
        id: String,
        /// The id that was probably meant.
        meant: Option<String>,
    },
    /// No framework has this name.
    #[error("'{0}' is none of pss, nsa, cis")]
    Framework(String),
}

impl SelectionError {
    /// That no check has an id.
    pub(crate) fn unknown(id: &str) -> Self {
        Self::Unknown {
            id: id.to_owned(),
            meant: suggest_id(id),
        }
    }
}

struct Hint<'a>(&'a Option<String>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(meant) => write!(f, "; did you mean '{meant}'?"),
            None => f.write_str("; `ringwall checks` lists all of them"),
        }
    }
}

/// Which checks run.
#[derive(Clone)]
pub struct Selection {
    /// The checks, in the order of the registry.
    pub(crate) checks: Checks,
    only: BTreeSet<String>,
    skip: BTreeSet<String>,
    frameworks: Vec<Framework>,
}

impl Selection {
    /// The checks that `only`, `skip` and `frameworks` leave; empty lists leave all.
    pub fn new(
        only: &[String],
        skip: &[String],
        frameworks: &[Framework],
    ) -> Result<Self, SelectionError> {
        for id in only.iter().chain(skip) {
            if !is_known(id) {
                return Err(SelectionError::unknown(id));
            }
        }
        let mut selection = Self {
            checks: Checks::default(),
            only: only.iter().cloned().collect(),
            skip: skip.iter().cloned().collect(),
            frameworks: frameworks.to_vec(),
        };
        selection.checks = ringwall_checks::all()
            .filter(|check| selection.runs(check.meta().id, check.meta().controls))
            .collect();
        Ok(selection)
    }

    /// The same with the checks that every edit has to pass, also where they were left out: an object that the API
    /// server refuses is no fixed one.
    pub(crate) fn with_proof(&self) -> Self {
        let mut selection = self.clone();
        selection.checks = ringwall_checks::all()
            .filter(|check| {
                let meta = check.meta();
                PROOF.contains(&meta.id) || self.runs(meta.id, meta.controls)
            })
            .collect();
        selection
    }

    /// Whether findings of an id are wanted. A detector is also meant by `plaintext-secret`.
    pub(crate) fn runs(&self, id: &str, controls: &[&str]) -> bool {
        let named = |list: &BTreeSet<String>| {
            list.contains(id)
                || id
                    .split_once('/')
                    .is_some_and(|(family, _)| list.contains(family))
        };
        (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
            && (self.frameworks.is_empty()
                || self
                    .frameworks
                    .iter()
                    .any(|framework| controls.iter().any(|control| framework.has(control))))
    }

    /// Whether flaws of packages may be among what is wanted: no standard names them, and an id of one has their form.
    pub(crate) fn wants_flaws(&self) -> bool {
        self.frameworks.is_empty()
            && (self.only.is_empty() || self.only.iter().any(|id| is_of_image(id)))
    }

    /// Whether anything was left out, so that an exception may be unused for that reason.
    pub(crate) fn is_limited(&self) -> bool {
        !self.only.is_empty() || !self.skip.is_empty() || !self.frameworks.is_empty()
    }
}

/// What the API server, or kubectl before it, refuses.
const PROOF: &[&str] = &["schema-violation", "unknown-field", "duplicate-yaml-key"];

/// The ids of secrets that have no check of their own begin so; alone, it means all of them.
const SECRETS: &str = "plaintext-secret";

/// All ids that can be the check of a finding or the id of a `not_assessed`.
fn known_ids() -> impl Iterator<Item = Cow<'static, str>> {
    let secrets = ringwall_secrets::providers();
    ringwall_checks::all()
        .map(|check| check.meta().id)
        .chain(ENGINE_CHECKS.iter().map(|check| check.id))
        .map(Cow::Borrowed)
        .chain(secrets.map(|provider| Cow::Owned(format!("{SECRETS}/{provider}"))))
}

/// The id that was probably meant by one that does not exist.
pub fn suggest_id(id: &str) -> Option<String> {
    let known: Vec<_> = known_ids().collect();
    suggest(id, known.iter().map(|known| &**known).chain([SECRETS])).map(str::to_owned)
}

/// Whether an id is that of findings or of a `not_assessed`.
pub(crate) fn is_whole_id(id: &str) -> bool {
    known_ids().any(|known| known == id)
}

/// Whether an id means findings or a `not_assessed`.
/// Ids of policies that users bring are `<policy>/<rule>`; which ones there are is known only where they are loaded.
pub(crate) fn is_known(id: &str) -> bool {
    id == SECRETS || is_whole_id(id) || is_of_policy(id) || is_of_image(id)
}

/// Whether an id is one that only images and lock files are found to have: flaws of packages have ids like `CVE-2026-1`.
pub(crate) fn is_of_image(id: &str) -> bool {
    let own = ENGINE_CHECKS.iter().find(|check| check.id == id);
    own.map_or_else(|| is_flaw(id), |check| check.is_of_image)
}

/// Whether an id has the form of one of a flaw: `CVE-2026-1`.
pub(crate) fn is_flaw(id: &str) -> bool {
    id.contains('-') && id.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether an id may be one of a policy that a user brings.
pub(crate) fn is_of_policy(id: &str) -> bool {
    id.split_once('/')
        .is_some_and(|(policy, rule)| policy != SECRETS && !policy.is_empty() && !rule.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Framework, PROOF, Selection};

    #[test]
    fn edits_are_proved_whatever_was_left_out() {
        let named = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let only = Selection::new(&named(&["privileged-container"]), &[], &[]);
        let skip = Selection::new(&[], &named(PROOF), &[]);
        let framework = Selection::new(&[], &[], &[Framework::Pss]);
        for selection in [only, skip, framework] {
            let proof = selection.expect("known ids").with_proof();
            let ids: Vec<_> = proof.checks.iter().map(|check| check.meta().id).collect();
            for id in PROOF.iter().chain(&["privileged-container"]) {
                assert!(ids.contains(id), "{id}");
            }
        }
    }
}
