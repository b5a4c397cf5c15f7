//! Puts advisories into the bytes of a database.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_model::Date;
use sha2::{Digest, Sha256};

use super::{
    copies::Copies,
    layout::{HEADER_BYTES, Kind, MAGIC, ROW_BYTES, VERSION, hash_name},
    lists::{PackageList, put_rating},
    manifest::{Catalogue, Coverage, Manifest, SourceFile},
    written::Written,
};
use crate::{Advisory, Affected, CveNumber, Exploited, Likelihood, Rating, Scope, Withdrawal};

/// Everything that a database is built from.
#[derive(Clone, Debug, Default)]
pub struct DatabaseBuilder {
    advisories: BTreeMap<String, Advisory>,
    /// Records of OSV.
    copies: Copies,
    /// What is the last word about the packages that it names.
    authorities: BTreeMap<String, Advisory>,
    exploited: BTreeMap<CveNumber, Exploited>,
    likelihoods: BTreeMap<CveNumber, Likelihood>,
    manifest: Manifest,
}

/// A database that would be larger than its format allows.
#[derive(Debug, thiserror::Error)]
#[error("the database would be larger than its format allows: {0}")]
pub struct TooLarge(pub(super) &'static str);

impl DatabaseBuilder {
    /// Nothing yet, built on this day.
    pub fn new(built: Date) -> Self {
        let mut builder = Self::default();
        builder.manifest.built = built.to_string();
        builder
    }

    /// Names a file that what follows is from.
    pub fn source(&mut self, source: SourceFile) {
        self.manifest.sources.push(source);
    }

    /// Adds an advisory. One that has the id of another adds its packages to it.
    pub fn advisory(&mut self, advisory: Advisory) {
        match self.advisories.entry(advisory.id.clone()) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(advisory);
            }
            std::collections::btree_map::Entry::Occupied(mut known) => {
                known.get_mut().join(advisory);
            }
        }
    }

    /// Adds a record of OSV. Of two copies of one, the later one counts.
    pub fn copy(&mut self, advisory: Box<Advisory>) {
        self.copies.add(advisory);
    }

    /// Takes back a record of OSV, where no later copy of it stands.
    pub fn withdraw(&mut self, withdrawal: Withdrawal) {
        self.copies.withdraw(withdrawal);
    }

    /// Adds an advisory by those who decide. What advisories of the same id say about its packages is dropped,
    /// whichever came first; of two by those who decide, the later one counts.
    pub fn authority(&mut self, mut advisory: Advisory) {
        if let Some(mut known) = self.authorities.remove(&advisory.id) {
            drop_decided(&mut known.affected, &advisory);
            advisory.affected.extend(known.affected);
        }
        self.authorities.insert(advisory.id.clone(), advisory);
    }

    /// Lets those who decide speak in place of others.
    fn decide(&mut self) {
        for (id, advisory) in std::mem::take(&mut self.authorities) {
            if let Some(known) = self.advisories.get_mut(&id) {
                drop_decided(&mut known.affected, &advisory);
            }
            self.advisory(advisory);
        }
    }

    /// Adds flaws that are known to be exploited, of this day.
    pub fn exploited(&mut self, day: Option<Date>, flaws: BTreeMap<CveNumber, Exploited>) {
        self.exploited.extend(flaws);
        self.manifest.exploited = Catalogue {
            flaws: self.exploited.len() as u64,
            day: day.map(|day| day.to_string()),
        };
    }

    /// Adds how likely exploitation is, of this day.
    pub fn likelihoods(&mut self, day: Option<Date>, flaws: BTreeMap<CveNumber, Likelihood>) {
        self.likelihoods.extend(flaws);
        self.manifest.likelihoods = Catalogue {
            flaws: self.likelihoods.len() as u64,
            day: day.map(|day| day.to_string()),
        };
    }

    /// How many advisories there are.
    pub fn len(&self) -> usize {
        self.advisories.len() + self.copies.len() + self.authorities.len()
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.exploited.is_empty() && self.likelihoods.is_empty()
    }

    /// The bytes of the database. The same input gives the same bytes.
    pub fn build(mut self) -> Result<Vec<u8>, TooLarge> {
        // What OSV says of an advisory stands before what others do.
        let others = std::mem::take(&mut self.advisories);
        let copies = std::mem::take(&mut self.copies);
        for advisory in copies.into_advisories().chain(others.into_values()) {
            self.advisory(advisory);
        }
        self.decide();
        let advisories = in_order(self.advisories);
        let ratings = ratings(&advisories);
        let mut lists: BTreeMap<Scope, BTreeMap<String, Vec<(u32, Affected)>>> = BTreeMap::new();
        let mut newest: BTreeMap<Scope, (u64, Option<Date>)> = BTreeMap::new();
        let mut written = Written::default();
        for (number, mut advisory) in (0_u32..).zip(advisories) {
            written.advisory(number, &advisory)?;
            // Packages of one scope stand together, so that the advisory counts once in it.
            advisory.affected.sort();
            let mut before = None;
            let seconds = advisory.modified.map(jiff::Timestamp::as_second);
            let seconds = seconds.and_then(|it| u64::try_from(it).ok());
            let modified = seconds.map(Date::from_unix_seconds);
            for affected in advisory.affected {
                let scope = affected.scope.clone();
                if before.as_ref() != Some(&scope) {
                    let (count, day) = newest.entry(scope.clone()).or_default();
                    *count += 1;
                    // Some sources say the one, some the other.
                    *day = (*day).max(advisory.published).max(modified);
                    before = Some(scope.clone());
                }
                let packages = lists.entry(scope).or_default();
                let entries = packages.entry(affected.package.clone()).or_default();
                entries.push((number, affected));
            }
        }
        written.end_block()?;
        let mut sections = Vec::new();
        for (ordinal, (scope, packages)) in (0_u32..).zip(lists) {
            let (advisories, newest) = newest.remove(&scope).unwrap_or_default();
            self.manifest.scopes.push(Coverage {
                scope: scope.to_string(),
                advisories,
                packages: packages.len() as u64,
                newest: newest.map(|day| day.to_string()),
            });
            let (index, lists) = scope_sections(&scope, packages)?;
            sections.push((Kind::Index, ordinal, index));
            sections.push((Kind::Lists, ordinal, lists));
        }
        let manifest = serde_json::to_vec(&self.manifest).unwrap_or_default();
        sections.insert(0, (Kind::Manifest, 0, manifest));
        sections.extend([
            (Kind::AdvisoryOffsets, 0, written.offsets),
            (Kind::Advisories, 0, written.advisories),
            (Kind::Blocks, 0, written.blocks),
            (Kind::Details, 0, written.details),
        ]);
        let exploited = self.exploited.into_iter().map(|(cve, exploited)| {
            let day = days(exploited.since) << 1 | u64::from(exploited.by_ransomware);
            (cve, day)
        });
        let likelihoods = self.likelihoods.into_iter();
        let likelihoods = likelihoods.map(|(cve, likely)| (cve, u64::from(likely.millionths)));
        sections.extend([
            (Kind::Exploited, 0, cve_table(exploited)),
            (Kind::Likelihoods, 0, cve_table(likelihoods)),
            (Kind::Ratings, 0, cve_table(ratings.into_iter())),
        ]);
        Ok(assemble(&sections))
    }
}

/// Advisories by the day on which they were published, or else the year of their flaw.
///
/// Those of tomorrow stand behind those of today, whose numbers and blocks stay as they are: what is published is a
/// database each day, and what is fetched is its difference from the one before.
fn in_order(advisories: BTreeMap<String, Advisory>) -> Vec<Advisory> {
    let day = |advisory: &Advisory| {
        let of_year = || {
            let ids = advisory.flaw_ids();
            let years = ids
                .iter()
                .filter_map(|id| Some(CveNumber::parse(id)?.year()));
            years
                .max()
                .map_or(0, |year| year.saturating_sub(1970) * 366)
        };
        advisory.published.map_or_else(of_year, days)
    };
    let mut ordered: Vec<_> = advisories.into_values().collect();
    // Stable: within a day, they stand by id.
    ordered.sort_by_cached_key(day);
    ordered
}

/// How bad each CVE is by the advisories that are about it alone: the worst of them, and the number of that one.
fn ratings(advisories: &[Advisory]) -> BTreeMap<CveNumber, u64> {
    let mut worst: BTreeMap<CveNumber, (&Rating, u32)> = BTreeMap::new();
    for (number, advisory) in (0_u32..).zip(advisories) {
        let mut rated = advisory.affected.iter().filter_map(|it| it.rating.as_ref());
        let Some(rating) = advisory.rating.as_ref().or_else(|| rated.next()) else {
            continue;
        };
        let [flaw] = advisory.flaw_ids()[..] else {
            continue;
        };
        if let Some(cve) = CveNumber::parse(flaw) {
            let known = worst.entry(cve).or_insert((rating, number));
            if rating > known.0 {
                *known = (rating, number);
            }
        }
    }
    let pack = |(cve, (rating, number)): (CveNumber, (&Rating, u32))| {
        let mut bytes = Vec::new();
        put_rating(Some(rating), &mut bytes);
        let [severity, score] = bytes[..] else {
            return (cve, 0);
        };
        let rating = u64::from(severity) << 8 | u64::from(score);
        (cve, u64::from(number) << 16 | rating)
    };
    worst.into_iter().map(pack).collect()
}

/// Drops the packages that an advisory speaks of.
fn drop_decided(affected: &mut Vec<Affected>, by: &Advisory) {
    let place = |it: &Affected| (it.scope.clone(), it.package.clone());
    let decided: BTreeSet<_> = by.affected.iter().map(place).collect();
    affected.retain(|it| !decided.contains(&place(it)));
}

pub(super) fn days(date: Date) -> u64 {
    u64::try_from(date.unix_seconds() / 86_400).unwrap_or_default()
}

/// The index and the lists of a scope.
fn scope_sections(
    scope: &Scope,
    packages: BTreeMap<String, Vec<(u32, Affected)>>,
) -> Result<(Vec<u8>, Vec<u8>), TooLarge> {
    let mut all: BTreeMap<String, PackageList> = BTreeMap::new();
    let list = |name: &str| PackageList {
        name: name.to_owned(),
        entries: Vec::new(),
        namesakes: Vec::new(),
    };
    for (name, entries) in packages {
        // An archive may say its artifact and not its group.
        if scope.family() == "Maven"
            && let Some((_, artifact)) = name.rsplit_once(':')
        {
            let artifact = format!(":{artifact}");
            let shared = all.entry(artifact).or_insert_with_key(|name| list(name));
            shared.namesakes.push(name.clone());
        }
        all.entry(name)
            .or_insert_with_key(|name| list(name))
            .entries = entries;
    }
    let mut rows = Vec::with_capacity(all.len());
    let mut lists = Vec::new();
    for (name, list) in all {
        let mut bytes = Vec::new();
        list.put(&mut bytes);
        let start = lists.len();
        lists.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        lists.extend_from_slice(&bytes);
        let place = |place: usize| u32::try_from(place).map_err(|_| TooLarge("lists of packages"));
        rows.push((hash_name(&name), place(start)?, place(lists.len() - start)?));
    }
    rows.sort_unstable();
    let mut index = Vec::new();
    for (hash, start, length) in rows {
        index.extend_from_slice(&hash.to_le_bytes());
        index.extend_from_slice(&start.to_le_bytes());
        index.extend_from_slice(&length.to_le_bytes());
    }
    Ok((index, lists))
}

fn cve_table(rows: impl Iterator<Item = (CveNumber, u64)>) -> Vec<u8> {
    rows.flat_map(|(cve, value)| [cve.bits().to_le_bytes(), value.to_le_bytes()])
        .flatten()
        .collect()
}

fn assemble(sections: &[(Kind, u32, Vec<u8>)]) -> Vec<u8> {
    let mut offset = HEADER_BYTES + sections.len() * ROW_BYTES;
    let mut table = Vec::new();
    for (kind, scope, bytes) in sections {
        table.extend_from_slice(&(*kind as u32).to_le_bytes());
        table.extend_from_slice(&scope.to_le_bytes());
        table.extend_from_slice(&(offset as u64).to_le_bytes());
        table.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        table.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
        table.extend_from_slice(&[0; 4]);
        table.extend_from_slice(&Sha256::digest(bytes));
        offset += bytes.len();
    }
    let mut file = Vec::with_capacity(offset);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    let count = u32::try_from(sections.len()).unwrap_or(u32::MAX);
    file.extend_from_slice(&count.to_le_bytes());
    file.extend_from_slice(&(offset as u64).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&table);
    for (_, _, bytes) in sections {
        file.extend_from_slice(bytes);
    }
    file
}
