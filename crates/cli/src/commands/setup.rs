//! `ringwall setup`.

use std::{
    io::{self, Write as _},
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Result, bail};
use ringwall_server::setup::{
    self, AuditSetup, ImagePolicySetup, Problem, Reach, SetupFile, Target, WebhookSetup,
};

use crate::{
    args::setup::{
        AuditArgs, ImagePolicyArgs, ReachArgs, SetupArgs, SetupCheckArgs, SetupCommand,
        SetupOutputArgs, WebhookArgs,
    },
    exit::Exit,
};

pub(super) fn run(args: &SetupArgs) -> Result<Exit> {
    match &args.what {
        SetupCommand::ImagePolicy(args) => image_policy(args),
        SetupCommand::Webhook(args) => webhook(args),
        SetupCommand::Audit(args) => audit(args),
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
    let target = match (&args.server, args.service.split_once('/')) {
        (Some(server), _) => Target::Address(authority(server)?),
        (None, Some((namespace, name))) if !namespace.is_empty() && !name.is_empty() => {
            Target::Service {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                port: args.port,
            }
        }
        _ => bail!(
            "'{}' is not a namespace and a name such as ringwall/ringwall",
            args.service
        ),
    };
    let files = setup::webhook(&WebhookSetup {
        target,
        exempt_namespaces: args.exempt_namespace.clone(),
        mutates: args.mutate,
        timeout_seconds: args.timeout,
        until: until(&args.output),
    })?;
    write(&args.output, &files)
}

fn write(args: &SetupOutputArgs, files: &[SetupFile]) -> Result<Exit> {
    setup::write(&args.output, files, args.force)?;
    let mut out = io::stdout().lock();
    for file in files {
        writeln!(out, "wrote {}", args.output.join(file.name).display())?;
    }
    Ok(Exit::Clean)
}

fn check(args: &SetupCheckArgs) -> Result<Exit> {
    let checked = setup::check(&args.folder);
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
    Ok(if !checked.problems.is_empty() {
        Exit::Findings
    } else if !checked.not_assessed.is_empty() {
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
    writeln!(
        out,
        "{}: {} files, {} mistakes, {} things not looked at",
        folder.display(),
        checked.assessed,
        checked.problems.len(),
        checked.not_assessed.len()
    )
}
