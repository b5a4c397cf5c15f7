//! Kubernetes objects over YAML nodes: what every check looks at.
//!
//! A [`Resource`] is one object; a [`Workload`] is a pod, wherever it is written (a `Pod`, the template of
//! a `Deployment`, a custom kind that carries one), with its [`Container`]s of every sort.
//! Views borrow nodes and copy nothing; what a field means when it is absent is said here once.

mod container;
mod object;
mod operator;
mod rbac;
mod selector;
mod sysctl;
mod unassessed;
mod unrendered;
mod used_image;
mod workload;

pub use container::{Container, ContainerKind};
pub use object::{
    Document as ObjectDocument, IMAGE_POLICY, Resource, group_of, incomplete_items, objects,
};
pub use operator::asked_roles;
pub use rbac::{Binding, BindingSubject, Role, Rule};
pub use selector::{Operator, Requirement, Selector};
pub use sysctl::SAFE_SYSCTLS;
pub use unassessed::{unassessed_object, unassessed_pod};
pub use unrendered::{unrendered, unrendered_of_pods};
pub use used_image::UsedImage;
pub use workload::{Os, Pod, PodPath, Workload, custom_pod_kinds, workloads};
