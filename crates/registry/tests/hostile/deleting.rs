//! What is deleted: in the registry itself and nowhere else, and not without a right.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use ringwall_image::Digest;
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{DeletableRepository, HostSettings, RegistryError, Settings};

use crate::{
    image::{assert_has, digest, settings},
    server::{Request, Server, send},
};

fn delete(server: &Server, settings: &Settings) -> Result<bool, RegistryError> {
    let name = format!("{}/a/b", server.address);
    let repository = DeletableRepository::new(&ImageReference::parse(&name).unwrap(), settings)?;
    let digest: Digest = digest(b"{}").parse().unwrap();
    repository.delete(&digest)
}

/// A registry with one manifest, which answers a deletion with a status.
fn answering(status: &'static str, headers: String, body: &'static str) -> Server {
    Server::start(move |request, stream| match &*request.method {
        "DELETE" => send(stream, status, &headers, body.as_bytes()),
        _ => send(stream, "200 OK", "", b"{}"),
    })
}

fn deleted(server: &Server) -> Vec<Request> {
    let seen = server.seen().into_iter();
    seen.filter(|it| it.method == "DELETE").collect()
}

#[test]
fn a_manifest_is_deleted_by_its_digest() {
    let server = answering("202 Accepted", String::new(), "");
    assert!(delete(&server, &settings()).unwrap());
    let seen = deleted(&server);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].target,
        format!("/v2/a/b/manifests/{}", digest(b"{}"))
    );
    // What is gone already is no error.
    let server = Server::start(|_, stream| send(stream, "404 Not Found", "", b""));
    assert!(!delete(&server, &settings()).unwrap());
    assert!(deleted(&server).is_empty());
    let server = answering("404 Not Found", String::new(), "");
    assert!(!delete(&server, &settings()).unwrap());
}

#[test]
fn what_is_not_what_its_digest_says_is_left_alone() {
    let server = Server::start(|_, stream| send(stream, "200 OK", "", b"{\"other\": 1}"));
    let error = delete(&server, &settings()).unwrap_err();
    assert_has(&error.to_string(), &["has the digest"]);
    assert!(deleted(&server).is_empty());
}

#[test]
fn a_registry_that_deletes_nothing_says_so() {
    for status in ["405 Method Not Allowed", "501 Not Implemented"] {
        let server = answering(status, String::new(), "");
        let error = delete(&server, &settings()).unwrap_err();
        assert!(
            matches!(error, RegistryError::DeletesNothing { .. }),
            "{error}"
        );
        assert_has(
            &error.to_string(),
            &["deletes no manifests", "storage.delete.enabled"],
        );
        assert_eq!(deleted(&server).len(), 1, "that does not pass");
    }
    let body = r#"{"errors": [{"code": "DENIED", "message": "the tag is immutable\u001b[31m"}]}"#;
    let server = answering("400 Bad Request", String::new(), body);
    let error = delete(&server, &settings()).unwrap_err().to_string();
    assert_has(&error, &["400", "DENIED: the tag is immutable"]);
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn failures_that_may_pass_are_tried_again() {
    let failed = AtomicUsize::new(0);
    let server = Server::start(move |request, stream| {
        let is_early =
            failed.fetch_add(usize::from(request.method == "DELETE"), Ordering::Relaxed) < 2;
        match &*request.method {
            "DELETE" if is_early => send(stream, "503 Service Unavailable", "", b""),
            "DELETE" => send(stream, "202 Accepted", "", b""),
            _ => send(stream, "200 OK", "", b"{}"),
        }
    });
    assert!(delete(&server, &settings()).unwrap());
    assert_eq!(deleted(&server).len(), 3);
}

#[test]
fn mirrors_and_other_hosts_delete_nothing() {
    let other = Server::start(|_, stream| send(stream, "200 OK", "", b"{}"));
    let server = answering(
        "307 Temporary Redirect",
        format!("Location: http://{}/x\r\n", other.address),
        "",
    );
    let host = HostSettings {
        mirrors: vec![other.address.to_string()],
        ..HostSettings::default()
    };
    let settings = Settings {
        hosts: BTreeMap::from([(server.address.to_string(), host)]),
        ..settings()
    };
    let error = delete(&server, &settings).unwrap_err();
    assert_has(&error.to_string(), &["redirects what is sent to it"]);
    assert_eq!(other.seen().len(), 0);
}

#[test]
fn a_token_is_asked_for_that_may_delete() {
    let tokens = Server::start(|_, stream| send(stream, "200 OK", "", br#"{"token": "t"}"#));
    let realm = tokens.address;
    let server = Server::start(move |request, stream| {
        if request.header("authorization") != Some("Bearer t") {
            let header = format!(
                "WWW-Authenticate: Bearer realm=\"http://{realm}/token\",service=\"s\",scope=\"repository:a/b:pull\"\r\n"
            );
            return send(stream, "401 Unauthorized", &header, b"");
        }
        match &*request.method {
            "DELETE" => send(stream, "403 Forbidden", "", b""),
            _ => send(stream, "200 OK", "", b"{}"),
        }
    });
    let error = delete(&server, &settings()).unwrap_err();
    assert_has(&error.to_string(), &["denies access to a/b"]);
    assert_eq!(
        tokens.seen()[0].target,
        "/token?scope=repository%3Aa%2Fb%3Apull%2Cdelete&scope=repository%3Aa%2Fb%3Apull&service=s"
    );
}
