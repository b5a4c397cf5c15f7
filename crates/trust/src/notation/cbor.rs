//! As much of CBOR as an envelope needs: whole numbers, bytes, texts, lists, maps and tags, all of a stated length.
//!
//! Source: RFC 8949. Depth and number of values are bounded, and nothing is copied. General readers of COSE follow
//! countersignatures into each other as deep as somebody nests them.

use super::envelope::malformed;
use crate::TrustError;

/// How deep values may stand in each other: a certificate stands in a list, in a map, in a list, under a tag.
const MAX_DEPTH: usize = 8;

/// Values of one text, more than any envelope has.
const MAX_VALUES: usize = 10_000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'b> {
    Integer(i64),
    Bytes(&'b [u8]),
    Text(&'b str),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tagged(u64, Box<Self>),
    /// `null`, `true`, `false`, `undefined`.
    Simple(u8),
}

struct Reader<'b> {
    rest: &'b [u8],
    values: usize,
}

impl<'b> Value<'b> {
    /// Reads one value, behind which nothing stands.
    pub(super) fn parse(bytes: &'b [u8]) -> Result<Self, TrustError> {
        let mut reader = Reader {
            rest: bytes,
            values: 0,
        };
        let value = reader.value(0)?;
        if reader.rest.is_empty() {
            Ok(value)
        } else {
            Err(malformed(&"something stands behind its end"))
        }
    }
}

impl<'b> Reader<'b> {
    fn value(&mut self, depth: usize) -> Result<Value<'b>, TrustError> {
        self.values += 1;
        if depth > MAX_DEPTH {
            return Err(malformed(&"it is nested too deep"));
        }
        if self.values > MAX_VALUES {
            return Err(malformed(&"it has too many values"));
        }
        let (major, number) = self.head()?;
        let outside = || malformed(&"a number is out of range");
        Ok(match major {
            0 => Value::Integer(i64::try_from(number).map_err(|_| outside())?),
            1 => Value::Integer(-1 - i64::try_from(number).map_err(|_| outside())?),
            2 => Value::Bytes(self.take(number)?),
            3 => Value::Text(
                std::str::from_utf8(self.take(number)?).map_err(|error| malformed(&error))?,
            ),
            4 => {
                let mut list = Vec::new();
                for _ in 0..number {
                    list.push(self.value(depth + 1)?);
                }
                Value::List(list)
            }
            5 => {
                let mut map = Vec::new();
                for _ in 0..number {
                    let key = self.value(depth + 1)?;
                    map.push((key, self.value(depth + 1)?));
                }
                Value::Map(map)
            }
            6 => Value::Tagged(number, Box::new(self.value(depth + 1)?)),
            _ => match u8::try_from(number) {
                Ok(number @ 20..=23) => Value::Simple(number),
                _ => return Err(malformed(&"a value is of no kind that is known")),
            },
        })
    }

    /// What sort of value comes, and its number: the value itself, or how long it is.
    fn head(&mut self) -> Result<(u8, u64), TrustError> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, extra) = (first >> 5, first & 31);
        let width = match extra {
            0..=23 => return Ok((major, u64::from(extra))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(malformed(&"the length of a value is not stated")),
        };
        // A fraction has bytes of its own where a length would be.
        if major == 7 {
            return Err(malformed(&"a value is of no kind that is known"));
        }
        let bytes = self.take(width)?;
        let number = bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok((major, number))
    }

    fn take(&mut self, count: u64) -> Result<&'b [u8], TrustError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let parts = self.rest.split_at_checked(count);
        let (taken, rest) = parts.ok_or_else(|| malformed(&"it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Writes bytes with their length before them.
pub(super) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = bytes.len() as u64;
    let [.., a, b, c, d] = length.to_be_bytes();
    match length {
        0..=23 => out.push(0x40 | d),
        24..=0xff => out.extend([0x58, d]),
        0x100..=0xffff => out.extend([0x59, c, d]),
        // An envelope has a mebibyte at most.
        _ => out.extend([0x5a, a, b, c, d]),
    }
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        // The examples of RFC 8949, appendix A.
        let cases: [(&[u8], Value<'_>); 9] = [
            (&[0x18, 0x64], Value::Integer(100)),
            (&[0x38, 0x63], Value::Integer(-100)),
            (&[0x1a, 0, 0x0f, 0x42, 0x40], Value::Integer(1_000_000)),
            (&[0x44, 1, 2, 3, 4], Value::Bytes(&[1, 2, 3, 4])),
            (&[0x62, 0xc3, 0xbc], Value::Text("")),
            (
                &[0x83, 1, 2, 3],
                Value::List([1, 2, 3].map(Value::Integer).to_vec()),
            ),
            (
                &[0xa1, 1, 2],
                Value::Map(vec![(Value::Integer(1), Value::Integer(2))]),
            ),
            (
                &[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0],
                Value::Tagged(1, Box::new(Value::Integer(1_363_896_240))),
            ),
            (&[0xf6], Value::Simple(22)),
        ];
        for (bytes, expected) in cases {
            let value = Value::parse(bytes).unwrap();
            if let Value::Text(text) = value {
                assert_eq!(text, "ü");
            } else {
                assert_eq!(value, expected);
            }
        }
    }

    #[test]
    fn what_is_damaged_or_endless_is_refused() {
        let deep = [vec![0x81; 100_000], vec![0]].concat();
        let many = [vec![0x9a, 0, 0x01, 0, 0], vec![0; 0x1_0000]].concat();
        let cases: [&[u8]; 14] = [
            &[],
            &[0x18],
            &[0x44, 1],
            // Lengths that nothing stands behind.
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            // Without a length, and fractions.
            &[0x9f, 0xff],
            &[0x5f, 0xff],
            &[0xf9, 0x3c, 0],
            &[0x61, 0xff],
            &[0, 0],
            &deep,
            &many,
        ];
        for bytes in cases {
            let start = &bytes[..bytes.len().min(10)];
            assert!(Value::parse(bytes).is_err(), "{start:x?}");
        }
    }

    #[test]
    fn bytes_are_written_as_they_are_read() {
        for length in [0, 1, 23, 24, 255, 256, 65_535, 65_536] {
            let bytes = vec![7; length];
            let mut out = Vec::new();
            write_bytes(&bytes, &mut out);
            assert_eq!(Value::parse(&out).unwrap(), Value::Bytes(&bytes));
        }
    }
}
