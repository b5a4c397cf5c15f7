//! Types of SELinux that confine nothing.

/// Whether processes of a type may do what any process of the node may: those of a "super privileged
/// container", and what runs outside containers without a policy of its own.
pub(super) fn is_unconfined(kind: &str) -> bool {
    matches!(kind, "spc_t" | "unconfined_t" | "unconfined_service_t")
}
