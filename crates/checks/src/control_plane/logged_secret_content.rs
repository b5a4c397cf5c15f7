use ringwall_policy::audit::{Level, Policy, Request, Rule, Target};

use super::audit_policy;
use crate::{Check, Findings, Resource, Severity, check};

check! {
    /// ## What it finds
    /// Rules of an audit policy that log the bodies of requests for Secrets, ConfigMaps, reviews of tokens and tokens of service accounts: level `Request` for what is written, `RequestResponse` for what is read too.
    /// A rule is told if it is the first that matches such a request, of the users, groups and namespaces that it names or of any.
    /// Rules for ConfigMaps alone are findings of severity low.
    ///
    /// ## Why it matters
    /// The log then holds passwords, keys and tokens in plain text, in a place with more readers and a longer life than etcd.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: RequestResponse # <-
    ///     resources:
    ///       - group: ""
    ///   - level: Metadata
    /// ```
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [secrets, configmaps, serviceaccounts/token]
    ///   - level: Request # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [secrets, configmaps, serviceaccounts/token]
    ///       - group: authentication.k8s.io
    ///         resources: [tokenreviews]
    ///   - level: Request
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///   - level: Metadata
    /// ```
    ///
    /// ## Fix
    /// Put a rule with `level: Metadata` for secrets, configmaps, serviceaccounts/token and tokenreviews of authentication.k8s.io before all rules of a higher level.
    LoggedSecretContent {
        id: "logged-secret-content",
        title: "Audit policy that logs the content of Secrets",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["cis:3.2.2", "nsa:AUDIT"],
    }
}

/// Group, resource and subresource of what must not be logged, and what to call it.
const SENSITIVE: [(&str, &str, &str, &str); 4] = [
    ("", "secrets", "", "Secrets"),
    ("authentication.k8s.io", "tokenreviews", "", "TokenReviews"),
    ("", "serviceaccounts", "token", "tokens of service accounts"),
    ("", "configmaps", "", "ConfigMaps"),
];

/// Requests that are tried for one rule and one thing to log; a rule names few users and namespaces.
const MOST_REQUESTS: usize = 10_000;

impl Check for LoggedSecretContent {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of(resource) else {
            return;
        };
        for (index, rule) in policy.rules.iter().enumerate() {
            let what: Vec<&str> = SENSITIVE
                .iter()
                .filter(|(group, resource, subresource, _)| {
                    logs(&policy, index, rule, [group, resource, subresource])
                })
                .map(|(_, _, _, what)| *what)
                .collect();
            if what.is_empty() {
                continue;
            }
            let level = rule.node.get("level").unwrap_or(rule.node);
            let mut draft = findings.add(Self::META).at(level).note(format!(
                "logs the content of {} (rules[{index}], level {})",
                what.join(", "),
                rule.level.unwrap_or(Level::None)
            ));
            if what == ["ConfigMaps"] {
                draft = draft.severity(Severity::Low);
            }
            drop(draft);
        }
    }
}

/// Whether a rule logs a body of requests for something: whether it is the first that matches one of the
/// requests it speaks of. Where it names no user or namespace, one that no rule names meets the fewest
/// rules before it.
fn logs(
    policy: &Policy<'_>,
    index: usize,
    rule: &Rule<'_>,
    [group, resource, subresource]: [&str; 3],
) -> bool {
    let verbs: &[&str] = match rule.level {
        Some(Level::RequestResponse) => &["create", "update", "patch", "get", "list", "watch"],
        Some(Level::Request) => &["create", "update", "patch"],
        _ => return false,
    };
    let users = or(&rule.users, "some-user");
    // Every user is in one of two groups; a rule before may be for either.
    let groups = match rule.user_groups.as_slice() {
        [] => vec!["system:authenticated", "system:unauthenticated"],
        names => names.to_vec(),
    };
    let namespaces = or(&rule.namespaces, "some-namespace");
    let names = rule
        .resources
        .iter()
        .flat_map(|entry| &entry.resource_names);
    let names: Vec<&str> = std::iter::once("").chain(names.copied()).collect();
    let requests = verbs
        .iter()
        .filter(|verb| rule.verbs.is_empty() || rule.verbs.contains(verb))
        .flat_map(|verb| users.iter().map(move |user| (*verb, user)))
        .flat_map(|(verb, user)| groups.iter().map(move |member| (verb, user, member)))
        .flat_map(|(verb, user, member)| {
            namespaces
                .iter()
                .map(move |namespace| (verb, user, member, namespace))
        })
        .flat_map(|(verb, user, member, namespace)| {
            names.iter().map(move |name| Request {
                user,
                groups: match *member {
                    "system:unauthenticated" => vec![member],
                    _ => vec![member, "system:authenticated"],
                },
                verb,
                target: Target::Resource {
                    group,
                    resource,
                    subresource,
                    namespace,
                    name,
                },
            })
        });
    requests.take(MOST_REQUESTS).any(|request| {
        policy
            .evaluate(&request)
            .rule
            .is_some_and(|(first, _)| first == index)
    })
}

/// The names that a rule has, or one that no rule has.
fn or<'a>(names: &[&'a str], other: &'a str) -> Vec<&'a str> {
    match names {
        [] => vec![other],
        names => names.to_vec(),
    }
}
