//! The corpora of `../shared/corpora`: everything is read, and what was found is held against the
//! recorded verdicts of Checkov and hadolint.
//!
//! `make parity` prints a table per peer. `docs/parity.md` explains each class of difference;
//! `tests/data/parity.tsv` holds the counts, so that a change of behaviour is noticed.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and prints its table"
)]

mod comparison;
mod corpora;
mod reading;
mod verdicts;

use comparison::{Comparison, compare};
use verdicts::{Peer, Verdicts};

#[test]
fn parity_with_checkov_on_manifests() {
    compare_with(Peer::CheckovManifests);
}

#[test]
fn parity_with_checkov_on_dockerfiles() {
    compare_with(Peer::CheckovDockerfiles);
}

#[test]
fn parity_with_hadolint() {
    compare_with(Peer::Hadolint);
}

/// Prints the table, and fails where the counts are not those of `tests/data/parity.tsv`.
fn compare_with(peer: Peer) {
    if !corpora::are_here() {
        return;
    }
    let verdicts = Verdicts::read(peer);
    let rows = compare(peer, &verdicts);
    println!("{}", comparison::table(peer, &verdicts, &rows));
    comparison::list_differences(peer, &rows);
    let counts: Vec<_> = rows.iter().map(Comparison::counts).collect();
    comparison::expect_counts(peer, &counts);
}
