//! `ringwall registry`.

mod deletion;
mod flaws;
mod users;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_engine::{
    Config, DeletionWish, ImageSigned, PlannedDeletion, RegistryFacts, RegistryPattern,
    SignatureDemand, judge_repository, plan_deletion, verify_image,
};
use ringwall_image::{Digest, RepositoryContents};
use ringwall_input::image_reference::ImageReference;
use ringwall_model::Source;
use ringwall_registry::{
    RegistryError, Repository, Settings, open_signatures, read_repository, repositories,
};
use ringwall_report::{
    RegistryAsked, RegistryGap, RegistryImage, RegistryKept, RegistryMark, RegistryPlan,
    RegistryReport, RegistryTextOptions, registry_json, registry_text,
};

use self::deletion::carry_out;
use super::{image_verify, registry::settings, scan::today};
use crate::{
    args::{
        TextOrJson,
        registry_listing::{Mark, RegistryListingArgs},
    },
    exit::Exit,
    output,
    progress::Progress,
    workflow_commands::ForPeople,
};

/// The gap of a registry whose repositories are not all known.
const UNREAD: &str = "unread-repositories";

/// Most repositories that are looked at in one run.
const MAX_REPOSITORIES: usize = 10_000;

pub(super) fn run(args: &RegistryListingArgs) -> Result<Exit> {
    let as_of = args.as_of.unwrap_or_else(today);
    let marks = |marks: &[Mark]| marks.iter().map(|it| it.mark()).collect::<Vec<_>>();
    let (fail_on, delete) = (marks(&args.fail_on), marks(&args.deletion.delete));
    let patterns = args.what.iter().map(|it| RegistryPattern::parse(it));
    let patterns: Vec<_> = patterns.collect::<Result<_, _>>()?;
    let named = args.config.as_deref();
    let (config, config_source) = super::config::load(named, Path::new("."))?;
    let demand = demand(args)?;
    let mut listing = Listing {
        args,
        config: &config,
        settings: settings(&args.registry, args.config.as_ref())?,
        demand: demand.as_ref(),
        gaps: BTreeSet::new(),
        as_of,
    };
    listing.refuse_idle_marks(&[&*fail_on, &*delete].concat(), &config_source)?;
    let keeps_tag = keeps_tag(&args.deletion.keep_tags)?;
    let uses = users::uses(&args.users, &config)?;
    let mut reports = listing.reports(&config_source)?;
    let mut report = RegistryReport {
        as_of,
        asked: RegistryAsked {
            stale_days: args.stale_days,
            signer: demand.as_ref().map(|it| it.wanted.clone()),
            severity: reports.is_some().then(|| args.flaws.severity.as_str()),
            uses: uses.is_some(),
        },
        repositories: Vec::new(),
        plan: None,
        not_assessed: Vec::new(),
    };
    let mut planned: Vec<(RepositoryContents, Vec<PlannedDeletion>)> = Vec::new();
    let mut kept: Vec<RegistryKept> = Vec::new();
    for (name, patterns) in listing.repositories(&patterns)? {
        let is_asked_for = |tag: &str| patterns.iter().any(|it| it.has_tag(tag));
        // What is deleted may have other tags.
        let is_read = |tag: &str| !delete.is_empty() || is_asked_for(tag);
        let is_listed = patterns.iter().all(|it| it.repository.is_none());
        let Some(contents) = listing.contents(&name, &is_read, is_listed) else {
            continue;
        };
        listing.miss_tags(&contents, &patterns);
        let asked_for = asked_for(&contents, &is_asked_for);
        let signatures = listing.signatures(&contents, &asked_for);
        if args.flaws.scan
            && let Some(reports) = &mut reports
        {
            listing.scan(&contents, &asked_for, reports)?;
        }
        let facts = RegistryFacts {
            signatures: signatures.as_ref(),
            reports: reports.as_ref(),
            uses: uses.as_ref(),
            severity: args.flaws.severity,
            stale_days: args.stale_days,
            as_of,
        };
        let (mut repository, gaps) = judge_repository(&contents, &facts);
        listing.gaps.extend(gaps);
        if !delete.is_empty() {
            let wish = DeletionWish {
                marks: &delete,
                keep: args.deletion.keep,
                keeps_tag: &keeps_tag,
                is_asked_for: &is_asked_for,
                uses: uses.as_ref(),
            };
            let (going, staying) = plan_deletion(&contents, &repository, &wish);
            kept.extend(staying);
            planned.push((contents, going));
        }
        let is_shown = |image: &RegistryImage| image.tags.iter().any(|tag| is_asked_for(tag));
        repository.images.retain(is_shown);
        report.repositories.push(repository);
    }
    listing
        .gaps
        .extend(uses.into_iter().flat_map(|it| it.not_assessed));
    report.not_assessed = listing.gaps.iter().cloned().collect();
    if !delete.is_empty() {
        report.plan = Some(plan(&delete, planned, kept, &listing));
    }
    let mut out = output::open(args.output_file.as_deref())?;
    match args.output {
        TextOrJson::Text => {
            let colour = output::colours(args.color, args.output_file.as_deref());
            registry_text(
                &report,
                RegistryTextOptions { colour },
                &mut ForPeople::new(&mut *out),
            )?;
        }
        TextOrJson::Json => registry_json(&report, &mut *out)?,
    }
    out.flush()?;
    Ok(if args.exit_zero {
        Exit::Clean
    } else if report.has(&fail_on) {
        Exit::Findings
    } else if report.is_incomplete(&fail_on) {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

/// The plan, carried out where that is wanted.
fn plan(
    marks: &[RegistryMark],
    planned: Vec<(RepositoryContents, Vec<PlannedDeletion>)>,
    kept: Vec<RegistryKept>,
    listing: &Listing<'_>,
) -> RegistryPlan {
    let is_carried_out = listing.args.deletion.yes;
    let mut plan = RegistryPlan {
        is_carried_out,
        marks: marks.to_vec(),
        kept,
        ..RegistryPlan::default()
    };
    for (contents, mut deletions) in planned {
        if is_carried_out && !deletions.is_empty() {
            carry_out(&contents, &mut deletions, &listing.settings);
        }
        plan.deletions
            .extend(deletions.into_iter().map(|it| it.deletion));
    }
    plan.manifest_bytes = plan.deletions.iter().map(|it| it.manifest_bytes).sum();
    plan
}

/// Who has to have signed, where somebody is named.
fn demand(args: &RegistryListingArgs) -> Result<Option<SignatureDemand>> {
    let who = &args.who;
    let is_named = who.key.is_some() || who.identity.is_some() || who.identity_regexp.is_some();
    is_named
        .then(|| image_verify::demand(who, None))
        .transpose()
}

/// Whether a tag is one whose image stays.
fn keeps_tag(patterns: &[String]) -> Result<impl Fn(&str) -> bool + use<>> {
    // A tag of some registry; only the tags are compared.
    let parse = |pattern: &String| {
        let text = format!("localhost/x:{pattern}");
        RegistryPattern::parse(&text).with_context(|| format!("--keep-tags {pattern}"))
    };
    let patterns: Vec<_> = patterns.iter().map(parse).collect::<Result<_>>()?;
    Ok(move |tag: &str| patterns.iter().any(|it| it.has_tag(tag)))
}

/// The digests that tags name which were asked for.
fn asked_for(
    contents: &RepositoryContents,
    is_asked_for: &dyn Fn(&str) -> bool,
) -> BTreeSet<Digest> {
    let tags = contents
        .tags
        .iter()
        .filter(|(tag, _)| is_asked_for(tag) && ringwall_image::AttachedTag::parse(tag).is_none());
    tags.map(|(_, digest)| *digest).collect()
}

/// What a listing is made with.
struct Listing<'a> {
    args: &'a RegistryListingArgs,
    config: &'a Config,
    settings: Settings,
    demand: Option<&'a SignatureDemand>,
    /// What could not be looked at.
    gaps: BTreeSet<RegistryGap>,
    as_of: ringwall_model::Date,
}

impl Listing<'_> {
    fn miss(&mut self, id: &'static str, repository: &str, reason: &dyn ToString) {
        self.gaps.insert(RegistryGap {
            id,
            repository: Some(repository.to_owned()),
            what: None,
            reason: reason.to_string(),
        });
    }

    /// Says which tags are not there: what is said of nothing is not said of them.
    fn miss_tags(&mut self, contents: &RepositoryContents, patterns: &[&RegistryPattern]) {
        let wanted = patterns.iter().filter_map(|it| it.tag.as_deref());
        for tag in wanted.filter(|tag| !contents.tags.contains_key(*tag)) {
            // What could not be read tells for itself.
            if contents.missing.is_empty() {
                let reason = format!("it has no tag {tag}");
                self.miss("missing-tag", &contents.name, &reason);
            }
        }
    }

    /// Refuses marks that nothing would get, so that nobody waits for them.
    fn refuse_idle_marks(&self, marks: &[RegistryMark], config_source: &Source) -> Result<()> {
        let flaws = &self.args.flaws;
        let users = &self.args.users;
        let has_reports = flaws.scan || self.reports_folder(config_source).is_some();
        for mark in marks {
            match mark {
                RegistryMark::Vulnerable
                | RegistryMark::Unknown
                | RegistryMark::Infected
                | RegistryMark::Unsearched
                    if !has_reports =>
                {
                    bail!(
                        "the mark {} needs --reports or --scan, or reports in ringwall.toml",
                        mark.as_str()
                    )
                }
                RegistryMark::Unpinned | RegistryMark::Unused
                    if users.used_by.is_empty() && !users.cluster =>
                {
                    bail!("the mark {} needs --used-by or --cluster", mark.as_str())
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reports_folder(&self, config_source: &Source) -> Option<PathBuf> {
        let named = self.args.flaws.reports.clone();
        named.or_else(|| self.config.image_reports_folder(&config_source.name))
    }

    /// The repositories that are meant, each with the patterns that mean it.
    fn repositories<'p>(
        &mut self,
        patterns: &'p [RegistryPattern],
    ) -> Result<BTreeMap<String, Vec<&'p RegistryPattern>>> {
        let mut found: BTreeMap<String, Vec<&RegistryPattern>> = BTreeMap::new();
        let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for pattern in patterns {
            let registry = &*pattern.registry;
            if let Some(path) = &pattern.repository {
                let name = format!("{registry}/{path}");
                let reference = ImageReference::parse(&name);
                let reference = reference.map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
                found.entry(reference.name()).or_default().push(pattern);
                continue;
            }
            let paths = if let Some(known) = lists.get(registry) {
                known.clone()
            } else {
                let paths = self.catalogue(registry);
                lists.insert(registry, paths.clone());
                paths
            };
            let mut is_any = false;
            for path in paths.iter().filter(|path| pattern.has_repository(path)) {
                is_any = true;
                if found.len() < MAX_REPOSITORIES {
                    let name = format!("{registry}/{path}");
                    found.entry(name).or_default().push(pattern);
                } else {
                    let reason = format!("there are more than {MAX_REPOSITORIES} repositories");
                    self.miss(UNREAD, registry, &reason);
                }
            }
            let is_whole = self.gaps.iter().all(|gap| gap.id != UNREAD);
            if !is_any && !paths.is_empty() && is_whole {
                bail!("{registry} lists no repository that is meant");
            }
        }
        Ok(found)
    }

    fn catalogue(&mut self, registry: &str) -> Vec<String> {
        match repositories(registry, &self.settings) {
            Ok(list) => {
                if let Some(reason) = list.missing {
                    self.miss(UNREAD, registry, &reason);
                }
                list.names.into_iter().collect()
            }
            Err(error) => {
                self.miss(UNREAD, registry, &error);
                Vec::new()
            }
        }
    }

    /// What is in a repository; none where that cannot be told.
    fn contents(
        &mut self,
        name: &str,
        is_read: &(dyn Fn(&str) -> bool + Sync),
        is_listed: bool,
    ) -> Option<RepositoryContents> {
        let progress = Progress::of_requests();
        let read = ImageReference::parse(name)
            .map_err(|error| error.to_string())
            .and_then(|reference| {
                let repository = Repository::without_mirrors(&reference, &self.settings);
                let read = repository.and_then(|it| {
                    read_repository(&it, is_read, &|done, all| progress.report(done, all))
                });
                match read {
                    // The registry itself named it: it has no tags, or none any more.
                    Err(RegistryError::NotFound { .. }) if is_listed => Ok(RepositoryContents {
                        name: name.to_owned(),
                        ..RepositoryContents::default()
                    }),
                    read => read.map_err(|error| error.to_string()),
                }
            });
        progress.finish();
        match read {
            Ok(contents) => Some(contents),
            Err(reason) => {
                self.miss("unreadable-repository", name, &reason);
                None
            }
        }
    }

    /// Who signed, where somebody is wanted.
    fn signatures(
        &self,
        contents: &RepositoryContents,
        digests: &BTreeSet<Digest>,
    ) -> Option<BTreeMap<Digest, ImageSigned>> {
        let demand = self.demand?;
        let progress = Progress::of_requests();
        let verified = digests.iter().enumerate().map(|(at, digest)| {
            let name = format!("{}@{digest}", contents.name);
            let signed = self.signed(&name, demand);
            progress.report(at + 1, digests.len());
            (*digest, signed)
        });
        let verified = verified.collect();
        progress.finish();
        Some(verified)
    }

    fn signed(&self, name: &str, demand: &SignatureDemand) -> ImageSigned {
        let reference = match ImageReference::parse(name) {
            Ok(reference) => reference,
            Err(error) => return ImageSigned::Unknown(error.to_string()),
        };
        let report = match open_signatures(&reference, None, &self.settings) {
            Ok(image) => verify_image(&image, name, demand),
            Err(error) => return ImageSigned::Unknown(error.to_string()),
        };
        match report.why_undecided() {
            Some(reason) => ImageSigned::Unknown(reason),
            None if report.is_verified => ImageSigned::Verified,
            None => ImageSigned::Not,
        }
    }
}
