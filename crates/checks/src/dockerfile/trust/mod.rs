//! Where an image comes from, and what it gives away.

mod copied_credential_file;
mod credential_file;
mod end_of_life_base_image;
mod latest_base_image;
mod persisted_build_secret;
mod plaintext_secret_in_dockerfile;
mod privileged_run_instruction;
mod support_end;
mod unpinned_base_image;
mod unpinned_syntax_directive;
mod unset_base_image_argument;
mod untagged_base_image;
mod untrusted_base_image_registry;
mod unverified_remote_add;
mod written_secret;

use crate::Check;

pub use support_end::distribution_support_end;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &copied_credential_file::CopiedCredentialFile,
    &end_of_life_base_image::EndOfLifeBaseImage,
    &latest_base_image::LatestBaseImage,
    &persisted_build_secret::PersistedBuildSecret,
    &plaintext_secret_in_dockerfile::PlaintextSecretInDockerfile,
    &privileged_run_instruction::PrivilegedRunInstruction,
    &unpinned_base_image::UnpinnedBaseImage,
    &unpinned_syntax_directive::UnpinnedSyntaxDirective,
    &unset_base_image_argument::UnsetBaseImageArgument,
    &untagged_base_image::UntaggedBaseImage,
    &untrusted_base_image_registry::UntrustedBaseImageRegistry,
    &unverified_remote_add::UnverifiedRemoteAdd,
];
