//! The real binary in a real folder: exit codes, messages, files.

mod accept;
mod bad_input;
mod exit_codes;
mod fixing;
mod folder;
