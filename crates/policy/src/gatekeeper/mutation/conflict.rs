//! Mutators that see the same object differently: for one a field is a list, for the other an object.
//!
//! The location of a mutator says what it takes the fields on its way for. Where two disagree neither can be applied
//! without undoing the other, so both are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::location::{Location, Step};

/// What a location takes a field for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Its members are reached by key.
    List,
    /// Its fields are reached.
    Object,
    /// A list that is treated as a set.
    Set,
    /// A text.
    Text,
    /// Anything; agrees with everything.
    Unknown,
}

/// What one mutator says about an object.
pub(super) struct Claim<'a> {
    /// The number of the mutator.
    pub(super) mutator: usize,
    pub(super) location: &'a Location,
    /// What stands at the end of the location.
    pub(super) end: Shape,
    /// Whether nobody may go further than its end.
    pub(super) is_final: bool,
}

#[derive(Default)]
struct Field {
    mutators: BTreeSet<usize>,
    finals: BTreeSet<usize>,
    fields: BTreeMap<String, BTreeMap<Shape, Field>>,
}

/// Which mutators disagree, each with all that it disagrees with.
pub(super) fn conflicts(claims: &[Claim<'_>]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut root = Field::default();
    for claim in claims {
        root.add(claim, claim.location.steps());
    }
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for claim in claims {
        let mut group = BTreeSet::new();
        root.collect(claim, claim.location.steps(), &mut group);
        for &mutator in &group {
            let others = group.iter().copied().filter(|&other| other != mutator);
            found.entry(mutator).or_default().extend(others);
        }
    }
    found
}

impl Field {
    fn add(&mut self, claim: &Claim<'_>, steps: &[Step]) {
        self.mutators.insert(claim.mutator);
        let Some((step, rest)) = steps.split_first() else {
            if claim.is_final {
                self.finals.insert(claim.mutator);
            }
            return;
        };
        self.fields
            .entry(name(step).to_owned())
            .or_default()
            .entry(shape(rest, claim.end))
            .or_default()
            .add(claim, rest);
    }

    /// The mutators that disagree anywhere on the way.
    fn collect(&self, claim: &Claim<'_>, steps: &[Step], group: &mut BTreeSet<usize>) {
        let Some((step, rest)) = steps.split_first() else {
            return;
        };
        let Some(shapes) = self.fields.get(name(step)) else {
            return;
        };
        disagreements(shapes, group);
        if let Some(field) = shapes.get(&shape(rest, claim.end)) {
            field.collect(claim, rest, group);
        }
    }
}

fn disagreements(shapes: &BTreeMap<Shape, Field>, group: &mut BTreeSet<usize>) {
    let known = shapes.keys().filter(|shape| **shape != Shape::Unknown);
    let disagree = known.count() > 1;
    for (shape, field) in shapes {
        let has_two_keys = *shape == Shape::List && field.fields.len() > 1;
        if *shape != Shape::Unknown && (disagree || has_two_keys) {
            group.extend(&field.mutators);
        }
    }
    let is_final = shapes.values().any(|field| !field.finals.is_empty());
    let goes_on = shapes.values().any(|field| !field.fields.is_empty());
    if is_final && goes_on {
        for field in shapes.values() {
            group.extend(&field.finals);
            for below in field.fields.values().flat_map(BTreeMap::values) {
                group.extend(&below.mutators);
            }
        }
    }
}

fn name(step: &Step) -> &str {
    match step {
        Step::Field(name) => name,
        Step::Member(member) => &member.key,
    }
}

/// What the field before `rest` is taken for.
fn shape(rest: &[Step], end: Shape) -> Shape {
    match rest.first() {
        Some(Step::Field(_)) => Shape::Object,
        Some(Step::Member(_)) => Shape::List,
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape::*, *};

    /// The mutators, by number, that are left out.
    fn left_out(claims: &[(&str, Shape, bool)]) -> Vec<usize> {
        let locations: Vec<_> = claims
            .iter()
            .map(|(location, ..)| Location::parse(location).expect(location))
            .collect();
        let claims: Vec<_> = (claims.iter().zip(&locations).enumerate())
            .map(|(mutator, ((_, end, is_final), location))| Claim {
                mutator,
                location,
                end: *end,
                is_final: *is_final,
            })
            .collect();
        conflicts(&claims).into_keys().collect()
    }

    #[test]
    fn an_object_is_no_list() {
        let list = ("spec.containers[name: a].image", Unknown, false);
        let object = ("spec.containers.image", Unknown, false);
        let other = ("spec.other", Unknown, false);
        assert_eq!(left_out(&[list, object, other]), [0, 1]);
        assert_eq!(left_out(&[list, other]), [0; 0]);
        assert_eq!(left_out(&[list, list]), [0; 0]);
    }

    #[test]
    fn what_is_unknown_agrees_with_everything() {
        let end = ("spec.containers", Unknown, false);
        let list = ("spec.containers[name: a].image", Unknown, false);
        assert_eq!(left_out(&[end, list]), [0; 0]);
    }

    #[test]
    fn a_list_has_one_key() {
        let name = ("spec.containers[name: a].image", Unknown, false);
        let image = ("spec.containers[image: a].name", Unknown, false);
        let all = ("spec.containers[name: *].args", Unknown, false);
        assert_eq!(left_out(&[name, image]), [0, 1]);
        assert_eq!(left_out(&[name, all]), [0; 0]);
    }

    #[test]
    fn sets_and_texts_are_neither_lists_with_keys_nor_objects() {
        let set = ("spec.args", Set, false);
        assert_eq!(
            left_out(&[set, ("spec.args[name: a].b", Unknown, false)]),
            [0, 1]
        );
        assert_eq!(left_out(&[set, ("spec.args.b", Unknown, false)]), [0, 1]);
        assert_eq!(left_out(&[set, set]), [0; 0]);
        assert_eq!(left_out(&[set, ("spec.args", Text, true)]), [0, 1]);
    }

    #[test]
    fn nobody_goes_past_a_final_end() {
        let external = ("spec.a", Unknown, true);
        assert_eq!(left_out(&[external, ("spec.a.b", Unknown, false)]), [0, 1]);
        assert_eq!(
            left_out(&[external, ("spec.a.b.c", Unknown, false)]),
            [0, 1]
        );
        assert_eq!(left_out(&[external, ("spec.a", Unknown, false)]), [0; 0]);
        assert_eq!(left_out(&[external, ("spec.b", Unknown, false)]), [0; 0]);
    }
}
