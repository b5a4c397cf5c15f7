//! `ringwall trust checksums`: files held against a list of their digests, and the list against who has to have signed
//! it.

use std::{
    fs::File,
    io::{self, Read as _, Write},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_report::clean;
use ringwall_trust::{
    Agreement, Artifact, Checksum, ChecksumKind, Checksums, Evidence, Listed, MAX_BYTES,
    StoredSignature, TrustError, Verified, VerifiedSigner, verify_bundle, verify_detached,
};
use sha2::{Digest, Sha256, Sha512};

use super::image_verify::{is_given, sigstore};
use crate::{args::trust::ChecksumsArgs, exit::Exit};

/// What was found out about the list and its files.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    wrong: usize,
    unknown: usize,
}

pub(super) fn run(args: &ChecksumsArgs) -> Result<Exit> {
    let name = args.list.display();
    let list = read(&args.list)?;
    let checksums = Checksums::parse(&list).with_context(|| name.to_string())?;
    if checksums.listed.is_empty() {
        bail!("{name} lists no checksum of SHA-256 or SHA-512");
    }
    let folder = args.list.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot open the folder of {name}"))?;
    let mut out = io::stdout().lock();
    let mut tally = Tally::default();
    if is_given(&args.who) {
        signed(args, &list, &mut tally, &mut out)?;
    } else {
        writeln!(out, "nobody was asked for who signed the list")?;
    }
    if args.files.is_empty() {
        for line in &checksums.unreadable {
            tally.unknown += 1;
            writeln!(
                out,
                "line {line}: no checksum of SHA-256 or SHA-512 with a name"
            )?;
        }
        let held = checksums.listed.iter();
        for listed in held {
            let path = beneath(&folder, &listed.name);
            compare(&listed.name, &[listed], path, &mut tally, &mut out)?;
        }
    }
    for file in &args.files {
        let name = ringwall_collect::printed_name(file);
        let listed = listed_as(&checksums, &folder, file);
        if listed.is_empty() {
            tally.wrong += 1;
            writeln!(out, "{}: not listed", clean(&name))?;
        } else {
            compare(&name, &listed, Ok(file.clone()), &mut tally, &mut out)?;
        }
    }
    writeln!(
        out,
        "{} as listed, {} not, {} not known",
        tally.same, tally.wrong, tally.unknown
    )?;
    Ok(match tally {
        Tally { wrong: 1.., .. } => Exit::Findings,
        Tally { unknown: 1.., .. } => Exit::Incomplete,
        Tally { .. } => Exit::Clean,
    })
}

/// Whether whoever is wanted has signed the list.
fn signed(args: &ChecksumsArgs, list: &[u8], tally: &mut Tally, out: &mut dyn Write) -> Result<()> {
    let (signer, root, wanted) = sigstore(&args.who)?;
    let verified = match (&args.signature, &args.bundle) {
        (Some(path), _) => {
            let signature = String::from_utf8_lossy(&read(path)?).trim().to_owned();
            let stored = StoredSignature {
                payload: list,
                signature: &signature,
                evidence: Evidence::default(),
            };
            verify_detached(&stored, &signer, &root)
        }
        (None, Some(path)) => verify_bundle(&read(path)?, Artifact::Bytes(list), &signer, &root),
        (None, None) => bail!("give the --signature or the --bundle of the list"),
    };
    // A statement about the list says more than that somebody vouches for it.
    let verified = verified.and_then(|verified| match &verified.statement {
        Some(statement) if !statement.is_signature() => Err(TrustError::Unsupported(format!(
            "it is an attestation of the type {}, and no signature",
            statement.predicate_type
        ))),
        _ => Ok(verified),
    });
    match verified {
        Ok(Verified { signer, .. }) => {
            let by = match signer {
                VerifiedSigner::Key => format!("the key sha256:{}", wanted.key.unwrap_or_default()),
                VerifiedSigner::Identity { issuer, subject } => {
                    format!("{subject}, known to {issuer}")
                }
            };
            writeln!(out, "the list is signed by {}", clean(&by))?;
        }
        Err(error) => {
            if error.is_undecided() {
                tally.unknown += 1;
            } else {
                tally.wrong += 1;
            }
            writeln!(
                out,
                "the list is not verified: {}",
                clean(&error.to_string())
            )?;
        }
    }
    Ok(())
}

/// Holds one file against the lines about it.
fn compare(
    name: &str,
    listed: &[&Listed],
    path: Result<PathBuf, &'static str>,
    tally: &mut Tally,
    out: &mut dyn Write,
) -> Result<()> {
    let name = clean(name);
    let told = match path {
        Err(why) => Err(why.to_owned()),
        Ok(path) => agreement(&path, listed).map_err(|error| error.to_string()),
    };
    match told {
        Ok(Agreement::Same) => {
            tally.same += 1;
            writeln!(out, "{name}: as listed")?;
        }
        Ok(_) => {
            tally.wrong += 1;
            writeln!(out, "{name}: ANOTHER than the list says")?;
        }
        Err(why) => {
            tally.unknown += 1;
            writeln!(out, "{name}: cannot be read: {}", clean(&why))?;
        }
    }
    Ok(())
}

/// Whether a file is what all lines about it say.
fn agreement(path: &Path, listed: &[&Listed]) -> io::Result<Agreement> {
    for listed in listed {
        if digest(path, listed.checksum.kind())? != listed.checksum {
            return Ok(Agreement::Different);
        }
    }
    Ok(Agreement::Same)
}

fn digest(path: &Path, kind: ChecksumKind) -> io::Result<Checksum> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let file = File::open(path)?;
    Ok(match kind {
        ChecksumKind::Sha256 => Checksum::Sha256(hashed(Sha256::new(), file)?.into()),
        ChecksumKind::Sha512 => Checksum::Sha512(hashed(Sha512::new(), file)?.into()),
    })
}

fn hashed<D: Digest>(mut hasher: D, mut file: File) -> io::Result<sha2::digest::Output<D>> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count) {
            Some([]) | None => return Ok(hasher.finalize()),
            Some(bytes) => hasher.update(bytes),
        }
    }
}

/// The file of a listed name, which must not lead out of the folder that the list is in.
fn beneath(folder: &Path, name: &str) -> Result<PathBuf, &'static str> {
    const OUTSIDE: &str =
        "its name leads out of the folder of the list; name it on the command line";
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(name).components().all(is_inside) {
        return Err(OUTSIDE);
    }
    let path = folder.join(name);
    match path.canonicalize() {
        Ok(real) if !real.starts_with(folder) => Err(OUTSIDE),
        _ => Ok(path),
    }
}

/// The lines about a file: by its place from the folder of the list, else by its name alone.
fn listed_as<'c>(checksums: &'c Checksums, folder: &Path, file: &Path) -> Vec<&'c Listed> {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let place = real.strip_prefix(folder).ok();
    let by = |wanted: &Path| -> Vec<&'c Listed> {
        let listed = checksums.listed.iter();
        listed
            .filter(|listed| plain(Path::new(&listed.name)) == wanted)
            .collect()
    };
    let found = place.map(by).unwrap_or_default();
    match file.file_name() {
        Some(name) if found.is_empty() => by(Path::new(name)),
        _ => found,
    }
}

/// A path without `.` in it.
fn plain(path: &Path) -> PathBuf {
    let parts = path.components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

/// A file of a list or a signature, which are small.
fn read(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES)?;
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() > MAX_BYTES {
        bail!("{name} is larger than {} MiB", MAX_BYTES >> 20);
    }
    Ok(bytes)
}
