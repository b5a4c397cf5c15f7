//! What `ringwall serve` scans and judges again by itself, as `[serve.scan]` says.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use ringwall_advisory::Database;
use ringwall_collect::{LayerCache, file_state, printed_name};
use ringwall_engine::{Advisories, Config, ImageExceptions, ImageOptions, scan_image};
use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Source};
use ringwall_registry::{RegistryError, open_images, open_signatures};
use ringwall_report::{ImageReport, VerificationReport};
use ringwall_server::{ImageScanner, Judging, PushedSettings, Repositories, ScanError, Scanning};

use super::{db, folders, judging::Configured, registry, scan::today, trusted};
use crate::args::{db::DatabaseArgs, image::verify::SaidArgs, registry::RegistryArgs};

/// Images that wait where nothing else is said.
const QUEUE: usize = 1_000;
/// Reports in the folder where nothing else is said.
const MOST_REPORTS: usize = 10_000;
/// Time before what failed is tried again; registries restart, and networks have pauses.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// What is scanned and judged again; `None` where the configuration does not ask for it.
pub(super) fn settings(
    configured: &Configured,
    database: &DatabaseArgs,
) -> Result<Option<PushedSettings>> {
    let Some(scan) = &configured.serve.scan else {
        return Ok(None);
    };
    let Some(reports) = configured.reports.clone() else {
        bail!("serve.scan needs a folder for reports: name it as `reports` in [image-policy]");
    };
    let repositories = Repositories::new(&scan.repositories).context("serve.scan.repositories")?;
    let secret = configured.path(scan.secret.as_ref());
    let scans = secret.is_some() || scan.on_demand;
    let scanning = match &*scan.repositories {
        [] if scans => bail!(
            "serve.scan has a secret for registries or on-demand, and no repositories: nothing would be scanned"
        ),
        [_, ..] if !scans => bail!(
            "serve.scan names repositories, and neither a secret, which registries have to show to be believed, nor on-demand: nothing would be scanned"
        ),
        [] => None,
        [_, ..] => Some(Scanning {
            secret,
            on_demand: scan.on_demand,
            repositories,
            workers: scan.workers.unwrap_or(1),
            queue: scan.queue.unwrap_or(QUEUE),
        }),
    };
    for (name, value) in [
        ("workers", scan.workers),
        ("queue", scan.queue),
        ("max-reports", scan.max_reports),
    ] {
        if value == Some(0) {
            bail!("serve.scan.{name} must be more than 0");
        }
    }
    let named = database.database.clone();
    let named = named.or_else(|| configured.path(scan.database.as_ref()));
    let database = DatabaseArgs { database: named };
    fs::create_dir_all(&reports)
        .with_context(|| format!("cannot make the folder {}", reports.display()))?;
    let scanner = Scanner {
        config: configured.file.clone(),
        state_of: db::path(&database)?,
        database,
    };
    if let Some((config, _)) = scanner.config()? {
        trusted::require_usable(&config, &scanner.file())?;
    }
    Ok(Some(PushedSettings {
        reports,
        most_reports: scan.max_reports.unwrap_or(MOST_REPORTS),
        scanning,
        judges_again: scan.judge_again.unwrap_or(true),
        scanner: Arc::new(scanner),
        first_wait: FIRST_WAIT,
    }))
}

/// What the configuration does not say of registries, nobody does.
const NO_FLAGS: RegistryArgs = RegistryArgs {
    registry_ca: Vec::new(),
    plain_http: false,
};

/// Scans images of registries. Whatever it needs is read anew each time, so that what changed counts.
struct Scanner {
    config: Option<PathBuf>,
    database: DatabaseArgs,
    /// Where the database is, be it there or not.
    state_of: PathBuf,
}

impl Scanner {
    /// The configuration of now, with its text.
    fn config(&self) -> Result<Option<(Config, Source)>> {
        let Some(file) = &self.config else {
            return Ok(None);
        };
        let name = printed_name(file);
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        Ok(Some((
            Config::parse(&name, &text)?,
            Source::new(name, text),
        )))
    }

    /// The file of the configuration, from whose folder paths count.
    fn file(&self) -> String {
        let file = self.config.as_ref();
        file.map_or_else(String::new, |file| file.display().to_string())
    }

    fn exceptions(&self, as_of: Date) -> Result<ImageExceptions> {
        match self.config()? {
            None => Ok(ImageExceptions::none(as_of)),
            Some((config, source)) => Ok(ImageExceptions::of_config(&config, &source, as_of)?),
        }
    }

    fn verify(&self, image: &str) -> Result<Option<VerificationReport>> {
        let Some((config, _)) = self.config()? else {
            return Ok(None);
        };
        let reference = ImageReference::parse(image)?;
        let what = SaidArgs::default();
        let demands = trusted::demands(&config, &self.file(), &reference.name(), &what)?;
        if demands.is_empty() {
            return Ok(None);
        }
        let settings = registry::settings(&NO_FLAGS, self.config.as_ref())?;
        let signed = open_signatures(&reference, None, &settings)?;
        Ok(Some(trusted::verify(&signed, image, &demands).0))
    }

    fn scan(&self, image: &str, is_last: bool) -> Result<Vec<ImageReport>, ScanError> {
        let failed = |error: anyhow::Error| ScanError::Failed(crate::output::words(&error));
        let reference = ImageReference::parse(image)
            .map_err(|error| ScanError::NoImage(format!("{image}: {error}")))?;
        let settings = registry::settings(&NO_FLAGS, self.config.as_ref()).map_err(failed)?;
        let as_of = today();
        let exceptions = self.exceptions(as_of).map_err(failed)?;
        // What an image holds is told without a database as well; that its flaws are not is in the report, and they
        // are looked for when there is one.
        let database = db::open(&self.database).map_err(|error| crate::output::words(&error));
        let cache = folders::cache("layers").and_then(|folder| LayerCache::open(&folder).ok());
        let images = open_images(&reference, &settings).map_err(|error| match error {
            RegistryError::NoImage { .. } => ScanError::NoImage(error.to_string()),
            _ => ScanError::Failed(error.to_string()),
        })?;
        let options = ImageOptions {
            name: image,
            advisories: match &database {
                Ok(Some(database)) => Advisories::Database(database),
                Ok(None) => Advisories::Missing,
                Err(reason) => Advisories::Unusable(reason),
            },
            exceptions: &exceptions,
            finds_secrets: true,
            rules: None,
            cache: cache.as_ref(),
            as_of,
        };
        let reports: Vec<_> = images
            .iter()
            .map(|image| scan_image(image, &options))
            .collect();
        if let Some(cache) = &cache {
            cache.shrink();
        }
        // A line that broke is no property of the image: it may hold the next time.
        let unread = reports.iter().find_map(|report| {
            let mut gaps = report.not_assessed.iter();
            gaps.find(|gap| gap.id == "unreadable-layer")
        });
        match unread {
            Some(gap) if !is_last => Err(ScanError::Failed(format!("{image}: {}", gap.reason))),
            _ => Ok(reports),
        }
    }
}

impl ImageScanner for Scanner {
    fn scan(&self, image: &str, is_last: bool) -> Result<Vec<ImageReport>, ScanError> {
        Self::scan(self, image, is_last)
    }

    fn verify(&self, image: &str) -> Result<Option<VerificationReport>, ScanError> {
        let verified = Self::verify(self, image);
        verified.map_err(|error| ScanError::Failed(crate::output::words(&error)))
    }

    fn trust_state(&self) -> Result<Option<String>, String> {
        let read = self
            .config()
            .map_err(|error| crate::output::words(&error))?;
        Ok(read.and_then(|(config, _)| trusted::state(&config, &self.file())))
    }

    fn database_state(&self) -> String {
        file_state(Path::new(&self.state_of))
    }

    fn judging(&self) -> Result<Judging, String> {
        let as_of = today();
        let opened = || -> Result<Judging> {
            let database: Option<Database> = db::open(&self.database)?;
            Ok(Judging {
                database: database.context("there is no advisory database")?,
                exceptions: self.exceptions(as_of)?,
                as_of,
            })
        };
        opened().map_err(|error| crate::output::words(&error))
    }
}
