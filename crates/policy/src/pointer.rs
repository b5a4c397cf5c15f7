//! Paths of Rego as JSON pointers (RFC 6901).

use ringwall_rego::Value as Rego;

/// The pointer of a path; a key that is no text is written as JSON.
pub(crate) fn of_path(path: &[Rego]) -> String {
    let mut pointer = String::new();
    for key in path {
        pointer.push('/');
        match key.as_str() {
            Some(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            None => pointer.push_str(&key.to_json().to_string()),
        }
    }
    pointer
}
