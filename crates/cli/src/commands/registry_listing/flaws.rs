//! Which vulnerabilities and malware images of a registry have: by reports that were made before, or by scans.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use ringwall_collect::image_reports;
use ringwall_engine::images_of;
use ringwall_image::{Digest, RepositoryContents};
use ringwall_model::Source;
use ringwall_policy::image::ImageReports;
use ringwall_report::{RegistryGap, image_json};

use super::Listing;
use crate::{
    args::image::{PlaceArgs, ReadingArgs},
    commands::image_scan::{Request, Scanner},
};

/// How long reports count where the configuration does not say.
const MAX_AGE_DAYS: u32 = 30;

impl Listing<'_> {
    /// The reports that are there; none where vulnerabilities were not asked for.
    pub(super) fn reports(&mut self, config_source: &Source) -> Result<Option<ImageReports>> {
        let policy = self.config.image_policy.as_ref();
        let max_age_days = policy.map_or(MAX_AGE_DAYS, |it| it.reports_max_age_days);
        let mut reports = ImageReports::new(self.as_of, max_age_days);
        if self.args.flaws.scan {
            return Ok(Some(reports));
        }
        let Some(folder) = self.reports_folder(config_source) else {
            return Ok(None);
        };
        let files = image_reports(&folder).context("--reports")?;
        for (name, text) in files {
            let added = text.and_then(|text| {
                let added = reports.add(text.as_bytes());
                added.map_err(|error| error.to_string())
            });
            if let Err(reason) = added {
                self.gaps.insert(RegistryGap {
                    id: "unreadable-report",
                    repository: None,
                    what: Some(name),
                    reason,
                });
            }
        }
        Ok(Some(reports))
    }

    /// Scans the images that digests lead to, and keeps what is found as reports.
    pub(super) fn scan(
        &mut self,
        contents: &RepositoryContents,
        digests: &BTreeSet<Digest>,
        reports: &mut ImageReports,
    ) -> Result<()> {
        let flaws = &self.args.flaws;
        let place = PlaceArgs {
            from: None,
            containerd_root: None,
            containerd_namespace: None,
        };
        // Malware is looked for with secrets, in the same pass.
        let reading = ReadingArgs {
            no_secrets: false,
            yara: Vec::new(),
            no_cache: false,
        };
        let scanner = Scanner::new(Request {
            place: &place,
            platform: None,
            registry: &self.args.registry,
            database: &flaws.database,
            config: self.args.config.as_ref(),
            vex: &[],
            ignore_files: &[],
            reading: &reading,
            as_of: Some(self.as_of),
        })?;
        let images = digests.iter().flat_map(|it| images_of(contents, it));
        let images: BTreeMap<_, _> = images.collect();
        for (at, (digest, platform)) in images.iter().enumerate() {
            let name = format!("{}@{digest}", contents.name);
            // Where nobody listens, nobody is told.
            let (at, of) = (at + 1, images.len());
            let _ = writeln!(io::stderr(), "scanning {at} of {of}: {name} {platform}");
            let scanned = scanner.scan(Path::new(&name)).and_then(|report| {
                let mut json = Vec::new();
                image_json(&report, &mut json)?;
                Ok(reports.add(&json)?)
            });
            if let Err(error) = scanned {
                self.gaps.insert(RegistryGap {
                    id: "unreadable-image",
                    repository: Some(contents.name.clone()),
                    what: Some(digest.to_string()),
                    reason: crate::output::words(&error),
                });
            }
        }
        Ok(())
    }
}
