use std::collections::BTreeMap;

use ringwall_policy::audit::{Level, Policy, Request, Rule, Target};

use super::audit_policy;
use crate::{Check, Findings, Resource, Severity, check};

check! {
    /// ## What it finds
    /// Rules of an audit policy that log the bodies of requests for Secrets, ConfigMaps, reviews of tokens and tokens of service accounts: level `Request` for what is written, `RequestResponse` for what is read too.
    /// Each such request is judged by the first rule that matches, for every user, group and namespace that the policy names and for one of each that it does not.
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

/// Verbs whose request has a body, and those whose response alone has one.
const WRITES: [&str; 3] = ["create", "update", "patch"];
const READS: [&str; 3] = ["get", "list", "watch"];

/// Names of one sort that are tried; a policy names few.
const MOST_NAMES: usize = 24;

impl Check for LoggedSecretContent {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of(resource) else {
            return;
        };
        for (index, what) in logged(&policy) {
            let Some(rule) = policy.rules.get(index) else {
                continue;
            };
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

/// The rules that log bodies, and of what, by their numbers from 0.
fn logged(policy: &Policy<'_>) -> BTreeMap<usize, Vec<&'static str>> {
    let users = names(policy, |rule| rule.users.clone(), "someone");
    let groups = names(
        policy,
        |rule| rule.user_groups.clone(),
        "system:authenticated",
    );
    let namespaces = names(policy, |rule| rule.namespaces.clone(), "some-namespace");
    let mut found: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
    for (group, resource, subresource, what) in SENSITIVE {
        let verbs = WRITES.iter().map(|verb| (*verb, Level::Request));
        let verbs = verbs.chain(READS.iter().map(|verb| (*verb, Level::RequestResponse)));
        for (verb, level) in verbs {
            for user in &users {
                for member in &groups {
                    for namespace in &namespaces {
                        let decision = policy.evaluate(&Request {
                            user,
                            groups: vec![member, "system:authenticated"],
                            verb,
                            target: Target::Resource {
                                group,
                                resource,
                                subresource,
                                namespace,
                                name: "",
                            },
                        });
                        if decision.level >= level
                            && let Some((index, _)) = decision.rule
                        {
                            let of = found.entry(index).or_default();
                            if !of.contains(&what) {
                                of.push(what);
                            }
                        }
                    }
                }
            }
        }
    }
    found
}

/// The names that rules have for something, and one that none has.
fn names<'a>(
    policy: &Policy<'a>,
    of: impl Fn(&Rule<'a>) -> Vec<&'a str>,
    other: &'a str,
) -> Vec<&'a str> {
    let mut names = vec![other];
    for name in policy.rules.iter().flat_map(of) {
        if names.len() < MOST_NAMES && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
