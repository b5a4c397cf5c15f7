//! The places that refusals rest on, asked for many times.

use std::collections::BTreeSet;

use super::{Fix, Violation};

/// What refusals rest on. A refused object may have as many of them as lines, and as many changes are looked at.
#[derive(Debug)]
pub struct Grounds<'d> {
    /// Sorted; none begins with another.
    paths: Vec<&'d str>,
    policies: BTreeSet<&'d str>,
    /// Whether one names no place, or the whole object.
    may_be_anything: bool,
}

impl<'d> Grounds<'d> {
    /// What these refusals rest on.
    pub fn of(denials: &'d [Violation]) -> Self {
        let is_anything = |denial: &Violation| {
            let mut paths = denial.paths.iter();
            denial.paths.is_empty() || paths.any(String::is_empty)
        };
        let paths = denials.iter().flat_map(|denial| &denial.paths);
        let mut paths: Vec<&str> = paths.map(String::as_str).collect();
        paths.retain(|path| !path.is_empty());
        paths.sort_unstable();
        // What begins with a path follows it.
        paths.dedup_by(|next, kept| next.starts_with(*kept));
        Self {
            paths,
            policies: denials.iter().map(|one| one.policy.as_str()).collect(),
            may_be_anything: denials.iter().any(is_anything),
        }
    }

    /// Whether any of the refusals may go away by a change at a place, told by its JSON pointer; one that names no
    /// places may rest on anything.
    pub fn may_change_by(&self, changed: &str) -> bool {
        self.may_be_anything || self.touch(changed)
    }

    /// Whether a fix is about a place that a refusal names, or about the same check.
    pub(super) fn are_about(&self, fix: &Fix) -> bool {
        let mut places = fix.paths.iter();
        self.policies.contains(&*fix.policy) || places.any(|at| self.touch(at))
    }

    /// Whether a place begins with one of the paths, or one of them with it.
    fn touch(&self, place: &str) -> bool {
        let after = self.paths.partition_point(|path| *path < place);
        let next = self.paths.get(after);
        let before = after.checked_sub(1).and_then(|at| self.paths.get(at));
        next.is_some_and(|next| next.starts_with(place))
            || before.is_some_and(|before| place.starts_with(*before))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{Action, Source},
        *,
    };

    fn denial(paths: &[&str]) -> Violation {
        let mut denial = Violation::new(Source::Gatekeeper, "strict", Action::Deny, "no");
        denial.paths = paths.iter().map(|path| (*path).to_owned()).collect();
        denial
    }

    /// All pairs of paths are the oracle.
    #[test]
    fn a_change_above_below_or_at_a_place_counts() {
        let places = [
            "/spec",
            "/spec/a",
            "/spec/a/b",
            "/spec/a0",
            "/spec/b/c",
            "/spec/b-",
            "/metadata",
            "/x",
        ];
        for bits in 0..1_usize << places.len() {
            let named = |at: &usize| bits >> at & 1 == 1;
            let named: Vec<&str> = (0..places.len())
                .filter(named)
                .map(|at| places[at])
                .collect();
            let denials: Vec<_> = named.iter().rev().map(|path| denial(&[path])).collect();
            let grounds = Grounds::of(&denials);
            for changed in places {
                let mut named = named.iter();
                let expected =
                    named.any(|path| path.starts_with(changed) || changed.starts_with(path));
                assert_eq!(
                    grounds.may_change_by(changed),
                    expected,
                    "{denials:?} {changed}"
                );
            }
        }
    }

    #[test]
    fn what_names_no_place_may_rest_on_any() {
        for paths in [&[][..], &[""], &["/spec", ""]] {
            let denials = [denial(&["/metadata"]), denial(paths)];
            assert!(Grounds::of(&denials).may_change_by("/x"), "{paths:?}");
        }
    }
}
