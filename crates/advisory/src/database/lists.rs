//! What is known of one package: its place in each advisory about it, as bytes.

use super::layout::{Damage, Take, put_number, put_text};
use crate::{Affected, Interval, Rating, Scope, Since, Until};
use ringwall_model::{FixState, Severity};

/// Bit of the shape of an interval that begins with a version.
const FROM: u8 = 4;
/// Bit of one that begins behind it.
const BEHIND: u8 = 8;

/// What is known of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageList {
    /// Its name.
    pub(crate) name: String,
    /// Its place in each advisory about it, by the number of the advisory.
    pub(crate) entries: Vec<(u32, Affected)>,
    /// Packages that share a part of their names with this one, which is that part.
    pub(crate) namesakes: Vec<String>,
}

/// Texts of a list that were met before are told by their number.
#[derive(Default)]
struct Texts<'a>(Vec<&'a str>);

impl<'a> Texts<'a> {
    fn put(&mut self, text: &'a str, out: &mut Vec<u8>) {
        if let Some(known) = self.0.iter().rposition(|known| *known == text) {
            put_number(known as u64 + 1, out);
        } else {
            put_number(0, out);
            put_text(text, out);
            // A list of thousands of different versions is not searched for each of them.
            if self.0.len() < 256 {
                self.0.push(text);
            }
        }
    }

    fn take(&mut self, from: &mut Take<'a>) -> Result<&'a str, Damage> {
        match from.number()? {
            0 => {
                let text = from.text()?;
                if self.0.len() < 256 {
                    self.0.push(text);
                }
                Ok(text)
            }
            known => {
                let place = usize::try_from(known - 1).map_err(|_| Damage)?;
                self.0.get(place).copied().ok_or(Damage)
            }
        }
    }
}

pub(super) fn put_rating(rating: Option<&Rating>, out: &mut Vec<u8>) {
    let code = rating.map_or(0, |rating| match rating.severity {
        Severity::Info => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    });
    out.push(code);
    if let Some(rating) = rating {
        out.push(rating.score_tenths.map_or(u8::MAX, |tenths| tenths));
    }
}

pub(super) fn take_rating(from: &mut Take<'_>) -> Result<Option<Rating>, Damage> {
    let severity = match from.byte()? {
        0 => return Ok(None),
        1 => Severity::Info,
        2 => Severity::Low,
        3 => Severity::Medium,
        4 => Severity::High,
        5 => Severity::Critical,
        _ => return Err(Damage),
    };
    let tenths = from.byte()?;
    Ok(Some(Rating {
        severity,
        score_tenths: (tenths <= 100).then_some(tenths),
    }))
}

impl PackageList {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let mut texts = Texts::default();
        put_text(&self.name, out);
        put_number(self.entries.len() as u64, out);
        for (advisory, affected) in &self.entries {
            put_number(u64::from(*advisory), out);
            let state = FixState::ALL.iter().position(|it| *it == affected.state);
            put_number(state.unwrap_or_default() as u64, out);
            put_rating(affected.rating.as_ref(), out);
            put_number(affected.intervals.len() as u64, out);
            for interval in &affected.intervals {
                let (kind, end) = match &interval.until {
                    Until::Open => (0, None),
                    Until::Fixed(end) => (1, Some(end)),
                    Until::Last(end) => (2, Some(end)),
                    Until::Limit(end) => (3, Some(end)),
                };
                let (since, start) = match &interval.from {
                    Since::Beginning => (0, None),
                    Since::Version(start) => (FROM, Some(start)),
                    Since::After(start) => (FROM | BEHIND, Some(start)),
                };
                out.push(kind | since);
                for version in [start, end].into_iter().flatten() {
                    texts.put(version, out);
                }
            }
            put_number(affected.versions.len() as u64, out);
            for version in &affected.versions {
                texts.put(version, out);
            }
        }
        super::layout::put_texts(&self.namesakes, out);
    }

    pub(super) fn take(scope: &Scope, bytes: &[u8]) -> Result<Self, Damage> {
        let mut from = Take(bytes);
        let mut texts = Texts::default();
        let name = from.text()?.to_owned();
        let count = from.count()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let advisory = u32::try_from(from.number()?).map_err(|_| Damage)?;
            let state = usize::try_from(from.number()?).map_err(|_| Damage)?;
            let state = *FixState::ALL.get(state).ok_or(Damage)?;
            let rating = take_rating(&mut from)?;
            let mut intervals = Vec::new();
            for _ in 0..from.count()? {
                let shape = from.byte()?;
                let first = match shape & (FROM | BEHIND) {
                    0 => Since::Beginning,
                    FROM => Since::Version(texts.take(&mut from)?.to_owned()),
                    BEHIND => return Err(Damage),
                    _ => Since::After(texts.take(&mut from)?.to_owned()),
                };
                let mut end = || texts.take(&mut from).map(str::to_owned);
                let until = match shape & !(FROM | BEHIND) {
                    0 => Until::Open,
                    1 => Until::Fixed(end()?),
                    2 => Until::Last(end()?),
                    3 => Until::Limit(end()?),
                    _ => return Err(Damage),
                };
                intervals.push(Interval { from: first, until });
            }
            let mut versions = Vec::new();
            for _ in 0..from.count()? {
                versions.push(texts.take(&mut from)?.to_owned());
            }
            let affected = Affected {
                scope: scope.clone(),
                package: name.clone(),
                intervals,
                versions,
                state,
                rating,
            };
            entries.push((advisory, affected));
        }
        let namesakes = from.texts()?;
        Ok(Self {
            name,
            entries,
            namesakes,
        })
    }
}
