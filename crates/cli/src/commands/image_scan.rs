//! What `ringwall image` and `ringwall image diff` share: an image by its name, judged.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail};
use ringwall_advisory::Database;
#[cfg(unix)]
use ringwall_collect::root_fs::RootFs;
use ringwall_collect::{
    LayerCache, printed_name, read_image_report, read_texts,
    sbom::{SbomFileError, open_sbom},
};
#[cfg(unix)]
use ringwall_engine::scan_root_fs;
use ringwall_engine::{
    Advisories, Config, IGNORE_FILES, ImageExceptions, ImageOptions, StoredReport,
    StoredReportError, scan_image, scan_sbom,
};
use ringwall_image::{Platform, SbomError, StoredImage};
use ringwall_malware::FileRules;
use ringwall_model::{Date, Source};
use ringwall_report::ImageReport;

use super::{db, folders, registry, scan::today, stores};
use crate::{
    args::{
        db::DatabaseArgs,
        image::{Place, PlaceArgs, ReadingArgs},
        registry::RegistryArgs,
    },
    progress::Progress,
};

/// Which images are judged, and how.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) place: &'a PlaceArgs,
    pub(super) platform: Option<&'a str>,
    pub(super) registry: &'a RegistryArgs,
    pub(super) database: &'a DatabaseArgs,
    pub(super) config: Option<&'a PathBuf>,
    pub(super) vex: &'a [PathBuf],
    pub(super) ignore_files: &'a [PathBuf],
    pub(super) reading: &'a ReadingArgs,
    pub(super) as_of: Option<Date>,
}

/// Judges images.
pub(super) struct Scanner<'a> {
    request: Request<'a>,
    platform: Option<Platform>,
    pub(super) config: Config,
    exceptions: ImageExceptions,
    database: Result<Option<Database>, String>,
    rules: Option<Arc<dyn FileRules>>,
    cache: Option<LayerCache>,
    as_of: Date,
}

impl<'a> Scanner<'a> {
    /// Reads everything that images are judged by.
    pub(super) fn new(request: Request<'a>) -> Result<Self> {
        let as_of = request.as_of.unwrap_or_else(today);
        let named = request.config.map(PathBuf::as_path);
        let (config, config_source) = super::config::load(named, Path::new("."))?;
        // Without a place to keep it, every layer is read, which takes longer and changes nothing.
        let cache = match folders::cache("layers") {
            Some(folder) if !request.reading.no_cache => LayerCache::open(&folder).ok(),
            _ => None,
        };
        Ok(Self {
            platform: request.platform.map(parse_platform).transpose()?,
            exceptions: exceptions(&request, &config, &config_source, as_of)?,
            // What an image holds is told without a database as well; that its flaws are not is in the report.
            database: db::open(request.database).map_err(|error| crate::output::words(&error)),
            config,
            rules: yara(&request.reading.yara)?,
            cache,
            as_of,
            request,
        })
    }

    /// Judges an image: in the place that is named; else in a file where there is one of this name, else in a
    /// registry.
    pub(super) fn scan(&self, path: &Path) -> Result<ImageReport> {
        let place = self.request.place;
        if place.containerd_root.is_some() && place.from != Some(Place::Containerd) {
            bail!("--containerd-root is for --from containerd");
        }
        let name = printed_name(path);
        match place.from {
            None => self.anywhere(path),
            Some(Place::RootFs) => self.root_fs(path),
            Some(Place::Containerd) => {
                let image = stores::of_containerd(&name, place, self.platform.as_ref())?;
                Ok(self.stored(image, &self.options(&name)))
            }
            Some(Place::Docker) => {
                let image = stores::of_docker(&name, self.platform.as_ref())?;
                Ok(self.stored(image, &self.options(&name)))
            }
        }
    }

    fn root_fs(&self, path: &Path) -> Result<ImageReport> {
        if self.platform.is_some() {
            bail!("--platform: a file system is none of several");
        }
        let name = printed_name(path);
        #[cfg(unix)]
        return Ok(scan_root_fs(&RootFs::open(path)?, &self.options(&name)));
        #[cfg(not(unix))]
        bail!("--from rootfs: {name} is read on Unix only");
    }

    fn anywhere(&self, path: &Path) -> Result<ImageReport> {
        // What is no file is the name of an image in a registry.
        let opened = if registry::is_file(path)? {
            open_sbom(path)
        } else {
            Ok(None)
        };
        let sbom = match opened {
            Ok(sbom) => sbom,
            Err(error) => return self.report(path, error),
        };
        if sbom.is_some() && self.platform.is_some() {
            let path = path.display();
            bail!("--platform: {path} is an SBOM, which is about one image");
        }
        let name = printed_name(path);
        let options = self.options(&name);
        if sbom.is_some() && self.rules.is_some() {
            bail!("--yara: {name} is an SBOM, which holds no files");
        }
        if let Some(sbom) = sbom {
            return Ok(scan_sbom(sbom, &options));
        }
        let (platform, registry) = (self.platform.as_ref(), self.request.registry);
        let image = registry::open(path, platform, registry, self.request.config)?;
        Ok(self.stored(image, &options))
    }

    /// Judges again what a report of ours lists, where a file in JSON is one; else it is the SBOM that it could not be.
    fn report(&self, path: &Path, error: SbomFileError) -> Result<ImageReport> {
        let is_other_json = matches!(
            &error,
            SbomFileError::Sbom {
                reason: SbomError::Other,
                ..
            }
        );
        if !is_other_json {
            return Err(error.into());
        }
        let name = printed_name(path);
        let text = read_image_report(path).map_err(|reason| anyhow!("{name} {reason}"))?;
        let report = match StoredReport::parse(text.as_bytes()) {
            Ok(report) => report,
            Err(StoredReportError::Foreign(_)) => return Err(error.into()),
            Err(reason) => bail!("{name} {reason}"),
        };
        if self.platform.is_some() {
            bail!("--platform: {name} is a report, which is about one image");
        }
        if self.rules.is_some() {
            bail!("--yara: {name} is a report, which holds no files");
        }
        Ok(report.judge_again(&self.options(&name)).report)
    }

    fn options<'o>(&'o self, name: &'o str) -> ImageOptions<'o> {
        ImageOptions {
            name,
            advisories: match &self.database {
                Ok(Some(database)) => Advisories::Database(database),
                Ok(None) => Advisories::Missing,
                Err(reason) => Advisories::Unusable(reason),
            },
            exceptions: &self.exceptions,
            finds_secrets: !self.request.reading.no_secrets,
            rules: self.rules.as_ref(),
            cache: self.cache.as_ref(),
            as_of: self.as_of,
        }
    }

    /// Judges an image that was found, and tells how far it is.
    fn stored(&self, image: StoredImage, options: &ImageOptions<'_>) -> ImageReport {
        let progress = Arc::new(Progress::of_bytes());
        let image = registry::with_progress(image, &progress);
        let report = scan_image(&image, options);
        progress.finish();
        if let Some(cache) = &self.cache {
            cache.shrink();
        }
        report
    }
}

/// The rules of YARA that are named; those that cannot be used are told in the report.
fn yara(paths: &[PathBuf]) -> Result<Option<Arc<dyn FileRules>>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let names: Vec<_> = paths.iter().map(|path| printed_name(path)).collect();
    let files = read_texts(paths, &ringwall_yara::EXTENSIONS);
    let rules = ringwall_yara::compile(&files, ringwall_yara::Bounds::default())
        .with_context(|| format!("--yara {}", names.join(" --yara ")))?;
    Ok(Some(Arc::new(rules)))
}

/// What is accepted: by the configuration, by files of other scanners, by VEX.
fn exceptions(
    request: &Request<'_>,
    config: &Config,
    config_source: &Source,
    as_of: Date,
) -> Result<ImageExceptions> {
    let mut exceptions = ImageExceptions::of_config(config, config_source, as_of)?;
    let here = IGNORE_FILES.iter().map(PathBuf::from);
    let here: Vec<_> = here.filter(|path| path.is_file()).collect();
    for path in here.iter().chain(request.ignore_files) {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        exceptions.add_ignore_file(&Source::new(printed_name(path), text))?;
    }
    for path in request.vex {
        let json = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = printed_name(path);
        exceptions
            .add_vex(&name, &json)
            .with_context(|| name.clone())?;
    }
    Ok(exceptions)
}

pub(super) fn parse_platform(text: &str) -> Result<Platform> {
    Platform::parse(text).with_context(|| {
        format!("--platform: '{text}' is not of the form linux/amd64 or linux/arm/v7")
    })
}
