//! Registries that do not answer, and those that answer later.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{HostSettings, Settings, open_image};

use crate::{
    image::{assert_has, open, open_with, read, refusal, registry, settings},
    server::{Server, hang, send},
};

fn hasty() -> Settings {
    let mut settings = settings();
    settings.patience.answer = Duration::from_millis(100);
    settings.patience.retries = 1;
    settings
}

#[test]
fn a_registry_that_never_answers_is_left() {
    let server = Server::start(|_, stream| hang(stream));
    let start = Instant::now();
    let error = open_with(&server, ":1", None, &hasty()).unwrap_err();
    assert_has(&error.to_string(), &["cannot reach", "no answer within"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn layers_that_never_come_are_left_together() {
    let server = Server::start({
        let shelf = crate::image::Shelf::new();
        move |request, stream| {
            if shelf.layers.iter().any(|it| request.target.ends_with(it)) {
                hang(stream);
            } else {
                shelf.answer(request, stream);
            }
        }
    });
    let mut image = open_with(&server, ":1", None, &hasty()).unwrap();
    let asked = server.seen().len();
    // Ten times two layers: three are given up, each after two requests, and nobody is asked for the others.
    for _ in 0..10 {
        let damage = read(&image).pop().and_then(|layer| layer.damage);
        assert_has(&damage.unwrap(), &["cannot reach"]);
    }
    assert_eq!(server.seen().len() - asked, 6);
    let damage = image.layers.pop().unwrap().open().map(|_| ()).unwrap_err();
    assert_has(&damage.to_string(), &["so it was not asked for"]);
}

#[test]
fn errors_of_a_server_may_pass() {
    for status in ["500 Internal Server Error", "503 Busy", "429 Too Many"] {
        let asked = AtomicUsize::new(0);
        let server = registry(move |_, _, stream| {
            let is_early = asked.fetch_add(1, Ordering::Relaxed) < 3;
            if is_early {
                send(stream, status, "Retry-After: 0\r\n", b"later");
            }
            is_early
        });
        assert!(open(&server, ":1").is_ok(), "{status}");
    }
}

#[test]
fn patience_with_errors_ends() {
    let server = Server::start(|_, stream| send(stream, "502 Bad Gateway", "", b""));
    assert_has(&refusal(&server, ":1"), &["cannot reach", "502"]);
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_registry_that_asks_for_a_long_pause_gets_it() {
    let server = Server::start(|_, stream| {
        send(stream, "429 Too Many", "Retry-After: 3600\r\n", b"");
    });
    let told = refusal(&server, ":1");
    assert_has(
        &told,
        &["asks for fewer requests for the next 3600 seconds"],
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn nobody_at_home_is_told_at_once() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let reference = format!("{address}/a/b:1");
    let reference = ImageReference::parse(&reference).unwrap();
    let error = open_image(&reference, None, &settings()).unwrap_err();
    assert_has(&error.to_string(), &["cannot reach 127.0.0.1:", "refused"]);
}

#[test]
fn mirrors_are_asked_first_and_the_registry_last() {
    let empty = Server::start(|_, stream| send(stream, "404 Not Found", "", b""));
    let mirror = registry(|_, _, _| false);
    let own = registry(|_, _, _| false);
    let with = |mirrors: &[String]| {
        let host = HostSettings {
            mirrors: mirrors.to_vec(),
            ..HostSettings::default()
        };
        Settings {
            hosts: [(own.address.to_string(), host)].into(),
            ..settings()
        }
    };
    let mirrors = [
        empty.address.to_string(),
        format!("{}/proxied/hub/", mirror.address),
    ];
    let image = open_with(&own, ":1", None, &with(&mirrors)).unwrap();
    assert!(read(&image).iter().all(|layer| layer.damage.is_none()));
    assert_eq!(own.seen().len(), 0);
    assert_eq!(mirror.count("/v2/proxied/hub/a/b/"), 4);
    // Whoever answered is asked first from then on.
    assert_eq!(empty.seen().len(), 1);
    let image = open_with(&own, ":1", None, &with(&mirrors[..1])).unwrap();
    assert_eq!(image.layers.len(), 2);
    let error = open_with(&own, ":2", None, &with(&mirrors[..1])).unwrap_err();
    let both = [&*empty.address.to_string(), &*own.address.to_string()];
    assert_has(&error.to_string(), &both);
}
