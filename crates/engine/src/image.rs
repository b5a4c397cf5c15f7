//! One image: its layers read on all cores, and put on top of each other.

use std::{collections::BTreeMap, io, sync::Arc};

use rayon::prelude::*;
use ringwall_checks::distribution_support_end;
use ringwall_collect::LayerCache;
use ringwall_image::{Config, Contents, Execution, Gap, Layer, LayerReader, StoredImage, Wanted};
use ringwall_malware::FileRules;
use ringwall_model::{Date, sort};
use ringwall_policy::image::Sought;
use ringwall_report::{
    ImageBase, ImageDatabase, ImageDistribution, ImageFacts, ImageGap, ImageLayer, ImagePackage,
    ImageReport, ImageSource,
};

pub(crate) mod configuration;
mod exceptions;
mod findings;
mod ignore_files;
mod ignore_rule;
mod malware;
pub(crate) mod refusable;
#[cfg(unix)]
mod root_fs;
mod secrets;
mod stored;
pub(crate) mod vulnerabilities;

#[cfg(unix)]
pub use self::root_fs::scan_root_fs;

pub use self::{
    exceptions::ImageExceptions,
    ignore_files::{IGNORE_FILES, IgnoreFileError},
    stored::{JudgedAgain, StoredReport, StoredReportError},
};

use crate::flaws::{Advisories, stale};

/// The label that names the image that another was built on.
///
/// See: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>.
const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// How an image is judged.
#[derive(Clone, Copy, Debug)]
pub struct ImageOptions<'a> {
    /// As the user calls it.
    pub name: &'a str,
    /// What its packages are judged by.
    pub advisories: Advisories<'a>,
    /// What is accepted of what is found.
    pub exceptions: &'a ImageExceptions,
    /// Whether files are searched for secrets.
    pub finds_secrets: bool,
    /// Rules of the user's own that every file is held against.
    pub rules: Option<&'a Arc<dyn FileRules>>,
    /// Where what came of layers is kept, so that the next image with them need not read them.
    pub cache: Option<&'a LayerCache>,
    /// The day that counts as today.
    pub as_of: Date,
}

impl ImageOptions<'_> {
    /// What reads layers as it is asked for.
    fn reader(&self) -> LayerReader {
        let mut reader = LayerReader::default();
        if rayon::current_num_threads() > 1 {
            reader = reader.unpacking_ahead();
        }
        if self.finds_secrets {
            reader = reader.searching();
        }
        if let Some(rules) = self.rules {
            reader = reader.matching(Arc::clone(rules));
        }
        reader
    }

    /// What is looked for, in the words of the report; a root of a file system has no configuration.
    fn searched_for(&self, has_config: bool) -> Vec<&'static str> {
        let sought = [
            (Sought::Configuration, has_config),
            (Sought::Malware, true),
            (Sought::Secrets, self.finds_secrets),
            (Sought::Yara, self.rules.is_some()),
        ];
        let sought = sought
            .into_iter()
            .filter(|(_, is_looked_for)| *is_looked_for);
        sought.map(|(it, _)| it.word()).collect()
    }
}

/// Reads an image and judges what is in it.
pub fn scan_image(image: &StoredImage, options: &ImageOptions<'_>) -> ImageReport {
    let mut reader = options.reader();
    if let Some(cache) = options.cache {
        reader = reader.with_key(cache.key());
    }
    let layers = read_layers(image, &reader, options);
    let mut report = ImageReport {
        layers: image
            .layers
            .iter()
            .zip(&layers)
            .enumerate()
            .map(|(at, (stored, layer))| ImageLayer {
                digest: stored.digest.map(|digest| digest.to_string()),
                diff_id: layer.diff_id.map(|digest| digest.to_string()),
                size: stored.size_bytes,
                entries: layer.entries as u64,
                command: image.config.command_of(at).map(str::to_owned),
            })
            .collect(),
        ..ImageReport::new(options.as_of)
    };
    let mut contents = Contents::new(&reader, layers);
    let config = &image.config;
    let unread = unread_entrypoint(config, &contents);
    contents.gaps.extend(unread);
    let variant = config.variant.as_ref();
    report.image = ImageFacts {
        name: options.name.to_owned(),
        names: image.names.clone(),
        digest: image.digest.map(|digest| digest.to_string()),
        indexes: image.indexes.iter().map(ToString::to_string).collect(),
        platform: variant.map_or_else(
            || format!("{}/{}", config.os, config.architecture),
            |variant| format!("{}/{}/{variant}", config.os, config.architecture),
        ),
        created: config.created.clone(),
        base: config.base_layers().map(|layers| ImageBase {
            layers,
            name: config
                .config
                .labels
                .as_ref()
                .and_then(|labels| labels.get(BASE_NAME).cloned())
                .filter(|name| !name.is_empty()),
        }),
        // Windows has users of another kind.
        user: (config.os != "windows").then(|| config.config.user.clone()),
        ..ImageFacts::default()
    };
    report.not_assessed = gaps(&contents.gaps);
    let (listed, stated) = (image.layers.len(), config.rootfs.diff_ids.len());
    if listed != stated {
        report.not_assessed.push(ImageGap {
            id: "unreadable-layer",
            reason: format!("the manifest names {listed} layers, and the configuration {stated}"),
            ..ImageGap::default()
        });
    }
    judge(&mut report, &contents, Some(config), options);
    report
}

/// The program of WebAssembly that an image starts, by itself or as an argument: no mode needs to say that it is one.
fn unread_entrypoint(config: &Config, contents: &Contents) -> Option<Gap> {
    let Execution {
        entrypoint, cmd, ..
    } = &config.config;
    let mut words = entrypoint.iter().chain(cmd).flatten();
    let path = words.find(|it| it.ends_with(".wasm"))?;
    let path = path.trim_start_matches('/');
    let file = (Wanted::Program, path.to_owned());
    let is_told = contents
        .gaps
        .iter()
        .any(|it| it.file.as_ref() == Some(&file));
    (!is_told).then(|| Gap {
        layer: 0,
        file: Some(file),
        reason: "is a program of WebAssembly, which does not say what it was built from".to_owned(),
    })
}

/// Judges what is in an image, or in the root of a file system, which has no configuration.
fn judge(
    report: &mut ImageReport,
    contents: &Contents,
    config: Option<&Config>,
    options: &ImageOptions<'_>,
) {
    let distribution = contents.distribution.as_ref();
    report.image.distribution = distribution.map(|it| ImageDistribution {
        id: it.id.clone(),
        version_id: it.version_id.clone(),
        name: it.name.clone(),
    });
    // An image of one static program has no distribution; a root of a file system without one is a folder of something
    // else, or one that could not be seen.
    let may_have_distribution = config.is_none() || holds_more_than_programs(contents);
    if distribution.is_none_or(|it| it.id.is_empty()) && may_have_distribution {
        report.not_assessed.push(ImageGap {
            id: "unknown-distribution",
            reason: "no os-release says what it is".to_owned(),
            ..ImageGap::default()
        });
    }
    report.not_assessed.extend(missing_list(contents));
    let (mut findings, unknown) =
        vulnerabilities::judge(contents, options.advisories, options.name, options.as_of);
    report.not_assessed.extend(unknown);
    let (secrets, unknown) = secrets::judge(contents, config, options.name);
    findings.extend(secrets);
    report.not_assessed.extend(unknown);
    let (malware, unknown) = malware::judge(contents, config, options);
    findings.extend(malware);
    report.not_assessed.extend(unknown);
    findings.extend(configuration::judge(
        contents,
        config,
        options.name,
        options.as_of,
    ));
    options.exceptions.set_severities(&mut findings);
    sort(&mut findings);
    report.findings = findings;
    report.searched_for = options.searched_for(config.is_some());
    if config.is_none() {
        for gap in &mut report.not_assessed {
            gap.layer = None;
        }
    }
    judged_by(report, options);
    report.packages = packages(contents);
    options.exceptions.apply(report);
}

/// Names the database that a report rests on, and says where it is too old, or cannot know all.
pub(crate) fn judged_by(report: &mut ImageReport, options: &ImageOptions<'_>) {
    let Advisories::Database(database) = options.advisories else {
        return;
    };
    report.database = Some(ImageDatabase {
        digest: format!("sha256:{}", database.digest()),
        built: database.manifest().built.clone(),
    });
    report
        .not_assessed
        .extend(stale(database, options.as_of).map(|reason| ImageGap {
            id: "stale-advisories",
            reason,
            ..ImageGap::default()
        }));
    let distribution = report.image.distribution.as_ref();
    let end = distribution.and_then(|it| distribution_support_end(&it.id, &it.version_id));
    report.not_assessed.extend(
        end.filter(|(_, last_day)| *last_day < options.as_of)
            .map(|(name, last_day)| ImageGap {
                id: "unsupported-distribution",
                reason: format!(
                    "{name} had support until {last_day}: flaws that were found since may stand in no advisory"
                ),
                ..ImageGap::default()
            }),
    );
}

/// Packages as they are reported.
pub(crate) fn packages(contents: &Contents) -> Vec<ImagePackage> {
    let distribution = contents.distribution.as_ref();
    contents
        .packages
        .iter()
        .map(|placed| {
            let package = &placed.package;
            ImagePackage {
                kind: package.ecosystem.purl_type(),
                name: package.name.clone(),
                version: package.version.clone(),
                purl: package.purl(distribution).map(|purl| purl.to_string()),
                source: package.source.as_ref().map(|source| ImageSource {
                    name: source.name.clone(),
                    version: source.version.clone(),
                }),
                licences: package.licences.clone(),
                path: placed.path.clone(),
                layer: placed.layer,
                hidden_by: placed.hidden_by,
                owner: placed.owner.clone(),
                of_distribution: placed.is_of_distribution
                    && !package.ecosystem.is_of_distribution(),
            }
        })
        .collect()
}

/// A distribution whose list of packages is nowhere: what is installed is not known, and that is not nothing.
fn missing_list(contents: &Contents) -> Option<ImageGap> {
    let distribution = contents.distribution.as_ref()?;
    let mut packages = contents.packages.iter();
    let has_list = packages.any(|placed| placed.package.ecosystem.is_of_distribution())
        || contents.gaps.iter().any(|gap| match &gap.file {
            // The layer, or a list, tells for itself that it could not be read.
            None => true,
            Some((wanted, _)) => wanted.is_of_list() || matches!(wanted, Wanted::Foreign(_)),
        });
    (!has_list && !distribution.id.is_empty()).then(|| ImageGap {
        id: "unreadable-package-list",
        reason: format!(
            "os-release says that it is {}, and no list of its packages is there",
            format!("{} {}", distribution.id, distribution.version_id).trim_end()
        ),
        ..ImageGap::default()
    })
}

/// Whether it holds anything but programs that stand alone.
fn holds_more_than_programs(contents: &Contents) -> bool {
    !contents.packages.is_empty()
        || contents.gaps.iter().any(|gap| {
            let file = gap.file.as_ref();
            file.is_none_or(|(wanted, _)| *wanted != Wanted::Program)
        })
}

/// All layers, the largest first, so that no core waits for it at the end.
fn read_layers(
    image: &StoredImage,
    reader: &LayerReader,
    options: &ImageOptions<'_>,
) -> Vec<Layer> {
    let question = &*reader.question();
    let mut order: Vec<_> = image.layers.iter().enumerate().collect();
    order.sort_by_key(|(_, layer)| std::cmp::Reverse(layer.size_bytes));
    let mut layers: Vec<_> = order
        .into_par_iter()
        .with_max_len(1)
        .map(|(at, stored)| {
            let known = options.cache.zip(stored.diff_id);
            let kept = known.and_then(|(cache, diff_id)| {
                Layer::from_cache(&cache.get(&diff_id, question)?, question, diff_id)
            });
            if let Some(layer) = kept {
                return (at, layer);
            }
            let opened = stored.open().map_err(|error: io::Error| error.to_string());
            let mut layer = match opened {
                Ok(packed) => reader.read(packed, stored.size_bytes),
                Err(reason) => Layer::unreadable(reason),
            };
            if let (Some(stated), Some(read)) = (stored.diff_id, layer.diff_id)
                && stated != read
            {
                layer.damage = Some(format!(
                    "the configuration says that it unpacks to {stated}, and it does to {read}"
                ));
            }
            if let (Some((cache, diff_id)), Some(bytes)) = (known, layer.to_cache(question)) {
                cache.put(&diff_id, question, &bytes);
            }
            (at, layer)
        })
        .collect();
    layers.sort_by_key(|(at, _)| *at);
    layers.into_iter().map(|(_, layer)| layer).collect()
}

/// Each gap with an id; the many files of a sort that is not read are one.
fn gaps(gaps: &[Gap]) -> Vec<ImageGap> {
    let mut named = Vec::new();
    let mut many: BTreeMap<Wanted, ImageGap> = BTreeMap::new();
    for gap in gaps {
        let (wanted, path) = gap.file.clone().unzip();
        let id = match wanted {
            None => "unreadable-layer",
            Some(Wanted::Program) => "unassessed-program",
            Some(Wanted::Foreign(_)) => "unassessed-packages",
            Some(Wanted::JavaArchive | Wanted::MavenProperties) => "unassessed-java-archive",
            Some(_) => "unreadable-package-list",
        };
        let reason = match wanted {
            Some(Wanted::Program) => {
                "programs that belong to no package and do not say what they were built from"
            }
            _ => &gap.reason,
        };
        let one = ImageGap {
            id,
            path,
            layer: Some(gap.layer),
            reason: reason.to_owned(),
            ..ImageGap::default()
        };
        match wanted {
            Some(wanted @ (Wanted::Program | Wanted::Foreign(_))) => {
                let all = many.entry(wanted).or_insert(ImageGap {
                    layer: None,
                    files: Some(0),
                    ..one
                });
                all.files = all.files.map(|count| count + 1);
            }
            _ => named.push(one),
        }
    }
    named.extend(many.into_values());
    named
}
