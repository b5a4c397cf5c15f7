//! Records of OSV of which there are several copies: those of each ecosystem, fetched on several days.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::Timestamp;

use crate::{Advisory, Withdrawal};

/// The copies that count, by the ids of their advisories.
#[derive(Clone, Debug, Default)]
pub(super) struct Copies(BTreeMap<String, Known>);

/// What is known of one advisory.
#[derive(Clone, Debug)]
enum Known {
    Stands(Box<Advisory>),
    /// It was taken back, at that time or before.
    Withdrawn(Option<Timestamp>),
}

/// Whether one of two moments is later; of moments that nobody tells, neither is.
fn is_later(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one > other)
}

/// Whether two of one id may be copies of one record: publishers of distributions call theirs by the flaw.
fn share_a_family(one: &Advisory, other: &Advisory) -> bool {
    let families = |it: &Advisory| -> BTreeSet<_> {
        let scopes = it.affected.iter().map(|it| it.scope.family());
        scopes.collect()
    };
    !families(one).is_disjoint(&families(other))
}

impl Copies {
    /// Takes a copy that stands: the later one counts, and of copies of which none is later, what all say.
    pub(super) fn add(&mut self, advisory: Box<Advisory>) {
        match self.0.entry(advisory.id.clone()) {
            Entry::Vacant(place) => {
                place.insert(Known::Stands(advisory));
            }
            Entry::Occupied(mut place) => match place.get_mut() {
                Known::Stands(known) => {
                    let are_copies = share_a_family(known, &advisory);
                    if are_copies && is_later(advisory.modified, known.modified) {
                        *known = advisory;
                    } else if !(are_copies && is_later(known.modified, advisory.modified)) {
                        known.join(*advisory);
                    }
                }
                Known::Withdrawn(at) if is_later(*at, advisory.modified) => {}
                Known::Withdrawn(_) => {
                    place.insert(Known::Stands(advisory));
                }
            },
        }
    }

    /// Takes a copy that says that the advisory was taken back: it counts where it is later than what stands.
    pub(super) fn withdraw(&mut self, Withdrawal { id, modified }: Withdrawal) {
        match self.0.entry(id) {
            Entry::Vacant(place) => {
                place.insert(Known::Withdrawn(modified));
            }
            Entry::Occupied(mut place) => {
                let is_later = match place.get() {
                    Known::Stands(known) => is_later(modified, known.modified),
                    Known::Withdrawn(at) => is_later(modified, *at) || at.is_none(),
                };
                if is_later {
                    place.insert(Known::Withdrawn(modified));
                }
            }
        }
    }

    /// How many advisories stand.
    pub(super) fn len(&self) -> usize {
        let stand = self.0.values();
        stand.filter(|it| matches!(it, Known::Stands(_))).count()
    }

    /// The advisories that stand.
    pub(super) fn into_advisories(self) -> impl Iterator<Item = Advisory> {
        self.0.into_values().filter_map(|copy| match copy {
            Known::Stands(advisory) => Some(*advisory),
            Known::Withdrawn(_) => None,
        })
    }
}

impl Advisory {
    /// Takes what another of the same id says besides.
    pub(super) fn join(&mut self, other: Self) {
        self.affected.extend(other.affected);
        self.affected.sort();
        self.affected.dedup();
        for (own, others) in [
            (&mut self.aliases, other.aliases),
            (&mut self.flaws, other.flaws),
        ] {
            own.extend(others);
            own.sort();
            own.dedup();
        }
        self.rating = self.rating.take().or(other.rating);
        self.published = self.published.or(other.published);
        self.modified = self.modified.max(other.modified);
    }
}
