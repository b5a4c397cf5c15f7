//! Paths of Rego and CEL as JSON pointers (RFC 6901).

use ringwall_input::yaml::push_key;
use ringwall_rego::Value as Rego;

/// The pointer of a path; a key that is no text is written as JSON.
pub(crate) fn of_path(path: &[Rego]) -> String {
    let mut pointer = String::new();
    for key in path {
        match key.as_str() {
            Some(key) => push_key(&mut pointer, key),
            None => push_key(&mut pointer, &key.to_json().to_string()),
        }
    }
    pointer
}

/// The pointer of keys and indexes.
pub(crate) fn of_steps(steps: &[String]) -> String {
    let mut pointer = String::new();
    for step in steps {
        push_key(&mut pointer, step);
    }
    pointer
}
