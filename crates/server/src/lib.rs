//! The admission server: HTTPS, reviews, policies that reload, decisions on record.
//!
//! Everything that comes from outside is bounded: bodies, depth, time, connections, queues. Policies are
//! [judges](ringwall_policy::admission::Judge), made by [loaders](PolicyLoader); the server knows none of them.

mod access;
pub mod background;
mod bounds;
mod builtin;
mod bundles;
mod deadline;
mod denial;
mod evaluate;
mod exemption;
mod http;
mod inventory;
mod mend;
mod metrics;
mod policies;
mod pool;
mod providers;
mod pushed;
mod record;
mod redact;
pub mod replay;
mod review;
mod run;
mod seen;
mod server;
mod settings;
pub mod setup;
mod tls;
pub mod wire;
mod world;

pub use builtin::BuiltIn;
pub use bundles::Bundles;
pub use exemption::{BREAK_GLASS, BreakGlass, BrokenGlass, Exemptions, PatternError};
pub use inventory::InventoryError;
pub use policies::{
    Change, FileProblem, Loaded, Policies, PolicyFile, PolicyLoader, PolicySet, PolicySource,
};
pub use providers::ProviderSettings;
pub use pushed::{
    ImageScanner, Judging, PushedSettings, Repositories, RepositoryPatternError, ScanError,
    Scanning, SecretError, StartError,
};
pub use record::RecordSettings;
pub use review::{Decision, FailurePolicy, ImageDecision, OutOfTime, Rules};
pub use run::run;
pub use server::{Server, ServerError};
pub use settings::{Cluster, Limits, Path, Route, Settings, default_paths};
pub use tls::{TlsError, TlsFiles};
pub use world::LiveWorld;
