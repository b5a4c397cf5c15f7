//! Functions: those of the language, of its extensions, and of Kubernetes.

mod authorizer;
mod cidr;
mod conversions;
mod encoders;
mod format_portable;
mod format_text;
mod ip;
mod kubernetes_lists;
mod lists;
mod math;
pub mod mutation;
mod named_format;
mod operators;
mod optionals;
mod pattern;
mod quantity;
mod regex;
mod semver;
mod sets;
mod strings;
pub(crate) mod template;
mod time;
mod url;

use std::sync::Arc;

pub use self::authorizer::{AccessRequest, AccessReview, Authorizer, AuthorizerBackend, Subject};
pub(crate) use self::pattern::Pattern;
use crate::{
    environment::Extension,
    error::{EvalError, EvalErrorKind},
    evaluate::Outcome,
    signature::Signature,
    value::Value,
};

/// The types that values of the Kubernetes library have.
pub mod kinds {
    pub use super::{
        authorizer::{Decision, GroupCheck, PathCheck, ResourceCheck},
        cidr::Cidr,
        ip::Ip,
        named_format::NamedFormat,
        quantity::Quantity,
        semver::Semver,
        url::Url,
    };
}

/// A function: how it is called, what it does, what it costs.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Signatures, as [`Signature`] reads them.
    pub(crate) overloads: &'static [&'static str],
    pub(crate) call: Implementation,
    pub(crate) cost: Cost,
}

/// Takes the arguments that one of the overloads allows; fails with "no such overload" for others.
pub(crate) type Implementation = for<'a> fn(&[Value<'a>]) -> Outcome<'a>;

/// The measure by which calls of a function are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    Fixed(u64),
    /// Passing over the second argument, the prefix or suffix.
    Prefix,
    /// Passing over the first argument.
    Text,
    /// One for each element of the second argument.
    InList,
    /// Passing over the smaller argument.
    Smaller,
    /// The same, except for types that compare at once.
    Equality,
    /// Passing over both arguments.
    Sum,
    /// Looking for the second argument in the first.
    Contains,
    /// Matching the second argument against the first.
    Pattern,
    /// As [`Cost::Text`], whatever the overload.
    Scan,
    /// Passing over the first argument and making as much.
    ScanTwice,
    /// Passing over the result and making it.
    Joined,
    /// Passing over the first argument and all in it.
    Tree,
    ContainsIp,
    ContainsCidr,
    Validate,
    Selector,
    /// Making the list that comes out.
    ListResult,
    Flatten,
    /// Comparing all elements of this argument with each other.
    CompareAll(usize),
    /// Comparing each element of one list with each of another, so many times.
    Sets(u64),
}

impl Cost {
    /// Whether it is charged even if it is not known which overload is meant.
    pub(crate) fn is_by_name(self) -> bool {
        matches!(
            self,
            Self::Scan
                | Self::ScanTwice
                | Self::Joined
                | Self::Tree
                | Self::ContainsIp
                | Self::ContainsCidr
                | Self::Validate
                | Self::Selector
                | Self::Fixed(_)
                | Self::Equality
        )
    }
}

/// Text that a function makes is not longer, in bytes; nor has a list more elements.
///
/// The reference has no such bound, and would fill the memory.
pub(crate) const MAX_SIZE: usize = 16 * 1024 * 1024;

/// Fails for a text or list that would be too large.
pub(crate) fn within_size(size: usize) -> Result<(), crate::error::Fault> {
    if size > MAX_SIZE {
        return Err(EvalError::fault(
            EvalErrorKind::TooLarge,
            format!("the result would be larger than {MAX_SIZE}"),
        ));
    }
    Ok(())
}

/// Functions that turn one type into another, and so are called at once if their argument is known.
pub(crate) const CONVERSIONS: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "string",
    "timestamp",
    "type",
    "uint",
];

/// An overload that a call may mean.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) function: &'static Function,
    /// What it takes, where the reference looks at that again when the arguments are there.
    pub(crate) guard: Option<Arc<Signature>>,
}

/// Functions that the reference calls without looking at the types of arguments again.
const UNGUARDED: [&str; 10] = [
    "contains",
    "dyn",
    "endsWith",
    "flatten",
    "matches",
    "size",
    "sort",
    "startsWith",
    "type",
    "@sortByAssociatedKeys",
];

/// Whether arguments are compared with the types of an overload before it is called.
pub(crate) fn is_guarded(function: &str) -> bool {
    let is_operator = function.starts_with(['_', '!', '-']) || function == "@in";
    !is_operator && !UNGUARDED.contains(&function)
}

/// Calls the first overload that takes such arguments.
pub(crate) fn dispatch<'a>(candidates: &[Candidate], arguments: &[Value<'a>]) -> Outcome<'a> {
    for Candidate { function, guard } in candidates {
        if let Some(signature) = guard {
            let fits = arguments
                .iter()
                .zip(&signature.parameters)
                .all(|(value, ty)| value.is_of(ty));
            if !fits {
                continue;
            }
        }
        match (function.call)(arguments) {
            Err(fault) if fault.kind == EvalErrorKind::NoSuchOverload => {}
            result => return result,
        }
    }
    Err(EvalError::overload())
}

type Tables = &'static [&'static [Function]];

/// The language's own functions.
pub(crate) const STANDARD: Tables = &[
    operators::FUNCTIONS,
    conversions::FUNCTIONS,
    strings::STANDARD,
    regex::STANDARD,
    time::FUNCTIONS,
];

/// The functions that an extension adds.
pub(crate) fn functions(extension: Extension) -> Tables {
    match extension {
        Extension::MixedNumbers | Extension::TwoVariables | Extension::Bind => &[],
        Extension::Optionals => &[optionals::FUNCTIONS],
        Extension::Strings => &[strings::FUNCTIONS],
        Extension::StringsFormat => &[format_text::FUNCTIONS],
        Extension::StringsFormatPortable => &[format_portable::FUNCTIONS, format_text::QUOTE],
        Extension::StringsReverse => &[strings::REVERSE],
        Extension::Lists => &[lists::FUNCTIONS],
        Extension::Math => &[math::FUNCTIONS],
        Extension::Sets => &[sets::FUNCTIONS],
        Extension::Encoders => &[encoders::FUNCTIONS],
        Extension::KubernetesLists => &[kubernetes_lists::FUNCTIONS],
        Extension::KubernetesListsIncludes => &[kubernetes_lists::INCLUDES],
        Extension::Regex => &[regex::FUNCTIONS],
        Extension::Urls => &[url::FUNCTIONS],
        Extension::Quantity => &[quantity::FUNCTIONS],
        Extension::Ip => &[ip::FUNCTIONS],
        Extension::Cidr => &[cidr::FUNCTIONS],
        Extension::Format => &[named_format::FUNCTIONS],
        Extension::Semver => &[semver::FUNCTIONS],
        Extension::Authorizer => &[authorizer::FUNCTIONS],
        Extension::AuthorizerSelectors => &[authorizer::SELECTORS],
        Extension::JsonPatch => &[mutation::FUNCTIONS],
    }
}

/// The names of types that an extension adds to those that expressions may name.
pub(crate) fn types(extension: Extension) -> &'static [&'static str] {
    match extension {
        Extension::Optionals => &["optional_type"],
        Extension::Ip => &["net.IP"],
        Extension::Cidr => &["net.CIDR"],
        _ => &[],
    }
}

/// Every extension.
#[cfg(test)]
pub(crate) const ALL_EXTENSIONS: [Extension; 24] = [
    Extension::MixedNumbers,
    Extension::Optionals,
    Extension::TwoVariables,
    Extension::Bind,
    Extension::Strings,
    Extension::StringsFormat,
    Extension::StringsFormatPortable,
    Extension::StringsReverse,
    Extension::Lists,
    Extension::Math,
    Extension::Sets,
    Extension::Encoders,
    Extension::KubernetesLists,
    Extension::KubernetesListsIncludes,
    Extension::Regex,
    Extension::Urls,
    Extension::Quantity,
    Extension::Ip,
    Extension::Cidr,
    Extension::Format,
    Extension::Semver,
    Extension::Authorizer,
    Extension::AuthorizerSelectors,
    Extension::JsonPatch,
];
