//! The table of detectors, and what their keywords start.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, OnceLock},
};

use memchr::memmem::Finder;
use regex::bytes::Regex;
use ringwall_model::{Confidence, Severity};

use crate::{
    assignment,
    key_file::KEY_FILES,
    keywords::Keywords,
    pattern::{Pattern, compile},
};

include!(concat!(env!("OUT_DIR"), "/detectors.rs"));

/// One known format; an entry of `data/<provider>.toml`.
#[derive(Debug)]
pub struct Detector {
    /// The id, such as `aws-access-key`.
    pub id: &'static str,
    /// Whose format it is, such as `aws`.
    pub provider: &'static str,
    /// Where the provider describes it.
    pub docs: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it is when it leaks.
    pub severity: Severity,
    /// How sure a match is; `None` is certain.
    pub confidence: Option<Confidence>,
    pub(crate) keywords: &'static [&'static str],
    pub(crate) ignore_case: bool,
    pub(crate) pattern: &'static str,
    pub(crate) token: bool,
    pub(crate) before: usize,
    pub(crate) window: usize,
    pub(crate) follows: Option<&'static str>,
    pub(crate) requires: Option<&'static str>,
    pub(crate) until: Option<&'static str>,
    pub(crate) between: Option<&'static str>,
    pub(crate) behind: Option<&'static str>,
    pub(crate) run: Option<Run>,
    pub(crate) min_length: usize,
    pub(crate) min_entropy: f64,
    pub(crate) unless: Option<&'static str>,
    pub(crate) rank: u8,
}

/// What a detector says of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorWords {
    /// Its id, such as `aws-access-key`.
    pub id: &'static str,
    /// Whose format it is, such as `aws`; `generic` where only a name gives a secret away.
    pub provider: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
}

/// A row of bytes of one class that is part of every match: where there is none, no regex has to be compiled.
#[derive(Debug)]
pub(crate) struct Run {
    /// How many there are at least.
    pub(crate) least: usize,
    /// The class, a bit for each byte.
    pub(crate) bytes: [u128; 2],
}

impl Run {
    /// Whether there is such a row in a text. Looks at the end of a place first: what is of another class there rules
    /// out all places that hold it.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let mut start = 0;
        while let Some(row) = text.get(start..start + self.least) {
            match row.iter().rposition(|&byte| !self.has(byte)) {
                Some(other) => start += other + 1,
                None => return true,
            }
        }
        false
    }

    fn has(&self, byte: u8) -> bool {
        let half = self.bytes.get(usize::from(byte / 128));
        half.is_some_and(|half| (half >> (byte % 128)) & 1 == 1)
    }
}

/// The words of a detector by its id, the generic ones and those of key files among them; `None` for none that there is.
pub fn detector_words(id: &str) -> Option<DetectorWords> {
    let generic = [assignment::RANDOM, assignment::LITERAL];
    let own = DETECTORS.iter().map(|it| DetectorWords {
        id: it.id,
        provider: it.provider,
        title: it.title,
    });
    own.chain(generic)
        .chain(KEY_FILES)
        .find(|words| words.id == id)
}

/// What a keyword starts.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The detector at this place in the table, for the keyword as written.
    Detector {
        detector: usize,
        keyword: &'static str,
    },
    /// The generic detector.
    Assignment,
}

/// The regexes of one detector, compiled when the first of its keywords is met.
#[derive(Default)]
pub(crate) struct Compiled {
    required: OnceLock<Finder<'static>>,
    pattern: OnceLock<Pattern>,
    anywhere: OnceLock<Option<Regex>>,
    unless: OnceLock<Option<Regex>>,
}

/// All detectors, ready to scan.
pub struct Detectors {
    pub(crate) keywords: Keywords,
    pub(crate) targets: Vec<Target>,
    pub(crate) compiled: Vec<Compiled>,
}

impl Detectors {
    /// The detectors of this crate, built at the first call.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Detectors> = LazyLock::new(Detectors::new);
        &BUILTIN
    }

    /// Every detector with a format of its own, by provider.
    pub fn all(&self) -> impl Iterator<Item = &'static Detector> + use<> {
        DETECTORS.iter()
    }

    fn new() -> Self {
        let mut literals = Vec::new();
        let mut targets = Vec::new();
        for (index, detector) in DETECTORS.iter().enumerate() {
            for keyword in detector.keywords {
                literals.push(*keyword);
                targets.push(Target::Detector {
                    detector: index,
                    keyword,
                });
            }
        }
        for keyword in assignment::KEYWORDS {
            literals.push(keyword);
            targets.push(Target::Assignment);
        }
        Self {
            keywords: Keywords::new(literals),
            targets,
            compiled: DETECTORS.iter().map(|_| Compiled::default()).collect(),
        }
    }

    pub(crate) fn detector(&self, index: usize) -> Option<(&'static Detector, &Compiled)> {
        DETECTORS.get(index).zip(self.compiled.get(index))
    }
}

/// Every provider that a match can name, in alphabetical order.
pub fn providers() -> impl Iterator<Item = &'static str> {
    let formats = DETECTORS.iter().map(|detector| detector.provider);
    let all: BTreeSet<_> = formats.chain([assignment::PROVIDER]).collect();
    all.into_iter()
}

impl Compiled {
    pub(crate) fn pattern(&self, detector: &Detector) -> &Pattern {
        self.pattern.get_or_init(|| {
            Pattern::new(if detector.before == 0 {
                format!("^(?:{})", detector.pattern)
            } else {
                detector.pattern.to_owned()
            })
        })
    }

    /// The same, wherever it stands.
    pub(crate) fn anywhere(&self, detector: &Detector) -> Option<&Regex> {
        self.anywhere
            .get_or_init(|| compile(detector.pattern))
            .as_ref()
    }

    /// What looks for the literal that the detector requires.
    pub(crate) fn required(&self, literal: &'static str) -> &Finder<'static> {
        self.required.get_or_init(|| Finder::new(literal))
    }

    pub(crate) fn unless(&self, detector: &Detector) -> Option<&Regex> {
        self.unless
            .get_or_init(|| detector.unless.and_then(compile))
            .as_ref()
    }
}

#[cfg(test)]
mod tests;
