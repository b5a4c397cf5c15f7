//! The flaws of the packages that a lock file names, by the advisory database.

use std::{collections::BTreeMap, sync::Arc};

use ringwall_advisory::{Database, DatabaseError, Scope};
use ringwall_image::{LockFile, LockFileKind, LockedPackage};
use ringwall_model::{Date, Location, NotAssessed, Ring, Source, Span, Status, Subject};

use crate::{
    file::{Judged, not_assessed},
    flaws::{Advisories, Flaws, Listed, furthest_fix, stale, undecided, unrated},
    selection::Selection,
};

/// Bytes of a line that a finding marks.
const MOST_MARKED_BYTES: usize = 500;

/// Judges a lock file.
pub(crate) fn judge(
    kind: LockFileKind,
    database: &Database,
    selection: &Selection,
    as_of: Date,
    judged: &mut Judged,
) {
    let source = Arc::clone(&judged.source);
    let file = LockFile::parse(kind, &source);
    judged.is_lock_file = true;
    let mut judge = Judge {
        source: &source,
        selection,
        flaws: Flaws::new(database),
        judged,
    };
    for damage in &file.damage {
        judge.gap("unparsable-file", damage.line, &damage.reason);
    }
    for unlisted in &file.unlisted {
        let reason = format!("entries that {}: {}", unlisted.reason, unlisted.count);
        judge.gap("unassessed-packages", unlisted.line, &reason);
    }
    if let Err(error) = judge.packages(&file.packages, database) {
        let reason = format!("the advisory database {error}");
        judge.gap("unassessed-vulnerabilities", 1, &reason);
    }
    for (reason, _) in judge.flaws.out_of_date(as_of) {
        judge.gap("stale-advisories", 1, &reason);
    }
    if let Some(reason) = unrated(&judge.judged.findings) {
        judge.gap("unrated-vulnerabilities", 1, &reason);
    }
}

struct Judge<'a> {
    source: &'a Arc<Source>,
    selection: &'a Selection,
    flaws: Flaws<'a>,
    judged: &'a mut Judged,
}

impl Judge<'_> {
    fn packages(
        &mut self,
        packages: &[LockedPackage],
        database: &Database,
    ) -> Result<(), DatabaseError> {
        // Ecosystems without advisories: how many packages, and the line of the first.
        let mut uncovered: BTreeMap<String, (usize, u32)> = BTreeMap::new();
        for locked in packages {
            let kind = locked.package.ecosystem.purl_type();
            let scope = Scope::of_purl_type(kind);
            if let Some(scope) = scope.as_ref().filter(|scope| database.covers(scope)) {
                self.package(locked, scope)?;
            } else {
                let name = scope.map_or_else(|| kind.to_owned(), |scope| scope.to_string());
                let (count, _) = uncovered.entry(name).or_insert((0, locked.line));
                *count += 1;
            }
        }
        for (scope, (count, line)) in uncovered {
            let packages = match count {
                1 => "1 package was".to_owned(),
                count => format!("{count} packages were"),
            };
            let reason = format!(
                "no advisories about {scope} are in the database: {packages} not looked up"
            );
            self.gap("unassessed-vulnerabilities", line, &reason);
        }
        Ok(())
    }

    fn package(&mut self, locked: &LockedPackage, scope: &Scope) -> Result<(), DatabaseError> {
        let package = &locked.package;
        let matches = self.flaws.of(scope, package)?;
        if let Some(reason) = undecided(package, &matches) {
            self.gap("undecided-vulnerability", locked.line, &reason);
        }
        let update = furthest_fix(scope, &matches);
        for found in &matches.found {
            if !self.selection.runs_flaw(&found.flaw, &found.aliases) {
                continue;
            }
            let listed = Listed {
                ring: Ring::Code,
                subject: Subject {
                    file: Some((&*self.source.name).into()),
                    ..Subject::default()
                },
                location: self.location(locked.line),
                layer: None,
                distribution: None,
            };
            let mut finding = self.flaws.finding(scope, package, found, update, listed)?;
            if locked.is_for_development {
                finding.message.push_str(" (for development alone)");
            }
            self.judged.findings.push(Box::new(finding));
        }
        Ok(())
    }

    fn gap(&mut self, id: &'static str, line: u32, reason: &str) {
        let location = self.location(line);
        self.judged.not_assessed.push(not_assessed(
            id,
            Subject::default(),
            Some(location),
            &self.source.name,
            reason,
        ));
    }

    /// What is written on a line; of a very long one its beginning, as columns are counted for each finding.
    fn location(&self, line: u32) -> Location {
        let lines = self.source.lines();
        let span = lines.line(&self.source.text, line).unwrap_or_default();
        let text = self.source.slice(span);
        let mut ends = (0..=text.len().min(MOST_MARKED_BYTES)).rev();
        let end = ends.find(|at| text.is_char_boundary(*at));
        let text = text.get(..end.unwrap_or_default()).unwrap_or_default();
        let start = span.start as usize + (text.len() - text.trim_start().len());
        let end = span.start as usize + text.trim_end().len();
        self.source.location(Span::new(start, end.max(start)))
    }
}

/// What could not be looked at in any of so many lock files.
pub(crate) fn unassessed(
    advisories: Advisories<'_>,
    lock_files: u64,
    selection: &Selection,
    as_of: Date,
) -> Vec<NotAssessed> {
    if lock_files == 0 {
        return Vec::new();
    }
    let gap = |id: &'static str, name: &str, reason: String| NotAssessed {
        id: id.into(),
        subject: Arc::new(Subject {
            kind: Some("AdvisoryDatabase".into()),
            name: (!name.is_empty()).then(|| name.into()),
            ..Subject::default()
        }),
        location: None,
        reason,
        status: Status::Fail,
    };
    let unseen = |why: &str| {
        let files = match lock_files {
            1 => "1 lock file was".to_owned(),
            count => format!("{count} lock files were"),
        };
        let reason = format!("{files} not looked at: {why}");
        vec![gap("unassessed-vulnerabilities", "", reason)]
    };
    match advisories {
        // Without one, a scan says nothing of flaws; who asks for some by their ids wants an answer.
        Advisories::Missing if !selection.names_flaws() => Vec::new(),
        Advisories::Missing => unseen("there is no advisory database"),
        Advisories::Unusable(why) => unseen(why),
        Advisories::Database(database) => {
            let sources = database.manifest().sources.iter();
            let damaged = sources.filter(|source| source.unreadable > 0);
            let old = stale(database, as_of).map(|reason| gap("stale-advisories", "", reason));
            damaged
                .map(|source| {
                    let reason = format!(
                        "{} records of it could not be read when the database was built",
                        source.unreadable
                    );
                    gap("unreadable-advisories", &source.name, reason)
                })
                .chain(old)
                .collect()
        }
    }
}
