//! The code of templates, in one of two engines.

mod cel;
mod conformance;
mod rego;

use ringwall_rego::{Limits, Need};
use serde_json::Value;

use super::{case::Case, constraint::Constraint, reach::Reach};
use crate::{
    admission::ChangedPlace,
    manifest::{Manifest, Problem},
};

use cel::CelCode;
use rego::RegoCode;

/// What a template's code is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Rego.
    Rego,
    /// CEL as the API server evaluates it: `K8sNativeValidation`.
    #[default]
    Cel,
}

impl Engine {
    /// The engine of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "Rego" => Some(Self::Rego),
            "K8sNativeValidation" => Some(Self::Cel),
            _ => None,
        }
    }
}

/// What code may use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Minor version of the Kubernetes whose CEL is spoken.
    pub kubernetes_minor: u16,
    /// What one evaluation of Rego may cost.
    pub rego_limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kubernetes_minor: 37,
            // A second or so: nobody waits longer for an answer, and the audit neither.
            rego_limits: Limits {
                steps: 20_000_000,
                bytes: 128 << 20,
                ..Limits::default()
            },
        }
    }
}

/// Code as it is written.
pub(super) struct Source<'a> {
    pub(super) engine: Engine,
    pub(super) written: &'a Value,
    /// Where it stands in the template.
    pub(super) pointer: String,
}

/// Code, compiled.
#[derive(Debug)]
pub(super) enum Code {
    Rego(Box<RegoCode>),
    Cel(CelCode),
}

/// Something that code forbids, or that went wrong in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    pub(super) message: String,
    pub(super) details: Value,
    /// JSON pointers into the object.
    pub(super) paths: Vec<String>,
    pub(super) is_error: bool,
}

impl Hit {
    pub(super) fn error(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            details: Value::Null,
            paths: Vec::new(),
            is_error: true,
        }
    }
}

/// A constraint with its parameters as the engine takes them.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) constraint: Constraint,
    parameters: ringwall_rego::Value,
}

impl Code {
    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Rego(_) => Engine::Rego,
            Self::Cel(_) => Engine::Cel,
        }
    }

    /// Whether it asks for other objects than the one under review; CEL cannot.
    pub(super) fn reads_inventory(&self) -> bool {
        match self {
            Self::Rego(code) => code.reads_inventory,
            Self::Cel(_) => false,
        }
    }

    /// Converts what does not change from request to request.
    pub(super) fn prepare(&self, constraint: Constraint) -> Prepared {
        let parameters = match (self, &constraint.parameters) {
            (Self::Rego(_), Some(parameters)) => ringwall_rego::Value::from(parameters),
            _ => ringwall_rego::Value::Object(std::sync::Arc::default()),
        };
        Prepared {
            constraint,
            parameters,
        }
    }

    /// Adds the objects of the inventory that the code can see; CEL sees none.
    pub(super) fn add_reach(&self, reach: &mut Reach) {
        if let Self::Rego(code) = self {
            code.add_reach(reach);
        }
    }

    /// Adds what the code looks at of `input.review`, which it sees as values of its own; CEL sees the JSON.
    pub(super) fn add_looks_at(&self, looks_at: &mut Need) {
        if let Self::Rego(code) = self
            && let Some(need) = code.looks_at()
        {
            looks_at.add(need);
        }
    }

    /// Whether what it says may rest on any of these places of the object.
    pub(super) fn may_rest_on(&self, places: &[ChangedPlace<'_>]) -> bool {
        let object = match self {
            Self::Rego(code) => code.looks_at().and_then(|need| need.member("object")),
            Self::Cel(code) => Some(code.looks_at()),
        };
        let touches = |place: &ChangedPlace<'_>| {
            object.is_some_and(|object| object.is_touched_by(place.path, place.is_leaf))
        };
        places.iter().any(touches)
    }

    /// What a constraint forbids about a request.
    pub(super) fn judge(&self, prepared: &Prepared, case: &Case<'_>) -> Vec<Hit> {
        match self {
            Self::Rego(code) => code.judge(&prepared.parameters, case),
            Self::Cel(code) => code.judge(&prepared.constraint, case),
        }
    }
}

/// Compiles code, or says everything that is wrong with it.
pub(super) fn compile(
    manifest: &Manifest,
    source: &Source<'_>,
    settings: &Settings,
) -> (Option<Code>, Vec<Problem>) {
    match source.engine {
        Engine::Rego => {
            let (code, problems) = RegoCode::compile(manifest, source, settings);
            (code.map(|code| Code::Rego(Box::new(code))), problems)
        }
        Engine::Cel => {
            let (code, problems) = CelCode::compile(manifest, source, settings);
            (code.map(Code::Cel), problems)
        }
    }
}
