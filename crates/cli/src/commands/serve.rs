//! `ringwall serve`.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use anyhow::{Result, bail};
use ringwall_engine::{ServeConfig, ServePaths};
use ringwall_server::{
    Cluster, Limits, Path as ServedPath, ProviderSettings, RecordSettings, Route, Server, Settings,
    TlsFiles, default_paths, setup,
};

use super::{
    judging::{self, Configured},
    pushed,
};
use crate::{
    args::serve::{LogFormat, ServeArgs, TlsArgs},
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

fn settings(args: &ServeArgs) -> Result<Settings> {
    settings_with(args, &Configured::load(args.judge.config.as_ref())?)
}

/// What flags and a configuration say, flags winning.
pub(super) fn settings_with(args: &ServeArgs, configured: &Configured) -> Result<Settings> {
    let serve = &configured.serve;
    // The image policy reads the folder that reports are written to: it must be there first.
    let pushed = pushed::settings(configured, &args.scan.database)?;
    let judged = judging::judged(
        &args.judge,
        &args.rego,
        configured,
        &args.judge.policy,
        None,
    )?;
    let cluster = (args.cluster.cluster || args.cluster.audit).then(|| Cluster {
        kubeconfig: args.cluster.kubeconfig.clone(),
        context: args.cluster.context.clone(),
        audits: args.cluster.audit,
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
        tls: tls(&args.tls, configured)?,
        client_names: or_config(&args.tls.client_name, &serve.client_names),
        paths: paths(
            &serve.paths,
            &or_config(
                &args.tls.require_client_certificate,
                &serve.require_client_certificate,
            ),
        )?,
        limits: limits(args, serve)?,
        rules: judging::rules(&args.decide, serve)?,
        record,
        sources: judged.sources,
        world: judged.world,
        inventory: args.judge.inventory.clone(),
        providers: ProviderSettings {
            ttl: Duration::from_secs(u64::from(args.cluster.provider_cache_ttl)),
            certificate: args
                .cluster
                .provider_cert
                .clone()
                .zip(args.cluster.provider_key.clone()),
        },
        cluster,
        pushed,
    })
}

fn or_config(flag: &[String], configured: &[String]) -> Vec<String> {
    if flag.is_empty() {
        configured.to_vec()
    } else {
        flag.to_vec()
    }
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
pub(super) fn paths(configured: &ServePaths, required: &[String]) -> Result<Vec<ServedPath>> {
    let mut paths = default_paths();
    for (route, own) in [
        (Route::Validate, &configured.validate),
        (Route::Mutate, &configured.mutate),
        (Route::Images, &configured.image_policy),
        (Route::Audit, &configured.audit),
        (Route::Registry, &configured.registry),
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
