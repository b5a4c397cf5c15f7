//! Values in DER one after another: as much as a timestamp needs.

use crate::TrustError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BYTES: u8 = 0x04;
pub(super) const IDENTIFIER: u8 = 0x06;
pub(super) const TIME: u8 = 0x18;
pub(super) const LIST: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// What is left of some values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Der<'b>(pub(super) &'b [u8]);

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'b> {
    pub(super) tag: u8,
    /// Without its head.
    pub(super) content: &'b [u8],
    /// With it.
    pub(super) whole: &'b [u8],
}

impl<'b> Der<'b> {
    /// The next value; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'b>>, TrustError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let item = item(self.0).ok_or_else(|| malformed("a value is damaged"))?;
        self.0 = self.0.get(item.whole.len()..).unwrap_or_default();
        Ok(Some(item))
    }

    /// What the next value holds, which has to be one of this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<&'b [u8], TrustError> {
        Ok(self.take_whole(tag)?.content)
    }

    /// The same with its head.
    pub(super) fn take_whole(&mut self, tag: u8) -> Result<Item<'b>, TrustError> {
        match self.next()? {
            Some(item) if item.tag == tag => Ok(item),
            _ => Err(malformed("a value is of another kind than expected")),
        }
    }

    /// The next value where it has this tag, and nothing is taken where it has not.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'b [u8]>, TrustError> {
        let mut ahead = *self;
        match ahead.next()? {
            Some(item) if item.tag == tag => {
                *self = ahead;
                Ok(Some(item.content))
            }
            _ => Ok(None),
        }
    }

    /// All that is left, as long as it is not too much.
    pub(super) fn all(mut self, most: usize) -> Result<Vec<Item<'b>>, TrustError> {
        let mut items = Vec::new();
        while let Some(item) = self.next()? {
            if items.len() >= most {
                return Err(malformed("it has too many parts"));
            }
            items.push(item);
        }
        Ok(items)
    }
}

fn item(bytes: &[u8]) -> Option<Item<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    // Tags above thirty do not occur, and a length is always stated.
    if tag & 31 == 31 {
        return None;
    }
    let (length, head) = match first {
        0..=0x7f => (usize::from(first), 2),
        0x81..=0x84 => {
            let width = usize::from(first & 0x7f);
            let digits = rest.get(..width)?.iter();
            let length = digits.fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
            (length, 2 + width)
        }
        _ => return None,
    };
    let whole = bytes.get(..head.checked_add(length)?)?;
    Some(Item {
        tag,
        content: whole.get(head..)?,
        whole,
    })
}

pub(super) fn malformed(reason: &str) -> TrustError {
    TrustError::malformed("timestamp", &reason)
}
