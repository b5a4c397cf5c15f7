//! One argument, one verb, the flags between them.

use std::fmt::Write;

use num_bigint::{BigInt, Sign};

use super::{super::BuiltinError, Argument};
use crate::display::{is_printable, write_quoted};

#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of a format are that many"
)]
pub(super) struct Layout {
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`
    pub(super) go_syntax: bool,
    /// `%+v`
    pub(super) with_fields: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Layout {
    pub(super) fn print(
        &self,
        out: &mut String,
        argument: &Argument,
        verb: char,
    ) -> Result<(), BuiltinError> {
        if verb == 'T' {
            self.text(out, argument.go_type());
            return Ok(());
        }
        match argument {
            Argument::Text(text) => match verb {
                'v' if self.go_syntax => self.quoted(out, text),
                'v' | 's' => self.text(out, text),
                'q' => self.quoted(out, text),
                'x' => self.hex_bytes(out, text.as_bytes(), false),
                'X' => self.hex_bytes(out, text.as_bytes(), true),
                _ => self.bad(out, argument, verb)?,
            },
            Argument::Integer(value) => match verb {
                'v' | 'd' => self.integer(out, *value, 10, verb),
                'b' => self.integer(out, *value, 2, verb),
                'o' | 'O' => self.integer(out, *value, 8, verb),
                'x' | 'X' => self.integer(out, *value, 16, verb),
                'c' => self.pad(out, &character(*value).to_string()),
                'q' => {
                    let mut quoted = String::new();
                    let text = character(*value).to_string();
                    let _ = write_quoted(&mut quoted, &text, '\'', self.plus);
                    self.pad(out, &quoted);
                }
                'U' => self.code_point(out, *value),
                _ => self.bad(out, argument, verb)?,
            },
            Argument::Big(value) => return self.big(out, value, verb),
            Argument::Float(value) => match verb {
                'v' => self.float(out, *value, 'g', None),
                'b' | 'g' | 'G' | 'x' | 'X' => self.float(out, *value, verb, None),
                'e' | 'E' => self.float(out, *value, verb, Some(6)),
                'f' | 'F' => self.float(out, *value, 'f', Some(6)),
                _ => self.bad(out, argument, verb)?,
            },
        }
        Ok(())
    }

    /// A verb that does not fit the type.
    fn bad(&self, out: &mut String, argument: &Argument, verb: char) -> Result<(), BuiltinError> {
        out.push_str("%!");
        out.push(verb);
        out.push('(');
        out.push_str(argument.go_type());
        out.push('=');
        self.print(out, argument, 'v')?;
        out.push(')');
        Ok(())
    }

    fn padding(&self, out: &mut String, count: usize, zeros: bool) {
        let with = if zeros && self.zero && !self.minus {
            '0'
        } else {
            ' '
        };
        out.extend(std::iter::repeat_n(with, count));
    }

    fn pad_with(&self, out: &mut String, text: &str, zeros: bool) {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.minus {
            out.push_str(text);
            self.padding(out, missing, zeros);
        } else {
            self.padding(out, missing, zeros);
            out.push_str(text);
        }
    }

    fn pad(&self, out: &mut String, text: &str) {
        self.pad_with(out, text, true);
    }

    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        match self.precision {
            Some(precision) => text
                .char_indices()
                .nth(precision)
                .and_then(|(byte, _)| text.get(..byte))
                .unwrap_or(text),
            None => text,
        }
    }

    fn text(&self, out: &mut String, text: &str) {
        self.pad(out, self.truncated(text));
    }

    fn quoted(&self, out: &mut String, text: &str) {
        let text = self.truncated(text);
        let mut quoted = String::with_capacity(text.len() + 2);
        if self.sharp && can_be_raw(text) {
            quoted.push('`');
            quoted.push_str(text);
            quoted.push('`');
        } else {
            let _ = write_quoted(&mut quoted, text, '"', self.plus);
        }
        self.pad(out, &quoted);
    }

    /// Bytes of a text, two digits each.
    fn hex_bytes(&self, out: &mut String, bytes: &[u8], is_upper: bool) {
        let length = self.precision.unwrap_or(bytes.len()).min(bytes.len());
        let bytes = bytes.get(..length).unwrap_or_default();
        let prefix = if is_upper { "0X" } else { "0x" };
        let mut digits = String::with_capacity(2 * length);
        for (index, byte) in bytes.iter().enumerate() {
            if self.space && index > 0 {
                digits.push(' ');
            }
            if self.sharp && (index == 0 || self.space) {
                digits.push_str(prefix);
            }
            let _ = if is_upper {
                write!(digits, "{byte:02X}")
            } else {
                write!(digits, "{byte:02x}")
            };
        }
        self.pad(out, &digits);
    }

    fn integer(&self, out: &mut String, value: i64, base: u32, verb: char) {
        let mut zeros = 0;
        match self.precision {
            Some(0) if value == 0 => {
                self.padding(out, self.width.unwrap_or(0), false);
                return;
            }
            Some(precision) => zeros = precision,
            None if self.zero && !self.minus => {
                zeros = self.width.unwrap_or(0);
                if value < 0 || self.plus || self.space {
                    zeros = zeros.saturating_sub(1);
                }
            }
            None => {}
        }
        let magnitude = value.unsigned_abs();
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let digits = format!("{digits:0>zeros$}");
        let prefix = match (base, verb) {
            (_, 'O') => "0o",
            (2, _) if self.sharp => "0b",
            (8, _) if self.sharp && !digits.starts_with('0') => "0",
            (16, 'X') if self.sharp => "0X",
            (16, _) if self.sharp => "0x",
            _ => "",
        };
        // `%#O` has the zero of the octal form besides the prefix.
        let octal = if verb == 'O' && self.sharp && !digits.starts_with('0') {
            "0"
        } else {
            ""
        };
        let sign = self.sign(value < 0);
        self.pad_with(out, &format!("{sign}{prefix}{octal}{digits}"), false);
    }

    fn sign(&self, is_negative: bool) -> &'static str {
        if is_negative {
            "-"
        } else if self.plus {
            "+"
        } else if self.space {
            " "
        } else {
            ""
        }
    }

    fn code_point(&self, out: &mut String, value: i64) {
        let precision = self.precision.unwrap_or(0).max(4);
        // A negative number is shown as the bits it has.
        let code = value.cast_unsigned();
        let mut text = format!("U+{code:0>precision$X}");
        if self.sharp
            && let Some(character) = u32::try_from(code).ok().and_then(char::from_u32)
            && is_printable(character)
        {
            let _ = write!(text, " '{character}'");
        }
        self.pad_with(out, &text, false);
    }

    /// Whole numbers beyond 64 bits, which `math/big` prints itself.
    fn big(&self, out: &mut String, value: &BigInt, verb: char) -> Result<(), BuiltinError> {
        let base = match verb {
            'b' => 2,
            'o' | 'O' => 8,
            'd' | 's' | 'v' => 10,
            'x' | 'X' => 16,
            'w' | 'p' => {
                return Err(BuiltinError::halt(format!(
                    "sprintf: the verb %{verb} shows an address of a large number"
                )));
            }
            _ => {
                let _ = write!(out, "%!{verb}(big.Int={value})");
                return Ok(());
            }
        };
        let has_plus = self.plus || self.with_fields;
        let sign = if value.sign() == Sign::Minus {
            "-"
        } else if has_plus {
            "+"
        } else if self.space {
            " "
        } else {
            ""
        };
        let prefix = match verb {
            'O' => "0o",
            'b' if self.sharp => "0b",
            'o' if self.sharp => "0",
            'x' if self.sharp => "0x",
            'X' if self.sharp => "0X",
            _ => "",
        };
        let mut digits = value.magnitude().to_str_radix(base);
        if verb == 'X' {
            digits.make_ascii_uppercase();
        }
        let mut zeros = self
            .precision
            .map_or(0, |precision| precision.saturating_sub(digits.len()));
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        let (mut left, mut right) = (0, 0);
        if self.minus {
            right = missing;
        } else if self.zero && self.precision.is_none() {
            zeros = missing;
        } else {
            left = missing;
        }
        out.extend(std::iter::repeat_n(' ', left));
        out.push_str(sign);
        out.push_str(prefix);
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(&digits);
        out.extend(std::iter::repeat_n(' ', right));
        Ok(())
    }

    fn float(&self, out: &mut String, value: f64, verb: char, default: Option<usize>) {
        let precision = self.precision.or(default);
        let mut number = super::floats::format(value.abs(), verb, precision);
        let is_negative = value.is_sign_negative();
        if self.sharp && verb != 'b' {
            number = super::floats::with_point(&number, verb, precision);
        }
        let sign = self.sign(is_negative);
        if !sign.is_empty() {
            let length = sign.len() + number.len();
            let width = self.width.unwrap_or(0);
            if self.zero && !self.minus && width > length {
                out.push_str(sign);
                self.padding(out, width - length, true);
                out.push_str(&number);
                return;
            }
        }
        self.pad(out, &format!("{sign}{number}"));
    }
}

fn character(value: i64) -> char {
    u32::try_from(value)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether a text can stand between backquotes in Go.
fn can_be_raw(text: &str) -> bool {
    text.chars().all(|character| match character {
        '\u{feff}' | '`' | '\u{7f}' => false,
        '\t' => true,
        other => other >= ' ',
    })
}
