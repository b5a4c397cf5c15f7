//! Rules may not need themselves.

use std::collections::BTreeSet;

use crate::{
    Error, ErrorCode,
    code::{Group, GroupId},
};

/// Complains of each group that needs itself, given the groups that each one uses.
pub(super) fn check(groups: &[Group], uses: &[BTreeSet<GroupId>], errors: &mut Vec<Error>) {
    if is_free(uses) {
        return;
    }
    for start in 0..groups.len() {
        let Some(path) = cycle(uses, start) else {
            continue;
        };
        let name = |index: usize| groups.get(index).map_or("", |group| &*group.name);
        let way: Vec<&str> = path.iter().map(|index| name(*index)).collect();
        let Some(rule) = groups
            .get(start)
            .and_then(|group| group.rules.first().or(group.default.as_deref()))
        else {
            continue;
        };
        errors.push(Error::new(
            ErrorCode::Recursion,
            &rule.source,
            rule.span,
            format!("rule {} is recursive: {}", name(start), way.join(" -> ")),
        ));
    }
}

/// Whether no group needs itself: one that nothing uses can be taken away until none is left.
fn is_free(uses: &[BTreeSet<GroupId>]) -> bool {
    let mut users = vec![0_usize; uses.len()];
    for used in uses.iter().flatten() {
        if let Some(count) = users.get_mut(used.0 as usize) {
            *count += 1;
        }
    }
    let mut unused: Vec<usize> = (0..uses.len())
        .filter(|index| users.get(*index) == Some(&0))
        .collect();
    let mut left = uses.len();
    while let Some(index) = unused.pop() {
        left -= 1;
        for used in uses.get(index).into_iter().flatten() {
            let used = used.0 as usize;
            if let Some(count) = users.get_mut(used) {
                *count -= 1;
                if *count == 0 {
                    unused.push(used);
                }
            }
        }
    }
    left == 0
}

/// A shortest way from a group back to itself.
fn cycle(uses: &[BTreeSet<GroupId>], start: usize) -> Option<Vec<usize>> {
    let mut from: Vec<Option<usize>> = vec![None; uses.len()];
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for next in uses.get(at)? {
            let next = next.0 as usize;
            if next == start {
                let mut path = vec![start];
                let mut back = at;
                while back != start {
                    path.push(back);
                    back = from.get(back).copied().flatten()?;
                }
                path.push(start);
                path.reverse();
                return Some(path);
            }
            if let Some(place) = from.get_mut(next)
                && place.is_none()
            {
                *place = Some(at);
                open.push_back(next);
            }
        }
    }
    None
}
