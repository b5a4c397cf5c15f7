//! Messages without what differs from object to object, so that one cause is one line.

use std::collections::BTreeSet;

use ringwall_policy::admission::patch;
use serde_json::Value;

use super::Asked;

/// Longest message that is kept, in characters.
const LONGEST: usize = 300;

/// What stands in the place of a name.
const ANY: &str = "*";

/// The names of one request: of object, namespace, user, containers and images.
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn of(asked: &Asked) -> Self {
        let mut names = BTreeSet::new();
        match asked {
            Asked::Images(review) => {
                names.insert(review.namespace.clone());
                names.extend(review.images.iter().cloned());
            }
            Asked::Review(_, request) => {
                names.insert(request.name.clone());
                names.insert(request.namespace.clone());
                names.insert(request.user_info.username.clone());
                let objects = request.object.iter().chain(&request.old_object);
                for object in objects {
                    collect(object, &mut names);
                }
            }
        }
        names.remove("");
        Self(names)
    }

    /// A message in which each of them is any.
    pub(super) fn template(&self, message: &str) -> String {
        let is_word = |char: char| char.is_alphanumeric() || "-_./:@".contains(char);
        let mut template = String::new();
        let mut rest = message;
        while let Some(first) = rest.chars().next() {
            let end = if is_word(first) {
                rest.find(|char| !is_word(char)).unwrap_or(rest.len())
            } else {
                rest.find(is_word).unwrap_or(rest.len())
            };
            let (word, behind) = rest.split_at(end);
            let bare = word.trim_end_matches(['.', ':']);
            match word.strip_prefix(bare) {
                _ if self.0.contains(word) => template.push_str(ANY),
                Some(end) if self.0.contains(bare) => {
                    template.push_str(ANY);
                    template.push_str(end);
                }
                _ => template.push_str(word),
            }
            rest = behind;
        }
        crate::wire::one_line(&template, LONGEST)
    }
}

fn collect(object: &Value, names: &mut BTreeSet<String>) {
    const PODS: [&str; 3] = [
        "/spec",
        "/spec/template/spec",
        "/spec/jobTemplate/spec/template/spec",
    ];
    const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
    let mut add = |value: Option<&Value>| {
        names.extend(value.and_then(Value::as_str).map(str::to_owned));
    };
    for field in ["name", "generateName"] {
        add(object
            .pointer("/metadata")
            .and_then(|metadata| metadata.get(field)));
    }
    for pod in PODS.iter().filter_map(|path| object.pointer(path)) {
        for list in LISTS {
            for container in pod
                .get(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                add(container.get("name"));
                add(container.get("image"));
            }
        }
    }
}

/// What an operation of a patch does, wherever in a list.
pub(super) fn change(operation: &patch::Operation) -> String {
    let word = match operation {
        patch::Operation::Add { .. } => "add",
        patch::Operation::Remove { .. } => "remove",
        patch::Operation::Replace { .. } => "replace",
    };
    let places = operation.path().split('/').map(|place| {
        let is_index = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
        if is_index || place == "-" { ANY } else { place }
    });
    let path: Vec<_> = places.collect();
    crate::wire::one_line(&format!("{word} {}", path.join("/")), LONGEST)
}

#[cfg(test)]
mod tests {
    use ringwall_policy::admission::AdmissionRequest;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_any_and_words_stay() {
        let request = AdmissionRequest::from_object(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"containers": [{"name": "app", "image": "nginx:1.2"}]},
        }));
        let names = Names::of(&Asked::Review(None, Box::new(request)));
        assert_eq!(
            names.template("container <app> of web: image \"nginx:1.2\" is wrong in shop."),
            "container <*> of *: image \"*\" is wrong in *."
        );
        assert_eq!(
            names.template("webhook and apple stay, ä too"),
            "webhook and apple stay, ä too"
        );
        let path = "/spec/containers/12/image".to_owned();
        assert_eq!(
            change(&patch::Operation::Remove { path }),
            "remove /spec/containers/*/image"
        );
    }
}
