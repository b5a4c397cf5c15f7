//! What an advisory database covers, as text and as JSON.

use std::io;

use ringwall_advisory::{Database, Manifest};
use ringwall_model::Date;
use serde::Serialize;

use crate::{clean, json::value, words::count_words};

/// Days after which the text says that a database is old: new flaws are published every day.
const OLD_AFTER_DAYS: i64 = 7;

/// Writes version 1 of the JSON; it only grows.
pub fn database_json(
    database: &Database,
    file: &str,
    as_of: Date,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Status<'a> {
        version: u32,
        file: &'a str,
        digest: String,
        age_days: Option<i64>,
        #[serde(flatten)]
        manifest: &'a Manifest,
    }
    let manifest = database.manifest();
    let status = Status {
        version: 1,
        file,
        digest: format!("sha256:{}", database.digest()),
        age_days: age(manifest, as_of),
        manifest,
    };
    value(&status, out)?;
    writeln!(out)
}

fn age(manifest: &Manifest, as_of: Date) -> Option<i64> {
    let built: Date = manifest.built.parse().ok()?;
    Some(as_of.days_since(built))
}

/// Writes the text for people.
pub fn database_text(
    database: &Database,
    file: &str,
    as_of: Date,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let manifest = database.manifest();
    writeln!(out, "{}", clean(file))?;
    writeln!(out, "  sha256:{}", database.digest())?;
    write!(out, "  built {}", clean(&manifest.built))?;
    match age(manifest, as_of) {
        Some(0) => writeln!(out, ", today")?,
        Some(days @ 1..) => {
            write!(
                out,
                ", {} ago",
                count_words(usize::try_from(days).unwrap_or_default(), "day")
            )?;
            let hint = if days > OLD_AFTER_DAYS {
                ": flaws that were published since are not in it"
            } else {
                ""
            };
            writeln!(out, "{hint}")?;
        }
        _ => writeln!(out)?,
    }
    let width = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or(0);
    let names = width(&mut manifest.scopes.iter().map(|it| it.scope.chars().count()));
    writeln!(out, "\nCovers:")?;
    for scope in &manifest.scopes {
        write!(
            out,
            "  {:<names$}  {:>7} advisories  {:>6} packages",
            clean(&scope.scope),
            scope.advisories,
            scope.packages,
        )?;
        match &scope.newest {
            Some(day) => writeln!(out, "  newest {}", clean(day))?,
            None => writeln!(out)?,
        }
    }
    for (catalogue, words) in [
        (&manifest.exploited, "known to be exploited (KEV)"),
        (
            &manifest.likelihoods,
            "with a likelihood of exploitation (EPSS)",
        ),
    ] {
        let flaws = format!("{} flaws", catalogue.flaws);
        match &catalogue.day {
            Some(day) => writeln!(out, "  {flaws} {words}, of {}", clean(day))?,
            None => writeln!(out, "  {flaws} {words}")?,
        }
    }
    writeln!(out, "\nBuilt from:")?;
    let names = width(&mut manifest.sources.iter().map(|it| it.name.chars().count()));
    for source in &manifest.sources {
        write!(
            out,
            "  {:<names$}  {:<4} {:>6} taken",
            clean(&source.name),
            clean(&source.kind),
            source.advisories
        )?;
        let elsewhere: u64 = source.elsewhere.values().sum();
        for (count, words) in [
            (source.withdrawn, "withdrawn"),
            (source.not_security, "no security"),
            (elsewhere, "of other kinds"),
            (source.unreadable, "NOT READABLE"),
        ] {
            if count > 0 {
                write!(out, ", {count} {words}")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
