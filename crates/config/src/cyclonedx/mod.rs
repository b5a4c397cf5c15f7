//! CycloneDX: JSON as it is, XML in the shape of CycloneDX's JSON as the Go library cyclonedx-go gives it.
//!
//! The library's quirks are kept: from XML, `bomFormat` is empty and `specVersion` is `SpecVersion(0)`.
//! An element of XML that stands in no table here is refused; the library drops those it does not know.

mod fields;
mod reader;

use serde_json::{Value, json};

use crate::{ParseError, json, xml};

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    match json::parse(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ParseError::new(1, 1, "a bill of materials is an object")),
        Err(error)
            if text
                .trim_start_matches('\u{feff}')
                .trim_start()
                .starts_with('{') =>
        {
            Err(error)
        }
        Err(_) => {
            let text = xml::normalized(text);
            let mut bom = reader::read(&text)?;
            bom.insert("bomFormat".to_owned(), json!(""));
            bom.insert("specVersion".to_owned(), json!("SpecVersion(0)"));
            Ok(Value::Object(bom))
        }
    }
}

#[cfg(test)]
mod tests;
