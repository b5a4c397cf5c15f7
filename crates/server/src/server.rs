//! The server as a whole: starts, watches its files, ends in order.

use std::{
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use ringwall_cluster::{Connection, ConnectionError};
use tokio::{net::TcpListener, runtime::Handle, sync::watch, task, time::sleep};

use crate::{
    Change, Cluster, FileProblem, InventoryError, LiveWorld, Policies, Route, Settings, TlsError,
    access::ApiServerAccess,
    background::{self, BackgroundAudit},
    evaluate::Evaluator,
    http::{Connections, Service, accept, serve_health},
    metrics::Metrics,
    pool::Pool,
    providers::HttpsProviders,
    pushed::{Pushed, PushedMetrics, StartError},
    record::Recorder,
    seen::Seen,
    tls::Tls,
};

/// For how many refusals a thread may have to look for a patch: what waits longer is out of time when its turn comes.
const MENDED_AT_ONCE: usize = 8;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificates cannot be used.
    #[error("cannot use the certificates: {0}")]
    Tls(#[from] TlsError),
    /// The record cannot be opened.
    #[error("cannot record to {file}: {source}")]
    Record {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The cluster cannot be watched.
    #[error("cannot watch the cluster: {0}")]
    Cluster(#[from] ConnectionError),
    /// Objects that stand for those of a cluster cannot be used.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// Threads cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// What is pushed cannot be scanned.
    #[error("cannot scan what is pushed: {0}")]
    Pushed(#[from] StartError),
    /// Policies cannot be used, and there is no earlier content of their files to judge by.
    #[error(
        "policies cannot be used, and what they refuse would be admitted:\n{}",
        listed(.0)
    )]
    Policies(Vec<FileProblem>),
    /// A path requires certificates that nobody could verify.
    #[error("{path} requires client certificates, but no authority for them is given")]
    NoClientCa {
        /// The path.
        path: String,
    },
}

/// One problem a line, each with its file.
fn listed(problems: &[FileProblem]) -> String {
    let lines = problems.iter().map(FileProblem::to_string);
    lines.collect::<Vec<_>>().join("\n")
}

/// A server that runs.
pub struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    shared: Arc<Shared>,
    watcher: Option<Watcher>,
    accepting: task::JoinHandle<()>,
    stop: watch::Sender<bool>,
    stop_health: watch::Sender<bool>,
    watching: Option<task::JoinHandle<()>>,
    drain_delay: Duration,
    drain: Duration,
}

struct Shared {
    evaluator: Arc<Evaluator>,
    tls: Arc<Tls>,
    metrics: Arc<Metrics>,
    is_ready: Arc<AtomicBool>,
}

impl Server {
    /// Loads policies and certificates, and begins to listen.
    ///
    /// # Errors
    ///
    /// For what the server cannot be without: addresses, certificates, the record, threads; and for policies that
    /// cannot be used, which later leaves their last good content in place: now there is none.
    pub async fn start(settings: Settings) -> Result<Self, ServerError> {
        let metrics = Arc::new(Metrics::default());
        let tls = Arc::new(Tls::new(settings.tls)?);
        metrics.certificate_expiry.set(tls.current().not_after);
        let mut paths = settings.paths;
        if let Some(path) = paths.iter().find(|path| path.requires_certificate)
            && !tls.asks_clients()
        {
            return Err(ServerError::NoClientCa {
                path: path.path.clone(),
            });
        }
        let recorder = match settings.record {
            None => {
                // Events that are kept nowhere must not be accepted.
                paths.retain(|path| path.route != Route::Audit);
                None
            }
            Some(record) => {
                let file = record.file.display().to_string();
                let recorder = Recorder::open(record, Arc::clone(&metrics));
                Some(recorder.map_err(|source| ServerError::Record { file, source })?)
            }
        };
        let pushed = match settings.pushed {
            None => {
                paths.retain(|path| path.route != Route::Registry);
                None
            }
            Some(pushed) => {
                let scanning = pushed.scanning.as_ref();
                if scanning.is_none_or(|scanning| scanning.secret.is_none()) {
                    paths.retain(|path| path.route != Route::Registry);
                }
                let counts = Arc::<PushedMetrics>::default();
                let _ = metrics.pushed.set(Arc::clone(&counts));
                Some(task::block_in_place(|| Pushed::start(pushed, counts))?)
            }
        };
        // Rego and YAML are read while nothing is served yet; others of this runtime are not held up.
        let sources = settings.sources;
        let providers = HttpsProviders::new(settings.providers, Handle::current());
        settings.world.ask_providers_by(Arc::new(providers));
        let policies = Arc::new(task::block_in_place(|| Policies::new(sources)));
        let broken = &policies.current().broken;
        if !broken.is_empty() {
            return Err(ServerError::Policies(broken.clone()));
        }
        let has_objects = task::block_in_place(|| settings.world.read(&settings.inventory))?;
        let has_inventory = has_objects || settings.cluster.is_some();
        let watching = match settings.cluster {
            Some(cluster) => {
                Some(watch_cluster(cluster, settings.world, &policies, &metrics).await?)
            }
            None => None,
        };
        let (watching, is_listed) = watching.unzip();
        let evaluator = Arc::new(Evaluator {
            policies,
            rules: settings.rules,
            recorder,
            metrics: Arc::clone(&metrics),
            seen: Seen::default(),
            pushed,
            has_inventory,
            is_listed,
            certificate_problem: Mutex::default(),
        });
        for policy in evaluator.without_inventory() {
            tracing::error!(
                policy,
                "compares with other objects and knows none: give --cluster or --inventory"
            );
        }
        let limits = settings.limits;
        let threads = |queue| {
            let panics = Arc::clone(&metrics);
            let on_panic = move || panics.panics.add(1);
            Pool::new(limits.workers, queue, on_panic).map_err(ServerError::Thread)
        };
        let pool = threads(limits.queue)?;
        // With threads of their own, what takes as long as several judgements holds up none: the kernel takes turns.
        let menders = threads(limits.workers * MENDED_AT_ONCE)?;
        let service = Arc::new(Service::new(
            Arc::clone(&evaluator),
            pool,
            menders,
            paths,
            settings.client_names,
            limits.clone(),
        ));

        let listener = listen(settings.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|source| ServerError::Listen {
                address: settings.listen,
                source,
            })?;
        let is_ready = Arc::new(AtomicBool::new(true));
        let (stop, stopped) = watch::channel(false);
        let (stop_health, health_stopped) = watch::channel(false);
        let mut metrics_address = None;
        if let Some(asked) = settings.metrics_listen {
            let listener = listen(asked).await?;
            metrics_address = listener.local_addr().ok();
            tokio::spawn(serve_health(
                listener,
                Arc::clone(&evaluator),
                Arc::clone(&service),
                Arc::clone(&is_ready),
                limits.clone(),
                health_stopped,
            ));
        }
        let connections = Arc::new(Connections {
            service,
            tls: Arc::clone(&tls),
            limits: limits.clone(),
            metrics: Arc::clone(&metrics),
        });
        let accepting = tokio::spawn(accept(listener, connections, stopped));
        let shared = Arc::new(Shared {
            evaluator,
            tls,
            metrics,
            is_ready,
        });
        let watcher =
            Watcher::start(Arc::clone(&shared), limits.poll).map_err(ServerError::Thread)?;
        Ok(Self {
            address,
            metrics_address,
            shared,
            watcher: Some(watcher),
            accepting,
            stop,
            stop_health,
            watching,
            drain_delay: limits.drain_delay,
            drain: limits.drain,
        })
    }

    /// Where reviews come in.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are asked for.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The policies in use.
    pub fn policies(&self) -> Arc<crate::PolicySet> {
        self.shared.evaluator.policies.current()
    }

    /// Looks at all files now, and not only when it is time.
    pub fn reload(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.look_now();
        }
    }

    /// Ends in order: says that it is not ready, goes on for the time that takes to be heard, stops
    /// accepting, and answers what is under way.
    pub async fn shut_down(mut self) {
        self.shared.is_ready.store(false, Ordering::Relaxed);
        tracing::info!("ending: no longer ready");
        sleep(self.drain_delay).await;
        self.stop.send_replace(true);
        if let Some(watching) = &self.watching {
            watching.abort();
        }
        // An accept loop that panicked has nothing left to end.
        let _ = (&mut self.accepting).await;
        self.stop_health.send_replace(true);
        if let Some(watcher) = self.watcher.take() {
            watcher.stop();
        }
        if let Some(pushed) = self.shared.evaluator.pushed.clone() {
            let within = self.drain;
            let stopped = task::spawn_blocking(move || pushed.stop(within));
            let _ = stopped.await;
        }
        if self.shared.evaluator.recorder.is_some() {
            let evaluator = Arc::clone(&self.shared.evaluator);
            let flushed = task::spawn_blocking(move || {
                if let Some(recorder) = &evaluator.recorder {
                    recorder.flush();
                }
            });
            let _ = flushed.await;
        }
        tracing::info!("ended");
    }
}

/// Begins to watch a cluster, and to judge what is in it if that is asked for; with whether all that policies ask for
/// was listed.
async fn watch_cluster(
    cluster: Cluster,
    world: Arc<LiveWorld>,
    policies: &Arc<Policies>,
    metrics: &Metrics,
) -> Result<(task::JoinHandle<()>, Arc<AtomicBool>), ServerError> {
    let connection =
        Connection::open(cluster.kubeconfig.as_deref(), cluster.context.as_deref()).await?;
    let access = ApiServerAccess::new(connection.clone(), Handle::current());
    world.ask_access_of(Arc::new(access));
    let settings = background::Settings {
        audits: cluster.audits,
        ..background::Settings::default()
    };
    let audit = BackgroundAudit::new(connection, Arc::clone(policies), world, settings);
    if cluster.audits {
        let _ = metrics.audit.set(audit.summary());
    }
    let is_listed = audit.is_listed();
    if !is_listed.load(Ordering::Relaxed) {
        tracing::info!("not ready until what policies ask for of the cluster was listed");
    }
    Ok((tokio::spawn(audit.run()), is_listed))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address, source })
}

/// The thread that looks at files.
struct Watcher {
    wish: Arc<(Mutex<Wish>, Condvar)>,
    thread: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    None,
    Look,
    Stop,
}

impl Watcher {
    fn start(shared: Arc<Shared>, interval: Duration) -> io::Result<Self> {
        let wish = Arc::new((Mutex::new(Wish::None), Condvar::new()));
        let told = Arc::clone(&wish);
        let thread = thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                let (wish, changed) = &*told;
                loop {
                    let state = wish.lock().unwrap_or_else(PoisonError::into_inner);
                    let (mut state, _) = changed
                        .wait_timeout_while(state, interval, |wish| *wish == Wish::None)
                        .unwrap_or_else(PoisonError::into_inner);
                    if *state == Wish::Stop {
                        return;
                    }
                    *state = Wish::None;
                    drop(state);
                    // Whatever fails in one look, the next one comes.
                    if catch_unwind(AssertUnwindSafe(|| shared.look())).is_err() {
                        shared.metrics.panics.add(1);
                    }
                }
            })?;
        Ok(Self { wish, thread })
    }

    fn tell(&self, wish: Wish) {
        let (state, changed) = &*self.wish;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state != Wish::Stop {
            *state = wish;
        }
        drop(state);
        changed.notify_all();
    }

    fn look_now(&self) {
        self.tell(Wish::Look);
    }

    fn stop(self) {
        self.tell(Wish::Stop);
        let _ = self.thread.join();
    }
}

impl Shared {
    /// Takes over what changed in certificates and policies.
    fn look(&self) {
        match self.tls.reload() {
            Ok(Change::None) => {}
            Ok(Change::Replaced) => {
                self.evaluator.certificates_are(None);
                self.metrics.certificate_reloads.add(1);
                self.metrics
                    .certificate_expiry
                    .set(self.tls.current().not_after);
                tracing::info!("certificates were taken over");
            }
            Err(error) => {
                self.metrics.certificate_reload_errors.add(1);
                self.evaluator.certificates_are(Some(error.to_string()));
                tracing::error!(%error, "certificates were not taken over; the last good ones stay");
            }
        }
        if let Some(pushed) = &self.evaluator.pushed {
            pushed.look();
        }
        self.evaluator.look();
    }
}
