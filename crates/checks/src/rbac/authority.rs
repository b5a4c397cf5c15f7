//! Who holds which role: subjects, bindings and roles of a scan joined.
//!
//! Works on what the scan holds; a role that is bound but not there gives nothing, except that the
//! rights of the roles that Kubernetes ships are known by name.
//!
//! Bindings and roles come by kind, namespace and name, so that which of several is named first does not
//! depend on the order of files.

use foldhash::{HashMap, HashSet};

use crate::{
    Binding, BindingSubject, Inventory, Node, Resource, Role, Rule, Selector, home::Home,
    inventory::order, rbac::permission::and_list,
};

/// Bindings by their subjects, and roles by name.
pub(crate) struct Authority<'i, 'a> {
    bindings: Vec<&'i Binding<'a>>,
    roles: HashMap<&'a str, Vec<&'i Role<'a>>>,
    accounts: HashMap<&'a str, Vec<Assignment<'i, 'a>>>,
    /// What the groups of service accounts are given beyond single namespaces.
    groups: Vec<(Members<'a>, Assignment<'i, 'a>)>,
    cluster_roles: Vec<&'i Role<'a>>,
    /// Cluster roles by the default role whose label they carry.
    labelled: HashMap<&'static str, Vec<&'i Role<'a>>>,
}

/// The default roles that others are aggregated into, and the labels that say so.
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>.
pub(crate) const AGGREGATES: [(&str, &str); 3] = [
    ("view", "rbac.authorization.k8s.io/aggregate-to-view"),
    ("edit", "rbac.authorization.k8s.io/aggregate-to-edit"),
    ("admin", "rbac.authorization.k8s.io/aggregate-to-admin"),
];

/// The service accounts that are in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members<'a> {
    /// Every one, and everybody else who is known.
    Authenticated,
    /// Every one.
    All,
    /// Those of a namespace.
    Of(Home<'a>),
}

impl Members<'_> {
    /// Whether an account is one of them.
    pub(crate) fn hold(&self, account: &Account<'_>) -> bool {
        match self {
            Self::Authenticated | Self::All => true,
            Self::Of(home) => home.meets(&account.home),
        }
    }
}

/// A role given to one subject by one binding.
#[derive(Clone, Copy)]
pub(crate) struct Assignment<'i, 'a> {
    pub(crate) binding: &'i Binding<'a>,
    pub(crate) subject: &'i BindingSubject<'a>,
}

/// A service account, whether or not the scan holds its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: Home<'a>,
}

impl Account<'_> {
    /// As messages write it: `team-a/deployer`.
    pub(crate) fn title(&self) -> String {
        match self.home.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Whether both can be the same account.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.home.meets(&other.home)
    }
}

impl<'a> Assignment<'_, 'a> {
    /// The service account it is for, if it is for one.
    pub(crate) fn account(&self) -> Option<Account<'a>> {
        let here = Home::of(&self.binding.resource);
        match self.subject.kind {
            "ServiceAccount" => Some(Account {
                name: self.subject.name,
                home: Home {
                    namespace: self.subject.namespace.or(here.namespace),
                    ..here
                },
            }),
            "User" => {
                let account = self.subject.name.strip_prefix("system:serviceaccount:")?;
                let (namespace, name) = account.split_once(':')?;
                let namespace = Some(namespace);
                Some(Account {
                    name,
                    home: Home { namespace, ..here },
                })
            }
            _ => None,
        }
    }

    /// The service accounts it is for, if it is for a group of them.
    pub(crate) fn members(&self) -> Option<Members<'a>> {
        let group = (self.subject.kind == "Group").then_some(self.subject.name)?;
        match group {
            "system:authenticated" => Some(Members::Authenticated),
            "system:serviceaccounts" => Some(Members::All),
            _ => {
                let namespace = Some(group.strip_prefix("system:serviceaccounts:")?);
                let here = Home::of(&self.binding.resource);
                Some(Members::Of(Home { namespace, ..here }))
            }
        }
    }

    /// What messages call the subject: `ServiceAccount team-a/deployer`, `Group developers`.
    pub(crate) fn title(&self) -> String {
        match (self.subject.kind, self.account()) {
            ("ServiceAccount", Some(account)) => format!("ServiceAccount {}", account.title()),
            (kind, _) => format!("{kind} {}", self.subject.name),
        }
    }

    /// What a finding about the subject points at.
    pub(crate) fn place(&self) -> Node<'a> {
        subject_place(self.subject)
    }
}

/// What a finding about a subject of a binding points at: its name.
pub(crate) fn subject_place<'a>(subject: &BindingSubject<'a>) -> Node<'a> {
    subject.node.get("name").unwrap_or(subject.node)
}

/// Whom a binding names, as messages say it: `User jane and Group developers`.
pub(crate) fn subjects_of(binding: &Binding<'_>) -> String {
    let subjects = binding.subjects.iter();
    let subjects: Vec<String> = subjects
        .map(|subject| format!("{} {}", subject.kind, subject.name))
        .collect();
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    and_list(&subjects)
}

/// What a finding about the role of a binding points at: its name in `roleRef`.
pub(crate) fn role_place<'a>(binding: &Binding<'a>) -> Node<'a> {
    let place = binding.role_ref.and_then(|role| role.get("name"));
    place.unwrap_or_else(|| binding.resource.place())
}

/// Whether an object carries one of the labels of [`AGGREGATES`].
pub(crate) fn is_aggregated(role: &Resource<'_>, label: &str) -> bool {
    role.label(label)
        .is_some_and(|value| value.text() == "true")
}

impl<'i, 'a> Authority<'i, 'a> {
    /// Joins the roles and bindings of a scan.
    pub(crate) fn new(inventory: &'i Inventory<'a>) -> Self {
        let mut roles: HashMap<&str, Vec<&Role<'_>>> = HashMap::default();
        let mut labelled: HashMap<&str, Vec<&Role<'_>>> = HashMap::default();
        let mut all: Vec<&Role<'_>> = inventory.roles.iter().collect();
        all.sort_by_key(|role| order(&role.resource));
        for &role in &all {
            roles.entry(role.resource.name).or_default().push(role);
            for (name, label) in AGGREGATES {
                if role.is_cluster_role() && is_aggregated(&role.resource, label) {
                    labelled.entry(name).or_default().push(role);
                }
            }
        }
        let cluster_roles = all.into_iter().filter(|role| role.is_cluster_role());
        let mut bindings: Vec<&Binding<'_>> = inventory.bindings.iter().collect();
        bindings.sort_by_key(|binding| order(&binding.resource));
        let mut accounts: HashMap<&str, Vec<Assignment<'_, '_>>> = HashMap::default();
        let mut groups = Vec::new();
        for &binding in &bindings {
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                if let Some(account) = assignment.account() {
                    accounts.entry(account.name).or_default().push(assignment);
                } else if let Some(members) = assignment.members()
                    && reaches_cluster(binding)
                {
                    groups.push((members, assignment));
                }
            }
        }
        Self {
            bindings,
            roles,
            accounts,
            groups,
            cluster_roles: cluster_roles.collect(),
            labelled,
        }
    }

    /// Every binding.
    pub(crate) fn bindings(&self) -> &[&'i Binding<'a>] {
        &self.bindings
    }

    /// What a service account is given by its name.
    pub(crate) fn named<'s>(
        &'s self,
        account: &'s Account<'_>,
    ) -> impl Iterator<Item = Assignment<'i, 'a>> + 's {
        let named = self.accounts.get(account.name).into_iter().flatten();
        named.copied().filter(|assignment| {
            assignment
                .account()
                .is_some_and(|other| other.is_same(account))
        })
    }

    /// What a service account is given by its name, and beyond single namespaces by the groups it is in.
    pub(crate) fn assignments(&self, account: &Account<'_>) -> Vec<Assignment<'i, 'a>> {
        let groups = self.groups.iter();
        let grouped = groups.filter(|(members, _)| members.hold(account));
        let grouped = grouped.map(|(_, assignment)| *assignment);
        self.named(account).chain(grouped).collect()
    }

    /// What the group of the service accounts of a namespace is given beyond single namespaces.
    pub(crate) fn assignments_of_members(&self, namespace: &str) -> Vec<Assignment<'i, 'a>> {
        let groups = self.groups.iter();
        let groups = groups.filter(|(members, _)| match members {
            Members::Authenticated | Members::All => false,
            Members::Of(home) => home.namespace == Some(namespace),
        });
        groups.map(|(_, assignment)| *assignment).collect()
    }

    /// Whether the scan holds a ClusterRole of a name.
    pub(crate) fn has_cluster_role(&self, name: &str) -> bool {
        let mut roles = self.roles.get(name).into_iter().flatten();
        roles.any(|role| role.is_cluster_role())
    }

    /// The roles that a binding can mean: those beside it if there are any, else all of the name, with
    /// the roles that are aggregated into them.
    pub(crate) fn roles_of(&self, binding: &Binding<'_>) -> Vec<&'i Role<'a>> {
        if binding.is_cluster_wide() && binding.role_kind != "ClusterRole" {
            return Vec::new(); // The API server refuses it.
        }
        let candidates = self.roles.get(binding.role_name).into_iter().flatten();
        let is_meant = |role: &&&Role<'_>| {
            role.resource.kind == binding.role_kind
                && (role.is_cluster_role()
                    || Inventory::share_namespace(&role.resource, &binding.resource))
        };
        let mut found: Vec<&Role<'_>> = candidates.filter(is_meant).copied().collect();
        let folder = binding.resource.folder();
        if found.iter().any(|role| role.resource.folder() == folder) {
            found.retain(|role| role.resource.folder() == folder);
        }
        if binding.role_kind == "ClusterRole" {
            self.add_aggregated(&mut found, binding.role_name);
        }
        found
    }

    /// Adds the roles that are aggregated into those found and into a default role of the name, over any
    /// number of levels.
    fn add_aggregated(&self, found: &mut Vec<&'i Role<'a>>, name: &str) {
        let mut known: HashSet<*const Role<'_>> = found.iter().map(|&role| key(role)).collect();
        let mut add = |found: &mut Vec<&'i Role<'a>>, role: &'i Role<'a>| {
            if known.insert(key(role)) {
                found.push(role);
            }
        };
        for role in self.labelled(name) {
            add(found, role);
        }
        // Many roles have the same selector.
        let mut selectors = HashSet::default();
        let mut at = 0;
        while let Some(&role) = found.get(at) {
            at += 1;
            for other in self.labelled(role.resource.name) {
                add(found, other);
            }
            let aggregation = role.resource.node.get("aggregationRule");
            for selector in aggregation
                .into_iter()
                .flat_map(|rule| rule.list("clusterRoleSelectors"))
            {
                let source = &selector.document().source;
                if !selectors.insert(source.text.get(selector.span().range())) {
                    continue;
                }
                for other in &self.cluster_roles {
                    let labels = other.resource.metadata.and_then(|node| node.get("labels"));
                    if Selector::Full(selector).matches(labels) {
                        add(found, other);
                    }
                }
            }
        }
    }

    /// The roles that are aggregated into a default role by their labels.
    fn labelled(&self, name: &str) -> impl Iterator<Item = &'i Role<'a>> {
        // Each takes in those before it, which stand in every cluster with the label of the next.
        let last = AGGREGATES.iter().position(|(known, _)| *known == name);
        let taken = last.map_or(0, |last| last + 1);
        let taken = AGGREGATES.iter().take(taken);
        taken
            .filter_map(|(known, _)| self.labelled.get(known))
            .flatten()
            .copied()
    }

    /// The rules that an assignment gives, in order.
    pub(crate) fn rules(&self, assignment: Assignment<'i, 'a>) -> Vec<&'i Rule<'a>> {
        let roles = self.roles_of(assignment.binding).into_iter();
        roles.flat_map(|role| &role.rules).collect()
    }
}

/// Whether a binding gives rights beyond a single namespace: everywhere, or where controllers run.
pub(crate) fn reaches_cluster(binding: &Binding<'_>) -> bool {
    binding.is_cluster_wide() || binding.resource.namespace == Some("kube-system")
}

/// Roles of one inventory are told apart by where they are kept.
fn key<'a>(role: &Role<'a>) -> *const Role<'a> {
    std::ptr::from_ref(role)
}
