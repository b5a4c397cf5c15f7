//! Who and what is left alone, and who may break the glass.

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};
use ringwall_input::yaml::push_key;
use ringwall_policy::admission::{AdmissionRequest, Operation};
use serde_json::Value;

/// The annotation that admits an object in spite of the policies; its value is the reason.
///
/// It counts on the object and on the template of its pod, and only for the users and groups that the
/// configuration names: whoever may write an object may write its annotations.
pub const BREAK_GLASS: &str = "ringwall.dev/break-glass";

/// Accounts of the API's own controllers, which carry annotations from an object over to what they make of it. Where
/// they met the annotation, somebody was asked about it already.
const CARRIERS: [&str; 8] = [
    "system:kube-controller-manager",
    "system:serviceaccount:kube-system:cronjob-controller",
    "system:serviceaccount:kube-system:daemon-set-controller",
    "system:serviceaccount:kube-system:deployment-controller",
    "system:serviceaccount:kube-system:job-controller",
    "system:serviceaccount:kube-system:replicaset-controller",
    "system:serviceaccount:kube-system:replication-controller",
    "system:serviceaccount:kube-system:statefulset-controller",
];

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{section}: the pattern '{pattern}' cannot be used: {reason}")]
pub struct PatternError {
    section: &'static str,
    pattern: String,
    reason: String,
}

/// Patterns over namespaces, users and groups; `*` is any text.
#[derive(Clone, Debug, Default)]
pub struct Exemptions {
    namespaces: GlobSet,
    users: GlobSet,
    groups: GlobSet,
}

/// Users and groups, by pattern.
#[derive(Clone, Debug, Default)]
pub struct BreakGlass {
    users: GlobSet,
    groups: GlobSet,
}

/// What became of a wish to break the glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenGlass {
    /// It is broken, for this reason.
    Granted(String),
    /// Whoever asked may not, or gave no reason.
    Refused(&'static str),
}

fn compile(section: &'static str, patterns: &[String]) -> Result<GlobSet, PatternError> {
    let error = |pattern: &str, error: &globset::Error| PatternError {
        section,
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|glob| error(pattern, &glob))?);
    }
    set.build()
        .map_err(|glob| error(&patterns.join(", "), &glob))
}

impl Exemptions {
    /// Compiles patterns.
    ///
    /// # Errors
    ///
    /// For a pattern that cannot be used.
    pub fn new(
        namespaces: &[String],
        users: &[String],
        groups: &[String],
    ) -> Result<Self, PatternError> {
        Ok(Self {
            namespaces: compile("exempt.namespaces", namespaces)?,
            users: compile("exempt.users", users)?,
            groups: compile("exempt.groups", groups)?,
        })
    }

    /// Why a request is left alone, in a few words; `None` where it is not.
    pub fn reason(&self, request: &AdmissionRequest) -> Option<String> {
        let user = &request.user_info;
        if !request.namespace.is_empty() && self.namespaces.is_match(&request.namespace) {
            return Some(format!("namespace {}", request.namespace));
        }
        if !user.username.is_empty() && self.users.is_match(&user.username) {
            return Some(format!("user {}", user.username));
        }
        let group = user
            .groups
            .iter()
            .find(|group| self.groups.is_match(group))?;
        Some(format!("group {group}"))
    }

    /// Whether a namespace is left alone; all that an `ImageReview` tells.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        !namespace.is_empty() && self.namespaces.is_match(namespace)
    }
}

impl BreakGlass {
    /// Compiles patterns of those who may.
    ///
    /// # Errors
    ///
    /// For a pattern that cannot be used.
    pub fn new(users: &[String], groups: &[String]) -> Result<Self, PatternError> {
        Ok(Self {
            users: compile("break-glass.users", users)?,
            groups: compile("break-glass.groups", groups)?,
        })
    }

    /// Whether a request asks to be admitted in spite of the policies, and may.
    pub fn asked(&self, request: &AdmissionRequest) -> Option<BrokenGlass> {
        let reason = annotation(request.object.as_ref()?)?;
        Some(match reason.trim() {
            _ if !self.may(request) => BrokenGlass::Refused("the user may not"),
            "" => BrokenGlass::Refused("it gives no reason"),
            reason => BrokenGlass::Granted(reason.to_owned()),
        })
    }

    /// Where a request writes or changes the annotation though whoever asks may not break the glass, as JSON pointers.
    ///
    /// Nothing need be wrong with the object itself: the pods that others make of it, who may, would be admitted.
    pub fn planted(&self, request: &AdmissionRequest) -> Vec<String> {
        let is_change = matches!(
            request.operation,
            Some(Operation::Create | Operation::Update)
        );
        let carries = CARRIERS.contains(&request.user_info.username.as_str());
        if !is_change || carries || self.may(request) {
            return Vec::new();
        }
        let places = |object: &Option<Value>| {
            let mut found = BTreeMap::new();
            if let Some(object) = object {
                annotations(object, &mut String::new(), &mut found);
            }
            found
        };
        let mut planted = places(&request.object);
        if !planted.is_empty() {
            let before = places(&request.old_object);
            planted.retain(|place, reason| before.get(place) != Some(reason));
        }
        planted.into_keys().collect()
    }

    fn may(&self, request: &AdmissionRequest) -> bool {
        let user = &request.user_info;
        self.users.is_match(&user.username)
            || user.groups.iter().any(|group| self.groups.is_match(group))
    }
}

/// Every place of the annotation, at any depth: custom resources have templates of pods anywhere.
fn annotations(value: &Value, path: &mut String, found: &mut BTreeMap<String, Value>) {
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                push_key(path, key);
                if key == "annotations"
                    && let Some(reason) = value.get(BREAK_GLASS)
                {
                    let place = format!("{path}/{}", BREAK_GLASS.replace('/', "~1"));
                    found.insert(place, reason.clone());
                }
                annotations(value, path, found);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push('/');
                path.push_str(&at.to_string());
                annotations(item, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// The annotation on the object, or on the template of its pod.
fn annotation(object: &Value) -> Option<&str> {
    const PLACES: [&str; 3] = ["", "/spec/template", "/spec/jobTemplate/spec/template"];
    PLACES.iter().find_map(|place| {
        let annotations = object.pointer(place)?.get("metadata")?.get("annotations")?;
        annotations.get(BREAK_GLASS)?.as_str()
    })
}

#[cfg(test)]
mod tests {
    use ringwall_policy::admission::UserInfo;
    use serde_json::json;

    use super::*;

    fn request(namespace: &str, user: &str, groups: &[&str], object: Value) -> AdmissionRequest {
        AdmissionRequest {
            namespace: namespace.to_owned(),
            user_info: UserInfo {
                username: user.to_owned(),
                groups: groups.iter().map(|&group| group.to_owned()).collect(),
                ..UserInfo::default()
            },
            ..AdmissionRequest::from_object(object)
        }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn namespaces_users_and_groups_are_left_alone() {
        let exempt = Exemptions::new(
            &words(&["kube-*"]),
            &words(&["system:node:*"]),
            &words(&["system:masters"]),
        )
        .unwrap();
        let reason = |namespace, user, groups: &[&str]| {
            exempt.reason(&request(namespace, user, groups, json!({})))
        };
        assert_eq!(
            reason("kube-system", "a", &[]).unwrap(),
            "namespace kube-system"
        );
        assert_eq!(
            reason("shop", "system:node:n1", &[]).unwrap(),
            "user system:node:n1"
        );
        assert_eq!(
            reason("", "a", &["b", "system:masters"]).unwrap(),
            "group system:masters"
        );
        assert_eq!(
            reason("shop", "system:serviceaccount:kube-system:a", &["b"]),
            None
        );
        assert_eq!(
            Exemptions::default().reason(&request("a", "b", &["c"], json!({}))),
            None
        );
    }

    #[test]
    fn the_glass_is_broken_only_by_those_who_may_and_with_a_reason() {
        let glass = BreakGlass::new(&[], &words(&["oncall"])).unwrap();
        let with = |reason: &str| json!({"metadata": {"annotations": {BREAK_GLASS: reason}}});
        let asked = |groups: &[&str], object| glass.asked(&request("shop", "ann", groups, object));
        assert_eq!(asked(&["oncall"], json!({})), None);
        assert_eq!(
            asked(&["oncall"], with(" INC-7 ")),
            Some(BrokenGlass::Granted("INC-7".to_owned()))
        );
        assert!(matches!(
            asked(&["oncall"], with(" ")),
            Some(BrokenGlass::Refused(_))
        ));
        assert!(matches!(
            asked(&["dev"], with("INC-7")),
            Some(BrokenGlass::Refused(_))
        ));
        let template = json!({"spec": {"template": with("INC-8")}});
        assert!(matches!(
            asked(&["oncall"], template),
            Some(BrokenGlass::Granted(_))
        ));
        let nobody = BreakGlass::default();
        let refused = nobody.asked(&request("shop", "ann", &["oncall"], with("INC-7")));
        assert!(matches!(refused, Some(BrokenGlass::Refused(_))));
    }
    #[test]
    fn who_may_not_break_the_glass_may_not_write_the_annotation_for_others() {
        const PLACE: &str = "/metadata/annotations/ringwall.dev~1break-glass";
        let glass = BreakGlass::new(&[], &words(&["oncall"])).unwrap();
        let with = |reason: &str| json!({"metadata": {"annotations": {BREAK_GLASS: reason}}});
        let template = |reason: &str| json!({"spec": {"template": with(reason)}});
        let create = |user, groups: &[&str], object: Value| AdmissionRequest {
            operation: Some(Operation::Create),
            ..request("shop", user, groups, object)
        };
        let update = |new, old| AdmissionRequest {
            operation: Some(Operation::Update),
            old_object: Some(old),
            ..request("shop", "ann", &["dev"], new)
        };
        let planted = |request: AdmissionRequest| glass.planted(&request);
        let of_template = [format!("/spec/template{PLACE}")];
        assert_eq!(planted(create("ann", &["dev"], template("a"))), of_template);
        assert_eq!(planted(update(template("a"), json!({}))), of_template);
        assert_eq!(planted(update(template("b"), template("a"))), of_template);
        // What is on the object already, and was granted there, reaches no further.
        assert_eq!(planted(update(template("a"), with("a"))), of_template);
        let fleet = json!({"spec": {"pods": [{}, {"podTemplate": with("a")}]}});
        assert_eq!(
            planted(create("ann", &["dev"], fleet)),
            [format!("/spec/pods/1/podTemplate{PLACE}")]
        );

        let none: [&str; 0] = [];
        assert_eq!(planted(update(template("a"), template("a"))), none);
        assert_eq!(planted(update(json!({}), template("a"))), none);
        assert_eq!(planted(create("ann", &["oncall"], template("a"))), none);
        let controller = "system:serviceaccount:kube-system:deployment-controller";
        assert_eq!(planted(create(controller, &[], template("a"))), none);
        assert_eq!(planted(request("shop", "ann", &[], template("a"))), none);
    }
}
