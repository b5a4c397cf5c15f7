//! What somebody installs: the files that `setup` writes, policies, and ringwall over both.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    control_plane::free_port,
    ringwall::{Ringwall, argument, run, write},
};

/// A folder with what belongs to one server, which listens on a port of loopback.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    port: u16,
}

impl Installation {
    /// What `setup` writes for one purpose, such as `webhook`.
    pub(crate) fn new(purpose: &str, more: &[&str]) -> Self {
        let installation = Self {
            folder: tempfile::tempdir().expect("a folder"),
            port: free_port(),
        };
        installation.setup_into(&installation.written(), purpose, more);
        installation
    }

    /// Runs `setup` for the same server, into another folder.
    pub(crate) fn setup_into(&self, folder: &Path, purpose: &str, more: &[&str]) {
        let (output, server) = (argument(folder), format!("127.0.0.1:{}", self.port));
        let mut arguments = vec!["setup", purpose, "--output", &output, "--server", &server];
        if ["audit", "image-policy"].contains(&purpose) {
            // The API server of the tests sees the same files.
            arguments.extend(["--host-dir", &output]);
        }
        run(&[&arguments, more].concat());
    }

    /// Adds the rights that `setup` says ringwall needs for policies, and gives their manifest.
    pub(crate) fn rights(&self, policies: &Path, more: &[&str]) -> String {
        let (output, policies) = (argument(&self.written()), argument(policies));
        let arguments = ["setup", "rbac", "--output", &output, "--policy", &policies];
        run(&[&arguments, more].concat());
        self.read("rbac.yaml")
    }

    /// The folder of it all.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that `setup` wrote.
    pub(crate) fn written(&self) -> PathBuf {
        self.folder().join("setup")
    }

    /// A file that `setup` wrote.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.written().join(name)).expect("setup wrote it")
    }

    /// Where policies are.
    pub(crate) fn policies(&self) -> PathBuf {
        self.folder().join("policies")
    }

    /// Writes a file of policies.
    pub(crate) fn policy(&self, name: &str, manifest: &str) {
        write(&self.policies(), name, manifest);
    }

    /// Where ringwall records, if it is told to.
    pub(crate) fn record(&self) -> PathBuf {
        self.folder().join("record.jsonl")
    }

    /// Starts ringwall, over the policies if there are any.
    pub(crate) fn serve(&self, more: &[&str]) -> Ringwall {
        let policies = argument(&self.policies());
        let of_policies = ["--policy", &policies];
        let of_policies = if self.policies().is_dir() {
            of_policies.as_slice()
        } else {
            &[]
        };
        Ringwall::serve(self.port, &self.written(), &[of_policies, more].concat())
    }

    /// Starts ringwall with the audit in the background, for the cluster that a kubeconfig names.
    pub(crate) fn audit(&self, kubeconfig: &str) -> Ringwall {
        self.serve(&["--audit", "--kubeconfig", kubeconfig])
    }
}
