//! What a build downloads, and how it makes sure of it.

mod client;
mod runner;

mod both_wget_and_curl;
mod download_piped_to_shell;
mod plaintext_build_download;
mod unverified_curl_download;
mod unverified_git_remote;
mod unverified_node_tls;
mod unverified_python_https;
mod unverified_wget_download;
mod verbose_wget_output;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &both_wget_and_curl::BothWgetAndCurl,
    &download_piped_to_shell::DownloadPipedToShell,
    &plaintext_build_download::PlaintextBuildDownload,
    &unverified_curl_download::UnverifiedCurlDownload,
    &unverified_git_remote::UnverifiedGitRemote,
    &unverified_node_tls::UnverifiedNodeTls,
    &unverified_python_https::UnverifiedPythonHttps,
    &unverified_wget_download::UnverifiedWgetDownload,
    &verbose_wget_output::VerboseWgetOutput,
];
