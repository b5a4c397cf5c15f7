//! HTTP: what a request must look like, how its body is read, and who hears the answer.

mod body;
mod connection;
mod health;
mod service;

pub(crate) use connection::{Connections, accept};
pub(crate) use health::serve_health;
pub(crate) use service::{Client, Service};
