//! A registry that somebody else writes to between the plan and its execution.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use crate::{image::digest, registry::Home};

/// A server of one old image under the tag `1`, which has another tag from the second list on; gives its address and
/// the number of deletions that it was asked for.
fn changing() -> (String, Arc<AtomicUsize>) {
    let config = json!({"os": "linux", "architecture": "amd64", "created": "2026-01-01T00:00:00Z"});
    let config = config.to_string();
    let manifest = json!({"schemaVersion": 2, "layers": [], "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": digest(config.as_bytes()), "size": config.len()}});
    let manifest = manifest.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (lists, deletions) = (AtomicUsize::new(0), Arc::<AtomicUsize>::default());
    let deleted = Arc::clone(&deletions);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            // Somebody begins with TLS, which is no text.
            let _ = BufReader::new(&stream).read_line(&mut line);
            let body = if line.contains("/tags/list") {
                match lists.fetch_add(1, Ordering::Relaxed) {
                    0 => Some(r#"{"tags": ["1"]}"#.to_owned()),
                    _ => Some(r#"{"tags": ["1", "production"]}"#.to_owned()),
                }
            } else if line.contains("/blobs/") {
                Some(config.clone())
            } else if line.contains("/manifests/1 ")
                || line.contains("/manifests/production ")
                || line.contains(&digest(manifest.as_bytes()))
            {
                deleted.fetch_add(usize::from(line.starts_with("DELETE")), Ordering::Relaxed);
                Some(manifest.clone())
            } else {
                None
            };
            let status = if body.is_some() {
                "200 OK"
            } else {
                "404 Not Found"
            };
            let body = body.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (address, deletions)
}

#[test]
fn nothing_is_deleted_where_tags_were_changed_meanwhile() {
    let (address, deletions) = changing();
    let home = Home::new();
    let place = format!("{address}/team/shop");
    let words = [
        "registry",
        &place,
        "--as-of",
        "2026-11-28",
        "-o",
        "json",
        "--plain-http",
        "--delete",
        "stale",
        "--keep",
        "0",
        "--yes",
    ];
    let ran = home.run(&words, &[]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let deletion = &report["plan"]["deletions"][0];
    assert_eq!(deletion["outcome"], "left", "{report}");
    let error = deletion["error"].as_str().expect("a reason");
    assert!(
        error.contains("were changed since it was looked at"),
        "{error}"
    );
    assert_eq!(deletions.load(Ordering::Relaxed), 0);
    // From now on they stay as they are.
    let ran = home.run(&words, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(deletions.load(Ordering::Relaxed), 1);
}
