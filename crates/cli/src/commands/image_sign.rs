//! `ringwall image sign` and `ringwall image attest`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_registry::Attachment;
use ringwall_trust::{
    MAX_BYTES, SIGNATURE_PREDICATE, attestation_statement, signature_payload, signature_statement,
    signed_envelope, statement_message,
};

use super::{
    image_verify::{annotations, attestation},
    signing::{Key, Target, read},
};
use crate::{
    args::image::sign::{ImageAttestArgs, ImageSignArgs},
    exit::Exit,
};

/// Where cosign keeps the signature of a layer.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

pub(super) fn sign(args: &ImageSignArgs) -> Result<Exit> {
    let words = annotations(&args.annotations)?;
    if words.len() < args.annotations.len() {
        bail!("--annotation: a key is given more than once");
    }
    let key = Key::load(&args.key)?;
    let target = Target::find(&args.target, &args.registry)?;
    let attached = if args.target.bundle {
        let statement = signature_statement(target.digest().bytes(), &words);
        target.add_bundle(&key, &statement, SIGNATURE_PREDICATE)?
    } else {
        let payload = signature_payload(target.name(), target.digest().bytes(), &words);
        let signature = STANDARD.encode(key.sign(&payload)?);
        let attachment = Attachment {
            media_type: "application/vnd.dev.cosign.simplesigning.v1+json",
            annotations: BTreeMap::from([(SIGNATURE.to_owned(), signature)]),
            bytes: payload,
        };
        // Whoever signs with other keys signs the same bytes.
        let is_same = |annotations: &BTreeMap<String, String>| {
            let signature = annotations.get(SIGNATURE);
            let signature = signature.and_then(|it| STANDARD.decode(it).ok());
            signature.is_some_and(|it| key.public().has_signed(&attachment.bytes, &it))
        };
        target.add_layer(".sig", &attachment, is_same)?
    };
    target.told("signed", &key, &attached)?;
    Ok(Exit::Clean)
}

pub(super) fn attest(args: &ImageAttestArgs) -> Result<Exit> {
    let kind = attestation(&args.predicate_type, "--type")?;
    if kind == SIGNATURE_PREDICATE {
        bail!(
            "--type: {kind} is what makes a statement a signature, and says nothing else; `ringwall image sign --bundle` signs"
        );
    }
    let key = Key::load(&args.key)?;
    let predicate = read(&args.predicate, "--predicate", MAX_BYTES as u64)?;
    let named = || format!("--predicate {}", args.predicate.display());
    let predicate = std::str::from_utf8(&predicate).with_context(named)?;
    let target = Target::find(&args.target, &args.registry)?;
    let (name, digest) = (target.name(), target.digest().bytes());
    let statement = attestation_statement(name, digest, &kind, predicate).with_context(named)?;
    let attached = if args.target.bundle {
        target.add_bundle(&key, &statement, &kind)?
    } else {
        let signature = key.sign(&statement_message(&statement))?;
        let annotations = [(SIGNATURE, ""), ("predicateType", &kind)];
        let attachment = Attachment {
            media_type: "application/vnd.dsse.envelope.v1+json",
            bytes: signed_envelope(&statement, &signature)?,
            annotations: annotations
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        target.add_layer(".att", &attachment, |_| true)?
    };
    target.told("attested", &key, &attached)?;
    Ok(Exit::Clean)
}
