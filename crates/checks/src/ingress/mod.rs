//! Checks over ingress.

use crate::Check;

pub(crate) const CHECKS: &[&dyn Check] = &[];
