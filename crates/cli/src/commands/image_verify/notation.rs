//! Whom flags and the configuration name who sign with `notation`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use ringwall_collect::{printed_name, read_certificates, read_trust_store};
use ringwall_engine::{DemandedSigner, SignatureDemand, TrustConfig};
use ringwall_policy::image::canonical_repository;
use ringwall_report::{VerificationWanted, WantedPolicy};
use ringwall_trust::{
    Action, Certificate, Demands, DistinguishedName, Identities, Level, NotationPolicies,
    NotationPolicy, NotationTrust, ProvenanceRules, StoreKind, TimestampUse,
};

use super::{annotations, text};
use crate::args::image::verify::{NotationArgs, SaidArgs};

/// Nobody who signs so can answer what is asked; others may.
#[derive(Debug)]
pub(crate) struct NotAsked(String);

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAsked {}

/// Whom an entry of the configuration names, where it is somebody who signs with `notation`.
pub(crate) fn of_config(entry: &TrustConfig, folder: &Path) -> Option<NotationArgs> {
    let in_folder = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
    let args = NotationArgs {
        certificate: in_folder(&entry.certificate),
        subject: entry.subject.clone(),
        notation_policy: in_folder(&entry.notation_policy),
        trust_store: in_folder(&entry.trust_store),
        notation_scope: None,
    };
    (args.certificate.is_some() || args.notation_policy.is_some()).then_some(args)
}

/// Who has to have signed; a policy is that of a repository.
pub(crate) fn demand(
    who: &NotationArgs,
    repository: Option<&str>,
    what: &SaidArgs,
) -> Result<SignatureDemand> {
    if what.attestation.is_some() {
        return Err(NotAsked(
            "--attestation is for the signatures of cosign and Sigstore: Notation has signatures alone"
                .to_owned(),
        )
        .into());
    }
    let mut wanted = VerificationWanted {
        annotations: annotations(&what.annotations)?,
        ..VerificationWanted::default()
    };
    let signer = if let Some(path) = &who.certificate {
        let subject = who.subject.as_deref().unwrap_or_default();
        by_certificate(path, subject, &mut wanted)?
    } else {
        by_policy(who, repository, &mut wanted)?
    };
    Ok(SignatureDemand {
        signer,
        built: ProvenanceRules::default(),
        wanted,
    })
}

fn by_certificate(
    path: &Path,
    subject: &str,
    wanted: &mut VerificationWanted,
) -> Result<DemandedSigner> {
    let bytes = read_certificates(path).map_err(|reason| {
        let reason = reason.strip_prefix("cannot be read: ").unwrap_or(&reason);
        anyhow!("--certificate: cannot read {}: {reason}", path.display())
    })?;
    let authorities = Certificate::from_file(&bytes)
        .with_context(|| format!("--certificate {}", path.display()))?;
    let identities = if subject == "*" {
        Identities::Any
    } else {
        let name = DistinguishedName::parse(subject).context("--subject")?;
        Identities::Named(vec![name])
    };
    wanted.subject = Some(subject.to_owned());
    wanted.certificates = fingerprints(&authorities);
    Ok(by(NotationTrust {
        authorities,
        signing_authorities: Vec::new(),
        timestamp_authorities: Vec::new(),
        identities,
        demands: Demands {
            authentic_timestamp: Action::Enforce,
            expiry: Action::Enforce,
            // Nobody can be asked, and nobody said that this is not enough.
            revocation: Action::Log,
        },
        timestamps: TimestampUse::Always,
    }))
}

fn by_policy(
    who: &NotationArgs,
    repository: Option<&str>,
    wanted: &mut VerificationWanted,
) -> Result<DemandedSigner> {
    let (Some(file), Some(folder)) = (&who.notation_policy, &who.trust_store) else {
        bail!(
            "--notation-policy needs --trust-store, the folder of the certificates that it names"
        );
    };
    let Some(repository) = repository else {
        bail!(
            "--notation-policy: the name of a layout says whoever made it; give --notation-scope, the repository whose policy counts"
        );
    };
    let json = text(file, "--notation-policy")?;
    let policies = NotationPolicies::from_json(json.as_bytes(), canonical_repository)
        .with_context(|| format!("--notation-policy {}", file.display()))?;
    let policy = policies.policy(&canonical_repository(repository));
    let policy = policy.ok_or_else(|| {
        NotAsked(format!(
            "--notation-policy: no policy of {} is about {repository}",
            file.display()
        ))
    })?;
    wanted.repository = Some(repository.to_owned());
    wanted.policy = Some(WantedPolicy {
        name: policy.name.clone(),
        file: printed_name(file),
        level: level(policy.level),
    });
    if policy.level == Level::Skip {
        return Ok(DemandedSigner::Skipped(policy.name.clone()));
    }
    let authorities = stored(policy, folder, StoreKind::Ca)?;
    let signing_authorities = stored(policy, folder, StoreKind::SigningAuthority)?;
    wanted.certificates = fingerprints(&authorities);
    wanted
        .certificates
        .extend(fingerprints(&signing_authorities));
    Ok(by(NotationTrust {
        authorities,
        signing_authorities,
        timestamp_authorities: stored(policy, folder, StoreKind::Tsa)?,
        identities: policy.identities.clone(),
        demands: policy.demands,
        timestamps: policy.timestamps,
    }))
}

fn by(trust: NotationTrust) -> DemandedSigner {
    DemandedSigner::Notation {
        trust: Box::new(trust),
        now: Timestamp::now(),
    }
}

/// The certificates of all collections of a kind that a policy names.
fn stored(policy: &NotationPolicy, folder: &Path, kind: StoreKind) -> Result<Vec<Certificate>> {
    let mut all = Vec::new();
    for store in policy.stores.iter().filter(|it| it.kind == kind) {
        let files = read_trust_store(folder, kind.as_str(), &store.name)
            .map_err(|reason| anyhow!("--trust-store: {reason}"))?;
        for (path, bytes) in files {
            let certificates = Certificate::from_file(&bytes)
                .with_context(|| format!("--trust-store: {}", path.display()))?;
            all.extend(certificates);
        }
    }
    Ok(all)
}

fn fingerprints(certificates: &[Certificate]) -> Vec<String> {
    certificates.iter().map(Certificate::fingerprint).collect()
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Strict => "strict",
        Level::Permissive => "permissive",
        Level::Audit => "audit",
        Level::Skip => "skip",
    }
}
