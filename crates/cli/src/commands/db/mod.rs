//! `ringwall db`.

mod build;
mod published;
mod replacing;
mod update;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_advisory::Database;
use ringwall_collect::{feeds::find_feeds, printed_name};
use ringwall_engine::{Imported, import_advisories};
use ringwall_model::Date;
use ringwall_report::{database_json, database_text};

use super::{folders, scan::today};
use crate::{
    args::{
        TextOrJson,
        db::{DatabaseArgs, DbArgs, DbCommand, ImportArgs, StatusArgs},
    },
    exit::Exit,
    output,
    progress::Progress,
};

pub(super) fn run(args: &DbArgs) -> Result<Exit> {
    match &args.command {
        DbCommand::Update(args) => match &args.from {
            Some(from) => published::run(args, from),
            None => update::run(args),
        },
        DbCommand::Import(args) => import(args),
        DbCommand::Build(args) => build::run(args),
        DbCommand::Status(args) => status(args),
    }
}

/// Where the database is, whether or not it is there.
pub(super) fn path(args: &DatabaseArgs) -> Result<PathBuf> {
    if let Some(path) = &args.database {
        return Ok(path.clone());
    }
    folders::data("advisories.db")
        .context("neither XDG_DATA_HOME nor HOME says where data is kept: use --db FILE")
}

/// Opens the database; `None` where nobody named one, and none is at its usual place or there is no such place.
pub(super) fn open(args: &DatabaseArgs) -> Result<Option<Database>> {
    let path = match path(args) {
        Ok(path) => path,
        Err(_) if args.database.is_none() => return Ok(None),
        Err(error) => return Err(error),
    };
    if args.database.is_none() && !path.exists() {
        return Ok(None);
    }
    let opened = Database::open(&path);
    opened
        .map(Some)
        .with_context(|| format!("the advisory database {}", printed_name(&path)))
}

fn import(args: &ImportArgs) -> Result<Exit> {
    let target = path(&args.database)?;
    let as_of = args.as_of.unwrap_or_else(today);
    let imported = read(&find_feeds(&args.files)?, as_of)?;
    replacing::replace(&target, &imported.database, as_of)?;
    Ok(replacing::say_unreadable(&imported.unreadable)?)
}

/// Builds a database from files, each with its name.
fn read(files: &[(String, PathBuf)], as_of: Date) -> Result<Imported> {
    let progress = Progress::new();
    let mut done = 0;
    let imported = import_advisories(files, as_of, |_| {
        progress.report(done, files.len() + 1);
        done += 1;
    });
    progress.finish();
    Ok(imported?)
}

fn status(args: &StatusArgs) -> Result<Exit> {
    let path = path(&args.database)?;
    let Some(database) = open(&args.database)? else {
        bail!(
            "there is no advisory database at {}: `ringwall db update` fetches one, `ringwall db import FILE...` makes one of files",
            path.display()
        );
    };
    let name = printed_name(Path::new(&path));
    if args.verify {
        database
            .verify()
            .with_context(|| format!("the advisory database {name}"))?;
    }
    let as_of = args.as_of.unwrap_or_else(today);
    let mut out = output::open(None)?;
    match args.output {
        TextOrJson::Text => database_text(&database, &name, as_of, &mut *out)?,
        TextOrJson::Json => database_json(&database, &name, as_of, &mut *out)?,
    }
    out.flush()?;
    Ok(Exit::Clean)
}
