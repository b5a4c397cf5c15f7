//! Which checks run.

use std::{borrow::Cow, collections::BTreeSet, fmt, str::FromStr};

use ringwall_checks::{Check, Checks};
use ringwall_input::schema::suggest;

use crate::{exceptions::peers, known::ENGINE_CHECKS};

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

/// A selection that names what does not exist, or leaves nothing.
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
    /// Nothing would run.
    #[error(
        "no check is left: what `only` names is also in `skip`, or serves none of the frameworks"
    )]
    Nothing,
}

impl SelectionError {
    /// That no check has an id.
    pub fn unknown(id: &str) -> Self {
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
    /// Those that tell where secrets stand.
    pub(crate) of_secrets: Checks,
    /// Those of them that are not among the checks.
    pub(crate) unreported: Checks,
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
            of_secrets: ringwall_checks::of_secrets().collect(),
            unreported: Checks::default(),
            only: only.iter().cloned().collect(),
            skip: skip.iter().cloned().collect(),
            frameworks: frameworks.to_vec(),
        };
        let runs = |check: &&dyn Check| selection.runs(check.meta().id, check.meta().controls);
        let checks = ringwall_checks::all().filter(runs).collect();
        let unreported = ringwall_checks::of_secrets().filter(|check| !runs(check));
        selection.unreported = unreported.collect();
        selection.checks = checks;
        if selection.runs_anything() {
            Ok(selection)
        } else {
            Err(SelectionError::Nothing)
        }
    }

    /// The same with the checks that every edit has to pass, also where they were left out: an object that the API
    /// server refuses, or a program that does not start, is no fixed one.
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

    /// Whether findings of a flaw are wanted, by any id that it has.
    pub(crate) fn runs_flaw(&self, id: &str, aliases: &[String]) -> bool {
        let named = |list: &BTreeSet<String>| {
            list.contains(id) || aliases.iter().any(|alias| list.contains(alias))
        };
        self.frameworks.is_empty()
            && (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
    }

    /// Whether flaws are asked for by their ids.
    pub(crate) fn names_flaws(&self) -> bool {
        self.wants_flaws() && self.only.iter().any(|id| is_flaw(id))
    }

    /// Whether anything is left that could be found.
    fn runs_anything(&self) -> bool {
        let of_others = |id: &String| is_of_policy(id) || is_flaw(id);
        let is_free = self.only.is_empty() && self.frameworks.is_empty();
        is_free
            || self.checks.iter().next().is_some()
            || known_ids().any(|id| {
                let of_secrets = id.starts_with(SECRETS);
                self.runs(&id, if of_secrets { SECRETS_CONTROLS } else { &[] })
            })
            || self
                .only
                .iter()
                .any(|id| of_others(id) && self.runs(id, &[]))
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

/// What the API server, or kubectl before it, refuses, and what keeps a program from starting: no fix may bring it,
/// however severe what goes is.
pub(crate) const PROOF: &[&str] = &[
    "schema-violation",
    "unknown-field",
    "duplicate-yaml-key",
    "contradictory-fields",
    "privileged-container-port",
];

/// The ids of secrets that have no check of their own begin so; alone, it means all of them.
const SECRETS: &str = "plaintext-secret";

/// The controls of their findings.
pub(crate) const SECRETS_CONTROLS: &[&str] = &["nsa:NET"];

/// How the ids of advisories begin, before the first hyphen that belongs to the number.
///
/// See: <https://ossf.github.io/osv-schema/#id-modified-fields>, and the lists of distributions and vendors.
const FLAWS: &[&str] = &[
    "ALAS",
    "ALAS2",
    "ALAS2022",
    "ALAS2023",
    "ALBA",
    "ALEA",
    "ALPINE",
    "ALSA",
    "ASB-A",
    "AZL",
    "BELL",
    "BIT",
    "CAN",
    "CGA",
    "CLEANSTART",
    "CURL",
    "CVE",
    "DEBIAN",
    "DHI",
    "DLA",
    "DRUPAL",
    "DSA",
    "DTSA",
    "ECHO",
    "EEF",
    "ELA",
    "ELBA",
    "ELSA",
    "FEDORA",
    "FreeBSD",
    "GHSA",
    "GLSA",
    "GMS",
    "GO",
    "GSD",
    "HSEC",
    "JLSEC",
    "KUBE",
    "LBSEC",
    "LSN",
    "MAL",
    "MGASA",
    "MINI",
    "NSWG-ECO",
    "OESA",
    "OSV",
    "OVMSA",
    "PHSA",
    "PSF",
    "PUB-A",
    "PYSEC",
    "RHBA",
    "RHEA",
    "RHSA",
    "RLBA",
    "RLEA",
    "RLSA",
    "ROOT",
    "RSEC",
    "RUSTSEC",
    "RXSA",
    "SNYK",
    "SUSE-FU",
    "SUSE-OU",
    "SUSE-RU",
    "SUSE-SU",
    "TALOS",
    "TEMP",
    "UBUNTU",
    "UBUNTU-CVE",
    "USN",
    "V8",
    "VU",
    "XSA",
    "openSUSE-RU",
    "openSUSE-SU",
];

/// All ids that can be the check of a finding or the id of a `not_assessed`.
fn known_ids() -> impl Iterator<Item = Cow<'static, str>> {
    let secrets = ringwall_secrets::providers();
    ringwall_checks::all()
        .map(|check| check.meta().id)
        .chain(ENGINE_CHECKS.iter().map(|check| check.id))
        .map(Cow::Borrowed)
        .chain(secrets.map(|provider| Cow::Owned(format!("{SECRETS}/{provider}"))))
}

/// The id that was probably meant by one that does not exist: ours for one of another tool, or a similar one.
pub fn suggest_id(id: &str) -> Option<String> {
    if let Some(ours) = peers::ours("trivy", id).into_iter().next() {
        return Some(ours);
    }
    let known: Vec<_> = known_ids().collect();
    let own = id.rsplit('/').next().unwrap_or(id);
    let mut readings = [id, own].into_iter();
    readings.find_map(|id| {
        let all = known.iter().map(|known| &**known).chain([SECRETS]);
        suggest(id, all).map(str::to_owned)
    })
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

/// Whether an id has the form of one of a flaw: `CVE-2026-1`. Other words with capitals are ids of other tools, or
/// misspelt.
pub(crate) fn is_flaw(id: &str) -> bool {
    FLAWS.iter().any(|source| {
        let rest = id.strip_prefix(source);
        let number = rest.and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| {
            let first = number.bytes().next();
            match *source {
                "CVE" => first.is_some_and(|first| first.is_ascii_digit()),
                _ => first.is_some_and(|first| first.is_ascii_alphanumeric()),
            }
        })
    })
}

/// Whether an id may be one of a policy that a user brings.
pub fn is_of_policy(id: &str) -> bool {
    id.split_once('/')
        .is_some_and(|(policy, rule)| policy != SECRETS && !policy.is_empty() && !rule.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_selection_that_leaves_nothing_is_refused() {
        let select = |only: &[&str], skip: &[&str], frameworks: &[Framework]| {
            let named = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
            Selection::new(&named(only), &named(skip), frameworks).map(|_| ())
        };
        let check = "privileged-container";
        for (only, skip, frameworks) in [
            (&[check][..], &[check][..], &[][..]),
            (&["unpinned-image"], &[], &[Framework::Pss]),
            (&["plaintext-secret/jwt"], &["plaintext-secret"], &[]),
            (&["plaintext-secret"], &[], &[Framework::Cis]),
            (&["CVE-2026-1"], &["CVE-2026-1"], &[]),
            (&["CVE-2026-1"], &[], &[Framework::Pss]),
            (&["a/b"], &["a/b"], &[]),
        ] {
            let refused = select(only, skip, frameworks);
            assert_eq!(refused, Err(SelectionError::Nothing), "{only:?} {skip:?}");
        }
        for (only, skip, frameworks) in [
            (&[check][..], &["unpinned-image"][..], &[Framework::Pss][..]),
            (&["plaintext-secret"], &["plaintext-secret/jwt"], &[]),
            (&["plaintext-secret"], &[], &[Framework::Nsa]),
            (&["unparsable-file"], &[], &[]),
            (&["CVE-2026-1"], &[], &[]),
            (&["a/b"], &[check], &[]),
            (&[], &[], &[Framework::Cis]),
        ] {
            let selected = select(only, skip, frameworks);
            assert_eq!(selected, Ok(()), "{only:?} {skip:?}");
        }
    }

    #[test]
    fn what_no_finding_can_be_called_is_refused_with_what_was_meant() {
        let check = |id: &str, meant: Option<&str>| {
            let ids = [id.to_owned()];
            let expected = Err(SelectionError::Unknown {
                id: id.to_owned(),
                meant: meant.map(str::to_owned),
            });
            for (only, skip) in [(&ids[..], &[][..]), (&[], &ids)] {
                let selected = Selection::new(only, skip, &[]).map(|_| ());
                assert_eq!(selected, expected, "{id}");
            }
        };
        check("Privileged-Container", Some("privileged-container"));
        check("AVD-KSV-0017", Some("privileged-container"));
        check("KSV-0017", Some("privileged-container"));
        check("KSV017", Some("privileged-container"));
        check("CVE-x", None);
        check("CVE-", None);
        check("Z-1", None);
    }

    #[test]
    fn flaws_have_the_ids_of_those_who_publish_them() {
        for id in [
            "CVE-2021-44228",
            "GHSA-jfh8-c2jp-5v3q",
            "RUSTSEC-2024-0001",
            "GO-2024-2598",
            "RHSA-2024:1234",
            "USN-6663-1",
            "DSA-5000-1",
            "ALAS2-2024-2500",
            "ALAS2023-2024-500",
            "openSUSE-SU-2024:0001-1",
            "NSWG-ECO-516",
            "TEMP-0841856-B18BAF",
        ] {
            assert!(is_flaw(id), "{id}");
            assert!(Selection::new(&[id.to_owned()], &[], &[]).is_ok(), "{id}");
        }
    }
}
