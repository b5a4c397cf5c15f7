//! The sections `[registries."NAME"]` of `ringwall.toml`; flags win over them.

use std::path::PathBuf;

use serde::Deserialize;

/// How a registry of images is reached. Paths of files count from the folder of the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegistryConfig {
    /// Registries that are asked before it, with the path under which they keep its repositories.
    pub mirrors: Vec<String>,
    /// The authority of its certificate.
    pub ca: Option<PathBuf>,
    /// Whether it is asked without TLS.
    pub plain_http: bool,
}
