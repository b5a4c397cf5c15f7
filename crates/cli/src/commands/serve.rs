//! `ringwall serve`.

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use ringwall_collect::{find_config, path_from, real_path};
use ringwall_engine::{
    CheckActions, Config, ServeConfig, ServeFailurePolicy, ServeFix, ServePaths,
};
use ringwall_model::{Safety, Severity, Source};
use ringwall_policy::{
    manifest::Manifest,
    pod_security::{PodSecurity, Request},
};
use ringwall_server::{
    BreakGlass, BuiltIn, Bundles, Cluster, Exemptions, FailurePolicy, Limits, LiveWorld,
    Path as ServedPath, PolicySource, ProviderSettings, RecordSettings, Route, Rules, Server,
    Settings, TlsFiles, default_paths, setup,
};

use crate::{
    args::serve::{Fixes, LogFormat, OnFailure, ServeArgs, TlsArgs},
    exit::Exit,
};

pub(super) fn run(args: &ServeArgs) -> Result<Exit> {
    let settings = settings(args)?;
    log(args.limits.log_format);
    ringwall_server::run(settings, |server| {
        // A log that nobody reads is no reason to end.
        let _ = announce(server);
    })?;
    Ok(Exit::Clean)
}

fn announce(server: &Server) -> io::Result<()> {
    let mut out = io::stderr().lock();
    writeln!(out, "reviews at https://{}", server.address())?;
    if let Some(address) = server.metrics_address() {
        writeln!(out, "health and metrics at http://{address}")?;
    }
    Ok(())
}

/// Sends the log to standard error.
fn log(format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        // It would tell them on standard error, and panic where nobody reads that any more.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false);
    // One that is set already, by whoever links this, stays.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// The configuration with the file it came from.
struct Configured {
    file: Option<PathBuf>,
    text: String,
    serve: ServeConfig,
    has_image_policy: bool,
}

impl Configured {
    fn load(given: Option<&PathBuf>) -> Result<Self> {
        let file = given.cloned().or_else(|| {
            find_config(Path::new("."))
                .map(|found| path_from(&real_path(Path::new(".")), &found).into())
        });
        let Some(file) = file else {
            return Ok(Self {
                file: None,
                text: String::new(),
                serve: ServeConfig::default(),
                has_image_policy: false,
            });
        };
        let text = fs::read_to_string(&file)
            .with_context(|| format!("cannot read the configuration {}", file.display()))?;
        let config = Config::parse(&ringwall_collect::printed_name(&file), &text)?;
        Ok(Self {
            file: Some(file),
            has_image_policy: config.image_policy.is_some(),
            serve: config.serve,
            text,
        })
    }

    /// A path of the configuration, which counts from its folder.
    fn path(&self, path: Option<&PathBuf>) -> Option<PathBuf> {
        let folder = self
            .file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        path.map(|path| folder.join(path))
    }
}

fn settings(args: &ServeArgs) -> Result<Settings> {
    let configured = Configured::load(args.judge.config.as_ref())?;
    let serve = &configured.serve;
    let built_in = built_in(args, serve)?;
    if built_in.pod_security == PodSecurity::default()
        && !built_in.checks
        && !configured.has_image_policy
        && args.judge.policy.is_empty()
    {
        bail!(
            "nothing would be judged, and everything admitted; give --policy, --pod-security or --checks, or an [image-policy] in ringwall.toml"
        );
    }
    if let Some(file) = &configured.file {
        let name = file.display().to_string();
        built_in
            .try_config(&name, &configured.text)
            .map_err(anyhow::Error::msg)?;
    }
    // Later, a folder that vanishes leaves its policies in force; now there are none, and all would be admitted.
    if let Some(path) = args.judge.policy.iter().find(|path| !path.exists()) {
        bail!("{}: no such file or folder", path.display());
    }
    let loader = Arc::new(built_in);
    let mut sources = vec![PolicySource {
        paths: configured.file.iter().cloned().collect(),
        extensions: &[],
        loader,
    }];
    let world = Arc::new(LiveWorld::new(inventory(&args.judge.inventory)?));
    if !args.judge.policy.is_empty() {
        sources.push(PolicySource {
            paths: args.judge.policy.clone(),
            extensions: Bundles::EXTENSIONS,
            loader: Arc::new(Bundles::new(Arc::clone(&world))),
        });
    }
    let cluster = (args.judge.cluster || args.judge.audit).then(|| Cluster {
        kubeconfig: args.judge.kubeconfig.clone(),
        context: args.judge.context.clone(),
        audits: args.judge.audit,
    });
    let record = args
        .record
        .record
        .clone()
        .or_else(|| configured.path(serve.record.as_ref()))
        .map(|file| RecordSettings {
            file,
            max_bytes: args
                .record
                .record_max_bytes
                .or(serve.record_max_bytes)
                .unwrap_or(100 << 20),
            keep: args.record.record_keep.or(serve.record_keep).unwrap_or(5),
        });
    Ok(Settings {
        listen: args
            .listen
            .listen
            .or(serve.listen)
            .unwrap_or(SocketAddr::from(([0, 0, 0, 0], 8443))),
        metrics_listen: Some(
            args.listen
                .metrics_listen
                .or(serve.metrics_listen)
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9090))),
        ),
        tls: tls(&args.tls, &configured)?,
        client_names: or_config(&args.tls.client_name, &serve.client_names),
        paths: paths(
            &serve.paths,
            &or_config(
                &args.tls.require_client_certificate,
                &serve.require_client_certificate,
            ),
        )?,
        limits: limits(args, serve)?,
        rules: rules(args, serve)?,
        record,
        sources,
        world,
        providers: ProviderSettings {
            ttl: Duration::from_secs(u64::from(args.judge.provider_cache_ttl)),
            certificate: args
                .judge
                .provider_cert
                .clone()
                .zip(args.judge.provider_key.clone()),
        },
        cluster,
    })
}

/// The objects of files and folders that stand for a cluster.
fn inventory(paths: &[PathBuf]) -> Result<Vec<Arc<serde_json::Value>>> {
    let mut objects = Vec::new();
    for (name, content) in ringwall_collect::read_texts(paths, Bundles::EXTENSIONS) {
        let text = match content {
            Ok(text) => text,
            Err(reason) => bail!("{name} {reason}"),
        };
        let source = Arc::new(Source::new(name.as_str(), text));
        let (manifests, diagnostics) = Manifest::read(&source);
        if let Some(diagnostic) = diagnostics.first() {
            let line = source.location(diagnostic.span).start.line;
            bail!("{name}:{line}: {}", diagnostic.message);
        }
        objects.extend(
            manifests
                .into_iter()
                .map(|manifest| Arc::new(manifest.object)),
        );
    }
    Ok(objects)
}

fn or_config(flag: &[String], configured: &[String]) -> Vec<String> {
    if flag.is_empty() {
        configured.to_vec()
    } else {
        flag.to_vec()
    }
}

fn built_in(args: &ServeArgs, serve: &ServeConfig) -> Result<BuiltIn> {
    let judge = &args.judge;
    let level =
        |flag: Option<Request>, configured: &Option<String>, key: &str| match (flag, configured) {
            (Some(level), _) => Ok(Some(level)),
            (None, Some(text)) => text
                .parse()
                .map(Some)
                .with_context(|| format!("serve.{key}")),
            (None, None) => Ok(None),
        };
    let fix = match (judge.fix, serve.fix) {
        (Some(Fixes::None), _) | (None, None | Some(ServeFix::None)) => None,
        (Some(Fixes::Safe), _) | (None, Some(ServeFix::Safe)) => Some(Safety::Safe),
        (Some(Fixes::Unsafe), _) | (None, Some(ServeFix::Unsafe)) => Some(Safety::Unsafe),
    };
    Ok(BuiltIn {
        pod_security: PodSecurity {
            enforce: level(judge.pod_security, &serve.pod_security, "pod-security")?,
            warn: level(
                judge.pod_security_warn,
                &serve.pod_security_warn,
                "pod-security-warn",
            )?,
        },
        checks: judge.checks || serve.checks.unwrap_or(false),
        actions: CheckActions {
            deny: Some(judge.deny.or(serve.deny).unwrap_or(Severity::High)),
            warn: Some(judge.warn.or(serve.warn).unwrap_or(Severity::Medium)),
            fix,
            honours_annotations: serve.honour_annotations,
        },
    })
}

fn tls(args: &TlsArgs, configured: &Configured) -> Result<TlsFiles> {
    let serve = &configured.serve;
    let client_ca = args
        .client_ca
        .clone()
        .or_else(|| configured.path(serve.client_ca.as_ref()));
    if let Some(folder) = &args.self_made {
        let names = match args.names.as_slice() {
            [] => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            names => names.to_vec(),
        };
        let made = setup::self_made(folder, &names)?;
        return Ok(TlsFiles { client_ca, ..made });
    }
    let certificate = args
        .tls_cert
        .clone()
        .or_else(|| configured.path(serve.tls_cert.as_ref()));
    let key = args
        .tls_key
        .clone()
        .or_else(|| configured.path(serve.tls_key.as_ref()));
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(TlsFiles {
            certificate,
            key,
            client_ca,
        }),
        _ => bail!(
            "no certificate: give --tls-cert and --tls-key, or --self-made DIR to have one made"
        ),
    }
}

/// The paths that are served, and which of them take only clients with a certificate.
fn paths(configured: &ServePaths, required: &[String]) -> Result<Vec<ServedPath>> {
    let mut paths = default_paths();
    for (route, own) in [
        (Route::Validate, &configured.validate),
        (Route::Mutate, &configured.mutate),
        (Route::Images, &configured.image_policy),
        (Route::Audit, &configured.audit),
    ] {
        if own.is_empty() {
            continue;
        }
        paths.retain(|path| path.route != route);
        for path in own {
            if !path.starts_with('/') {
                bail!("serve.paths: '{path}' does not begin with a slash");
            }
            if paths.iter().any(|known| known.path == *path) {
                bail!("serve.paths: '{path}' is given twice");
            }
            paths.push(ServedPath {
                path: path.clone(),
                route,
                requires_certificate: false,
            });
        }
    }
    for path in required {
        let mut is_known = false;
        for served in &mut paths {
            if path == "all" || served.path == *path {
                served.requires_certificate = true;
                is_known = true;
            }
        }
        if !is_known {
            bail!("a client certificate is required on '{path}', which is no path that is served");
        }
    }
    Ok(paths)
}

fn limits(args: &ServeArgs, serve: &ServeConfig) -> Result<Limits> {
    let mut limits = Limits::default();
    let set = |place: &mut usize, value: Option<usize>| {
        if let Some(value) = value {
            *place = value;
        }
    };
    set(&mut limits.workers, args.limits.workers.or(serve.workers));
    set(&mut limits.queue, args.limits.queue.or(serve.queue));
    set(&mut limits.review_bytes, serve.max_review_bytes);
    set(&mut limits.connections, serve.max_connections);
    limits.drain_delay = Duration::from_secs(u64::from(args.limits.drain_delay));
    for (name, value) in [
        ("workers", limits.workers),
        ("max-review-bytes", limits.review_bytes),
        ("max-connections", limits.connections),
    ] {
        if value == 0 {
            bail!("{name} must be more than 0");
        }
    }
    // One body of the largest size must have room, whatever else is held.
    limits.held_bytes = limits.held_bytes.max(
        limits
            .review_bytes
            .max(limits.events_bytes)
            .saturating_mul(2),
    );
    Ok(limits)
}

fn rules(args: &ServeArgs, serve: &ServeConfig) -> Result<Rules> {
    let exempt = &serve.exempt;
    let mut namespaces = exempt.namespaces.clone();
    namespaces.extend(args.decide.exempt_namespace.iter().cloned());
    let failure_policy = match (args.decide.failure_policy, serve.failure_policy) {
        (Some(OnFailure::Deny), _) | (None, None | Some(ServeFailurePolicy::Deny)) => {
            FailurePolicy::Deny
        }
        (Some(OnFailure::Allow), _) | (None, Some(ServeFailurePolicy::Allow)) => {
            FailurePolicy::Allow
        }
        (Some(OnFailure::Error), _) | (None, Some(ServeFailurePolicy::Error)) => {
            FailurePolicy::Error
        }
    };
    if !serve.break_glass.namespaces.is_empty() {
        bail!("serve.break-glass: namespaces mean nothing here; name users or groups");
    }
    Ok(Rules {
        exemptions: Exemptions::new(&namespaces, &exempt.users, &exempt.groups)?,
        break_glass: BreakGlass::new(&serve.break_glass.users, &serve.break_glass.groups)?,
        failure_policy,
        ..Rules::default()
    })
}
