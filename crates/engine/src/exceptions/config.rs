//! `[[exceptions]]` of `ringwall.toml`.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_model::{Acceptance, AcceptanceSource, Location, Source, Span, Subject};

use super::{ContainerImage, Ids};
use crate::{
    config::{Config, ConfigError, ExceptionConfig},
    seen_from::SeenFrom,
};

/// One entry, its patterns compiled.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) ids: Ids,
    patterns: Patterns,
    pub(super) acceptance: Arc<Acceptance>,
    pub(super) location: Location,
    pub(super) used: AtomicBool,
}

/// Where something was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) span: Option<Span>,
    /// The containers of the file.
    pub(super) images: &'a [ContainerImage],
}

#[derive(Debug)]
struct Patterns {
    paths: Option<GlobSet>,
    kinds: Option<GlobSet>,
    namespaces: Option<GlobSet>,
    names: Option<GlobSet>,
    images: Option<GlobSet>,
    packages: Option<GlobSet>,
}

/// The entries of a configuration.
#[derive(Debug, Default)]
pub(crate) struct ConfigExceptions {
    /// The folder of the configuration; patterns of paths count from there.
    folder: SeenFrom,
    pub(super) entries: Vec<Entry>,
}

impl ConfigExceptions {
    /// Compiles the entries of a configuration.
    pub(crate) fn new(config: &Config, source: &Source) -> Result<Self, ConfigError> {
        let mut starts = source
            .text
            .match_indices("[[exceptions]]")
            .map(|(at, _)| at);
        let entries = config.exceptions.iter().map(|entry| {
            // Entries are in the order of their headings.
            let at = starts.next().unwrap_or(0);
            let location = source.location(Span::new(at, at + "[[exceptions]]".len()));
            compile(entry, location, &source.name)
        });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            folder: SeenFrom::new(Path::new(&*source.name).parent().unwrap_or(Path::new(""))),
        })
    }

    /// The entries that cover something.
    pub(super) fn find<'a>(
        &'a self,
        id: &'a str,
        aliases: &'a [String],
        subject: &'a Subject,
        place: Place<'a>,
    ) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| {
            entry.ids.have(id, aliases)
                && entry.patterns.match_subject(subject, place, &self.folder)
        })
    }
}

impl Entry {
    pub(super) fn mark_used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

fn compile(entry: &ExceptionConfig, location: Location, file: &str) -> Result<Entry, ConfigError> {
    let set = |patterns: &[String], is_path: bool| -> Result<Option<GlobSet>, ConfigError> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let error = |error: globset::Error| ConfigError::Value {
            file: file.to_owned(),
            message: format!("exception at line {}: {error}", location.start.line),
        };
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let pattern = match pattern.trim_end_matches('/') {
                "." if is_path => "**",
                _ => pattern.trim_start_matches("./"),
            };
            let glob = |pattern: &str| {
                let mut glob = GlobBuilder::new(pattern);
                glob.literal_separator(is_path).build().map_err(error)
            };
            set.add(glob(pattern)?);
            if is_path && !pattern.contains('*') {
                // A folder covers what is in it.
                set.add(glob(&format!("{}/**", pattern.trim_end_matches('/')))?);
            }
        }
        set.build().map(Some).map_err(error)
    };
    Ok(Entry {
        ids: Ids::Some(entry.checks.clone()),
        patterns: Patterns {
            paths: set(&entry.paths, true)?,
            kinds: set(&entry.kinds, false)?,
            namespaces: set(&entry.namespaces, false)?,
            names: set(&entry.names, false)?,
            images: set(&entry.images, false)?,
            packages: set(&entry.packages, false)?,
        },
        acceptance: Arc::new(Acceptance {
            source: AcceptanceSource::Config,
            reason: Some(entry.reason.clone()),
            owner: entry.owner.clone(),
            until: entry.until,
            location: Some(location.clone()),
        }),
        location,
        used: AtomicBool::new(false),
    })
}

impl Patterns {
    fn match_subject(&self, subject: &Subject, place: Place<'_>, folder: &SeenFrom) -> bool {
        let holds = |set: &Option<GlobSet>, value: Option<&str>| {
            set.as_ref()
                .is_none_or(|set| value.is_some_and(|value| set.is_match(value)))
        };
        let in_paths = || {
            self.paths.as_ref().is_none_or(|paths| {
                place
                    .file
                    .is_some_and(|file| paths.is_match(folder.see(file)))
            })
        };
        let in_images = || {
            let set = match (&self.images, subject.image.as_deref()) {
                (None, _) => return true,
                (Some(set), Some(image)) => return set.is_match(image),
                (Some(set), None) => set,
            };
            let mut images = place.images.iter();
            let span = place.span;
            span.is_some_and(|span| {
                images.any(|it| it.is_of(subject, span) && set.is_match(&*it.image))
            })
        };
        // Name and version; patterns are of names.
        let package = subject.package.as_deref();
        let package = package.and_then(|package| package.split(' ').next());
        holds(&self.packages, package)
            && holds(&self.kinds, subject.kind.as_deref())
            && holds(&self.namespaces, subject.namespace.as_deref())
            && holds(&self.names, subject.name.as_deref())
            && in_images()
            && in_paths()
    }
}
