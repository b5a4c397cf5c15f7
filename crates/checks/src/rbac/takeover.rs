//! Rights that end in control of the whole cluster.
//!
//! A right in every namespace includes `kube-system`, where service accounts of controllers hold nearly
//! every right; so whoever may run something there, or get their tokens, holds them too.

use std::borrow::Cow;

use crate::{
    Binding, Confidence, Rule, Severity,
    rbac::{
        aggregated,
        authority::{Assignment, Authority},
        csr_approve_permission, ephemeral_container_permission, impersonate_permission,
        node_proxy_permission,
        permission::{Access, Permission, is_full_wildcard},
        role_bind_permission, role_escalate_permission, secret_read_permission, shipped,
        token_create_permission, workload_create_permission,
    },
};

/// How a subject can take over the cluster.
#[derive(Clone)]
pub(crate) struct Takeover<'i, 'a> {
    /// `may create pods in every namespace`.
    pub(crate) means: Cow<'static, str>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Option<Confidence>,
    /// The binding that gives the right, or the first of them.
    pub(crate) assignment: Assignment<'i, 'a>,
    /// The rules that make up the right; none where the role is known by name only.
    pub(crate) rules: Vec<&'i Rule<'a>>,
}

/// Permissions that together end in control.
struct Power {
    means: &'static str,
    needs: &'static [&'static Permission],
    /// Whether it always does, or depends on what there is to be read.
    certain: bool,
}

pub(crate) const ROLE_UPDATE: Permission = Permission(&[Access {
    group: "rbac.authorization.k8s.io",
    resources: &["clusterroles", "roles"],
    verbs: &["update", "patch", "create"],
}]);

pub(crate) const BINDING_CREATE: Permission = Permission(&[Access {
    group: "rbac.authorization.k8s.io",
    resources: &["clusterrolebindings", "rolebindings"],
    verbs: &["create", "update", "patch"],
}]);

const MUTATING_WEBHOOK_WRITE: Permission = Permission(&[Access {
    group: "admissionregistration.k8s.io",
    resources: &["mutatingwebhookconfigurations", "mutatingadmissionpolicies"],
    verbs: &["create", "update", "patch"],
}]);

/// With `create`: a WebSocket that is only read is no longer enough since 1.35.
pub(crate) const POD_EXEC: Permission = Permission(&[Access {
    group: "",
    resources: &["pods/exec", "pods/attach"],
    verbs: &["create"],
}]);

const SECRET_CREATE: Permission = Permission(&[Access {
    group: "",
    resources: &["secrets"],
    verbs: &["create"],
}]);

/// What counts where it is held for one namespace too.
static NAMESPACED: &[Power] = &[
    Power {
        means: "bind any role",
        needs: &[&role_bind_permission::PERMISSION, &BINDING_CREATE],
        certain: true,
    },
    Power {
        means: "give roles rights that it does not hold",
        needs: &[&role_escalate_permission::PERMISSION, &ROLE_UPDATE],
        certain: true,
    },
    Power {
        means: "impersonate others",
        needs: &[&impersonate_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "create tokens of service accounts",
        needs: &[&token_create_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "create or change pods",
        needs: &[&workload_create_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "run commands in pods",
        needs: &[&POD_EXEC],
        certain: true,
    },
    Power {
        means: "add containers to running pods",
        needs: &[&ephemeral_container_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "create and read Secrets, so also tokens",
        needs: &[&SECRET_CREATE, &secret_read_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "read Secrets",
        needs: &[&secret_read_permission::PERMISSION],
        certain: false,
    },
];

/// What is cluster-scoped.
static CLUSTER_SCOPED: &[Power] = &[
    Power {
        means: "reach every kubelet through nodes/proxy",
        needs: &[&node_proxy_permission::PERMISSION],
        certain: true,
    },
    Power {
        means: "approve client certificates",
        needs: &[
            &csr_approve_permission::PERMISSION,
            &csr_approve_permission::SIGNERS,
        ],
        certain: true,
    },
    Power {
        means: "rewrite every object through admission",
        needs: &[&MUTATING_WEBHOOK_WRITE],
        certain: true,
    },
];

/// Names in `resourceNames` that give away as much as no limit at all.
const POWERFUL_NAMES: &[&str] = &[
    "cluster-admin",
    "system:masters",
    "*",
    "kubernetes.io/*",
    "kubernetes.io/kube-apiserver-client",
];

/// The strongest way in which what a subject is given ends in control of the cluster.
pub(crate) fn takeover<'i, 'a>(
    authority: &Authority<'i, 'a>,
    assignments: &[Assignment<'i, 'a>],
) -> Option<Takeover<'i, 'a>> {
    let mut cluster_wide = Vec::new();
    let mut in_kube_system = Vec::new();
    for &assignment in assignments {
        let binding = assignment.binding;
        if shipped::is_controller_binding(binding) {
            continue;
        }
        if binding.is_cluster_wide() {
            cluster_wide.push(assignment);
        } else if binding.resource.namespace == Some("kube-system") {
            in_kube_system.push(assignment);
        }
    }
    let held = |assignments: &[Assignment<'i, 'a>]| {
        let rules = assignments.iter().map(|&assignment| {
            let rules = authority.rules(assignment).into_iter();
            rules.map(move |rule| (assignment, rule))
        });
        rules.flatten().collect::<Vec<_>>()
    };
    by_name(authority, &cluster_wide, "in every namespace")
        .or_else(|| by_name(authority, &in_kube_system, "in kube-system"))
        .or_else(|| {
            let held = held(&cluster_wide);
            let powers = NAMESPACED.iter().filter(|power| power.certain);
            let rest = NAMESPACED.iter().filter(|power| !power.certain);
            everything(&held)
                .or_else(|| by_powers(&held, powers.clone().chain(CLUSTER_SCOPED), true))
                .or_else(|| {
                    by_shipped(authority, &cluster_wide, powers.chain(CLUSTER_SCOPED), true)
                })
                .or_else(|| by_powers(&held, rest.clone(), true))
                .or_else(|| by_shipped(authority, &cluster_wide, rest, true))
        })
        .or_else(|| by_powers(&held(&in_kube_system), NAMESPACED.iter(), false))
        .or_else(|| by_shipped(authority, &in_kube_system, NAMESPACED.iter(), false))
}

/// Roles that every cluster has, and that create pods, read Secrets and more; also where a role takes them in.
fn by_name<'i, 'a>(
    authority: &Authority<'i, 'a>,
    assignments: &[Assignment<'i, 'a>],
    place: &str,
) -> Option<Takeover<'i, 'a>> {
    let is_strong = |name: &str| matches!(name, "cluster-admin" | "admin" | "edit");
    let (assignment, means) = assignments.iter().find_map(|assignment| {
        let binding = assignment.binding;
        let name = binding.role_name;
        if binding.role_kind == "ClusterRole" && is_strong(name) {
            return Some((assignment, format!("holds {name} {place}")));
        }
        let roles = authority.roles_of(binding);
        let mut taken_in = roles.iter().filter_map(|role| aggregated::taken_in(role));
        let (within, _) = taken_in.find(|(within, _)| is_strong(within))?;
        Some((
            assignment,
            format!("holds {within} {place}, which {name} takes in"),
        ))
    })?;
    Some(Takeover {
        means: means.into(),
        severity: Severity::Critical,
        confidence: None,
        assignment: *assignment,
        rules: Vec::new(),
    })
}

type Held<'i, 'a> = (Assignment<'i, 'a>, &'i Rule<'a>);

fn everything<'i, 'a>(held: &[Held<'i, 'a>]) -> Option<Takeover<'i, 'a>> {
    let is_everything =
        |rule: &Rule<'_>| is_full_wildcard(rule) && rule.has_group("") && is_unlimited(rule);
    let &(assignment, rule) = held.iter().find(|(_, rule)| is_everything(rule))?;
    Some(Takeover {
        means: "may use every verb on every resource in every namespace".into(),
        severity: Severity::Critical,
        confidence: None,
        assignment,
        rules: vec![rule],
    })
}

fn by_powers<'i, 'a>(
    held: &[Held<'i, 'a>],
    powers: impl Iterator<Item = &'static Power>,
    cluster_wide: bool,
) -> Option<Takeover<'i, 'a>> {
    for power in powers {
        let mut parts = power.needs.iter().map(|permission| {
            held.iter()
                .copied()
                .find(|(_, rule)| gives(permission, rule, cluster_wide))
        });
        let Some(parts) = parts.by_ref().collect::<Option<Vec<Held<'_, '_>>>>() else {
            continue;
        };
        let Some(&(assignment, _)) = parts.first() else {
            continue;
        };
        let rules = parts.into_iter().map(|(_, rule)| rule).collect();
        return Some(power.taken(assignment, rules, cluster_wide));
    }
    None
}

/// Other roles that Kubernetes ships, where the scan does not hold them.
fn by_shipped<'i, 'a>(
    authority: &Authority<'i, 'a>,
    assignments: &[Assignment<'i, 'a>],
    mut powers: impl Iterator<Item = &'static Power>,
    cluster_wide: bool,
) -> Option<Takeover<'i, 'a>> {
    let known = assignments.iter().filter(|it| {
        it.binding.role_kind == "ClusterRole" && !authority.has_cluster_role(it.binding.role_name)
    });
    let known: Vec<_> = known.collect();
    powers.find_map(|power| {
        let gives = |assignment: &&&Assignment<'_, '_>| {
            let role = assignment.binding.role_name;
            let mut needs = power.needs.iter();
            needs.all(|permission| shipped::gives(role, permission))
        };
        let assignment = known.iter().find(gives)?;
        Some(power.taken(**assignment, Vec::new(), cluster_wide))
    })
}

/// What a binding gives by a role that Kubernetes ships.
pub(crate) struct ShippedPower<'i, 'a> {
    /// `run commands in pods in every namespace`.
    pub(crate) means: String,
    /// Whether it always ends in control of what the binding reaches.
    pub(crate) certain: bool,
    /// The rules that make it up, where the scan holds the role.
    pub(crate) rules: Vec<&'i Rule<'a>>,
}

/// The strongest right of a role that Kubernetes ships, by its name and, where the scan holds the role, by
/// its rules as well: one of them may have been taken out.
pub(crate) fn shipped_power<'i, 'a>(
    authority: &Authority<'i, 'a>,
    binding: &'i Binding<'a>,
) -> Option<ShippedPower<'i, 'a>> {
    let name = binding.role_name;
    let is_cluster_wide = binding.is_cluster_wide();
    let held = authority.has_cluster_role(name).then(|| {
        let roles = authority.roles_of(binding).into_iter();
        roles.flat_map(|role| &role.rules).collect::<Vec<_>>()
    });
    let powers = NAMESPACED.iter().filter(|power| power.certain);
    let scoped = CLUSTER_SCOPED.iter().filter(|_| is_cluster_wide);
    let rest = NAMESPACED.iter().filter(|power| !power.certain);
    powers.chain(scoped).chain(rest).find_map(|power| {
        let mut needs = power.needs.iter();
        if !needs.all(|permission| shipped::gives(name, permission)) {
            return None;
        }
        let rules = match &held {
            Some(held) => {
                let rules = power.needs.iter().map(|permission| {
                    let mut held = held.iter().copied();
                    held.find(|rule| gives(permission, rule, is_cluster_wide))
                });
                rules.collect::<Option<Vec<_>>>()?
            }
            None => Vec::new(),
        };
        let place = match binding.resource.namespace {
            _ if power.is_cluster_scoped() => String::new(),
            _ if is_cluster_wide => " in every namespace".to_owned(),
            Some(namespace) => format!(" in namespace {namespace}"),
            None => " in its namespace".to_owned(),
        };
        Some(ShippedPower {
            means: format!("{}{place}", power.means),
            certain: power.certain,
            rules,
        })
    })
}

impl Power {
    fn is_cluster_scoped(&self) -> bool {
        CLUSTER_SCOPED.iter().any(|it| std::ptr::eq(it, self))
    }

    /// The takeover by those who hold it.
    fn taken<'i, 'a>(
        &'static self,
        assignment: Assignment<'i, 'a>,
        rules: Vec<&'i Rule<'a>>,
        cluster_wide: bool,
    ) -> Takeover<'i, 'a> {
        let place = match (self.is_cluster_scoped(), cluster_wide) {
            (true, _) => "",
            (false, true) => " in every namespace",
            (false, false) => " in kube-system",
        };
        let (severity, confidence) = if self.certain {
            (Severity::Critical, None)
        } else {
            (Severity::High, Some(Confidence::Medium))
        };
        Takeover {
            means: format!("may {}{place}", self.means).into(),
            severity,
            confidence,
            assignment,
            rules,
        }
    }
}

/// Whether a rule gives a permission without a limit that would take its power away.
pub(crate) fn gives(permission: &Permission, rule: &Rule<'_>, cluster_wide: bool) -> bool {
    permission
        .granted_by(rule, cluster_wide)
        .is_some_and(|grant| !grant.is_limited() || has_powerful_name(rule))
}

fn is_unlimited(rule: &Rule<'_>) -> bool {
    rule.covers_unnamed() || has_powerful_name(rule)
}

fn has_powerful_name(rule: &Rule<'_>) -> bool {
    rule.resource_names
        .iter()
        .any(|name| POWERFUL_NAMES.contains(name))
}
