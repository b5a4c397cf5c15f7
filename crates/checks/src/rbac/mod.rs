//! Checks over rbac.

use crate::Check;

pub(crate) const CHECKS: &[&dyn Check] = &[];
