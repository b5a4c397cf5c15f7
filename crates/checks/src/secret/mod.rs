//! Checks over secret.

use crate::Check;

pub(crate) const CHECKS: &[&dyn Check] = &[];
