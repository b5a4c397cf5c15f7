//! What keeps requests from ringwall in its own webhooks, whatever policies ask about.

use ringwall_input::yaml::Node;

use super::{Set, line, sent::object_selector};
use crate::Route;

/// Resources of pods and of what makes them.
const POD_MAKERS: [&str; 11] = [
    "*",
    "*/*",
    "pods/*",
    "pods",
    "replicationcontrollers",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
];

/// Groups of these, of which the API server knows no version but `v1`.
const POD_GROUPS: [&str; 3] = ["", "apps", "batch"];

/// What is added to a running pod is sent by itself.
const EPHEMERAL_CONTAINERS: [&str; 4] = [
    "pods/ephemeralcontainers",
    "pods/*",
    "*/ephemeralcontainers",
    "*/*",
];

impl Set {
    /// Looks at one of ringwall's own for what keeps requests from it.
    pub(super) fn look_at_own(&mut self, name: &str, is_mutating: bool, webhook: Node<'_>) {
        if let Some(selector) = object_selector(webhook) {
            self.problem(
                name,
                line(selector),
                "objectSelector lets whoever writes the labels of an object keep it from ringwall",
            );
        }
        self.look_at_path(name, is_mutating, webhook);
        self.look_at_conditions(name, webhook);
        if webhook.list("rules").next().is_none() {
            let message = "the webhook has no rules, so that nothing is sent to ringwall";
            self.problem(name, line(webhook), message);
        }
        if !is_mutating {
            self.look_at_rules(name, webhook);
        }
    }

    /// Whether the path is one where ringwall does what the webhook is for.
    fn look_at_path(&mut self, name: &str, is_mutating: bool, webhook: Node<'_>) {
        let (route, does) = if is_mutating {
            (Route::Mutate, "changes objects")
        } else {
            (Route::Validate, "judges")
        };
        let client = webhook.get("clientConfig");
        let Some((place, path)) = client.and_then(path) else {
            return;
        };
        let served = self.served.iter().filter(|served| served.route == route);
        let served: Vec<&str> = served.map(|served| served.path.as_str()).collect();
        if served.contains(&path) {
            return;
        }
        let message = format!(
            "the path is {path}, and ringwall {does} at {} unless [serve.paths] of --config says otherwise: every request fails, or nothing comes of it",
            served.join(", ")
        );
        self.problem(name, line(place), message);
    }

    fn look_at_conditions(&mut self, name: &str, webhook: Node<'_>) {
        for condition in webhook.list("matchConditions") {
            let Some(expression) = condition.get("expression") else {
                continue;
            };
            if is_never_true(expression.text()) {
                let message = format!(
                    "the condition '{}' lets no request through to ringwall",
                    expression.text().trim()
                );
                self.problem(name, line(expression), message);
            }
        }
    }

    /// Whether rules send pods and what makes them when they are created and when they change.
    fn look_at_rules(&mut self, name: &str, webhook: Node<'_>) {
        for rule in webhook.list("rules") {
            let makers: Vec<&str> = rule
                .list("resources")
                .map(Node::text)
                .filter(|resource| POD_MAKERS.contains(resource))
                .collect();
            let groups: Vec<&str> = rule.list("apiGroups").map(Node::text).collect();
            let is_sent = |group: &str, resource: &str, operation: &str| {
                let mut rules = webhook.list("rules");
                rules.any(|other| reaches(other, group, resource, operation))
            };
            let sent_by = |resource: &str, operation: &str| {
                let mut groups = groups.iter();
                groups.all(|group| is_sent(group, resource, operation))
            };
            let all_sent = |operation: &str| makers.iter().all(|maker| sent_by(maker, operation));
            if let (Some(maker), Some(why)) = (makers.first(), hindrance(rule))
                && !(all_sent("CREATE") && all_sent("UPDATE"))
            {
                self.problem(name, line(rule), format!("{why}: no {maker} are sent"));
                continue;
            }
            let missing = makers.iter().find_map(|maker| {
                let sends = |operation| sends(rule, operation);
                let others = |operation| sent_by(maker, operation);
                // A rule of a policy may name groups that have no such kind.
                let mut of_any = groups.iter();
                let is_created = of_any.any(|group| is_sent(group, maker, "CREATE"));
                if sends("CREATE") && !others("UPDATE") {
                    Some((maker, "created", "change: what they become is not judged"))
                } else if sends("UPDATE") && !is_created && !maker.contains('*') {
                    Some((maker, "changed", "are created: what they are is not judged"))
                } else {
                    None
                }
            });
            if let Some((maker, when, rest)) = missing {
                let message = format!(
                    "the rule sends {maker} when they are {when} and no rule when they {rest}"
                );
                self.problem(name, line(rule), message);
            }
            let names_pods = makers.contains(&"pods") || makers.contains(&"*");
            let mut rules = webhook.list("rules");
            let sends_added = |rule: Node<'_>| {
                sends(rule, "UPDATE")
                    && has(rule, "apiGroups", &[""])
                    && has(rule, "resources", &EPHEMERAL_CONTAINERS)
            };
            if names_pods && has(rule, "apiGroups", &[""]) && !rules.any(sends_added) {
                let message = "the rule sends pods, and no rule pods/ephemeralcontainers: containers that are added to running pods are not judged";
                self.problem(name, line(rule), message);
            }
        }
    }
}

/// The path that a webhook asks at, and where it stands or should.
fn path(client: Node<'_>) -> Option<(Node<'_>, &str)> {
    if let Some(url) = client.get("url") {
        let (_, rest) = url.text().split_once("://")?;
        let path = rest.find('/').and_then(|at| rest.get(at..));
        return Some((url, path.unwrap_or("/")));
    }
    let service = client.get("service")?;
    let path = service.get("path").filter(|path| !path.text().is_empty());
    Some(path.map_or((service, "/"), |path| (path, path.text())))
}

fn has(rule: Node<'_>, field: &str, wanted: &[&str]) -> bool {
    let mut items = rule.list(field).map(Node::text);
    // Of resources, this one is about no subresources.
    items.any(|item| wanted.contains(&item) || (item == "*" && field != "resources"))
}

fn sends(rule: Node<'_>, operation: &str) -> bool {
    has(rule, "operations", &[operation])
}

/// Whether a rule sends these requests, as far as versions and scope are told.
fn reaches(rule: Node<'_>, group: &str, resource: &str, operation: &str) -> bool {
    sends(rule, operation)
        && has(rule, "apiGroups", &[group])
        && has(rule, "resources", &[resource, "*", "*/*"])
        && hindrance(rule).is_none()
}

/// Why a rule sends nothing of what it names.
fn hindrance(rule: Node<'_>) -> Option<String> {
    if rule.str("scope") == Some("Cluster") {
        return Some("the scope Cluster is about nothing that lives in a namespace".to_owned());
    }
    let mut groups = rule.list("apiGroups").map(Node::text);
    let versions: Vec<&str> = rule.list("apiVersions").map(Node::text).collect();
    if groups.all(|group| POD_GROUPS.contains(&group)) && !has(rule, "apiVersions", &["v1"]) {
        let versions = versions.join(", ");
        return Some(format!("apiVersions are [{versions}], and not v1"));
    }
    None
}

/// Whether a condition is false whatever the request is, as far as that is told without evaluating it.
fn is_never_true(expression: &str) -> bool {
    let bare = |part: &str| {
        let is_around = |one: char| one.is_whitespace() || one == '(' || one == ')';
        part.trim_matches(is_around).replace(' ', "")
    };
    let is_false = |part: &str| matches!(bare(part).as_str(), "false" | "!true");
    let has_choice = ["||", "?"].iter().any(|sign| expression.contains(sign));
    is_false(expression) || (!has_choice && expression.split("&&").any(is_false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_are_never_true_are_known() {
        for never in [
            "false",
            " ( false ) ",
            "!true",
            "object.kind == 'Pod' && false",
        ] {
            assert!(is_never_true(never), "{never}");
        }
        for some in [
            "true",
            "!(request.resource.resource == 'leases')",
            "false || request.operation == 'CREATE'",
            "object.spec.hostNetwork == false",
            "request.dryRun ? false : true",
        ] {
            assert!(!is_never_true(some), "{some}");
        }
    }
}
