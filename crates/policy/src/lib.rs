//! Policies judged over Kubernetes objects: Pod Security Standards.
