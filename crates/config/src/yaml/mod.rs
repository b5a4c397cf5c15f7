//! YAML as conftest reads it, which is how the YAML library of Kubernetes does: YAML 1.1 booleans and
//! octal integers, merge keys, the last of equal keys.
//!
//! Documents are split at lines that are exactly `---`. conftest reads only the first document of what
//! lies between; this reads them all, since a policy that was not asked cannot refuse.

mod build;
mod scalar;

use serde_json::Value;

use crate::ParseError;

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let (mut documents, is_many) = documents(text)?;
    if is_many || documents.len() > 1 {
        return Ok(Value::Array(documents));
    }
    Ok(documents.pop().unwrap_or_default())
}

/// Every document, and whether a separator stands between any.
pub(crate) fn documents(text: &str) -> Result<(Vec<Value>, bool), ParseError> {
    let mut documents = Vec::new();
    let mut is_many = false;
    for (line, chunk) in chunks(text) {
        is_many |= line > 1;
        let mut read = build::documents(chunk).map_err(|mut error| {
            error.line += line - 1;
            error
        })?;
        // A chunk of comments is a document of nothing.
        if read.is_empty() {
            read.push(Value::Null);
        }
        documents.append(&mut read);
    }
    Ok((documents, is_many))
}

/// The parts of a file between separators, each with the line it starts on.
fn chunks(text: &str) -> Vec<(usize, &str)> {
    let separator = if text.contains("\r\n") {
        "\r\n---\r\n"
    } else {
        "\n---\n"
    };
    let mut chunks: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    let mut line = 1;
    // The first separator behind a directive belongs to its document.
    let mut is_directive = text.starts_with('%');
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(separator)) {
        let at = from + found;
        from = at + separator.len();
        if std::mem::take(&mut is_directive) {
            continue;
        }
        chunks.push((line, text.get(start..at).unwrap_or("")));
        line += text.get(start..from).map_or(0, |chunk| {
            chunk.bytes().filter(|byte| *byte == b'\n').count()
        });
        start = from;
    }
    chunks.push((line, text.get(start..).unwrap_or("")));
    chunks
}

#[cfg(test)]
mod tests;
