//! Who signed an image: version 1 of its JSON, and text for people.
//!
//! The names and the order of the fields are the wire form, and a promise: version 1 only grows.

mod packages;

use std::{collections::BTreeMap, io};

use serde::Serialize;
use serde_json::Value;

pub use self::packages::{AttestedPackages, UnequalPackage};
use crate::{clean, json::value};

/// An image, and who is found to have signed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VerificationReport {
    /// The image itself.
    pub image: VerifiedImage,
    /// Who was asked for, and what.
    pub wanted: VerificationWanted,
    /// Whether it is signed so.
    pub is_verified: bool,
    /// Whether its blobs are those that its manifest names, as far as they were read.
    pub is_intact: bool,
    /// When it was looked at, by RFC 3339 in UTC and whole seconds: of two reports about an image the later counts.
    pub checked_at: Option<String>,
    /// Everything that is attached to the image.
    pub signatures: Vec<ImageSignature>,
    /// The packages that an attestation lists beside those that were found, where that was asked for.
    pub packages: Option<AttestedPackages>,
    /// What could not be looked at.
    pub not_assessed: Vec<VerificationGap>,
}

/// An image by its digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifiedImage {
    /// As the user named it.
    pub name: String,
    /// Names that it has where it is kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Digests of the indexes that lead to it and of its manifest: a signature over each is one over the image.
    pub digests: Vec<String>,
}

/// Who has to have signed, and what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerificationWanted {
    /// SHA-256 of the key, where it is a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who the certificate has to name, or a pattern between slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who has to know that one, or a pattern between slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Attributes that the certificate has to name, or `*`, where certificates of authorities are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// SHA-256 of the certificates that vouch for whoever signs in the form of Notation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// The trust policy of Notation that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<WantedPolicy>,
    /// The predicate of the attestation that is wanted; none where it is a signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
    /// Who has to have built it, by SLSA's provenance, or a pattern between slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// From what source it has to have been built, or a pattern between slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The repository, `registry/path`, for which these are wanted; of another one, others may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// What the signer has to say beside.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The authorities and logs that count.
    pub trust_root: VerificationRoot,
}

/// A trust policy of Notation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WantedPolicy {
    /// Its name.
    pub name: String,
    /// The file that it is in.
    pub file: String,
    /// `strict`, `permissive`, `audit` or `skip`.
    pub level: &'static str,
}

/// The authorities and logs that count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerificationRoot {
    /// The file; none where it is the one that is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The day from which it is, or before which it cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The day on which it should be updated, where a repository of The Update Framework named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<String>,
}

/// Whether a signature holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureStatus {
    /// The one who is wanted made it, over this image.
    Valid,
    /// It holds, and is not what was asked for.
    Other,
    /// It does not hold, or somebody else made it.
    #[default]
    Invalid,
    /// It cannot be read.
    Undecided,
}

/// Something that is attached to an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImageSignature {
    /// `signature`, `attestation`, `bundle` or `notation`.
    pub kind: &'static str,
    /// Digest of its bytes.
    pub digest: String,
    /// Whether it holds.
    pub status: SignatureStatus,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who made it, where it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<ImageSigner>,
    /// When at the latest, where that is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
    /// When, as the signer says and nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// Until when the signer wants it to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The signing scheme of Notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<&'static str>,
    /// What does not hold or is not known, and is not demanded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_enforced: Vec<UnenforcedCheck>,
    /// Whether a transparency log has it.
    pub logged: bool,
    /// The digest of the image that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What an attestation says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// Who built it, by an attestation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// Where its source is kept, by an attestation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The commit that it was built from, by an attestation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Words of the signer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, Value>,
}

/// Who made a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageSigner {
    /// SHA-256 of the key, where it is a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whom the certificate names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who knows that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// SHA-256 of the certificate, in the form of Notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Whom the certificate names that is trusted and vouches for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// SHA-256 of the certificate that is trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_certificate: Option<String>,
}

/// Something that is not demanded of a signature, and does not hold or is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnenforcedCheck {
    /// What, as trust policies of Notation call it: `expiry`, `authenticTimestamp`, `revocation`.
    pub check: &'static str,
    /// What is known of it.
    pub reason: String,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerificationGap {
    /// Its id.
    pub id: &'static str,
    /// The blob, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why.
    pub reason: String,
}

impl VerificationReport {
    /// Whether something that could not be read might have changed the answer.
    pub fn is_undecided(&self) -> bool {
        let mut signatures = self.signatures.iter();
        let unread = signatures.any(|it| it.status == SignatureStatus::Undecided);
        let unlisted = self.packages.as_ref().map_or(0, |it| it.unlisted.len());
        !self.is_verified
            && self.is_intact
            && unlisted == 0
            && (unread || !self.not_assessed.is_empty())
    }

    /// Why one cannot tell who signed, where that is so: the first reason.
    pub fn why_undecided(&self) -> Option<String> {
        if !self.is_undecided() {
            return None;
        }
        let gaps = self.not_assessed.iter().map(|gap| gap.reason.clone());
        let unread = self.signatures.iter().filter_map(|it| it.reason.clone());
        let reason = gaps.chain(unread).next();
        Some(reason.unwrap_or_else(|| "a signature cannot be read".to_owned()))
    }

    /// What is not known of any signature that counts, and was not demanded of it.
    fn unenforced(&self) -> impl Iterator<Item = &'static str> {
        // One that lacks nothing is enough.
        let least = self
            .signatures
            .iter()
            .filter(|it| it.status == SignatureStatus::Valid)
            .min_by_key(|it| it.not_enforced.len());
        least
            .into_iter()
            .flat_map(|it| it.not_enforced.iter().map(|it| it.check))
    }
}

/// Writes the JSON, version 1; one signature stands on one line.
pub fn verification_json(report: &VerificationReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"image\":")?;
    value(&report.image, out)?;
    out.write_all(b",\n\"wanted\":")?;
    value(&report.wanted, out)?;
    out.write_all(b",\n\"verified\":")?;
    value(&report.is_verified, out)?;
    out.write_all(b",\n\"intact\":")?;
    value(&report.is_intact, out)?;
    if let Some(at) = &report.checked_at {
        out.write_all(b",\n\"checked_at\":")?;
        value(at, out)?;
    }
    out.write_all(b",\n\"signatures\":[")?;
    crate::json::list(report.signatures.iter(), out)?;
    out.write_all(b"]")?;
    if let Some(packages) = &report.packages {
        out.write_all(b",\n\"packages\":")?;
        value(packages, out)?;
    }
    out.write_all(b",\n\"not_assessed\":[")?;
    crate::json::list(report.not_assessed.iter(), out)?;
    out.write_all(b"]}\n")
}

/// Writes the text for people.
pub fn verification_text(report: &VerificationReport, out: &mut dyn io::Write) -> io::Result<()> {
    let names = report.image.names.iter().map(|name| clean(name));
    let names: Vec<_> = names.collect();
    writeln!(out, "{}  {}", clean(&report.image.name), names.join("  "))?;
    for digest in &report.image.digests {
        writeln!(out, "  {digest}")?;
    }
    let root = &report.wanted.trust_root;
    if let Some(date) = &root.date {
        match (&root.file, &root.fresh_until) {
            (Some(file), None) => {
                writeln!(out, "  trust root {}, not older than {date}", clean(file))?;
            }
            (_, Some(day)) => writeln!(
                out,
                "  trust root of Sigstore, not older than {date}, to be updated by {day}"
            )?,
            (None, None) => writeln!(out, "  trust root of Sigstore, built in, of {date}")?,
        }
    }
    if let Some(policy) = &report.wanted.policy {
        let (name, file) = (clean(&policy.name), clean(&policy.file));
        writeln!(out, "  policy {name} of {file}, {}", policy.level)?;
    }
    writeln!(out)?;
    for signature in &report.signatures {
        self::signature(signature, out)?;
    }
    if report.signatures.is_empty() {
        writeln!(out, "nothing says who signed it")?;
    }
    if let Some(packages) = &report.packages {
        packages.text(out)?;
    }
    if !report.not_assessed.is_empty() {
        writeln!(out, "\nNot assessed:")?;
        for gap in &report.not_assessed {
            write!(out, "  {}: ", gap.id)?;
            if let Some(digest) = &gap.digest {
                write!(out, "{digest}: ")?;
            }
            writeln!(out, "{}", clean(&gap.reason))?;
        }
    }
    writeln!(out, "\n{}", verdict(report))
}

fn signature(signature: &ImageSignature, out: &mut dyn io::Write) -> io::Result<()> {
    let status = match signature.status {
        SignatureStatus::Valid => "valid",
        SignatureStatus::Other => "valid, and not what was asked for",
        SignatureStatus::Invalid => "not valid",
        SignatureStatus::Undecided => "not read",
    };
    // The first digits tell signatures apart; JSON has all of them.
    let digest: String = signature.digest.chars().take(19).collect();
    writeln!(out, "{} {}: {status}", signature.kind, clean(&digest))?;
    if let Some(reason) = &signature.reason {
        writeln!(out, "  {}", clean(reason))?;
    }
    if let Some(signer) = &signature.signer {
        let who = match (&signer.key, &signer.identity, &signer.issuer) {
            (_, Some(identity), Some(issuer)) => format!("{identity}, known to {issuer}"),
            (Some(key), ..) => format!("the key sha256:{key}"),
            (None, Some(identity), None) => identity.clone(),
            _ => "nobody".to_owned(),
        };
        writeln!(out, "  by {}", clean(&who))?;
        if signature.scheme.is_some() {
            return notation(signature, signer, out);
        }
        match (&signature.signed_at, signature.logged) {
            (Some(at), true) => writeln!(out, "  at {}, in a transparency log", clean(at))?,
            (Some(at), false) => writeln!(out, "  at {}", clean(at))?,
            (None, true) => writeln!(out, "  in a transparency log")?,
            (None, false) => writeln!(out, "  in no transparency log that was checked")?,
        }
    }
    for (label, said) in [
        ("says", &signature.predicate_type),
        ("built by", &signature.builder),
        ("from", &signature.source),
        ("commit", &signature.commit),
    ] {
        if let Some(said) = said {
            writeln!(out, "  {label} {}", clean(said))?;
        }
    }
    annotations(signature, out)
}

/// What there is to say of a signature of Notation.
fn notation(
    signature: &ImageSignature,
    signer: &ImageSigner,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if let Some(certificate) = &signer.certificate {
        writeln!(out, "  with the certificate sha256:{certificate}")?;
    }
    if let (Some(authority), Some(certificate)) = (&signer.authority, &signer.authority_certificate)
    {
        let authority = clean(authority);
        writeln!(out, "  under {authority}, sha256:{certificate}")?;
    }
    for (label, said) in [
        ("at", &signature.signed_at),
        ("at, as only the signer says,", &signature.claimed_at),
        ("until", &signature.expires_at),
    ] {
        if let Some(said) = said {
            writeln!(out, "  {label} {}", clean(said))?;
        }
    }
    for unenforced in &signature.not_enforced {
        let (check, reason) = (unenforced.check, clean(&unenforced.reason));
        writeln!(out, "  {check} is not demanded: {reason}")?;
    }
    annotations(signature, out)
}

fn annotations(signature: &ImageSignature, out: &mut dyn io::Write) -> io::Result<()> {
    for (key, said) in &signature.annotations {
        let said = said
            .as_str()
            .map_or_else(|| said.to_string(), str::to_owned);
        writeln!(out, "  {}={}", clean(key), clean(&said))?;
    }
    Ok(())
}

/// The answer, in one line.
fn verdict(report: &VerificationReport) -> String {
    let wanted = &report.wanted;
    let who = match (&wanted.key, &wanted.identity, &wanted.issuer) {
        (Some(key), ..) => format!("the key sha256:{key}"),
        (None, Some(identity), Some(issuer)) => format!("{identity}, known to {issuer}"),
        _ => match (&wanted.policy, &wanted.subject) {
            (Some(policy), _) => format!("whom the policy {} names", policy.name),
            (None, Some(subject)) if subject == "*" => {
                "anybody under the certificates that are given".to_owned()
            }
            (None, Some(subject)) => format!("{subject}, under the certificates that are given"),
            (None, None) => "nobody".to_owned(),
        },
    };
    let (mut what, mut done) = match &wanted.attestation {
        Some(predicate) => (format!("attestation {predicate}"), "attested".to_owned()),
        None => ("signature".to_owned(), "signed".to_owned()),
    };
    let built = [
        ("built by", &wanted.builder),
        ("built from", &wanted.source),
    ];
    let built = built.map(|(how, wanted)| wanted.as_ref().map(|wanted| format!("{how} {wanted}")));
    let built: Vec<String> = built.into_iter().flatten().collect();
    if !built.is_empty() {
        let built = built.join(", ");
        what = format!("{what}, {built},");
        done = format!("{}, {done}", clean(&built));
    }
    let (what, who) = (clean(&what), clean(&who));
    if report.is_verified {
        let mut unenforced = report.unenforced().peekable();
        if unenforced.peek().is_some() {
            let all: Vec<_> = unenforced.collect();
            return format!(
                "verified: {done} by {who}; not demanded, and not known to hold: {}",
                all.join(", ")
            );
        }
        format!("verified: {done} by {who}")
    } else if let Some(packages) = report
        .packages
        .as_ref()
        .filter(|it| !it.unlisted.is_empty())
    {
        let count = crate::words::count_words(packages.unlisted.len(), "package");
        format!("not verified: the image holds {count} that the {what} by {who} does not list")
    } else if !report.is_intact {
        "not verified: the image holds something else than its manifest names".to_owned()
    } else if let Some(policy) = skipping(wanted) {
        let name = clean(&policy.name);
        format!("not known: the policy {name} skips verification, and nobody looked")
    } else if report.is_undecided() {
        format!(
            "not known: what could not be read may be the {what} by {who}, or part of the image"
        )
    } else {
        format!("not verified: no {what} by {who}")
    }
}

/// The policy, where it asks for nobody.
fn skipping(wanted: &VerificationWanted) -> Option<&WantedPolicy> {
    wanted
        .policy
        .as_ref()
        .filter(|policy| policy.level == "skip")
}
