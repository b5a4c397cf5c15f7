//! Where objects stand: their namespace, or the folder that they are applied with.

use foldhash::HashSet;
use ringwall_input::kubernetes::Resource;

/// The namespace of something; where none is written, the folder says what is applied together.
///
/// An object without a namespace gets it from kubectl or from an overlay: it meets others without
/// one, those of `default`, and those in its own folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Home<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) folder: &'a str,
}

impl<'a> Home<'a> {
    /// That of an object.
    pub(crate) fn of(resource: &Resource<'a>) -> Self {
        Self {
            namespace: resource.namespace,
            folder: resource.folder(),
        }
    }

    /// Whether both can be one namespace.
    pub(crate) fn meets(&self, other: &Home<'_>) -> bool {
        match (self.namespace, other.namespace) {
            (Some(one), Some(other)) => one == other,
            (None, None) => true,
            (None, Some(namespace)) | (Some(namespace), None) => {
                namespace == "default" || self.folder == other.folder
            }
        }
    }
}

/// Where the objects of one sort stand, so that none of them is looked at to tell whether any stands beside another.
///
/// Where none does, what refers to such objects is not dangling: they are kept elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Homes<'a> {
    namespaces: HashSet<&'a str>,
    /// Folders of the objects that state a namespace, and of those that state none.
    folders_with: HashSet<&'a str>,
    folders_without: HashSet<&'a str>,
}

impl<'a> FromIterator<Home<'a>> for Homes<'a> {
    fn from_iter<I: IntoIterator<Item = Home<'a>>>(all: I) -> Self {
        let mut homes = Self::default();
        for home in all {
            if let Some(namespace) = home.namespace {
                homes.namespaces.insert(namespace);
                homes.folders_with.insert(home.folder);
            } else {
                homes.folders_without.insert(home.folder);
            }
        }
        homes
    }
}

impl Homes<'_> {
    /// Whether any of them meets `home`.
    pub(crate) fn any_meets(&self, home: &Home<'_>) -> bool {
        let any_without = !self.folders_without.is_empty();
        match home.namespace {
            Some(namespace) => {
                self.namespaces.contains(namespace)
                    || (any_without && namespace == "default")
                    || self.folders_without.contains(home.folder)
            }
            None => {
                any_without
                    || self.namespaces.contains("default")
                    || self.folders_with.contains(home.folder)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_meets_is_found_as_by_looking_at_each() {
        let all: Vec<_> = ["shop", "bank"]
            .into_iter()
            .flat_map(|folder| {
                [None, Some("default"), Some("one"), Some("two")]
                    .map(|namespace| Home { namespace, folder })
            })
            .collect();
        let mut met = 0;
        // Each set of them.
        for set in 0..1_u32 << all.len() {
            let members = || {
                let members = all.iter().enumerate();
                members.filter_map(move |(at, home)| (set >> at & 1 == 1).then_some(*home))
            };
            let homes: Homes<'_> = members().collect();
            for home in &all {
                let expected = members().any(|member| member.meets(home));
                assert_eq!(homes.any_meets(home), expected, "{home:?} in {set:b}");
                met += u32::from(expected);
            }
        }
        assert!((1..8 << 8).contains(&met), "{met}");
    }
}
