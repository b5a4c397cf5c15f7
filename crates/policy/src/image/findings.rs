//! What was found in an image besides flaws of its packages.

use std::collections::BTreeMap;

use ringwall_model::Severity;
use serde::Deserialize;

/// What is looked for in an image, besides packages and their flaws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sought {
    /// How it is made and set up: users, files with rights, shells, labels.
    Configuration,
    /// What attackers leave behind.
    Malware,
    /// Passwords, keys and tokens.
    Secrets,
    /// What matches rules of the user's own.
    Yara,
}

/// The checks that speak for malware.
const MALWARE: [&str; 4] = [
    "coin-miner-in-image",
    "malware-test-file-in-image",
    "reverse-shell-in-image",
    "web-shell-in-image",
];
/// The word that means all of them.
const ALL_MALWARE: &str = "malware";
/// The check of rules of the user's own.
const YARA: &str = "yara-match-in-image";
/// How the ids of all checks of secrets begin; those of tokens have their provider behind a slash.
const SECRETS: &str = "plaintext-";
/// The word that means all of them.
const ALL_SECRETS: &str = "secrets";
/// The word that means those of every provider.
const TOKENS: &str = "plaintext-secret";

/// Gaps in what is known of packages, which hide nothing else.
const OF_PACKAGES: [&str; 12] = [
    "incomplete-sbom",
    "stale-advisories",
    "unassessed-java-archive",
    "unassessed-packages",
    "unassessed-program",
    "unassessed-vulnerabilities",
    "undecided-vulnerability",
    "unrated-vulnerabilities",
    "unreadable-advisories",
    "unreadable-package-list",
    "unsupported-distribution",
    "unusable-vex",
];

impl Sought {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Configuration,
        Self::Malware,
        Self::Secrets,
        Self::Yara,
    ];

    /// The word for it in a report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Malware => ALL_MALWARE,
            Self::Secrets => ALL_SECRETS,
            Self::Yara => "yara",
        }
    }

    /// What a check of images is about; flaws of packages have none.
    pub fn of_check(id: &str) -> Self {
        match id {
            YARA => Self::Yara,
            _ if id == ALL_MALWARE || MALWARE.contains(&id) => Self::Malware,
            _ if id == ALL_SECRETS || id.starts_with(SECRETS) => Self::Secrets,
            _ => Self::Configuration,
        }
    }

    /// Whether a gap in a report leaves open whether something of this was there. One that is not known does.
    pub(super) fn is_open_by(self, gap: &str) -> bool {
        match gap {
            "truncated-secrets" => self == Self::Secrets,
            "unmatched-file" | "unusable-yara-rules" => self == Self::Yara,
            "unsearched-file" => matches!(self, Self::Malware | Self::Secrets),
            // The end of its support is a finding of the configuration.
            "unknown-distribution" => self == Self::Configuration,
            _ => !OF_PACKAGES.contains(&gap),
        }
    }
}

/// Which findings about an image refuse it, besides flaws of its packages.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FindingConfig {
    /// Ids of checks, as `ringwall image` reports them; `malware` and `secrets` for all about these, and
    /// `plaintext-secret` for the secrets of every provider.
    pub refuse: Vec<String>,
    /// Lowest severity that counts. Where none is set, secrets count from `high` where a word names them all, as there
    /// are guesses among them; whatever else is named counts in any case.
    #[serde(default, deserialize_with = "severity")]
    pub severity: Option<Severity>,
}

fn severity<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Severity>, D::Error> {
    let word = String::deserialize(from)?;
    word.parse().map(Some).map_err(serde::de::Error::custom)
}

impl FindingConfig {
    /// Whether a finding of a check refuses an image.
    pub fn refuses(&self, check: &str, severity: Severity) -> bool {
        let counts = |word: &str| {
            let lowest = match word {
                ALL_SECRETS | TOKENS => Severity::High,
                _ => Severity::Info,
            };
            severity >= self.severity.unwrap_or(lowest)
        };
        let mut words = self.refuse.iter();
        words.any(|word| means(word, check) && counts(word))
    }

    /// Why something that refuses an image may be in it and not be known.
    pub(super) fn open_in(&self, known: &ImageFindings) -> Option<String> {
        let (sought, open) = self.open(known).next()?;
        Some(open.reason(sought))
    }

    /// Whether something was not looked for that every scan looks for unless it is told not to.
    pub(super) fn lacks_a_search(&self, known: &ImageFindings) -> bool {
        self.open(known)
            .any(|(sought, open)| *open == Open::NotSearched && sought != Sought::Yara)
    }

    fn open<'a>(
        &'a self,
        known: &'a ImageFindings,
    ) -> impl Iterator<Item = (Sought, &'a Open)> + 'a {
        let is_wanted = |sought: Sought| {
            let mut words = self.refuse.iter();
            words.any(|word| Sought::of_check(word) == sought)
        };
        let open = known.open.iter().map(|(sought, open)| (*sought, open));
        open.filter(move |(sought, _)| is_wanted(*sought))
    }
}

/// Whether a word of the configuration means a check.
fn means(word: &str, check: &str) -> bool {
    let provider = check.strip_prefix(TOKENS);
    match word {
        ALL_MALWARE => MALWARE.contains(&check),
        ALL_SECRETS => check.starts_with(SECRETS),
        TOKENS => provider.is_some_and(|it| it.is_empty() || it.starts_with('/')),
        _ => word == check,
    }
}

/// Why there may be more than was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// The report does not say that it was looked for.
    NotSearched,
    /// Something could not be looked at: its id and the reason.
    Gap(String),
}

impl Open {
    /// The same in words, for what was looked for.
    fn reason(&self, sought: Sought) -> String {
        match self {
            Self::NotSearched => {
                let word = sought.word();
                format!("its report does not say that it was searched for {word}")
            }
            Self::Gap(reason) => reason.clone(),
        }
    }
}

/// All findings of one check in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFinding {
    /// The worst of them.
    pub severity: Severity,
    /// The first file.
    pub path: Option<String>,
}

/// What was found in an image besides flaws of its packages, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFindings {
    /// What was found, by check.
    pub found: BTreeMap<String, ImageFinding>,
    /// What was not looked for, or not everywhere, so that there may be more.
    pub open: BTreeMap<Sought, Open>,
}

impl ImageFindings {
    /// Keeps one; of two of one check the worse, at the place of the first.
    pub(super) fn keep(&mut self, check: &str, one: &ImageFinding) {
        match self.found.get_mut(check) {
            Some(known) => known.severity = known.severity.max(one.severity),
            None => {
                self.found.insert(check.to_owned(), one.clone());
            }
        }
    }

    /// The checks that found something of one sort.
    pub fn found_of(&self, sought: Sought) -> impl Iterator<Item = &str> {
        let checks = self.found.keys().map(String::as_str);
        checks.filter(move |check| Sought::of_check(check) == sought)
    }

    /// Why there may be more of one sort than was found.
    pub fn open_of(&self, sought: Sought) -> Option<String> {
        self.open.get(&sought).map(|open| open.reason(sought))
    }

    /// Whether it was looked for, be it that something was left out.
    pub(super) fn was_searched_for(&self, sought: Sought) -> bool {
        self.open.get(&sought) != Some(&Open::NotSearched)
    }

    /// Takes what was found of one sort from a search of the same image that looked for it.
    pub(super) fn take(&mut self, sought: Sought, from: &Self) {
        let found = from.found.iter();
        let found = found.filter(|(check, _)| Sought::of_check(check) == sought);
        found.for_each(|(check, one)| self.keep(check, one));
        self.open.remove(&sought);
        if let Some(open) = from.open.get(&sought) {
            self.open.insert(sought, open.clone());
        }
    }

    /// Adds what was found in the same image for another platform.
    pub(super) fn add(&mut self, other: &Self) {
        for (check, one) in &other.found {
            self.keep(check, one);
        }
        for (sought, why) in &other.open {
            self.open.entry(*sought).or_insert_with(|| why.clone());
        }
    }
}
