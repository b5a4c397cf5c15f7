//! The advisory database: one file that is mapped, never parsed as a whole.
//!
//! What is read is checked when it is read: an index or a table at its first use, a list of a package, an advisory
//! and a block of details each time. A name's hash leads to its list, and the list says the name again.
//! A file that was cut, or that holds anything but what its format says, is an error and never an answer.

mod build;
mod copies;
mod layout;
mod lists;
mod manifest;
mod map;
mod recent;
mod written;

use std::sync::OnceLock;

use ringwall_model::Date;
use sha2::{Digest, Sha256};

use self::layout::{
    BLOCK_ROW_BYTES, CVE_ROW_BYTES, Damage, HEADER_BYTES, INDEX_ROW_BYTES, Kind, MAGIC, ROW_BYTES,
    Take, VERSION, hash_name,
};
pub(crate) use self::lists::PackageList;
use self::recent::RecentBlocks;
pub use self::{
    build::{DatabaseBuilder, TooLarge},
    manifest::{Catalogue, Coverage, Manifest, SourceFile},
    map::OpenError,
};
use crate::{CveNumber, Details, Exploited, Likelihood, Rating, Scope};

/// Bytes of a block of details that are unpacked at most.
const MOST_BLOCK_BYTES: usize = 256 << 20;

/// A database that cannot be used, or a place in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It is something else.
    #[error("is no advisory database")]
    Foreign,
    /// It is of another version of ringwall.
    #[error(
        "has version {0} of the format, and this ringwall reads version {VERSION}: fetch or import it again"
    )]
    Version(u32),
    /// It was cut, or something was put behind it.
    #[error("has {actual} bytes and was written with {stated}: fetch or import it again")]
    Length {
        /// What it has.
        actual: u64,
        /// What its header says.
        stated: u64,
    },
    /// A part of it is not what was written.
    #[error("is damaged in its {0}: fetch or import it again")]
    Damaged(&'static str),
}

/// An advisory, without what only people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisoryHead {
    /// Its id.
    pub id: String,
    /// Other ids of the same flaw.
    pub aliases: Vec<String>,
    /// Flaws that it is about, where it is about several.
    pub flaws: Vec<String>,
    /// How bad it says it is.
    pub rating: Option<Rating>,
    /// The day it was published.
    pub published: Option<Date>,
    /// Its number.
    number: u32,
    /// Where its details start in their block.
    place: usize,
}

/// Where a section is.
#[derive(Clone, Copy, Debug)]
struct Section {
    kind: Kind,
    scope: u32,
    start: usize,
    end: usize,
    crc: u32,
    sha256: [u8; 32],
}

/// A section that is checked at its first use.
#[derive(Debug)]
struct Table {
    start: usize,
    end: usize,
    crc: u32,
    is_sound: OnceLock<bool>,
}

#[derive(Debug)]
struct ScopeTables {
    scope: Scope,
    index: Table,
    lists: Table,
}

/// A database of advisories.
#[derive(Debug)]
pub struct Database {
    bytes: map::Bytes,
    manifest: Manifest,
    digest: [u8; 32],
    sections: Vec<Section>,
    /// In the order of their scopes.
    scopes: Vec<ScopeTables>,
    offsets: Table,
    advisories: Table,
    blocks: Table,
    details: Table,
    exploited: Table,
    likelihoods: Table,
    ratings: Table,
    recent: RecentBlocks,
}

impl Database {
    /// Reads a database from memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        Self::new(map::Bytes::Held(bytes))
    }

    fn new(bytes: map::Bytes) -> Result<Self, DatabaseError> {
        let all: &[u8] = &bytes;
        let sections = sections(all)?;
        let table_end = HEADER_BYTES + sections.len() * ROW_BYTES;
        let header = all.get(..table_end).ok_or(DatabaseError::Foreign)?;
        let digest = Sha256::digest(header).into();
        let find = |kind: Kind, scope: usize| {
            sections
                .iter()
                .find(|it| it.kind == kind && it.scope as usize == scope)
                .map(Table::of)
                .ok_or(DatabaseError::Damaged("table of sections"))
        };
        let manifest = find(Kind::Manifest, 0)?;
        let manifest = manifest.read(all, "manifest")?;
        let manifest: Manifest =
            serde_json::from_slice(manifest).map_err(|_| DatabaseError::Damaged("manifest"))?;
        let mut scopes = Vec::new();
        for (ordinal, coverage) in manifest.scopes.iter().enumerate() {
            scopes.push(ScopeTables {
                scope: Scope::parse(&coverage.scope).ok_or(DatabaseError::Damaged("manifest"))?,
                index: find(Kind::Index, ordinal)?,
                lists: find(Kind::Lists, ordinal)?,
            });
        }
        if !scopes.is_sorted_by(|one, other| one.scope < other.scope) {
            return Err(DatabaseError::Damaged("manifest"));
        }
        Ok(Self {
            offsets: find(Kind::AdvisoryOffsets, 0)?,
            advisories: find(Kind::Advisories, 0)?,
            blocks: find(Kind::Blocks, 0)?,
            details: find(Kind::Details, 0)?,
            exploited: find(Kind::Exploited, 0)?,
            likelihoods: find(Kind::Likelihoods, 0)?,
            ratings: find(Kind::Ratings, 0)?,
            recent: RecentBlocks::default(),
            manifest,
            digest,
            scopes,
            sections,
            bytes,
        })
    }

    /// What it was built from, and what it covers.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 over the digests of all its parts, in hexadecimal: two databases that have the same say the same.
    pub fn digest(&self) -> String {
        hex(&self.digest)
    }

    /// Whether anything is known about a scope. Nothing known is not the same as no flaws.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.tables(scope).is_some()
    }

    /// How much is known about a scope, and of which day the newest of it is.
    pub fn coverage(&self, scope: &Scope) -> Option<&Coverage> {
        let place = self.scopes.binary_search_by(|it| it.scope.cmp(scope));
        self.manifest.scopes.get(place.ok()?)
    }

    /// Reads all of it and compares digests; as it takes a while, that is done when a database is imported.
    pub fn verify(&self) -> Result<(), DatabaseError> {
        for section in &self.sections {
            let bytes = self.bytes.get(section.start..section.end);
            let digest: Option<[u8; 32]> = bytes.map(|bytes| Sha256::digest(bytes).into());
            if digest != Some(section.sha256) {
                return Err(DatabaseError::Damaged(name_of(section.kind)));
            }
        }
        Ok(())
    }

    fn tables(&self, scope: &Scope) -> Option<&ScopeTables> {
        let place = self.scopes.binary_search_by(|it| it.scope.cmp(scope));
        self.scopes.get(place.ok()?)
    }

    /// What is known of a package, by the one form of its name; `None` where nothing is.
    pub(crate) fn package(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<Option<PackageList>, DatabaseError> {
        let Some(tables) = self.tables(scope) else {
            return Ok(None);
        };
        let index = tables.index.read(&self.bytes, "index of packages")?;
        let (rows, _) = index.as_chunks::<INDEX_ROW_BYTES>();
        let hash = hash_name(name);
        let row = |row: &[u8; INDEX_ROW_BYTES]| {
            let mut take = Take(row);
            Ok::<_, Damage>((take.u64()?, take.u32()? as usize, take.u32()? as usize))
        };
        let damaged = |_: Damage| DatabaseError::Damaged("lists of packages");
        let first = rows.partition_point(|it| row(it).is_ok_and(|(known, _, _)| known < hash));
        for found in rows.get(first..).unwrap_or_default() {
            let (known, start, length) = row(found).map_err(damaged)?;
            if known != hash {
                break;
            }
            let lists = self.bytes.get(tables.lists.start..tables.lists.end);
            let mut bytes = Take(lists.unwrap_or_default());
            bytes.bytes(start).map_err(damaged)?;
            let mut bytes = Take(bytes.bytes(length).map_err(damaged)?);
            let crc = bytes.u32().map_err(damaged)?;
            if crc32fast::hash(bytes.0) != crc {
                return Err(damaged(Damage));
            }
            let list = PackageList::take(&tables.scope, bytes.0).map_err(damaged)?;
            if list.name == name {
                return Ok(Some(list));
            }
        }
        Ok(None)
    }

    /// An advisory by its number.
    pub(crate) fn advisory(&self, number: u32) -> Result<AdvisoryHead, DatabaseError> {
        let damaged = |_: Damage| DatabaseError::Damaged("advisories");
        let offsets = self.offsets.read(&self.bytes, "advisories")?;
        let (rows, _) = offsets.as_chunks::<4>();
        let row = rows.get(number as usize).ok_or(damaged(Damage))?;
        let start = u32::from_le_bytes(*row) as usize;
        let all = self.bytes.get(self.advisories.start..self.advisories.end);
        let mut from = Take(all.unwrap_or_default());
        from.bytes(start).map_err(damaged)?;
        head(number, from).map_err(damaged)
    }

    /// What people read about an advisory.
    pub fn details(&self, head: &AdvisoryHead) -> Result<Details, DatabaseError> {
        let damaged = |_: Damage| DatabaseError::Damaged("details");
        let rows = self.blocks.read(&self.bytes, "details")?;
        let (rows, _) = rows.as_chunks::<BLOCK_ROW_BYTES>();
        let after = rows.partition_point(|row| first_advisory(row) <= Some(head.number));
        let number = after.checked_sub(1).ok_or(damaged(Damage))?;
        let row = rows.get(number).ok_or(damaged(Damage))?;
        let unpacked = self.recent.get(number, || self.block(row));
        let unpacked = unpacked.map_err(damaged)?;
        let mut from = Take(&unpacked);
        let read = |from: &mut Take<'_>| {
            from.bytes(head.place)?;
            Ok(Details {
                summary: from.text()?.to_owned(),
                text: from.text()?.to_owned(),
                references: from.texts()?,
                cvss: from.texts()?,
            })
        };
        read(&mut from).map_err(damaged)
    }

    fn block(&self, row: &[u8; BLOCK_ROW_BYTES]) -> Result<Vec<u8>, Damage> {
        let mut row = Take(row);
        let start = usize::try_from(row.u64()?).map_err(|_| Damage)?;
        let (packed, unpacked, crc) = (row.u32()? as usize, row.u32()? as usize, row.u32()?);
        let all = self.bytes.get(self.details.start..self.details.end);
        let mut from = Take(all.unwrap_or_default());
        from.bytes(start)?;
        let packed = from.bytes(packed)?;
        if crc32fast::hash(packed) != crc || unpacked > MOST_BLOCK_BYTES {
            return Err(Damage);
        }
        zstd::bulk::decompress(packed, unpacked).map_err(|_| Damage)
    }

    /// Whether a flaw is known to be exploited.
    pub fn exploited(&self, cve: CveNumber) -> Result<Option<Exploited>, DatabaseError> {
        let found = self.by_cve(&self.exploited, cve, "table of exploited flaws")?;
        Ok(found.map(|value| Exploited {
            since: Date::from_unix_seconds((value >> 1).saturating_mul(86_400)),
            by_ransomware: value & 1 == 1,
        }))
    }

    /// How likely it is that a flaw is exploited.
    pub fn likelihood(&self, cve: CveNumber) -> Result<Option<Likelihood>, DatabaseError> {
        let found = self.by_cve(&self.likelihoods, cve, "table of likelihoods")?;
        Ok(found.map(|value| Likelihood {
            millionths: u32::try_from(value).unwrap_or(u32::MAX),
        }))
    }

    /// How bad a flaw is by the advisories that are about it alone, and the number of the one that says so.
    pub(crate) fn rating(&self, cve: CveNumber) -> Result<Option<(Rating, u32)>, DatabaseError> {
        let Some(value) = self.by_cve(&self.ratings, cve, "table of ratings")? else {
            return Ok(None);
        };
        let [score, severity, ..] = value.to_le_bytes();
        let damaged = DatabaseError::Damaged("table of ratings");
        match lists::take_rating(&mut Take(&[severity, score])) {
            Ok(Some(rating)) => Ok(Some((
                rating,
                u32::try_from(value >> 16).map_err(|_| damaged)?,
            ))),
            _ => Err(damaged),
        }
    }

    fn by_cve(
        &self,
        table: &Table,
        cve: CveNumber,
        name: &'static str,
    ) -> Result<Option<u64>, DatabaseError> {
        let (rows, _) = table.read(&self.bytes, name)?.as_chunks::<CVE_ROW_BYTES>();
        let number = |row: &[u8; CVE_ROW_BYTES]| {
            let mut take = Take(row);
            Some((CveNumber::from_bits(take.u64().ok()?), take.u64().ok()?))
        };
        let place = rows.partition_point(|row| number(row).is_some_and(|(known, _)| known < cve));
        let found = rows.get(place).and_then(number);
        Ok(found.and_then(|(known, value)| (known == cve).then_some(value)))
    }
}

impl Table {
    const fn of(section: &Section) -> Self {
        Self {
            start: section.start,
            end: section.end,
            crc: section.crc,
            is_sound: OnceLock::new(),
        }
    }

    /// Its bytes, checked once.
    fn read<'a>(&self, all: &'a [u8], name: &'static str) -> Result<&'a [u8], DatabaseError> {
        let bytes = all.get(self.start..self.end).unwrap_or_default();
        let is_sound = self
            .is_sound
            .get_or_init(|| crc32fast::hash(bytes) == self.crc);
        is_sound
            .then_some(bytes)
            .ok_or(DatabaseError::Damaged(name))
    }
}

const fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Manifest => "manifest",
        Kind::Index => "index of packages",
        Kind::Lists => "lists of packages",
        Kind::AdvisoryOffsets | Kind::Advisories => "advisories",
        Kind::Blocks | Kind::Details => "details",
        Kind::Exploited => "table of exploited flaws",
        Kind::Likelihoods => "table of likelihoods",
        Kind::Ratings => "table of ratings",
    }
}

/// The table of sections, checked.
fn sections(all: &[u8]) -> Result<Vec<Section>, DatabaseError> {
    let mut header = Take(all);
    if header.bytes(MAGIC.len()) != Ok(MAGIC) {
        return Err(DatabaseError::Foreign);
    }
    let foreign = |_: Damage| DatabaseError::Foreign;
    let version = header.u32().map_err(foreign)?;
    if version != VERSION {
        return Err(DatabaseError::Version(version));
    }
    let count = header.u32().map_err(foreign)? as usize;
    let stated = header.u64().map_err(foreign)?;
    let crc = header.u32().map_err(foreign)?;
    header.u32().map_err(foreign)?;
    if stated != all.len() as u64 {
        return Err(DatabaseError::Length {
            actual: all.len() as u64,
            stated,
        });
    }
    let damaged = |_: Damage| DatabaseError::Damaged("table of sections");
    let table = header
        .bytes(count.saturating_mul(ROW_BYTES))
        .map_err(damaged)?;
    if crc32fast::hash(table) != crc {
        return Err(damaged(Damage));
    }
    let (rows, _) = table.as_chunks::<ROW_BYTES>();
    let mut sections = Vec::with_capacity(rows.len());
    for row in rows {
        sections.extend(section(row, all.len()).map_err(damaged)?);
    }
    Ok(sections)
}

/// A row of the table; `None` for a kind that this version has no use for.
fn section(row: &[u8; ROW_BYTES], length: usize) -> Result<Option<Section>, Damage> {
    let mut row = Take(row);
    let kind = row.u32()?;
    let scope = row.u32()?;
    let start = usize::try_from(row.u64()?).map_err(|_| Damage)?;
    let bytes = usize::try_from(row.u64()?).map_err(|_| Damage)?;
    let end = start.checked_add(bytes).filter(|end| *end <= length);
    let crc = row.u32()?;
    row.u32()?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(row.bytes(32)?);
    let kind = Kind::ALL.into_iter().find(|it| *it as u32 == kind);
    Ok(match kind {
        None => None,
        Some(kind) => Some(Section {
            kind,
            scope,
            start,
            end: end.ok_or(Damage)?,
            crc,
            sha256,
        }),
    })
}

/// The number of the first advisory of a block.
fn first_advisory(row: &[u8; BLOCK_ROW_BYTES]) -> Option<u32> {
    row.last_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn head(number: u32, mut from: Take<'_>) -> Result<AdvisoryHead, Damage> {
    let length = from.count()?;
    let crc = from.u32()?;
    let bytes = from.bytes(length)?;
    if crc32fast::hash(bytes) != crc {
        return Err(Damage);
    }
    let mut from = Take(bytes);
    Ok(AdvisoryHead {
        id: from.text()?.to_owned(),
        aliases: from.texts()?,
        flaws: from.texts()?,
        rating: lists::take_rating(&mut from)?,
        published: match from.number()? {
            0 => None,
            day => Some(Date::from_unix_seconds((day - 1).saturating_mul(86_400))),
        },
        number,
        place: usize::try_from(from.number()?).map_err(|_| Damage)?,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_no_calendar_has_is_no_overflow() {
        let cve = CveNumber::parse("CVE-2026-1").unwrap();
        let exploited = Exploited {
            since: Date::from_unix_seconds(0),
            by_ransomware: false,
        };
        let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
        builder.exploited(None, [(cve, exploited)].into());
        let mut bytes = builder.build().unwrap();
        let all = sections(&bytes).unwrap();
        let place = all
            .iter()
            .position(|it| it.kind == Kind::Exploited)
            .unwrap();
        let section = all[place];
        bytes[section.end - 8..section.end].fill(0xff);
        let crc = crc32fast::hash(&bytes[section.start..section.end]);
        let row = HEADER_BYTES + place * ROW_BYTES;
        bytes[row + 24..row + 28].copy_from_slice(&crc.to_le_bytes());
        let crc = crc32fast::hash(&bytes[HEADER_BYTES..HEADER_BYTES + all.len() * ROW_BYTES]);
        bytes[24..28].copy_from_slice(&crc.to_le_bytes());
        let database = Database::from_bytes(bytes).unwrap();
        let found = database.exploited(cve).unwrap().unwrap();
        assert!(found.by_ransomware);
        assert!(found.since.unix_seconds() > exploited.since.unix_seconds());
    }
}
