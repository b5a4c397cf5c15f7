//! What belongs together among the files of a scan.

use std::{collections::HashMap, sync::Arc};

use ringwall_collect::{Candidate, Files, Inputs, Roots};
use ringwall_input::yaml;
use ringwall_model::Source;

/// Charts, overlays and Terraform roots, and which files are patches of overlays.
pub(crate) fn find_roots(files: &Inputs, state: Files<'_>, limit_bytes: u64) -> Roots {
    let mut roots = Roots::find_in(&files.files, state);
    let kustomizations: Vec<(usize, Arc<str>)> = roots
        .kustomizations
        .iter()
        .enumerate()
        .map(|(index, kustomization)| (index, Arc::clone(&kustomization.file)))
        .collect();
    let by_name: HashMap<&str, &Candidate> = files
        .files
        .iter()
        .filter(|_| !kustomizations.is_empty())
        .map(|candidate| (&*candidate.name, candidate))
        .collect();
    for (index, name) in kustomizations {
        let Some(candidate) = by_name.get(&*name) else {
            continue;
        };
        let content = state.read(candidate, limit_bytes);
        let Some(text) = content.text() else {
            continue;
        };
        let source = Arc::new(Source::new(Arc::clone(&name), text));
        let (documents, _) = yaml::parse(&source);
        for document in &documents {
            let root = document.root();
            let listed = root.list("patchesStrategicMerge").map(yaml::Node::text);
            let with_path = ["patches", "patchesJson6902"]
                .into_iter()
                .flat_map(|key| root.list(key))
                .filter_map(|patch| patch.str("path"));
            for reference in listed.chain(with_path) {
                roots.mark_patch(index, reference);
            }
        }
    }
    roots
}
