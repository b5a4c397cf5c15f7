//! Which requests policies ask about, in the words of a webhook's `rules`: an API server sends nothing else, and what
//! is not sent is not judged.
//!
//! Too much is told rather than too little: names, selectors and conditions narrow further when a request is judged.

use std::{collections::BTreeSet, fmt};

use ringwall_input::schema::{self, Kind};

use crate::{admission::Operation, bundle::Bundle, gatekeeper::matching::Match};

/// Stands for all groups, versions, operations, or resources without their subresources.
pub const ALL: &str = "*";

/// Requests by what they are about: a `RuleWithOperations` of `admissionregistration.k8s.io/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestRule {
    /// API groups; empty for the core group.
    pub api_groups: BTreeSet<String>,
    /// Versions of the groups.
    pub api_versions: BTreeSet<String>,
    /// `CREATE`, `UPDATE`, `DELETE`, `CONNECT`.
    pub operations: BTreeSet<String>,
    /// Resources and subresources, such as `pods` and `pods/ephemeralcontainers`.
    pub resources: BTreeSet<String>,
}

/// What a bundle asks about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// By policies that judge.
    pub to_validate: Vec<RequestRule>,
    /// By policies that change objects.
    pub to_mutate: Vec<RequestRule>,
    /// Operations besides creations and updates that the code of templates looks for, by the kind of their constraints,
    /// where the template does not say by `operations` that they are to be sent.
    pub unsaid: Vec<(String, Operation)>,
}

impl RequestRule {
    /// A rule about all versions of these.
    pub fn new(api_groups: &[&str], resources: &[&str], operations: &[Operation]) -> Self {
        let resources = resources.iter().map(|&resource| resource.to_owned());
        rule(api_groups, resources.collect(), operations)
    }

    /// Whether it is about all kinds of groups that are named, for want of the resource of a custom kind.
    pub fn is_about_groups(&self) -> bool {
        !self.api_groups.contains(ALL) && self.resources.contains(ALL)
    }

    /// Whether each request that another rule is about is one of this rule too.
    pub fn covers(&self, other: &Self) -> bool {
        let has = |own: &BTreeSet<String>, wanted: &BTreeSet<String>| {
            own.contains(ALL) || wanted.is_subset(own)
        };
        let has_resource = |wanted: &String| {
            let (resource, subresource) = wanted.split_once('/').unwrap_or((wanted, ""));
            self.resources.contains(wanted)
                || self.resources.contains("*/*")
                || (subresource.is_empty() && self.resources.contains(ALL))
                || (!subresource.is_empty()
                    && (self.resources.contains(&format!("{resource}/*"))
                        || self.resources.contains(&format!("*/{subresource}"))))
        };
        has(&self.api_groups, &other.api_groups)
            && has(&self.api_versions, &other.api_versions)
            && has(&self.operations, &other.operations)
            && other.resources.iter().all(has_resource)
    }

    /// The requests of this rule that none of others is about; operations of which the same is missing are together.
    pub fn beyond(&self, others: &[Self]) -> Vec<Self> {
        let mut missing: Vec<Self> = Vec::new();
        for part in self.parts() {
            let is_missing = |resource: &&String| {
                let resources = one(resource);
                let of_one = Self {
                    resources,
                    ..part.clone()
                };
                !others.iter().any(|other| other.covers(&of_one))
            };
            let resources: BTreeSet<_> =
                part.resources.iter().filter(is_missing).cloned().collect();
            if resources.is_empty() {
                continue;
            }
            let part = Self { resources, ..part };
            let alike = missing.iter_mut().find(|known| {
                (&known.api_groups, &known.api_versions, &known.resources)
                    == (&part.api_groups, &part.api_versions, &part.resources)
            });
            match alike {
                Some(known) => known.operations.extend(part.operations),
                None => missing.push(part),
            }
        }
        missing
    }

    /// The same by one group, version and operation at a time.
    fn parts(&self) -> impl Iterator<Item = Self> {
        self.api_groups.iter().flat_map(move |group| {
            self.api_versions.iter().flat_map(move |version| {
                self.operations.iter().map(move |operation| Self {
                    api_groups: one(group),
                    api_versions: one(version),
                    operations: one(operation),
                    resources: self.resources.clone(),
                })
            })
        })
    }

    /// Whether it is about every kind of some groups, so that it also is about what nobody thought of.
    pub fn is_about_everything(&self) -> bool {
        self.api_groups.contains(ALL) && self.resources.iter().any(|one| one.starts_with(ALL))
    }
}

/// Rules that say the same in fewer: those that another covers are left out, and of those that differ in resources alone
/// one is made.
pub fn simplified(rules: impl IntoIterator<Item = RequestRule>) -> Vec<RequestRule> {
    let is_of_something = |rule: &RequestRule| {
        !(rule.api_groups.is_empty() || rule.operations.is_empty() || rule.resources.is_empty())
    };
    let all: BTreeSet<RequestRule> = rules.into_iter().filter(is_of_something).collect();
    let mut kept: Vec<RequestRule> = Vec::new();
    for rule in &all {
        // Of two that cover each other the first stays.
        let covers =
            |by: &&RequestRule| *by != rule && by.covers(rule) && (!rule.covers(by) || *by < rule);
        if all.iter().any(|by| covers(&by)) {
            continue;
        }
        let alike = kept.iter_mut().find(|known| {
            (&known.api_groups, &known.api_versions, &known.operations)
                == (&rule.api_groups, &rule.api_versions, &rule.operations)
        });
        match alike {
            Some(known) => known.resources.extend(rule.resources.iter().cloned()),
            None => kept.push(rule.clone()),
        }
    }
    kept
}

impl fmt::Display for RequestRule {
    /// `CREATE, UPDATE of configmaps, deployments.apps`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        write!(f, "{} of ", list(&self.operations))?;
        let mut separator = "";
        for group in &self.api_groups {
            for resource in &self.resources {
                f.write_str(separator)?;
                separator = ", ";
                match (&**group, &**resource) {
                    (ALL, ALL) => f.write_str("every resource")?,
                    (ALL, "*/*") => f.write_str("every resource and subresource")?,
                    (ALL | "", resource) => f.write_str(resource)?,
                    (group, ALL) => write!(f, "every resource of {group}")?,
                    (group, resource) => write!(f, "{resource}.{group}")?,
                }
            }
        }
        Ok(())
    }
}

impl Bundle {
    /// The requests that the policies of this bundle ask about.
    pub fn asked(&self) -> Asked {
        let changes = CHANGES;
        let (mut to_validate, mut to_mutate) = self.admission_policies().rules();
        let gatekeeper = self.gatekeeper();
        for (constraint, operations) in gatekeeper.constraints_by_operation() {
            to_validate.extend(of_match(&constraint.matchers, operations));
        }
        for kinds in gatekeeper.expansions().apply_to() {
            let (groups, kinds) = (Some(kinds.groups()), Some(kinds.kinds()));
            to_validate.extend(of_names(groups, kinds, Some(&changes)));
        }
        for mutator in gatekeeper.mutators().all() {
            let Some(scopes) = mutator.scopes() else {
                to_mutate.extend(of_match(mutator.matchers(), Some(&changes)));
                continue;
            };
            for (kinds, operations) in scopes {
                let (groups, kinds) = (Some(kinds.groups()), Some(kinds.kinds()));
                to_mutate.extend(of_names(groups, kinds, Some(operations)));
            }
        }
        if self.rego().is_some() {
            to_validate.push(rule([ALL], one(ALL), &changes));
        }
        Asked {
            to_validate: simplified(to_validate),
            to_mutate: simplified(to_mutate),
            unsaid: self.unsaid_operations().to_vec(),
        }
    }
}

/// The rules of a matcher; one without kinds is about all.
fn of_match(matchers: &Match, operations: Option<&[Operation]>) -> Vec<RequestRule> {
    let mut kinds = matchers.kinds_by_group().peekable();
    if kinds.peek().is_none() {
        return of_names(None, None, operations);
    }
    kinds
        .flat_map(|(groups, kinds)| of_names(groups, kinds, operations))
        .collect()
}

/// Rules about kinds of groups, for operations that somebody named; else about those that objects come by.
fn of_names(
    groups: Option<&[String]>,
    kinds: Option<&[String]>,
    named: Option<&[Operation]>,
) -> Vec<RequestRule> {
    let operations = named.unwrap_or(&CHANGES);
    let mut rules = of_subresources(groups, kinds.unwrap_or_default(), named);
    let of_objects = kinds.map(|kinds| {
        let is_of_object = |kind: &&String| !SUBRESOURCES.iter().any(|one| one.kind == **kind);
        kinds.iter().filter(is_of_object).cloned().collect()
    });
    let of_objects: Option<Vec<String>> = of_objects;
    match (groups, of_objects.as_deref()) {
        (_, Some([])) => {}
        (None, None) => rules.push(rule([ALL], one(ALL), operations)),
        (None, Some(kinds)) => rules.push(rule([ALL], resources(None, kinds), operations)),
        (Some(groups), None) => rules.push(rule(groups, one(ALL), operations)),
        (Some(groups), Some(kinds)) => {
            let of_group =
                |group: &String| rule([group], resources(Some(group), kinds), operations);
            rules.extend(groups.iter().map(of_group));
        }
    }
    // Connections are made to subresources, which are not among all resources.
    if operations.contains(&Operation::Connect) {
        let of_all = rules.iter().filter(|rule| rule.resources.contains(ALL));
        let of_all = of_all.map(|of_all| RequestRule {
            operations: words(&[Operation::Connect]),
            resources: one("*/*"),
            ..of_all.clone()
        });
        let connections: Vec<RequestRule> = of_all.collect();
        rules.extend(connections);
    }
    rules
}

/// Rules about kinds that only subresources take: each comes by one operation, whatever others are asked for, and as
/// part of another group where the resource is.
fn of_subresources(
    groups: Option<&[String]>,
    kinds: &[String],
    named: Option<&[Operation]>,
) -> Vec<RequestRule> {
    let is_asked = |one: &&Subresource| {
        kinds.iter().any(|kind| kind == one.kind)
            && groups.is_none_or(|groups| groups.iter().any(|group| group == one.group))
            && named.is_none_or(|named| named.contains(&one.operation))
    };
    let asked = SUBRESOURCES.iter().filter(is_asked);
    let asked = asked.map(|it| rule([it.resource_group], one(it.resource), &[it.operation]));
    asked.collect()
}

/// Operations that objects come by.
const CHANGES: [Operation; 2] = [Operation::Create, Operation::Update];

/// A kind that is sent to a subresource.
struct Subresource {
    /// Group and kind, as policies match them.
    group: &'static str,
    kind: &'static str,
    /// The resource and its group, as rules of webhooks name them.
    resource_group: &'static str,
    resource: &'static str,
    /// The operation it comes by.
    operation: Operation,
}

impl Subresource {
    const fn connected(kind: &'static str, resource: &'static str) -> Self {
        Self {
            group: "",
            kind,
            resource_group: "",
            resource,
            operation: Operation::Connect,
        }
    }
}

const SUBRESOURCES: [Subresource; 9] = [
    Subresource::connected("NodeProxyOptions", "nodes/proxy"),
    Subresource::connected("PodAttachOptions", "pods/attach"),
    Subresource::connected("PodExecOptions", "pods/exec"),
    Subresource::connected("PodPortForwardOptions", "pods/portforward"),
    Subresource::connected("PodProxyOptions", "pods/proxy"),
    Subresource::connected("ServiceProxyOptions", "services/proxy"),
    Subresource {
        group: "policy",
        kind: "Eviction",
        resource_group: "",
        resource: "pods/eviction",
        operation: Operation::Create,
    },
    Subresource {
        group: "authentication.k8s.io",
        kind: "TokenRequest",
        resource_group: "",
        resource: "serviceaccounts/token",
        operation: Operation::Create,
    },
    // Of every group whose kinds have a number of replicas.
    Subresource {
        group: "autoscaling",
        kind: "Scale",
        resource_group: ALL,
        resource: "*/scale",
        operation: Operation::Update,
    },
];

/// The resources of kinds in a group, or in all. What a custom kind is called as a resource nobody knows here, so that
/// all of its group is meant.
fn resources(group: Option<&str>, kinds: &[String]) -> BTreeSet<String> {
    let group_of = |kind: &Kind| {
        kind.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    };
    let is_known = |group: &str| {
        schema::builtin()
            .kinds()
            .any(|kind| group_of(&kind) == group)
    };
    if group.is_some_and(|group| !is_known(group)) {
        return one(ALL);
    }
    let mut found = BTreeSet::new();
    for name in kinds {
        let mut named = schema::builtin()
            .kinds()
            .filter(|kind| kind.kind == name)
            .peekable();
        if named.peek().is_none() {
            return one(ALL);
        }
        // Of `[Pod, Deployment]` in `["", apps]` each is in one of the groups.
        let here = named.filter(|kind| group.is_none_or(|group| group_of(kind) == group));
        found.extend(here.filter_map(|kind| kind.resource_name().map(str::to_owned)));
    }
    // What is added to a running pod is sent by itself.
    if found.contains("pods") {
        found.insert("pods/ephemeralcontainers".to_owned());
    }
    found
}

fn rule<N: AsRef<str>>(
    api_groups: impl IntoIterator<Item = N>,
    resources: BTreeSet<String>,
    operations: &[Operation],
) -> RequestRule {
    RequestRule {
        api_groups: api_groups
            .into_iter()
            .map(|group| group.as_ref().to_owned())
            .collect(),
        api_versions: one(ALL),
        operations: words(operations),
        resources,
    }
}

fn words(operations: &[Operation]) -> BTreeSet<String> {
    operations
        .iter()
        .map(|operation| operation.as_str().to_owned())
        .collect()
}

fn one(name: &str) -> BTreeSet<String> {
    [name.to_owned()].into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::*;

    fn asked(text: &str) -> Asked {
        let bundle = Bundle::load(&[Arc::new(Source::new("policies.yaml", text))]);
        assert_eq!(
            bundle.problems().iter().filter(|it| !it.is_warning).count(),
            0,
            "{:?}",
            bundle.problems()
        );
        bundle.asked()
    }

    /// `operations of groups/versions: resources`, one for each rule.
    fn told(rules: &[RequestRule]) -> Vec<String> {
        let joined = |names: &BTreeSet<String>| {
            names
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(",")
        };
        let one = |rule: &RequestRule| {
            let (groups, versions) = (joined(&rule.api_groups), joined(&rule.api_versions));
            format!(
                "{} of {groups}/{versions}: {}",
                joined(&rule.operations),
                joined(&rule.resources)
            )
        };
        rules.iter().map(one).collect()
    }

    const TEMPLATE: &str = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: plain}
spec:
  crd: {spec: {names: {kind: Plain}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package plain
      violation[{\"msg\": \"no\"}] { input.review.object.spec.bad }
";

    /// The rules of one constraint with this `match`.
    fn of_constraint(matched: &str) -> Vec<String> {
        let constraint = format!(
            "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Plain\nmetadata: {{name: a}}\nspec: {{match: {matched}}}\n"
        );
        let asked = asked(&[TEMPLATE, &constraint].concat());
        assert_eq!(asked.to_mutate, []);
        told(&asked.to_validate)
    }

    #[test]
    fn what_other_rules_leave_out_is_told() {
        let changes = [Operation::Create, Operation::Update];
        let asked = RequestRule::new(&["", "apps"], &["deployments", "pods"], &changes);
        let beyond = |others: &[RequestRule]| {
            let beyond = asked.beyond(others);
            beyond.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let creations = RequestRule::new(&["", "apps"], &[ALL], &[Operation::Create]);
        let pods = RequestRule::new(&[""], &["pods", "pods/log"], &[Operation::Update]);
        // No rule has all of it, but several do.
        let all = RequestRule::new(&[ALL], &["deployments"], &[Operation::Update]);
        assert_eq!(
            beyond(&[creations.clone(), pods.clone()]),
            [
                "UPDATE of deployments",
                "UPDATE of deployments.apps, pods.apps"
            ]
        );
        assert_eq!(beyond(&[creations, pods, all]), ["UPDATE of pods.apps"]);
        assert_eq!(
            beyond(&[]),
            [
                "CREATE, UPDATE of deployments, pods",
                "CREATE, UPDATE of deployments.apps, pods.apps"
            ]
        );
        let every = RequestRule::new(&[ALL], &[ALL], &[Operation::Delete]);
        assert_eq!(every.to_string(), "DELETE of every resource");
        assert!(!every.is_about_groups());
    }

    #[test]
    fn kinds_of_constraints_are_told_as_resources() {
        let check = |matched: &str, expected: &[&str]| {
            assert_eq!(of_constraint(matched), expected, "{matched}");
        };
        check(
            r#"{kinds: [{apiGroups: [""], kinds: [Namespace]}]}"#,
            &["CREATE,UPDATE of /*: namespaces"],
        );
        check(
            r#"{kinds: [{apiGroups: ["", apps], kinds: [Pod, Deployment]}]}"#,
            &[
                "CREATE,UPDATE of /*: pods,pods/ephemeralcontainers",
                "CREATE,UPDATE of apps/*: deployments",
            ],
        );
        check(
            r#"{kinds: [{apiGroups: ["*"], kinds: [Ingress]}]}"#,
            &["CREATE,UPDATE of */*: ingresses"],
        );
        // What a custom kind is called among resources is not known.
        check(
            r#"{kinds: [{apiGroups: ["shop.example.com"], kinds: [Sheep]}]}"#,
            &["CREATE,UPDATE of shop.example.com/*: *"],
        );
        check(
            r#"{kinds: [{apiGroups: ["*"], kinds: [Sheep]}]}"#,
            &["CREATE,UPDATE of */*: *"],
        );
        check(
            r"{kinds: [{apiGroups: [apps], kinds: [NewInApps]}]}",
            &["CREATE,UPDATE of apps/*: *"],
        );
        check(
            r#"{kinds: [{apiGroups: [apps], kinds: ["*"]}]}"#,
            &["CREATE,UPDATE of apps/*: *"],
        );
        check("{}", &["CREATE,UPDATE of */*: *"]);
        check("{namespaces: [shop]}", &["CREATE,UPDATE of */*: *"]);
    }

    #[test]
    fn kinds_of_subresources_are_sent_by_the_operation_they_come_by() {
        let check = |matched: &str, expected: &[&str]| {
            assert_eq!(of_constraint(matched), expected, "{matched}");
        };
        check(
            r#"{kinds: [{apiGroups: [""], kinds: [Pod, PodExecOptions, PodAttachOptions]}]}"#,
            &[
                "CONNECT of /*: pods/attach,pods/exec",
                "CREATE,UPDATE of /*: pods,pods/ephemeralcontainers",
            ],
        );
        check(
            r#"{kinds: [{apiGroups: ["*"], kinds: [PodPortForwardOptions, ServiceProxyOptions]}]}"#,
            &["CONNECT of /*: pods/portforward,services/proxy"],
        );
        check(
            r#"{kinds: [{apiGroups: ["autoscaling"], kinds: [Scale]}]}"#,
            &["UPDATE of */*: */scale"],
        );
        check(
            r#"{kinds: [{apiGroups: ["*"], kinds: [Eviction, TokenRequest]}]}"#,
            &["CREATE of /*: pods/eviction,serviceaccounts/token"],
        );
        // Nothing of that kind is in this group.
        check(
            r"{kinds: [{apiGroups: [apps], kinds: [PodExecOptions]}]}",
            &[],
        );
    }

    #[test]
    fn operations_that_code_looks_for_and_nobody_asks_for_are_told() {
        let unsaid = |condition: &str, operations: &str| {
            let target = "admission.k8s.gatekeeper.sh\n";
            let with = format!("{target}    operations: {operations}\n");
            let template = TEMPLATE
                .replace("input.review.object.spec.bad", condition)
                .replace(target, &with);
            let constraint = "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Plain\nmetadata: {name: a}\n";
            let both = [template, constraint.to_owned()].concat();
            let told = asked(&both).unsaid.into_iter();
            told.map(|(kind, operation)| format!("{kind} {}", operation.as_str()))
                .collect::<Vec<_>>()
        };
        let deletions = "input.review.operation == \"DELETE\"";
        assert_eq!(unsaid(deletions, "[]"), ["Plain DELETE"]);
        assert_eq!(
            unsaid("\"CONNECT\" = input.review.operation", "[]"),
            ["Plain CONNECT"]
        );
        assert_eq!(unsaid(deletions, "[DELETE]"), [""; 0]);
        // What is left out needs not be sent.
        assert_eq!(
            unsaid("input.review.operation != \"DELETE\"", "[]"),
            [""; 0]
        );
        assert_eq!(
            unsaid("not input.review.operation == \"DELETE\"", "[]"),
            [""; 0]
        );
        assert_eq!(
            unsaid("input.review.object.verb == \"DELETE\"", "[]"),
            [""; 0]
        );
    }

    #[test]
    fn operations_that_a_template_names_are_sent() {
        let of_operations = |operations: &str, matched: &str| {
            let target = "admission.k8s.gatekeeper.sh\n";
            let with = format!("{target}    operations: {operations}\n");
            let template = TEMPLATE.replace(target, &with);
            let constraint = format!(
                "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Plain\nmetadata: {{name: a}}\nspec: {{match: {matched}}}\n"
            );
            told(&asked(&[template, constraint].concat()).to_validate)
        };
        let namespaces = r#"{kinds: [{apiGroups: [""], kinds: [Namespace]}]}"#;
        assert_eq!(
            of_operations("[DELETE]", namespaces),
            ["DELETE of /*: namespaces"]
        );
        assert_eq!(
            of_operations(r#"["*"]"#, namespaces),
            ["CONNECT,CREATE,DELETE,UPDATE of /*: namespaces"]
        );
        let exec = r#"{kinds: [{apiGroups: [""], kinds: [PodExecOptions]}]}"#;
        assert_eq!(
            of_operations("[CONNECT]", exec),
            ["CONNECT of /*: pods/exec"]
        );
        assert_eq!(of_operations("[CONNECT]", "{}"), ["CONNECT of */*: */*"]);
        assert_eq!(
            of_operations("[CREATE, CONNECT]", "{}"),
            ["CONNECT of */*: */*", "CONNECT,CREATE of */*: *",]
        );
    }

    #[test]
    fn rules_of_admission_policies_are_taken_over_where_they_are_bound() {
        let policy = |name: &str, rule: &str| {
            format!(
                "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: {name}}}\nspec:\n  matchConstraints: {{resourceRules: [{rule}]}}\n  validations: [{{expression: 'true'}}]\n---\n"
            )
        };
        let rule = "{apiGroups: [\"\"], apiVersions: [v1], operations: [DELETE, CONNECT], resources: [namespaces, pods/exec]}";
        let binding = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b}\nspec: {policyName: bound, validationActions: [Deny]}\n";
        let text = [
            policy("bound", rule),
            policy(
                "free",
                "{apiGroups: [apps], apiVersions: [v1], operations: [\"*\"], resources: [\"*\"]}",
            ),
            binding.to_owned(),
        ]
        .concat();
        let bundle = Bundle::load(&[Arc::new(Source::new("policies.yaml", text))]);
        assert_eq!(
            told(&bundle.asked().to_validate),
            ["CONNECT,DELETE of /v1: namespaces,pods/exec"]
        );
    }

    #[test]
    fn mutators_are_asked_about_what_they_apply_to() {
        let text = "apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: a}
spec:
  applyTo: [{groups: [\"\"], versions: [v1], kinds: [ConfigMap]}]
  location: data.a
  parameters: {assign: {value: b}}
";
        let asked = asked(text);
        assert_eq!(told(&asked.to_mutate), ["CREATE,UPDATE of /*: configmaps"]);
        assert_eq!(asked.to_validate, []);
    }

    #[test]
    fn rules_that_others_cover_are_left_out() {
        let create = [Operation::Create];
        let changes = [Operation::Create, Operation::Update];
        let rule = RequestRule::new;
        let all = rule(&[ALL], &[ALL], &changes);
        let pods = rule(&[""], &["pods"], &create);
        let part = rule(&[""], &["pods/status"], &create);
        assert!(all.covers(&pods) && !all.covers(&part) && !pods.covers(&all));
        assert!(rule(&[""], &["pods/*"], &create).covers(&part));
        assert!(rule(&[""], &["*/status"], &create).covers(&part));
        assert!(rule(&[""], &["*/*"], &create).covers(&part));
        assert!(!rule(&[""], &["*/*"], &create).covers(&all));
        let rules = [pods.clone(), all.clone(), part.clone(), all.clone()];
        assert_eq!(simplified(rules), [part.clone(), all]);
        let services = rule(&[""], &["services"], &create);
        assert_eq!(
            simplified([pods, services, part]),
            [rule(&[""], &["pods", "pods/status", "services"], &create)]
        );
    }
}
