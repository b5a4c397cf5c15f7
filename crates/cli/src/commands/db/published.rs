//! `ringwall db update --from`: a database that somebody made and signed.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail};
use indicatif::DecimalBytes;
use ringwall_advisory::{
    Database, MAX_DATABASE_BYTES, MAX_INDEX_BYTES, PublishedFile, PublishedIndex,
};
use ringwall_image::{Descriptor, Manifest};
use ringwall_input::image_reference::ImageReference;
use ringwall_model::Date;
use ringwall_registry::{Download, Repository, Settings, Validators};
use ringwall_report::database_text;
use ringwall_trust::{Artifact, verify_bundle};

use super::{
    super::{image_verify, registry, scan::today},
    path, replacing,
};
use crate::{args::db::UpdateArgs, exit::Exit, progress::Progress};

/// The name of the index.
pub(super) const INDEX: &str = "index.json";
/// The name of the bundle that signs it, as `cosign sign-blob --bundle` writes it.
pub(super) const BUNDLE: &str = "index.json.sigstore.json";

/// What a registry calls the file that a layer is: oras and others say it so.
const TITLE: &str = "org.opencontainers.image.title";

pub(super) fn run(args: &UpdateArgs, from: &str) -> Result<Exit> {
    let target = path(&args.database)?;
    let as_of = args.as_of.unwrap_or_else(today);
    let settings = registry::settings(&args.registry, args.config.as_ref())?;
    let place = Place::open(from, &settings)?;
    let index = place.get(INDEX, MAX_INDEX_BYTES)?;
    let bundle = place
        .get(BUNDLE, MAX_INDEX_BYTES)
        .with_context(|| format!("who made it shows in {BUNDLE} beside {INDEX}"))?;
    let (signer, root, _) = image_verify::sigstore(&args.who)?;
    verify_bundle(&bundle, Artifact::Bytes(&index), &signer, &root).with_context(|| {
        format!("{INDEX} at {from} is not signed by who is wanted: the database stays as it was")
    })?;
    let index = PublishedIndex::parse(&index).with_context(|| format!("{INDEX} at {from}"))?;
    let before = fs::read(&target).ok();
    let held = Database::open(&target).ok();
    if let Some(held) = &held {
        let built = &held.manifest().built;
        if *built > index.built && !args.allow_older {
            bail!(
                "the database was built on {built}, and the one at {from} on {}: --allow-older takes it nevertheless",
                index.built
            );
        }
    }
    if let Some(held) = held
        && before.as_ref().is_some_and(|before| index.is(before))
    {
        writeln!(io::stderr(), "the database is the one that is published")?;
        let name = ringwall_collect::printed_name(&target);
        database_text(&held, &name, as_of, &mut io::stdout().lock())?;
        return Ok(Exit::Clean);
    }
    let database = fetch(&place, &index, before.as_deref())
        .with_context(|| format!("{from}: the database stays as it was"))?;
    check_built(&database, &index, as_of)?;
    replacing::replace(&target, &database, as_of)?;
    Ok(Exit::Clean)
}

/// The database from what changed since the one that is there, else from all of it.
fn fetch(place: &Place, index: &PublishedIndex, before: Option<&[u8]>) -> Result<Vec<u8>> {
    let get = |file: &PublishedFile, before: &[u8]| -> Result<Vec<u8>> {
        let packed = place.get(&file.name, file.bytes)?;
        file.check(&packed)
            .and_then(|()| index.unpack(&packed, before))
            .map_err(|error| anyhow!("{} {error}", file.name))
    };
    if let Some(before) = before
        && let Some(delta) = index.since(before)
    {
        match get(&delta.file, before) {
            Ok(database) => {
                let (part, whole) = (delta.file.bytes, index.whole.bytes);
                writeln!(
                    io::stderr(),
                    "{} fetched, of {} that all of it has",
                    DecimalBytes(part),
                    DecimalBytes(whole)
                )?;
                return Ok(database);
            }
            Err(error) => writeln!(
                io::stderr(),
                "warning: {}; all of it is fetched",
                crate::output::words(&error)
            )?,
        }
    }
    let database = get(&index.whole, &[])?;
    writeln!(io::stderr(), "{} fetched", DecimalBytes(index.whole.bytes))?;
    Ok(database)
}

/// That the database says the day that its index says, and that it is one.
fn check_built(bytes: &[u8], index: &PublishedIndex, as_of: Date) -> Result<()> {
    let database = Database::from_bytes(bytes.to_vec())?;
    let built = &database.manifest().built;
    if *built != index.built {
        bail!(
            "the index says that the database was built on {}, and it says {built}",
            index.built
        );
    }
    let day: Date = built
        .parse()
        .map_err(|error| anyhow!("the database was built on no day: {error}"))?;
    if day.days_since(as_of) > 1 {
        bail!("the database was built on {built}, which is yet to come");
    }
    Ok(())
}

/// Where the files are.
enum Place {
    /// Beside each other on a server.
    Web {
        folder: String,
        settings: Box<Settings>,
    },
    /// Layers of one manifest in a registry.
    Registry {
        repository: Arc<Repository>,
        files: BTreeMap<String, Descriptor>,
    },
}

impl Place {
    fn open(from: &str, settings: &Settings) -> Result<Self> {
        let Some(reference) = from.strip_prefix("oci://") else {
            let folder = from.strip_suffix(INDEX).unwrap_or(from);
            return Ok(Self::Web {
                folder: folder.trim_end_matches('/').to_owned(),
                settings: Box::new(settings.clone()),
            });
        };
        let reference = ImageReference::parse(reference)
            .map_err(|error| anyhow!("{from} is no name in a registry: {error}"))?;
        let repository = Repository::new(&reference, settings)?;
        let name = reference.digest.or(reference.tag).unwrap_or("latest");
        let document = repository.manifest(name)?;
        let manifest: Manifest = serde_json::from_slice(&document.bytes)
            .with_context(|| format!("the manifest of {from}"))?;
        let files = manifest.layers.into_iter().filter_map(|layer| {
            let title = layer.annotations.get(TITLE)?.clone();
            Some((title, layer))
        });
        Ok(Self::Registry {
            files: files.collect(),
            repository: Arc::new(repository),
        })
    }

    /// A file of at most `most` bytes.
    fn get(&self, name: &str, most: u64) -> Result<Vec<u8>> {
        let most = most.min(MAX_DATABASE_BYTES);
        let progress = Progress::of_bytes();
        let report = |read: u64, of: Option<u64>| progress.report_bytes(read, of.unwrap_or(read));
        let mut bytes = Vec::new();
        match self {
            Self::Web { folder, settings } => {
                let download = Download::new(&format!("{folder}/{name}"), settings)?;
                download.fetch(&Validators::default(), most, &mut bytes, &report)?;
            }
            Self::Registry { repository, files } => {
                let file = files
                    .get(name)
                    .with_context(|| format!("{} has no {name}", repository.name))?;
                if file.size > most {
                    bail!("{name} in {} has more than {most} bytes", repository.name);
                }
                repository
                    .blob(file, &mut bytes, &report)
                    .with_context(|| format!("{name} in {}", repository.name))?;
            }
        }
        progress.finish();
        Ok(bytes)
    }
}
