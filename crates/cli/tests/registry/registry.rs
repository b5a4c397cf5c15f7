//! The registry, and the folder that `ringwall` runs in beside it.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{
    StatusCode, Url,
    blocking::{Client, RequestBuilder},
    header::{CONTENT_TYPE, LOCATION},
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const USER: &str = "shop";
pub(crate) const PASSWORD: &str = "open-sesame-4711";

/// The user and the password, as `htpasswd -B` writes them.
const HTPASSWD: &str = "shop:$2y$05$aFwpyvuv9kXJSyEY3DQUuu018aCHDx7WlX95BUAM4kMUCIVrWXaPC";

/// A registry that runs until the test ends.
pub(crate) struct Registry {
    program: Child,
    pub(crate) address: String,
    client: Client,
    /// Certificates, and what the registry keeps.
    pub(crate) folder: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// What `ringwall` did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The report, without what differs between a file and a registry.
    pub(crate) fn report(&self) -> Value {
        // The images of these tests run as root, which is worse than what is not known of them.
        assert_eq!(self.code, 1, "{}", self.stderr);
        let named: Value = serde_json::from_str(&self.stdout).expect("JSON");
        let name = named["image"]["name"].as_str().expect("a name");
        // Findings about the image itself name it.
        let text = self.stdout.replace(name, "the image");
        let mut report: Value = serde_json::from_str(&text).expect("JSON");
        let image = report["image"].as_object_mut().expect("an image");
        image.remove("name");
        image.remove("names");
        report
    }

    /// Asserts that it was wrong usage, and that all words are in the message, and no password.
    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, 2, "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "`{word}` not in {}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains(PASSWORD), "{}", self.stderr);
    }
}

/// Makes an authority, and its certificate for this machine.
fn certificates(folder: &Path) -> CertificateDer<'static> {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).expect("a certificate");
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).expect("names");
    let certificate = certificate.signed_by(&key, &issuer).expect("a certificate");
    for (name, text) in [
        ("ca.pem", ca_certificate.pem()),
        ("tls.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
    ca_certificate.der().clone()
}

/// A client that trusts one authority.
pub(crate) fn client(authority: CertificateDer<'static>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(authority).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .build()
        .expect("a client")
}

/// Sends a request as the user, and gives the address that the answer names.
fn send(request: RequestBuilder, expected: StatusCode) -> Option<String> {
    let request = request.basic_auth(USER, Some(PASSWORD));
    let response = request.send().expect("an answer");
    assert_eq!(response.status(), expected, "{}", response.url());
    let location = response.headers().get(LOCATION);
    Some(location?.to_str().expect("an address").to_owned())
}

impl Registry {
    /// Starts a registry; `None` where the program is not here.
    pub(crate) fn start() -> Option<Self> {
        Self::configured(&Value::Null, &[], false)
    }

    /// Starts one that deletes manifests or, as by default, does not.
    pub(crate) fn deleting(deletes: bool) -> Option<Self> {
        Self::configured(&Value::Null, &[], deletes)
    }

    /// Starts one that tells others what is pushed, with variables of the environment.
    pub(crate) fn telling(notifications: &Value, variables: &[(&str, &OsStr)]) -> Option<Self> {
        Self::configured(notifications, variables, false)
    }

    fn configured(
        notifications: &Value,
        variables: &[(&str, &OsStr)],
        deletes: bool,
    ) -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let client = client(certificates(folder.path()));
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("htpasswd"), format!("{HTPASSWD}\n")).expect("a file");
        let mut config = serde_json::json!({
            "version": 0.1,
            "log": {"level": "info", "accesslog": {"disabled": true}},
            "storage": {
                "filesystem": {"rootdirectory": path("storage")},
                "delete": {"enabled": deletes},
            },
            "auth": {"htpasswd": {"realm": "test", "path": path("htpasswd")}},
            "http": {
                "addr": "127.0.0.1:0",
                "tls": {"certificate": path("tls.pem"), "key": path("key.pem")},
            },
        });
        if !notifications.is_null() {
            config["notifications"] = notifications.clone();
        }
        // JSON is YAML.
        fs::write(path("config.yml"), config.to_string()).expect("a file");
        let program = Command::new("docker-registry")
            .args(["serve", &path("config.yml")])
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut program = match program {
            Ok(program) => program,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("skipped: docker-registry is not here");
                return None;
            }
            Err(error) => panic!("docker-registry: {error}"),
        };
        let log = BufReader::new(program.stderr.take().expect("its log"));
        let mut said = String::new();
        // It names the port that it got; where it does not start, its log ends.
        let mut lines = log.lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            said.push_str(&line);
            let (_, behind) = line.split_once("listening on ")?;
            behind.split([',', '"']).next().map(str::to_owned)
        });
        // Nobody may stop reading, else it would wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(address) = address else {
            panic!("docker-registry does not start: {said}");
        };
        Some(Self {
            program,
            address,
            client,
            folder,
        })
    }

    /// Pushes a blob in the two steps of the protocol.
    pub(crate) fn push_blob(&self, repository: &str, digest: &str, bytes: Vec<u8>) {
        let start = format!("https://{}/v2/{repository}/blobs/uploads/", self.address);
        let start = Url::parse(&start).expect("an address");
        let begin = self.client.post(start.clone());
        let place = send(begin, StatusCode::ACCEPTED).expect("a place");
        let mut place = start.join(&place).expect("an address");
        place.query_pairs_mut().append_pair("digest", digest);
        let whole = self.client.put(place).body(bytes);
        let whole = whole.header(CONTENT_TYPE, "application/octet-stream");
        send(whole, StatusCode::CREATED);
    }

    /// Pushes a manifest or index under a tag or digest.
    pub(crate) fn push_manifest(&self, repository: &str, name: &str, manifest: &[u8]) {
        let parsed: Value = serde_json::from_slice(manifest).expect("JSON");
        let media_type = parsed["mediaType"].as_str().expect("a type").to_owned();
        let place = format!("https://{}/v2/{repository}/manifests/{name}", self.address);
        let request = self.client.put(place).body(manifest.to_owned());
        let request = request.header(CONTENT_TYPE, media_type);
        send(request, StatusCode::CREATED);
    }

    /// Deletes a manifest as another client would: what is kept beside it stays.
    pub(crate) fn delete_manifest(&self, repository: &str, digest: &str) {
        let place = format!(
            "https://{}/v2/{repository}/manifests/{digest}",
            self.address
        );
        send(self.client.delete(place), StatusCode::ACCEPTED);
    }

    /// Forgets a tag, as if nobody had ever pushed it.
    pub(crate) fn delete_tag(&self, repository: &str, tag: &str) {
        let folder = self.folder.path().join("storage/docker/registry/v2");
        let folder = folder.join("repositories").join(repository);
        let removed = fs::remove_dir_all(folder.join("_manifests/tags").join(tag));
        removed.expect("a tag");
    }

    /// A file of the registry's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// The folder that `ringwall` runs in: its home, and nobody's else.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    path: OsString,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join(".git")).expect("a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self { folder, path }
    }

    /// With the login to a registry, as `docker login` keeps it.
    pub(crate) fn logged_in(registry: &Registry, password: &str) -> Self {
        let home = Self::new();
        home.log_in(registry, password);
        home
    }

    /// Keeps the login to a registry, as `docker login` does.
    pub(crate) fn log_in(&self, registry: &Registry, password: &str) {
        let auth = STANDARD.encode(format!("{USER}:{password}"));
        let text = format!(
            r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#,
            registry.address
        );
        self.write(".docker/config.json", &text);
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// Puts a folder of programs before the others.
    pub(crate) fn with_programs(&mut self, folder: &Path) {
        let old = std::env::split_paths(&self.path);
        let all = std::iter::once(folder.to_owned()).chain(old);
        self.path = std::env::join_paths(all).expect("a path");
    }

    /// Runs `ringwall image` with words.
    pub(crate) fn image(&self, words: &[&str]) -> Ran {
        // What was read before says nothing about what is read now.
        self.run(&[&["image", "--no-cache"], words].concat(), &[])
    }

    /// `ringwall` with words, in the folder.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringwall"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("PATH", &self.path)
            .env_remove("DOCKER_CONFIG")
            .env_remove("REGISTRY_AUTH_FILE")
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("COSIGN_PASSWORD")
            .env_remove("RINGWALL_KEY_PASSWORD")
            .env_remove("RINGWALL_DB")
            .stdin(Stdio::null());
        command
    }

    /// Runs `ringwall` with words, and with variables of the environment.
    pub(crate) fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = self
            .command(words)
            .envs(variables.iter().copied())
            .output()
            .expect("ringwall runs");
        Ran {
            code: output.status.code().expect("a code"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}
