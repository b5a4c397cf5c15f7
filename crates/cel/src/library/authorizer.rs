//! `authorizer`: whether someone may do something, asked of whoever knows.

use std::{fmt, sync::Arc};

use super::{
    Cost, Function, Implementation,
    named_format::{dns1123_label, dns1123_subdomain},
};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Text, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    function("path", &["Authorizer.(string) -> PathCheck"], path),
    function("group", &["Authorizer.(string) -> GroupCheck"], group),
    function(
        "serviceAccount",
        &["Authorizer.(string, string) -> Authorizer"],
        service_account,
    ),
    function(
        "resource",
        &["GroupCheck.(string) -> ResourceCheck"],
        resource,
    ),
    function(
        "subresource",
        &["ResourceCheck.(string) -> ResourceCheck"],
        subresource,
    ),
    function(
        "namespace",
        &["ResourceCheck.(string) -> ResourceCheck"],
        namespace,
    ),
    function("name", &["ResourceCheck.(string) -> ResourceCheck"], name),
    Function {
        name: "check",
        overloads: &[
            "PathCheck.(string) -> Decision",
            "ResourceCheck.(string) -> Decision",
        ],
        call: check,
        cost: Cost::Fixed(350_000),
    },
    function("errored", &["Decision.() -> bool"], errored),
    function("error", &["Decision.() -> string"], error),
    function("allowed", &["Decision.() -> bool"], allowed),
    function("reason", &["Decision.() -> string"], reason),
];

pub(super) const SELECTORS: &[Function] = &[
    Function {
        name: "fieldSelector",
        overloads: &["ResourceCheck.(string) -> ResourceCheck"],
        call: field_selector,
        cost: Cost::Selector,
    },
    Function {
        name: "labelSelector",
        overloads: &["ResourceCheck.(string) -> ResourceCheck"],
        call: label_selector,
        cost: Cost::Selector,
    },
];

const fn function(
    name: &'static str,
    overloads: &'static [&'static str],
    call: Implementation,
) -> Function {
    Function {
        name,
        overloads,
        call,
        cost: Cost::Fixed(1),
    }
}

/// Whoever knows what subjects may do: an API server, or the RBAC objects of a snapshot.
pub trait AuthorizerBackend {
    /// Answers one question.
    ///
    /// # Errors
    ///
    /// Why nobody answered. The decision is then `errored`, and neither allows nor denies: whatever asks it for
    /// that fails.
    fn review(&self, request: &AccessRequest<'_>) -> Result<AccessReview, String>;
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessRequest<'r> {
    /// Whether a subject may use a verb on a path that is no resource.
    Path {
        /// Who.
        subject: &'r Subject,
        /// `/healthz` for example.
        path: &'r str,
        /// The HTTP verb in lower case.
        verb: &'r str,
    },
    /// Whether a subject may use a verb on a resource.
    Resource {
        /// Who.
        subject: &'r Subject,
        /// The API group, empty for the core.
        group: &'r str,
        /// The resource, in the plural.
        resource: &'r str,
        /// The subresource, or empty.
        subresource: &'r str,
        /// The namespace, or empty for all of them and for what has none.
        namespace: &'r str,
        /// The name of the object, or empty.
        name: &'r str,
        /// `create` for example.
        verb: &'r str,
        /// The selector of fields as it was written, or empty.
        field_selector: &'r str,
        /// The selector of labels as it was written, or empty.
        label_selector: &'r str,
    },
}

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Whoever makes the request that is judged.
    Requester,
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessReview {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, for people; may be empty.
    pub reason: String,
    /// What went wrong while it was decided, if something did; the expression may ask for it.
    pub error: Option<String>,
}

/// The value of `authorizer`.
#[derive(Clone)]
pub struct Authorizer<'a> {
    backend: &'a (dyn AuthorizerBackend + Sync + 'a),
    subject: Arc<Subject>,
}

impl<'a> Authorizer<'a> {
    /// An authorizer that asks about whoever makes the request.
    pub fn new(backend: &'a (dyn AuthorizerBackend + Sync + 'a)) -> Self {
        Self {
            backend,
            subject: Arc::new(Subject::Requester),
        }
    }

    /// The value to bind to `authorizer`.
    pub fn value(self) -> Value<'a> {
        Value::Opaque(Opaque::Authorizer(self))
    }

    /// The value to bind to `authorizer.requestResource`: the resource that the request is about.
    pub fn request_resource(
        self,
        group: &str,
        resource: &str,
        subresource: &str,
        namespace: &str,
        name: &str,
    ) -> Value<'a> {
        Value::Opaque(Opaque::ResourceCheck(Arc::new(ResourceCheck {
            authorizer: self,
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            field_selector: String::new(),
            label_selector: String::new(),
        })))
    }
}

impl fmt::Debug for Authorizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorizer")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A question about a path.
#[derive(Clone, Debug)]
pub struct PathCheck<'a> {
    authorizer: Authorizer<'a>,
    path: String,
}

/// A question about an API group.
#[derive(Clone, Debug)]
pub struct GroupCheck<'a> {
    authorizer: Authorizer<'a>,
    group: String,
}

/// A question about a resource.
#[derive(Clone, Debug)]
pub struct ResourceCheck<'a> {
    authorizer: Authorizer<'a>,
    group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
    field_selector: String,
    label_selector: String,
}

/// An answer, or why there is none.
#[derive(Clone, Debug)]
pub struct Decision(Result<AccessReview, String>);

impl Decision {
    fn error(&self) -> Option<&str> {
        match &self.0 {
            Ok(review) => review.error.as_deref(),
            Err(reason) => Some(reason),
        }
    }

    /// The answer; an expression that needs one fails without it.
    fn answer(&self) -> Result<&AccessReview, Fault> {
        let unanswered = |reason: &String| {
            EvalError::argument(format!("the authorization check has no answer: {reason}"))
        };
        self.0.as_ref().map_err(unanswered)
    }
}

fn path<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [
        Value::Opaque(Opaque::Authorizer(authorizer)),
        Value::String(path),
    ] = arguments
    else {
        return Err(EvalError::overload());
    };
    if path.trim().is_empty() {
        return Err(EvalError::argument("path must not be empty"));
    }
    Ok(Value::Opaque(Opaque::PathCheck(Arc::new(PathCheck {
        authorizer: authorizer.clone(),
        path: (**path).to_owned(),
    }))))
}

fn group<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [
        Value::Opaque(Opaque::Authorizer(authorizer)),
        Value::String(group),
    ] = arguments
    else {
        return Err(EvalError::overload());
    };
    Ok(Value::Opaque(Opaque::GroupCheck(Arc::new(GroupCheck {
        authorizer: authorizer.clone(),
        group: (**group).to_owned(),
    }))))
}

fn service_account<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [
        Value::Opaque(Opaque::Authorizer(authorizer)),
        Value::String(namespace),
        Value::String(name),
    ] = arguments
    else {
        return Err(EvalError::overload());
    };
    if !dns1123_subdomain(name).is_empty() {
        return Err(EvalError::argument("Invalid service account name"));
    }
    if !dns1123_label(namespace).is_empty() {
        return Err(EvalError::argument("Invalid service account namespace"));
    }
    Ok(Authorizer {
        backend: authorizer.backend,
        subject: Arc::new(Subject::ServiceAccount {
            namespace: (**namespace).to_owned(),
            name: (**name).to_owned(),
        }),
    }
    .value())
}

fn resource<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [
        Value::Opaque(Opaque::GroupCheck(group)),
        Value::String(resource),
    ] = arguments
    else {
        return Err(EvalError::overload());
    };
    if resource.trim().is_empty() {
        return Err(EvalError::argument("resource must not be empty"));
    }
    Ok(group
        .authorizer
        .clone()
        .request_resource(&group.group, resource, "", "", ""))
}

/// The same question with one part set.
fn with<'a>(arguments: &[Value<'a>], set: fn(&mut ResourceCheck<'a>, &Text<'a>)) -> Outcome<'a> {
    let [
        Value::Opaque(Opaque::ResourceCheck(check)),
        Value::String(text),
    ] = arguments
    else {
        return Err(EvalError::overload());
    };
    let mut check = (**check).clone();
    set(&mut check, text);
    Ok(Value::Opaque(Opaque::ResourceCheck(Arc::new(check))))
}

fn subresource<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    with(arguments, |check, text| {
        (**text).clone_into(&mut check.subresource);
    })
}

fn namespace<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    with(arguments, |check, text| {
        (**text).clone_into(&mut check.namespace);
    })
}

fn name<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    with(arguments, |check, text| {
        (**text).clone_into(&mut check.name);
    })
}

fn field_selector<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    with(arguments, |check, text| {
        (**text).clone_into(&mut check.field_selector);
    })
}

fn label_selector<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    with(arguments, |check, text| {
        (**text).clone_into(&mut check.label_selector);
    })
}

fn check<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let review = match arguments {
        [Value::Opaque(Opaque::PathCheck(check)), Value::String(verb)] => {
            check.authorizer.backend.review(&AccessRequest::Path {
                subject: &check.authorizer.subject,
                path: &check.path,
                verb,
            })
        }
        [
            Value::Opaque(Opaque::ResourceCheck(check)),
            Value::String(verb),
        ] => check.authorizer.backend.review(&AccessRequest::Resource {
            subject: &check.authorizer.subject,
            group: &check.group,
            resource: &check.resource,
            subresource: &check.subresource,
            namespace: &check.namespace,
            name: &check.name,
            verb,
            field_selector: &check.field_selector,
            label_selector: &check.label_selector,
        }),
        _ => return Err(EvalError::overload()),
    };
    Ok(Value::Opaque(Opaque::Decision(Arc::new(Decision(review)))))
}

fn decision<'r>(arguments: &'r [Value<'_>]) -> Result<&'r Decision, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Decision(decision))] => Ok(decision),
        _ => Err(EvalError::overload()),
    }
}

fn errored<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(decision(arguments)?.error().is_some()))
}

fn error<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(
        decision(arguments)?.error().unwrap_or_default(),
    ))
}

fn allowed<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(decision(arguments)?.answer()?.allowed))
}

fn reason<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(
        decision(arguments)?.answer()?.reason.as_str(),
    ))
}
