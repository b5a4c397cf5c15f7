//! Linux capabilities as a container adds and drops them.

use crate::{Container, Findings, Meta, Node, Safety, edit};

/// What a pod may add at the Baseline level.
/// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>.
const BASELINE: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// A name without `CAP_`, which some runtimes accept.
pub(super) fn bare(name: &str) -> &str {
    match name.split_at_checked(4) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("CAP_") => rest,
        _ => name,
    }
}

/// Whether an item of `add` names a capability; runtimes ignore case.
pub(super) fn is(item: Node<'_>, name: &str) -> bool {
    bare(item.text()).eq_ignore_ascii_case(name)
}

/// Whether an item of `add` is beyond the Baseline level. The API server compares exactly as written:
/// it refuses `chown` and `CAP_CHOWN`.
pub(super) fn is_beyond_baseline(item: Node<'_>) -> bool {
    !BASELINE.contains(&item.text())
}

/// `capabilities.add` or `capabilities.drop`, if it is a list.
pub(super) fn list<'a>(container: &Container<'a>, key: &str) -> Option<Node<'a>> {
    container
        .own_security("capabilities")?
        .get(key)
        .filter(|list| list.is_sequence())
}

/// Whether a capability is dropped. `CAP_` does not count here: containerd does not know such names.
pub(super) fn drops(container: &Container<'_>, name: &str) -> bool {
    list(container, "drop").is_some_and(|list| {
        list.items().any(|item| {
            item.text().eq_ignore_ascii_case("ALL") || item.text().eq_ignore_ascii_case(name)
        })
    })
}

/// Reports each item of `add` that `is_wanted`; nothing where `ALL` is added, which is a finding of its own.
pub(super) fn report_added(
    meta: &'static Meta,
    container: &Container<'_>,
    findings: &mut Findings<'_>,
    consequence: &str,
    is_wanted: impl Fn(Node<'_>) -> bool,
) {
    let Some(add) = list(container, "add") else {
        return;
    };
    if add.items().any(|item| is(item, "ALL")) {
        return;
    }
    for item in add.items().filter(|item| is_wanted(*item)) {
        findings
            .add(meta)
            .at(item)
            .note(format!(
                "adds the capability {}, {consequence}",
                item.text()
            ))
            .fix(Safety::Unsafe, edit::remove_item(add, item));
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn the_prefix_is_taken_off_in_any_case() {
        assert_eq!(bare("CAP_SYS_ADMIN"), "SYS_ADMIN");
        assert_eq!(bare("cap_bpf"), "bpf");
        assert_eq!(bare("KILL"), "KILL");
        assert_eq!(bare("cäp_x"), "cäp_x");
        assert_eq!(bare(""), "");
    }
}
