//! What of a document somebody looks at.

use std::{borrow::Cow, collections::BTreeMap};

/// The parts of a document that somebody looks at; what is left out need not be there.
///
/// Of an object these are members, of an array all items or none. A number, a text, a truth value or null is always
/// kept whole, and of an object or array without any part that it is there: `{}` and `[]` will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// All of it.
    is_whole: bool,
    /// Whether somebody may ask if it is there, whatever it holds.
    is_asked: bool,
    /// Of every member and item.
    each: Option<Box<Need>>,
    /// Of members by name, what is needed of each among it.
    members: BTreeMap<Box<str>, Need>,
}

impl Need {
    /// All of a document.
    pub fn whole() -> Self {
        Self {
            is_whole: true,
            ..Self::default()
        }
    }

    /// Whether all of the document is needed.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether it matters that the document is there, even if it holds nothing that is needed.
    pub fn is_asked(&self) -> bool {
        self.is_asked || self.is_whole
    }

    /// What is needed of the member of an object with a name; `None` if it may be left out.
    pub fn member(&self, name: &str) -> Option<&Self> {
        if self.is_whole {
            return Some(self);
        }
        self.members.get(name).or(self.each.as_deref())
    }

    /// Whether a member is asked for by its name, rather than with all that there is.
    pub fn names(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// What is needed of each item of an array; `None` if they may be left out.
    pub fn item(&self) -> Option<&Self> {
        if self.is_whole {
            return Some(self);
        }
        self.each.as_deref()
    }

    /// What is needed of members, whatever their names: of each, and of some more.
    pub fn below(&self) -> impl Iterator<Item = &Self> {
        let own = self.is_whole.then_some(self);
        own.into_iter()
            .chain(self.each.as_deref())
            .chain(self.members.values())
    }

    /// Whether a change at a JSON pointer can matter to whoever needs this of a document. Where nothing is inside of what
    /// stood and stands there, a leaf, only that can matter, and whether it is there.
    pub fn is_touched_by(&self, pointer: &str, is_leaf: bool) -> bool {
        let mut need = self;
        for token in pointer.split('/').skip(1) {
            if need.is_whole {
                return true;
            }
            // An item is a member whose name is its place.
            let name = if token.contains('~') {
                Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(token)
            };
            match need.member(&name) {
                Some(member) => need = member,
                None => return false,
            }
        }
        !is_leaf || need.is_asked()
    }

    /// Adds what another needs.
    pub fn add(&mut self, other: &Self) {
        if self.is_whole || other.is_whole {
            *self = Self::whole();
            return;
        }
        self.is_asked |= other.is_asked;
        // What is needed of each is needed of those by name that only one of both has.
        if let Some(each) = &other.each {
            for (name, member) in &mut self.members {
                if !other.members.contains_key(name) {
                    member.add(each);
                }
            }
        }
        for (name, member) in &other.members {
            self.of_member(name).add(member);
        }
        if let Some(each) = &other.each {
            self.each.get_or_insert_default().add(each);
        }
    }

    /// Adds all of what stands at a path, or that it is asked whether it is there; whether that is new. `None` on the
    /// path is every member.
    pub fn add_path(&mut self, path: &[Option<Box<str>>], is_whole: bool) -> bool {
        if self.is_whole {
            return false;
        }
        match path.split_first() {
            None if is_whole => {
                *self = Self::whole();
                true
            }
            None => !std::mem::replace(&mut self.is_asked, true),
            Some((Some(name), rest)) => self.of_member(name).add_path(rest, is_whole),
            Some((None, rest)) => {
                let mut is_new = false;
                for member in self.members.values_mut() {
                    is_new |= member.add_path(rest, is_whole);
                }
                self.each.get_or_insert_default().add_path(rest, is_whole) || is_new
            }
        }
    }

    fn of_member(&mut self, name: &str) -> &mut Self {
        let each = self.each.as_deref();
        self.members
            .entry(name.into())
            .or_insert_with(|| each.cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Need;

    fn need(paths: &[(&str, bool)]) -> Need {
        let mut need = Need::default();
        for (path, is_whole) in paths {
            let keys = path.split('/').filter(|key| !key.is_empty());
            let keys: Vec<_> = keys.map(|key| (key != "*").then(|| key.into())).collect();
            need.add_path(&keys, *is_whole);
        }
        need
    }

    #[test]
    fn what_is_needed_of_each_member_is_needed_of_those_by_name_in_any_order() {
        let parts = [
            ("*/host", true),
            ("a/name", true),
            ("*/*/port", true),
            ("b", false),
        ];
        let one = need(&parts);
        for turn in 0..parts.len() {
            let mut turned = parts;
            turned.rotate_left(turn);
            assert_eq!(need(&turned), one, "{turned:?}");
            let mut added = need(&turned[..2]);
            added.add(&need(&turned[2..]));
            assert_eq!(added, one, "{turned:?}");
        }
        let of = |path: &[&str]| {
            let found = path.iter().try_fold(&one, |need, name| need.member(name));
            found.map(Need::is_whole)
        };
        assert_eq!(of(&["a", "host"]), Some(true));
        assert_eq!(of(&["a", "name"]), Some(true));
        assert_eq!(of(&["b", "host"]), Some(true));
        assert_eq!(of(&["b", "name"]), Some(false), "by */*/port");
        assert_eq!(of(&["b", "name", "other"]), None);
        assert_eq!(
            of(&["c", "host", "deep"]),
            Some(true),
            "below what is whole"
        );
    }

    #[test]
    fn a_path_that_is_new_says_so() {
        let mut need = need(&[("a/b", false)]);
        let path = |keys: &[&str]| -> Vec<Option<Box<str>>> {
            keys.iter().map(|key| Some((*key).into())).collect()
        };
        assert!(!need.add_path(&path(&["a", "b"]), false));
        assert!(need.add_path(&path(&["a", "b"]), true));
        assert!(!need.add_path(&path(&["a", "b", "c"]), true));
        assert!(need.add_path(&path(&["a"]), false));
        assert!(need.add_path(&[], true) && need.is_asked() && need.is_whole());
    }
}
