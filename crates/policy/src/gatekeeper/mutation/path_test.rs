//! Conditions on what stands on the way to a location.

use std::collections::BTreeMap;

use super::location::Location;

/// Whether something must stand at a step of the location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    MustExist,
    MustNotExist,
}

/// The conditions by step of the location, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathTests {
    by_depth: BTreeMap<usize, Condition>,
}

impl PathTests {
    /// Conditions on prefixes of a location.
    ///
    /// The error has the index of the condition at fault.
    pub(super) fn new(
        location: &Location,
        conditions: &[(Location, Condition)],
    ) -> Result<Self, (usize, String)> {
        let mut by_depth = BTreeMap::new();
        for (index, (path, condition)) in conditions.iter().enumerate() {
            if !path.is_prefix_of(location) {
                let message = format!("`{path}` is no prefix of the location `{location}`");
                return Err((index, message));
            }
            let depth = path.steps().len().saturating_sub(1);
            let earlier = by_depth.insert(depth, *condition);
            if earlier.is_some_and(|earlier| earlier != *condition) {
                let message = format!("`{path}` both must and must not exist");
                return Err((index, message));
            }
        }
        let highest_absent = (by_depth.iter())
            .find(|(_, condition)| **condition == Condition::MustNotExist)
            .map(|(depth, _)| *depth);
        let contradiction = conditions.iter().position(|(path, condition)| {
            *condition == Condition::MustExist
                && highest_absent.is_some_and(|absent| path.steps().len() > absent + 1)
        });
        match contradiction {
            Some(index) => Err((
                index,
                "must exist below something that must not exist".to_owned(),
            )),
            None => Ok(Self { by_depth }),
        }
    }

    /// The only condition: nothing stands at the location.
    pub(super) fn absent(location: &Location) -> Self {
        let depth = location.steps().len().saturating_sub(1);
        Self {
            by_depth: BTreeMap::from([(depth, Condition::MustNotExist)]),
        }
    }

    pub(super) fn may_exist(&self, depth: usize) -> bool {
        self.by_depth.get(&depth) != Some(&Condition::MustNotExist)
    }

    pub(super) fn may_be_missing(&self, depth: usize) -> bool {
        self.by_depth.get(&depth) != Some(&Condition::MustExist)
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition::*, *};

    fn tests(conditions: &[(&str, Condition)]) -> Result<PathTests, (usize, String)> {
        let location = Location::parse("spec.containers[name: a].image").expect("a location");
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(path, condition)| (Location::parse(path).expect(path), *condition))
            .collect();
        PathTests::new(&location, &conditions)
    }

    #[test]
    fn conditions_are_by_step() {
        let tests = tests(&[
            ("spec.containers[name: a]", MustExist),
            ("spec.containers[name: a].image", MustNotExist),
        ])
        .expect("tests");
        assert!(tests.may_be_missing(1) && tests.may_exist(1));
        assert!(!tests.may_be_missing(2) && tests.may_exist(2));
        assert!(tests.may_be_missing(3) && !tests.may_exist(3));
    }

    #[test]
    fn conditions_that_cannot_hold_are_refused() {
        for (conditions, index) in [
            (vec![("spec.other", MustExist)], 0),
            (vec![("spec.containers[name: *]", MustExist)], 0),
            (vec![("spec", MustExist), ("spec", MustNotExist)], 1),
            (
                vec![("spec", MustNotExist), ("spec.containers", MustExist)],
                1,
            ),
            (
                vec![("spec.containers", MustExist), ("spec", MustNotExist)],
                0,
            ),
        ] {
            let refused = tests(&conditions).map_err(|(index, _)| index);
            assert_eq!(refused, Err(index), "{conditions:?}");
        }
        assert!(tests(&[("spec", MustExist), ("spec.containers", MustNotExist)]).is_ok());
    }
}
