//! The built-in checks, one file each.
//!
//! A check is a declaration with its page (see `check.rs`) and one hook of [`Check`]. Checks are pure
//! and synchronous: they see views over what was parsed and add [findings](Findings); they never read
//! files, clock or network. [`judge`] runs them over one object, one Dockerfile, or all of a scan.
#![warn(clippy::disallowed_methods)]

mod among;
mod check;
mod checks;
mod control_plane;
mod dockerfile;
mod findings;
mod home;
mod ingress;
mod inventory;
pub mod judge;
mod loopback;
mod network;
mod page;
mod pod_labels;
mod rbac;
mod registry;
mod secret;
mod settings;
mod workload;

pub use among::Among;
pub use check::{Check, Declared, ForContainer, ForWorkload, Hook, Meta, Target};
pub use checks::Checks;
pub use dockerfile::trust::distribution_support_end;
pub use findings::{Draft, Findings};
pub use inventory::Inventory;
pub use page::{Example, Expected, Page};
pub use registry::{all, find, of_secrets};
pub use settings::Settings;

pub(crate) use check::check;
pub(crate) use ringwall_input::{
    kubernetes::{
        Binding, BindingSubject, Container, ContainerKind, Pod, Resource, Role, Rule, Selector,
        UsedImage, Workload,
    },
    yaml::{Node, Value, edit},
};
pub(crate) use ringwall_model::{Confidence, Safety, Severity};
