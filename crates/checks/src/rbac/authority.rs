//! Who holds which role: subjects, bindings and roles of a scan joined.
//!
//! Works on what the scan holds; a role that is bound but not there gives nothing, except that the
//! well-known rights of `cluster-admin`, `admin` and `edit` are known by name.

use foldhash::HashMap;

use crate::{Binding, BindingSubject, Inventory, Node, Resource, Role, Rule, Selector, home::Home};

/// Bindings by their subjects, and roles by name.
pub(crate) struct Authority<'i, 'a> {
    roles: HashMap<&'a str, Vec<&'i Role<'a>>>,
    accounts: HashMap<&'a str, Vec<Assignment<'i, 'a>>>,
    groups: Vec<Assignment<'i, 'a>>,
    cluster_roles: Vec<&'i Role<'a>>,
    /// Cluster roles by the default role that they are aggregated into.
    labelled: HashMap<&'static str, Vec<&'i Role<'a>>>,
}

/// The default roles that others are aggregated into, and the labels that say so.
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>.
pub(crate) const AGGREGATES: [(&str, &str); 3] = [
    ("view", "rbac.authorization.k8s.io/aggregate-to-view"),
    ("edit", "rbac.authorization.k8s.io/aggregate-to-edit"),
    ("admin", "rbac.authorization.k8s.io/aggregate-to-admin"),
];

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
        for role in &inventory.roles {
            roles.entry(role.resource.name).or_default().push(role);
            for (name, label) in AGGREGATES {
                if role.is_cluster_role() && is_aggregated(&role.resource, label) {
                    labelled.entry(name).or_default().push(role);
                }
            }
        }
        let cluster_roles = inventory.roles.iter().filter(|role| role.is_cluster_role());
        let mut accounts: HashMap<&str, Vec<Assignment<'_, '_>>> = HashMap::default();
        let mut groups = Vec::new();
        for binding in &inventory.bindings {
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                if let Some(account) = assignment.account() {
                    accounts.entry(account.name).or_default().push(assignment);
                } else if subject.kind == "Group" {
                    groups.push(assignment);
                }
            }
        }
        Self {
            roles,
            accounts,
            groups,
            cluster_roles: cluster_roles.collect(),
            labelled,
        }
    }

    /// What a service account is given: by its name, and by the groups that every account is in.
    pub(crate) fn assignments(&self, account: &Account<'_>) -> Vec<Assignment<'i, 'a>> {
        let named = self.accounts.get(account.name).into_iter().flatten();
        let named = named.filter(|assignment| {
            assignment
                .account()
                .is_some_and(|other| other.is_same(account))
        });
        let grouped = self.groups.iter().filter(|assignment| {
            match assignment
                .subject
                .name
                .strip_prefix("system:serviceaccounts")
            {
                Some("") => true,
                Some(rest) => rest.strip_prefix(':') == account.home.namespace,
                None => assignment.subject.name == "system:authenticated",
            }
        });
        named.chain(grouped).copied().collect()
    }

    /// The roles that a binding can mean: those beside it if there are any, else all of the name, with
    /// the roles that are aggregated into them.
    pub(crate) fn roles_of(&self, binding: &Binding<'_>) -> Vec<&'i Role<'a>> {
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
            let aggregated = self.aggregated(&found, binding.role_name);
            found.extend(aggregated);
        }
        found
    }

    fn aggregated(&self, into: &[&Role<'_>], name: &str) -> Vec<&'i Role<'a>> {
        let labelled = self.labelled.get(name).into_iter().flatten().copied();
        let mut found: Vec<&Role<'_>> = labelled.collect();
        let selectors: Vec<Node<'_>> = into
            .iter()
            .filter_map(|role| role.resource.node.get("aggregationRule"))
            .flat_map(|rule| rule.list("clusterRoleSelectors"))
            .collect();
        if !selectors.is_empty() {
            found.extend(self.cluster_roles.iter().copied().filter(|role| {
                let labels = role.resource.metadata.and_then(|node| node.get("labels"));
                let mut selectors = selectors.iter();
                role.resource.name != name
                    && selectors.any(|&selector| Selector::Full(selector).matches(labels))
            }));
        }
        found
    }

    /// The rules that an assignment gives, in order.
    pub(crate) fn rules(&self, assignment: Assignment<'i, 'a>) -> Vec<&'i Rule<'a>> {
        let roles = self.roles_of(assignment.binding).into_iter();
        roles.flat_map(|role| &role.rules).collect()
    }
}
