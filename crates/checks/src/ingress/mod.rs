//! Ingresses, gateways and routes.

pub(crate) mod authentication;
pub(crate) mod backend;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[];
