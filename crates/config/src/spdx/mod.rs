//! SPDX documents in tag-value form, in the shape of SPDX's own JSON as the Go library tools-golang
//! writes it. Versions 2.2 and 2.3 are read, and both come out as 2.3, which is what the library does.
//!
//! Snippets and reviews are checked and left out, for the library has no place for them in JSON.

mod document;
mod fields;
mod tags;

use serde_json::Value;

use crate::ParseError;

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let pairs = tags::read(text)?;
    let version = pairs.iter().find(|pair| pair.tag == "SPDXVersion");
    match version.map(|pair| pair.value.as_str()) {
        Some("SPDX-2.2" | "SPDX-2.3") => {}
        other => {
            let line = version.map_or(1, |pair| pair.line);
            let message = format!("unsupported SPDX version {:?}", other.unwrap_or(""));
            return Err(ParseError::new(line, 1, message));
        }
    }
    let mut document = document::Document::default();
    for pair in &pairs {
        document
            .add(&pair.tag, &pair.value)
            .map_err(|message| ParseError::new(pair.line, 1, message))?;
    }
    let last = pairs.last().map_or(1, |pair| pair.line);
    document
        .finish()
        .map_err(|message| ParseError::new(last, 1, message))
}

#[cfg(test)]
mod tests;
