//! Signatures of the Notary Project, as `notation` makes them: envelopes with the certificates of whoever signed.
//!
//! Source: <https://github.com/notaryproject/specifications/tree/main/specs>, version 1.1.
//! Nobody is asked over the network, so that it is not known whether a certificate was revoked; where a policy demands
//! to know it, a signature whose certificates can be revoked is undecided.

mod algorithm;
mod cbor;
mod certificate;
mod chain;
mod constraints;
mod cose;
mod der;
mod envelope;
mod jws;
mod name;
mod policy;
mod timestamp;
mod verify;

pub use certificate::Certificate;
pub use envelope::{NotationFormat, SigningScheme};
pub use name::DistinguishedName;
pub use policy::{
    Action, Demands, Identities, Level, NotationPolicies, NotationPolicy, StoreKind, StoreName,
    TimestampUse,
};
pub use verify::{NotationTarget, NotationTrust, NotationVerified, Unenforced, verify_notation};
