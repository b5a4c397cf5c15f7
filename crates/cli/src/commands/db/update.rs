//! `ringwall db update`: a database of what is public today.

use std::{
    cell::Cell,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, Result, bail};
use indicatif::DecimalBytes;
use ringwall_advisory::SourceFile;
use ringwall_collect::{FeedCache, FetchedFeed, FetchedNote};
use ringwall_engine::{AdvisoryFeed, advisory_feeds};
use ringwall_registry::{Download, Downloaded, Settings, Validators};
use ringwall_report::clean;

use super::{
    super::{config, folders, registry, scan::today},
    path, read, replacing,
};
use crate::{args::db::UpdateArgs, exit::Exit, progress::Progress};

/// Largest file that is fetched: 4 GiB. The largest that is published has 0.3.
const MOST_BYTES: u64 = 4 << 30;
/// Feeds that are fetched at the same time; servers are slower than what is behind them.
const AT_ONCE: usize = 4;

pub(super) fn run(args: &UpdateArgs) -> Result<Exit> {
    let (mut config, _) = config::load(args.config.as_deref(), Path::new("."))?;
    if !args.only.is_empty() {
        config.advisories.only.clone_from(&args.only);
    }
    config.advisories.skip.extend(args.skip.iter().cloned());
    let feeds = advisory_feeds(&config.advisories)?;
    if args.dry_run {
        let mut out = io::stdout().lock();
        for feed in &feeds {
            writeln!(out, "{}\t{}", clean(&feed.name), clean(&feed.url))?;
        }
        return Ok(Exit::Clean);
    }
    let target = path(&args.database)?;
    let as_of = args.as_of.unwrap_or_else(today);
    let folder = folders::cache("feeds")
        .context("neither XDG_CACHE_HOME nor HOME says where files are kept that were fetched")?;
    let cache = FeedCache::open(&folder)?;
    let settings = registry::settings(&args.registry, args.config.as_ref())?;
    let fetched = fetch(&feeds, &cache, &settings)?;
    let files: Vec<(String, PathBuf)> = feeds
        .iter()
        .zip(&fetched)
        .map(|(feed, file)| (feed.name.clone(), file.path().to_owned()))
        .collect();
    let imported = read(&files, as_of)?;
    for ((feed, file), source) in feeds.iter().zip(&fetched).zip(&imported.sources) {
        if !is_as_said(feed, source) {
            // Whatever it is, it is to be fetched again.
            file.forget();
            bail!(
                "{}: what is at {} is not what it should be ({}); the database stays as it was",
                clean(&feed.name),
                clean(&feed.url),
                feed.kind.unwrap_or("advisories")
            );
        }
    }
    replacing::replace(&target, &imported.database, as_of)?;
    Ok(replacing::say_unreadable(&imported.unreadable)?)
}

/// Whether what came is of the kind that it should be, and not empty: a page of a proxy is no feed, and a database
/// without an ecosystem would call its packages clean or unknown where the one before knew better.
fn is_as_said(feed: &AdvisoryFeed, source: &SourceFile) -> bool {
    let tables = ["KEV", "EPSS"];
    let is_kind = feed.kind.map_or(!source.kind.is_empty(), |kind| {
        source.kind.split(", ").any(|known| known == kind)
    });
    is_kind && (source.advisories > 0 || tables.contains(&&*source.kind))
}

/// Fetches what changed; where one cannot be had, nothing is.
fn fetch(
    feeds: &[AdvisoryFeed],
    cache: &FeedCache,
    settings: &Settings,
) -> Result<Vec<FetchedFeed>> {
    let progress = Progress::of_bytes();
    let (read, expected) = (AtomicU64::new(0), AtomicU64::new(0));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(feed) = feeds.get(at) else {
                return done;
            };
            let said = Cell::new((0, 0));
            let report = |now: u64, of: Option<u64>| {
                let all = of.unwrap_or(now);
                let (read_before, all_before) = said.replace((now, all));
                let read = moved(&read, read_before, now);
                progress.report_bytes(read, moved(&expected, all_before, all));
            };
            let fetched = fetch_one(feed, cache, settings, &report)
                .with_context(|| format!("{}: the database stays as it was", clean(&feed.name)));
            done.push((at, fetched));
        }
    };
    let mut results = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().filter_map(|worker| worker.join().ok());
        joined.flatten().collect::<Vec<_>>()
    });
    results.sort_by_key(|(at, _)| *at);
    progress.finish();
    let results = results
        .into_iter()
        .map(|(_, fetched)| fetched)
        .collect::<Result<Vec<_>>>()?;
    let changed = results.iter().filter(|(_, is_new)| *is_new).count();
    writeln!(
        io::stderr(),
        "{changed} of {} feeds have changed, {} fetched",
        feeds.len(),
        DecimalBytes(read.into_inner())
    )?;
    Ok(results.into_iter().map(|(file, _)| file).collect())
}

/// A sum after one of its parts has grown, or begun again.
fn moved(sum: &AtomicU64, before: u64, now: u64) -> u64 {
    let change = now.wrapping_sub(before);
    sum.fetch_add(change, Ordering::Relaxed)
        .wrapping_add(change)
}

/// Fetches a file if it has changed, and tells whether it has.
fn fetch_one(
    feed: &AdvisoryFeed,
    cache: &FeedCache,
    settings: &Settings,
    report: &dyn Fn(u64, Option<u64>),
) -> Result<(FetchedFeed, bool)> {
    let place = cache.feed(&feed.name, &feed.url);
    let note = place.note();
    let known = Validators {
        etag: note.etag,
        last_modified: note.last_modified,
    };
    let download = Download::new(&feed.url, settings)?;
    let mut part = place.create()?;
    match download.fetch(&known, MOST_BYTES, &mut part, report) {
        Ok(Downloaded::Changed(validators)) => {
            part.sync_all()?;
            place.keep(&FetchedNote {
                etag: validators.etag,
                last_modified: validators.last_modified,
            })?;
            Ok((place, true))
        }
        Ok(Downloaded::Unchanged) => {
            place.drop_part();
            Ok((place, false))
        }
        Err(error) => {
            place.drop_part();
            Err(error.into())
        }
    }
}
