//! Sorting by rules that may go in circles, as those of Maven do: `ga` comes before `x`, `x` before `.a1`, and `.a1`
//! before `ga`. The standard library panics where it notices.

use std::cmp::Ordering;

/// The items so that none comes before the one in front of it, by merging; what is equal stays as it was.
pub(crate) fn sorted<T>(
    items: impl IntoIterator<Item = T>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let mut runs: Vec<Vec<T>> = items.into_iter().map(|item| vec![item]).collect();
    while runs.len() > 1 {
        let mut unmerged = runs.into_iter();
        runs = Vec::with_capacity(unmerged.len().div_ceil(2));
        while let Some(one) = unmerged.next() {
            runs.push(match unmerged.next() {
                Some(other) => merged(one, other, &compare),
                None => one,
            });
        }
    }
    runs.pop().unwrap_or_default()
}

fn merged<T>(one: Vec<T>, other: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        let next = if compare(left, right).is_gt() {
            other.next()
        } else {
            one.next()
        };
        merged.extend(next);
    }
    merged.extend(one);
    merged.extend(other);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VersionOrder;

    #[test]
    fn what_is_equal_stays_as_it_was() {
        for count in 0..20 {
            let items = (0..count).map(|at| (at * 7 % 5, at));
            let found = sorted(items.clone(), |(one, _), (other, _)| one.cmp(other));
            let mut expected: Vec<_> = items.collect();
            expected.sort_by_key(|(key, _)| *key);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn orders_that_go_in_circles_are_no_panic() {
        let compare = |one: &&str, other: &&str| VersionOrder::Maven.compare(one, other).unwrap();
        let circle = ["ga", "x", ".a1"];
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            assert_eq!(compare(&circle[one], &circle[other]), Ordering::Less);
        }
        for count in 0..100 {
            let found = sorted((0..count).map(|at| circle[at * at % 3]), compare);
            assert_eq!(found.len(), count);
            assert!(found.is_sorted_by(|one, other| compare(one, other).is_le()));
        }
    }
}
