//! A live cluster: what it serves, what is in it, what changes, and the few things that are written to it.
//!
//! Objects travel as JSON values; nothing here judges them.
//! The connection comes from a kubeconfig or from the pod the process runs in, as with kubectl.

mod connection;
mod resource;
mod watch;

pub use connection::{Connection, ConnectionError};
pub use resource::Resource;
pub use watch::{Change, watch};
