//! Putting a database in the place of the one before.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
};

use anyhow::{Context as _, Result};
use ringwall_advisory::Database;
use ringwall_collect::{printed_name, write_atomic};
use ringwall_engine::UnreadableDocument;
use ringwall_model::Date;
use ringwall_report::{clean, database_text};

use crate::exit::Exit;

/// Documents that could not be read, of which each is named.
const MOST_NAMED: usize = 20;

/// Writes a database, and says what it covers, and what the one before covered as well.
pub(super) fn replace(target: &Path, bytes: &[u8], as_of: Date) -> Result<()> {
    if let Some(folder) = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let replaced = Database::open(target).ok();
    write_atomic(target, bytes)?;
    // What was written is what is read from now on, so that is what is verified.
    let database = Database::open(target)
        .map_err(anyhow::Error::from)
        .and_then(|database| {
            database.verify()?;
            Ok(database)
        })
        .with_context(|| format!("{} was written, and cannot be read back", target.display()))?;
    let mut out = io::stdout().lock();
    database_text(&database, &printed_name(target), as_of, &mut out)?;
    let before = replaced.as_ref().map(scopes).unwrap_or_default();
    let lost: Vec<_> = before.difference(&scopes(&database)).cloned().collect();
    if !lost.is_empty() {
        writeln!(
            io::stderr(),
            "warning: the database before covered {} as well: everything has to be given at once",
            clean(&lost.join(", "))
        )?;
    }
    Ok(())
}

fn scopes(database: &Database) -> BTreeSet<String> {
    let scopes = database.manifest().scopes.iter();
    scopes.map(|it| it.scope.clone()).collect()
}

/// Names what could not be read, and says how the command ends for it.
pub(super) fn say_unreadable(unreadable: &[UnreadableDocument]) -> io::Result<Exit> {
    let mut err = io::stderr().lock();
    for document in unreadable.iter().take(MOST_NAMED) {
        let (name, reason) = (clean(&document.name), clean(&document.reason));
        writeln!(err, "not read: {name}: {reason}")?;
    }
    if let Some(more) = unreadable
        .len()
        .checked_sub(MOST_NAMED)
        .filter(|more| *more > 0)
    {
        writeln!(err, "not read: {more} more")?;
    }
    Ok(if unreadable.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}
