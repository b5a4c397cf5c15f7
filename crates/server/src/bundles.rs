//! Loads policies that users bring: Gatekeeper's and the API server's own kinds and Rego, from files.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::Judge,
    bundle::Bundle,
    conftest::{DataFiles, Settings},
    gatekeeper::EnforcementPoint,
    manifest::Problem,
};

use crate::{FileProblem, Loaded, PolicyFile, PolicyLoader, world::LiveWorld};

/// Problems of one file that are told one by one.
const MAX_TOLD: usize = 20;

/// Makes one judge of all files of a source.
pub struct Bundles {
    world: Arc<LiveWorld>,
    rego: Settings,
    /// Files and folders with policies; everything where none is named.
    policies: Vec<PathBuf>,
    /// Files and folders with what Rego sees below `data`.
    data: Vec<PathBuf>,
}

impl Bundles {
    /// Ends of the names of files that hold policies.
    pub const EXTENSIONS: &'static [&'static str] = &["json", "rego", "yaml", "yml"];

    /// A loader whose judges see this world.
    pub fn new(world: Arc<LiveWorld>) -> Self {
        Self {
            world,
            rego: Settings::default(),
            policies: Vec::new(),
            data: Vec::new(),
        }
    }

    /// The same with settings for Rego in files of its own, and with data for it: of the files that are handed in,
    /// those below `policies` are policies, and those below `data` are data.
    #[must_use]
    pub fn with_rego(self, rego: Settings, policies: Vec<PathBuf>, data: Vec<PathBuf>) -> Self {
        Self {
            rego,
            policies,
            data,
            ..self
        }
    }

    /// Whether a file holds policies; one may hold data besides.
    fn is_policy(&self, file: &PolicyFile) -> bool {
        self.policies.is_empty() || self.policies.iter().any(|root| is_below(file, root))
    }

    /// The settings with the data that is among the files.
    fn settings(&self, files: &[PolicyFile]) -> Result<Settings, Vec<FileProblem>> {
        let mut settings = self.rego.clone();
        let mut problems = Vec::new();
        let mut together = DataFiles::default();
        for root in &self.data {
            let root_name = root.display().to_string();
            for file in files.iter().filter(|file| is_below(file, root)) {
                if let Err(problem) = together.add(&root_name, &file.name, &file.text) {
                    problems.push(told(&problem, file.name.clone()));
                }
            }
        }
        settings.data.push(together.document());
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }
}

fn is_below(file: &PolicyFile, root: &Path) -> bool {
    Path::new(&file.name).starts_with(root)
}

impl PolicyLoader for Bundles {
    fn load(&self, files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>> {
        let settings = self.settings(files)?;
        let sources: Vec<_> = files
            .iter()
            .filter(|file| self.is_policy(file))
            .map(|file| Arc::new(Source::new(file.name.as_str(), file.text.as_str())))
            .collect();
        let bundle = Arc::new(Bundle::load_with(&sources, &settings));
        let problems = by_file(bundle.problems().iter().filter(|it| !it.is_warning));
        self.world.want(bundle.wanted());
        for warning in bundle.problems().iter().filter(|it| it.is_warning) {
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
            needs: bundle.needs(),
            problems,
            ..Loaded::default()
        })
    }
}

/// What is wrong with each file. A problem without a place is one of the whole.
fn by_file<'p>(problems: impl Iterator<Item = &'p Problem>) -> Vec<FileProblem> {
    let mut files: Vec<(FileProblem, usize)> = Vec::new();
    for problem in problems {
        let location = problem.location.as_ref();
        let file = location.map_or(String::new(), |location| location.file.to_string());
        match files.iter_mut().find(|(known, _)| known.file == file) {
            None => files.push((told(problem, file), 1)),
            Some((known, count)) => {
                *count += 1;
                if *count <= MAX_TOLD {
                    known.reason.push_str("; ");
                    known.reason.push_str(&problem.to_string());
                }
            }
        }
    }
    let files = files.into_iter().map(|(mut file, count)| {
        if count > MAX_TOLD {
            let _ = write!(file.reason, "; and {} more", count - MAX_TOLD);
        }
        file
    });
    files.collect()
}

fn told(problem: &Problem, file: String) -> FileProblem {
    FileProblem {
        file,
        reason: problem.to_string(),
    }
}
