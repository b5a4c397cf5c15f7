//! Vectors of others from `../shared`, each right or listed with a reason.

use std::{collections::BTreeSet, path::Path};

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/version-vectors"
);

/// Where the vectors are; `None`, and told, where they are missing.
pub(crate) fn folder() -> Option<&'static Path> {
    let folder = Path::new(VECTORS);
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: ../shared is not here");
    None
}

/// Vectors of one file that are not met, and why.
pub(crate) struct Exceptions {
    /// The file, and where it is run more than once, by whom.
    pub(crate) run: &'static str,
    /// As [`Run::case`] is told.
    pub(crate) cases: &'static [&'static str],
    /// Who is right instead.
    pub(crate) reason: &'static str,
}

/// The vectors of one file under test.
pub(crate) struct Run {
    name: String,
    right: usize,
    wrong: Vec<(String, String)>,
}

impl Run {
    /// Begins with the name that [`Exceptions::run`] has.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            right: 0,
            wrong: Vec::new(),
        }
    }

    /// One vector: its text, what it asks for and what came out.
    pub(crate) fn case(&mut self, case: impl Into<String>, expected: &str, got: &str) {
        if expected == got {
            self.right += 1;
        } else {
            self.wrong
                .push((case.into(), format!("{expected} expected, {got} got")));
        }
    }

    /// Tells the numbers, and fails where a vector is neither right nor listed, or right and listed.
    pub(crate) fn finish(self, exceptions: &[Exceptions]) {
        let mut listed: BTreeSet<&str> = exceptions
            .iter()
            .filter(|exception| exception.run == self.name && !exception.reason.is_empty())
            .flat_map(|exception| exception.cases.iter().copied())
            .collect();
        let wrong: BTreeSet<&str> = self.wrong.iter().map(|(case, _)| case.as_str()).collect();
        println!(
            "{}: {} right, {} listed",
            self.name,
            self.right,
            self.wrong.len()
        );
        let unlisted: Vec<_> = self
            .wrong
            .iter()
            .filter(|(case, _)| !listed.contains(case.as_str()))
            .map(|(case, why)| format!("{case}: {why}"))
            .collect();
        listed.retain(|case| !wrong.contains(case));
        assert!(
            unlisted.is_empty(),
            "{}:\n{}",
            self.name,
            unlisted.join("\n")
        );
        assert!(listed.is_empty(), "{}: right by now: {listed:?}", self.name);
        assert!(self.right > 0, "{}: no vectors", self.name);
    }
}
