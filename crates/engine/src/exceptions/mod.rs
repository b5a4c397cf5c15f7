//! Which findings are accepted, by whom and until when.
//!
//! Marks in files become [`Cover`]s of a range of bytes; entries of the configuration, `.trivyignore`
//! and the baseline cover by what a finding is about. [`apply()`] sets the status of every finding and says
//! which exceptions covered nothing.

mod apply;
mod config;
mod dockerfile;
mod grammar;
mod manifest;
pub(crate) mod peers;
mod trivyignore;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ringwall_model::{Acceptance, Location, Span, Subject};

pub(crate) use apply::{Exceptions, apply};
pub(crate) use config::ConfigExceptions;
pub(crate) use dockerfile::covers as dockerfile_covers;
pub(crate) use manifest::{covers as manifest_covers, keep_images, stray as stray_marks};
pub(crate) use peers::ours;
pub(crate) use trivyignore::{TrivyIgnore, expiry, last_day};

/// Which ids a mark covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// These.
    Some(Vec<String>),
    /// Those that the checks of a peer stand for: its mark for everything says nothing of what it does not look for.
    OfPeer(&'static str),
}

impl Ids {
    /// Whether an id is among them, or another id of the same flaw.
    fn have(&self, id: &str, aliases: &[String]) -> bool {
        let family = id.split_once('/').map(|(family, _)| family);
        match self {
            Self::OfPeer(peer) => [Some(id), family]
                .into_iter()
                .flatten()
                .any(|id| peers::looks_for(peer, id)),
            Self::Some(ids) => ids.iter().any(|known| {
                known == id || aliases.contains(known) || Some(known.as_str()) == family
            }),
        }
    }
}

/// A mark in a file, and the bytes it covers.
#[derive(Debug)]
pub(crate) struct Cover {
    pub(crate) ids: Ids,
    /// The bytes of the file that it covers.
    pub(crate) span: Span,
    pub(crate) acceptance: Arc<Acceptance>,
    /// Where the mark stands.
    pub(crate) location: Location,
    pub(crate) used: AtomicBool,
}

impl Cover {
    pub(crate) fn new(ids: Ids, span: Span, acceptance: Acceptance, location: Location) -> Self {
        Self {
            ids,
            span,
            acceptance: Arc::new(acceptance),
            location,
            used: AtomicBool::new(false),
        }
    }

    fn covers(&self, id: &str, span: Span) -> bool {
        self.span.contains(span) && self.ids.have(id, &[])
    }

    fn mark_used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

/// A mark that cannot be read, and why.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) location: Location,
    pub(crate) message: String,
}

/// A container of an object, for exceptions that name images.
#[derive(Debug)]
pub(crate) struct ContainerImage {
    /// The bytes of the object.
    pub(crate) object: Span,
    pub(crate) container: Box<str>,
    pub(crate) image: Box<str>,
}

impl ContainerImage {
    /// Whether a finding is about it: about the container, or about the object and no container of it.
    fn is_of(&self, subject: &Subject, span: Span) -> bool {
        let is_named = |name: &str| *name == *self.container;
        self.object.contains(span) && subject.container.as_deref().is_none_or(is_named)
    }
}

/// The marks of one file, and what else says which exceptions cover something in it.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) covers: Vec<Cover>,
    pub(crate) broken: Vec<Broken>,
    pub(crate) images: Vec<ContainerImage>,
}

impl Marks {
    /// Whether there is nothing to ask them for.
    pub(crate) fn is_empty(&self) -> bool {
        self.covers.is_empty() && self.broken.is_empty() && self.images.is_empty()
    }

    /// What is left where marks are not honoured.
    pub(crate) fn without_marks(self) -> Self {
        Self {
            images: self.images,
            ..Self::default()
        }
    }
}
