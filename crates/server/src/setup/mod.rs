//! The files that an API server needs to ask ringwall, made and checked.

pub mod certificates;
