//! Scripts of RUN: what they do, and how they are written.

mod bin_sh;
mod fact;
mod one_word;

mod and_or_instead_of_if;
mod backtick_command_substitution;
mod cd_instead_of_workdir;
mod dash_prone_glob;
mod echo_escape_sequence;
mod ineffective_negated_pipeline;
mod literal_shell_brace;
mod masked_exit_code;
mod missing_shell_space;
mod mixed_quote_concatenation;
mod non_posix_shell_feature;
mod parsed_ls_output;
mod password_set_in_build;
mod pointless_build_command;
mod sudo_in_build;
mod symlinked_default_shell;
mod unassigned_shell_variable;
mod unchecked_directory_change;
mod unclosed_double_quote;
mod unguarded_recursive_delete;
mod unquoted_command_substitution;
mod unquoted_shell_variable;
mod unquoted_shell_word;
mod unset_pipefail;
mod useless_cat;
mod useradd_log_bloat;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &and_or_instead_of_if::AndOrInsteadOfIf,
    &backtick_command_substitution::BacktickCommandSubstitution,
    &cd_instead_of_workdir::CdInsteadOfWorkdir,
    &dash_prone_glob::DashProneGlob,
    &echo_escape_sequence::EchoEscapeSequence,
    &ineffective_negated_pipeline::IneffectiveNegatedPipeline,
    &literal_shell_brace::LiteralShellBrace,
    &masked_exit_code::MaskedExitCode,
    &missing_shell_space::MissingShellSpace,
    &mixed_quote_concatenation::MixedQuoteConcatenation,
    &non_posix_shell_feature::NonPosixShellFeature,
    &parsed_ls_output::ParsedLsOutput,
    &password_set_in_build::PasswordSetInBuild,
    &pointless_build_command::PointlessBuildCommand,
    &sudo_in_build::SudoInBuild,
    &symlinked_default_shell::SymlinkedDefaultShell,
    &unassigned_shell_variable::UnassignedShellVariable,
    &unchecked_directory_change::UncheckedDirectoryChange,
    &unclosed_double_quote::UnclosedDoubleQuote,
    &unguarded_recursive_delete::UnguardedRecursiveDelete,
    &unquoted_command_substitution::UnquotedCommandSubstitution,
    &unquoted_shell_variable::UnquotedShellVariable,
    &unquoted_shell_word::UnquotedShellWord,
    &unset_pipefail::UnsetPipefail,
    &useless_cat::UselessCat,
    &useradd_log_bloat::UseraddLogBloat,
];
