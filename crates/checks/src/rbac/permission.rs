//! What the rules of a role allow, one permission at a time.
//!
//! A rule with `*` in both verbs and resources is one root cause with a check of its own; permission
//! checks stay quiet about it, so that one line does not give thirty findings.

use crate::{Findings, Meta, Node, Role, Rule, Severity, rbac::shipped};

/// Verbs on resources of one API group.
pub(crate) struct Access {
    pub(crate) group: &'static str,
    pub(crate) resources: &'static [&'static str],
    pub(crate) verbs: &'static [&'static str],
}

/// A permission: any one of its accesses amounts to it.
pub(crate) struct Permission(pub(crate) &'static [Access]);

/// A rule that gives a permission, with what of it it gives.
pub(crate) struct Grant<'r, 'a> {
    pub(crate) rule: &'r Rule<'a>,
    pub(crate) resources: Vec<&'static str>,
    pub(crate) verbs: Vec<&'static str>,
}

/// The verbs that change a resource.
pub(crate) const WRITE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

/// The verbs that show what is in a resource; `list` and `watch` give whole objects.
pub(crate) const READ: &[&str] = &["get", "list", "watch"];

impl Permission {
    /// The rules of a role that give it; none that Kubernetes ships it with, none that is `*` on `*`.
    pub(crate) fn grants<'r, 'a>(
        &'r self,
        role: &'r Role<'a>,
    ) -> impl Iterator<Item = Grant<'r, 'a>> {
        shipped::added_rules(role)
            .filter(|rule| !is_full_wildcard(rule))
            .filter_map(|rule| self.granted_by(rule, role.is_cluster_role()))
    }

    /// What a rule gives of it. In one namespace only, cluster-scoped resources are out of reach,
    /// whatever the rule says.
    pub(crate) fn granted_by<'r, 'a>(
        &self,
        rule: &'r Rule<'a>,
        cluster_wide: bool,
    ) -> Option<Grant<'r, 'a>> {
        let mut grant = Grant {
            rule,
            resources: Vec::new(),
            verbs: Vec::new(),
        };
        for access in self.0.iter().filter(|access| rule.has_group(access.group)) {
            for &resource in access.resources {
                if !rule.has_resource(resource) {
                    continue;
                }
                let out_of_reach = !cluster_wide && is_cluster_scoped(resource);
                let mut matched = false;
                for &verb in access.verbs {
                    // Binding a ClusterRole is authorised in the namespace of the new binding.
                    if out_of_reach && verb != "bind" {
                        continue;
                    }
                    if rule.has_verb(verb) && can_satisfy_names(rule, resource, verb) {
                        matched = true;
                        if !grant.verbs.contains(&verb) {
                            grant.verbs.push(verb);
                        }
                    }
                }
                if matched && !grant.resources.contains(&resource) {
                    grant.resources.push(resource);
                }
            }
        }
        (!grant.resources.is_empty()).then_some(grant)
    }

    /// Reports each rule of a role that gives it.
    pub(crate) fn report(&self, role: &Role<'_>, meta: &'static Meta, findings: &mut Findings<'_>) {
        for grant in self.grants(role) {
            findings
                .add(meta)
                .at(grant.place())
                .severity(grant.severity(meta.severity))
                .note(grant.words());
        }
    }
}

impl<'a> Grant<'_, 'a> {
    /// The item of `resources` that gives it.
    pub(crate) fn place(&self) -> Node<'a> {
        let wanted = self.resources.first().copied().unwrap_or_default();
        let written = self.rule.resources.iter().find(|&&has| has == wanted);
        let written = written.or_else(|| {
            let sub = wanted.split_once('/').map(|(_, sub)| sub);
            self.rule.resources.iter().find(|&&has| {
                has == "*" || sub.is_some_and(|sub| has.strip_prefix("*/") == Some(sub))
            })
        });
        self.rule
            .place("resources", written.copied().unwrap_or(wanted))
    }

    /// The item of `verbs` that gives it.
    pub(crate) fn verb_place(&self) -> Node<'a> {
        let wanted = self.verbs.first().copied().unwrap_or_default();
        let named = self.rule.verbs.contains(&wanted);
        self.rule.place("verbs", if named { wanted } else { "*" })
    }

    /// A severity for it: what is limited to some names weighs one step less.
    pub(crate) fn severity(&self, severity: Severity) -> Severity {
        if self.is_limited() {
            lower(severity)
        } else {
            severity
        }
    }

    /// Whether all that it gives is limited to some names.
    pub(crate) fn is_limited(&self) -> bool {
        let is_whole = |resource: &&str| !resource.contains('/');
        let reaches_unnamed = self.rule.covers_unnamed()
            && self.resources.iter().any(is_whole)
            && self.verbs.iter().any(|verb| is_unnamed(verb));
        self.rule.is_limited_to_names() && !reaches_unnamed
    }

    /// What it allows, as the message of a finding says it: `may get and list secrets`.
    pub(crate) fn words(&self) -> String {
        let rule = self.rule;
        let resources = and_list(&self.resources);
        let mut words = if rule.verbs.contains(&"*") {
            format!("may use every verb on {resources}")
        } else {
            format!("may {} {resources}", and_list(&self.verbs))
        };
        if let Some(wildcard) = self.wildcard() {
            words.push_str(", through the resource ");
            words.push_str(wildcard);
        }
        words.push_str(&named(rule));
        words
    }

    fn wildcard(&self) -> Option<&'a str> {
        let named = |resource: &&str| self.rule.resources.contains(resource);
        if self.resources.iter().any(named) {
            return None;
        }
        let mut written = self.rule.resources.iter().copied();
        written.find(|has| *has == "*" || has.starts_with("*/"))
    }
}

/// A severity for a rule: one that is limited to some names weighs one step less.
pub(crate) fn severity_of(rule: &Rule<'_>, severity: Severity) -> Severity {
    if rule.covers_unnamed() {
        severity
    } else {
        lower(severity)
    }
}

/// The names that a rule is limited to, behind a comma; nothing where it is not.
pub(crate) fn named(rule: &Rule<'_>) -> String {
    let mut words = String::new();
    let mut names = rule.resource_names.clone();
    names.retain(|name| !name.is_empty());
    if !names.is_empty() {
        words.extend([", named ", &and_list(&names)]);
    }
    if rule.is_limited_to_names() && rule.covers_unnamed() {
        words.push_str(", in requests that name no object");
    }
    words
}

/// Whether a rule allows every verb on every resource of its groups.
pub(crate) fn is_full_wildcard(rule: &Rule<'_>) -> bool {
    rule.verbs.contains(&"*") && rule.resources.contains(&"*")
}

/// Whether a rule covers an API group that workloads, Secrets, roles, admission or certificates belong to.
pub(crate) fn has_powerful_group(rule: &Rule<'_>) -> bool {
    let is_powerful = |group: &&str| {
        matches!(
            *group,
            "*" | ""
                | "apps"
                | "batch"
                | "extensions"
                | "admissionregistration.k8s.io"
                | "apiextensions.k8s.io"
                | "apiregistration.k8s.io"
                | "authentication.k8s.io"
                | "certificates.k8s.io"
                | "rbac.authorization.k8s.io"
        )
    };
    rule.api_groups.iter().any(is_powerful)
}

/// One step less, but not below `low`.
pub(crate) fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}

/// `a`, `a and b`, `a, b and c`; of a long list only the beginning.
pub(crate) fn and_list(items: &[&str]) -> String {
    const MOST: usize = 6;
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        _ if items.len() > MOST => {
            let shown: Vec<&str> = items.iter().copied().take(MOST).collect();
            format!("{} and {} more", shown.join(", "), items.len() - MOST)
        }
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Whether a request of a verb can satisfy `resourceNames`. Creating an object and deleting a collection
/// carry no name, and creating a subresource that of its object; listing carries the name that a field
/// selector asks for, if one does.
fn can_satisfy_names(rule: &Rule<'_>, resource: &str, verb: &str) -> bool {
    let is_whole = !resource.contains('/');
    match verb {
        "list" | "watch" if is_whole => true,
        _ if is_whole && is_unnamed(verb) => rule.covers_unnamed(),
        _ => rule.covers_named(),
    }
}

/// Whether a verb can be asked for without the name of an object.
fn is_unnamed(verb: &str) -> bool {
    matches!(verb, "create" | "list" | "watch" | "deletecollection")
}

/// Whether a resource is in no namespace, so that neither a Role nor a `RoleBinding` can give it.
/// A Namespace is left out: the API server authorises it inside the namespace of its own name.
fn is_cluster_scoped(resource: &str) -> bool {
    let object = resource.split_once('/').map_or(resource, |(name, _)| name);
    matches!(
        object,
        "nodes"
            | "persistentvolumes"
            | "users"
            | "groups"
            | "uids"
            | "userextras"
            | "clusterroles"
            | "clusterrolebindings"
            | "certificatesigningrequests"
            | "signers"
            | "mutatingwebhookconfigurations"
            | "validatingwebhookconfigurations"
            | "mutatingadmissionpolicies"
            | "mutatingadmissionpolicybindings"
            | "validatingadmissionpolicies"
            | "validatingadmissionpolicybindings"
            | "clusterpolicies"
            | "validatingpolicies"
            | "mutatingpolicies"
            | "constrainttemplates"
            | "customresourcedefinitions"
            | "apiservices"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{kubernetes::Resource, yaml};
    use ringwall_model::Source;

    use super::*;

    const EXEC: Permission = Permission(&[Access {
        group: "",
        resources: &["pods/exec", "pods/attach"],
        verbs: &["create", "get"],
    }]);

    const SECRETS: Permission = Permission(&[Access {
        group: "",
        resources: &["secrets"],
        verbs: &["create", "get", "deletecollection"],
    }]);

    const NODES: Permission = Permission(&[Access {
        group: "",
        resources: &["nodes"],
        verbs: &["patch"],
    }]);

    /// What a rule of a `ClusterRole`, or of a `Role`, gives of a permission.
    fn check(kind: &str, text: &str, permission: &Permission, expected: Option<&str>) {
        let object = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: app}}\nrules: [{text}]\n"
        );
        let source = Arc::new(Source::new("role.yaml", object));
        let (documents, diagnostics) = yaml::parse(&source);
        assert_eq!(diagnostics, []);
        let resource = Resource::new(documents[0].root()).expect("an object");
        let role = Role::new(&resource).expect("a role");
        let words = permission.grants(&role).next().map(|grant| grant.words());
        assert_eq!(words.as_deref(), expected, "{text}");
    }

    #[test]
    fn subresources_are_matched_as_the_api_server_does() {
        let rule = |resource: &str| {
            format!("{{apiGroups: [''], resources: ['{resource}'], verbs: [create]}}")
        };
        let exec = |resource: &str, expected| check("Role", &rule(resource), &EXEC, expected);
        exec("pods", None);
        exec("pods/*", None);
        exec("*/*", None);
        exec("pods/attach", Some("may create pods/attach"));
        exec(
            "*/exec",
            Some("may create pods/exec, through the resource */exec"),
        );
        exec(
            "*",
            Some("may create pods/exec and pods/attach, through the resource *"),
        );
    }

    #[test]
    fn the_core_group_is_no_wildcard() {
        let rule = "{apiGroups: [apps], resources: ['*'], verbs: [create]}";
        check("ClusterRole", rule, &EXEC, None);
    }

    #[test]
    fn names_never_limit_what_has_no_name() {
        check(
            "Role",
            "{apiGroups: [''], resources: [secrets], resourceNames: [db], verbs: [create, get, deletecollection]}",
            &SECRETS,
            Some("may get secrets, named db"),
        );
        check(
            "Role",
            "{apiGroups: [''], resources: [secrets], resourceNames: [db], verbs: [create]}",
            &SECRETS,
            None,
        );
        check(
            "Role",
            "{apiGroups: [''], resources: [pods/exec], resourceNames: [db], verbs: [create]}",
            &EXEC,
            Some("may create pods/exec, named db"),
        );
    }

    #[test]
    fn an_empty_name_is_that_of_requests_without_one() {
        let rule = |names: &str, verbs: &str| {
            format!(
                "{{apiGroups: [''], resources: [secrets], resourceNames: [{names}], verbs: [{verbs}]}}"
            )
        };
        check(
            "Role",
            &rule("''", "create, get, deletecollection"),
            &SECRETS,
            Some("may create and deletecollection secrets, in requests that name no object"),
        );
        check(
            "Role",
            &rule("db, ''", "create, get"),
            &SECRETS,
            Some("may create and get secrets, named db, in requests that name no object"),
        );
        check("Role", &rule("''", "get"), &SECRETS, None);
        let exec =
            "{apiGroups: [''], resources: [pods/exec], resourceNames: [''], verbs: [create]}";
        check("Role", exec, &EXEC, None);
    }

    #[test]
    fn a_role_gives_nothing_that_is_cluster_scoped() {
        let rule = "{apiGroups: [''], resources: [nodes], verbs: [patch]}";
        check("Role", rule, &NODES, None);
        check("ClusterRole", rule, &NODES, Some("may patch nodes"));
    }

    #[test]
    fn every_verb_on_every_resource_is_left_to_its_own_check() {
        let rule = "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}";
        check("ClusterRole", rule, &SECRETS, None);
        let rule = "{apiGroups: ['*'], resources: [secrets], verbs: ['*']}";
        check(
            "ClusterRole",
            rule,
            &SECRETS,
            Some("may use every verb on secrets"),
        );
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(and_list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(
            and_list(&["a", "b", "c", "d", "e", "f", "g", "h"]),
            "a, b, c, d, e, f and 2 more"
        );
    }
}
