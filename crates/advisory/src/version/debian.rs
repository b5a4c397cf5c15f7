//! Debian's order: epoch, then upstream version, then revision.
//!
//! See: <https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// The three parts; a missing epoch or revision is empty, which is as good as zero.
pub(super) struct Version<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EMPTY);
        }
        let (epoch, rest) = text.split_once(':').unwrap_or(("", text));
        if rest.len() < text.len() && !numerals::is_number(epoch) {
            return Err("its epoch is no number");
        }
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        if upstream.is_empty() {
            return Err("it has no upstream version");
        }
        if rest.ends_with('-') {
            return Err("its revision is empty");
        }
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b".+~".contains(&byte);
        if !upstream
            .bytes()
            .all(|byte| is_known(byte) || b"-:".contains(&byte))
        {
            return Err("its upstream version has a character that none may have");
        }
        if !revision.bytes().all(is_known) {
            return Err("its revision has a character that none may have");
        }
        Ok(Self {
            epoch,
            upstream,
            revision,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare(self.epoch, other.epoch)
            .then_with(|| compare_part(self.upstream, other.upstream))
            .then_with(|| compare_part(self.revision, other.revision))
    }
}

/// Text and numbers take turns, beginning with text.
fn compare_part(mut one: &str, mut other: &str) -> Ordering {
    let is_text = |byte: u8| !byte.is_ascii_digit();
    while !one.is_empty() || !other.is_empty() {
        let (left, right) = (
            numerals::take(&mut one, is_text),
            numerals::take(&mut other, is_text),
        );
        let order = numerals::compare_padded(
            left.bytes().map(rank),
            right.bytes().map(rank),
            END,
            |left, right| left.cmp(&right),
        )
        .then_with(|| {
            numerals::compare(
                numerals::take_digits(&mut one),
                numerals::take_digits(&mut other),
            )
        });
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// The end of a text, in the order of [`rank`].
const END: u16 = 1;

/// `~` comes before everything, even the end; letters come before the rest.
fn rank(byte: u8) -> u16 {
    match byte {
        b'~' => 0,
        byte if byte.is_ascii_alphabetic() => u16::from(byte),
        byte => u16::from(byte) + 256,
    }
}
