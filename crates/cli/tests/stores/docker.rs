//! What Docker keeps, handed out by the real daemon and by ones that answer as they like.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process::{Command, Output},
    thread,
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    daemon::Daemon,
    image::{image, refused, report, saved},
};

/// Docker with its files in a folder of its own, without a network.
struct Dockerd {
    _daemon: Daemon,
    folder: TempDir,
}

/// Sends a request, and gives the whole answer.
fn ask(socket: &PathBuf, head: &str, body: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).expect("the daemon listens");
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-tar\r\n\r\n"
    )
    .expect("a request");
    stream.write_all(body).expect("a body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    answer
}

impl Dockerd {
    fn start() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("daemon.json"), "{}").expect("a file");
        let mut command = Command::new("dockerd");
        command
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .args([
                "--ip-forward=false",
                "--ip-masq=false",
                "--storage-driver=vfs",
            ])
            .args(["--config-file", &path("daemon.json")])
            .args(["--data-root", &path("data"), "--exec-root", &path("exec")])
            .args(["--pidfile", &path("pid")])
            .args(["--host", &format!("unix://{}", path("socket"))]);
        let daemon = Daemon::start(&mut command, "API listen on")?;
        Some(Self {
            _daemon: daemon,
            folder,
        })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn load(&self, name: &str, version: &str) -> Vec<u8> {
        let (_, archive) = saved(name, version);
        ask(&self.socket(), "POST /images/load", &archive);
        archive
    }

    fn image(&self, words: &[&str]) -> Output {
        let host = format!("unix://{}", self.socket().display());
        let kept = self.folder.path().join("kept");
        fs::create_dir_all(&kept).expect("a folder");
        let variables = [
            ("DOCKER_HOST", &*host),
            ("TMPDIR", kept.to_str().expect("UTF-8")),
        ];
        let words = [&["--from", "docker"], words].concat();
        let ran = image(self.folder.path(), &words, &variables);
        let left = fs::read_dir(kept).expect("a folder").count();
        assert_eq!(left, 0, "an archive was left");
        ran
    }
}

#[test]
fn an_image_is_read_as_from_a_file() {
    let Some(docker) = Dockerd::start() else {
        return;
    };
    let archive = docker.load("team/shop:1.2", "1.2");
    docker.load("other:1", "1.3");
    fs::write(docker.folder.path().join("shop.tar"), archive).expect("a file");
    let from_file = image(docker.folder.path(), &["shop.tar"], &[]);
    let from_docker = docker.image(&["team/shop:1.2"]);
    assert_eq!(report(&from_docker), report(&from_file));
    assert_eq!(from_docker.status.code(), from_file.status.code());
    let raw: serde_json::Value = serde_json::from_slice(&from_docker.stdout).expect("JSON");
    assert_eq!(raw["image"]["names"], json!(["team/shop:1.2"]));
    assert_eq!(raw["packages"][0]["version"], "1.2");
    // By its id it is the same.
    let list = ask(&docker.socket(), "GET /images/team/shop:1.2/json", b"");
    let (_, id) = list.split_once("\"Id\":\"").expect("an id");
    let id = id.split('"').next().expect("an id");
    assert_eq!(report(&docker.image(&[id]))["packages"], raw["packages"]);
    let absent = docker.image(&["absent"]);
    refused(
        &absent,
        "has no image of the name absent; there are\n  other:1\n  team/shop:1.2\n",
    );
    let platform = docker.image(&["team/shop:1.2", "--platform", "plan9/mips"]);
    refused(&platform, "and not for plan9/mips");
}

/// A daemon that gives one answer to all requests, and hangs up.
fn answering(folder: &TempDir, answer: &'static [u8]) -> String {
    let socket = folder.path().join("socket");
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).expect("a socket");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            // The head of a request ends with an empty line.
            let _ = lines.find(String::is_empty);
            let _ = (&stream).write_all(answer);
        }
    });
    format!("unix://{}", socket.display())
}

#[test]
fn what_a_daemon_says_is_not_believed() {
    let folder = TempDir::new().expect("a folder");
    let run = |name: &str, host: &str| {
        let kept = folder.path().join("kept");
        fs::create_dir_all(&kept).expect("a folder");
        let kept = kept.to_str().expect("UTF-8").to_owned();
        let variables = [("DOCKER_HOST", host), ("TMPDIR", &kept)];
        let ran = image(folder.path(), &["--from", "docker", name], &variables);
        assert_eq!(fs::read_dir(kept).expect("a folder").count(), 0);
        ran
    };
    let check = |answer: &'static [u8], expected: &str| {
        refused(&run("shop:1", &answering(&folder, answer)), expected);
    };
    check(
        b"HTTP/1.1 500 Oh\r\nContent-Length: 27\r\n\r\n{\"message\":\"no\\u001b[31m!\"}",
        "does not hand out shop:1: no\\u{1b}[31m!",
    );
    check(
        b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}",
        "has no image of the name shop:1\n",
    );
    check(
        b"HTTP/1.1 302 There\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n",
        "it answers with 302",
    );
    check(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        "cannot read shop:1: ",
    );
    check(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "shop:1 holds no image: it has neither index.json nor manifest.json",
    );
    check(b"nothing of the kind\r\n\r\n", "cannot be asked");
    let absent = format!("unix://{}", folder.path().join("absent").display());
    refused(&run("shop:1", &absent), "cannot be asked: No such file");
    refused(
        &run("shop:1", "tcp://127.0.0.1:2375"),
        "only a socket of this machine",
    );
    refused(&run("a/../b", &absent), "is no name and no id of an image");
}
