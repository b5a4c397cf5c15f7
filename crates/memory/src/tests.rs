use crate::{compare::compare, copy::copy};

/// Longer than two rounds of the loops, and not a multiple of one.
const LONGEST: usize = 333;
/// Places that no load is aligned to, beside some that are.
const PLACES: [usize; 6] = [0, 1, 7, 15, 16, 33];

/// Bytes that all differ from their neighbours.
fn bytes() -> Vec<u8> {
    let numbers = (0..=u8::MAX).cycle().map(|number| number.wrapping_mul(167));
    numbers.take(2 * LONGEST + 100).collect()
}

#[test]
fn every_length_is_copied_and_nothing_else() {
    let source = bytes();
    for length in 0..=LONGEST {
        for from in PLACES {
            for to in PLACES {
                let mut target = vec![0xEE; to + length + 40];
                // SAFETY: both hold `length` bytes behind these places.
                unsafe {
                    copy(
                        target.as_mut_ptr().add(to),
                        source.as_ptr().add(from),
                        length,
                    );
                }
                assert!(target[..to].iter().all(|byte| *byte == 0xEE));
                assert_eq!(target[to..to + length], source[from..from + length]);
                assert!(target[to + length..].iter().all(|byte| *byte == 0xEE));
            }
        }
    }
}

#[test]
fn places_that_overlap_are_copied_as_they_were() {
    for length in 0..=LONGEST {
        for distance in [0, 1, 2, 3, 8, 15, 16, 17, 63, 64, 65, 127, 128, 200, 332] {
            for (from, to) in [(5, 5 + distance), (5 + distance, 5)] {
                let mut copied = bytes();
                let mut expected = copied.clone();
                expected.copy_within(from..from + length, to);
                let start = copied.as_mut_ptr();
                // SAFETY: the bytes are longer than both places.
                unsafe { copy(start.add(to), start.add(from), length) };
                assert!(copied == expected, "{length} from {from} to {to}");
            }
        }
    }
}

#[test]
fn the_first_difference_decides() {
    let one = bytes();
    for length in 0..=LONGEST {
        for from in PLACES {
            let whole = &one[from..from + length];
            let check = |other: &[u8]| {
                // SAFETY: both hold `length` bytes.
                let order = unsafe { compare(whole.as_ptr(), other.as_ptr(), length) };
                let bytewise = whole.iter().cmp(other);
                assert_eq!(order, bytewise, "{length} bytes at {from}");
            };
            check(whole);
            for at in 0..length {
                let mut other = whole.to_vec();
                other[at] = other[at].wrapping_add(1);
                check(&other);
                // A difference behind it says the opposite, and does not count.
                if let Some(last) = other.last_mut().filter(|_| at + 1 < length) {
                    *last = last.wrapping_sub(1);
                }
                check(&other);
            }
        }
    }
}
