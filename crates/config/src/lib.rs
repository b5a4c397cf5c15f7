//! Configuration files as the JSON values that conftest hands to its policies.
//!
//! A policy written for conftest speaks about the exact shape that conftest's parser gives: an array of
//! commands for a Dockerfile, blocks as nested objects for HCL, `-name` for an XML attribute. This crate
//! gives the same shapes; a test parses the same files with conftest itself and compares.
//!
//! ```
//! use ringwall_config::{Format, inputs, parse};
//!
//! let format = Format::from_file_name("app.ini").unwrap();
//! let value = parse(format, b"[web]\nport = 8080\n").unwrap();
//! assert_eq!(inputs(value), [serde_json::json!({"web": {"port": 8080}})]);
//! ```
//!
//! What holds for every format:
//!
//! - Bytes that are not UTF-8 are read as U+FFFD, as Go's JSON encoder writes them.
//! - Numbers are what a Go program gets from JSON: doubles. A whole number has no fraction here.
//! - Size, nesting and expansion are bounded; a limit that was hit is an error.
//! - The environment is empty: `${HOME}` in properties and dotenv files is an empty text, where conftest
//!   would take the value from whoever runs it.
//!
//! Formats that conftest knows and this crate does not read are still in [`Format`], so that
//! [`parse`] refuses them by name.
#![warn(clippy::disallowed_methods)]

mod codeowners;
mod cyclonedx;
mod dockerfile;
mod dotenv;
mod error;
mod format;
mod hcl2;
mod ignore;
mod ini;
mod json;
mod nginx;
mod number;
mod properties;
mod spdx;
mod toml_file;
mod xml;
mod yaml;

use serde_json::Value;

pub use error::ParseError;
pub use format::Format;

/// Largest file that is parsed, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// Deepest nesting of a value, in levels.
pub const MAX_DEPTH: usize = 128;

/// Parses a file as `conftest parse` does.
///
/// Several YAML documents give an array of their values; [`inputs`] tells what a policy sees of it.
pub fn parse(format: Format, bytes: &[u8]) -> Result<Value, ParseError> {
    check_size(bytes)?;
    let text = String::from_utf8_lossy(bytes);
    let text = text.as_ref();
    match format {
        Format::Codeowners => codeowners::parse(text),
        Format::CycloneDx => cyclonedx::parse(text),
        Format::Dockerfile => dockerfile::parse(text),
        Format::Dotenv => dotenv::parse(text),
        Format::Hcl2 => hcl2::parse(text),
        Format::Ignore => Ok(ignore::parse(text)),
        Format::Ini => ini::parse(text),
        Format::Json => json::parse(text),
        Format::Jsonc => json::parse_with_comments(text),
        Format::Nginx => nginx::parse(text),
        Format::Properties => properties::parse(text),
        Format::Spdx => spdx::parse(text),
        Format::Toml => toml_file::parse(text),
        Format::Xml => xml::parse(text),
        Format::Yaml => yaml::parse(text),
        Format::Cue
        | Format::Edn
        | Format::Groovy
        | Format::Hcl1
        | Format::Hocon
        | Format::Jsonnet
        | Format::Textproto
        | Format::Vcl => Err(ParseError::new(
            1,
            1,
            format!("{format} files are not supported; conftest reads them"),
        )),
    }
}

/// The documents of a YAML file that hold anything.
pub fn yaml_documents(bytes: &[u8]) -> Result<Vec<Value>, ParseError> {
    check_size(bytes)?;
    let (mut documents, _) = yaml::documents(&String::from_utf8_lossy(bytes))?;
    documents.retain(|document| !document.is_null());
    Ok(documents)
}

fn check_size(bytes: &[u8]) -> Result<(), ParseError> {
    if bytes.len() > MAX_BYTES {
        let message = format!("larger than {} MiB", MAX_BYTES >> 20);
        return Err(ParseError::new(1, 1, message));
    }
    Ok(())
}

/// The line, from 1, of each command of a Dockerfile, in the order in which [`parse`] gives the commands.
pub fn dockerfile_lines(bytes: &[u8]) -> Vec<usize> {
    dockerfile::lines(&String::from_utf8_lossy(bytes))
}

/// What conftest's policies see as `input`, one evaluation for each: the members of an array at the top,
/// or the one value.
pub fn inputs(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        value => vec![value],
    }
}
