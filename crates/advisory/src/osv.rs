//! Records of the OSV schema: <https://ossf.github.io/osv-schema/>.

use std::{cmp::Ordering, collections::BTreeSet};

use jiff::Timestamp;
use ringwall_model::{Date, FixState, Severity};
use serde::{Deserialize, Deserializer};

use crate::{Advisory, Affected, Details, Interval, Rating, Scope, Since, Until, version::sorted};

/// Most addresses of a record that are kept.
const MOST_REFERENCES: usize = 16;
/// Most times that a version is held against an interval to see whether it has to be listed.
const MOST_COMPARED: usize = 10_000_000;

/// What came of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OsvRecord {
    /// It is about packages that can be looked for.
    Advisory(Box<Advisory>),
    /// It was taken back.
    Withdrawn(Withdrawal),
    /// It announces an update that mends no flaw.
    NotSecurity,
    /// It is about nothing that can be looked for: sources without a package, and ecosystems whose versions
    /// have no order here, by name.
    Elsewhere(BTreeSet<String>),
}

/// That an advisory was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its id.
    pub id: String,
    /// When the record was changed last.
    pub modified: Option<Timestamp>,
}

/// A record that is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OsvError(String);

/// Reads one record.
pub fn parse_osv(json: &[u8]) -> Result<OsvRecord, OsvError> {
    let record: Record =
        serde_json::from_slice(json).map_err(|error| OsvError(error.to_string()))?;
    if record.id.is_empty() {
        return Err(OsvError("has no id".to_owned()));
    }
    let modified = record.modified.as_deref().and_then(moment);
    if record.withdrawn.is_some() {
        return Ok(OsvRecord::Withdrawn(Withdrawal {
            id: record.id,
            modified,
        }));
    }
    let mut elsewhere = BTreeSet::new();
    let mut affected = Vec::new();
    let mut rating = record.rating();
    for entry in &record.affected {
        let Some(package) = &entry.package else {
            continue;
        };
        let Some(scope) = Scope::parse(&package.ecosystem) else {
            elsewhere.insert(package.ecosystem.clone());
            continue;
        };
        if is_mere_update(&record.id, &scope, &record) {
            return Ok(OsvRecord::NotSecurity);
        }
        // The word that AlmaLinux puts before the title.
        if scope.family() == "AlmaLinux" && rating.is_none() {
            let word = record.summary.split(':').next();
            rating = word.and_then(Rating::of_word);
        }
        affected.push(entry.read(scope, &package.name));
    }
    if affected.is_empty() {
        return Ok(OsvRecord::Elsewhere(elsewhere));
    }
    let affected = joined(affected);
    let advisory = Advisory {
        flaws: record.flaws(&affected),
        aliases: record.aliases,
        rating,
        published: record.published.as_deref().and_then(date),
        modified,
        affected,
        details: Details {
            summary: record.summary,
            text: record.details,
            references: references(record.references),
            cvss: record
                .severity
                .into_iter()
                .filter_map(Score::into_vector)
                .collect(),
        },
        id: record.id,
    };
    Ok(OsvRecord::Advisory(Box::new(advisory)))
}

/// The entries of one package as one, so that what each of them says is judged beside the others.
pub(crate) fn joined(mut affected: Vec<Affected>) -> Vec<Affected> {
    affected.sort();
    // Each with whether it is made of several.
    let mut joined: Vec<(Affected, bool)> = Vec::with_capacity(affected.len());
    for entry in affected {
        // Sorted, so that entries of one package stand together.
        let same = joined
            .iter_mut()
            .rev()
            .take_while(|(it, _)| (&it.scope, &it.package) == (&entry.scope, &entry.package))
            .find(|(it, _)| (it.state, &it.rating) == (entry.state, &entry.rating));
        match same {
            Some((known, is_of_several)) => {
                known.intervals.extend(entry.intervals);
                known.versions.extend(entry.versions);
                *is_of_several = true;
            }
            None => joined.push((entry, false)),
        }
    }
    // In order once all are there: a record may have very many entries of one package.
    let joined = joined.into_iter();
    let joined = joined.map(|(mut entry, is_of_several)| {
        if is_of_several {
            entry.intervals.sort();
            entry.intervals.dedup();
            entry.versions.sort();
            entry.versions.dedup();
        }
        entry
    });
    joined.collect()
}

/// AlmaLinux publishes mended defects (ALBA) and novelties (ALEA) beside security advisories.
fn is_mere_update(id: &str, scope: &Scope, record: &Record) -> bool {
    scope.family() == "AlmaLinux" && !id.starts_with("ALSA-") && record.related.is_empty()
}

/// The day of a time stamp; years before those of computers say that it is not known.
fn date(stamp: &str) -> Option<Date> {
    let day: Date = stamp.get(..10)?.parse().ok()?;
    (day.unix_seconds() > 0).then_some(day)
}

/// The moment of a stamp, or the beginning of the day that it says.
fn moment(stamp: &str) -> Option<Timestamp> {
    let moment = stamp.parse().ok();
    let day = || format!("{}T00:00:00Z", stamp.get(..10)?).parse().ok();
    let moment: Timestamp = moment.or_else(day)?;
    (moment > Timestamp::UNIX_EPOCH).then_some(moment)
}

fn references(mut references: Vec<Reference>) -> Vec<String> {
    // Those who name the flaw first, then those who mend it.
    let rank = |kind: &str| match kind {
        "ADVISORY" => 0,
        "FIX" => 1,
        "REPORT" | "ARTICLE" | "EVIDENCE" => 2,
        _ => 3,
    };
    references.sort_by_key(|reference| rank(&reference.kind));
    references.truncate(MOST_REFERENCES);
    references
        .into_iter()
        .map(|reference| reference.url)
        .collect()
}

/// What is null says as much as what is absent; some lists may be null by the schema, and programs write the others so.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Record {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    upstream: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    related: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    summary: String,
    #[serde(default, deserialize_with = "or_default")]
    details: String,
    published: Option<String>,
    #[serde(default)]
    modified: Option<String>,
    withdrawn: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    severity: Vec<Score>,
    #[serde(default, deserialize_with = "or_default")]
    affected: Vec<Entry>,
    #[serde(default, deserialize_with = "or_default")]
    references: Vec<Reference>,
    #[serde(default)]
    database_specific: Option<Specific>,
}

impl Record {
    /// Its own word first, which a person has chosen; then CVSS.
    fn rating(&self) -> Option<Rating> {
        let word = self.database_specific.as_ref().and_then(Specific::rating);
        let cvss = Score::best(&self.severity);
        // The number belongs to the word where both mean the same.
        match (word, cvss) {
            (Some(word), Some(cvss)) if word.severity == cvss.severity => Some(cvss),
            (Some(word), _) => Some(word),
            (None, cvss) => cvss,
        }
    }

    /// The flaws that it is about besides itself.
    fn flaws(&self, affected: &[Affected]) -> Vec<String> {
        let named = if self.upstream.is_empty()
            && affected.iter().all(|it| it.scope.family() == "AlmaLinux")
        {
            &self.related
        } else {
            &self.upstream
        };
        let is_flaw = |id: &&String| id.starts_with("CVE-") || id.starts_with("GHSA-");
        let flaws: BTreeSet<_> = named.iter().filter(is_flaw).cloned().collect();
        // One flaw has one id: what else names it stands in a list of its own.
        let has_cve = flaws.iter().any(|id| id.starts_with("CVE-"));
        flaws
            .into_iter()
            .filter(|id| !has_cve || id.starts_with("CVE-"))
            .collect()
    }
}

#[derive(Deserialize)]
struct Score {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    score: String,
}

impl Score {
    /// Words of distributions before numbers, newer numbers before older ones.
    fn best(scores: &[Self]) -> Option<Rating> {
        let rank = |kind: &str| match kind {
            "CVSS_V4" => 1,
            "CVSS_V3" => 2,
            "CVSS_V2" => 3,
            _ => 0,
        };
        let mut ranked: Vec<_> = scores.iter().collect();
        ranked.sort_by_key(|score| rank(&score.kind));
        ranked
            .into_iter()
            .find_map(|score| match rank(&score.kind) {
                0 => Rating::of_word(&score.score),
                _ => Rating::of_cvss(&score.score),
            })
    }

    fn into_vector(self) -> Option<String> {
        self.kind.starts_with("CVSS").then_some(self.score)
    }
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    url: String,
}

#[derive(Deserialize)]
struct Entry {
    package: Option<Package>,
    #[serde(default, deserialize_with = "or_default")]
    severity: Vec<Score>,
    #[serde(default, deserialize_with = "or_default")]
    ranges: Vec<Range>,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: Option<Specific>,
    #[serde(default)]
    database_specific: Option<Specific>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default, deserialize_with = "or_default")]
    ecosystem: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
}

/// What databases add to the schema, and means something here.
#[derive(Default, Deserialize)]
struct Specific {
    /// GitHub, Bitnami, Red Hat.
    #[serde(default)]
    severity: Option<serde_json::Value>,
    /// Debian.
    #[serde(default)]
    urgency: Option<serde_json::Value>,
    /// RustSec: `unmaintained`, `unsound`, `notice`.
    #[serde(default)]
    informational: Option<serde_json::Value>,
    /// RustSec.
    #[serde(default)]
    cvss: Option<serde_json::Value>,
}

impl Specific {
    fn rating(&self) -> Option<Rating> {
        let word = |value: &Option<serde_json::Value>| Some(value.as_ref()?.as_str()?.to_owned());
        match word(&self.informational).as_deref() {
            Some("unsound") => return Some(Rating::of(Severity::Low)),
            Some(_) => return Some(Rating::of(Severity::Info)),
            None => {}
        }
        let rated = [word(&self.urgency), word(&self.severity)];
        let rated = rated
            .into_iter()
            .flatten()
            .find_map(|word| Rating::of_word(&word));
        rated.or_else(|| Rating::of_cvss(&word(&self.cvss)?))
    }

    fn state(&self) -> FixState {
        match self.urgency.as_ref().and_then(|urgency| urgency.as_str()) {
            Some("end-of-life") => FixState::EndOfLife,
            _ => FixState::NotFixed,
        }
    }
}

impl Entry {
    fn read(&self, scope: Scope, name: &str) -> Affected {
        let package = scope.package_name(name).into_owned();
        let of_versions = self.ranges.iter().filter(|range| range.kind != "GIT");
        let of_versions: Vec<_> = of_versions.map(|range| range.intervals(&scope)).collect();
        // A range that begins nowhere is none, and whoever wrote it meant some versions.
        let is_untold = of_versions.is_empty() || of_versions.iter().any(Vec::is_empty);
        let mut intervals: Vec<_> = of_versions.into_iter().flatten().collect();
        if self.versions.is_empty() {
            if self.ranges.is_empty() {
                // Who names a package and none of its versions means all of them.
                intervals.push(Interval::EVERYTHING);
            } else if is_untold {
                intervals.push(Interval::UNTOLD);
            }
        }
        intervals.sort();
        intervals.dedup();
        // What the intervals have already. Very many of both are kept as they are: that only takes room.
        let is_compared = self.versions.len().saturating_mul(intervals.len()) <= MOST_COMPARED;
        let mut versions: Vec<_> = self
            .versions
            .iter()
            .filter(|version| {
                !is_compared
                    || !intervals
                        .iter()
                        .any(|interval| interval.contains(&scope, version) == Ok(true))
            })
            .cloned()
            .collect();
        versions.sort();
        versions.dedup();
        let specific = [&self.ecosystem_specific, &self.database_specific];
        let mut specific = specific.into_iter().flatten();
        Affected {
            package,
            rating: Score::best(&self.severity)
                .or_else(|| specific.clone().find_map(Specific::rating)),
            state: specific
                .find_map(|it| Some(it.state()).filter(|state| *state != FixState::NotFixed))
                .unwrap_or_default(),
            scope,
            intervals,
            versions,
        }
    }
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// What a version of a range is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

impl Event {
    /// One for each of its words: some write where a range begins and where it ends as one.
    fn edges(&self) -> impl Iterator<Item = (Edge, &str)> {
        let all = [
            (Edge::Introduced, &self.introduced),
            (Edge::Fixed, &self.fixed),
            (Edge::LastAffected, &self.last_affected),
            (Edge::Limit, &self.limit),
        ];
        all.into_iter()
            .filter_map(|(edge, version)| Some((edge, version.as_deref()?)))
    }
}

impl Range {
    /// The intervals that its events make, in the way of the schema: from event to event in the order of versions.
    fn intervals(&self, scope: &Scope) -> Vec<Interval> {
        let mut edges: Vec<(Edge, &str)> = self.events.iter().flat_map(Event::edges).collect();
        let order = scope.order();
        // One version that the rules do not know leaves all of them as they were written.
        let is_ordered = edges
            .iter()
            .all(|(_, version)| *version == "0" || order.check(version).is_ok());
        if is_ordered {
            // Stable: of two events of one version the one that was written first counts first, so that
            // `introduced` and `last_affected` of one version are an interval.
            edges = sorted(edges, |(_, one), (_, other)| match (*one, *other) {
                ("0", "0") => Ordering::Equal,
                ("0", _) => Ordering::Less,
                (_, "0") => Ordering::Greater,
                (one, other) => order.compare(one, other).unwrap_or(Ordering::Equal),
            });
        }
        let mut intervals = Vec::new();
        let mut open: Option<Since> = None;
        for (edge, version) in edges {
            let end = match edge {
                Edge::Introduced => {
                    let from = match version {
                        "0" => Since::Beginning,
                        _ => Since::Version(version.to_owned()),
                    };
                    open.get_or_insert(from);
                    continue;
                }
                Edge::Fixed => Until::Fixed(version.to_owned()),
                Edge::LastAffected => Until::Last(version.to_owned()),
                // No end at all.
                Edge::Limit if version == "*" => continue,
                Edge::Limit => Until::Limit(version.to_owned()),
            };
            if let Some(from) = open.take() {
                intervals.push(Interval { from, until: end });
            }
        }
        intervals.extend(open.map(|from| Interval {
            from,
            until: Until::Open,
        }));
        intervals
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn affected(affected: &Value) -> Affected {
        let record = json!({"id": "X-1", "affected": [affected]});
        match parse_osv(record.to_string().as_bytes()).unwrap() {
            OsvRecord::Advisory(advisory) => advisory.affected.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn null_is_what_is_absent() {
        let lists = [
            "aliases",
            "upstream",
            "related",
            "summary",
            "details",
            "severity",
            "references",
            "database_specific",
            "withdrawn",
        ];
        let mut record = json!({
            "id": "X-1",
            "affected": [{
                "package": {"ecosystem": "npm", "name": "a"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0", "fixed": null}]}],
                "severity": null, "versions": null, "ecosystem_specific": null,
            }],
        });
        for list in lists {
            record[list] = Value::Null;
        }
        let read = parse_osv(record.to_string().as_bytes()).unwrap();
        let OsvRecord::Advisory(advisory) = read else {
            panic!("{read:?}");
        };
        assert_eq!(advisory.affected[0].intervals, [Interval::EVERYTHING]);
        record["affected"] = Value::Null;
        let read = parse_osv(record.to_string().as_bytes()).unwrap();
        assert_eq!(read, OsvRecord::Elsewhere(BTreeSet::new()));
        record["aliases"] = json!("CVE-2026-1");
        let error = parse_osv(record.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("expected a sequence"), "{error}");
    }

    #[test]
    fn a_range_that_begins_nowhere_tells_no_versions() {
        let check = |events: Value, versions: &[&str], expected: &[Interval]| {
            let entry = json!({
                "package": {"ecosystem": "npm", "name": "a"},
                "ranges": [{"type": "SEMVER", "events": events}],
                "versions": versions,
            });
            assert_eq!(affected(&entry).intervals, expected, "{events}");
        };
        let until = |until| Interval {
            from: Since::Beginning,
            until,
        };
        let fixed = || until(Until::Fixed("2.1.0".to_owned()));
        check(json!([{"fixed": "2.1.0"}]), &[], &[Interval::UNTOLD]);
        check(
            json!([{"last_affected": "2.1.0"}]),
            &[],
            &[Interval::UNTOLD],
        );
        check(json!([]), &[], &[Interval::UNTOLD]);
        check(json!([]), &["1.0.0"], &[]);
        check(
            json!([{"introduced": "0"}, {"fixed": "2.1.0"}]),
            &[],
            &[fixed()],
        );
        check(
            json!([{"introduced": "0", "fixed": "2.1.0"}]),
            &[],
            &[fixed()],
        );
    }
}
