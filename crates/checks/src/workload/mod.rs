//! Checks over pods, the objects around them, and objects in general.

pub(crate) mod isolation;
pub(crate) mod objects;
pub(crate) mod pod_security;
