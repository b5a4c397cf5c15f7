//! `[[exceptions]]` of `ringwall.toml`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_model::{Acceptance, AcceptanceSource, Location, Source, Span, Subject};

use super::Ids;
use crate::config::{Config, ConfigError, ExceptionConfig};

/// One entry, its patterns compiled.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) ids: Vec<String>,
    patterns: Patterns,
    pub(super) acceptance: Arc<Acceptance>,
    pub(super) location: Location,
    pub(super) used: AtomicBool,
}

#[derive(Debug)]
struct Patterns {
    paths: Option<GlobSet>,
    kinds: Option<GlobSet>,
    namespaces: Option<GlobSet>,
    names: Option<GlobSet>,
    images: Option<GlobSet>,
    has_packages: bool,
}

/// The entries of a configuration.
#[derive(Debug, Default)]
pub(crate) struct ConfigExceptions {
    /// Folder of the configuration as reports print paths; patterns of paths count from there.
    folder: String,
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
        let folder = source
            .name
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            folder: folder.to_owned(),
        })
    }

    /// The entries that cover something.
    pub(super) fn find<'a>(
        &'a self,
        id: &'a str,
        subject: &'a Subject,
        file: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| {
            let ids = Ids::Some(entry.ids.clone());
            ids.have(id) && entry.patterns.match_subject(subject, file, &self.folder)
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
            let glob = GlobBuilder::new(pattern.trim_start_matches("./"))
                .literal_separator(is_path)
                .build()
                .map_err(error)?;
            set.add(glob);
            if is_path && !pattern.contains('*') {
                // A folder covers what is in it.
                let below = format!(
                    "{}/**",
                    pattern.trim_start_matches("./").trim_end_matches('/')
                );
                set.add(GlobBuilder::new(&below).build().map_err(error)?);
            }
        }
        set.build().map(Some).map_err(error)
    };
    Ok(Entry {
        ids: entry.checks.clone(),
        patterns: Patterns {
            paths: set(&entry.paths, true)?,
            kinds: set(&entry.kinds, false)?,
            namespaces: set(&entry.namespaces, false)?,
            names: set(&entry.names, false)?,
            images: set(&entry.images, false)?,
            has_packages: !entry.packages.is_empty(),
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
    fn match_subject(&self, subject: &Subject, file: Option<&str>, folder: &str) -> bool {
        let holds = |set: &Option<GlobSet>, value: Option<&str>| {
            set.as_ref()
                .is_none_or(|set| value.is_some_and(|value| set.is_match(value)))
        };
        let relative = file.map(|file| {
            file.strip_prefix(folder)
                .filter(|_| !folder.is_empty())
                .map_or(file, |rest| rest.trim_start_matches('/'))
        });
        // No check of a scan is about a package yet, so an entry limited to packages covers none.
        !self.has_packages
            && holds(&self.paths, relative)
            && holds(&self.kinds, subject.kind.as_deref())
            && holds(&self.namespaces, subject.namespace.as_deref())
            && holds(&self.names, subject.name.as_deref())
            && holds(&self.images, subject.image.as_deref())
    }
}
