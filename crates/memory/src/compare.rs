//! Comparing.

use core::cmp::Ordering;

use crate::lanes::{LANE, differences, load, number};

/// The order of two places of `length` bytes, by the first byte that differs.
///
/// # Safety
/// As many bytes have to be readable at both.
#[inline(always)]
pub(crate) unsafe fn compare(one: *const u8, other: *const u8, length: usize) -> Ordering {
    // SAFETY: no offset is beyond `length`.
    unsafe {
        if length < LANE {
            return short(one, other, length);
        }
        let last = length - LANE;
        let mut at = 0;
        loop {
            let different = differences(load(one.add(at)), load(other.add(at)));
            if different != 0 {
                let at = at + different.trailing_zeros() as usize;
                return number::<u8>(one.add(at)).cmp(&number(other.add(at)));
            }
            if at == last {
                return Ordering::Equal;
            }
            at = if at + LANE < last { at + LANE } else { last };
        }
    }
}

/// The order of fewer than 16 bytes.
///
/// # Safety
/// As for [`compare`].
#[inline(always)]
unsafe fn short(one: *const u8, other: *const u8, length: usize) -> Ordering {
    // As numbers with the first byte in front, bytes have the order that they have one by one.
    // SAFETY: each branch has at least as many bytes as it loads.
    unsafe {
        if length >= 8 {
            let at = |place: *const u8, at| u64::from_be(number(place.add(at)));
            let last = length - 8;
            return at(one, 0)
                .cmp(&at(other, 0))
                .then_with(|| at(one, last).cmp(&at(other, last)));
        }
        if length >= 4 {
            let at = |place: *const u8, at| u32::from_be(number(place.add(at)));
            let last = length - 4;
            return at(one, 0)
                .cmp(&at(other, 0))
                .then_with(|| at(one, last).cmp(&at(other, last)));
        }
        if length >= 2 {
            let at = |place: *const u8, at| u16::from_be(number(place.add(at)));
            let last = length - 2;
            return at(one, 0)
                .cmp(&at(other, 0))
                .then_with(|| at(one, last).cmp(&at(other, last)));
        }
        if length == 1 {
            return number::<u8>(one).cmp(&number(other));
        }
    }
    Ordering::Equal
}
