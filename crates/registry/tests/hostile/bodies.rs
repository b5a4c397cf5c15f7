//! Answers that are too long, too short, or not what they should be.

use std::io::{Read, Write};

use crate::{
    MEMORY,
    image::{Shelf, assert_has, damage, digest, open, read, refusal, registry},
    server::{Server, send, send_for_ever, start},
};

/// Some times what is read at once, and far less than what these servers send.
pub(crate) const MOST_MEGABYTES: f32 = 100.0;

/// Part of the addresses of layers that are larger than any other blob here.
fn is_first_layer(shelf: &Shelf, target: &str) -> bool {
    target.ends_with(&shelf.layers[0])
}

#[test]
fn an_image_is_read() {
    let server = registry(|_, _, _| false);
    let image = open(&server, ":1").unwrap();
    let layers = read(&image);
    assert_eq!(layers.len(), 2);
    assert!(layers.iter().all(|layer| layer.damage.is_none()));
    assert_eq!(layers[0].files[0].path, "var/lib/dpkg/status");
    // By its digest it is the same one.
    let by_digest = format!("@{}", image.digest.unwrap());
    assert_eq!(open(&server, &by_digest).unwrap().digest, image.digest);
    assert_eq!(image.names, [format!("{}/a/b:1", server.address)]);
}

#[test]
fn a_layer_is_read_while_it_is_downloaded() {
    let (read_some, may_go_on) = std::sync::mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let server = registry(move |shelf, request, stream| {
        if !is_first_layer(shelf, &request.target) {
            return false;
        }
        let bytes = shelf.find(&request.target).unwrap();
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        start(
            stream,
            "200 OK",
            &format!("Content-Length: {}\r\n", bytes.len()),
        );
        stream.write_all(first).unwrap();
        // The rest comes only once the start was read.
        may_go_on.lock().unwrap().recv().unwrap();
        stream.write_all(rest).unwrap();
        true
    });
    let layer = &open(&server, ":1").unwrap().layers[0];
    let mut stream = layer.open().unwrap();
    let mut start = vec![0; 100_000];
    stream.read_exact(&mut start).unwrap();
    read_some.send(()).unwrap();
    let rest = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert_eq!(start.len() as u64 + rest, layer.size_bytes);
}

#[test]
fn a_manifest_of_a_gigabyte_is_not_read() {
    let server = Server::start(|_, stream| {
        start(stream, "200 OK", "Content-Length: 1073741824\r\n");
        let zeros = vec![0; 1 << 20];
        for _ in 0..1024 {
            if stream.write_all(&zeros).is_err() {
                break;
            }
        }
    });
    let told = refusal(&server, ":1");
    assert_has(&told, &["manifests/1 is larger than 8 MiB", "127.0.0.1"]);
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn documents_without_end_are_not_read() {
    let server = Server::start(|_, stream| send_for_ever(stream));
    assert_has(&refusal(&server, ":1"), &["is larger than 8 MiB"]);
    let server = registry(|shelf, request, stream| {
        let is_config = request.target.contains("/blobs/");
        if is_config && !shelf.layers.iter().any(|it| request.target.ends_with(it)) {
            send_for_ever(stream);
            return true;
        }
        false
    });
    assert_has(&refusal(&server, ":1"), &["blobs/", "is larger than 8 MiB"]);
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn headers_without_end_are_not_read() {
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Header: value\r\n").is_ok() {}
    });
    assert_has(&refusal(&server, ":1"), &["cannot reach"]);
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn a_layer_without_end_is_read_to_its_size() {
    let server = registry(|shelf, request, stream| {
        let is_first = is_first_layer(shelf, &request.target);
        if is_first {
            start(stream, "200 OK", "Transfer-Encoding: chunked\r\n");
            let bytes = shelf.find(&request.target).unwrap();
            let _ = write!(stream, "{:x}\r\n", bytes.len());
            let _ = stream.write_all(bytes);
            while stream.write_all(b"\r\n1\r\n ").is_ok() {}
        }
        is_first
    });
    assert_has(&damage(&server).unwrap(), &["goes on after the"]);
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn a_layer_of_another_length_is_not_read() {
    for change in [-1, 1] {
        let server = registry(move |shelf, request, stream| {
            let is_first = is_first_layer(shelf, &request.target);
            if is_first {
                let bytes = shelf.find(&request.target).unwrap();
                let length = bytes.len().saturating_add_signed(change);
                let mut bytes = bytes.clone();
                bytes.resize(length, 0);
                send(stream, "200 OK", "", &bytes);
            }
            is_first
        });
        assert_has(
            &damage(&server).unwrap(),
            &["a layer has", "where the manifest says"],
        );
        // Asking again would not change it.
        assert_eq!(server.count("blobs"), 3);
    }
}

#[test]
fn a_layer_of_another_digest_is_damaged_and_still_judged() {
    let server = registry(|shelf, request, stream| {
        let is_first = is_first_layer(shelf, &request.target);
        if is_first {
            let mut bytes = shelf.find(&request.target).unwrap().clone();
            // The time of packing in the header of gzip: what is unpacked stays the same.
            bytes[4] ^= 1;
            send(stream, "200 OK", "", &bytes);
        }
        is_first
    });
    let image = open(&server, ":1").unwrap();
    let layers = read(&image);
    let damage = layers[0].damage.as_deref().unwrap();
    let stated = image.layers[0].digest.unwrap().to_string();
    assert_has(
        damage,
        &["the manifest says that its digest is", &stated, "and it is"],
    );
    assert_eq!(layers[0].files[0].path, "var/lib/dpkg/status");
    assert_eq!(layers[1].damage, None);
}

#[test]
fn documents_of_another_digest_are_refused() {
    let server = registry(|_, _, _| false);
    let other = digest(b"another");
    let lying = registry(move |shelf, request, stream| {
        let is_manifest = request.target.contains("/manifests/sha256:");
        if is_manifest {
            send(stream, "200 OK", "", shelf.find("manifests/1").unwrap());
        }
        is_manifest
    });
    let told = refusal(&lying, &format!("@{other}"));
    assert_has(&told, &["the manifest", &other, "has the digest"]);
    // An honest registry has no such manifest.
    assert_has(
        &refusal(&server, &format!("@{other}")),
        &["has no manifests/"],
    );
    let lying = registry(|shelf, request, stream| {
        let is_config = request.target.contains("/blobs/");
        if is_config {
            send(
                stream,
                "200 OK",
                "",
                shelf.find(&format!("blobs/{}", shelf.layers[1])).unwrap(),
            );
        }
        is_config
    });
    assert_has(
        &refusal(&lying, ":1"),
        &["the configuration", "has the digest"],
    );
    let lying = registry(move |shelf, request, stream| {
        let is_tag = request.target.ends_with("/manifests/1");
        if is_tag {
            let header = format!("Docker-Content-Digest: {}\r\n", digest(b"x"));
            send(
                stream,
                "200 OK",
                &header,
                shelf.find("manifests/1").unwrap(),
            );
        }
        is_tag
    });
    assert_has(&refusal(&lying, ":1"), &["has the digest"]);
}

#[test]
fn nonsense_is_no_image() {
    for (body, expected) in [
        ("", "cannot be understood"),
        ("<html>", "cannot be understood"),
        ("[]", "cannot be understood"),
        ("{}", "names no configuration and no images"),
        (
            r#"{"config": {"digest": "md5:1", "size": 1}}"#,
            "cannot be understood",
        ),
    ] {
        let server = Server::start(move |_, stream| send(stream, "200 OK", "", body.as_bytes()));
        let told = refusal(&server, ":1");
        assert_has(&told, &["is no container image", expected]);
    }
}
