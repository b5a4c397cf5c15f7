//! Checks over dockerfile.

use crate::Check;

pub(crate) const CHECKS: &[&dyn Check] = &[];
