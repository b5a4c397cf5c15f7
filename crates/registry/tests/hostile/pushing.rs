//! What is written: to the registry itself and nobody else, and not twice.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    net::{SocketAddr, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{
    Attached, Attachment, HostSettings, RegistryError, Settings, WritableRepository, resolve_image,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    MEMORY,
    bodies::MOST_MEGABYTES,
    image::{assert_has, digest, settings},
    server::{Request, Server, send, start},
};

/// A registry that keeps what it gets, but for what a test answers itself.
fn keeping(
    other: impl Fn(&Request, &mut TcpStream) -> bool + Send + Sync + 'static,
    headers: &'static str,
) -> Server {
    let manifest = json!({"schemaVersion": 2, "layers": []}).to_string();
    let kept = BTreeMap::from([("/v2/a/b/manifests/1".to_owned(), manifest)]);
    let kept = Mutex::new(kept);
    Server::start(move |request, stream| {
        if other(request, stream) {
            return;
        }
        let (place, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let mut kept = kept.lock().unwrap();
        match &*request.method {
            "POST" => send(stream, "202 Accepted", "Location: /up/1?state=x\r\n", b""),
            "PUT" => {
                let place = match query.split_once("digest=") {
                    Some((_, digest)) => {
                        format!("/v2/a/b/blobs/{}", digest.replace("%3A", ":"))
                    }
                    None => place.to_owned(),
                };
                kept.insert(place, request.body.clone());
                send(stream, "201 Created", headers, b"");
            }
            method => match kept.get(place) {
                Some(_) if method == "HEAD" => send(stream, "200 OK", "", b""),
                Some(bytes) => send(stream, "200 OK", "", bytes.as_bytes()),
                None => send(stream, "404 Not Found", "", b""),
            },
        }
    })
}

fn repository(server: &Server, settings: &Settings) -> WritableRepository {
    let name = format!("{}/a/b:1", server.address);
    WritableRepository::new(&ImageReference::parse(&name).unwrap(), settings).unwrap()
}

fn attachment() -> Attachment {
    Attachment {
        media_type: "application/x",
        bytes: b"signed".to_vec(),
        annotations: BTreeMap::from([("by".to_owned(), "us".to_owned())]),
    }
}

fn add(server: &Server, settings: &Settings) -> Result<Attached, RegistryError> {
    let repository = repository(server, settings);
    repository.add_layer("sha256-0.sig", &attachment(), |_| true)
}

fn refer(server: &Server) -> Result<Attached, RegistryError> {
    let repository = repository(server, &settings());
    let name = format!("{}/a/b:1", server.address);
    let reference = ImageReference::parse(&name).unwrap();
    let image = resolve_image(&reference, None, repository.repository())?;
    repository.add_referrer(&image, &attachment())
}

/// With the login `u`, `pass` to a server.
fn with_login(server: SocketAddr) -> (TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let text = format!(r#"{{"auths": {{"{server}": {{"auth": "dTpwYXNz"}}}}}}"#);
    fs::write(&file, text).unwrap();
    let settings = Settings {
        credential_files: vec![file],
        ..settings()
    };
    (folder, settings)
}

fn wants_login(request: &Request, stream: &mut TcpStream) -> bool {
    let is_known = request.header("authorization") == Some("Basic dTpwYXNz");
    if !is_known {
        let header = "WWW-Authenticate: Basic realm=\"x\"\r\n";
        send(stream, "401 Unauthorized", header, b"");
    }
    !is_known
}

#[test]
fn what_is_added_is_kept_once() {
    let server = keeping(|_, _| false, "");
    let added = add(&server, &settings()).unwrap();
    assert_eq!((added.was_there, added.count), (false, Some(1)));
    let wrote = |server: &Server| {
        let seen = server.seen();
        seen.iter().filter(|it| it.method == "PUT").count()
    };
    // The layer, the configuration, the manifest.
    assert_eq!(wrote(&server), 3);
    let seen = server.seen();
    let put = seen.iter().find(|it| it.method == "PUT").unwrap();
    let expected = digest(b"signed").replace(':', "%3A");
    assert_eq!(put.target, format!("/up/1?state=x&digest={expected}"));
    assert_eq!(put.body, "signed");
    let added = add(&server, &settings()).unwrap();
    assert_eq!((added.was_there, added.count), (true, Some(1)));
    assert_eq!(wrote(&server), 3);
}

#[test]
fn the_list_of_referrers_is_kept_by_one_of_both() {
    let list = |server: &Server| {
        let seen = server.seen();
        let is_list =
            |it: &&Request| it.method == "PUT" && it.target.contains("/manifests/sha256-");
        seen.iter().filter(is_list).count()
    };
    let by_itself = keeping(|_, _| false, "OCI-Subject: sha256:0\r\n");
    assert_eq!(refer(&by_itself).unwrap().count, None);
    assert_eq!(list(&by_itself), 0);
    let by_us = keeping(|_, _| false, "");
    assert_eq!(refer(&by_us).unwrap().count, Some(1));
    assert_eq!(list(&by_us), 1);
    let again = refer(&by_us).unwrap();
    assert_eq!((again.was_there, again.count), (true, Some(1)));
    assert_eq!(list(&by_us), 1);
}

#[test]
fn another_host_does_not_get_the_login_with_what_is_sent() {
    let storage = Server::start(|_, stream| send(stream, "201 Created", "", b""));
    let place = storage.address;
    let server = keeping(
        move |request, stream| {
            if wants_login(request, stream) {
                return true;
            }
            if request.method == "POST" {
                let header = format!("Location: http://{place}/up/1\r\n");
                send(stream, "202 Accepted", &header, b"");
            }
            request.method == "POST"
        },
        "",
    );
    let (_folder, settings) = with_login(server.address);
    add(&server, &settings).unwrap();
    let seen = storage.seen();
    assert_eq!(seen.len(), 2);
    for request in seen {
        assert_eq!(request.header("authorization"), None, "{}", request.target);
    }
    let seen = server.seen();
    let manifest = seen.iter().find(|it| it.method == "PUT").unwrap();
    assert_eq!(manifest.header("authorization"), Some("Basic dTpwYXNz"));
}

#[test]
fn nothing_is_sent_on_to_where_a_registry_redirects() {
    let other = Server::start(|_, stream| send(stream, "201 Created", "", b""));
    let place = other.address;
    for method in ["POST", "PUT"] {
        let server = keeping(
            move |request, stream| {
                if request.method == method {
                    let header = format!("Location: http://{place}/x\r\n");
                    send(stream, "307 Temporary Redirect", &header, b"");
                }
                request.method == method
            },
            "",
        );
        let error = add(&server, &settings()).unwrap_err();
        assert_has(&error.to_string(), &["redirects what is sent to it"]);
    }
    assert_eq!(other.seen().len(), 0);
}

#[test]
fn a_place_that_is_not_safe_is_not_sent_to() {
    for place in ["http://registry.example/up", "ftp://127.0.0.1/up"] {
        let server = keeping(
            move |request, stream| {
                if request.method == "POST" {
                    send(
                        stream,
                        "202 Accepted",
                        &format!("Location: {place}\r\n"),
                        b"",
                    );
                }
                request.method == "POST"
            },
            "",
        );
        let error = add(&server, &settings()).unwrap_err();
        assert_has(&error.to_string(), &["which is not safe"]);
    }
}

#[test]
fn a_token_is_asked_for_that_may_write() {
    let tokens = Server::start(|_, stream| send(stream, "200 OK", "", br#"{"token": "t"}"#));
    let realm = tokens.address;
    let server = keeping(
        move |request, stream| {
            let is_known = request.header("authorization") == Some("Bearer t");
            if !is_known {
                let header = format!(
                    "WWW-Authenticate: Bearer realm=\"http://{realm}/token\",service=\"s\",scope=\"repository:a/b:pull\"\r\n"
                );
                send(stream, "401 Unauthorized", &header, b"");
            }
            !is_known
        },
        "",
    );
    add(&server, &settings()).unwrap();
    let seen = tokens.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].target,
        "/token?scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Aa%2Fb%3Apull&service=s"
    );
}

#[test]
fn mirrors_are_not_written_to_nor_asked() {
    let mirror = keeping(|_, _| false, "");
    let server = keeping(|_, _| false, "");
    let host = HostSettings {
        mirrors: vec![mirror.address.to_string()],
        ..HostSettings::default()
    };
    let settings = Settings {
        hosts: BTreeMap::from([(server.address.to_string(), host)]),
        ..settings()
    };
    add(&server, &settings).unwrap();
    assert_eq!(mirror.seen().len(), 0);
}

#[test]
fn what_is_lost_to_another_writer_is_told() {
    let reads = AtomicUsize::new(0);
    let server = keeping(
        move |request, stream| {
            let is_read = request.method == "GET" && request.target.ends_with("/sha256-0.sig");
            // After we wrote, there is what somebody else wrote.
            if is_read && reads.fetch_add(1, Ordering::Relaxed) > 0 {
                let theirs = json!({"schemaVersion": 2, "layers": []});
                send(stream, "200 OK", "", theirs.to_string().as_bytes());
                return true;
            }
            false
        },
        "",
    );
    let error = add(&server, &settings()).unwrap_err();
    assert_has(
        &error.to_string(),
        &["cannot add to sha256-0.sig", "what was added is lost"],
    );
}

#[test]
fn a_registry_that_refuses_says_why() {
    let server = keeping(
        |request, stream| {
            let is_manifest = request.method == "PUT" && request.target.contains("manifests");
            if is_manifest {
                let body = json!({"errors": [{"code": "DENIED", "message": "tag\u{1b}[31m is immutable"}]});
                send(stream, "400 Bad Request", "", body.to_string().as_bytes());
            }
            is_manifest
        },
        "",
    );
    let error = add(&server, &settings()).unwrap_err().to_string();
    assert_has(&error, &["400", "DENIED: tag[31m is immutable"]);
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn explanations_without_end_are_not_read() {
    let server = keeping(
        |request, stream| {
            let is_begin = request.method == "POST";
            if is_begin {
                start(stream, "400 Bad Request", "Transfer-Encoding: chunked\r\n");
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                while stream.write_all(chunk.as_bytes()).is_ok() {}
            }
            is_begin
        },
        "",
    );
    MEMORY.reset_peak_usage();
    let error = add(&server, &settings()).unwrap_err();
    assert_has(&error.to_string(), &["blobs/uploads in a/b: 400"]);
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn failures_that_may_pass_are_tried_again() {
    let failed = AtomicUsize::new(0);
    let server = keeping(
        move |request, stream| {
            let fails = request.method == "PUT" && failed.fetch_add(1, Ordering::Relaxed) < 2;
            if fails {
                send(stream, "503 Service Unavailable", "", b"");
            }
            fails
        },
        "",
    );
    assert!(!add(&server, &settings()).unwrap().was_there);
    // Each attempt has a place of its own.
    let seen = server.seen();
    let begun = seen.iter().filter(|it| it.method == "POST").count();
    assert_eq!(begun, 4);
}

#[test]
fn what_is_no_manifest_is_left_alone() {
    let index = "application/vnd.oci.image.index.v1+json";
    let config = json!({"mediaType": "application/vnd.example", "digest": digest(b""), "size": 0});
    let cases: [Value; 5] = [
        json!([]),
        json!({"mediaType": index, "manifests": []}),
        json!({"config": config, "layers": []}),
        json!({"config": config, "layers": {}}),
        json!({"layers": [{"digest": "sha256:0", "size": 0}]}),
    ];
    for case in cases {
        let text = case.to_string();
        let server = keeping(
            move |request, stream| {
                let is_read = request.target.ends_with("/sha256-0.sig");
                if is_read {
                    send(stream, "200 OK", "", text.as_bytes());
                }
                is_read
            },
            "",
        );
        let error = add(&server, &settings()).unwrap_err();
        assert_has(&error.to_string(), &["cannot add to sha256-0.sig"]);
        assert!(server.seen().iter().all(|it| it.method == "GET"), "{case}");
    }
}
