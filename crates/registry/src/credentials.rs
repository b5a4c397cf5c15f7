//! Logins that other tools keep: Docker's `config.json`, and `auth.json` of podman and its kin.
//!
//! See: <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>,
//! <https://docs.docker.com/reference/cli/docker/login/>

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::{helper, secret::Secret, settings::DOCKER_HUB};

/// Largest file of credentials that is read.
const MAX_BYTES: u64 = 4 << 20;

/// Under what name Docker keeps the login to Docker Hub, and asks its helpers for it.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Password {
        user: String,
        password: Secret,
    },
    /// A refresh token, for the server that gives tokens.
    Identity(Secret),
}

/// What the files know about a registry.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The login with the file, or the program, that it is from.
    pub(crate) login: Option<(Credential, String)>,
    /// What could not be asked; it matters only where the registry wants a login.
    pub(crate) problems: Vec<String>,
}

impl Found {
    /// The problems, to be put behind a message.
    pub(crate) fn told(&self) -> String {
        self.problems.iter().fold(String::new(), |mut text, it| {
            // Writing to a string does not fail.
            let _ = write!(text, "; {it}");
            text
        })
    }

    /// Who asks, as a message calls them.
    pub(crate) fn user(&self) -> Option<(&str, &str)> {
        self.login.as_ref().map(|(credential, file)| {
            let user = match credential {
                Credential::Password { user, .. } => &**user,
                Credential::Identity(_) => "the identity token",
            };
            (user, &**file)
        })
    }
}

/// Where tools keep logins, by the environment: the file that `REGISTRY_AUTH_FILE` names and no other,
/// else Docker's and then podman's.
pub fn credential_files(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(file) = path("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let home = path("HOME").or_else(|| path("USERPROFILE"));
    let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let docker = path("DOCKER_CONFIG").or_else(|| below_home(".docker"));
    let config = path("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
    [
        docker.map(|folder| folder.join("config.json")),
        path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        config.map(|folder| folder.join("containers/auth.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Looks for the login to a repository; `patience` is with programs that know it.
pub(crate) fn find(files: &[PathBuf], registry: &str, path: &str, patience: Duration) -> Found {
    let mut found = Found::default();
    for file in files {
        let kept = match Kept::read(file) {
            Ok(Some(kept)) => kept,
            Ok(None) => continue,
            Err(reason) => {
                found.problems.push(format!("{}: {reason}", file.display()));
                continue;
            }
        };
        if let Some(program) = kept.helper(registry, path) {
            let server = if registry == DOCKER_HUB {
                DOCKER_HUB_KEY
            } else {
                registry
            };
            match helper::ask(program, server, patience) {
                Ok(Some(login)) => {
                    found.login = Some((login, format!("docker-credential-{program}")));
                    return found;
                }
                Ok(None) => {}
                Err(reason) => found
                    .problems
                    .push(format!("docker-credential-{program} {reason}")),
            }
        }
        match best(&kept.auths, registry, path).map(Entry::credential) {
            Some(Ok(Some(login))) => {
                found.login = Some((login, file.display().to_string()));
                return found;
            }
            Some(Err(reason)) => found.problems.push(format!("{}: {reason}", file.display())),
            Some(Ok(None)) | None => {}
        }
    }
    found
}

/// A file with logins. It has no `Debug`, as it holds passwords.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Kept {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl Kept {
    fn read(file: &Path) -> Result<Option<Self>, String> {
        let mut text = Vec::new();
        let opened = File::open(file).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text));
        match opened {
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(format!("cannot be read: {error}")),
        }
        // What serde says of a value might quote it.
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("cannot be understood at line {line}, column {column}")
        })
    }

    /// The program that knows the login.
    fn helper(&self, registry: &str, path: &str) -> Option<&str> {
        let program = best(&self.cred_helpers, registry, path).unwrap_or(&self.creds_store);
        (!program.is_empty()).then_some(program)
    }
}

impl Entry {
    /// An entry may be empty: the login is in a helper then.
    fn credential(&self) -> Result<Option<Credential>, String> {
        if !self.identitytoken.is_empty() {
            return Ok(Some(Credential::Identity(Secret::new(
                &*self.identitytoken,
            ))));
        }
        let password = |user: &str, password: &str| {
            Ok(Some(Credential::Password {
                user: user.to_owned(),
                password: Secret::new(password),
            }))
        };
        if !self.username.is_empty() {
            return password(&self.username, &self.password);
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let decoded = STANDARD.decode(self.auth.trim()).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(|text| text.split_once(':')) {
            // Docker pads old entries with zeros.
            Some((user, secret)) => password(user, secret.trim_end_matches('\0')),
            None => Err("an `auth` is no user:password in Base64".to_owned()),
        }
    }
}

/// What is kept for the longest part of the repository's name.
fn best<'a, T>(kept: &'a BTreeMap<String, T>, registry: &str, path: &str) -> Option<&'a T> {
    kept.iter()
        .filter_map(|(key, value)| {
            let (host, prefix) = named(key);
            let rest = path.strip_prefix(prefix)?;
            let is_whole = prefix.is_empty() || rest.is_empty() || rest.starts_with('/');
            (host == registry && is_whole).then_some((prefix.len(), value))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, value)| value)
}

/// The registry and the path that a key stands for. Docker's keys may be addresses, whose path means nothing.
fn named(key: &str) -> (String, &str) {
    let address = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"));
    let (host, path) = match address {
        Some(address) => (address.split('/').next().unwrap_or_default(), ""),
        None => key.split_once('/').unwrap_or((key, "")),
    };
    let path = path.trim_end_matches('/');
    let path = if matches!(path, "v1" | "v2") {
        ""
    } else {
        path
    };
    let host = host.to_ascii_lowercase();
    match &*host {
        "index.docker.io" | "registry-1.docker.io" => (DOCKER_HUB.to_owned(), path),
        _ => (host, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str, registry: &str, path: &str) -> Found {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, text).unwrap();
        find(&[file], registry, path, Duration::from_secs(5))
    }

    fn check(text: &str, registry: &str, path: &str, expected: Option<(&str, &str)>) {
        let found = look(text, registry, path);
        let expected = expected.map(|(user, password)| Credential::Password {
            user: user.to_owned(),
            password: Secret::new(password),
        });
        let login = found.login.map(|(login, _)| login);
        assert!(login == expected, "{registry}/{path}: {login:?}");
    }

    #[test]
    fn logins_are_found_by_registry_and_path() {
        // a:b, c:d:e and f:g.
        let text = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "YTpi"},
            "quay.io/team": {"auth": "YzpkOmU="},
            "quay.io": {"username": "u", "password": "p"},
            "http://host:5000/v2/": {"auth": "Zjpn"},
            "empty.example.com": {}
        }, "HttpHeaders": {"User-Agent": "x"}}"#;
        check(text, "docker.io", "library/nginx", Some(("a", "b")));
        check(text, "quay.io", "team/app", Some(("c", "d:e")));
        check(text, "quay.io", "team", Some(("c", "d:e")));
        check(text, "quay.io", "teams/app", Some(("u", "p")));
        check(text, "host:5000", "a", Some(("f", "g")));
        check(text, "host", "a", None);
        check(text, "empty.example.com", "a", None);
        check("{}", "quay.io", "a", None);
    }

    #[test]
    fn identity_tokens_come_before_passwords() {
        let text = r#"{"auths": {"a.io": {"auth": "YTpi", "identitytoken": "t"}}}"#;
        let login = look(text, "a.io", "b").login.unwrap().0;
        assert_eq!(login, Credential::Identity(Secret::new("t")));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_secrets() {
        let found = look(r#"{"auths": {"a.io": {"auth": "hunter2"}}}"#, "a.io", "b");
        assert!(found.told().contains("`auth` is no user:password"));
        let found = look(r#"{"auths": {"a.io": {"auth": ["hunter2"]}}}"#, "a.io", "b");
        assert!(found.told().contains("line 1"), "{}", found.told());
        assert!(!found.told().contains("hunter2"), "{}", found.told());
        let found = look(r#"{"credsStore": "../evil"}"#, "a.io", "b");
        assert!(found.told().contains("no name of a program"));
    }

    #[test]
    fn the_environment_says_where_logins_are() {
        let check = |set: &[(&str, &str)], expected: &[&str]| {
            let variable = |name: &str| {
                let value = set.iter().find(|(key, _)| *key == name)?.1;
                Some(OsString::from(value))
            };
            let expected: Vec<_> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(credential_files(variable), expected, "{set:?}");
        };
        check(&[], &[]);
        check(
            &[("HOME", "/h")],
            &["/h/.docker/config.json", "/h/.config/containers/auth.json"],
        );
        check(
            &[
                ("HOME", "/h"),
                ("DOCKER_CONFIG", "/d"),
                ("XDG_RUNTIME_DIR", "/r"),
                ("XDG_CONFIG_HOME", "/c"),
                ("REGISTRY_AUTH_FILE", ""),
            ],
            &[
                "/d/config.json",
                "/r/containers/auth.json",
                "/c/containers/auth.json",
            ],
        );
        check(&[("HOME", "/h"), ("REGISTRY_AUTH_FILE", "/f")], &["/f"]);
    }
}
