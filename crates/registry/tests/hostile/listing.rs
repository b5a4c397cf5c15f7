//! Lists without end, lists of what is no name, and tags that lie.

use std::{
    collections::BTreeMap,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
};

use ringwall_image::{KeptKind, RepositoryContents};
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{
    HostSettings, Names, RegistryError, Repository, Settings, read_repository, repositories,
};
use serde_json::{Value, json};

use crate::{
    MEMORY,
    bodies::MOST_MEGABYTES,
    image::{assert_has, digest, settings},
    server::{Request, Server, send, send_for_ever},
};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn tags(server: &Server) -> Result<Names, RegistryError> {
    let name = format!("{}/a/b", server.address);
    let reference = ImageReference::parse(&name).unwrap();
    Repository::without_mirrors(&reference, &settings())?.tags()
}

fn read(server: &Server) -> RepositoryContents {
    let name = format!("{}/a/b", server.address);
    let reference = ImageReference::parse(&name).unwrap();
    let repository = Repository::without_mirrors(&reference, &settings()).unwrap();
    read_repository(&repository, &|_| true, &|_, _| {}).unwrap()
}

/// A server of one page after the other, each with these tags and a link to the next.
fn pages(of: impl Fn(usize) -> Vec<String> + Send + Sync + 'static) -> Server {
    let page = AtomicUsize::new(0);
    Server::start(move |_, stream| {
        let page = page.fetch_add(1, Ordering::Relaxed);
        let body = json!({"name": "a/b", "tags": of(page)}).to_string();
        let link = format!("Link: </v2/a/b/tags/list?n=1000&last={page}>; rel=\"next\"\r\n");
        send(stream, "200 OK", &link, body.as_bytes());
    })
}

#[test]
fn pages_without_end_come_to_one() {
    MEMORY.reset_peak_usage();
    // Nothing new in them.
    let server = pages(|_| vec!["1".to_owned()]);
    let found = tags(&server).unwrap();
    assert_eq!(found.names.len(), 1);
    assert_has(&found.missing.unwrap(), &["pages without end"]);
    assert_eq!(server.seen().len(), 2);
    // Always something new.
    let server = pages(|page| vec![page.to_string()]);
    let found = tags(&server).unwrap();
    assert_eq!(found.names.len(), 1_000);
    assert_has(&found.missing.unwrap(), &["more than 1000 pages"]);
    assert_eq!(server.seen().len(), 1_000);
    let server = pages(|page| (0..4_000).map(|it| format!("{page}-{it}")).collect());
    let found = tags(&server).unwrap();
    assert_eq!(found.names.len(), 10_000);
    assert_has(&found.missing.unwrap(), &["more than 10000"]);
    assert_eq!(server.seen().len(), 3);
    let server = Server::start(|_, stream| send_for_ever(stream));
    assert_has(
        &tags(&server).unwrap_err().to_string(),
        &["tags/list", "is larger than 4 MiB"],
    );
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
}

#[test]
fn a_link_leads_to_no_other_host() {
    let other = Server::start(|_, stream| send(stream, "200 OK", "", b"{\"tags\": [\"theirs\"]}"));
    let place = other.address;
    let server = Server::start(move |request, stream| {
        if request.target.contains("last=1") {
            return send(stream, "200 OK", "", b"{\"tags\": [\"2\"]}");
        }
        let link = format!("Link: <http://{place}/x?last=1>; rel=\"next\"\r\n");
        send(stream, "200 OK", &link, b"{\"tags\": [\"1\"]}");
    });
    let found = tags(&server).unwrap();
    assert_eq!(found.names.into_iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(found.missing, None);
    assert_eq!(other.seen().len(), 0);
    assert_eq!(server.seen()[1].target, "/v2/a/b/tags/list?last=1");
}

#[test]
fn what_is_no_tag_is_not_asked_for() {
    let names = [
        "1",
        "../../c/manifests/1",
        "a?b",
        "x@sha256:1",
        "",
        "a b",
        "a\u{1b}[31m",
    ];
    let body = json!({"tags": names}).to_string();
    let server = Server::start(move |request, stream| {
        let is_list = request.target.contains("/tags/list");
        let body = if is_list { body.as_bytes() } else { b"{}" };
        send(stream, "200 OK", "", body);
    });
    let found = tags(&server).unwrap();
    assert_eq!(found.names.into_iter().collect::<Vec<_>>(), ["1"]);
    let missing = found.missing.unwrap();
    assert_has(&missing, &["which is no name"]);
    assert!(!missing.contains('\u{1b}'), "{missing}");
    assert!(!read(&server).is_complete());
    for body in ["", "[]", "<html>", "{}", "{\"tags\": 1}", "{\"tags\": [1]}"] {
        let server = Server::start(move |_, stream| send(stream, "200 OK", "", body.as_bytes()));
        assert_has(
            &tags(&server).unwrap_err().to_string(),
            &["cannot be understood"],
        );
    }
    // What is empty is written so by some.
    let server = Server::start(|_, stream| send(stream, "200 OK", "", b"{\"tags\": null}"));
    assert_eq!(tags(&server).unwrap(), Names::default());
}

#[test]
fn repositories_are_listed_with_a_right_of_their_own() {
    let tokens = Server::start(|_, stream| send(stream, "200 OK", "", br#"{"token": "t"}"#));
    let realm = tokens.address;
    let server = Server::start(move |request, stream| {
        if request.header("authorization") == Some("Bearer t") {
            return send(
                stream,
                "200 OK",
                "",
                br#"{"repositories": ["a/b", "A", "c"]}"#,
            );
        }
        let header =
            format!("WWW-Authenticate: Bearer realm=\"http://{realm}/token\",service=\"s\"\r\n");
        send(stream, "401 Unauthorized", &header, b"");
    });
    let found = repositories(&server.address.to_string(), &settings()).unwrap();
    assert_eq!(found.names.into_iter().collect::<Vec<_>>(), ["a/b", "c"]);
    assert_has(&found.missing.unwrap(), &["\"A\", which is no name"]);
    assert_eq!(server.seen()[0].target, "/v2/_catalog?n=1000");
    assert_eq!(
        tokens.seen()[0].target,
        "/token?scope=registry%3Acatalog%3A*&service=s"
    );
}

#[test]
fn a_registry_that_lists_no_repositories_is_told() {
    for (status, header) in [
        (
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"x\"\r\n",
        ),
        ("403 Forbidden", ""),
        ("404 Not Found", ""),
        ("405 Method Not Allowed", ""),
    ] {
        let server = Server::start(move |_, stream| send(stream, status, header, b"{}"));
        let registry = server.address.to_string();
        let error = repositories(&registry, &settings())
            .unwrap_err()
            .to_string();
        assert_has(
            &error,
            &[
                "does not list its repositories",
                &format!("name them: {registry}/REPOSITORY"),
            ],
        );
    }
}

#[test]
fn mirrors_are_not_asked_what_a_registry_has() {
    let mirror = Server::start(|_, stream| send(stream, "200 OK", "", b"{\"tags\": [\"old\"]}"));
    let server = Server::start(|_, stream| send(stream, "200 OK", "", b"{\"tags\": [\"new\"]}"));
    let host = HostSettings {
        mirrors: vec![mirror.address.to_string()],
        ..HostSettings::default()
    };
    let settings = Settings {
        hosts: BTreeMap::from([(server.address.to_string(), host)]),
        ..settings()
    };
    let name = format!("{}/a/b", server.address);
    let reference = ImageReference::parse(&name).unwrap();
    let repository = Repository::without_mirrors(&reference, &settings).unwrap();
    assert!(repository.tags().unwrap().names.contains("new"));
    assert_eq!(mirror.seen().len(), 0);
}

/// A repository of these manifests by their tags, and of others by their digests.
fn repository(tags: &[(&str, &Value)], others: &[&Value]) -> Server {
    let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (name, manifest) in tags {
        kept.insert((*name).to_owned(), manifest.to_string().into_bytes());
    }
    for manifest in tags.iter().map(|(_, it)| it).chain(others) {
        let bytes = manifest.to_string().into_bytes();
        kept.insert(digest(&bytes), bytes);
    }
    let list = json!({"tags": tags.iter().map(|(tag, _)| tag).collect::<Vec<_>>()});
    Server::start(move |request: &Request, stream: &mut TcpStream| {
        let name = request.target.rsplit('/').next().unwrap_or_default();
        if request.target.contains("/tags/list") {
            return send(stream, "200 OK", "", list.to_string().as_bytes());
        }
        match kept
            .get(name)
            .filter(|_| request.target.contains("/manifests/"))
        {
            Some(bytes) => {
                let header = format!("Content-Type: {INDEX}\r\n");
                send(stream, "200 OK", &header, bytes);
            }
            None => send(stream, "404 Not Found", "", b"{}"),
        }
    })
}

fn index(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
}

fn entry(manifest: &Value) -> Value {
    json!({"mediaType": INDEX, "digest": digest(manifest.to_string().as_bytes()), "size": 1})
}

#[test]
fn a_tag_that_lies_about_its_digest_hides_what_it_names() {
    let server = Server::start(|request, stream| {
        if request.target.contains("/tags/list") {
            return send(stream, "200 OK", "", b"{\"tags\": [\"1\"]}");
        }
        let header = format!("Docker-Content-Digest: {}\r\n", digest(b"another"));
        send(stream, "200 OK", &header, b"{}");
    });
    let contents = read(&server);
    assert!(contents.tags.is_empty() && !contents.is_complete());
    assert_has(&contents.missing[0].reason, &["has the digest"]);
}

#[test]
fn indexes_are_followed_so_deep_and_so_wide() {
    let mut levels = vec![index(&[])];
    for _ in 0..6 {
        let below = entry(levels.last().unwrap());
        levels.push(index(&[below]));
    }
    let top = levels.pop().unwrap();
    let others: Vec<_> = levels.iter().collect();
    let contents = read(&repository(&[("1", &top)], &others));
    assert_eq!(contents.manifests.len(), 5);
    assert!(!contents.is_complete());
    assert_has(&contents.missing[0].reason, &["nested too deep"]);

    let many: Vec<_> = (0_u32..1_001)
        .map(|at| json!({"digest": digest(&at.to_be_bytes()), "size": 1}))
        .collect();
    let contents = read(&repository(&[("1", &index(&many))], &[]));
    assert!(contents.manifests.is_empty() && !contents.is_complete());
    // An image that an index names and the registry has not hides nothing.
    let contents = read(&repository(&[("1", &index(&many[..2]))], &[]));
    assert_eq!((contents.absent.len(), contents.is_complete()), (2, true));
    assert_eq!(
        contents.manifests.values().next().unwrap().kind,
        KeptKind::Index
    );
}
