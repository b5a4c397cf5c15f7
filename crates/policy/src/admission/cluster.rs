//! What policies may ask about the cluster around a request.

use std::sync::Arc;

use serde_json::Value;

use super::{AccessReviewer, GroupVersionKind};

/// Objects that stand beside the one under review: a live cluster's, or those of the same scan.
pub trait ClusterView: Send + Sync {
    /// The Namespace object of this name; `None` if it is not known.
    fn namespace(&self, name: &str) -> Option<Arc<Value>>;

    /// One object; `namespace` is empty for objects of the cluster.
    fn get(&self, kind: &GroupVersionKind, namespace: &str, name: &str) -> Option<Arc<Value>>;

    /// Whether objects of this kind live in namespaces; `None` if the kind is not known.
    fn is_namespaced(&self, kind: &GroupVersionKind) -> Option<bool>;

    /// All objects of a kind, in one namespace or (if empty) of the whole cluster, in the order of their names.
    fn list(&self, kind: &GroupVersionKind, namespace: &str) -> Vec<Arc<Value>>;

    /// Whoever knows what subjects may do; `None` where nobody can be asked, and `authorizer` has no value.
    fn access(&self) -> Option<&dyn AccessReviewer> {
        None
    }
}

/// A cluster of which nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCluster;

impl ClusterView for NoCluster {
    fn namespace(&self, _name: &str) -> Option<Arc<Value>> {
        None
    }

    fn get(&self, _kind: &GroupVersionKind, _namespace: &str, _name: &str) -> Option<Arc<Value>> {
        None
    }

    fn is_namespaced(&self, _kind: &GroupVersionKind) -> Option<bool> {
        None
    }

    fn list(&self, _kind: &GroupVersionKind, _namespace: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }
}
