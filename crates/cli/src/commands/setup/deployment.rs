//! `ringwall setup deployment`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser as _;
use ringwall_input::image_reference::ImageReference;
use ringwall_policy::bundle::Bundle;
use ringwall_server::{
    Bundles,
    setup::{self, DeploymentSetup, Served},
};

use crate::{
    args::{Cli, Command, serve::ServeArgs, setup::DeploymentArgs},
    commands::{judging::Configured, serve},
    exit::Exit,
};

/// Most bytes that the API server takes in the values of a ConfigMap.
const MOST_BYTES: usize = 1 << 20;

/// Most bytes of the annotation in which `kubectl apply` keeps what it sent, leaving room for quotation marks.
const MOST_ANNOTATED: usize = 200_000;

pub(super) fn run(args: &DeploymentArgs) -> Result<Exit> {
    let (namespace, name) = own_service(&args.service)?;
    let image = pinned(&args.image)?;
    let given = parsed(args.serve.iter().map(OsString::from))?;
    tell_foreign(&given)?;
    let reaches_cluster = given.cluster.cluster || given.cluster.audit;
    let served = Served {
        namespace: &namespace,
        name: &name,
        port: args.port,
        needs_rights: reaches_cluster,
    };
    let beside = setup::prepared(&args.output, served)?;
    let config = args.config.as_deref().map(config).transpose()?;
    let bundle = super::judging(&args.policy)?;
    let policies = policies(args)?;
    would_start(args, &beside)?;
    let bytes = policies.iter().map(|(_, text)| text.len()).sum();
    let files = setup::deployment(&DeploymentSetup {
        namespace,
        name,
        port: args.port,
        image,
        replicas: args.replicas,
        arguments: arguments(args),
        drain_seconds: given.limits.drain_delay,
        reaches_cluster,
        config,
        policies,
        beside,
    });
    setup::write(&args.output, &files, args.force)?;
    super::tell_written(&args.output, &files)?;
    tell_limits(&bundle, bytes, given.cluster.audit && args.replicas > 1)?;
    Ok(if super::tell_unusable(&bundle)? {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

/// A namespace and a name that objects can have. The namespace is made and restricted, so it must be ringwall's own.
fn own_service(text: &str) -> Result<(String, String)> {
    let (namespace, name) = super::namespace_and_name(text)?;
    for label in [&namespace, &name] {
        let is_label = label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && label.starts_with(|first: char| first.is_ascii_lowercase())
            && !label.ends_with('-');
        if !is_label {
            bail!(
                "'{label}' is no name of a namespace and a Service: up to 63 of a-z, 0-9 and -, beginning with a letter"
            );
        }
    }
    if namespace == "default" || namespace.starts_with("kube-") {
        bail!(
            "the namespace {namespace} is not ringwall's own, and would get its Pod Security level; name another in --service"
        );
    }
    Ok((namespace, name))
}

/// An image that stays the same whoever pushes to its registry.
fn pinned(text: &str) -> Result<String> {
    let image = ImageReference::parse(text).map_err(|error| anyhow!("--image {text}: {error}"))?;
    if image.digest.is_none() {
        bail!(
            "--image {text} names no digest: whoever can push to the registry could replace what judges; write {text}@sha256:..."
        );
    }
    Ok(text.to_owned())
}

/// What `serve` takes the arguments for.
fn parsed(arguments: impl Iterator<Item = OsString>) -> Result<ServeArgs> {
    let words = ["ringwall", "serve"].map(OsString::from);
    match Cli::try_parse_from(words.into_iter().chain(arguments)) {
        Ok(Cli {
            command: Command::Serve(args),
        }) => Ok(*args),
        Ok(_) => bail!("behind -- stand arguments of `ringwall serve`"),
        Err(error) if error.use_stderr() => {
            let told = error.to_string();
            let told = told.lines().next().unwrap_or_default();
            let told = told.strip_prefix("error: ").unwrap_or(told);
            bail!("`ringwall serve` would not take what stands behind --: {told}")
        }
        Err(_) => bail!("behind -- stand arguments with which `ringwall serve` is to run"),
    }
}

/// Refuses arguments that have no meaning in the pod, or another one.
fn tell_foreign(given: &ServeArgs) -> Result<()> {
    let ServeArgs {
        judge,
        rego,
        cluster,
        listen,
        tls,
        record,
        ..
    } = given;
    let before = "give it before --";
    let certificate = "the certificate is that of the folder, in a Secret";
    let port = "probes, Service and NetworkPolicy know the ports 8443 and 9090";
    let account = "in the pod the service account counts";
    let file = "the pod has no such file; add a volume and the argument by a patch of your own";
    let flags = [
        (!judge.policy.is_empty(), "--policy", before),
        (judge.config.is_some(), "--config", before),
        (tls.tls_cert.is_some(), "--tls-cert", certificate),
        (tls.self_made.is_some(), "--self-made", certificate),
        (listen.listen.is_some(), "--listen", port),
        (listen.metrics_listen.is_some(), "--metrics-listen", port),
        (cluster.kubeconfig.is_some(), "--kubeconfig", account),
        (cluster.context.is_some(), "--context", account),
        (!rego.data.is_empty(), "--data", file),
        (!judge.inventory.is_empty(), "--inventory", file),
        (cluster.provider_cert.is_some(), "--provider-cert", file),
        (tls.client_ca.is_some(), "--client-ca", file),
        (record.record.is_some(), "--record", file),
    ];
    match flags.into_iter().find(|(is_given, ..)| *is_given) {
        Some((_, flag, why)) => bail!("{flag} behind --: {why}"),
        None => Ok(()),
    }
}

/// The text of a configuration.
fn config(path: &Path) -> Result<String> {
    let text = crate::commands::config::read(path)?;
    if text.len() > MOST_BYTES {
        bail!(
            "{} has {} bytes, and a ConfigMap holds at most {MOST_BYTES}",
            path.display(),
            text.len()
        );
    }
    Ok(text)
}

/// Names and texts of all policies. A ConfigMap has no folders: their names go before those of the files.
fn policies(args: &DeploymentArgs) -> Result<Vec<(String, String)>> {
    let mut found = BTreeMap::new();
    let mut bytes = 0;
    for path in &args.policy {
        for (file, content) in
            ringwall_collect::read_texts(std::slice::from_ref(path), Bundles::EXTENSIONS)
        {
            let text = content.map_err(|reason| anyhow!("{file} {reason}"))?;
            bytes += text.len();
            let name = key(path, Path::new(&file))?;
            if let Some((other, _)) = found.insert(name.clone(), (file.clone(), text)) {
                bail!(
                    "{other} and {file} would both be {name} in the ConfigMap of policies, which has no folders; rename one"
                );
            }
        }
    }
    if bytes > MOST_BYTES {
        bail!(
            "the policies have {bytes} bytes, and a ConfigMap holds at most {MOST_BYTES}: leave out what does not judge, such as tests, or bring them by a volume of your own"
        );
    }
    let policies = found.into_iter().map(|(name, (_, text))| (name, text));
    Ok(policies.collect())
}

/// The key of a file of policies in a ConfigMap.
fn key(given: &Path, file: &Path) -> Result<String> {
    let below = match file.strip_prefix(given) {
        Ok(below) if !below.as_os_str().is_empty() => below,
        _ => Path::new(file.file_name().unwrap_or_default()),
    };
    let parts = below.components().map(|part| part.as_os_str().to_str());
    let key = parts
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
        .join("--");
    let is_key = (1..=253).contains(&key.len())
        && !key.starts_with("..")
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if !is_key {
        bail!(
            "{}: no key of a ConfigMap can have this name, which may have letters, digits, -, . and _; rename it",
            file.display()
        );
    }
    Ok(key)
}

/// The arguments of the program in the pod.
fn arguments(args: &DeploymentArgs) -> Vec<String> {
    let mut words = vec![
        "serve".to_owned(),
        format!("--listen=0.0.0.0:{}", setup::REVIEW_PORT),
        format!("--metrics-listen=0.0.0.0:{}", setup::HEALTH_PORT),
        format!("--tls-cert={}/tls.crt", setup::TLS_FOLDER),
        format!("--tls-key={}/tls.key", setup::TLS_FOLDER),
    ];
    if args.config.is_some() {
        let (folder, name) = (setup::CONFIG_FOLDER, setup::CONFIG_NAME);
        words.push(format!("--config={folder}/{name}"));
    }
    if !args.policy.is_empty() {
        words.push(format!("--policy={}", setup::POLICY_FOLDER));
    }
    words.extend(args.serve.iter().cloned());
    words
}

/// Whether `serve` would start in the pod: the same settings, with the files where they are now.
fn would_start(args: &DeploymentArgs, beside: &[String]) -> Result<()> {
    let mut words: Vec<OsString> = Vec::new();
    let mut flag = |flag: &str, path: &Path| words.extend([flag.into(), path.into()]);
    flag("--tls-cert", &args.output.join("tls.crt"));
    flag("--tls-key", &args.output.join("tls.key"));
    for path in &args.policy {
        flag("--policy", path);
    }
    words.extend(args.serve.iter().map(OsString::from));
    let args_there = parsed(words.into_iter())?;
    let configured = match &args.config {
        Some(file) => Configured::load(Some(file))?,
        // The one of this folder is not in the pod.
        None => Configured::default(),
    };
    let named = |key: &str| {
        anyhow!("{key} names a file, which the pod does not have; bring it by a patch of your own")
    };
    let of_config = || "the configuration cannot be put into a ConfigMap as it is";
    let config = &configured.serve;
    for (key, is_given) in [
        ("serve.client-ca", config.client_ca.is_some()),
        ("serve.record", config.record.is_some()),
        ("serve.scan", config.scan.is_some()),
        ("image-policy.reports", configured.reports.is_some()),
    ] {
        if is_given {
            return Err(named(key)).with_context(of_config);
        }
    }
    let settings = serve::settings_with(&args_there, &configured)?;
    let is_served = |path: &str| settings.paths.iter().any(|served| served.path == path);
    for (file, path) in [
        ("validating-webhook.yaml", "/validate"),
        ("mutating-webhook.yaml", "/mutate"),
    ] {
        if beside.iter().any(|it| it == file) && !is_served(path) {
            bail!("serve.paths leaves out {path}, at which the webhooks ask");
        }
    }
    if settings.paths.iter().any(|path| path.requires_certificate) {
        bail!("client certificates are required, and the pod has no authority of theirs");
    }
    Ok(())
}

/// Tells what the files cannot do by themselves.
fn tell_limits(bundle: &Bundle, bytes: usize, audits_often: bool) -> io::Result<()> {
    let mut err = io::stderr().lock();
    if bytes > MOST_ANNOTATED {
        writeln!(
            err,
            "the policies have {bytes} bytes: apply them with --server-side, as kubectl cannot keep that much in an annotation"
        )?;
    }
    if !bundle.gatekeeper().providers().is_empty() {
        writeln!(
            err,
            "policies ask providers of external data, which network-policy.yaml does not let ringwall reach: add them, and DNS"
        )?;
    }
    if audits_often {
        writeln!(
            err,
            "with --audit each pod judges the whole cluster, and writes the same reports"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::setup::SetupCommand;

    #[test]
    fn serve_takes_the_arguments_of_the_pod() {
        let words = "ringwall setup deployment --output a --image b --policy c --config d -- --checks --deny medium --drain-delay 9";
        let cli = Cli::try_parse_from(words.split(' ')).expect("words of setup");
        let Command::Setup(args) = cli.command else {
            panic!("setup");
        };
        let SetupCommand::Deployment(args) = args.what else {
            panic!("deployment");
        };
        let words = arguments(&args);
        let (first, rest) = words.split_first().expect("words");
        assert_eq!(first, "serve");
        let taken = parsed(rest.iter().map(OsString::from)).expect("words of serve");
        assert_eq!(taken.judge.policy, [Path::new(setup::POLICY_FOLDER)]);
        let config = Path::new(setup::CONFIG_FOLDER).join(setup::CONFIG_NAME);
        assert_eq!(taken.judge.config, Some(config));
        let tls = Path::new(setup::TLS_FOLDER);
        assert_eq!(taken.tls.tls_cert, Some(tls.join("tls.crt")));
        assert_eq!(taken.tls.tls_key, Some(tls.join("tls.key")));
        let port = |address: Option<std::net::SocketAddr>| address.map(|it| it.port());
        assert_eq!(port(taken.listen.listen), Some(setup::REVIEW_PORT));
        assert_eq!(port(taken.listen.metrics_listen), Some(setup::HEALTH_PORT));
        assert!(taken.judge.checks);
        assert_eq!(taken.limits.drain_delay, 9);
    }
}
