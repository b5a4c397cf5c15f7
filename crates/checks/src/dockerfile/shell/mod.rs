//! Placeholder.

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[];
