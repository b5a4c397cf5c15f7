//! Registries that send elsewhere.

use std::fs;

use ringwall_registry::Settings;

use crate::{
    image::{Shelf, assert_has, open_with, read, refusal, settings},
    server::{Server, send},
};

/// Sends every blob to another place.
fn sending(to: impl Fn(&str) -> String + Send + Sync + 'static, with_login: bool) -> Server {
    let shelf = Shelf::new();
    Server::start(move |request, stream| {
        if with_login && request.header("authorization") != Some("Basic dTpwYXNz") {
            let header = "WWW-Authenticate: Basic realm=\"x\"\r\n";
            send(stream, "401 Unauthorized", header, b"");
        } else if request.target.contains("/blobs/") {
            let header = format!("Location: {}\r\n", to(&request.target));
            send(stream, "307 Temporary Redirect", &header, b"");
        } else {
            shelf.answer(request, stream);
        }
    })
}

/// Settings with the login `u`, `pass`.
fn with_login(server: &Server) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let address = server.address;
    let text = format!(r#"{{"auths": {{"{address}": {{"auth": "dTpwYXNz"}}}}}}"#);
    fs::write(&file, text).unwrap();
    let settings = Settings {
        credential_files: vec![file],
        ..settings()
    };
    (folder, settings)
}

#[test]
fn another_host_does_not_get_the_login() {
    let shelf = Shelf::new();
    let storage = Server::start(move |request, stream| shelf.answer(request, stream));
    let place = storage.address;
    let server = sending(
        move |target| format!("http://{place}/storage{target}"),
        true,
    );
    let (_folder, settings) = with_login(&server);
    let image = open_with(&server, ":1", None, &settings).unwrap();
    assert!(read(&image).iter().all(|layer| layer.damage.is_none()));
    let seen = storage.seen();
    assert_eq!(seen.len(), 3);
    for request in seen {
        assert_eq!(request.header("authorization"), None, "{}", request.target);
    }
    // The registry itself was told who asks.
    assert!(
        server
            .seen()
            .iter()
            .any(|it| it.header("authorization").is_some())
    );
}

#[test]
fn another_host_cannot_ask_for_the_login() {
    let storage = Server::start(|request, stream| {
        let host = request.header("host").unwrap();
        let header = format!("WWW-Authenticate: Bearer realm=\"http://{host}/token\"\r\n");
        send(stream, "401 Unauthorized", &header, b"");
    });
    let place = storage.address;
    let server = sending(move |target| format!("http://{place}{target}"), true);
    let (_folder, settings) = with_login(&server);
    let error = open_with(&server, ":1", None, &settings).unwrap_err();
    assert_has(&error.to_string(), &["401"]);
    assert_eq!(storage.count("token"), 0);
    for request in storage.seen() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn the_same_host_gets_the_login_again() {
    let shelf = Shelf::new();
    let server = Server::start(move |request, stream| {
        if request.header("authorization") != Some("Basic dTpwYXNz") {
            let header = "WWW-Authenticate: Basic realm=\"x\"\r\n";
            send(stream, "401 Unauthorized", header, b"");
        } else if request.target.starts_with("/v2/") {
            let header = format!("Location: /moved{}\r\n", request.target);
            send(stream, "302 Found", &header, b"");
        } else {
            shelf.answer(request, stream);
        }
    });
    let (_folder, settings) = with_login(&server);
    let image = open_with(&server, ":1", None, &settings).unwrap();
    assert!(read(&image).iter().all(|layer| layer.damage.is_none()));
}

#[test]
fn circles_end() {
    let server = sending(str::to_owned, false);
    assert_has(&refusal(&server, ":1"), &["redirects more than 5 times"]);
    assert_eq!(server.count("/blobs/"), 6);
}

#[test]
fn places_that_are_not_safe_are_not_gone_to() {
    for (place, expected) in [
        ("http://192.0.2.1/x", "http://192.0.2.1, which is not safe"),
        ("file:///etc/passwd", "file://no host, which is not safe"),
        ("ftp://example.com/", "which is not safe"),
        ("http://", "redirects to no address"),
    ] {
        let server = sending(move |_| place.to_owned(), false);
        let told = refusal(&server, ":1");
        // This registry may be asked without TLS, being on this machine; nobody else may.
        assert_has(&told, &[expected]);
    }
}
