//! Where a peer and we agree, and where not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use crate::{
    corpora::Place,
    verdicts::{Judged, Peer, Verdicts},
};

/// A check of a peer beside the union of our checks that its id maps to.
pub(crate) struct Comparison {
    id: String,
    /// Our checks that exist.
    ours: Vec<String>,
    judged: usize,
    both: BTreeSet<Place>,
    peer_only: BTreeSet<Place>,
    ours_only: BTreeSet<Place>,
    /// What we found where the peer did not look.
    beyond: usize,
}

/// What `tests/data/parity.tsv` holds for a check of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    id: String,
    both: usize,
    peer_only: usize,
    ours_only: usize,
}

impl Comparison {
    /// The counts that are expected not to change.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            id: self.id.clone(),
            both: self.both.len(),
            peer_only: self.peer_only.len(),
            ours_only: self.ours_only.len(),
        }
    }

    /// Whether either side found a flaw where both looked.
    fn is_found(&self) -> bool {
        !(self.both.is_empty() && self.peer_only.is_empty() && self.ours_only.is_empty())
    }

    /// The share of places with the same verdict: of all that the peer looked at, or, where it tells
    /// only what it found, of all that either found.
    fn agreement(&self, peer: Peer) -> f64 {
        let different = self.peer_only.len() + self.ours_only.len();
        let all = match peer {
            Peer::Hadolint => self.both.len() + different,
            _ => self.judged,
        };
        if all == 0 {
            return 100.0;
        }
        let share = |count: usize| f64::from(u32::try_from(count).expect("a small count"));
        100.0 * (share(all) - share(different)) / share(all)
    }
}

/// Compares each check of the peer that has a counterpart.
pub(crate) fn compare(peer: Peer, verdicts: &Verdicts) -> Vec<Comparison> {
    let empty = BTreeSet::new();
    let silent = Judged::default();
    let mut rows = Vec::new();
    for (id, ours) in &verdicts.our_ids {
        let judged = match verdicts.peer.get(id) {
            Some(judged) => judged,
            // hadolint tells only what it found, so it looked everywhere.
            None if peer == Peer::Hadolint => &silent,
            None => continue,
        };
        let ours: Vec<String> = ours.iter().filter(|id| exists(id)).cloned().collect();
        if ours.is_empty() {
            continue;
        }
        let found: BTreeSet<Place> = ours
            .iter()
            .flat_map(|id| verdicts.ours.get(id).unwrap_or(&empty))
            .cloned()
            .collect();
        // Of all that ShellCheck says about a RUN, the recording holds one finding only.
        let told_another = |place: &Place| id.starts_with("SC") && verdicts.scripts.contains(place);
        let looked = |place: &&Place| match peer {
            Peer::Hadolint => !told_another(place),
            _ => judged.all.contains(*place),
        };
        rows.push(Comparison {
            id: id.clone(),
            ours,
            judged: judged.all.len(),
            both: judged.failed.intersection(&found).cloned().collect(),
            peer_only: judged.failed.difference(&found).cloned().collect(),
            ours_only: found
                .difference(&judged.failed)
                .filter(looked)
                .cloned()
                .collect(),
            beyond: found
                .difference(&judged.failed)
                .filter(|place| !looked(place))
                .count(),
        });
    }
    rows
}

fn exists(id: &str) -> bool {
    ringwall_checks::find(id).is_some()
        || ringwall_engine::ENGINE_CHECKS
            .iter()
            .any(|check| check.id == id)
}

/// The table that `make parity` prints.
pub(crate) fn table(peer: Peer, verdicts: &Verdicts, rows: &[Comparison]) -> String {
    let mut text = format!(
        "\n{}\n{:<15} {:>7} {:>6} {:>10} {:>10} {:>7} {:>7}  our check\n",
        peer.recording(),
        "peer id",
        "judged",
        "both",
        "peer only",
        "ours only",
        "beyond",
        "agree",
    );
    let (found, silent): (Vec<&Comparison>, Vec<&Comparison>) =
        rows.iter().partition(|row| row.is_found());
    for row in found {
        let _ = writeln!(
            text,
            "{:<15} {:>7} {:>6} {:>10} {:>10} {:>7} {:>6.1}%  {}",
            row.id,
            row.judged,
            row.both.len(),
            row.peer_only.len(),
            row.ours_only.len(),
            row.beyond,
            row.agreement(peer),
            row.ours.join(", "),
        );
    }
    let silent: Vec<&str> = silent.iter().map(|row| &*row.id).collect();
    let _ = writeln!(text, "no flaw found by either: {}", silent.join(", "));
    let compared: BTreeSet<&str> = rows.iter().map(|row| &*row.id).collect();
    let mut other: Vec<&str> = verdicts.peer.keys().map(|id| &**id).collect();
    other.retain(|id| !compared.contains(id));
    let _ = writeln!(text, "no check of ours: {}", other.join(", "));
    text
}

/// Writes every difference with its place, for whoever wants to look.
pub(crate) fn list_differences(peer: Peer, rows: &[Comparison]) {
    let mut text = String::new();
    for row in rows {
        for (word, places) in [("peer only", &row.peer_only), ("ours only", &row.ours_only)] {
            for (file, place) in places {
                let _ = writeln!(text, "{}\t{word}\t{file}\t{place}", row.id);
            }
        }
    }
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parity-{}.tsv", peer.recording()));
    fs::write(&path, text).expect("a folder for test output");
    println!("differences: {}", path.display());
}

/// Compares with `tests/data/parity.tsv`; with `UPDATE=1` in the environment, writes it.
pub(crate) fn expect_counts(peer: Peer, counts: &[Counts]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/data/parity-{}.tsv", peer.recording()));
    if std::env::var_os("UPDATE").is_some() {
        let mut text = String::from("peer id\tboth\tpeer only\tours only\n");
        for row in counts {
            let _ = writeln!(
                text,
                "{}\t{}\t{}\t{}",
                row.id, row.both, row.peer_only, row.ours_only
            );
        }
        fs::write(&path, text).expect("the table can be written");
        return;
    }
    let expected = fs::read_to_string(&path).expect("the table of expected counts");
    let expected: BTreeMap<&str, Counts> =
        expected.lines().skip(1).filter_map(read_counts).collect();
    let mut changes = Vec::new();
    for row in counts {
        match expected.get(row.id.as_str()) {
            Some(before) if before == row => {}
            before => changes.push(format!("{row:?} instead of {before:?}")),
        }
    }
    let known: BTreeSet<&str> = counts.iter().map(|row| row.id.as_str()).collect();
    changes.extend(
        expected
            .keys()
            .filter(|id| !known.contains(*id))
            .map(|id| format!("{id} is not compared any more")),
    );
    assert!(
        changes.is_empty(),
        "explain each change in docs/parity.md, then write the new counts with UPDATE=1:\n{}",
        changes.join("\n")
    );
}

fn read_counts(line: &str) -> Option<(&str, Counts)> {
    let mut cells = line.split('\t');
    let id = cells.next()?;
    let mut number = || cells.next()?.parse().ok();
    Some((
        id,
        Counts {
            id: id.to_owned(),
            both: number()?,
            peer_only: number()?,
            ours_only: number()?,
        },
    ))
}
