//! Servers of files that do what none should.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ringwall_registry::{Download, Downloaded, Settings, Validators};

use crate::{
    image::{assert_has, settings},
    server::{Server, hang, send, send_for_ever, start},
};

fn fetch(server: &Server, known: &Validators, most: u64) -> Result<(Downloaded, Vec<u8>), String> {
    let address = format!("http://{}/all.zip", server.address);
    let mut settings = settings();
    settings.patience.answer = Duration::from_millis(300);
    let download = Download::new(&address, &settings).unwrap();
    let mut bytes = Vec::new();
    let fetched = download.fetch(known, most, &mut bytes, &|_, _| {});
    fetched
        .map(|fetched| (fetched, bytes))
        .map_err(|error| error.to_string())
}

#[test]
fn a_file_that_is_known_is_not_fetched_again() {
    let server = Server::start(|request, stream| match request.header("if-none-match") {
        Some("\"1\"") => start(stream, "304 Not Modified", ""),
        _ => send(
            stream,
            "200 OK",
            "ETag: \"1\"\r\nLast-Modified: Sat, 28 Nov 2026 00:00:00 GMT\r\n",
            b"content",
        ),
    });
    let (first, bytes) = fetch(&server, &Validators::default(), 100).unwrap();
    let Downloaded::Changed(known) = first else {
        panic!("it was not known");
    };
    assert_eq!(bytes, b"content");
    assert_eq!(
        known.last_modified.as_deref(),
        Some("Sat, 28 Nov 2026 00:00:00 GMT")
    );
    let (again, bytes) = fetch(&server, &known, 100).unwrap();
    assert_eq!((again, &*bytes), (Downloaded::Unchanged, &b""[..]));
}

#[test]
fn nothing_is_unchanged_that_is_not_known() {
    let server = Server::start(|_, stream| start(stream, "304 Not Modified", ""));
    let error = fetch(&server, &Validators::default(), 100).unwrap_err();
    assert_has(&error, &["/all.zip", "304"]);
}

#[test]
fn what_breaks_off_begins_again() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_, stream| {
        if asked.fetch_add(1, Ordering::Relaxed) == 0 {
            start(stream, "200 OK", "Content-Length: 7\r\n");
            let _ = std::io::Write::write_all(stream, b"bad");
        } else {
            send(stream, "200 OK", "", b"content");
        }
    });
    let (_, bytes) = fetch(&server, &Validators::default(), 100).unwrap();
    assert_eq!(bytes, b"content");
}

#[test]
fn files_are_bounded() {
    let server = Server::start(|_, stream| send(stream, "200 OK", "", &[0; 101]));
    let error = fetch(&server, &Validators::default(), 100).unwrap_err();
    assert_has(&error, &["/all.zip has more than 100 bytes"]);
    assert_eq!(server.seen().len(), 1, "that does not pass");

    let server = Server::start(|_, stream| send_for_ever(stream));
    let error = fetch(&server, &Validators::default(), 1 << 20).unwrap_err();
    assert_has(&error, &["/all.zip has more than"]);
}

#[test]
fn servers_that_say_nothing_are_left() {
    let server = Server::start(|_, stream| hang(stream));
    let error = fetch(&server, &Validators::default(), 100).unwrap_err();
    assert_has(&error, &["cannot reach 127.0.0.1", "no answer within"]);

    let server = Server::start(|_, stream| send(stream, "404 Not Found", "", b"<html>"));
    let error = fetch(&server, &Validators::default(), 100).unwrap_err();
    assert_has(&error, &["has no /all.zip"]);
}

#[test]
fn addresses_are_safe_ones() {
    let refused = |address: &str| {
        let error = Download::new(address, &Settings::default()).unwrap_err();
        error.to_string()
    };
    assert_has(&refused("http://feeds.example.com/a"), &["is not safe"]);
    assert_has(&refused("ftp://feeds.example.com/a"), &["is not safe"]);
    assert_has(&refused("feeds"), &["cannot ask for feeds"]);
    let error = refused("https://me:geheim@feeds.example.com/a");
    assert_has(&error, &["feeds.example.com/a", "login"]);
    assert!(!error.contains("geheim"), "{error}");

    // Nor does a server lead to one that is not.
    let server = Server::start(|_, stream| {
        send(
            stream,
            "302 Found",
            "Location: http://feeds.example.com/a\r\n",
            b"",
        );
    });
    let error = fetch(&server, &Validators::default(), 100).unwrap_err();
    assert_has(&error, &["http://feeds.example.com", "is not safe"]);
}
