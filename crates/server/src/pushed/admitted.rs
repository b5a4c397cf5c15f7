//! The images that admission has let in, by digest: who has new flaws is asked of them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ringwall_collect::{read_image_report, write_atomic};
use serde_json::Value;

use crate::wire::notification::is_digest;

/// Most digests; of more, those are forgotten that were let in the longest ago.
const MOST: usize = 10_000;

/// A bounded list of digests, kept in a file.
pub(super) struct Admitted {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each was let in last, counted from the first.
    turns: BTreeMap<String, u64>,
    order: BTreeMap<u64, String>,
    next: u64,
    is_new: bool,
}

impl State {
    fn add(&mut self, digest: &str) {
        if let Some(turn) = self.turns.get(digest) {
            // The latest is the latest already.
            if *turn + 1 == self.next {
                return;
            }
            self.order.remove(turn);
        }
        self.turns.insert(digest.to_owned(), self.next);
        self.order.insert(self.next, digest.to_owned());
        self.next += 1;
        self.is_new = true;
        if self.turns.len() > MOST
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.turns.remove(&oldest);
        }
    }
}

impl Admitted {
    /// What a file remembers; nothing where there is none.
    pub(super) fn open(file: &Path) -> Self {
        let mut state = State::default();
        if file.exists() {
            match read_image_report(file) {
                Ok(text) => {
                    for digest in text.lines().filter(|line| is_digest(line)) {
                        state.add(digest);
                    }
                }
                Err(reason) => tracing::error!(
                    file = %file.display(),
                    reason,
                    "which images were admitted before is not known"
                ),
            }
        }
        state.is_new = false;
        Self {
            file: file.to_owned(),
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an image that was let in.
    pub(super) fn add(&self, digest: &str) {
        if is_digest(digest) {
            self.lock().add(digest);
        }
    }

    /// Whether one of these is an image that was let in.
    pub(super) fn has_any<'d>(&self, digests: impl IntoIterator<Item = &'d str>) -> bool {
        let state = self.lock();
        digests
            .into_iter()
            .any(|digest| state.turns.contains_key(digest))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lock().turns.len()
    }

    /// Writes the file, where something is new.
    pub(super) fn save(&self) {
        let mut state = self.lock();
        if !state.is_new {
            return;
        }
        state.is_new = false;
        let mut text = String::new();
        for digest in state.order.values() {
            text.push_str(digest);
            text.push('\n');
        }
        drop(state);
        if let Err(error) = write_atomic(&self.file, text.as_bytes()) {
            self.lock().is_new = true;
            tracing::error!(%error, "which images were admitted could not be written");
        }
    }
}

/// Where objects have the pods that they carry.
const PODS: [&str; 3] = [
    "/spec",
    "/spec/template/spec",
    "/spec/jobTemplate/spec/template/spec",
];

/// The images of the containers of an object.
pub(crate) fn images(object: &Value) -> impl Iterator<Item = &str> {
    let pods = PODS.into_iter().filter_map(|pod| object.pointer(pod));
    let volumes = pods
        .clone()
        .filter_map(|pod| pod.get("volumes")?.as_array());
    let volumes = volumes
        .flatten()
        .filter_map(|it| it.pointer("/image/reference")?.as_str());
    let lists = pods.flat_map(|pod| {
        let lists = ["containers", "initContainers", "ephemeralContainers"];
        lists
            .into_iter()
            .filter_map(|list| pod.get(list)?.as_array())
    });
    let containers = lists.flatten();
    let containers = containers.filter_map(|container| container.get("image")?.as_str());
    containers.chain(volumes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(number: usize) -> String {
        format!("sha256:{number:064x}")
    }

    #[test]
    fn the_latest_are_remembered_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("admitted");
        let admitted = Admitted::open(&file);
        admitted.save();
        assert!(!file.exists(), "there is nothing to write");
        for number in 0..MOST {
            admitted.add(&digest(number));
        }
        admitted.add("latest");
        admitted.add(&digest(0));
        admitted.add(&digest(MOST));
        admitted.save();
        let again = Admitted::open(&file);
        for admitted in [admitted, again] {
            assert_eq!(admitted.len(), MOST);
            assert!(admitted.has_any([&*digest(0)]));
            assert!(!admitted.has_any([&*digest(1)]));
            assert!(admitted.has_any(["latest", &digest(2), &digest(1)]));
        }
    }

    #[test]
    fn images_are_found_in_pods_and_in_what_carries_them() {
        let pod = json!({
            "containers": [{"image": "a"}, {"name": "none"}],
            "initContainers": [{"image": "b"}], "ephemeralContainers": [{"image": "c"}, {"image": 1}],
            "volumes": [{"name": "a"}, {"image": {"reference": "d"}}],
        });
        let check =
            |object: &Value| assert_eq!(images(object).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        check(&json!({"spec": pod}));
        check(&json!({"spec": {"template": {"spec": pod}}}));
        check(&json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}));
        assert_eq!(images(&json!({"spec": {"containers": "a"}})).count(), 0);
    }
}
