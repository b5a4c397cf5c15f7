//! `--changed`: what a change touches, and what it brings about elsewhere.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::folder::{Folder, PRIVILEGED, Ran};

/// A repository whose files are committed.
struct Repository(Folder);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder::new(files);
        fs::remove_dir(folder.path().join(".git")).expect("it is empty");
        let repository = Self(folder);
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit();
        repository
    }

    fn git(&self, words: &[&str]) {
        let status = Command::new("git")
            .current_dir(self.0.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(["-c", "protocol.file.allow=always"])
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.expect("git runs").success(), "{words:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn changed(&self, words: &[&str]) -> Ran {
        self.0.scan(&[&["--changed", "HEAD"], words].concat())
    }
}

fn checks(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut checks: Vec<_> = findings
        .filter(|finding| finding["status"] == "fail")
        .map(|finding| finding["check"].as_str().expect("an id").to_owned())
        .collect();
    checks.sort();
    checks
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 443
";

#[cfg(unix)]
#[test]
fn files_whose_names_are_no_text_are_told_apart() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

    let repository = Repository::new(&[]);
    let write = |name: &[u8], text: &str| {
        let path = repository.0.path().join(Path::new(OsStr::from_bytes(name)));
        fs::write(path, text).expect("a file");
    };
    let marked = format!("# ringwall: ignore[privileged-container] reason=\"GPU\"\n{PRIVILEGED}");
    write(b"a\xe9.yaml", &marked);
    write(b"a\xe8.yaml", SERVICE);
    repository.commit();
    let words = ["--only", "privileged-container"];
    let clean = repository.changed(&words);
    assert_eq!((clean.code, checks(&clean)), (0, Vec::new()));
    write(b"a\xe8.yaml", PRIVILEGED);
    for ran in [repository.0.scan(&words), repository.changed(&words)] {
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        let report = ran.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let files: Vec<_> = findings
            .filter(|finding| finding["status"] == "fail")
            .map(|finding| finding["location"]["file"].clone())
            .collect();
        assert_eq!(files, ["a\\xe8.yaml"]);
    }
}
