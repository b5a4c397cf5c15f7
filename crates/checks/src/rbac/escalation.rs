//! Ways from a subject to control of the cluster, through service accounts of single namespaces.
//!
//! The search goes backwards from the accounts that can take over the cluster, one namespaced right at
//! a time and at most [`MOST_STEPS`] of them; each subject gets one shortest path.

use std::collections::{HashMap, HashSet};

use crate::{
    Inventory, Rule,
    home::Home,
    rbac::{
        authority::{Account, Assignment, Authority},
        ephemeral_container_permission, impersonate_permission,
        permission::{Permission, is_full_wildcard},
        role_bind_permission, role_escalate_permission, shipped,
        takeover::{BINDING_CREATE, POD_EXEC, ROLE_UPDATE, Takeover, gives, takeover},
        token_create_permission, workload_create_permission,
    },
    workload::identity::service_account::{self, Accounts},
};

const MOST_STEPS: usize = 5;

/// How a subject reaches an account that can take over the cluster.
pub(crate) struct Path<'i, 'a> {
    /// Who begins: `User jane`.
    pub(crate) from: String,
    /// At least one.
    pub(crate) steps: Vec<Step<'i, 'a>>,
    pub(crate) takeover: Takeover<'i, 'a>,
}

/// One step of a path.
pub(crate) struct Step<'i, 'a> {
    /// The binding that gives the right.
    pub(crate) assignment: Assignment<'i, 'a>,
    /// The rule that is used; none where the role is known by name only.
    pub(crate) rule: Option<&'i Rule<'a>>,
    /// `may create or change pods in namespace ops`.
    pub(crate) means: String,
    /// Whom one acts as then: `ServiceAccount ops/deployer`.
    pub(crate) to: String,
}

impl Path<'_, '_> {
    /// The whole path as a sentence.
    pub(crate) fn words(&self) -> String {
        let mut words = self.from.clone();
        for step in &self.steps {
            words.extend([" ", &step.means, " and so act as ", &step.to, ", which"]);
        }
        words.push(' ');
        words.push_str(&self.takeover.means);
        words
    }
}

/// Someone whom bindings name.
struct Actor<'i, 'a> {
    title: String,
    /// If it is a service account, so that others can act as it.
    account: Option<Account<'a>>,
    assignments: Vec<Assignment<'i, 'a>>,
    takeover: Option<Takeover<'i, 'a>>,
    rights: Vec<Right<'i, 'a>>,
    /// The right and the actor of the next step, once it is known.
    next: Option<(usize, usize)>,
}

/// A right that reaches service accounts of one namespace.
struct Right<'i, 'a> {
    assignment: Assignment<'i, 'a>,
    rule: Option<&'i Rule<'a>>,
    what: &'static str,
    home: Home<'a>,
    /// Whether it reaches only accounts that a pod runs as.
    needs_pod: bool,
    /// The accounts it is limited to; none: all of the namespace.
    names: &'i [&'a str],
}

/// The paths of all subjects, in the order of the bindings.
pub(crate) fn paths<'i, 'a>(inventory: &'i Inventory<'a>) -> Vec<Path<'i, 'a>> {
    let authority = Authority::new(inventory);
    let mut actors = actors(inventory, &authority);
    let running = running(inventory);
    let mut frontier: Vec<usize> = (0..actors.len())
        .filter(|&at| {
            actors.get(at).is_some_and(|actor| {
                let takeover = actor.takeover.as_ref();
                // What depends on luck is not the end of a path.
                actor.account.is_some() && takeover.is_some_and(|it| it.confidence.is_none())
            })
        })
        .collect();
    for _ in 0..MOST_STEPS {
        let mut reached = Vec::new();
        for (at, actor) in actors.iter().enumerate() {
            if actor.takeover.is_none()
                && actor.next.is_none()
                && let Some(next) = step(actor, &actors, &frontier, &running)
            {
                reached.push((at, next));
            }
        }
        if reached.is_empty() {
            break;
        }
        frontier.clear();
        for (at, next) in reached {
            if let Some(actor) = actors.get_mut(at) {
                actor.next = Some(next);
                if actor.account.is_some() {
                    frontier.push(at);
                }
            }
        }
    }
    let mut found = Vec::new();
    for at in 0..actors.len() {
        found.extend(path(at, &actors, &authority));
    }
    found
}

fn actors<'i, 'a>(
    inventory: &'i Inventory<'a>,
    authority: &Authority<'i, 'a>,
) -> Vec<Actor<'i, 'a>> {
    let mut actors: Vec<Actor<'_, '_>> = Vec::new();
    let mut accounts = HashSet::new();
    let mut others: HashMap<(&str, &str), usize> = HashMap::new();
    for binding in &inventory.bindings {
        if shipped::is_controller_binding(binding) || shipped::is_administrators_binding(binding) {
            continue;
        }
        for subject in &binding.subjects {
            let assignment = Assignment { binding, subject };
            let account = assignment.account();
            let assignments = match account {
                Some(account) if accounts.insert(account) => authority.assignments(&account),
                Some(_) => continue,
                None if is_component(subject.kind, subject.name) => continue,
                None => {
                    let known = others.get(&(subject.kind, subject.name));
                    if let Some(actor) = known.and_then(|&at| actors.get_mut(at)) {
                        actor.assignments.push(assignment);
                        continue;
                    }
                    others.insert((subject.kind, subject.name), actors.len());
                    vec![assignment]
                }
            };
            actors.push(Actor {
                title: assignment.title(),
                account,
                assignments,
                takeover: None,
                rights: Vec::new(),
                next: None,
            });
        }
    }
    for actor in &mut actors {
        actor.takeover = takeover(authority, &actor.assignments);
        if actor.takeover.is_none() {
            actor.rights = rights(authority, &actor.assignments);
        }
    }
    actors
}

/// Whether a subject is a part of Kubernetes, which has its rights by design.
fn is_component(kind: &str, name: &str) -> bool {
    match kind {
        "User" => name.starts_with("system:") && name != "system:anonymous",
        "Group" => {
            name.starts_with("system:")
                && !name.starts_with("system:serviceaccounts")
                && !matches!(name, "system:authenticated" | "system:unauthenticated")
        }
        _ => true,
    }
}

/// What reaches every account of a namespace.
const REACH_ACCOUNTS: &[(&str, &[&Permission])] = &[
    (
        "create or change pods",
        &[&workload_create_permission::PERMISSION],
    ),
    (
        "create tokens of service accounts",
        &[&token_create_permission::PERMISSION],
    ),
    (
        "impersonate service accounts",
        &[&impersonate_permission::PERMISSION],
    ),
    (
        "bind any role",
        &[&role_bind_permission::PERMISSION, &BINDING_CREATE],
    ),
    (
        "give roles rights that it does not hold",
        &[&role_escalate_permission::PERMISSION, &ROLE_UPDATE],
    ),
];

/// What reaches the accounts of running pods.
const REACH_PODS: &[(&str, &[&Permission])] = &[
    ("run commands in pods", &[&POD_EXEC]),
    (
        "add containers to pods",
        &[&ephemeral_container_permission::PERMISSION],
    ),
];

fn rights<'i, 'a>(
    authority: &Authority<'i, 'a>,
    assignments: &[Assignment<'i, 'a>],
) -> Vec<Right<'i, 'a>> {
    let mut rights = Vec::new();
    for &assignment in assignments {
        let binding = assignment.binding;
        if binding.is_cluster_wide() {
            continue; // In every namespace it would be a takeover.
        }
        let home = Home::of(&binding.resource);
        let right = |rule, what, needs_pod, names| Right {
            assignment,
            rule,
            what,
            home,
            needs_pod,
            names,
        };
        if binding.role_kind == "ClusterRole"
            && matches!(binding.role_name, "cluster-admin" | "admin" | "edit")
        {
            rights.push(right(None, "create or change pods", false, &[]));
            continue;
        }
        let rules = authority.rules(assignment);
        let families = [(REACH_ACCOUNTS, false), (REACH_PODS, true)];
        for &rule in &rules {
            if is_full_wildcard(rule) && rule.has_group("") && !rule.is_limited_to_names() {
                rights.push(right(
                    Some(rule),
                    "use every verb on every resource",
                    false,
                    &[],
                ));
                continue;
            }
            for (family, needs_pod) in families {
                for &(what, needs) in family {
                    let Some((first, rest)) = needs.split_first() else {
                        continue;
                    };
                    let has_rest = rest
                        .iter()
                        .all(|need| rules.iter().any(|rule| gives(need, rule, false)));
                    if gives(first, rule, false) && has_rest {
                        rights.push(right(Some(rule), what, needs_pod, &[]));
                    }
                }
            }
            for permission in [
                &token_create_permission::PERMISSION,
                &impersonate_permission::PERMISSION,
            ] {
                if rule.is_limited_to_names() && permission.granted_by(rule, false).is_some() {
                    let names = rule.resource_names.as_slice();
                    rights.push(right(Some(rule), "act as named accounts", false, names));
                }
            }
        }
    }
    rights
}

/// The accounts that pods run as with a token, by name.
fn running<'a>(inventory: &Inventory<'a>) -> HashMap<&'a str, Vec<Home<'a>>> {
    let accounts = Accounts::new(inventory);
    let mut running: HashMap<&str, Vec<Home<'_>>> = HashMap::new();
    for workload in &inventory.workloads {
        if accounts.give_token(&workload.pod) {
            let homes = running.entry(service_account::name(&workload.pod));
            homes.or_default().push(Home::of(workload.resource()));
        }
    }
    running
}

/// The first right of an actor that reaches an account of the frontier.
fn step(
    actor: &Actor<'_, '_>,
    actors: &[Actor<'_, '_>],
    frontier: &[usize],
    running: &HashMap<&str, Vec<Home<'_>>>,
) -> Option<(usize, usize)> {
    for (at, right) in actor.rights.iter().enumerate() {
        let target = frontier.iter().copied().find(|&target| {
            let account = actors.get(target).and_then(|actor| actor.account);
            account.is_some_and(|account| reaches(right, &account, running))
        });
        if let Some(target) = target {
            return Some((at, target));
        }
    }
    None
}

fn reaches(
    right: &Right<'_, '_>,
    account: &Account<'_>,
    running: &HashMap<&str, Vec<Home<'_>>>,
) -> bool {
    if !right.home.meets(&account.home) {
        return false;
    }
    if !right.names.is_empty() && !right.names.contains(&account.name) {
        return false;
    }
    !right.needs_pod
        || running
            .get(account.name)
            .is_some_and(|homes| homes.iter().any(|home| home.meets(&account.home)))
}

fn path<'i, 'a>(
    at: usize,
    actors: &[Actor<'i, 'a>],
    authority: &Authority<'i, 'a>,
) -> Option<Path<'i, 'a>> {
    let mut actor = actors.get(at)?;
    let from = actor.title.clone();
    let mut steps = Vec::new();
    while let Some((right, target)) = actor.next {
        let right = actor.rights.get(right)?;
        actor = actors.get(target)?;
        let place = match right.home.namespace {
            Some(namespace) => format!("in namespace {namespace}"),
            None => "in its namespace".to_owned(),
        };
        steps.push(Step {
            assignment: right.assignment,
            rule: right.rule,
            means: format!("may {} {place}", right.what),
            to: actor.title.clone(),
        });
        if steps.len() > MOST_STEPS {
            return None;
        }
    }
    if steps.is_empty() {
        return None;
    }
    let takeover = takeover(authority, &actor.assignments)?;
    Some(Path {
        from,
        steps,
        takeover,
    })
}
