//! An admission request, or a bare object seen as one.

use std::collections::BTreeMap;

use ringwall_input::schema;
use serde_json::{Map, Value, json};

/// Group, version and kind of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version within the group.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl GroupVersionKind {
    /// Reads `apiVersion` and `kind` as an object carries them.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
        }
    }

    /// The kind of CustomResourceDefinitions.
    pub fn of_definitions() -> Self {
        Self::new("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    }

    /// The kind of an object; fields that are missing or no strings are empty.
    pub fn of(object: &Value) -> Self {
        let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or("");
        Self::new(text("apiVersion"), text("kind"))
    }

    /// `version` for the core group, `group/version` for all others.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

impl GroupVersionKind {
    fn attribute(&self) -> Attribute<'_> {
        Attribute::Names([
            ("group", &self.group),
            ("kind", &self.kind),
            ("version", &self.version),
        ])
    }
}

/// Group, version and plural name of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionResource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version within the group.
    pub version: String,
    /// Plural name in lower case.
    pub resource: String,
}

impl GroupVersionResource {
    /// The resource of a kind: of a built-in one as it is, of others as they are named by custom.
    pub fn of(kind: &GroupVersionKind) -> Self {
        let known = schema::resource_name(&kind.api_version(), &kind.kind);
        let known = known.or_else(|| {
            let mut irregular = IRREGULAR.iter();
            let found =
                irregular.find(|(group, name, _)| kind.group == *group && kind.kind == *name);
            found.map(|(_, _, resource)| *resource)
        });
        Self {
            group: kind.group.clone(),
            version: kind.version.clone(),
            resource: known.map_or_else(|| plural(&kind.kind), str::to_owned),
        }
    }

    /// Group, kind and resource that a CustomResourceDefinition defines.
    pub fn defined_by(object: &Value) -> Option<(String, String, String)> {
        let of = GroupVersionKind::of(object);
        if of.group != "apiextensions.k8s.io" || of.kind != "CustomResourceDefinition" {
            return None;
        }
        let text = |pointer: &str| object.pointer(pointer)?.as_str().map(str::to_owned);
        Some((
            text("/spec/group")?,
            text("/spec/names/kind")?,
            text("/spec/names/plural")?,
        ))
    }

    fn attribute(&self) -> Attribute<'_> {
        Attribute::Names([
            ("group", &self.group),
            ("resource", &self.resource),
            ("version", &self.version),
        ])
    }
}

/// Widely used kinds whose resources are not named by custom: group, kind, resource.
const IRREGULAR: [(&str, &str, &str); 3] = [
    ("elbv2.k8s.aws", "IngressClassParams", "ingressclassparams"),
    (
        "k8s.cni.cncf.io",
        "NetworkAttachmentDefinition",
        "network-attachment-definitions",
    ),
    (
        "security.openshift.io",
        "SecurityContextConstraints",
        "securitycontextconstraints",
    ),
];

/// The plural that generators of custom resources make of a kind.
fn plural(kind: &str) -> String {
    let singular = kind.to_lowercase();
    match singular.as_bytes() {
        [] | [.., b's' | b'x' | b'z'] | [.., b'c' | b's', b'h'] => singular + "es",
        [.., before, b'y'] if !b"aeiou".contains(before) => {
            let stem = singular.strip_suffix('y').unwrap_or(&singular);
            format!("{stem}ies")
        }
        _ => singular + "s",
    }
}

/// Who made the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// Name; `system:serviceaccount:<namespace>:<name>` for a service account.
    pub username: String,
    /// Unique over time where the authenticator knows such a thing.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// What else the authenticator said.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl UserInfo {
    /// Whether nobody makes the request, as in a scan: a request to an API server always has a user.
    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        for (name, text) in [("username", &self.username), ("uid", &self.uid)] {
            if !text.is_empty() {
                fields.insert(name.to_owned(), text.as_str().into());
            }
        }
        if !self.groups.is_empty() {
            fields.insert("groups".to_owned(), self.groups.clone().into());
        }
        if !self.extra.is_empty() {
            fields.insert("extra".to_owned(), json!(self.extra));
        }
        Value::Object(fields)
    }
}

/// One attribute of a request, so that each engine makes a value of its own of it.
pub(crate) enum Attribute<'r> {
    Text(&'r str),
    /// An object of texts, sorted by key.
    Names([(&'static str, &'r str); 3]),
    Json(&'r Value),
    Made(Value),
}

impl Attribute<'_> {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => (*text).into(),
            Self::Names(names) => {
                let members = names
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), (*text).into()));
                Value::Object(members.collect())
            }
            Self::Json(value) => (*value).clone(),
            Self::Made(value) => value.clone(),
        }
    }
}

/// What is being done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// The object is new.
    Create,
    /// The object takes the place of `old_object`.
    Update,
    /// The object goes; it is in `old_object`.
    Delete,
    /// A connection to the object, such as exec into a pod.
    Connect,
}

impl Operation {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// One request to judge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdmissionRequest {
    /// Identity of the request, echoed in the answer; empty for a bare object.
    pub uid: String,
    /// Kind after conversion under `matchPolicy: Equivalent`.
    pub kind: GroupVersionKind,
    /// Resource after conversion.
    pub resource: GroupVersionResource,
    /// Subresource after conversion, such as `status`; empty for the object itself.
    pub sub_resource: String,
    /// Kind as the client sent it, where the server says so.
    pub request_kind: Option<GroupVersionKind>,
    /// Resource as the client sent it, where the server says so.
    pub request_resource: Option<GroupVersionResource>,
    /// Subresource as the client sent it.
    pub request_sub_resource: String,
    /// Name; empty while `generateName` has not been turned into one.
    pub name: String,
    /// Namespace; empty for an object of the cluster. A Namespace object is in its own.
    pub namespace: String,
    /// What is being done; `None` where nobody asked: a scan, an audit, a suite without a request.
    pub operation: Option<Operation>,
    /// Who asks.
    pub user_info: UserInfo,
    /// The object as it would be stored; `None` for a deletion.
    pub object: Option<Value>,
    /// The object as it was, for updates and deletions.
    pub old_object: Option<Value>,
    /// The options of the request, such as `CreateOptions`.
    pub options: Option<Value>,
    /// Whether nothing may be changed anywhere.
    pub dry_run: bool,
}

impl AdmissionRequest {
    /// The whole object, as one that comes or changes: what a manifest would say of it. Nothing where it is
    /// deleted or connected to, where only a part is sent, and where it is on its way out and only its metadata and
    /// status change, such as finalizers, which nobody may hinder.
    pub fn changed_object(&self) -> Option<&Value> {
        let object = self.object.as_ref().filter(|object| !object.is_null())?;
        let is_change = !matches!(self.operation, Some(Operation::Delete | Operation::Connect));
        let is_whole = matches!(self.sub_resource.as_str(), "" | "ephemeralcontainers");
        let is_going = object
            .pointer("/metadata/deletionTimestamp")
            .is_some_and(|time| !time.is_null())
            && self.operation == Some(Operation::Update)
            && (self.old_object.as_ref()).is_none_or(|old| is_same_but_for_metadata(object, old));
        (is_change && is_whole && !is_going).then_some(object)
    }

    /// The request as the API writes it, without `object` and `oldObject`.
    ///
    /// As in Go, what is empty is left out, but for `kind`, `resource`, `operation`, `userInfo` and `options`.
    /// The namespace of a Namespace is left out too: Gatekeeper has always taken it for an object of the cluster.
    pub fn attributes(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        self.each_attribute(|name, attribute| {
            fields.insert(name.to_owned(), attribute.to_json());
        });
        fields
    }

    /// Calls with each of the [attributes](Self::attributes).
    pub(crate) fn each_attribute<'r>(&'r self, mut put: impl FnMut(&'static str, Attribute<'r>)) {
        put("uid", Attribute::Text(&self.uid));
        put("kind", self.kind.attribute());
        put("resource", self.resource.attribute());
        if let Some(kind) = &self.request_kind {
            put("requestKind", kind.attribute());
        }
        if let Some(resource) = &self.request_resource {
            put("requestResource", resource.attribute());
        }
        let namespace = if self.is_of_namespace() {
            ""
        } else {
            &self.namespace
        };
        for (name, text) in [
            ("subResource", self.sub_resource.as_str()),
            ("requestSubResource", &self.request_sub_resource),
            ("name", &self.name),
            ("namespace", namespace),
        ] {
            if !text.is_empty() {
                put(name, Attribute::Text(text));
            }
        }
        let operation = self.operation.map_or("", Operation::as_str);
        put("operation", Attribute::Text(operation));
        put("userInfo", Attribute::Made(self.user_info.to_json()));
        // A request always says whether it is a trial; a bare object knows nothing of that.
        if self.operation.is_some() || self.dry_run {
            put("dryRun", Attribute::Made(self.dry_run.into()));
        }
        let options = self.options.as_ref();
        put(
            "options",
            options.map_or(Attribute::Made(Value::Null), Attribute::Json),
        );
    }

    /// Whether it is about a Namespace.
    pub fn is_of_namespace(&self) -> bool {
        self.kind.group.is_empty() && self.kind.kind == "Namespace"
    }

    /// The same request about another object.
    #[must_use]
    pub(crate) fn with_object(&self, object: Option<Value>) -> Self {
        Self {
            uid: self.uid.clone(),
            kind: self.kind.clone(),
            resource: self.resource.clone(),
            sub_resource: self.sub_resource.clone(),
            request_kind: self.request_kind.clone(),
            request_resource: self.request_resource.clone(),
            request_sub_resource: self.request_sub_resource.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            operation: self.operation,
            user_info: self.user_info.clone(),
            object,
            old_object: self.old_object.clone(),
            options: self.options.clone(),
            dry_run: self.dry_run,
        }
    }

    /// The request that judges a bare object: kind, resource, name and namespace from the object,
    /// no operation, no user.
    pub fn from_object(object: Value) -> Self {
        let metadata = |field: &str| {
            object
                .get("metadata")
                .and_then(|metadata| metadata.get(field))
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned()
        };
        let kind = GroupVersionKind::of(&object);
        let name = metadata("name");
        let namespace = if kind.group.is_empty() && kind.kind == "Namespace" {
            name.clone()
        } else {
            metadata("namespace")
        };
        Self {
            resource: GroupVersionResource::of(&kind),
            kind,
            name,
            namespace,
            object: Some(object),
            ..Self::default()
        }
    }
}

/// Whether two states of an object differ in nothing but metadata and status.
fn is_same_but_for_metadata(new: &Value, old: &Value) -> bool {
    let (Some(new), Some(old)) = (new.as_object(), old.as_object()) else {
        return false;
    };
    new.keys()
        .chain(old.keys())
        .filter(|key| !matches!(key.as_str(), "metadata" | "status"))
        .all(|key| new.get(key) == old.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_named_after_their_kinds() {
        let resource = |api_version: &str, kind: &str| {
            GroupVersionResource::of(&GroupVersionKind::new(api_version, kind)).resource
        };
        assert_eq!(
            resource("networking.k8s.io/v1", "NetworkPolicy"),
            "networkpolicies"
        );
        assert_eq!(resource("v1", "Endpoints"), "endpoints");
        assert_eq!(resource("example.com/v1", "Widget"), "widgets");
        assert_eq!(resource("example.com/v1", "Proxy"), "proxies");
        assert_eq!(resource("example.com/v1", "Gateway"), "gateways");
        assert_eq!(resource("example.com/v1", "Mesh"), "meshes");
        assert_eq!(resource("example.com/v1", "Box"), "boxes");
        assert_eq!(
            resource("security.openshift.io/v1", "SecurityContextConstraints"),
            "securitycontextconstraints"
        );
    }
    #[test]
    fn what_is_on_its_way_out_is_left_alone_only_where_it_stays_as_it_is() {
        let going = |finalizers: Value, rules: &str| {
            json!({
                "apiVersion": "v1", "kind": "Role", "rules": [rules], "status": finalizers,
                "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers},
            })
        };
        let update = |new, old| AdmissionRequest {
            operation: Some(Operation::Update),
            old_object: Some(old),
            ..AdmissionRequest::from_object(new)
        };
        let released = update(going(json!([]), "get"), going(json!(["a/b"]), "get"));
        assert_eq!(released.changed_object(), None);
        let widened = update(going(json!([]), "*"), going(json!(["a/b"]), "get"));
        assert!(widened.changed_object().is_some());
    }
}
