//! A small image, as a registry serves it, and reading it.

use std::{collections::BTreeMap, io::Write, net::TcpStream, time::Duration};

use flate2::{Compression, write::GzEncoder};
use ringwall_image::{Layer, LayerReader, Platform, StoredImage};
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{Patience, RegistryError, Settings, open_image};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::{Request, Server, send};

const STATUS: &str = "Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13\n\n";

/// What a repository holds, by the ends of addresses.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    kept: BTreeMap<String, Vec<u8>>,
    pub(crate) layers: Vec<String>,
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let digest = ringwall_image::Digest::new(Sha256::digest(bytes).into());
    digest.to_string()
}

impl Shelf {
    /// An image of two layers under the tag `1`, of which the first has a package.
    pub(crate) fn new() -> Self {
        let mut shelf = Self::default();
        let manifest = shelf.image("amd64");
        shelf.tag("1", &manifest);
        shelf
    }

    pub(crate) fn keep(&mut self, place: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        self.kept
            .insert(format!("{place}/{digest}"), bytes.to_owned());
        json!({"digest": digest, "size": bytes.len()})
    }

    pub(crate) fn tag(&mut self, tag: &str, manifest: &Value) {
        let bytes = manifest.to_string().into_bytes();
        self.kept.insert(format!("manifests/{tag}"), bytes);
        self.keep("manifests", manifest.to_string().as_bytes());
    }

    /// The manifest of an image for a processor, whose name its second layer has in a file.
    pub(crate) fn image(&mut self, architecture: &str) -> Value {
        // What cannot be packed makes the layer larger than what is read at once.
        let noise: Vec<u8> = (0_u32..10_000)
            .flat_map(|number| Sha256::digest(number.to_be_bytes()))
            .collect();
        let files = [
            vec![
                ("var/lib/dpkg/status", STATUS.as_bytes()),
                ("noise", &noise),
            ],
            vec![("etc/os-release", architecture.as_bytes())],
        ];
        let unpacked: Vec<_> = files.iter().map(|files| archive(files)).collect();
        let layers: Vec<_> = unpacked
            .iter()
            .map(|layer| self.keep("blobs", &gzip(layer)))
            .collect();
        let texts = layers.iter().map(|it| it["digest"].as_str().unwrap());
        self.layers = texts.map(str::to_owned).collect();
        let diff_ids: Vec<_> = unpacked.iter().map(|layer| digest(layer)).collect();
        let config =
            json!({"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": diff_ids}});
        let config = self.keep("blobs", config.to_string().as_bytes());
        json!({"schemaVersion": 2, "config": config, "layers": layers})
    }

    /// What is kept at an address.
    pub(crate) fn find(&self, target: &str) -> Option<&Vec<u8>> {
        let found = self.kept.iter().find(|(place, _)| target.ends_with(*place));
        found.map(|(_, bytes)| bytes)
    }

    /// Answers as a registry should.
    pub(crate) fn answer(&self, request: &Request, stream: &mut TcpStream) {
        match self.find(&request.target) {
            Some(bytes) => send(stream, "200 OK", "", bytes),
            None => send(stream, "404 Not Found", "", b"{}"),
        }
    }
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A server that has an image, but for what a test answers itself.
pub(crate) fn registry(
    other: impl Fn(&Shelf, &Request, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> Server {
    let shelf = Shelf::new();
    Server::start(move |request, stream| {
        if !other(&shelf, request, stream) {
            shelf.answer(request, stream);
        }
    })
}

/// Short waits: nothing here is slow for want of time.
pub(crate) fn settings() -> Settings {
    Settings {
        patience: Patience {
            answer: Duration::from_secs(20),
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_secs(5),
            retries: 3,
            ..Patience::default()
        },
        ..Settings::default()
    }
}

/// Opens `a/b` of a server by a tag or digest.
pub(crate) fn open(server: &Server, end: &str) -> Result<StoredImage, RegistryError> {
    open_with(server, end, None, &settings())
}

pub(crate) fn open_with(
    server: &Server,
    end: &str,
    platform: Option<&Platform>,
    settings: &Settings,
) -> Result<StoredImage, RegistryError> {
    let reference = format!("{}/a/b{end}", server.address);
    let reference = ImageReference::parse(&reference).unwrap();
    open_image(&reference, platform, settings)
}

/// What an image is refused for.
pub(crate) fn refusal(server: &Server, end: &str) -> String {
    open(server, end).unwrap_err().to_string()
}

pub(crate) fn read(image: &StoredImage) -> Vec<Layer> {
    let reader = LayerReader::default();
    let layers = image.layers.iter().map(|layer| match layer.open() {
        Ok(packed) => reader.read(packed, layer.size_bytes),
        Err(error) => Layer::unreadable(error.to_string()),
    });
    layers.collect()
}

/// What is wrong with the first layer of an image whose second one is sound.
pub(crate) fn damage(server: &Server) -> Option<String> {
    let layers = read(&open(server, ":1").unwrap());
    assert_eq!(layers[1].damage, None);
    assert_eq!(layers[1].files.len(), 1);
    layers[0].damage.clone()
}

#[track_caller]
pub(crate) fn assert_has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}
