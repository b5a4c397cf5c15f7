//! Layers whose download breaks off.

use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{
    image::{assert_has, damage, registry},
    server::{Server, send, start},
};

/// Breaks off the first layer after each third, and begins again as `head` says.
fn breaking(
    times: usize,
    head: impl Fn(usize, usize) -> (String, usize) + Send + Sync + 'static,
) -> Server {
    let asked = AtomicUsize::new(0);
    registry(move |shelf, request, stream| {
        if !request.target.ends_with(&shelf.layers[0]) {
            return false;
        }
        let bytes = shelf.find(&request.target).unwrap();
        let (head, from) = head(request.from().unwrap_or(0), bytes.len());
        let status = if head.contains("Content-Range") {
            "206 Partial Content"
        } else {
            "200 OK"
        };
        let length = bytes.len() - from;
        start(
            stream,
            status,
            &format!("Content-Length: {length}\r\n{head}"),
        );
        let is_last = asked.fetch_add(1, Ordering::Relaxed) == times;
        let part = if is_last { length } else { length / 3 };
        let _ = stream.write_all(&bytes[from..from + part]);
        true
    })
}

fn range(from: usize, length: usize) -> (String, usize) {
    if from == 0 {
        return (String::new(), 0);
    }
    let last = length - 1;
    let head = format!("Content-Range: bytes {from}-{last}/{length}\r\n");
    (head, from)
}

#[test]
fn a_layer_goes_on_where_it_broke_off() {
    let server = breaking(3, range);
    assert_eq!(damage(&server), None);
    let asked: Vec<_> = server
        .seen()
        .iter()
        .filter_map(super::server::Request::from)
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(asked.is_sorted() && asked[0] > 0, "{asked:?}");
}

#[test]
fn a_registry_without_ranges_begins_again() {
    assert_eq!(damage(&breaking(2, |_, _| (String::new(), 0))), None);
}

#[test]
fn another_part_than_was_asked_for_is_refused() {
    let server = breaking(1, |from, length| {
        if from == 0 {
            return (String::new(), 0);
        }
        range(from - 1, length)
    });
    assert_has(
        &damage(&server).unwrap(),
        &["another part than was asked for"],
    );
}

#[test]
fn a_layer_that_breaks_off_for_ever_is_left() {
    let server = breaking(usize::MAX, range);
    let told = damage(&server).unwrap();
    assert_has(&told, &["broke off after", "bytes"]);
    // Once, and three times again.
    assert_eq!(server.count("blobs"), 2 + 4);
}

#[test]
fn a_range_that_cannot_be_had_is_told() {
    let server = registry(|shelf, request, stream| {
        if !request.target.ends_with(&shelf.layers[0]) {
            return false;
        }
        if request.from().is_some() {
            send(stream, "416 Range Not Satisfiable", "", b"");
        } else {
            let bytes = shelf.find(&request.target).unwrap();
            let length = format!("Content-Length: {}\r\n", bytes.len());
            start(stream, "200 OK", &length);
            let _ = stream.write_all(&bytes[..bytes.len() / 2]);
        }
        true
    });
    assert_has(&damage(&server).unwrap(), &["416"]);
}
