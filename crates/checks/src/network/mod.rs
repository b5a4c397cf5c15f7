//! Checks over network.

use crate::Check;

pub(crate) const CHECKS: &[&dyn Check] = &[];
