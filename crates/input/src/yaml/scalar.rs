//! What a plain scalar means to Kubernetes.
//!
//! The rules are those of the Go library behind kubectl (`sigs.k8s.io/yaml`, `goyaml.v2/resolve.go`):
//! YAML 1.1 booleans, `0x`, `0o`, `0b` and leading-zero octal integers, underscores between digits.

/// The value of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing, `~` or `null`.
    Null,
    /// A boolean word of YAML 1.1.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Everything else, and all that is quoted.
    String(&'a str),
    /// A list.
    Sequence,
    /// An object.
    Mapping,
}

impl Value<'_> {
    /// What a message calls it: `a string`, `a number`.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::Sequence => "a list",
            Self::Mapping => "an object",
        }
    }
}

/// Bytes of the longest word that is no string: `false`.
const LONGEST_WORD: usize = 5;

/// What a plain scalar may be, by its first byte and its length.
enum Looks {
    /// Nothing is written.
    Empty,
    /// A number, or a string.
    Number,
    /// A boolean, null, or a string.
    Word,
    /// Nothing else.
    String,
}

#[inline]
fn looks(written: &[u8]) -> Looks {
    match written.first() {
        None => Looks::Empty,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => Looks::Number,
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O')
            if written.len() <= LONGEST_WORD =>
        {
            Looks::Word
        }
        Some(_) => Looks::String,
    }
}

/// Whether a plain scalar is a string. True of nearly every key, and mostly told by its looks.
pub(super) fn is_string(written: &[u8]) -> bool {
    match looks(written) {
        Looks::String => true,
        Looks::Empty => false,
        Looks::Number | Looks::Word => {
            std::str::from_utf8(written).is_ok_and(|text| matches!(resolve(text), Value::String(_)))
        }
    }
}

/// Resolves a plain scalar.
pub(super) fn resolve(text: &str) -> Value<'_> {
    match looks(text.as_bytes()) {
        Looks::Empty => Value::Null,
        Looks::Number => number(text).unwrap_or(Value::String(text)),
        Looks::Word => word(text),
        Looks::String => Value::String(text),
    }
}

/// Bytes of the longest word that [`is_null`] takes.
pub(super) const LONGEST_NULL: u32 = 4;

/// Whether a plain scalar says that there is nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn word(text: &str) -> Value<'_> {
    match text {
        _ if is_null(text) => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "y" | "Y" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "n" | "N" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => Value::String(text),
    }
}

fn number(text: &str) -> Option<Value<'static>> {
    if let Some(value) = ordinary_integer(text.as_bytes()) {
        return Some(Value::Int(value));
    }
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Value::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        _ => {}
    }
    // Quantities, addresses and versions mostly have a letter or a mark that no number has.
    let may_be_number = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'x' | b'X' | b'o' | b'O' | b'+' | b'-' | b'.' | b'_');
    if !text.bytes().all(may_be_number) {
        return None;
    }
    let digits: std::borrow::Cow<'_, str> = if text.contains('_') {
        text.replace('_', "").into()
    } else {
        text.into()
    };
    if let Some(value) = integer(&digits) {
        return Some(Value::Int(value));
    }
    // One that is too large is none for Go either: `12e4567`, the short name of a commit, is a text.
    let value = is_float(&digits).then(|| digits.parse().ok()).flatten()?;
    f64::is_finite(value).then_some(Value::Float(value))
}

/// Nearly all numbers: up to eighteen decimal digits, which fit into 64 bits, and not a zero before them.
fn ordinary_integer(text: &[u8]) -> Option<i64> {
    let is_ordinary = matches!(text, [b'0'] | [b'1'..=b'9', ..]) && text.len() <= 18;
    if !is_ordinary {
        return None;
    }
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

fn integer(text: &str) -> Option<i64> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, magnitude.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, magnitude.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, magnitude.get(2..)?),
        [b'0', _, ..] => (8, magnitude.get(1..)?),
        _ => (10, magnitude),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 1..)),
        None => (text, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_holds = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    mantissa_holds
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && all_digits(exponent)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_yaml_1_1_are_booleans() {
        for text in [
            "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON",
        ] {
            assert_eq!(resolve(text), Value::Bool(true), "{text}");
        }
        for text in ["false", "no", "n", "off", "OFF", "N"] {
            assert_eq!(resolve(text), Value::Bool(false), "{text}");
        }
        for text in ["tRue", "yEs", "ye", "truee", "offf", "o"] {
            assert_eq!(resolve(text), Value::String(text), "{text}");
        }
    }

    #[test]
    fn integers_have_go_prefixes() {
        for (text, value) in [
            ("0", 0),
            ("10", 10),
            ("-5", -5),
            ("+5", 5),
            ("0644", 420),
            ("0o644", 420),
            ("0x1F", 31),
            ("0b101", 5),
            ("1_000", 1000),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(resolve(text), Value::Int(value), "{text}");
        }
    }

    #[test]
    fn floats_and_texts_are_told_apart() {
        assert_eq!(resolve("1.5"), Value::Float(1.5));
        assert_eq!(resolve("1e3"), Value::Float(1000.0));
        assert_eq!(resolve(".5"), Value::Float(0.5));
        assert_eq!(resolve("089"), Value::Float(89.0));
        assert_eq!(
            resolve("9223372036854775808"),
            Value::Float(9_223_372_036_854_775_808.0)
        );
        for text in [
            "12e4567",
            "-1e999",
            "1.2.3",
            "500m",
            "1Gi",
            "-",
            "+",
            ".",
            "1e",
            "0x",
            "10.0.0.0/8",
            "0xzz",
            "2001-01-01",
        ] {
            assert_eq!(resolve(text), Value::String(text), "{text}");
        }
    }

    #[test]
    fn nothing_is_null() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Value::Null, "{text}");
            assert!(is_null(text), "{text}");
        }
    }
}
