//! Everything a server is told before it starts.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    LiveWorld, PolicySource, ProviderSettings, PushedSettings, RecordSettings, Rules, tls::TlsFiles,
};

/// What a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `AdmissionReview` of a validating webhook.
    Validate,
    /// `AdmissionReview` of a mutating webhook.
    Mutate,
    /// `ImageReview`.
    Images,
    /// `EventList`.
    Audit,
    /// What registries tell of pushes.
    Registry,
}

impl Route {
    /// The word used in logs, records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
            Self::Images => "image-policy",
            Self::Audit => "audit",
            Self::Registry => "registry",
        }
    }
}

/// A path of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The path, with its slash.
    pub path: String,
    /// What it takes.
    pub route: Route,
    /// Whether only clients with a certificate may use it.
    pub requires_certificate: bool,
}

/// The paths that are served where nothing else is said; none requires a certificate.
pub fn default_paths() -> Vec<Path> {
    let paths = [
        ("/validate", Route::Validate),
        ("/mutate", Route::Mutate),
        ("/image-policy", Route::Images),
        ("/check-image", Route::Images),
        ("/audit", Route::Audit),
        ("/registry", Route::Registry),
    ];
    let path = |(path, route): (&str, Route)| Path {
        path: path.to_owned(),
        route,
        requires_certificate: false,
    };
    paths.map(path).into()
}

/// Bounds of what comes from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of a review, in bytes.
    pub review_bytes: usize,
    /// Largest body of a list of events, in bytes.
    pub events_bytes: usize,
    /// Most bytes of bodies that are held at once.
    pub held_bytes: usize,
    /// Most connections at once; more wait in the kernel.
    pub connections: usize,
    /// Threads that judge.
    pub workers: usize,
    /// Requests that wait for a thread; more are answered by the failure policy.
    pub queue: usize,
    /// Time for the TLS handshake.
    pub handshake: Duration,
    /// Time for the head of a request, and for which a connection over HTTP/1.1 may be idle.
    pub head: Duration,
    /// Time for the body of a request.
    pub body: Duration,
    /// Time for which a connection may be idle.
    pub idle: Duration,
    /// Time between the signal to end and the end of accepting, for endpoints to be taken out of use.
    pub drain_delay: Duration,
    /// Time for requests under way to end after that.
    pub drain: Duration,
    /// Time between looks at files.
    pub poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // An update holds the object twice, and etcd takes 1.5 MiB of one, which is more as JSON.
            review_bytes: 7 << 20,
            // With truncation on, the API server sends up to 10 MiB.
            events_bytes: 11 << 20,
            held_bytes: 64 << 20,
            connections: 1_024,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            queue: 256,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
            body: Duration::from_secs(10),
            idle: Duration::from_secs(180),
            drain_delay: Duration::from_secs(3),
            drain: Duration::from_secs(25),
            poll: Duration::from_secs(5),
        }
    }
}

/// Everything a server is told before it starts.
pub struct Settings {
    /// Where reviews come in.
    pub listen: SocketAddr,
    /// Where health and metrics are asked for, in plain HTTP; `None` for nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Certificates.
    pub tls: TlsFiles,
    /// Names, one of which a client's certificate must have where one is required; empty: any that its
    /// authority signed.
    pub client_names: Vec<String>,
    /// Paths.
    pub paths: Vec<Path>,
    /// Bounds.
    pub limits: Limits,
    /// What decides besides the policies.
    pub rules: Rules,
    /// Where decisions are recorded.
    pub record: Option<RecordSettings>,
    /// Where policies come from.
    pub sources: Vec<PolicySource>,
    /// What keeps what policies ask for.
    pub world: Arc<LiveWorld>,
    /// Files and folders with objects that stand for those of a cluster.
    pub inventory: Vec<PathBuf>,
    /// How providers of external data are asked.
    pub providers: ProviderSettings,
    /// The cluster that policies ask about.
    pub cluster: Option<Cluster>,
    /// What is scanned and judged again without anybody asking for a verdict.
    pub pushed: Option<PushedSettings>,
}

/// A cluster that is watched.
pub struct Cluster {
    /// The kubeconfig; without one, as kubectl finds it, or the pod around the process.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    pub context: Option<String>,
    /// Whether every object is judged in the background.
    pub audits: bool,
}
