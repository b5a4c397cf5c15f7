//! Checks over pods, the objects around them, and objects in general.

pub(crate) mod cluster;
pub(crate) mod isolation;
