//! Where an image comes from, and what it gives away.

mod latest_base_image;
mod privileged_run_instruction;
mod unpinned_base_image;
mod unpinned_syntax_directive;
mod unset_base_image_argument;
mod untagged_base_image;
mod untrusted_base_image_registry;
mod unverified_remote_add;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &latest_base_image::LatestBaseImage,
    &privileged_run_instruction::PrivilegedRunInstruction,
    &unpinned_base_image::UnpinnedBaseImage,
    &unpinned_syntax_directive::UnpinnedSyntaxDirective,
    &unset_base_image_argument::UnsetBaseImageArgument,
    &untagged_base_image::UntaggedBaseImage,
    &untrusted_base_image_registry::UntrustedBaseImageRegistry,
    &unverified_remote_add::UnverifiedRemoteAdd,
];
