//! Checks over pods, the objects around them, and objects in general.

pub(crate) mod availability;
pub(crate) mod cluster;
pub(crate) mod identity;
pub(crate) mod images;
pub(crate) mod isolation;
pub(crate) mod objects;
pub(crate) mod pod_security;
pub(crate) mod resources;
