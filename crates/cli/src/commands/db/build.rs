//! `ringwall db build`: a database for others to fetch.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use indicatif::DecimalBytes;
use ringwall_advisory::{Database, DatabaseError, OpenError, PublishedIndex};
use ringwall_collect::{feeds::find_feeds, printed_name, write_atomic};

use super::{
    super::scan::today,
    published::{BUNDLE, INDEX},
    read, replacing,
};
use crate::{args::db::BuildArgs, exit::Exit};

pub(super) fn run(args: &BuildArgs) -> Result<Exit> {
    let as_of = args.as_of.unwrap_or_else(today);
    let mut before = Vec::new();
    for path in &args.previous {
        let (database, _) =
            verified(path).with_context(|| format!("--previous {}", printed_name(path)))?;
        before.push(database);
    }
    let (database, built, unreadable) = if let Some((database, built)) = whole(&args.files)? {
        (database, built, Vec::new())
    } else {
        let imported = read(&find_feeds(&args.files)?, as_of)?;
        (imported.database, as_of.to_string(), imported.unreadable)
    };
    let before: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
    let (index, files) =
        PublishedIndex::new(&built, &database, &before).context("the database cannot be packed")?;
    fs::create_dir_all(&args.folder)
        .with_context(|| format!("cannot make the folder {}", args.folder.display()))?;
    let mut out = io::stdout().lock();
    for file in &files {
        write_atomic(&args.folder.join(&file.name), &file.bytes)?;
        let size = DecimalBytes(file.bytes.len() as u64);
        writeln!(out, "{size}  {}", file.name)?;
    }
    // The last: whoever sees the index finds what it names.
    write_atomic(&args.folder.join(INDEX), &index.to_json())?;
    writeln!(
        out,
        "{INDEX}, to be signed: cosign sign-blob --bundle {BUNDLE} {INDEX}"
    )?;
    Ok(replacing::say_unreadable(&unreadable)?)
}

/// The bytes of a database where that is what is given, and the day on which it was built.
fn whole(files: &[PathBuf]) -> Result<Option<(Vec<u8>, String)>> {
    let [path] = files else {
        return Ok(None);
    };
    match Database::open(path) {
        // A feed, or a folder; or nothing, which is told where feeds are looked for.
        Err(OpenError::Database(DatabaseError::Foreign) | OpenError::Io(_)) => Ok(None),
        _ => verified(path)
            .map(Some)
            .with_context(|| format!("the advisory database {}", printed_name(path))),
    }
}

/// The bytes of a database in which every part is what its digest says, and the day on which it was built.
fn verified(path: &Path) -> Result<(Vec<u8>, String)> {
    let bytes = fs::read(path)?;
    let database = Database::from_bytes(bytes.clone())?;
    database.verify()?;
    Ok((bytes, database.manifest().built.clone()))
}
