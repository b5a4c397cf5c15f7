//! Every file of the corpora is read, and what gives nothing says why.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_collect::Walk;
use ringwall_engine::Outcome;

use crate::{
    corpora::{Objects, are_here, below, scan, shared},
    verdicts::{Peer, rows},
};

/// The only manifest that is no YAML: a template whose placeholder stands behind a finished scalar.
const BROKEN_MANIFEST: &str = "cert-manager__cert-manager/make/config/bind/service.yaml";

/// A folder; its files, objects and Dockerfiles; what was not assessed.
type Expected = (&'static str, [u64; 3], &'static [(&'static str, usize)]);

/// How often each id stands in what was not assessed.
fn not_assessed(outcome: &Outcome) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for not_assessed in &outcome.report.not_assessed {
        assert!(!not_assessed.reason.is_empty(), "{not_assessed:?}");
        *counts.entry(&*not_assessed.id).or_default() += 1;
    }
    counts
}

/// The count of a word in `assessed`.
fn assessed(outcome: &Outcome, word: &str) -> u64 {
    let counts = &outcome.report.summary.assessed;
    counts.get(word).copied().unwrap_or_default()
}

#[test]
fn every_file_of_the_corpora_is_read() {
    if !are_here() {
        return;
    }
    let expected: [Expected; 5] = [
        (
            "manifests",
            [478, 612, 0],
            // A Knative Service of v1alpha1 has its pod elsewhere than one of today.
            &[
                ("unassessed-workload", 1),
                ("unparsable-file", 1),
                ("unrenderable-overlay", 9),
            ],
        ),
        ("dockerfiles", [79, 0, 79], &[]),
        ("helm", [129, 0, 0], &[("unrenderable-chart", 7)]),
        ("kustomize", [142, 164, 0], &[("unrenderable-overlay", 42)]),
        ("terraform", [145, 0, 0], &[("unassessed-terraform", 30)]),
    ];
    for (folder, counts, reasons) in expected {
        let outcome = scan(folder);
        let read = ["files", "resources", "dockerfiles"].map(|word| assessed(&outcome, word));
        let left = not_assessed(&outcome);
        println!(
            "{folder}: {} files, {} objects, {} Dockerfiles; not assessed: {left:?}",
            read[0], read[1], read[2]
        );
        let files = ringwall_collect::walk(&Walk {
            paths: vec![shared("corpora").join(folder)],
            ..Walk::default()
        });
        assert_eq!(
            read[0],
            files.files.len() as u64,
            "{folder}: files not read"
        );
        assert_eq!(read, counts, "{folder}");
        assert_eq!(left, reasons.iter().copied().collect(), "{folder}");
    }
}

#[test]
fn every_manifest_of_the_corpora_gives_objects() {
    if !are_here() {
        return;
    }
    let outcome = scan("manifests");
    assert_eq!(assessed(&outcome, "files"), 478);
    assert_eq!(assessed(&outcome, "resources"), 612);
    assert_eq!(outcome.report.summary.skipped, BTreeMap::new());
    let broken: Vec<&str> = outcome
        .report
        .not_assessed
        .iter()
        .filter(|not_assessed| not_assessed.id == "unparsable-file")
        .filter_map(|not_assessed| not_assessed.subject.file.as_deref())
        .map(|file| below("manifests", file))
        .collect();
    assert_eq!(broken, [BROKEN_MANIFEST]);
    let empty: Vec<String> = Objects::read("manifests").files_without_objects();
    assert_eq!(empty, [BROKEN_MANIFEST]);
}

/// Checkov counts 729 resources: 593 objects with a name, and 136 pods that its graph makes of templates
/// with metadata. We count 612 objects, which are the same 593 and 19 that Checkov leaves out: 9
/// Kustomizations, 2 Applications and 2 Clusters without metadata, and the 6 items of a `RoleList` and a
/// `RoleBindingList`.
#[test]
fn every_object_that_checkov_judges_is_one_of_ours() {
    if !are_here() {
        return;
    }
    let objects = Objects::read("manifests");
    let judged: BTreeSet<(String, String)> = rows(Peer::CheckovManifests)
        .into_iter()
        .map(|row| (row.file, row.resource))
        .collect();
    assert_eq!(judged.len(), 577);
    let mut unknown = Vec::new();
    let mut pods_of_templates = 0;
    for (file, resource) in &judged {
        let owner = objects.owner(file, resource);
        pods_of_templates += usize::from(owner != *resource);
        if !objects.has(file, &owner) {
            unknown.push(format!("{file}: {resource}"));
        }
    }
    assert_eq!(unknown, [""; 0]);
    assert_eq!(pods_of_templates, 136);
}
