//! Copying and comparing of memory, in place of musl's on x86-64.
//!
//! musl copies with `rep movsq`, which takes tens of cycles to begin, and compares byte by byte. Nearly all that a scan
//! copies and compares is short, so that a binary with musl spends a fifth of its time there. A program that names this
//! crate gets `memcpy`, `memmove`, `memcmp` and `bcmp` from here; the linker asks libraries in the order in which they
//! are named, and that of C is the last.
//!
//! Everything is done by loads and stores of 16 bytes, which every x86-64 has. What remains at an end is done by one
//! more that overlaps the one before it.
//!
//! The crate is its own unit of translation without knowledge of these functions (`no_builtins`), or the compiler would
//! take a loop here for a call of the very function that it is in.
#![cfg(all(target_arch = "x86_64", any(target_env = "musl", test)))]
#![cfg_attr(not(test), no_std)]
#![no_builtins]
#![expect(
    unsafe_code,
    reason = "what is asked for are addresses and a length, whose bytes the caller answers for"
)]
#![expect(
    clippy::inline_always,
    reason = "all of a function is a few instructions, of which a call would be half"
)]

mod compare;
mod copy;
#[cfg(not(test))]
mod export;
mod lanes;

#[cfg(test)]
mod tests;
