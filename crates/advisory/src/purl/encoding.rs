//! Percent-encoding, as package URLs do it.

use std::fmt::{self, Write};

/// Writes a text with all encoded that is no letter, no digit and none of `.-_~:`.
pub(super) fn write(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            formatter.write_char(char::from(byte))?;
        } else {
            write!(formatter, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// Writes a path: its slashes stay.
pub(super) fn write_path(formatter: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            formatter.write_str("/")?;
        }
        write(formatter, segment)?;
    }
    Ok(())
}

/// Undoes the encoding.
pub(super) fn decode(text: &str) -> Result<String, &'static str> {
    const BROKEN: &str = "a percent sign is not followed by two hexadecimal digits";
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).ok_or(BROKEN)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BROKEN);
        }
        decoded.push(u8::from_str_radix(code, 16).map_err(|_| BROKEN)?);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).map_err(|_| "what is encoded is no UTF-8")
}
