//! Checks over pods, the objects around them, and objects in general.

pub(crate) mod identity;
pub(crate) mod isolation;
