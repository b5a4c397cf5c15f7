use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to delete Events, in the core group or in `events.k8s.io`.
    ///
    /// ## Why it matters
    /// Events are what people look at first after something strange; an intruder deletes those that show it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["events.k8s.io"]
    ///     resources: ["events"] # <-
    ///     verbs: ["deletecollection"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["events.k8s.io"]
    ///     resources: ["events"]
    ///     verbs: ["create", "patch"]
    /// ```
    ///
    /// ## Fix
    /// Remove `delete` and `deletecollection`: events expire on their own.
    EventDeletePermission {
        id: "event-delete-permission",
        title: "Can delete events",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUDIT", "mitre:T1070"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[
    Access {
        group: "",
        resources: &["events"],
        verbs: &["delete", "deletecollection"],
    },
    Access {
        group: "events.k8s.io",
        resources: &["events"],
        verbs: &["delete", "deletecollection"],
    },
]);

impl Check for EventDeletePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
