//! notation itself: we verify what it signs, and say of it what it says by the same policies.
//!
//! `make notation` builds it; where it is not, the tests say so and skip.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use rcgen::CustomExtension;
use serde_json::{Value, json};

use super::SUBJECT;
use crate::{
    made::{Authority, Kind, leaf_params, pem},
    registry::{PASSWORD, USER},
    signing::Shop,
};

/// Where notation keeps everything, in its home.
const CONFIG: &str = ".config/notation";

/// notation, in a shop whose image it signs and verifies.
struct Notation {
    program: PathBuf,
    shop: Shop,
}

impl Notation {
    /// `None` where it or the registry is not here.
    fn open() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/notation")
            .join("notation-v1.3.2");
        if !program.exists() {
            println!("skipped: notation is not here; `make notation` builds it");
            return None;
        }
        let shop = Shop::open(&["mips"])?;
        Some(Self { program, shop })
    }

    fn write(&self, name: &str, text: &str) {
        self.shop.home.write(&format!("{CONFIG}/{name}"), text);
    }

    /// The signer, with the certificates beside the key.
    fn key(&self, key: &str, certificates: &str) {
        self.write("key.pem", key);
        self.write("chain.pem", certificates);
        let path = |name: &str| {
            let folder = self.shop.home.folder.path().join(CONFIG);
            folder.join(name).display().to_string()
        };
        let key =
            json!({ "name": "shop", "keyPath": path("key.pem"), "certPath": path("chain.pem") });
        self.write(
            "signingkeys.json",
            &json!({ "default": "shop", "keys": [key] }).to_string(),
        );
    }

    fn made(&self, root: &Authority, kind: Kind) {
        let signer = root.signer(kind);
        let chain: String = signer.chain.iter().map(|der| pem(der)).collect();
        self.key(&signer.key_pem(), &chain);
    }

    /// Whoever is in the store, by a policy for the repository.
    fn trusts(&self, certificate: &str, level: &Value, identities: &[&str], stores: &[&str]) {
        self.write("truststore/x509/ca/shop/root.pem", certificate);
        let policy = json!({ "version": "1.0", "trustPolicies": [{
            "name": "shop",
            "registryScopes": [format!("{}/team/shop", self.shop.registry.address)],
            "signatureVerification": level,
            "trustStores": stores,
            "trustedIdentities": identities,
        }]});
        self.write("trustpolicy.json", &policy.to_string());
    }

    /// Runs a command about the image; what it says where it fails.
    fn run(&self, command: &str, words: &[&str]) -> Result<String, String> {
        let home = self.shop.home.folder.path();
        let output = Command::new(&self.program)
            .arg(command)
            .args(words)
            .arg(format!("{}@{}", self.repository(), self.shop.digest()))
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("NOTATION_USERNAME", USER)
            .env("NOTATION_PASSWORD", PASSWORD)
            .env("SSL_CERT_FILE", self.shop.registry.path("ca.pem"))
            // Whatever it would ask elsewhere is refused.
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .expect("notation runs");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(said(&output.stderr) + &said(&output.stdout))
        } else {
            Err(said(&output.stderr))
        }
    }

    fn repository(&self) -> String {
        format!("{}/team/shop", self.shop.registry.address)
    }

    fn signs(&self, words: &[&str]) {
        self.run("sign", words).expect("notation signs");
    }

    /// The code and the report of ours by the files that notation has.
    fn ours(&self) -> (i32, Value) {
        let [policy, store] = ["trustpolicy.json", "truststore"].map(|it| format!("{CONFIG}/{it}"));
        let words = [
            "--notation-policy",
            &policy,
            "--trust-store",
            &store,
            "-o",
            "json",
        ];
        let ran = self.shop.run("verify", &words);
        let report = serde_json::from_str(&ran.stdout);
        (
            ran.code,
            report.unwrap_or_else(|_| panic!("{}", ran.stderr)),
        )
    }

    /// That both say the same.
    #[track_caller]
    fn agree(&self, is_verified: bool) -> Value {
        let theirs = self.run("verify", &[]);
        assert_eq!(theirs.is_ok(), is_verified, "{theirs:?}");
        let (code, report) = self.ours();
        assert_eq!(code == 0, is_verified, "{report}");
        report
    }
}

fn strict() -> Value {
    json!({ "level": "strict" })
}

fn named() -> String {
    format!("x509.subject: {SUBJECT}")
}

#[test]
fn we_verify_what_notation_signs() {
    for format in ["jws", "cose"] {
        for kind in [
            Kind::P256,
            Kind::P384,
            Kind::Rsa2048,
            Kind::Rsa3072,
            Kind::Rsa4096,
        ] {
            let Some(notation) = Notation::open() else {
                return;
            };
            let root = Authority::root();
            notation.made(&root, kind);
            notation.trusts(&root.root_pem(), &strict(), &[&named()], &["ca:shop"]);
            let words = [
                "--signature-format",
                format,
                "-m",
                "team=shop",
                "--expiry",
                "24h",
            ];
            notation.signs(&words);
            let report = notation.agree(true);
            let signature = &report["signatures"][0];
            assert_eq!(signature["annotations"]["team"], "shop");
            assert!(signature["expires_at"].is_string(), "{signature}");
            // And without policies, also of all that the registry keeps.
            let home = &notation.shop.home;
            home.write("root.pem", &root.root_pem());
            home.write("other.pem", &Authority::root().root_pem());
            let by = |file, subject| {
                let words = ["--certificate", file, "--subject", subject];
                notation.shop.verify(&words).0
            };
            assert_eq!(by("root.pem", SUBJECT), 0);
            assert_eq!(by("root.pem", "CN=Somebody"), 1);
            assert_eq!(by("other.pem", SUBJECT), 1);
        }
    }
}

#[test]
fn we_verify_what_a_key_on_p521_signs() {
    let Some(notation) = Notation::open() else {
        return;
    };
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -sha512 -days 30 \
        -keyout key.pem -out own.pem -addext basicConstraints=critical,CA:FALSE \
        -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=codeSigning -subj";
    let folder = notation.shop.home.folder.path();
    let made = Command::new("openssl")
        .args(words.split_whitespace())
        .arg("/C=US/ST=WA/O=shop.example/CN=Shop")
        .current_dir(folder)
        .output();
    if !made.is_ok_and(|it| it.status.success()) {
        println!("skipped: no openssl that makes certificates on P-521");
        return;
    }
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    notation.key(&read("key.pem"), &read("own.pem"));
    notation.trusts(&read("own.pem"), &strict(), &[&named()], &["ca:shop"]);
    for format in ["jws", "cose"] {
        notation.signs(&["--signature-format", format]);
    }
    let report = notation.agree(true);
    let signatures = report["signatures"].as_array().expect("signatures");
    assert_eq!(signatures.len(), 2);
    assert!(
        signatures.iter().all(|it| it["status"] == "valid"),
        "{report}"
    );
}

#[test]
fn we_agree_with_notation_on_whom_a_policy_names() {
    let Some(notation) = Notation::open() else {
        return;
    };
    let root = Authority::root();
    notation.made(&root, Kind::P256);
    notation.signs(&[]);
    let by = |certificate: &str, identity: &str, is_verified: bool| {
        notation.trusts(certificate, &strict(), &[identity], &["ca:shop"]);
        notation.agree(is_verified);
    };
    let ours = root.root_pem();
    by(&ours, "*", true);
    by(&ours, "x509.subject: C=US, ST=WA, O=shop.example", true);
    by(
        &ours,
        "x509.subject: CN=Shop,O=shop.example,ST=WA,C=US",
        true,
    );
    by(&ours, "x509.subject: C=US, S=WA, O=shop.example", true);
    by(&ours, "x509.subject: C=US, ST=WA, O=Shop.example", false);
    by(
        &ours,
        "x509.subject: C=US, ST=WA, O=shop.example, OU=a",
        false,
    );
    by(&Authority::root().root_pem(), "*", false);
    // Neither takes what vouches for others.
    notation.write("truststore/x509/signingAuthority/shop/root.pem", &ours);
    notation.trusts(&ours, &strict(), &["*"], &["signingAuthority:shop"]);
    notation.agree(false);
}

#[test]
fn we_agree_with_notation_on_certificates_that_may_not_sign() {
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, date_time_ymd};

    type Change = fn(&mut CertificateParams);

    let Some(notation) = Notation::open() else {
        return;
    };
    let changes: [(Change, bool); 4] = [
        (|it| it.extended_key_usages.clear(), true),
        (
            |it| it.key_usages.push(KeyUsagePurpose::ContentCommitment),
            true,
        ),
        (|it| it.not_after = date_time_ymd(2021, 1, 1), false),
        (
            |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning],
            false,
        ),
    ];
    for (change, is_verified) in changes {
        let root = Authority::root();
        let mut params = leaf_params();
        change(&mut params);
        let signer = root.issue(&params, Kind::P256);
        let chain: String = signer.chain.iter().map(|der| pem(der)).collect();
        notation.key(&signer.key_pem(), &chain);
        notation.trusts(&root.root_pem(), &strict(), &["*"], &["ca:shop"]);
        // What it does not sign, it would not verify either.
        let signs = notation.run("sign", &[]);
        assert_eq!(signs.is_ok(), is_verified, "{signs:?}");
        notation.agree(is_verified);
    }
}

/// Answers every request for a timestamp, with openssl, until the test ends.
fn clock(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.expect("a connection"), &folder);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, folder: &Path) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // A head, and as many bytes behind it as it says.
    let body = loop {
        let count = stream.read(&mut buffer).expect("a request");
        request.extend_from_slice(&buffer[..count]);
        let Some(end) = request.windows(4).position(|it| it == b"\r\n\r\n") else {
            assert_ne!(count, 0, "the request ends in its head");
            continue;
        };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length = head.split_once("content-length: ").expect("a length").1;
        let length: usize = length
            .lines()
            .next()
            .and_then(|it| it.parse().ok())
            .expect("a number");
        if request.len() >= end + 4 + length {
            break request[end + 4..].to_vec();
        }
    };
    fs::write(folder.join("query"), body).expect("a file");
    let words = "ts -reply -queryfile query -config tsa.cnf -signer tsa.pem -inkey tsa.key -chain root.pem -out reply";
    let made = Command::new("openssl")
        .args(words.split(' '))
        .current_dir(folder)
        .output();
    assert!(made.expect("openssl").status.success());
    let reply = fs::read(folder.join("reply")).expect("a file");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes()).expect("an answer");
    stream.write_all(&reply).expect("an answer");
}

#[test]
fn we_verify_timestamps_of_notation() {
    for format in ["jws", "cose"] {
        let Some(notation) = Notation::open() else {
            return;
        };
        let version = Command::new("openssl").arg("version").output();
        if !version.is_ok_and(|it| it.status.success()) {
            println!("skipped: no openssl that makes timestamps");
            return;
        }
        let mut params = leaf_params();
        // For timestamps alone, and critically.
        let usage = [0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
        let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage.to_vec());
        usage.set_criticality(true);
        params.extended_key_usages.clear();
        params.custom_extensions = vec![usage];
        let times = Authority::root();
        let signer = times.issue(&params, Kind::Rsa3072);
        let home = &notation.shop.home;
        for (name, text) in [
            ("tsa.cnf", include_str!("tsa.cnf")),
            ("serial", "01\n"),
            ("tsa.pem", &pem(&signer.chain[0])),
            ("root.pem", &times.root_pem()),
            ("tsa.key", &signer.key_pem()),
        ] {
            home.write(name, text);
        }
        let address = clock(home.folder.path().to_owned());
        let root = Authority::root();
        notation.made(&root, Kind::P384);
        let words = [
            "--timestamp-url",
            &address,
            "--timestamp-root-cert",
            "root.pem",
        ];
        notation.signs(&[&words[..], &["--signature-format", format]].concat());
        notation.write("truststore/x509/tsa/times/root.pem", &times.root_pem());
        let stores = ["ca:shop", "tsa:times"];
        notation.trusts(&root.root_pem(), &strict(), &[&named()], &stores);
        let report = notation.agree(true);
        let signature = &report["signatures"][0];
        assert!(signature["signed_at"].is_string(), "{signature}");
        assert_eq!(signature.get("claimed_at"), None);
        // By somebody else's clock.
        let other = Authority::root().root_pem();
        notation.write("truststore/x509/tsa/times/root.pem", &other);
        notation.agree(false);
    }
}
