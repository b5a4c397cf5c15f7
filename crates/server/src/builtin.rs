//! What ringwall judges by without policies of its user: Pod Security, the built-in checks, and the image
//! policy of `ringwall.toml`, loaded anew when that file or the day changes.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use ringwall_collect::image_reports_state;
use ringwall_engine::{CheckActions, CheckJudge, Config, ReportCache, Selection};
use ringwall_model::{Date, Source};
use ringwall_policy::{
    admission::Judge,
    image::{CachedFacts, ImagePolicy, PodImages},
    pod_security::PodSecurity,
};

use crate::{FileProblem, Loaded, PolicyFile, PolicyLoader};

/// Judges by Pod Security, the built-in checks and the image policy.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    /// The levels that pods are held to.
    pub pod_security: PodSecurity,
    /// Whether the built-in checks judge.
    pub checks: bool,
    /// What follows from their findings.
    pub actions: CheckActions,
    /// The day by which exceptions are judged; `None` is today, whichever day that is.
    pub as_of: Option<Date>,
    /// What was read of reports about images.
    pub reports: Arc<ReportCache>,
}

/// Today in UTC; a clock before 1970 is taken for 1970.
fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Date::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

impl BuiltIn {
    /// Whether a configuration can be used, so that a server does not start with one that cannot.
    ///
    /// # Errors
    ///
    /// Why not, in one sentence.
    pub fn try_config(&self, name: &str, text: &str) -> Result<(), String> {
        self.build(name, text).map(drop)
    }

    fn day(&self) -> Date {
        self.as_of.unwrap_or_else(today)
    }

    fn build(&self, name: &str, text: &str) -> Result<Loaded, String> {
        let config = Config::parse(name, text).map_err(|error| error.to_string())?;
        let source = Source::new(name, text);
        let selection =
            Selection::new(&config.only, &config.skip, &[]).map_err(|error| error.to_string())?;
        let checks = CheckJudge::new(&config, &source, selection, self.actions, self.day())
            .map_err(|error| error.to_string())?;
        let checks = Arc::new(checks);
        let mut loaded = Loaded {
            fixer: Some(Arc::clone(&checks)),
            ..Loaded::default()
        };
        if self.pod_security != PodSecurity::default() {
            loaded.judges.push(Arc::new(self.pod_security));
        }
        if self.checks {
            loaded.judges.push(checks as Arc<dyn Judge>);
        }
        if let Some(images) = config.image_policy.clone() {
            let offline = config
                .image_facts(&images, name, self.day(), &self.reports)
                .map_err(|error| error.to_string())?;
            let start = Instant::now();
            let facts = CachedFacts::new(
                offline,
                Duration::from_secs(images.cache_seconds),
                Box::new(move || start.elapsed()),
            );
            let policy = ImagePolicy::new(images, Arc::new(facts), self.day())
                .map_err(|error| error.to_string())?;
            let images = Arc::new(PodImages {
                policy: Arc::new(policy),
                pod_paths: config.pod_paths(),
            });
            loaded.judges.push(Arc::clone(&images) as Arc<dyn Judge>);
            loaded.images = Some(images);
        }
        Ok(loaded)
    }
}

impl PolicyLoader for BuiltIn {
    fn load(&self, files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>> {
        let (name, text) = files
            .first()
            .map_or(("ringwall.toml", ""), |file| (&file.name, &file.text));
        self.build(name, text).map_err(|reason| {
            vec![FileProblem {
                file: name.to_owned(),
                reason,
            }]
        })
    }

    fn surroundings(&self, files: &[(&str, &str)]) -> String {
        let mut surroundings = format!("{self:?} on {}", self.day());
        for (name, text) in files {
            let folder = Config::parse(name, text)
                .ok()
                .and_then(|config| config.image_reports_folder(name));
            if let Some(folder) = folder {
                surroundings.push_str(&image_reports_state(&folder));
            }
        }
        surroundings
    }
}
