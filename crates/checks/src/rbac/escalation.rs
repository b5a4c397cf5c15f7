//! Ways from a subject to control of the cluster, through service accounts of single namespaces.
//!
//! The search goes backwards from the accounts that can take over the cluster, one namespaced right at
//! a time and at most [`MOST_STEPS`] of them; each subject gets one shortest path. What accounts have by a
//! group counts on the way, but is found for the group alone.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use crate::{
    Binding, Inventory, Rule,
    home::{Home, Homes},
    rbac::{
        authority::{Account, Assignment, Authority, Members},
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
    identity: Identity<'a>,
    /// What it is given by its own name.
    assignments: Vec<Assignment<'i, 'a>>,
    takeover: Option<Takeover<'i, 'a>>,
    next: Option<Next<'i, 'a>>,
}

/// Whom others act as, who act as an actor.
#[derive(Clone, Copy)]
enum Identity<'a> {
    Account(Account<'a>),
    /// A group of service accounts: any one of them will do.
    Accounts(Members<'a>),
    /// Nobody that a right of one namespace reaches.
    Other,
}

/// The next step of an actor.
#[derive(Clone, Copy)]
struct Next<'i, 'a> {
    assignment: Assignment<'i, 'a>,
    /// Places in the list of rights and of actors.
    right: usize,
    target: usize,
    /// Whether the actor has the right by a group.
    is_by_group: bool,
}

/// A right that reaches service accounts of one namespace.
struct Right<'i, 'a> {
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
    let mut actors = actors(&authority);
    let search = Search {
        rights: Rights::new(&authority),
        running: Running::new(inventory),
    };
    let mut frontier: Vec<usize> = (0..actors.len())
        .filter(|&at| {
            actors.get(at).is_some_and(|actor| {
                let takeover = actor.takeover.as_ref();
                // What depends on luck is not the end of a path.
                actor.can_be_reached() && takeover.is_some_and(|it| it.confidence.is_none())
            })
        })
        .collect();
    for _ in 0..MOST_STEPS {
        let is_open = |actor: &Actor<'_, '_>| actor.takeover.is_none() && actor.next.is_none();
        let mut reached = Vec::new();
        for (at, actor) in actors.iter().enumerate() {
            if is_open(actor)
                && let Some(next) = search.step(actor, &actors, &frontier)
            {
                reached.push((at, next));
            }
        }
        set_next(&mut actors, &reached);
        // Accounts have the rights of their groups too.
        let groups: Vec<(Members<'_>, Next<'_, '_>)> = reached
            .iter()
            .filter_map(|(at, next)| match actors.get(*at)?.identity {
                Identity::Accounts(members) => Some((members, *next)),
                _ => None,
            })
            .collect();
        let mut reached_by_group = Vec::new();
        for (at, actor) in actors.iter().enumerate() {
            if is_open(actor)
                && let Identity::Account(account) = actor.identity
                && let Some((_, next)) = groups.iter().find(|(members, _)| members.hold(&account))
            {
                let next = Next {
                    is_by_group: true,
                    ..*next
                };
                reached_by_group.push((at, next));
            }
        }
        set_next(&mut actors, &reached_by_group);
        frontier.clear();
        for (at, _) in reached.into_iter().chain(reached_by_group) {
            if actors.get(at).is_some_and(Actor::can_be_reached) {
                frontier.push(at);
            }
        }
        if frontier.is_empty() {
            break;
        }
    }
    let mut found = Vec::new();
    // One account may be seen from several folders.
    let mut seen = HashSet::new();
    for at in 0..actors.len() {
        if let Some(path) = path(at, &actors, &search.rights.all)
            && let Some(first) = path.steps.first()
            && seen.insert((
                path.from.clone(),
                std::ptr::from_ref(first.assignment.subject),
            ))
        {
            found.push(path);
        }
    }
    found
}

fn set_next<'i, 'a>(actors: &mut [Actor<'i, 'a>], reached: &[(usize, Next<'i, 'a>)]) {
    for (at, next) in reached {
        if let Some(actor) = actors.get_mut(*at) {
            actor.next = Some(*next);
        }
    }
}

impl Actor<'_, '_> {
    fn can_be_reached(&self) -> bool {
        // Who is there to act as somebody is authenticated already.
        !matches!(
            self.identity,
            Identity::Other | Identity::Accounts(Members::Authenticated)
        )
    }
}

fn actors<'i, 'a>(authority: &Authority<'i, 'a>) -> Vec<Actor<'i, 'a>> {
    let mut actors: Vec<Actor<'_, '_>> = Vec::new();
    let mut accounts = HashSet::new();
    let mut others: HashMap<(&str, &str), usize> = HashMap::new();
    for &binding in authority.bindings() {
        if shipped::is_controller_binding(binding) || shipped::is_administrators_binding(binding) {
            continue;
        }
        for subject in &binding.subjects {
            let assignment = Assignment { binding, subject };
            let identity = match (assignment.account(), assignment.members()) {
                (Some(account), _) => Identity::Account(account),
                (None, Some(members)) => Identity::Accounts(members),
                (None, None) => Identity::Other,
            };
            let assignments = match identity {
                Identity::Account(account) if accounts.insert(account) => {
                    authority.named(&account).collect()
                }
                Identity::Account(_) => continue,
                _ if is_component(subject.kind, subject.name) => continue,
                _ => {
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
                identity,
                assignments,
                takeover: None,
                next: None,
            });
        }
    }
    for actor in &mut actors {
        actor.takeover = match actor.identity {
            Identity::Account(account) => takeover(authority, &authority.assignments(&account)),
            _ => takeover(authority, &actor.assignments),
        };
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

/// The rights that bindings give, made once for each of them.
struct Rights<'i, 'a> {
    all: Vec<Right<'i, 'a>>,
    by_binding: HashMap<*const Binding<'a>, Range<usize>>,
}

impl<'i, 'a> Rights<'i, 'a> {
    fn new(authority: &Authority<'i, 'a>) -> Self {
        let mut all = Vec::new();
        let mut by_binding = HashMap::new();
        for &binding in authority.bindings() {
            let first = all.len();
            all.extend(rights(authority, binding));
            by_binding.insert(std::ptr::from_ref(binding), first..all.len());
        }
        Self { all, by_binding }
    }

    /// Those of a binding, with their places.
    fn of(&self, binding: &Binding<'a>) -> impl Iterator<Item = (usize, &Right<'i, 'a>)> {
        let places = self.by_binding.get(&std::ptr::from_ref(binding)).cloned();
        let places = places.unwrap_or_default();
        places.filter_map(|at| Some((at, self.all.get(at)?)))
    }
}

fn rights<'i, 'a>(authority: &Authority<'i, 'a>, binding: &'i Binding<'a>) -> Vec<Right<'i, 'a>> {
    let mut rights = Vec::new();
    if binding.is_cluster_wide() {
        return rights; // In every namespace it would be a takeover.
    }
    let home = Home::of(&binding.resource);
    let right = |rule, what, needs_pod, names| Right {
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
        return rights;
    }
    let families = [(REACH_ACCOUNTS, false), (REACH_PODS, true)];
    if binding.role_kind == "ClusterRole" && !authority.has_cluster_role(binding.role_name) {
        for (family, needs_pod) in families {
            let shipped = family.iter().filter(|(_, needs)| {
                let mut needs = needs.iter();
                needs.all(|need| shipped::gives(binding.role_name, need))
            });
            rights.extend(shipped.map(|&(what, _)| right(None, what, needs_pod, &[])));
        }
    }
    let roles = authority.roles_of(binding).into_iter();
    let rules: Vec<_> = roles.flat_map(|role| &role.rules).collect();
    // What a right needs besides may come from any rule; asked of each rule again, it would take the square of them.
    let is_given = |need: &&Permission| rules.iter().any(|rule| gives(need, rule, false));
    let mut firsts: Vec<(&Permission, &'static str, bool)> = Vec::new();
    for (family, needs_pod) in families {
        for &(what, needs) in family {
            if let Some((first, rest)) = needs.split_first()
                && rest.iter().all(is_given)
            {
                firsts.push((first, what, needs_pod));
            }
        }
    }
    for &rule in &rules {
        if is_full_wildcard(rule) && rule.has_group("") && rule.covers_unnamed() {
            rights.push(right(
                Some(rule),
                "use every verb on every resource",
                false,
                &[],
            ));
            continue;
        }
        for &(first, what, needs_pod) in &firsts {
            if gives(first, rule, false) {
                rights.push(right(Some(rule), what, needs_pod, &[]));
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
    rights
}

/// The accounts that pods run as with a token.
struct Running<'a> {
    by_name: HashMap<&'a str, Vec<Home<'a>>>,
    all: Homes<'a>,
}

impl<'a> Running<'a> {
    fn new(inventory: &Inventory<'a>) -> Self {
        let accounts = Accounts::new(inventory);
        let mut by_name: HashMap<&str, Vec<Home<'_>>> = HashMap::new();
        for workload in &inventory.workloads {
            if accounts.give_token(&workload.pod) {
                let homes = by_name.entry(service_account::name(&workload.pod));
                homes.or_default().push(Home::of(workload.resource()));
            }
        }
        let homes = by_name.values().flatten().copied();
        Self {
            all: homes.collect(),
            by_name,
        }
    }
}

struct Search<'i, 'a> {
    rights: Rights<'i, 'a>,
    running: Running<'a>,
}

impl<'i, 'a> Search<'i, 'a> {
    /// The first right of an actor that reaches one of the frontier.
    fn step(
        &self,
        actor: &Actor<'i, 'a>,
        actors: &[Actor<'i, 'a>],
        frontier: &[usize],
    ) -> Option<Next<'i, 'a>> {
        for &assignment in &actor.assignments {
            for (right, given) in self.rights.of(assignment.binding) {
                let target = frontier.iter().copied().find(|&target| {
                    let target = actors.get(target);
                    target.is_some_and(|target| self.reaches(given, target.identity))
                });
                if let Some(target) = target {
                    return Some(Next {
                        assignment,
                        right,
                        target,
                        is_by_group: false,
                    });
                }
            }
        }
        None
    }

    fn reaches(&self, right: &Right<'_, '_>, identity: Identity<'_>) -> bool {
        match identity {
            Identity::Account(account) => self.reaches_account(right, &account),
            // Those it is limited to are members too.
            Identity::Accounts(members) => {
                let is_here = match members {
                    Members::Authenticated | Members::All => true,
                    Members::Of(home) => right.home.meets(&home),
                };
                is_here && (!right.needs_pod || self.running.all.any_meets(&right.home))
            }
            Identity::Other => false,
        }
    }

    fn reaches_account(&self, right: &Right<'_, '_>, account: &Account<'_>) -> bool {
        if !right.home.meets(&account.home) {
            return false;
        }
        if !right.names.is_empty() && !right.names.contains(&account.name) {
            return false;
        }
        !right.needs_pod
            || self
                .running
                .by_name
                .get(account.name)
                .is_some_and(|homes| homes.iter().any(|home| home.meets(&account.home)))
    }
}

fn path<'i, 'a>(
    at: usize,
    actors: &[Actor<'i, 'a>],
    rights: &[Right<'i, 'a>],
) -> Option<Path<'i, 'a>> {
    let mut actor = actors.get(at)?;
    if actor.next?.is_by_group {
        return None; // That of the group is the finding.
    }
    let from = actor.title.clone();
    let mut steps = Vec::new();
    while let Some(next) = actor.next {
        let right = rights.get(next.right)?;
        actor = actors.get(next.target)?;
        let place = match right.home.namespace {
            Some(namespace) => format!("in namespace {namespace}"),
            None => "in its namespace".to_owned(),
        };
        steps.push(Step {
            assignment: next.assignment,
            rule: right.rule,
            means: format!("may {} {place}", right.what),
            to: actor.title.clone(),
        });
        if steps.len() > MOST_STEPS {
            return None;
        }
    }
    Some(Path {
        from,
        steps,
        takeover: actor.takeover.clone()?,
    })
}
