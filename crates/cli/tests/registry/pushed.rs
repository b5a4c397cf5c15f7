//! `ringwall serve` beside a registry that tells it what is pushed: the image is scanned and its pods are judged, and
//! judged otherwise when more becomes known.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rcgen::KeyPair;
use reqwest::{
    StatusCode,
    blocking::Client,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};

use crate::{
    image::{Layout, digest, push},
    registry::{Home, PASSWORD, Registry, client},
};

const SECRET: &str = "Bearer a-secret-of-the-registry";
/// More than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server that is ended when the test is.
struct Serving {
    child: Child,
    reviews: String,
    health: String,
    client: Client,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn start(home: &Home, address: &str) -> Self {
        let serve = [
            "serve",
            "--self-made",
            "certs",
            "--drain-delay",
            "0",
            "--db",
            "advisories.db",
            "--listen",
            address,
            "--metrics-listen",
            "127.0.0.1:0",
        ];
        let mut command = home.command(&serve);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        let mut lines = log.lines().map_while(Result::ok);
        let mut find = |what: &str| {
            lines.find_map(|line| {
                said.push_str(&line);
                line.strip_prefix(what).map(str::to_owned)
            })
        };
        let found = find("reviews at ").zip(find("health and metrics at "));
        // Nobody may stop reading, else it would wait for that.
        thread::spawn(move || lines.for_each(|line| println!("{line}")));
        let Some((reviews, health)) = found else {
            panic!("ringwall does not start: {said}");
        };
        let ca = home.folder.path().join("certs/ca.crt");
        let ca = CertificateDer::from_pem_slice(&fs::read(ca).expect("an authority"));
        Self {
            child,
            reviews,
            health,
            client: client(ca.expect("PEM")),
        }
    }

    /// Has it look at its files now.
    fn look(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-HUP", &id]).status();
        assert!(told.expect("kill runs").success());
    }

    fn ask(&self, path: &str) -> String {
        let asked = self.client.get(format!("{}{path}", self.health)).send();
        asked.expect("an answer").text().expect("a text")
    }

    /// Waits until a metric has a line.
    fn until(&self, line: &str) {
        self.wait(|| self.ask("/metrics").lines().any(|it| it == line), line);
    }

    fn wait(&self, holds: impl Fn() -> bool, what: &str) {
        let start = Instant::now();
        while !holds() {
            let (metrics, status) = (self.ask("/metrics"), self.ask("/status"));
            assert!(start.elapsed() < PATIENCE, "{what}: {metrics}{status}");
            thread::yield_now();
        }
    }

    /// Whether an image may run, and why not.
    fn review(&self, image: &str) -> (bool, String) {
        let review = json!({
            "apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
            "spec": {"containers": [{"image": image}], "namespace": "shop"},
        });
        let asked = self.client.post(format!("{}/image-policy", self.reviews));
        let asked = asked.header(CONTENT_TYPE, "application/json");
        let answer = asked.body(review.to_string()).send().expect("an answer");
        let answer = answer.text().expect("a text");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let status = &answer["status"];
        let reason = status["reason"].as_str().unwrap_or_default().to_owned();
        (status["allowed"] == true, reason)
    }

    /// Whether the pod of an image may run, as admission says, and why not.
    fn admits(&self, image: &str) -> (bool, String) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"containers": [{"name": "web", "image": image}]},
        });
        let review = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "operation": "CREATE", "namespace": "shop", "userInfo": {}, "object": pod,
            },
        });
        let asked = self
            .client
            .post(format!("{}/validate?timeout=30s", self.reviews));
        let asked = asked.header(CONTENT_TYPE, "application/json");
        let answer = asked.body(review.to_string()).send().expect("an answer");
        let answer: Value = serde_json::from_str(&answer.text().expect("a text")).expect("JSON");
        let response = &answer["response"];
        let reason = response["status"]["message"].as_str().unwrap_or_default();
        (response["allowed"] == true, reason.to_owned())
    }

    /// Tells it of something, as somebody who shows a secret or none.
    fn tell(&self, secret: Option<&str>, body: &str) -> StatusCode {
        let mut told = self.client.post(format!("{}/registry", self.reviews));
        if let Some(secret) = secret {
            told = told.header(AUTHORIZATION, secret);
        }
        let told = told.header(CONTENT_TYPE, "application/json");
        told.body(body.to_owned())
            .send()
            .expect("an answer")
            .status()
    }
}

/// Builds a database of flaws, and puts it in the place of the one before.
fn replace_database(home: &Home, flaws: &[(&str, &str, &str)]) {
    let records = flaws.iter().enumerate().map(|(number, (id, ecosystem, name))| {
        let record = json!({
            "id": id, "summary": "a flaw", "database_specific": {"severity": "HIGH"},
            "affected": [{"package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.0.0"}]}]}],
        });
        home.write(&format!("osv/{number}.json"), &record.to_string())
    });
    let records: Vec<_> = records.collect();
    let imported = home.run(&["db", "import", "osv", "--db", "advisories.db"], &[]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    for record in records {
        fs::remove_file(record).expect("a file");
    }
}

/// The reports of a folder, in order.
fn reports(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = files.map(|it| it.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "json"));
    files.sort();
    let reports = files.iter().map(|file| fs::read(file).expect("a report"));
    let reports = reports.map(|text| serde_json::from_slice(&text).expect("JSON"));
    reports.collect()
}

/// A registry that tells of what is pushed, and the address where it does: each has to know where the other one is
/// before it starts. `None` where there is no registry on this machine.
fn telling(home: &Home) -> Option<(Registry, String)> {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let notifications = json!({"endpoints": [{
        "name": "ringwall", "url": format!("https://{address}/registry"), "timeout": "10s",
        "headers": {"Authorization": [SECRET]}, "threshold": 3, "backoff": "100ms",
    }]});
    let ca = home.folder.path().join("certs/ca.crt");
    let trusts = [("SSL_CERT_FILE", ca.as_os_str())];
    let registry = Registry::telling(&notifications, &trusts)?;
    home.log_in(&registry, PASSWORD);
    home.write("registry.secret", &format!("{SECRET}\n"));
    Some((registry, address))
}

#[test]
fn what_is_pushed_is_scanned_and_judged_again_when_more_is_known() {
    let home = Home::new();
    let Some((registry, address)) = telling(&home) else {
        return;
    };
    let (registry_address, registry_ca) = (&registry.address, registry.path("ca.pem"));
    home.write(
        "ringwall.toml",
        &format!(
            r#"
[image-policy]
reports = "reports"
[image-policy.vulnerabilities]
severity = "high"
[serve.scan]
repositories = ["{registry_address}/shop/**"]
secret = "registry.secret"
[registries."{registry_address}"]
ca = "{registry_ca}"
"#
        ),
    );
    let others = [("D-1", "Debian:12", "other"), ("N-1", "npm", "other")];
    replace_database(&home, &others);
    let serving = Serving::start(&home, &address);
    let folder = home.folder.path().join("reports");

    let layout = Layout::new(&["amd64", "arm64"]);
    let index = fs::read(layout.folder.path().join("index.json")).expect("an index");
    let image = format!("{registry_address}/shop/web@{}", digest(&index));
    let (is_allowed, reason) = serving.review(&image);
    assert!(!is_allowed && reason.contains("no report"), "{reason}");
    push(&registry, layout.folder.path(), "bank/web", "1");
    push(&registry, layout.folder.path(), "shop/web", "1");
    // Two images, and their index.
    serving.until("ringwall_pushed_images_total{outcome=\"scanned\"} 3");
    let is_left = || {
        serving
            .ask("/metrics")
            .contains("{outcome=\"not-configured\"}")
    };
    serving.wait(is_left, "what is not configured is left");
    let kept = reports(&folder);
    let platforms: Vec<_> = kept.iter().map(|it| &it["image"]["platform"]).collect();
    assert_eq!(kept.len(), 4, "{platforms:?}");
    let below = kept
        .iter()
        .filter(|it| it["image"]["indexes"][0] == digest(&index));
    assert_eq!(below.count(), 2);
    serving.look();
    serving.wait(|| serving.review(&image).0, "the image is admitted");

    // More becomes known, and no layer is there any more to be read.
    fs::remove_dir_all(registry.folder.path().join("storage")).expect("a folder");
    replace_database(&home, &[others[0], others[1], ("N-2", "npm", "ms")]);
    serving.look();
    serving.until("ringwall_image_reports_judged_again_total{outcome=\"judged\"} 4");
    serving.until("ringwall_image_new_findings_total{severity=\"high\"} 2");
    for report in reports(&folder) {
        let findings = report["findings"].as_array().expect("findings").iter();
        let flaws = findings.filter(|it| !it["vulnerability"].is_null());
        let flaws: Vec<_> = flaws.map(|it| &it["check"]).collect();
        assert_eq!(flaws, ["N-2"]);
    }
    serving.look();
    let is_refused = || {
        let (is_allowed, reason) = serving.review(&image);
        !is_allowed && reason.contains("N-2")
    };
    serving.wait(is_refused, "the image is refused");
    let status: Value = serde_json::from_str(&serving.ask("/status")).expect("JSON");
    assert_eq!(status["images"]["newFindings"][0]["check"], "N-2");

    let pull = r#"{"events": [{"action": "pull"}]}"#;
    assert_eq!(serving.tell(Some(SECRET), pull), StatusCode::OK);
    assert_eq!(serving.tell(None, pull), StatusCode::UNAUTHORIZED);
    let wrong = Some("Bearer another-secret-of-nobody");
    assert_eq!(serving.tell(wrong, pull), StatusCode::UNAUTHORIZED);
    assert_eq!(serving.tell(Some(SECRET), "{}"), StatusCode::BAD_REQUEST);
}

#[test]
fn an_image_that_nobody_looked_at_is_scanned_while_its_review_waits() {
    let home = Home::new();
    let Some(registry) = Registry::start() else {
        return;
    };
    let (registry_address, registry_ca) = (&registry.address, registry.path("ca.pem"));
    home.log_in(&registry, PASSWORD);
    home.write(
        "ringwall.toml",
        &format!(
            r#"
[image-policy]
denied = ["{registry_address}/shop/denied"]
reports = "reports"
[image-policy.vulnerabilities]
severity = "high"
[serve]
checks = false
[serve.scan]
repositories = ["{registry_address}/shop/**"]
on-demand = true
[registries."{registry_address}"]
ca = "{registry_ca}"
"#
        ),
    );
    replace_database(
        &home,
        &[("D-1", "Debian:12", "other"), ("N-1", "npm", "other")],
    );
    let serving = Serving::start(&home, "127.0.0.1:0");
    let layout = Layout::new(&["amd64", "arm64"]);
    for repository in ["shop/web", "shop/denied", "bank/web"] {
        push(&registry, layout.folder.path(), repository, "1");
    }
    let index = fs::read(layout.folder.path().join("index.json")).expect("an index");
    let index = digest(&index);
    let image = |repository: &str| format!("{registry_address}/{repository}@{index}");
    // The first review of it is answered, and by what was found.
    assert_eq!(serving.review(&image("shop/web")), (true, String::new()));
    serving.until("ringwall_image_demands_total{outcome=\"queued\"} 1");
    let kept = reports(&home.folder.path().join("reports"));
    assert_eq!(kept.len(), 2, "its images for both platforms");

    // What is refused by its name is not worth a scan, and who is not configured is not asked.
    let (is_allowed, reason) = serving.review(&image("shop/denied"));
    assert!(!is_allowed && reason.contains("is denied"), "{reason}");
    let elsewhere = format!("127.0.0.1:1/shop/web@{}", digest(b"elsewhere"));
    let gone = format!("{registry_address}/shop/web@{}", digest(b"gone"));
    for image in [elsewhere, gone] {
        let (is_allowed, reason) = serving.admits(&image);
        assert!(!is_allowed && reason.contains("no report"), "{reason}");
    }
    let metrics = serving.ask("/metrics");
    for line in [
        "ringwall_image_demands_total{outcome=\"not-configured\"} 1",
        "ringwall_image_demands_total{outcome=\"queued\"} 2",
        "ringwall_pushed_images_total{outcome=\"retried\"} 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }

    // Of an image with a flaw, the pod is refused for the flaw and not because nobody knows.
    drop(serving);
    fs::remove_dir_all(home.folder.path().join("reports")).expect("a folder");
    replace_database(
        &home,
        &[("D-1", "Debian:12", "other"), ("N-2", "npm", "ms")],
    );
    let serving = Serving::start(&home, "127.0.0.1:0");
    let (is_allowed, reason) = serving.admits(&image("shop/web"));
    assert!(!is_allowed && reason.contains("N-2"), "{reason}");
}

#[test]
fn an_image_is_refused_until_somebody_signs_it_who_is_trusted() {
    let home = Home::new();
    let Some((registry, address)) = telling(&home) else {
        return;
    };
    let (registry_address, registry_ca) = (&registry.address, registry.path("ca.pem"));
    for who in ["shop", "other"] {
        let key = KeyPair::generate().expect("a key");
        home.write(&format!("{who}.pub"), &key.public_key_pem());
        let path = home.write(&format!("{who}.key"), &key.serialize_pem());
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    let configure = |key: &str| {
        home.write(
            "ringwall.toml",
            &format!(
                r#"
[image-policy]
reports = "reports"
[image-policy.signatures]
required = ["{registry_address}/**"]
[[trust]]
images = ["{registry_address}/shop/**"]
key = "{key}"
[serve.scan]
repositories = ["{registry_address}/shop/**"]
secret = "registry.secret"
[registries."{registry_address}"]
ca = "{registry_ca}"
"#
            ),
        );
    };
    configure("shop.pub");
    let serving = Serving::start(&home, &address);
    let layout = Layout::new(&["amd64", "arm64"]);
    let index = fs::read(layout.folder.path().join("index.json")).expect("an index");
    let image = format!("{registry_address}/shop/web@{}", digest(&index));
    push(&registry, layout.folder.path(), "shop/web", "1");
    // Two images, and their index.
    serving.until("ringwall_verified_images_total{outcome=\"unsigned\"} 3");
    serving.look();
    let says = |words: &str| {
        let (is_allowed, reason) = serving.review(&image);
        !is_allowed && reason.contains(words)
    };
    serving.wait(|| says("is not signed"), "nobody signed it");
    let sign = |key: &str| {
        let words = [
            "image",
            "sign",
            &*image,
            "--key",
            key,
            "--registry-ca",
            &*registry_ca,
        ];
        let signed = home.run(&words, &[]);
        assert_eq!(signed.code, 0, "{}", signed.stderr);
    };
    sign("other.key");
    serving.until("ringwall_verified_images_total{outcome=\"unsigned\"} 4");
    serving.look();
    serving.wait(|| says("is not signed"), "a stranger signed it");
    sign("shop.key");
    serving.until("ringwall_verified_images_total{outcome=\"signed\"} 1");
    serving.look();
    serving.wait(|| serving.review(&image).0, "the image is admitted");
    // Who is trusted no more has signed nothing.
    configure("other.pub");
    serving.look();
    serving.wait(
        || says("no report of `ringwall image verify`"),
        "nobody looked yet",
    );
}
