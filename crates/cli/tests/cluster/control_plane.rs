//! A real control plane on loopback: etcd, kube-apiserver and kubectl, as `tests/cluster/build` makes them.

use std::{
    fs,
    io::Read as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use kube::config::{KubeConfigOptions, Kubeconfig};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long a program may take to answer for the first time on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// Bearer token of the administrator that the tests act as.
const TOKEN: &str = "cluster-test-administrator";

/// The programs; `None`, and a word about it, where there are none.
pub(crate) fn programs() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("RINGWALL_CLUSTER_PROGRAMS").map(PathBuf::from) else {
        println!(
            "skipped: RINGWALL_CLUSTER_PROGRAMS names no folder; `make test-cluster` builds it"
        );
        return None;
    };
    for name in ["etcd", "kube-apiserver", "kubectl"] {
        if !folder.join(name).is_file() {
            println!("skipped: {} lacks {name}", folder.display());
            return None;
        }
    }
    Some(folder)
}

/// What the API server is started with besides the ordinary.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// More flags, such as `--audit-policy-file=...`.
    pub(crate) api_server: Vec<String>,
    /// Admission plugins that are off by default.
    pub(crate) admission_plugins: Vec<&'static str>,
}

/// A running control plane; it ends with the value.
pub(crate) struct ControlPlane {
    programs: PathBuf,
    folder: TempDir,
    etcd: Child,
    /// How the API server is started.
    command: Command,
    api_server: Child,
    port: u16,
}

/// A port that nobody listens on and that no other call of this process gets.
///
/// The kernel hands out ports from 32768 on to outgoing connections, so one from there may be
/// taken before the program it was meant for listens; these lie below.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    let offset = u16::try_from(std::process::id() % u32::from(COUNT)).expect("less than COUNT");
    (0..COUNT)
        .map(|_| FIRST + (offset + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("loopback has a free port")
}

/// Waits until a condition holds; the condition says what it saw otherwise.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match condition() {
            Ok(value) => return value,
            Err(seen) if start.elapsed() > PATIENCE => panic!("waited for {what}: {seen}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

impl ControlPlane {
    /// Starts etcd and the API server, and waits until it is ready.
    pub(crate) fn start(programs: &Path, flags: &Flags) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the control plane");
        let (etcd_port, etcd_peer) = (free_port(), free_port());
        let port = free_port();
        let log = |name: &str| {
            Stdio::from(fs::File::create(folder.path().join(name)).expect("a log file"))
        };
        let etcd_url = format!("http://127.0.0.1:{etcd_port}");
        let peer_url = format!("http://127.0.0.1:{etcd_peer}");
        let etcd = Command::new(programs.join("etcd"))
            .arg(format!(
                "--data-dir={}",
                folder.path().join("etcd").display()
            ))
            .arg(format!("--listen-client-urls={etcd_url}"))
            .arg(format!("--advertise-client-urls={etcd_url}"))
            .arg(format!("--listen-peer-urls={peer_url}"))
            .arg(format!("--initial-advertise-peer-urls={peer_url}"))
            .arg(format!("--initial-cluster=default={peer_url}"))
            .arg("--unsafe-no-fsync")
            .stdin(Stdio::null())
            .stdout(log("etcd.out"))
            .stderr(log("etcd.log"))
            .spawn()
            .expect("etcd starts");
        let key = rcgen::KeyPair::generate().expect("a key for service accounts");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("service-account.key"), key.serialize_pem()).expect("the key");
        fs::write(path("service-account.pub"), key.public_key_pem()).expect("the key");
        fs::write(
            path("tokens.csv"),
            format!("{TOKEN},administrator,administrator,system:masters\n"),
        )
        .expect("the tokens");
        let mut plugins = flags.admission_plugins.join(",");
        if !plugins.is_empty() {
            plugins.insert_str(0, "--enable-admission-plugins=");
        }
        let mut command = Command::new(programs.join("kube-apiserver"));
        command
            .arg(format!("--etcd-servers={etcd_url}"))
            .arg("--bind-address=127.0.0.1")
            .arg(format!("--secure-port={port}"))
            .arg(format!("--cert-dir={}", path("certificates")))
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(format!(
                "--service-account-key-file={}",
                path("service-account.pub")
            ))
            .arg(format!(
                "--service-account-signing-key-file={}",
                path("service-account.key")
            ))
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            .arg(format!("--token-auth-file={}", path("tokens.csv")))
            .arg("--authorization-mode=RBAC")
            .arg("--allow-privileged=true")
            // No controller makes service accounts here, so pods must do without.
            .arg("--disable-admission-plugins=ServiceAccount")
            .args((!plugins.is_empty()).then_some(plugins))
            .args(&flags.api_server)
            .stdin(Stdio::null())
            .stdout(log("kube-apiserver.out"))
            .stderr(log("kube-apiserver.log"));
        let api_server = command.spawn().expect("kube-apiserver starts");
        let plane = Self {
            programs: programs.to_owned(),
            folder,
            etcd,
            command,
            api_server,
            port,
        };
        plane.write_kubeconfig();
        plane.wait_until_ready();
        // Pods need their namespace; the system makes it a moment after it is ready.
        wait_for("the namespace default", || {
            let answer = plane.kubectl(&["get", "namespace", "default"]);
            answer
                .status
                .success()
                .then_some(())
                .ok_or_else(|| text(&answer.stderr))
        });
        plane
    }

    fn wait_until_ready(&self) {
        wait_for("the API server", || {
            let answer = self.kubectl(&["get", "--raw", "/readyz"]);
            if answer.status.success() {
                Ok(())
            } else {
                Err(format!("{}\n{}", text(&answer.stderr), self.log_tail()))
            }
        });
    }

    /// Ends the API server; etcd keeps what is in it.
    pub(crate) fn stop_api_server(&mut self) {
        self.api_server.kill().expect("it is killed");
        self.api_server.wait().expect("it ends");
    }

    /// Starts the API server again as it was.
    pub(crate) fn start_api_server(&mut self) {
        self.api_server = self.command.spawn().expect("kube-apiserver starts");
        self.wait_until_ready();
    }

    fn write_kubeconfig(&self) {
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {
                "server": format!("https://127.0.0.1:{}", self.port),
                // The server makes its certificate itself.
                "insecure-skip-tls-verify": true}}],
            "users": [{"name": "test", "user": {"token": TOKEN}}],
        });
        fs::write(self.kubeconfig(), kubeconfig.to_string()).expect("the kubeconfig");
    }

    /// The kubeconfig of the administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// A kubeconfig of somebody else, whom the administrator stands for.
    pub(crate) fn kubeconfig_as(&self, user: &str) -> String {
        let own = fs::read_to_string(self.kubeconfig()).expect("the kubeconfig");
        let mut own: serde_json::Value = serde_json::from_str(&own).expect("JSON");
        own["users"][0]["user"]["as"] = user.into();
        let path = self.folder.path().join("kubeconfig-as");
        fs::write(&path, own.to_string()).expect("the kubeconfig");
        path.display().to_string()
    }

    /// Runs kubectl as administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Output {
        Command::new(self.programs.join("kubectl"))
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("kubectl runs")
    }

    /// Runs kubectl as administrator, which must succeed.
    pub(crate) fn must(&self, arguments: &[&str]) {
        let answer = self.kubectl(arguments);
        assert!(
            answer.status.success(),
            "{arguments:?}: {}",
            text(&answer.stderr)
        );
    }

    /// Sends objects; what kubectl says and whether it succeeded.
    pub(crate) fn apply(&self, name: &str, manifest: &str) -> Result<String, String> {
        let path = self.folder.path().join(name);
        fs::write(&path, manifest).expect("the manifest");
        let path = path.display().to_string();
        let answer = self.kubectl(&["create", "--save-config", "-f", &path]);
        if answer.status.success() {
            // Warnings of webhooks and policies stand there.
            Ok(text(&answer.stdout) + &text(&answer.stderr))
        } else {
            Err(text(&answer.stderr))
        }
    }

    /// A client of its own.
    pub(crate) fn client(&self) -> Client {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let client = runtime.block_on(async {
            let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("the kubeconfig");
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
            kube::Client::try_from(config.expect("a configuration")).expect("a client")
        });
        Client { runtime, client }
    }

    /// The last lines that the API server wrote.
    pub(crate) fn log_tail(&self) -> String {
        let mut log = String::new();
        if let Ok(mut file) = fs::File::open(self.folder.path().join("kube-apiserver.log")) {
            // The log is the test's own; what cannot be read is left out of a failure's text.
            drop(file.read_to_string(&mut log));
        }
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// What the API server said to a pod.
pub(crate) struct Answer {
    /// Whether it took the pod.
    pub(crate) is_allowed: bool,
    /// Its words.
    pub(crate) message: String,
}

impl Answer {
    /// Whether the API's own validation refused, which comes before any policy is asked.
    pub(crate) fn is_invalid(&self) -> bool {
        self.message.starts_with("Pod \"") && self.message.contains("\" is invalid: ")
    }

    /// What a policy said, if it was one that refused.
    pub(crate) fn policy_message(&self) -> Option<&str> {
        let (_, rest) = self.message.split_once("ValidatingAdmissionPolicy '")?;
        rest.split_once("denied request: ")
            .map(|(_, message)| message)
    }
}

/// A client that sends many requests over one connection.
pub(crate) struct Client {
    /// Where requests run.
    pub(crate) runtime: Runtime,
    /// Sends them.
    pub(crate) client: kube::Client,
}

impl Client {
    /// What the API server would say to a pod; nothing is stored.
    pub(crate) fn create_pod(&self, namespace: &str, pod: &serde_json::Value) -> Answer {
        self.create(&format!("/api/v1/namespaces/{namespace}/pods"), pod)
    }

    /// What the API server would say to an object at this path of its API; nothing is stored.
    pub(crate) fn create(&self, path: &str, object: &serde_json::Value) -> Answer {
        let request = http::Request::post(format!("{path}?dryRun=All"))
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .expect("a request");
        match self
            .runtime
            .block_on(self.client.request::<serde_json::Value>(request))
        {
            Ok(_) => Answer {
                is_allowed: true,
                message: String::new(),
            },
            Err(kube::Error::Api(status)) => Answer {
                is_allowed: false,
                message: status.message.clone(),
            },
            Err(error) => panic!("the API server gave no answer: {error}"),
        }
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        for child in [&mut self.api_server, &mut self.etcd] {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
