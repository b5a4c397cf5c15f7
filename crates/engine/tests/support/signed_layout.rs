//! An OCI layout with an image and what says who signed it, made with keys that nobody else has.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// What stands before the point of a key on P-256: RFC 5480.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A key that signs.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let signing = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref(), &random).expect("a key"))
    }

    pub(crate) fn public_pem(&self) -> String {
        let key = STANDARD.encode([P256, self.0.public_key().as_ref()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        let signature = self.0.sign(&SystemRandom::new(), message);
        STANDARD.encode(signature.expect("a signature"))
    }

    /// An envelope as `cosign attest` makes it.
    pub(crate) fn envelope(&self, statement: &Value) -> Value {
        let kind = "application/vnd.in-toto+json";
        let payload = statement.to_string();
        let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
        json!({
            "payloadType": kind,
            "payload": STANDARD.encode(&payload),
            "signatures": [{ "keyid": "", "sig": self.sign(message.as_bytes()) }],
        })
    }
}

/// A statement of a predicate about an image.
pub(crate) fn statement(image: &str, predicate_type: &str, predicate: &Value) -> Value {
    let digits = image.trim_start_matches("sha256:");
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": predicate_type,
        "subject": [{ "digest": { "sha256": digits }, "annotations": { "team": "shop" } }],
        "predicate": predicate,
    })
}

/// Where a manifest with signatures is named.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// By the name that cosign gives it.
    Named,
    /// By the name that containerd gives it, of a whole reference.
    NamedByContainerd,
    /// As `cosign save` marks it.
    Marked,
}

/// The folder, and its index so far.
pub(crate) struct Layout {
    pub(crate) folder: TempDir,
    /// The digest of the image.
    pub(crate) image: String,
    /// The digest of its only layer.
    pub(crate) layer: String,
    index: Vec<Value>,
}

impl Layout {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir_all(folder.path().join("blobs/sha256")).expect("a folder");
        let mut layout = Self {
            folder,
            image: String::new(),
            layer: String::new(),
            index: Vec::new(),
        };
        // An empty archive is two blocks of nothing.
        let layer = layout.blob(&[0; 1024], "application/vnd.oci.image.layer.v1.tar");
        let config = json!({
            "os": "linux", "architecture": "amd64",
            "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
        });
        let kind = "application/vnd.oci.image.config.v1+json";
        let config = layout.blob(config.to_string().as_bytes(), kind);
        layout.layer = text(&layer["digest"]);
        let mut image = layout.manifest(&json!({ "config": config, "layers": [layer] }));
        layout.image = text(&image["digest"]);
        image["annotations"] = json!({ "org.opencontainers.image.ref.name": "shop:1" });
        layout.index.push(image);
        layout.write();
        layout
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a blob.
    pub(crate) fn file(&self, digest: &str) -> std::path::PathBuf {
        let name = digest.trim_start_matches("sha256:");
        self.path().join("blobs/sha256").join(name)
    }

    /// A payload as `cosign sign` makes it.
    pub(crate) fn payload(&self) -> Vec<u8> {
        payload(&self.image)
    }

    /// Signatures as `cosign sign` of version 2 keeps them: a payload and the Base64 of its signature each.
    pub(crate) fn sign(&mut self, place: Place, signed: &[(Vec<u8>, String)]) {
        let mut blobs = BTreeMap::new();
        let layers: Vec<_> = signed
            .iter()
            .map(|(payload, signature)| {
                let blob = blobs.entry(payload);
                let mut layer = blob
                    .or_insert_with(|| self.blob(payload, SIMPLE_SIGNING))
                    .clone();
                layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": signature });
                layer
            })
            .collect();
        self.attach(place, "sig", &layers);
    }

    /// Attestations as `cosign attest` of version 2 keeps them.
    pub(crate) fn attest(&mut self, place: Place, envelopes: &[Value]) {
        let layers = envelopes.iter().map(|envelope| {
            let mut layer = self.blob(envelope.to_string().as_bytes(), ENVELOPE);
            layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": "" });
            layer
        });
        let layers: Vec<_> = layers.collect();
        self.attach(place, "att", &layers);
    }

    /// Puts the image into an index with one entry for each architecture; gives the digests of the index and of the
    /// last image.
    pub(crate) fn wrap(&mut self, architectures: &[&str]) -> (String, String) {
        let entry = self.index.remove(0);
        let manifest = fs::read(self.file(&self.image)).expect("a file");
        let manifest: Value = serde_json::from_slice(&manifest).expect("a manifest");
        let images = architectures.iter().map(|architecture| {
            let mut one = manifest.clone();
            one["annotations"] = json!({ "for": architecture });
            let mut image = self.manifest(&one);
            image["platform"] = json!({ "os": "linux", "architecture": architecture });
            image
        });
        let images: Vec<_> = images.collect();
        let last = images.last().expect("an image")["digest"].clone();
        let index = json!({ "schemaVersion": 2, "manifests": images });
        let kind = "application/vnd.oci.image.index.v1+json";
        let mut index = self.blob(index.to_string().as_bytes(), kind);
        index["annotations"] = entry["annotations"].clone();
        let digest = text(&index["digest"]);
        self.index.insert(0, index);
        self.write();
        (digest, text(&last))
    }

    /// Puts another image beside the entries of the outermost index, or with an index beside those of it: what else
    /// its entry says, and its manifest.
    pub(crate) fn hide(&mut self, is_nested: bool, entry: &Value, manifest: &Value) {
        let bytes = fs::read(self.file(&self.image)).expect("a file");
        let mut other: Value = serde_json::from_slice(&bytes).expect("a manifest");
        other["annotations"] = json!({ "for": "somebody else" });
        merge(&mut other, manifest);
        let mut other = self.manifest(&other);
        merge(&mut other, entry);
        if !is_nested {
            self.index.push(other);
            return self.write();
        }
        let mut first = self.index.remove(0);
        let named = json!({ "annotations": first["annotations"] });
        first["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        let index = json!({ "schemaVersion": 2, "manifests": [first, other] });
        let kind = "application/vnd.oci.image.index.v1+json";
        let mut index = self.blob(index.to_string().as_bytes(), kind);
        merge(&mut index, &named);
        self.index.insert(0, index);
        self.write();
    }

    /// Signs any digest as if it were the image's.
    pub(crate) fn sign_as(&mut self, digest: &str, key: &Key) {
        let payload = payload(digest);
        let signature = key.sign(&payload);
        let image = std::mem::replace(&mut self.image, digest.to_owned());
        self.sign(Place::Named, &[(payload, signature)]);
        self.image = image;
    }

    fn attach(&mut self, place: Place, end: &str, layers: &[Value]) {
        let mut manifest = self.manifest(&json!({
            "config": self.blob(b"{}", "application/vnd.oci.image.config.v1+json"),
            "layers": layers,
        }));
        let tag = format!("{}.{end}", self.image.replace(':', "-"));
        let annotations = match place {
            Place::Named => [("org.opencontainers.image.ref.name", tag)],
            Place::NamedByContainerd => [(
                "io.containerd.image.name",
                format!("registry.example/shop:{tag}"),
            )],
            Place::Marked => [("kind", format!("dev.cosignproject.cosign/{end}s"))],
        };
        manifest["annotations"] = json!(BTreeMap::from(annotations));
        self.index.push(manifest);
        self.write();
    }

    /// A bundle over an envelope, as a manifest that refers to the image; named by the index or by nothing.
    pub(crate) fn refer(&mut self, envelope: &Value, is_named: bool) -> String {
        let bundle = json!({
            "mediaType": BUNDLE,
            "verificationMaterial": { "publicKey": { "hint": "" } },
            "dsseEnvelope": envelope,
        });
        self.refer_with(bundle.to_string().as_bytes(), is_named)
    }

    /// Any bundle.
    pub(crate) fn refer_with(&mut self, bundle: &[u8], is_named: bool) -> String {
        let layer = self.blob(bundle, BUNDLE);
        let digest = text(&layer["digest"]);
        let manifest = self.manifest(&json!({
            "artifactType": BUNDLE,
            "config": self.blob(b"{}", "application/vnd.oci.empty.v1+json"),
            "layers": [layer],
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": self.image, "size": 1 },
        }));
        if is_named {
            self.index.push(manifest);
            self.write();
        }
        digest
    }

    fn manifest(&self, fields: &Value) -> Value {
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let mut manifest = json!({ "schemaVersion": 2, "mediaType": kind });
        for (key, value) in fields.as_object().expect("fields") {
            manifest[key] = value.clone();
        }
        self.blob(manifest.to_string().as_bytes(), kind)
    }

    /// Writes a blob and describes it.
    fn blob(&self, bytes: &[u8], media_type: &str) -> Value {
        let digest = ringwall_image::Digest::new(Sha256::digest(bytes).into());
        fs::write(self.file(&digest.to_string()), bytes).expect("a file");
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    fn write(&self) {
        let index = json!({ "schemaVersion": 2, "manifests": self.index });
        fs::write(self.path().join("index.json"), index.to_string()).expect("a file");
        let version = r#"{"imageLayoutVersion":"1.0.0"}"#;
        fs::write(self.path().join("oci-layout"), version).expect("a file");
    }
}

fn merge(into: &mut Value, fields: &Value) {
    for (key, value) in fields.as_object().expect("fields") {
        into[key] = value.clone();
    }
}

/// A payload that names an image.
pub(crate) fn payload(image: &str) -> Vec<u8> {
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": "registry.example/shop" },
            "image": { "docker-manifest-digest": image },
            "type": "cosign container image signature",
        },
        "optional": { "team": "shop" },
    });
    payload.to_string().into_bytes()
}

fn text(digest: &Value) -> String {
    digest.as_str().expect("a digest").to_owned()
}
