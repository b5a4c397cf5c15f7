//! `ringwall image verify`.

pub(super) mod notation;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, anyhow, bail};
use ringwall_collect::{
    image::{ImageError, open_signatures},
    read_text,
};
use ringwall_engine::{DemandedSigner, SignatureDemand, compare_packages};
use ringwall_image::SignedImage;
use ringwall_input::image_reference::ImageReference;
use ringwall_report::{
    VerificationGap, VerificationReport, VerificationRoot, VerificationWanted, VerifiedImage,
    verification_json, verification_text,
};
use ringwall_trust::{
    Identity, LogUse, Pattern, ProvenanceRules, PublicKey, Signer, TrustRoot, is_provenance,
    is_sbom, predicate_type,
};

use super::{
    config,
    image_scan::{Request, Scanner, parse_platform},
    registry, trust, trusted,
};
use crate::{
    args::{
        TextOrJson,
        db::DatabaseArgs,
        image::verify::{ImageVerifyArgs, SaidArgs, SignerArgs},
        image::{PlaceArgs, ReadingArgs},
    },
    exit::Exit,
    output,
    workflow_commands::ForPeople,
};

pub(super) fn run(args: &ImageVerifyArgs) -> Result<Exit> {
    let platform = args.platform.as_deref().map(parse_platform).transpose()?;
    let text = args.image.to_string_lossy();
    let reference = if registry::is_file(&args.image)? {
        None
    } else {
        Some(registry::reference(&text)?)
    };
    // What is wrong with the flags or the configuration is told before anybody is asked.
    if args.what.compare_packages {
        let wanted = args.what.attestation.as_deref().unwrap_or_default();
        if !is_sbom(&attestation(wanted, "--attestation")?) {
            bail!(
                "--compare-packages: an attestation of the type {wanted} lists no packages; spdx and cyclonedx do"
            );
        }
    }
    let demands = if args.notation.certificate.is_some() || args.notation.notation_policy.is_some()
    {
        vec![given_notation(args, reference.as_ref())?]
    } else if is_given(&args.who) {
        vec![demand(&args.who, Some(&args.what))?]
    } else {
        configured(args, reference.as_ref())?
    };
    let name = ringwall_collect::printed_name(&args.image);
    let report = if let Some(reference) = reference {
        let settings = registry::settings(&args.registry, args.config.as_ref())?;
        let image = ringwall_registry::open_signatures(&reference, platform.as_ref(), &settings)?;
        verify(args, &image, &name, &demands)?
    } else {
        match open_signatures(&args.image, platform.as_ref()) {
            Ok(image) => verify(args, &image, &name, &demands)?,
            Err(
                error @ (ImageError::Platforms { .. }
                | ImageError::Several { .. }
                | ImageError::Unclear { .. }),
            ) => {
                return Err(error.into());
            }
            Err(error) => unreadable(name, &demands, &error),
        }
    };
    let mut out = output::open(args.output_file.as_deref())?;
    match args.output {
        TextOrJson::Text => verification_text(&report, &mut ForPeople::new(&mut *out))?,
        TextOrJson::Json => verification_json(&report, &mut *out)?,
    }
    out.flush()?;
    Ok(if report.is_verified {
        Exit::Clean
    } else if report.is_undecided() {
        Exit::Incomplete
    } else {
        Exit::Findings
    })
}

/// Whether a flag says who has to have signed.
pub(super) const fn is_given(who: &SignerArgs) -> bool {
    who.key.is_some() || who.identity.is_some() || who.identity_regexp.is_some()
}

/// Those whom the configuration names for an image of a registry, of whom there is at least one.
///
/// Of a layout they are not looked for: what it is called says whoever made it, who would so choose whom to trust.
fn configured(
    args: &ImageVerifyArgs,
    reference: Option<&ImageReference<'_>>,
) -> Result<Vec<SignatureDemand>> {
    let Some(reference) = reference else {
        bail!(
            "nobody is named who has to have signed {}: give --key, --identity and --issuer, or --certificate and --subject",
            args.image.display()
        );
    };
    let (config, source) = config::load(args.config.as_deref(), Path::new("."))?;
    let name = reference.name();
    let demands = trusted::demands(&config, &source.name, &name, &args.what)?;
    if demands.is_empty() {
        bail!(
            "nobody is named who has to have signed {name}: give --key, --identity and --issuer, or --certificate and --subject, or a [[trust]] about it in ringwall.toml"
        );
    }
    Ok(demands)
}

/// Who signed the image, and where that is asked for, whether it holds what is attested.
fn verify(
    args: &ImageVerifyArgs,
    image: &SignedImage,
    name: &str,
    demands: &[SignatureDemand],
) -> Result<VerificationReport> {
    let (mut report, sboms) = trusted::verify(image, name, demands);
    if !args.what.compare_packages || !report.is_verified {
        return Ok(report);
    }
    let place = PlaceArgs {
        from: None,
        containerd_root: None,
        containerd_namespace: None,
    };
    let reading = ReadingArgs {
        no_secrets: true,
        no_cache: false,
        yara: Vec::new(),
    };
    let scanner = Scanner::new(Request {
        place: &place,
        platform: args.platform.as_deref(),
        registry: &args.registry,
        database: &DatabaseArgs { database: None },
        config: args.config.as_ref(),
        vex: &[],
        ignore_files: &[],
        reading: &reading,
        as_of: None,
    })?;
    let found = scanner.scan(&args.image)?;
    let digest = found.image.digest.as_deref().unwrap_or_default();
    if !report.image.digests.iter().any(|it| it == digest) {
        bail!(
            "--compare-packages: {name} leads to {digest}, and the attestation is about another image; name one by --platform or by its digest"
        );
    }
    compare_packages(&mut report, &sboms, &found);
    Ok(report)
}

/// An image that cannot be read may be signed or not.
fn unreadable(name: String, demands: &[SignatureDemand], error: &ImageError) -> VerificationReport {
    VerificationReport {
        image: VerifiedImage {
            name,
            ..VerifiedImage::default()
        },
        wanted: demands
            .first()
            .map(|demand| demand.wanted.clone())
            .unwrap_or_default(),
        is_intact: true,
        checked_at: Some(trusted::now()),
        not_assessed: vec![VerificationGap {
            id: "unreadable-image",
            reason: error.to_string(),
            ..VerificationGap::default()
        }],
        ..VerificationReport::default()
    }
}

/// Whom flags name, as `notation` signs.
fn given_notation(
    args: &ImageVerifyArgs,
    reference: Option<&ImageReference<'_>>,
) -> Result<SignatureDemand> {
    let name = reference.map(ImageReference::name);
    let scope = match (&name, &args.notation.notation_scope) {
        (Some(_), Some(_)) => {
            bail!("--notation-scope is for layouts: an image in a registry has a repository")
        }
        (Some(name), None) => Some(&**name),
        (None, scope) => scope.as_deref(),
    };
    notation::demand(&args.notation, scope, &args.what)
}

/// Who has to have signed, and what it has to say where it is more than a signature.
pub(super) fn demand(who: &SignerArgs, what: Option<&SaidArgs>) -> Result<SignatureDemand> {
    let (signer, root, mut wanted) = sigstore(who)?;
    let mut built = ProvenanceRules::default();
    if let Some(what) = what {
        wanted.attestation = what
            .attestation
            .as_deref()
            .map(|name| attestation(name, "--attestation"))
            .transpose()?;
        wanted.annotations = annotations(&what.annotations)?;
        built = provenance(what, &mut wanted)?;
    }
    Ok(SignatureDemand {
        built,
        signer: DemandedSigner::Sigstore {
            signer,
            root: Box::new(root),
        },
        wanted,
    })
}

/// How it has to have been built.
fn provenance(what: &SaidArgs, wanted: &mut VerificationWanted) -> Result<ProvenanceRules> {
    let rule = |flag, exact: &Option<String>, regex: &Option<String>| {
        if exact.is_none() && regex.is_none() {
            return Ok((None, None));
        }
        if !wanted.attestation.as_deref().is_some_and(is_provenance) {
            bail!(
                "{flag} is for an attestation that says how an image was built: --attestation slsaprovenance1 or slsaprovenance"
            );
        }
        let (pattern, told) = pattern(exact.as_ref(), regex.as_ref()).context(flag)?;
        Ok((Some(pattern), Some(told)))
    };
    let (builder, by) = rule("--builder", &what.builder, &what.builder_regexp)?;
    let (source, from) = rule("--source", &what.source, &what.source_regexp)?;
    (wanted.builder, wanted.source) = (by, from);
    Ok(ProvenanceRules { builder, source })
}

/// Who has to have signed in the forms of cosign and Sigstore, the authorities and logs that count, and both in words.
pub(super) fn sigstore(who: &SignerArgs) -> Result<(Signer, TrustRoot, VerificationWanted)> {
    let mut wanted = VerificationWanted::default();
    let signer = if let Some(path) = &who.key {
        let key = PublicKey::from_pem(text(path, "--key")?.as_bytes())
            .with_context(|| format!("--key {}", path.display()))?;
        wanted.key = Some(key.fingerprint());
        let log = if who.require_log {
            LogUse::Required
        } else {
            LogUse::Optional
        };
        Signer::Key(key, log)
    } else {
        let (subject, identity) = pattern(who.identity.as_ref(), who.identity_regexp.as_ref())
            .context("--identity-regexp")?;
        let (issuer, known_to) =
            pattern(who.issuer.as_ref(), who.issuer_regexp.as_ref()).context("--issuer-regexp")?;
        (wanted.identity, wanted.issuer) = (Some(identity), Some(known_to));
        Signer::Identity(Identity { issuer, subject })
    };
    let root = if let Some(path) = &who.trust_root {
        let root = TrustRoot::from_json(text(path, "--trust-root")?.as_bytes())
            .with_context(|| format!("--trust-root {}", path.display()))?;
        wanted.trust_root = VerificationRoot {
            file: Some(ringwall_collect::printed_name(path)),
            date: root.newest_start().map(|start| day(&start.to_string())),
            fresh_until: None,
        };
        root
    } else {
        let (root, told) = trust::root()?;
        wanted.trust_root = told;
        root
    };
    if matches!(signer, Signer::Identity(_)) {
        // Else every signature would seem to be a bad one.
        let named = || match &who.trust_root {
            Some(path) => format!("--trust-root {}", path.display()),
            None => "what is kept by `ringwall trust update`".to_owned(),
        };
        root.require_certificates().with_context(named)?;
    }
    Ok((signer, root, wanted))
}

fn pattern(exact: Option<&String>, regex: Option<&String>) -> Result<(Pattern, String)> {
    match (exact, regex) {
        (Some(exact), _) if exact.is_empty() => bail!("an empty name is nobody's"),
        (Some(exact), _) => Ok((Pattern::Exact(exact.clone()), exact.clone())),
        (None, Some(regex)) => Ok((Pattern::regex(regex)?, format!("/{regex}/"))),
        (None, None) => bail!("nobody is named"),
    }
}

/// The type of an attestation, by its short name or a URI.
pub(super) fn attestation(name: &str, flag: &str) -> Result<String> {
    let uri = predicate_type(name).map(str::to_owned);
    uri.ok_or_else(|| anyhow!("{flag}: '{name}' is neither a URI nor one of slsaprovenance, slsaprovenance1, spdxjson, cyclonedx, link, vuln, openvex, custom"))
}

/// Words of a signer.
pub(super) fn annotations(words: &[String]) -> Result<BTreeMap<String, String>> {
    let pairs = words.iter().map(|word| {
        let pair = word.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) =
            pair.with_context(|| format!("--annotation: '{word}' is not of the form KEY=VALUE"))?;
        Ok((key.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

/// The first ten letters of a time.
fn day(time: &str) -> String {
    time.chars().take(10).collect()
}

fn text(path: &Path, flag: &str) -> Result<String> {
    read_text(path).map_err(|reason| anyhow!("{flag}: {} {reason}", path.display()))
}
