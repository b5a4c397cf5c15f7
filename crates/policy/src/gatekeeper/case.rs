//! One request on its way through all constraints, with what the engines make of it, made once.

use std::{cell::OnceCell, sync::Arc, time::Duration};

use ringwall_rego::{Need, Object, Value as Rego};
use serde_json::{Value, json};

use super::{
    enforcement::EnforcementPoint,
    external_data::{ExternalData, NoExternalData},
    inventory::Inventory,
    matching::{Candidate, ObjectSource},
};
use crate::admission::{
    AdmissionRequest, Attribute, Deadline, NoDeadline, Operation, label_namespace,
};

/// What is known around a request.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The namespace of the object; where it is not given, it is looked for in the inventory.
    pub namespace_object: Option<&'a Value>,
    /// Copies of the cluster's objects.
    pub inventory: &'a Inventory,
    /// Whom to ask for external data.
    pub providers: &'a dyn ExternalData,
    /// Where the request is judged.
    pub point: EnforcementPoint,
    /// Whether the object was sent or made.
    pub source: ObjectSource,
    /// The time since 1970.
    pub now: Duration,
    /// Whether violations tell the places of the object that they rest on, which takes as long again for each
    /// constraint that is violated.
    pub tells_paths: bool,
    /// Asked before each constraint, and now and then while one is at work; what is not judged in time is an error.
    pub deadline: &'a dyn Deadline,
}

impl<'a> Surroundings<'a> {
    /// Nothing but an inventory: a request at the webhook, in 1970.
    pub fn new(inventory: &'a Inventory) -> Self {
        Self {
            namespace_object: None,
            inventory,
            providers: &NoExternalData,
            point: EnforcementPoint::default(),
            source: ObjectSource::default(),
            now: Duration::ZERO,
            tells_paths: false,
            deadline: &NoDeadline,
        }
    }

    /// The same at another point.
    #[must_use]
    pub fn at(self, point: EnforcementPoint) -> Self {
        Self { point, ..self }
    }
}

/// A request with its surroundings.
pub(super) struct Case<'a> {
    pub(super) request: &'a AdmissionRequest,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// On a deletion the object is the one that goes.
    object: Option<&'a Value>,
    namespace_object: Option<&'a Value>,
    looks_at: &'a Need,
    rego_review: OnceCell<Rego>,
    cel_request: OnceCell<Value>,
}

impl<'a> Case<'a> {
    /// `looks_at` is what code in Rego looks at of `input.review`.
    pub(super) fn new(
        request: &'a AdmissionRequest,
        surroundings: &'a Surroundings<'a>,
        looks_at: &'a Need,
    ) -> Self {
        let object = match request.operation {
            Some(Operation::Delete) => request.old_object.as_ref(),
            _ => request.object.as_ref(),
        };
        let namespace_object = surroundings.namespace_object.or_else(|| {
            let name = namespace_of(request);
            surroundings.inventory.namespace(name)
        });
        Self {
            request,
            surroundings,
            object: object.filter(|object| !object.is_null()),
            namespace_object,
            looks_at,
            rego_review: OnceCell::new(),
            cel_request: OnceCell::new(),
        }
    }

    /// The objects that matchers look at: what is sent, and what was there.
    pub(super) fn candidates(&self) -> [Option<Candidate<'a>>; 2] {
        let namespace = Some(namespace_of(self.request));
        let candidate = |object: &'a Value| {
            let source = self.surroundings.source;
            Candidate::new(object, namespace, self.namespace_object, source)
        };
        let old = (self.request.old_object.as_ref()).filter(|object| !object.is_null());
        [self.object.map(candidate), old.map(candidate)]
    }

    /// The object, on a deletion the one that goes.
    pub(super) fn object(&self) -> Option<&'a Value> {
        self.object
    }

    pub(super) fn namespace_object(&self) -> Option<&'a Value> {
        self.namespace_object
    }

    /// `input.review`, of which only is there what somebody looks at: mostly not who manages which field, nor what
    /// became of the object.
    pub(super) fn rego_review(&self) -> &Rego {
        self.rego_review.get_or_init(|| {
            let mut fields = Vec::with_capacity(16);
            self.request.each_attribute(|name, value| {
                if self.looks_at.member(name).is_some() {
                    fields.push((Rego::key(name), rego(&value)));
                }
            });
            let old = self.request.old_object.as_ref();
            for (name, object) in [
                ("object", self.object),
                ("oldObject", old),
                ("namespaceObject", self.namespace_object),
            ] {
                if let Some(need) = self.looks_at.member(name) {
                    let needed = object.map_or(Rego::Null, |object| Rego::needed(object, need));
                    fields.push((Rego::key(name), needed));
                }
            }
            Rego::Object(Arc::new(Object::from_entries(fields)))
        })
    }

    /// Why what code in Rego says about this request is not known, by what it looks at of `input.review`: nobody makes the
    /// request, as in a scan, or the namespace around the object is not there.
    ///
    /// Gatekeeper has both at its webhook; a suite says all there is.
    pub(super) fn unknown(&self, looks_at: &Need) -> Option<String> {
        if self.surroundings.point == EnforcementPoint::Gator {
            return None;
        }
        if looks_at.names("userInfo") && self.request.user_info.is_nobody() {
            return Some("it asks who makes the request, and here nobody does".to_owned());
        }
        let namespace = namespace_of(self.request);
        let is_unknown = !namespace.is_empty() && self.namespace_object.is_none();
        (is_unknown && looks_at.names("namespaceObject"))
            .then(|| format!("it asks about the namespace {namespace}, which is not known"))
    }

    /// `input.review` with an ordinary value in the place of what is [unknown](Self::unknown): some user of the cluster,
    /// a namespace with no label but its name.
    pub(super) fn ordinary_review(&self) -> Rego {
        let mut fields = match self.rego_review() {
            Rego::Object(fields) => fields.entries().to_vec(),
            _ => Vec::new(),
        };
        let mut put = |name: &str, value: &Value| {
            fields.retain(|(key, _)| key.as_str() != Some(name));
            fields.push((Rego::key(name), Rego::from(value)));
        };
        if self.request.user_info.is_nobody() {
            put(
                "userInfo",
                &json!({"username": "somebody", "uid": "1", "groups": ["system:authenticated"]}),
            );
        }
        let namespace = namespace_of(self.request);
        if !namespace.is_empty() && self.namespace_object.is_none() {
            let mut object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            label_namespace(&mut object);
            put("namespaceObject", &object);
        }
        Rego::Object(Arc::new(Object::from_entries(fields)))
    }

    /// `request` of CEL.
    pub(super) fn cel_request(&self) -> &Value {
        self.cel_request
            .get_or_init(|| Value::Object(self.request.attributes()))
    }
}

fn rego(attribute: &Attribute<'_>) -> Rego {
    match attribute {
        Attribute::Text(text) => Rego::from(*text),
        Attribute::Names(names) => {
            let members = names.iter();
            let members = members.map(|(name, text)| (Rego::key(name), Rego::from(*text)));
            Rego::Object(Arc::new(Object::from_entries(members.collect())))
        }
        Attribute::Json(value) => Rego::from(*value),
        Attribute::Made(value) => Rego::from(value),
    }
}

/// The namespace of the object; empty for an object of the cluster, as a Namespace is.
fn namespace_of(request: &AdmissionRequest) -> &str {
    if request.is_of_namespace() {
        ""
    } else {
        &request.namespace
    }
}
