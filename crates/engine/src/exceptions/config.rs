//! `[[exceptions]]` of `ringwall.toml`.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_collect::{path_from, real_path};
use ringwall_model::{Acceptance, AcceptanceSource, Location, Source, Span, Subject};

use super::{ContainerImage, Ids};
use crate::config::{Config, ConfigError, ExceptionConfig};

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
    folder: ConfigFolder,
    pub(super) entries: Vec<Entry>,
}

/// The folder of the configuration; patterns of paths count from there.
#[derive(Debug, Default)]
struct ConfigFolder {
    real: PathBuf,
    /// Folders as reports print them, and as they are seen from here.
    seen: Mutex<HashMap<String, String>>,
}

impl ConfigFolder {
    fn new(config: &str) -> Self {
        let folder = Path::new(config).parent().unwrap_or(Path::new(""));
        Self {
            real: real_path(folder),
            seen: Mutex::default(),
        }
    }

    /// A file as seen from here. Reports name it as the user gave it: from the working directory or
    /// from the root, so that only the real folders of both tell where it is.
    fn see(&self, file: &str) -> String {
        if file == "-" {
            return file.to_owned();
        }
        let (folder, name) = match file.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some(parts) => parts,
            None => ("", file),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.get(folder).cloned();
        let folder = known.unwrap_or_else(|| {
            let from_here = path_from(&self.real, &real_path(Path::new(folder)));
            seen.insert(folder.to_owned(), from_here.clone());
            from_here
        });
        if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        }
    }
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
            folder: ConfigFolder::new(&source.name),
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
    fn match_subject(&self, subject: &Subject, place: Place<'_>, folder: &ConfigFolder) -> bool {
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
