//! `ringwall db`.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_advisory::Database;
use ringwall_collect::{feeds::find_feeds, printed_name, write_atomic};
use ringwall_engine::{UnreadableDocument, import_advisories};
use ringwall_report::{clean, database_json, database_text};

use super::scan::today;
use crate::{
    args::{
        TextOrJson,
        db::{DatabaseArgs, DbArgs, DbCommand, ImportArgs, StatusArgs},
    },
    exit::Exit,
    output,
    progress::Progress,
};

/// Documents that could not be read, of which each is named.
const MOST_NAMED: usize = 20;

pub(super) fn run(args: &DbArgs) -> Result<Exit> {
    match &args.command {
        DbCommand::Import(args) => import(args),
        DbCommand::Status(args) => status(args),
    }
}

/// Where the database is, whether or not it is there.
pub(super) fn path(args: &DatabaseArgs) -> Result<PathBuf> {
    if let Some(path) = &args.database {
        return Ok(path.clone());
    }
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    // See: <https://specifications.freedesktop.org/basedir-spec/latest/>.
    let data = folder("XDG_DATA_HOME")
        .or_else(|| Some(folder("HOME")?.join(".local/share")))
        .or_else(|| folder("LOCALAPPDATA"));
    match data {
        Some(data) => Ok(data.join("ringwall/advisories.db")),
        None => bail!("neither XDG_DATA_HOME nor HOME says where data is kept: use --db FILE"),
    }
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
    let files = find_feeds(&args.files)?;
    let progress = Progress::new();
    let mut done = 0;
    let imported = import_advisories(&files, args.as_of.unwrap_or_else(today), |_| {
        progress.report(done, files.len() + 1);
        done += 1;
    });
    progress.finish();
    let imported = imported?;
    if let Some(folder) = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let replaced = Database::open(&target).ok();
    write_atomic(&target, &imported.database)?;
    // What was written is what is read from now on, so that is what is verified.
    let database = Database::open(&target)
        .map_err(anyhow::Error::from)
        .and_then(|database| {
            database.verify()?;
            Ok(database)
        })
        .with_context(|| format!("{} was written, and cannot be read back", target.display()))?;
    let mut out = io::stdout().lock();
    database_text(
        &database,
        &printed_name(&target),
        args.as_of.unwrap_or_else(today),
        &mut out,
    )?;
    let scopes = |database: &Database| {
        let scopes = database.manifest().scopes.iter();
        scopes
            .map(|it| it.scope.clone())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let lost: Vec<_> = replaced.map_or_else(Vec::new, |replaced| {
        scopes(&replaced)
            .difference(&scopes(&database))
            .cloned()
            .collect()
    });
    if !lost.is_empty() {
        writeln!(
            io::stderr(),
            "warning: the database before covered {} as well: import all files at once",
            clean(&lost.join(", "))
        )?;
    }
    say_unreadable(&imported.unreadable)?;
    Ok(if imported.unreadable.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

fn say_unreadable(unreadable: &[UnreadableDocument]) -> io::Result<()> {
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
    Ok(())
}

fn status(args: &StatusArgs) -> Result<Exit> {
    let path = path(&args.database)?;
    let Some(database) = open(&args.database)? else {
        bail!(
            "there is no advisory database at {}: `ringwall db import FILE...` makes one",
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
