//! What RPM has installed: its database, in the three forms that it is found in.
//!
//! All of them keep one header for each package, see [`header`]; what else they hold are indexes.
//! Any byte may lie. Each page is walked once, and no more bytes are read of headers than the file has, so that time
//! and memory follow its size, whatever it says.
//!
//! Sources: <https://rpm.org/docs/latest/manual/> for headers and tags, and those that the forms name.

use std::fmt;

use super::room::{MAX_KEPT_BYTES, take};
use crate::{Listed, Owner, Package};

mod bdb;
mod header;
mod manifest;
mod ndb;
mod package;
#[cfg(test)]
mod sample;
mod sqlite;
#[cfg(test)]
mod tests;

pub(super) use self::manifest::parse as manifest;
pub(crate) use self::package::source_of;

/// Reads a database; the error says why nothing of it can be read.
pub(super) fn parse(bytes: &[u8]) -> Result<Listed, String> {
    let mut found = Found {
        header_bytes_left: bytes.len(),
        kept_bytes_left: MAX_KEPT_BYTES,
        ..Found::default()
    };
    // The name of the file does not say which form it is: `Packages` has been two of them.
    let result = if bytes.starts_with(sqlite::MAGIC) {
        sqlite::read(bytes, &mut found)
    } else if bytes.starts_with(ndb::MAGIC) {
        ndb::read(bytes, &mut found)
    } else if bdb::is_berkeley(bytes) {
        bdb::read(bytes, &mut found)
    } else if bytes.is_empty() {
        Err("it is empty")
    } else {
        Err("it is neither SQLite nor NDB nor Berkeley DB")
    };
    match result {
        Ok(()) => Ok(found.listed()),
        Err(reason) => Err(format!("is no database of RPM that can be read: {reason}")),
    }
}

/// Why a database as a whole cannot be read.
type Reason = &'static str;

/// What is wrong with a page of a database.
#[derive(Clone, Copy, Debug)]
struct Damage {
    page: u32,
    reason: Reason,
}

impl Damage {
    /// For the reasons of one page.
    fn on(page: u32) -> impl Fn(Reason) -> Self + Copy {
        move |reason| Self { page, reason }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "page {} {}", self.page, self.reason)
    }
}

/// What was read of a database so far.
#[derive(Default)]
struct Found {
    packages: Vec<Package>,
    files: Vec<String>,
    owners: Vec<Owner>,
    /// The first thing that is wrong, and how many there are.
    damage: Option<String>,
    damages: usize,
    /// No database holds more bytes of headers than it has itself, unless it has some of them count twice.
    header_bytes_left: usize,
    kept_bytes_left: usize,
}

impl Found {
    /// Notes that something is missing.
    ///
    /// Only the first of what may be millions is worth the memory.
    fn damaged(&mut self, what: fmt::Arguments<'_>) {
        self.damages = self.damages.saturating_add(1);
        self.damage.get_or_insert_with(|| what.to_string());
    }

    /// Whether so many bytes of headers may be read.
    fn may_read(&mut self, bytes: usize) -> bool {
        take(&mut self.header_bytes_left, bytes)
    }

    /// Whether a text of so many bytes, or several of them, may be kept.
    fn may_keep(&mut self, bytes: usize) -> bool {
        take(&mut self.kept_bytes_left, bytes)
    }

    fn listed(self) -> Listed {
        let damage = self.damage.map(|first| match self.damages {
            1 => {
                format!("is damaged, so that packages or what they say may be missing: {first}")
            }
            count => format!(
                "is damaged in {count} places, so that packages or what they say may be missing; the first: {first}"
            ),
        });
        Listed {
            packages: self.packages,
            files: self.files,
            owners: self.owners,
            damage,
        }
    }
}

/// Pages that were walked already: in a sound file, each belongs to one place.
struct Walked(Vec<bool>);

impl Walked {
    /// Of a file with pages of one size, of which a part of one at its end is none.
    fn new(file_bytes: usize, page_bytes: usize) -> Self {
        Self(vec![false; file_bytes / page_bytes.max(1)])
    }

    fn pages(&self) -> usize {
        self.0.len()
    }

    /// Marks a page, counted from 0; `page` is what the file itself calls it.
    fn claim(&mut self, index: usize, page: u32) -> Result<(), Damage> {
        let damage = Damage::on(page);
        let was_claimed = self
            .0
            .get_mut(index)
            .ok_or(damage("lies outside the file"))?;
        if std::mem::replace(was_claimed, true) {
            return Err(damage("is used twice"));
        }
        Ok(())
    }
}

/// So many bytes at a place, for a number.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
