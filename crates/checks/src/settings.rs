//! What a user configures about checks.

use ringwall_model::Date;

/// Lists and thresholds that checks use; the defaults are what `ringwall.toml` leaves unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Registries (with or without a repository prefix) that images may come from; empty: every registry.
    pub allowed_registries: Vec<String>,
    /// Labels or annotations that every workload must carry.
    pub required_labels: Vec<String>,
    /// Labels that every image must carry.
    pub required_image_labels: Vec<String>,
    /// Labels that an image may carry; empty: every label.
    pub allowed_image_labels: Vec<String>,
    /// Priority classes that workloads may use; empty: every class.
    pub allowed_priority_classes: Vec<String>,
    /// Smallest user and group id that counts as high.
    pub min_user_id: i64,
    /// Smallest number of replicas that counts as enough.
    pub min_replicas: i64,
    /// The day on which support ends are judged; checks have no clock.
    pub as_of: Date,
    /// Longest life of a projected service account token, in seconds.
    pub max_token_seconds: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_registries: Vec::new(),
            required_labels: Vec::new(),
            required_image_labels: Vec::new(),
            allowed_image_labels: Vec::new(),
            allowed_priority_classes: Vec::new(),
            min_user_id: 10_000,
            min_replicas: 2,
            // 2026-11-21, for callers that do not say which day it is.
            as_of: Date::from_unix_seconds(1_795_219_200),
            max_token_seconds: 86_400,
        }
    }
}
