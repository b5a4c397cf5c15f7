//! Copying, also to a place that overlaps the one that is copied.

use crate::lanes::{LANE, load, number, put, store};

/// Bytes that are copied in one round of a loop.
const ROUND: usize = 4 * LANE;

/// Copies `length` bytes; the places may overlap.
///
/// # Safety
/// As many bytes have to be readable at `from`, and writable at `to`.
#[inline(always)]
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: no offset is beyond `length`. Everything up to 128 bytes is loaded before anything is stored.
    unsafe {
        if length <= LANE {
            return short(to, from, length);
        }
        let end = length - LANE;
        if length <= 2 * LANE {
            let (first, last) = (load(from), load(from.add(end)));
            store(to, first);
            store(to.add(end), last);
            return;
        }
        if length <= 4 * LANE {
            let (a, b) = (load(from), load(from.add(LANE)));
            let (c, d) = (load(from.add(end - LANE)), load(from.add(end)));
            store(to, a);
            store(to.add(LANE), b);
            store(to.add(end - LANE), c);
            store(to.add(end), d);
            return;
        }
        if length <= 2 * ROUND {
            let (first, last) = (round(from), round(from.add(length - ROUND)));
            put_round(to, first);
            put_round(to.add(length - ROUND), last);
            return;
        }
    }
    // Where the target lies inside what is copied, its end would be overwritten before it is read.
    let lies_inside = to.addr().wrapping_sub(from.addr()) < length;
    // SAFETY: the caller's promise; `lies_inside` tells which direction is right.
    unsafe {
        if lies_inside {
            backwards(to, from, length);
        } else {
            forwards(to, from, length);
        }
    }
}

/// Copies up to 16 bytes.
///
/// # Safety
/// As for [`copy`].
#[inline(always)]
unsafe fn short(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: each branch has at least as many bytes as it loads, and loads all before it stores.
    unsafe {
        if length >= 8 {
            let (first, last) = (number::<u64>(from), number::<u64>(from.add(length - 8)));
            put(to, first);
            put(to.add(length - 8), last);
        } else if length >= 4 {
            let (first, last) = (number::<u32>(from), number::<u32>(from.add(length - 4)));
            put(to, first);
            put(to.add(length - 4), last);
        } else if length >= 2 {
            let (first, last) = (number::<u16>(from), number::<u16>(from.add(length - 2)));
            put(to, first);
            put(to.add(length - 2), last);
        } else if length == 1 {
            put(to, number::<u8>(from));
        }
    }
}

/// Copies more than 64 bytes from the front; what is left at the end is read before it may be overwritten.
///
/// # Safety
/// As for [`copy`], and `to` does not lie behind `from` inside of what is copied.
#[inline(always)]
unsafe fn forwards(to: *mut u8, from: *const u8, length: usize) {
    let last = length - ROUND;
    // SAFETY: every round ends within `length`.
    unsafe {
        let tail = round(from.add(last));
        let mut at = 0;
        while at < last {
            put_round(to.add(at), round(from.add(at)));
            at += ROUND;
        }
        put_round(to.add(last), tail);
    }
}

/// Copies more than 64 bytes from the end; what is left at the front is read before it may be overwritten.
///
/// # Safety
/// As for [`copy`], and `to` lies behind `from`.
#[inline(always)]
unsafe fn backwards(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: every round begins within `length`.
    unsafe {
        let head = round(from);
        let mut at = length;
        while at > ROUND {
            at -= ROUND;
            put_round(to.add(at), round(from.add(at)));
        }
        put_round(to, head);
    }
}

/// 64 bytes.
type Round = [core::arch::x86_64::__m128i; 4];

/// # Safety
/// 64 bytes have to be readable.
#[inline(always)]
unsafe fn round(from: *const u8) -> Round {
    // SAFETY: the caller's promise.
    unsafe {
        [
            load(from),
            load(from.add(LANE)),
            load(from.add(2 * LANE)),
            load(from.add(3 * LANE)),
        ]
    }
}

/// # Safety
/// 64 bytes have to be writable.
#[inline(always)]
unsafe fn put_round(to: *mut u8, [a, b, c, d]: Round) {
    // SAFETY: the caller's promise.
    unsafe {
        store(to, a);
        store(to.add(LANE), b);
        store(to.add(2 * LANE), c);
        store(to.add(3 * LANE), d);
    }
}
