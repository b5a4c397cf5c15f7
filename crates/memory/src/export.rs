//! The functions under the names by which compilers ask for them.

use core::ffi::c_int;

use crate::{compare::compare, copy::copy};

/// # Safety
/// As C demands it: `length` bytes are readable at `from` and writable at `to`, which do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { copy(to, from, length) };
    to
}

/// # Safety
/// As C demands it: `length` bytes are readable at `from` and writable at `to`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { copy(to, from, length) };
    to
}

/// # Safety
/// As C demands it: `length` bytes are readable at both.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, length: usize) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { compare(one, other, length) as c_int }
}

/// # Safety
/// As for [`memcmp`].
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, length: usize) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { compare(one, other, length) as c_int }
}
