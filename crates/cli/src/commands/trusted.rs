//! Those whom the sections `[[trust]]` of the configuration name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;
use ringwall_collect::file_state;
use ringwall_engine::{
    AttestedSbom, Config, SignatureDemand, TrustConfig, verify_image_with_sboms,
};
use ringwall_image::SignedImage;
use ringwall_report::VerificationReport;
use sha2::{Digest as _, Sha256};

use super::{
    image_verify::{demand, notation},
    trust,
};
use crate::args::image::verify::{SaidArgs, SignerArgs};

/// Who has to have signed an image, by its registry and path; nobody where no section is about it. The configuration is
/// told by the name of its file, from whose folder paths count.
pub(super) fn demands(
    config: &Config,
    file: &str,
    name: &str,
    what: &SaidArgs,
) -> Result<Vec<SignatureDemand>> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut demands = Vec::new();
    let mut not_asked = None;
    for (number, entry) in (1..).zip(&config.trust) {
        let about = || format!("{file}: trust {number}");
        if !entry
            .covers(name)
            .map_err(|reason| anyhow!("{} {reason}", about()))?
        {
            continue;
        }
        match demanded(entry, folder, name, what).with_context(about) {
            Ok(demand) => demands.push(for_repository(demand, name)),
            // One that cannot answer does not stand in the way of those that can.
            Err(error) if error.is::<notation::NotAsked>() => {
                not_asked.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match not_asked {
        Some(error) if demands.is_empty() => Err(error),
        _ => Ok(demands),
    }
}

/// Refuses sections of which one names a file that cannot be read or used: no signature would ever count by it, and
/// nobody would know before an image is asked for.
pub(super) fn require_usable(config: &Config, file: &str) -> Result<()> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    for (number, entry) in (1..).zip(&config.trust) {
        // By no repository in particular: of policies of Notation, the one about all others is looked at as well.
        match demanded(entry, folder, "registry.invalid/any", &SaidArgs::default()) {
            Err(error) if !error.is::<notation::NotAsked>() => {
                return Err(error.context(format!("{file}: trust {number}")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Who has to have signed by one section.
fn demanded(
    entry: &TrustConfig,
    folder: &Path,
    name: &str,
    what: &SaidArgs,
) -> Result<SignatureDemand> {
    if let Some(by_whom) = notation::of_config(entry, folder) {
        return notation::demand(&by_whom, Some(name), what);
    }
    let who = SignerArgs {
        key: entry.key.as_ref().map(|path| folder.join(path)),
        identity: entry.identity.clone(),
        identity_regexp: entry.identity_regexp.clone(),
        issuer: entry.issuer.clone(),
        issuer_regexp: entry.issuer_regexp.clone(),
        trust_root: entry.trust_root.as_ref().map(|path| folder.join(path)),
        require_log: entry.require_log,
    };
    demand(&who, Some(what))
}

/// What is wanted of one repository, and not of the same image in another.
fn for_repository(mut demand: SignatureDemand, name: &str) -> SignatureDemand {
    demand.wanted.repository = Some(name.to_owned());
    demand
}

/// By the first who signed it; where nobody did, what came of one that could not be told, else of the last. With the
/// lists of packages that count.
pub(super) fn verify(
    image: &SignedImage,
    name: &str,
    demands: &[SignatureDemand],
) -> (VerificationReport, Vec<AttestedSbom>) {
    let checked_at = Some(now());
    let mut report = (VerificationReport::default(), Vec::new());
    for (at, demand) in demands.iter().enumerate() {
        let mut next = verify_image_with_sboms(image, name, demand);
        next.0.checked_at.clone_from(&checked_at);
        if next.0.is_verified {
            return next;
        }
        // What could not be told by one is not denied by the next.
        if at == 0 || !report.0.is_undecided() {
            report = next;
        }
    }
    report
}

/// The time of reports.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What changes whenever somebody else is trusted: the sections, and the files that they name. `None` where there is no
/// section.
pub(super) fn state(config: &Config, file: &str) -> Option<String> {
    if config.trust.is_empty() {
        return None;
    }
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut digest = Sha256::new();
    let mut add = |text: &[u8]| {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    };
    for entry in &config.trust {
        add(format!("{entry:?}").as_bytes());
        let TrustConfig {
            key,
            certificate,
            notation_policy,
            trust_root,
            trust_store,
            ..
        } = entry;
        for path in [key, certificate, notation_policy, trust_root]
            .into_iter()
            .flatten()
        {
            // Of one that cannot be read, nobody is trusted; that it cannot is a state of its own.
            match fs::read(folder.join(path)) {
                Ok(bytes) => add(&bytes),
                Err(error) => add(error.to_string().as_bytes()),
            }
        }
        for path in trust_store
            .iter()
            .flat_map(|path| files(&folder.join(path)))
        {
            add(path.to_string_lossy().as_bytes());
            add(file_state(&path).as_bytes());
        }
    }
    add(trust::state().as_bytes());
    let digest = digest.finalize();
    Some(
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat(),
    )
}

/// The files of a trust store of Notation, in order: `x509/<kind>/<name>/<file>`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for _ in 0..4 {
        let below = found.iter().flat_map(|path| match fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(_) => vec![path.clone()],
        });
        found = below.collect();
    }
    found.sort();
    found
}
