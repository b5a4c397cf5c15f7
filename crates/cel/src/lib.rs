//! CEL as the Kubernetes API server evaluates it.
//!
//! An [`Environment`] says what an expression may use, and compiles it to a [`Program`]: parsed, checked against
//! the types of its variables, with constants folded and regular expressions compiled.
//! A program is evaluated over [`Bindings`], which borrow JSON where it lies, under a [`Budget`] in the API server's
//! measure of cost.
//!
//! ```
//! use ringwall_cel::{Bindings, Budget, Environment, Type};
//!
//! let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
//! let program = environment
//!     .compile("object.spec.replicas <= 5 && quantity(object.spec.memory).isLessThan(quantity('1Gi'))")
//!     .map_err(|errors| errors[0].clone())?;
//! assert_eq!(program.output_type(), &Type::Bool);
//!
//! let object = serde_json::json!({"spec": {"replicas": 3, "memory": "512Mi"}});
//! let mut bindings = Bindings::new();
//! bindings.bind_json("object", &object);
//! let result = program.evaluate(&bindings, &mut Budget::new(Budget::POLICY))?;
//! assert_eq!(result.as_bool(), Some(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Never reads a file, a clock or the network; `authorizer` asks a trait that the caller implements.

#![warn(clippy::disallowed_methods)]

pub mod admission;
mod bindings;
mod budget;
mod check;
mod environment;
mod error;
pub mod escape;
mod evaluate;
mod library;
mod looks_at;
mod program;
mod schema;
mod signature;
mod syntax;
mod ty;
pub mod value;

pub use crate::{
    bindings::Bindings,
    budget::Budget,
    environment::{Environment, Extension},
    error::{Error, EvalError, EvalErrorKind, Span},
    library::{
        AccessRequest, AccessReview, Authorizer, AuthorizerBackend, Subject, kinds, mutation,
    },
    looks_at::Path,
    program::Program,
    schema::{MutationTypes, ObjectTypes, Schema},
    ty::Type,
    value::Value,
};
