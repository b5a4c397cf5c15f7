//! `ringwall setup`.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Result, bail};
use ringwall_model::Source;
use ringwall_policy::{Asked, RequestRule, admission::GroupVersionResource, bundle::Bundle};
use ringwall_server::{
    Bundles, default_paths,
    setup::{
        self, Asking, AuditSetup, ImagePolicySetup, Problem, RbacSetup, Reach, SetupFile, Target,
        WebhookSetup,
    },
};

mod deployment;

use super::config;
use crate::{
    args::setup::{
        AuditArgs, ImagePolicyArgs, RbacArgs, ReachArgs, SetupArgs, SetupCheckArgs, SetupCommand,
        SetupOutputArgs, WebhookArgs,
    },
    exit::Exit,
};

pub(super) fn run(args: &SetupArgs) -> Result<Exit> {
    match &args.what {
        SetupCommand::ImagePolicy(args) => image_policy(args),
        SetupCommand::Webhook(args) => webhook(args),
        SetupCommand::Audit(args) => audit(args),
        SetupCommand::Rbac(args) => rbac(args),
        SetupCommand::Deployment(args) => deployment::run(args),
        SetupCommand::Check(args) => check(args),
    }
}

fn until(args: &SetupOutputArgs) -> SystemTime {
    SystemTime::now() + Duration::from_secs(u64::from(args.days) * 86_400)
}

fn reach(args: &ReachArgs, output: &SetupOutputArgs) -> Result<Reach> {
    Ok(Reach {
        authority: authority(&args.server)?,
        folder: args.host_dir.clone(),
        until: until(output),
    })
}

/// `host:port`, refused in every other form.
fn authority(text: &str) -> Result<String> {
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    match text.rsplit_once(':') {
        Some((host, port))
            if is_port(port) && !host.is_empty() && !host.contains(['/', ' ', '@']) =>
        {
            Ok(text.to_owned())
        }
        _ => bail!("'{text}' is not a host and a port such as 10.0.0.5:8443"),
    }
}

fn path(text: &str) -> Result<String> {
    if text.len() > 1
        && text.starts_with('/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"?#\"\\".contains(&byte))
    {
        return Ok(text.to_owned());
    }
    bail!("'{text}' is not a path such as /image-policy")
}

fn image_policy(args: &ImagePolicyArgs) -> Result<Exit> {
    let files = setup::image_policy(&ImagePolicySetup {
        reach: reach(&args.reach, &args.output)?,
        path: path(&args.path)?,
        allow_seconds: args.allow_ttl,
        deny_seconds: args.deny_ttl,
        retry_millis: args.retry_backoff,
    })?;
    write(&args.output, &files)
}

fn audit(args: &AuditArgs) -> Result<Exit> {
    let files = setup::audit(&AuditSetup {
        reach: reach(&args.reach, &args.output)?,
        path: path(&args.path)?,
    })?;
    write(&args.output, &files)
}

fn webhook(args: &WebhookArgs) -> Result<Exit> {
    let target = if let Some(server) = &args.server {
        Target::Address(authority(server)?)
    } else {
        let (namespace, name) = namespace_and_name(&args.service)?;
        Target::Service {
            namespace,
            name,
            port: args.port,
        }
    };
    let bundle = judging(&args.policy)?;
    let makers = pod_makers(args.config.as_deref())?;
    let mut asked = bundle.asked();
    asked.to_validate.extend(makers.clone());
    let mut err = io::stderr().lock();
    if !asked.to_mutate.is_empty() && !args.mutate {
        let note = "some policies change objects, and nothing asks them: --mutate writes the webhook that does";
        writeln!(err, "{note}")?;
    }
    if asked
        .to_validate
        .iter()
        .any(RequestRule::is_about_everything)
    {
        let note = "some policies name no kinds, or custom ones by no group: every object is sent to ringwall, Secrets too";
        writeln!(err, "{note}")?;
    }
    for (kinds, reason) in setup::NOT_SENT {
        writeln!(
            err,
            "not sent, though scans look at them: {kinds}; {reason}"
        )?;
    }
    for (kind, operation) in &asked.unsaid {
        let operation = operation.as_str();
        let note = format!(
            "the code of {kind} looks for the operation {operation}, which is not sent: name it in `operations` of the template's target if it is to be judged"
        );
        writeln!(err, "{note}")?;
    }
    drop(err);
    asked.to_mutate.extend(makers);
    // Pods that show the certificate of before do so until they have the new one.
    let before = args.output.output.join("ca.crt");
    let trusted_before = (args.output.force && before.exists())
        .then(|| ringwall_collect::read_text(&before))
        .and_then(Result::ok);
    let files = setup::webhook(&WebhookSetup {
        target,
        exempt_namespaces: args.exempt_namespace.clone(),
        mutates: args.mutate,
        timeout_seconds: args.timeout,
        until: until(&args.output),
        asked,
        trusted_before,
    })?;
    let exit = write(&args.output, &files)?;
    Ok(if tell_unusable(&bundle)? {
        Exit::Incomplete
    } else {
        exit
    })
}

/// Requests about the kinds that a configuration says to carry pods; without a file, that of this folder or one above.
fn pod_makers(config: Option<&Path>) -> Result<Option<RequestRule>> {
    let (config, _) = config::load(config, Path::new("."))?;
    let configured = config.pod_paths();
    let configured = configured.iter().map(|path| (&*path.group, &*path.kind));
    Ok(setup::pod_makers(configured))
}

/// The policies of files and folders that are to judge.
fn judging(paths: &[PathBuf]) -> Result<Bundle> {
    let bundle = read_policies(paths)?;
    if !paths.is_empty() && bundle.is_empty() && bundle.problems().is_empty() {
        bail!("there are no policies in what --policy names");
    }
    Ok(bundle)
}

/// The policies of files and folders.
fn read_policies(paths: &[PathBuf]) -> Result<Bundle> {
    let mut sources = Vec::new();
    for (name, content) in ringwall_collect::read_texts(paths, Bundles::EXTENSIONS) {
        match content {
            Ok(text) => sources.push(Arc::new(Source::new(name.as_str(), text))),
            Err(reason) => bail!("{name} {reason}"),
        }
    }
    Ok(Bundle::load(&sources))
}

/// Tells policies that cannot be used: what they would ask for is not known. Whether there are any.
fn tell_unusable(bundle: &Bundle) -> io::Result<bool> {
    let mut err = io::stderr().lock();
    let mut are_some = false;
    for problem in bundle.problems().iter().filter(|it| !it.is_warning) {
        writeln!(err, "not looked at: {problem}")?;
        are_some = true;
    }
    Ok(are_some)
}

fn namespace_and_name(text: &str) -> Result<(String, String)> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => bail!("'{text}' is not a namespace and a name such as ringwall/ringwall"),
    }
}

/// Rights for the policies as they are now. Where one cannot be used, what it would ask for is not known.
fn rbac(args: &RbacArgs) -> Result<Exit> {
    let (namespace, name) = namespace_and_name(&args.service_account)?;
    let bundle = read_policies(&args.policy)?;
    let watched = bundle.wanted().watched().into_iter().map(|kind| {
        let resource = GroupVersionResource::of(&kind);
        (resource.group, resource.resource)
    });
    let files = setup::rbac(&RbacSetup {
        namespace,
        name,
        watched: watched.collect(),
        asks_access: bundle.asks_access(),
        audits: args.audit,
    });
    setup::write(&args.output, &files, args.force)?;
    tell_written(&args.output, &files)?;
    Ok(if tell_unusable(&bundle)? {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

fn write(args: &SetupOutputArgs, files: &[SetupFile]) -> Result<Exit> {
    setup::write(&args.output, files, args.force)?;
    tell_written(&args.output, files)?;
    Ok(Exit::Clean)
}

fn tell_written(folder: &Path, files: &[SetupFile]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for file in files {
        writeln!(out, "wrote {}", folder.join(&*file.name).display())?;
    }
    Ok(())
}

fn check(args: &SetupCheckArgs) -> Result<Exit> {
    let bundle = judging(&args.policy)?;
    let asked = bundle.asked();
    let mut kinds = Asked::default();
    if args.config.is_some() {
        kinds
            .to_validate
            .extend(pod_makers(args.config.as_deref())?);
    }
    let asking = [
        Asking {
            who: "policies",
            asked: &asked,
            flag: "--policy",
        },
        Asking {
            who: "checks of configured workloads",
            asked: &kinds,
            flag: "--config",
        },
    ];
    let served = match args.config.as_deref() {
        None => default_paths(),
        Some(config) => {
            let (config, _) = config::load(Some(config), Path::new("."))?;
            super::serve::paths(&config.serve.paths, &[])?
        }
    };
    let checked = setup::check(&args.folder, &asking, &served);
    if args.json {
        let list = |problems: &[Problem]| -> Vec<serde_json::Value> {
            let one = |problem: &Problem| serde_json::json!({"file": problem.file, "line": problem.line, "message": problem.message});
            problems.iter().map(one).collect()
        };
        let report = serde_json::json!({
            "version": 1, "assessed": checked.assessed, "problems": list(&checked.problems),
            "not_assessed": list(&checked.not_assessed),
        });
        writeln!(io::stdout(), "{report:#}")?;
    } else {
        print(&args.folder, &checked)?;
    }
    let are_unusable = tell_unusable(&bundle)?;
    Ok(if !checked.problems.is_empty() {
        Exit::Findings
    } else if !checked.not_assessed.is_empty() || are_unusable {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}

fn print(folder: &Path, checked: &setup::Checked) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let place = |problem: &Problem| match problem.line {
        0 => problem.file.clone(),
        line => format!("{}:{line}", problem.file),
    };
    for problem in &checked.problems {
        writeln!(out, "{}: {}", place(problem), problem.message)?;
    }
    for problem in &checked.not_assessed {
        writeln!(
            out,
            "{}: not looked at: {}",
            place(problem),
            problem.message
        )?;
    }
    let counted = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    writeln!(
        out,
        "{}: {}, {}, {} not looked at",
        folder.display(),
        counted(checked.assessed, "file"),
        counted(checked.problems.len(), "mistake"),
        counted(checked.not_assessed.len(), "thing")
    )
}
