//! `ringwall trust`: the authorities and logs by which signatures are verified, kept up to date.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, Result, anyhow, bail};
use ringwall_collect::{file_state, read_text, read_texts, write_atomic};
use ringwall_registry::{Download, RegistryError, Settings, Validators};
use ringwall_report::{VerificationRoot, clean};
use ringwall_trust::{
    EMBEDDED_ON, KeptTrust, SIGSTORE_TUF, SIGSTORE_TUF_ROOT, TrustFiles, TrustRepository,
    TrustRoot, kept_trust, update_trust,
};

use super::{checksums, folders, registry};
use crate::{
    args::trust::{TrustArgs, TrustCommand, TrustPlaceArgs, TrustUpdateArgs},
    exit::Exit,
};

/// What is kept of a repository, in its folder.
const TRUSTED_ROOT: &str = "targets/trusted_root.json";

/// Repositories that are listed beside the one that is asked about.
const MAX_OTHERS: usize = 1_000;

pub(super) fn run(args: &TrustArgs) -> Result<Exit> {
    match &args.command {
        TrustCommand::Update(args) => update(args),
        TrustCommand::Status(args) => status(args),
        TrustCommand::Checksums(args) => checksums::run(args),
    }
}

/// The authorities and logs of the public instance: those that were fetched, else those that are built in.
pub(super) fn root() -> Result<(TrustRoot, VerificationRoot)> {
    let folder = folder(SIGSTORE_TUF).ok().filter(|it| it.is_dir());
    let Some(folder) = folder else {
        let told = VerificationRoot {
            date: Some(EMBEDDED_ON.to_owned()),
            ..VerificationRoot::default()
        };
        return Ok((TrustRoot::embedded()?, told));
    };
    let kept = kept(SIGSTORE_TUF_ROOT, &folder)?;
    let root = TrustRoot::from_json(&kept.trusted_root)?;
    if !kept.is_fresh(SystemTime::now()) {
        writeln!(
            io::stderr(),
            "the trust root was to be updated by {}: run `ringwall trust update`",
            day(&kept.fresh_until)
        )?;
    }
    let told = VerificationRoot {
        file: None,
        date: root.newest_start().map(|start| day(&start)),
        fresh_until: Some(day(&kept.fresh_until)),
    };
    Ok((root, told))
}

/// What changes whenever other authorities and logs are fetched.
pub(super) fn state() -> String {
    let folder = folder(SIGSTORE_TUF);
    folder.map_or_else(|_| String::new(), |it| file_state(&it.join(TRUSTED_ROOT)))
}

fn update(args: &TrustUpdateArgs) -> Result<Exit> {
    let anchor = anchor(&args.place)?;
    let folder = folder(&args.place.repository)?;
    let settings = registry::settings(&args.registry, args.config.as_ref())?;
    let repository = Web {
        address: args.place.repository.trim_end_matches('/').to_owned(),
        settings,
    };
    let before = files(&folder)?;
    let now = SystemTime::now();
    let kept = update_trust(&anchor, before.clone(), repository, now)
        .with_context(|| format!("{}: what was kept stays", clean(&args.place.repository)))?;
    // What cannot be used is not kept.
    TrustRoot::from_json(&kept.trusted_root)?;
    // What names others comes after them: where this breaks off, what is there is found to be incomplete.
    let mut names: Vec<_> = kept.files.keys().collect();
    names.sort_by_key(|name| match name.as_str() {
        "timestamp.json" => 2,
        "snapshot.json" => 1,
        _ => 0,
    });
    for name in names {
        let bytes = kept.files.get(name).map_or(&[][..], Vec::as_slice);
        if before.get(name).map(Vec::as_slice) != Some(bytes) {
            let file = folder.join(name);
            let parent = file.parent().unwrap_or(&folder);
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make the folder {}", parent.display()))?;
            write_atomic(&file, bytes)?;
        }
    }
    let is_same = before.get(TRUSTED_ROOT) == Some(&kept.trusted_root);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}",
        if is_same {
            "authorities and logs are those that were known"
        } else {
            "authorities and logs have changed"
        }
    )?;
    tell(&args.place.repository, &folder, &kept, &mut out)?;
    Ok(Exit::Clean)
}

fn status(args: &TrustPlaceArgs) -> Result<Exit> {
    let folder = folder(&args.repository)?;
    let mut out = io::stdout().lock();
    if folder.is_dir() {
        let kept = kept(&anchor(args)?, &folder)?;
        if args.root.is_none() {
            others(&folder, &mut out)?;
        }
        tell(&args.repository, &folder, &kept, &mut out)?;
    } else if args.root.is_none() {
        others(&folder, &mut out)?;
        writeln!(
            out,
            "trust root of Sigstore, built in, of {EMBEDDED_ON}: `ringwall trust update` fetches that of today"
        )?;
    } else {
        bail!(
            "nothing is kept of {}: run `ringwall trust update`",
            clean(&args.repository)
        );
    }
    Ok(Exit::Clean)
}

fn tell(repository: &str, folder: &Path, kept: &KeptTrust, out: &mut dyn io::Write) -> Result<()> {
    let root = TrustRoot::from_json(&kept.trusted_root)?;
    writeln!(out, "{}", clean(repository))?;
    writeln!(out, "  root {}", kept.root_version)?;
    if let Some(start) = root.newest_start() {
        writeln!(out, "  newest key since {}", day(&start))?;
    }
    let due = if kept.is_fresh(SystemTime::now()) {
        "to be updated by"
    } else {
        "was to be updated by"
    };
    writeln!(out, "  {due} {}", day(&kept.fresh_until))?;
    // Bare, so that the last line names a file to whatever reads it.
    writeln!(out, "{}", folder.join(TRUSTED_ROOT).display())?;
    Ok(())
}

/// Other repositories of which something is kept, by their folders, and by when each says that it is to be updated:
/// whether that is true is told with its root alone.
fn others(own: &Path, out: &mut dyn io::Write) -> Result<()> {
    let Some(all) = own.parent() else {
        return Ok(());
    };
    let entries = fs::read_dir(all).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
    folders.retain(|folder| folder != own && folder.join(TRUSTED_ROOT).is_file());
    folders.sort();
    for folder in folders.iter().take(MAX_OTHERS) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "also kept, of {}", clean(&name))?;
        let due = read_text(&folder.join("timestamp.json"))
            .ok()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .and_then(|json| Some(json.pointer("/signed/expires")?.as_str()?.to_owned()));
        match due {
            Some(due) => writeln!(
                out,
                "  says that it is to be updated by {}",
                clean(&day(&due))
            )?,
            None => writeln!(out, "  does not say by when it is to be updated")?,
        }
        writeln!(out, "  {}", folder.join(TRUSTED_ROOT).display())?;
    }
    Ok(())
}

/// The day of a time, in UTC.
fn day(time: &impl ToString) -> String {
    time.to_string().chars().take(10).collect()
}

/// From where the roots of a repository are reached.
fn anchor(place: &TrustPlaceArgs) -> Result<Vec<u8>> {
    let Some(file) = &place.root else {
        return Ok(SIGSTORE_TUF_ROOT.to_vec());
    };
    let text = read_text(file).map_err(|reason| anyhow!("--root: {} {reason}", file.display()))?;
    Ok(text.into_bytes())
}

/// Where the files of a repository are kept.
fn folder(repository: &str) -> Result<PathBuf> {
    let all =
        folders::data("trust").context("neither XDG_DATA_HOME nor HOME says where data is kept")?;
    let (_, place) = repository
        .split_once("://")
        .with_context(|| format!("{} is no address: write https://", clean(repository)))?;
    let name: String = place.trim_end_matches('/').chars().map(safe).collect();
    Ok(all.join(name))
}

/// What stands for a letter in the name of a folder.
fn safe(letter: char) -> char {
    match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => letter,
        // Never the first of two.
        '.' => '.',
        _ => '_',
    }
}

fn files(folder: &Path) -> Result<TrustFiles> {
    if !folder.is_dir() {
        return Ok(TrustFiles::new());
    }
    let found = read_texts(&[folder.to_owned()], &["json"]).into_iter();
    let files = found.map(|(name, text)| {
        let text = text.map_err(|reason| anyhow!("{name} {reason}"))?;
        let place = Path::new(&name).strip_prefix(folder)?;
        Ok((place.display().to_string(), text.into_bytes()))
    });
    files.collect()
}

/// What was believed before, verified again.
fn kept(anchor: &[u8], folder: &Path) -> Result<KeptTrust> {
    let kept = kept_trust(anchor, files(folder)?);
    kept.with_context(|| {
        format!(
            "what is kept in {}; `ringwall trust update` fetches it again",
            folder.display()
        )
    })
}

/// A repository that is asked over HTTPS.
struct Web {
    address: String,
    settings: Settings,
}

impl TrustRepository for Web {
    fn file(&self, path: &str, most_bytes: u64) -> Result<Option<Vec<u8>>, String> {
        let address = format!("{}/{path}", self.address);
        let download =
            Download::new(&address, &self.settings).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        let known = Validators::default();
        match download.fetch(&known, most_bytes, &mut bytes, &|_, _| {}) {
            Ok(_) => Ok(Some(bytes)),
            Err(RegistryError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}
