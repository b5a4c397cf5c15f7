//! Servers that give tokens, good ones and bad ones.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use ringwall_registry::Settings;
use tempfile::TempDir;

use crate::{
    MEMORY,
    bodies::MOST_MEGABYTES,
    image::{Shelf, assert_has, open_with, read, settings},
    server::{Request, Server, send, send_for_ever},
};

/// A registry that wants a token of the server at `realm`, and takes those that `is_good` says.
fn wanting(realm: String, is_good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Server {
    let shelf = Shelf::new();
    Server::start(move |request, stream| {
        let token = request
            .header("authorization")
            .and_then(|it| it.strip_prefix("Bearer "));
        if token.is_some_and(&is_good) {
            shelf.answer(request, stream);
        } else {
            let header = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"shop\"\r\n");
            send(stream, "401 Unauthorized", &header, b"{}");
        }
    })
}

fn giving(
    answer: impl Fn(&Request) -> (&'static str, String) + Send + Sync + 'static,
) -> (Server, String) {
    let server = Server::start(move |request, stream| {
        let (status, body) = answer(request);
        send(stream, status, "", body.as_bytes());
    });
    let realm = format!("http://{}/token", server.address);
    (server, realm)
}

/// Settings with an entry of `auths` for a server.
fn with_login(server: &Server, entry: &str) -> (TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let text = format!(r#"{{"auths": {{"{}": {entry}}}}}"#, server.address);
    fs::write(&file, text).unwrap();
    let settings = Settings {
        credential_files: vec![file],
        ..settings()
    };
    (folder, settings)
}

#[test]
fn a_token_is_asked_for_once_and_used_for_all() {
    let (tokens, realm) = giving(|_| ("200 OK", r#"{"token": "t1"}"#.to_owned()));
    let server = wanting(realm, |token| token == "t1");
    let image = open_with(&server, ":1", None, &settings()).unwrap();
    assert!(read(&image).iter().all(|layer| layer.damage.is_none()));
    let seen = tokens.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        seen[0].target,
        "/token?scope=repository%3Aa%2Fb%3Apull&service=shop"
    );
    assert_eq!(seen[0].header("authorization"), None);
}

#[test]
fn the_login_goes_to_the_server_of_tokens() {
    let (tokens, realm) = giving(|request| match request.header("authorization") {
        Some("Basic dTpwYXNz") => ("200 OK", r#"{"access_token": "t1"}"#.to_owned()),
        _ => ("401 Unauthorized", String::new()),
    });
    let server = wanting(realm, |token| token == "t1");
    let (_folder, right) = with_login(&server, r#"{"auth": "dTpwYXNz"}"#);
    assert!(open_with(&server, ":1", None, &right).is_ok());
    let (folder, wrong) = with_login(&server, r#"{"username": "u", "password": "hunter2"}"#);
    let told = open_with(&server, ":1", None, &wrong)
        .unwrap_err()
        .to_string();
    let file = folder.path().join("config.json").display().to_string();
    assert_has(
        &told,
        &["does not accept the login of u from", &file, "docker login"],
    );
    assert!(!told.contains("hunter2") && !format!("{wrong:?}").contains("hunter2"));
    // It is not tried again: that might lock the account.
    assert_eq!(tokens.seen().len(), 2);
    let told = open_with(&server, ":1", None, &settings())
        .unwrap_err()
        .to_string();
    assert_has(&told, &["without a login", "docker login 127.0.0.1"]);
}

#[test]
fn a_token_that_has_expired_is_replaced() {
    let given = AtomicUsize::new(0);
    let (tokens, realm) = giving(move |_| {
        let number = given.fetch_add(1, Ordering::Relaxed);
        ("200 OK", format!(r#"{{"token": "t{number}"}}"#))
    });
    let used = AtomicUsize::new(0);
    // Each token is good for two requests.
    let server = wanting(realm, move |token| {
        let number: usize = token[1..].parse().unwrap();
        let is_good = number == used.load(Ordering::Relaxed) / 2;
        used.fetch_add(usize::from(is_good), Ordering::Relaxed);
        is_good
    });
    let image = open_with(&server, ":1", None, &settings()).unwrap();
    assert!(read(&image).iter().all(|layer| layer.damage.is_none()));
    assert_eq!(tokens.seen().len(), 2);
}

#[test]
fn an_identity_token_is_sent_as_a_form() {
    let (tokens, realm) = giving(|_| ("200 OK", r#"{"access_token": "t1"}"#.to_owned()));
    let server = wanting(realm, |token| token == "t1");
    let (_folder, settings) = with_login(&server, r#"{"identitytoken": "a&b="}"#);
    assert!(open_with(&server, ":1", None, &settings).is_ok());
    let seen = &tokens.seen()[0];
    assert_eq!((&*seen.method, &*seen.target), ("POST", "/token"));
    let expected = [
        "grant_type=refresh_token",
        "refresh_token=a%26b%3D",
        "service=shop",
        "scope=repository%3Aa%2Fb%3Apull",
    ];
    assert_has(&seen.body, &expected);
}

#[test]
fn tokens_that_are_never_good_enough_end() {
    let (tokens, realm) = giving(|_| ("200 OK", r#"{"token": "t1"}"#.to_owned()));
    let server = wanting(realm, |_| false);
    let told = open_with(&server, ":1", None, &settings())
        .unwrap_err()
        .to_string();
    assert_has(&told, &["lets nobody read a/b without a login"]);
    assert_eq!((tokens.seen().len(), server.seen().len()), (1, 2));
}

#[test]
fn bad_servers_of_tokens_are_told() {
    let check = |realm: String, expected: &str| {
        let server = wanting(realm, |_| true);
        let told = open_with(&server, ":1", None, &settings())
            .unwrap_err()
            .to_string();
        assert_has(&told, &[expected]);
    };
    let endless = Server::start(|_, stream| send_for_ever(stream));
    check(
        format!("http://{}/", endless.address),
        "the token is larger than 1 MiB",
    );
    assert!(MEMORY.peak_usage_as_mb() < MOST_MEGABYTES);
    let circle = Server::start(|_, stream| send(stream, "302 Found", "Location: /x\r\n", b""));
    check(
        format!("http://{}/", circle.address),
        "redirects more than 5 times",
    );
    let (_empty, realm) = giving(|_| ("200 OK", "{}".to_owned()));
    check(realm, "gives no token");
    let (_split, realm) = giving(|_| ("200 OK", r#"{"token": "a\r\nHost: b"}"#.to_owned()));
    check(realm, "holds what no header may hold");
    let (_denying, realm) = giving(|_| ("403 Forbidden", String::new()));
    check(realm, "denies access to a/b without a login");
    check(
        "http://192.0.2.1/token".to_owned(),
        "192.0.2.1, which is not safe",
    );
    check("file:///etc/passwd".to_owned(), "which is not safe");
    check("nonsense".to_owned(), "its address is none");
}

#[test]
fn a_login_of_an_unknown_kind_is_told() {
    for header in ["", "WWW-Authenticate: Negotiate\r\n"] {
        let server = Server::start(move |_, stream| {
            send(stream, "401 Unauthorized", header, b"");
        });
        let told = open_with(&server, ":1", None, &settings())
            .unwrap_err()
            .to_string();
        assert_has(&told, &["a login of a kind that is not known"]);
    }
}
