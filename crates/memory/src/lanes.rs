//! Loads and stores of 16 bytes at any address.

use core::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_storeu_si128,
};

/// How many bytes one load takes.
pub(crate) const LANE: usize = 16;

/// The 16 bytes at an address.
///
/// # Safety
/// They have to be readable.
#[inline(always)]
pub(crate) unsafe fn load(from: *const u8) -> __m128i {
    // SAFETY: the caller's promise; the instruction takes any alignment.
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// Stores 16 bytes.
///
/// # Safety
/// The place has to be writable.
#[inline(always)]
pub(crate) unsafe fn store(to: *mut u8, bytes: __m128i) {
    // SAFETY: the caller's promise; the instruction takes any alignment.
    unsafe { _mm_storeu_si128(to.cast(), bytes) }
}

/// A bit for each of 16 bytes, the first one the lowest, that says whether they differ.
#[inline(always)]
pub(crate) fn differences(one: __m128i, other: __m128i) -> u32 {
    // SAFETY: SSE2 is part of every x86-64.
    let equal = unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(one, other)) };
    !equal.cast_unsigned() & 0xFFFF
}

/// A number of as many bytes as it has, at any address.
///
/// # Safety
/// They have to be readable.
#[inline(always)]
pub(crate) unsafe fn number<T>(from: *const u8) -> T {
    // SAFETY: the caller's promise.
    unsafe { from.cast::<T>().read_unaligned() }
}

/// Stores a number at any address.
///
/// # Safety
/// The place has to be writable.
#[inline(always)]
pub(crate) unsafe fn put<T>(to: *mut u8, number: T) {
    // SAFETY: the caller's promise.
    unsafe { to.cast::<T>().write_unaligned(number) }
}
