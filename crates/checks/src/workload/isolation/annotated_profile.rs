//! Profiles in annotations, which fields of the security context replace.

use crate::{Node, edit};
use ringwall_model::Edit;

/// The edits that remove an annotation and say the same in a field of `owner`'s security context
/// (a container, or the pod's `spec`), unless that field is there already.
///
/// `None` where the value means nothing or the layout is not understood.
pub(super) fn moved_to_field(
    annotations: Node<'_>,
    key: &str,
    value: &str,
    owner: Node<'_>,
    field: &str,
) -> Option<Vec<Edit>> {
    let mut edits = edit::remove(annotations, key)?;
    if owner.path(&["securityContext", field]).is_none() {
        let path = ["securityContext", field, "type"];
        let added = match value {
            "runtime/default" | "docker/default" => edit::set(owner, &path, "RuntimeDefault"),
            "unconfined" => edit::set(owner, &path, "Unconfined"),
            _ => {
                let profile = value.strip_prefix("localhost/")?;
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
                if profile.is_empty() || !profile.bytes().all(is_plain) {
                    return None;
                }
                let text =
                    format!("{{\"type\": \"Localhost\", \"localhostProfile\": \"{profile}\"}}");
                edit::set(owner, &["securityContext", field], &text)
            }
        };
        edits.extend(added?);
    }
    edits.sort();
    Some(edits)
}
