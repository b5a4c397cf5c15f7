//! Stages and their instructions.

mod add_instead_of_copy;
mod ambiguous_copy_destination;
mod build_tools_in_final_stage;
mod consecutive_run_instructions;
mod copied_root_filesystem;
mod dangling_copy_source;
mod default_user;
mod deprecated_maintainer_instruction;
mod duplicate_cmd_instruction;
mod duplicate_entrypoint_instruction;
mod duplicate_healthcheck_instruction;
mod duplicate_stage_name;
mod hardcoded_base_image_platform;
mod inline_suppression_comment;
mod invalid_first_instruction;
mod invalid_image_port;
mod invalid_onbuild_instruction;
mod invalid_stop_signal;
mod manual_archive_extraction;
mod missing_healthcheck_instruction;
mod non_numeric_image_user;
mod redundant_target_platform;
mod relative_copy_without_workdir;
mod relative_workdir;
mod replaced;
mod reserved_stage_name;
mod root_account;
mod root_image_user;
mod self_referencing_copy;
mod self_referencing_env;
mod setuid_image_file;
mod shell_form_command;
mod ssh_image_port;
mod ssh_server_in_image;
mod system_directory_workdir;
mod unfiltered_build_context;
mod unparsable_dockerfile;
mod unset_image_user;
mod unused_build_stage;
mod world_writable_image_file;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &add_instead_of_copy::AddInsteadOfCopy,
    &ambiguous_copy_destination::AmbiguousCopyDestination,
    &build_tools_in_final_stage::BuildToolsInFinalStage,
    &consecutive_run_instructions::ConsecutiveRunInstructions,
    &copied_root_filesystem::CopiedRootFilesystem,
    &dangling_copy_source::DanglingCopySource,
    &deprecated_maintainer_instruction::DeprecatedMaintainerInstruction,
    &duplicate_cmd_instruction::DuplicateCmdInstruction,
    &duplicate_entrypoint_instruction::DuplicateEntrypointInstruction,
    &duplicate_healthcheck_instruction::DuplicateHealthcheckInstruction,
    &duplicate_stage_name::DuplicateStageName,
    &hardcoded_base_image_platform::HardcodedBaseImagePlatform,
    &inline_suppression_comment::InlineSuppressionComment,
    &invalid_first_instruction::InvalidFirstInstruction,
    &invalid_image_port::InvalidImagePort,
    &invalid_onbuild_instruction::InvalidOnbuildInstruction,
    &invalid_stop_signal::InvalidStopSignal,
    &manual_archive_extraction::ManualArchiveExtraction,
    &missing_healthcheck_instruction::MissingHealthcheckInstruction,
    &non_numeric_image_user::NonNumericImageUser,
    &redundant_target_platform::RedundantTargetPlatform,
    &relative_copy_without_workdir::RelativeCopyWithoutWorkdir,
    &relative_workdir::RelativeWorkdir,
    &reserved_stage_name::ReservedStageName,
    &root_image_user::RootImageUser,
    &self_referencing_copy::SelfReferencingCopy,
    &self_referencing_env::SelfReferencingEnv,
    &setuid_image_file::SetuidImageFile,
    &shell_form_command::ShellFormCommand,
    &ssh_image_port::SshImagePort,
    &ssh_server_in_image::SshServerInImage,
    &system_directory_workdir::SystemDirectoryWorkdir,
    &unfiltered_build_context::UnfilteredBuildContext,
    &unparsable_dockerfile::UnparsableDockerfile,
    &unset_image_user::UnsetImageUser,
    &unused_build_stage::UnusedBuildStage,
    &world_writable_image_file::WorldWritableImageFile,
];
