//! Formats of texts.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A `format` that is checked; the API server ignores the ones it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Ipv4,
    Ipv6,
    Cidr,
    Mac,
    Uuid,
    Byte,
    Date,
    DateTime,
}

impl Format {
    /// The format of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "cidr" => Self::Cidr,
            "mac" => Self::Mac,
            "uuid" => Self::Uuid,
            "byte" => Self::Byte,
            "date" => Self::Date,
            "date-time" | "datetime" => Self::DateTime,
            _ => return None,
        })
    }

    /// Its name in messages.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Cidr => "a CIDR range",
            Self::Mac => "a MAC address",
            Self::Uuid => "a UUID",
            Self::Byte => "base64",
            Self::Date => "a date (YYYY-MM-DD)",
            Self::DateTime => "a time (RFC 3339)",
        }
    }

    /// Whether a text has the format.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Ipv4 => Ipv4Addr::from_str(text).is_ok(),
            Self::Ipv6 => Ipv6Addr::from_str(text).is_ok(),
            Self::Cidr => is_cidr(text),
            Self::Mac => is_mac(text),
            Self::Uuid => is_uuid(text),
            Self::Byte => is_base64(text),
            Self::Date => is_date(text),
            Self::DateTime => is_date_time(text),
        }
    }
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, length)| {
        let limit = if Ipv4Addr::from_str(address).is_ok() {
            32
        } else if Ipv6Addr::from_str(address).is_ok() {
            128
        } else {
            return false;
        };
        length.bytes().all(|byte| byte.is_ascii_digit())
            && length.parse::<u8>().is_ok_and(|length| length <= limit)
    })
}

fn is_mac(text: &str) -> bool {
    ([':', '-'].iter()).any(|&separator| {
        let parts: Vec<_> = text.split(separator).collect();
        matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(|part| is_hex(part, 2))
    })
}

/// Dashes are optional, as in the pattern that the API server uses.
fn is_uuid(text: &str) -> bool {
    let digits: String = text.chars().filter(|&digit| digit != '-').collect();
    is_hex(&digits, 32) && text.len() <= 36
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Line breaks do not count, as in Go.
fn is_base64(text: &str) -> bool {
    let text: String = text
        .chars()
        .filter(|end| !matches!(end, '\r' | '\n'))
        .collect();
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |length: usize| {
        let part = parts.next()?;
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    parts.next().is_none() && (1..=days).contains(&day)
}

fn is_date_time(text: &str) -> bool {
    let (Some(date), Some(mark), Some(rest)) = (text.get(..10), text.get(10..11), text.get(11..))
    else {
        return false;
    };
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let is_clock = |text: &str, limits: &[u8]| {
        let parts: Vec<_> = text.split(':').collect();
        parts.len() == limits.len()
            && parts.iter().zip(limits).all(|(part, &limit)| {
                part.len() == 2
                    && part.bytes().all(|byte| byte.is_ascii_digit())
                    && part.parse::<u8>().is_ok_and(|number| number <= limit)
            })
    };
    is_date(date)
        && mark.eq_ignore_ascii_case("T")
        && is_clock(clock, &[23, 59, 59])
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && (zone.eq_ignore_ascii_case("Z")
            || zone
                .strip_prefix(['+', '-'])
                .is_some_and(|offset| is_clock(offset, &[23, 59])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        for (name, fits, does_not) in [
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "::1", "10.0.0.1"),
            ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
            ("mac", "00:00:5e:00:53:01", "00:00:5e"),
            ("uuid", "c2ee5b4d-7a1b-4c1e-8e3f-000000000000", "c2ee5b4d"),
            ("byte", "YWI=", "YWI"),
            ("byte", "YW\nI=\n", "Y*I="),
            ("date", "2024-02-29", "2023-02-29"),
            ("date-time", "2024-01-01T10:00:00.5Z", "2024-01-01 10:00:00"),
            (
                "datetime",
                "2024-01-01T10:00:00+02:00",
                "2024-01-01T25:00:00Z",
            ),
        ] {
            let format = Format::of(name).expect(name);
            assert!(format.fits(fits), "{name}: {fits}");
            assert!(!format.fits(does_not), "{name}: {does_not}");
        }
        assert_eq!(Format::of("color"), None);
    }
}
