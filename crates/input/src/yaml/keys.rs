//! What the keys of a mapping are called.
//!
//! JSON has texts for keys and nothing else, so the library behind kubectl makes texts of the others: `on` is the key
//! `true`, `010` the key `8`, `1e3` the key `1000`. Keys that it has no text for make it refuse the document.
//!
//! Source: `convertToJSONableObject` of <https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/yaml.go>.

use super::{
    Value, scalar,
    tree::{Document, Kind, fingerprint},
};
use crate::Diagnostic;

/// Reasons that are kept for a document: one refuses it, and nobody reads a million.
pub(super) const MAX_REFUSED: usize = 100;

impl Document {
    /// Gives the keys of a mapping the texts that kubectl knows them by.
    pub(super) fn name_keys(&mut self, id: u32, next: u32) {
        let mut at = id + 1;
        while at < next {
            let data = self.data(at);
            let (span, kind) = (data.span, data.kind);
            let target = if kind == Kind::Alias {
                self.data(data.aux)
            } else {
                data
            };
            let text = self.text(target);
            match target.kind {
                Kind::Mapping | Kind::Sequence => {
                    self.refuse(span, "kubectl refuses a list or an object as a key");
                }
                Kind::Plain if kind == Kind::Plain && text == "<<" => self.check_merge(at),
                // An alias is a key like any other, also where it stands for `<<`.
                Kind::Text if kind == Kind::Alias => self.name_key(at, text.to_owned()),
                Kind::Plain => match named(text) {
                    Ok(Some(name)) => self.name_key(at, name),
                    Ok(None) if kind == Kind::Alias => self.name_key(at, text.to_owned()),
                    Ok(None) => {}
                    Err(what) => {
                        let reason = format!("kubectl refuses {what} as a key; put it in quotes");
                        self.refuse(span, reason);
                    }
                },
                Kind::Text | Kind::Alias => {}
            }
            let value = self.data(at).next.max(at + 1);
            at = self.data(value).next.max(value + 1);
        }
    }

    fn name_key(&mut self, at: u32, name: String) {
        let print = fingerprint(name.as_bytes());
        let aux = self.decode(name.into());
        if let Some(data) = self.nodes.get_mut(at as usize) {
            data.kind = Kind::Text;
            data.aux = aux;
            data.print = print;
        }
    }

    /// What `<<` brings is a mapping, or a list of some.
    fn check_merge(&mut self, at: u32) {
        let followed = |at: u32| {
            let data = self.data(at);
            if data.kind == Kind::Alias {
                (self.data(data.aux), data.aux)
            } else {
                (data, at)
            }
        };
        let value = self.data(at).next.max(at + 1);
        let (data, id) = followed(value);
        let is_right = match data.kind {
            Kind::Mapping => true,
            Kind::Sequence => {
                let mut item = id + 1;
                let mut all = true;
                while item < data.next {
                    all &= followed(item).0.kind == Kind::Mapping;
                    item = self.data(item).next.max(item + 1);
                }
                all
            }
            _ => false,
        };
        if !is_right {
            let span = self.data(at).span;
            self.refuse(span, "<< takes an object or a list of objects");
        }
    }

    /// Notes why kubectl refuses the document, which is read all the same.
    pub(super) fn refuse(&mut self, span: ringwall_model::Span, reason: impl Into<String>) {
        if self.refused.len() < MAX_REFUSED {
            self.refused.push(Diagnostic::new(span, reason.into()));
        }
    }
}

/// The text that kubectl makes of a plain key, if it is another than the one that is written; an error for a
/// key that it refuses.
fn named(text: &str) -> Result<Option<String>, &'static str> {
    Ok(Some(match scalar::resolve(text) {
        Value::Null => return Err("null"),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(_) if text.parse::<u64>().is_ok() => {
            return Err("an integer of more than 63 bits");
        }
        Value::Float(value) => float(value),
        Value::String(_) | Value::Sequence | Value::Mapping => return Ok(None),
    }))
}

/// `strconv.FormatFloat(value, 'g', -1, 32)` of Go, with YAML's words for what is no number.
fn float(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "kubectl writes keys with the precision of 32 bits"
    )]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn keys_are_called_as_go_writes_them() {
        for (text, name) in [
            ("on", "true"),
            ("N", "false"),
            ("010", "8"),
            ("0x10", "16"),
            ("1_000", "1000"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1.5", "1.5"),
            ("1e-5", "1e-05"),
            ("0.1", "0.1"),
            ("1e5", "100000"),
            ("1e6", "1e+06"),
            ("123456.789e3", "1.2345679e+08"),
            ("1e30", "1e+30"),
            ("-.inf", "-.inf"),
        ] {
            assert_eq!(named(text), Ok(Some(name.to_owned())), "{text}");
        }
        for text in ["name", "1.2.3", "<<", "a b"] {
            assert_eq!(named(text), Ok(None), "{text}");
        }
        for text in ["", "~", "null", "9223372036854775808"] {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
