//! Which images a pod runs or mounts, and whether they are always the same.

mod cached_mutable_image;
mod frozen_image_registry;
mod invalid_image_reference;
mod latest_image_tag;
mod reference;
mod unpinned_image;
mod untrusted_agent_sandbox_image;
mod untrusted_image_registry;
mod vulnerable_cluster_addon;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &latest_image_tag::LatestImageTag,
    &unpinned_image::UnpinnedImage,
    &cached_mutable_image::CachedMutableImage,
    &untrusted_image_registry::UntrustedImageRegistry,
    &frozen_image_registry::FrozenImageRegistry,
    &invalid_image_reference::InvalidImageReference,
    &untrusted_agent_sandbox_image::UntrustedAgentSandboxImage,
    &vulnerable_cluster_addon::VulnerableClusterAddon,
];
