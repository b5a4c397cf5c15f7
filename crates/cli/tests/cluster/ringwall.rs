//! ringwall as a process beside the control plane.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

/// A running `ringwall serve`; it ends with the value.
pub(crate) struct Ringwall {
    child: Child,
    log: Arc<Mutex<String>>,
}

/// A command of the binary under test.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringwall"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command to its end, which must be a good one.
pub(crate) fn run(arguments: &[&str]) -> String {
    let output = command(arguments).output().expect("ringwall runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{arguments:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

impl Ringwall {
    /// Starts `ringwall serve` on a port of loopback, with the certificates that `setup` wrote into a folder.
    pub(crate) fn serve(port: u16, certificates: &Path, more: &[&str]) -> Self {
        let file = |name: &str| certificates.join(name).display().to_string();
        let mut child = command(&["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--metrics-listen", "127.0.0.1:0"])
            .args([
                "--tls-cert",
                &file("tls.crt"),
                "--tls-key",
                &file("tls.key"),
            ])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ringwall starts");
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            append(&log, &line);
            // It is the last thing that it says before it serves.
            if line.starts_with("health and metrics at http://") {
                break;
            }
        }
        let copy = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                append(&copy, &line);
            }
        });
        let server = Self { child, log };
        assert!(
            server.log().contains("health and metrics at http://"),
            "ringwall did not start: {}",
            server.log()
        );
        server
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// The status of a path on the port of health and metrics.
    pub(crate) fn health(&self, path: &str) -> String {
        let log = self.log();
        let (_, rest) = log
            .split_once("health and metrics at http://")
            .expect("it said where");
        let address = rest.lines().next().expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Tells it to look at its files now.
    pub(crate) fn look(&self) {
        let status = Command::new("kill")
            .args(["-HUP", &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }
}

impl Drop for Ringwall {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn append(log: &Mutex<String>, line: &str) {
    let mut log = log.lock().expect("the log");
    log.push_str(line);
    log.push('\n');
}

/// Writes a file into a folder, which is made if it is not there.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).expect("the folder");
    let path = folder.join(name);
    fs::write(&path, text).expect("the file");
    path
}

/// A path as an argument.
pub(crate) fn argument(path: &Path) -> String {
    path.display().to_string()
}
