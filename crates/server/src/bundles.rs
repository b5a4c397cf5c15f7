//! Loads policies that users bring: Gatekeeper's and the API server's own kinds, from files.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_model::Source;
use ringwall_policy::{
    admission::Judge, bundle::Bundle, gatekeeper::EnforcementPoint, manifest::Problem,
};

use crate::{FileProblem, Loaded, PolicyFile, PolicyLoader, world::LiveWorld};

/// Makes one judge of all files of a source.
pub struct Bundles {
    world: Arc<LiveWorld>,
}

impl Bundles {
    /// Ends of the names of files that hold policies.
    pub const EXTENSIONS: &'static [&'static str] = &["json", "rego", "yaml", "yml"];

    /// A loader whose judges see this world.
    pub fn new(world: Arc<LiveWorld>) -> Self {
        Self { world }
    }
}

impl PolicyLoader for Bundles {
    fn load(&self, files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>> {
        let sources: Vec<_> = files
            .iter()
            .map(|file| Arc::new(Source::new(file.name.as_str(), file.text.as_str())))
            .collect();
        let bundle = Arc::new(Bundle::load(&sources));
        let mut named = BTreeSet::new();
        let problems: Vec<_> = bundle
            .problems()
            .iter()
            .filter(|problem| !problem.is_warning)
            .filter_map(|problem| {
                let file = problem.location.as_ref()?.file.to_string();
                named.insert(file.clone()).then(|| told(problem, file))
            })
            .collect();
        self.world
            .want(bundle.looked_up_kinds(), bundle.synced_kinds());
        for warning in bundle.problems() {
            tracing::warn!(%warning, "a policy is in force, but look at it");
        }
        let judge: Arc<dyn Judge> =
            Arc::new(bundle.judge(Arc::clone(&self.world) as _, EnforcementPoint::Webhook));
        Ok(Loaded {
            judges: if bundle.is_empty() {
                Vec::new()
            } else {
                vec![judge]
            },
            problems,
            ..Loaded::default()
        })
    }
}

fn told(problem: &Problem, file: String) -> FileProblem {
    FileProblem {
        file,
        reason: problem.to_string(),
    }
}
