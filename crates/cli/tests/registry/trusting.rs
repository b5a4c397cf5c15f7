//! Whom we trust: authorities, mirrors and TLS.

use std::{fs, io::Write, net::TcpListener, thread};

use crate::{
    image::{Layout, push},
    registry::{Home, PASSWORD, Registry},
};

#[test]
fn an_authority_that_is_not_trusted_is_told() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let Some(other) = Registry::start() else {
        return;
    };
    let home = Home::logged_in(&registry, PASSWORD);
    let name = format!("{}/shop:1", registry.address);
    let expected = [
        "the certificate of 127.0.0.1:",
        "is not trusted",
        "--registry-ca FILE",
    ];
    home.image(&[&name]).refused(&expected);
    home.image(&[&name, "--registry-ca", &other.path("ca.pem")])
        .refused(&expected);
    home.image(&[&name, "--registry-ca", "absent.pem"])
        .refused(&["cannot read the authority absent.pem"]);
    let empty = registry.path("htpasswd");
    home.image(&[&name, "--registry-ca", &empty])
        .refused(&["holds no certificate in PEM"]);
    // Being on this machine does not make another certificate right.
    home.image(&[&name, "--plain-http"])
        .refused(&["gives no usable answer", "400"]);
}

#[test]
fn the_configuration_names_authorities_and_mirrors() {
    let (Some(registry), Some(mirror)) = (Registry::start(), Registry::start()) else {
        return;
    };
    let layout = Layout::new(&["mips"]);
    push(&mirror, layout.folder.path(), "proxied/team/shop", "1");
    push(&registry, layout.folder.path(), "team/shop", "2");
    let home = Home::logged_in(&registry, PASSWORD);
    let auths = fs::read_to_string(home.folder.path().join(".docker/config.json"));
    let both = auths
        .expect("a file")
        .replace("}}}", &format!("}}, \"{}\": ", mirror.address));
    let entry = both.split_once(": {\"auth\"").expect("an entry").1;
    let entry = entry.split_once('}').expect("an entry").0;
    home.write(
        ".docker/config.json",
        &format!("{both}{{\"auth\"{entry}}}}}}}"),
    );
    fs::copy(registry.path("ca.pem"), home.folder.path().join("own.pem")).expect("a file");
    fs::copy(mirror.path("ca.pem"), home.folder.path().join("mirror.pem")).expect("a file");
    let config = |mirror_ca: &str| {
        format!(
            "[registries.\"{}\"]\nmirrors = [\"{1}/proxied\"]\nca = \"own.pem\"\n\
             [registries.\"{1}\"]\nca = \"{mirror_ca}\"\n",
            registry.address, mirror.address
        )
    };
    home.write("ringwall.toml", &config("mirror.pem"));
    for tag in ["1", "2"] {
        let name = format!("{}/team/shop:{tag}", registry.address);
        let ran = home.image(&[&name, "-o", "json"]);
        assert_eq!(ran.report()["image"]["platform"], "linux/mips");
    }
    let other = config("own.pem");
    let other = home.write("other.toml", &other);
    let other = other.display().to_string();
    // The mirror is not trusted, and the registry does not have it: both are told.
    let name = format!("{}/team/shop:1", registry.address);
    home.image(&[&name, "--config", &other])
        .refused(&["is not trusted", "has no manifests/1"]);
    let name = format!("{}/team/shop:2", registry.address);
    home.image(&[&name, "--config", &other, "-o", "json"])
        .report();
}

#[test]
fn a_server_without_tls_is_asked_without_it_on_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut start = [0; 4];
            let _ = stream.peek(&mut start);
            let status = if &start == b"GET " {
                "404 Not Found"
            } else {
                "400 Bad Request"
            };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let home = Home::new();
    home.image(&[&format!("{address}/a/b:1")])
        .refused(&["has no manifests/1 in a/b"]);
}

#[test]
fn nobody_at_home_is_told() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    home.image(&[&format!("{address}/a/b:1")])
        .refused(&["cannot reach 127.0.0.1:", "refused"]);
}
