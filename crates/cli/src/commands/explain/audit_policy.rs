//! `ringwall explain audit-policy FILE --request ...`: the rule that a request meets, and its level.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use ringwall_collect::{Content, DEFAULT_LIMIT_BYTES, printed_name, read_path, read_stdin};
use ringwall_input::{kubernetes, yaml};
use ringwall_model::Source;
use ringwall_policy::audit::{
    Decision, Level, Policy, Request, Rule, STAGES, Target, problems,
    resources::{groups_of, has_resource, is_known_group, meant},
};

use crate::{args::AuditPolicyArgs, exit::Exit};

pub(super) fn run(args: &AuditPolicyArgs) -> Result<Exit> {
    let source = read(&args.file)?;
    let (documents, diagnostics) = yaml::parse(&source);
    if let Some(diagnostic) = diagnostics.first() {
        let line = source.location(diagnostic.span).start.line;
        bail!("{}:{line}: {}", source.name, diagnostic.message);
    }
    let policy = policy(&documents, &source.name)?;
    let user = args.user.as_deref().unwrap_or_default();
    let groups = groups(user, &args.groups);
    let groups = groups.iter().map(String::as_str).collect();
    let mut request = Request::parse(&args.request, user, groups)?;
    let note = refine(&mut request, args)?;
    let decision = policy.evaluate(&request);
    let mut out = io::stdout().lock();
    write(&mut out, args, &policy, &decision)?;
    if let Some(note) = note {
        writeln!(out, "note: {note}")?;
    }
    Ok(Exit::Clean)
}

fn read(file: &Path) -> Result<Arc<Source>> {
    let (name, content) = if file.as_os_str() == "-" {
        ("<stdin>".to_owned(), read_stdin(DEFAULT_LIMIT_BYTES))
    } else {
        (printed_name(file), read_path(file, DEFAULT_LIMIT_BYTES))
    };
    match content {
        Content::Text(text) | Content::Utf16(text) => Ok(Arc::new(Source::new(name, text))),
        Content::Unreadable(reason) => bail!("cannot read {name}: {reason}"),
        Content::TooLarge { .. } => bail!("cannot read {name}: it is too large"),
        Content::Binary { .. } | Content::InvalidUtf8 { .. } => {
            bail!("cannot read {name}: it is no text")
        }
    }
}

/// The one audit policy of a file, if the API server would take it.
fn policy<'a>(documents: &'a [yaml::Document], name: &str) -> Result<Policy<'a>> {
    let mut resources = Vec::new();
    for document in documents {
        if let kubernetes::ObjectDocument::Objects(objects) = kubernetes::objects(document) {
            resources.extend(objects);
        }
    }
    let mut policies = resources
        .iter()
        .filter(|resource| resource.is("audit.k8s.io", "Policy"));
    let resource = policies
        .next()
        .with_context(|| format!("{name} holds no Policy of audit.k8s.io"))?;
    if policies.next().is_some() {
        bail!("{name} holds several audit policies; the API server takes one");
    }
    if resource.api_version != "audit.k8s.io/v1" {
        bail!(
            "{name} is of {}; the API server takes only audit.k8s.io/v1",
            resource.api_version
        );
    }
    let policy = Policy::new(resource.node);
    if let Some(problem) = problems(&policy).first() {
        let line = problem.node.location().start.line;
        bail!(
            "{name}:{line}: the API server refuses the policy: it {}",
            problem.message
        );
    }
    Ok(policy)
}

/// The groups of a user: those given, and those that the API server adds.
fn groups(user: &str, given: &[String]) -> Vec<String> {
    let mut groups = given.to_vec();
    if let Some(account) = user.strip_prefix("system:serviceaccount:")
        && let Some((namespace, _)) = account.split_once(':')
    {
        groups.push("system:serviceaccounts".to_owned());
        groups.push(format!("system:serviceaccounts:{namespace}"));
    }
    groups.push(match user {
        "system:anonymous" => "system:unauthenticated".to_owned(),
        _ => "system:authenticated".to_owned(),
    });
    groups
}

/// Applies the options, and finds the API group of a resource as kubectl does. Names that no group of
/// Kubernetes has are refused, for a request with them never comes.
fn refine<'a>(request: &mut Request<'a>, args: &'a AuditPolicyArgs) -> Result<Option<String>> {
    let Target::Resource {
        group,
        resource,
        subresource,
        name,
        ..
    } = &mut request.target
    else {
        if args.api_group.is_some() || args.subresource.is_some() || args.name.is_some() {
            bail!("a path has no API group, subresource or name");
        }
        return Ok(None);
    };
    if let Some(given) = &args.subresource {
        *subresource = given;
    }
    if let Some(given) = &args.name {
        *name = given;
    }
    if let Some(given) = &args.api_group {
        *group = given;
    }
    if has_resource(group, resource) || !is_known_group(group) {
        return Ok(None);
    }
    if group.is_empty() && args.api_group.is_none() {
        // The groups that old releases had the resource in come last.
        let found =
            groups_of(resource).min_by_key(|group| (matches!(*group, "extensions"), *group));
        if let Some(found) = found {
            *group = found;
            return Ok(Some(format!(
                "{resource} is taken for that of the group {found}"
            )));
        }
    }
    let of = if group.is_empty() { "the core" } else { *group };
    match meant(group, resource) {
        Some(meant) => bail!("{of} has no resource {resource}; did you mean {meant}?"),
        None => bail!(
            "{of} has no resource {resource}; write the group of a custom one behind it: {resource}.example.com"
        ),
    }
}

fn write(
    out: &mut impl Write,
    args: &AuditPolicyArgs,
    policy: &Policy<'_>,
    decision: &Decision<'_>,
) -> io::Result<()> {
    writeln!(out, "{}", decision.level)?;
    let total = policy.rules.len();
    // Rules that stand before the one that matched did not.
    let passed = decision.rule.map_or(total, |(index, _)| index);
    if let Some((index, rule)) = decision.rule {
        let location = rule.location();
        writeln!(
            out,
            "{}:{}: rule {} of {total} is the first that matches \"{}\"",
            location.file,
            location.start.line,
            index + 1,
            args.request
        )?;
    } else {
        writeln!(out, "none of {total} rules matches \"{}\"", args.request)?;
    }
    let stages: Vec<&str> = STAGES
        .into_iter()
        .filter(|stage| !decision.omit_stages.contains(stage))
        .collect();
    if decision.level == Level::None {
        writeln!(out, "it is not logged")?;
    } else if stages.is_empty() {
        writeln!(out, "it is not logged, as every stage is omitted")?;
    } else {
        writeln!(out, "it is logged at {}", stages.join(", "))?;
    }
    let names_users = |rule: &Rule<'_>| !rule.users.is_empty() || !rule.user_groups.is_empty();
    if args.user.is_none() && policy.rules.iter().take(passed).any(names_users) {
        writeln!(
            out,
            "note: asked for a user that no rule names, in {}; rules before are for certain users or groups",
            groups("", &args.groups).join(", ")
        )?;
    }
    Ok(())
}
