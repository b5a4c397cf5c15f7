//! The layers of an image on top of each other, as a runtime puts them.

use std::collections::{BTreeMap, HashSet};

use crate::{Distribution, Layer, LayerReader, Package, ReadFile, layer::Says, wanted::Wanted};

/// Something that could not be read, and so is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The layer, from 0.
    pub layer: usize,
    /// The file and what it was taken for; `None` for the layer itself.
    pub file: Option<(Wanted, String)>,
    /// Why.
    pub reason: String,
}

/// A package, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The package.
    pub package: Package,
    /// The file that tells of it, without `/` at its start.
    pub path: String,
    /// The layer that brought the file, from 0.
    pub layer: usize,
    /// The layer that removed it or put something in its place; `None` for what a container sees.
    pub hidden_by: Option<usize>,
    /// Whether a package of the distribution brought the file, so that the distribution mends its flaws.
    pub is_of_distribution: bool,
}

/// What the layers of an image hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The distribution, where one says what it is.
    pub distribution: Option<Distribution>,
    /// Packages that a container sees, and those that only lower layers have; in order.
    pub packages: Vec<Placed>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Contents {
    /// Puts layers on top of each other, the lowest first.
    pub fn new(reader: &LayerReader, layers: Vec<Layer>) -> Self {
        let mut contents = Self::default();
        let hidden: Vec<BTreeMap<usize, usize>> = (0..layers.len())
            .map(|at| {
                let Some((layer, above)) = layers.get(at..).and_then(<[Layer]>::split_first) else {
                    return BTreeMap::new();
                };
                let files = layer.files.iter().enumerate();
                let hides = |path: &str| above.iter().position(|upper| reader.hides(upper, path));
                files
                    .filter_map(|(file, read)| Some((file, at + 1 + hides(&read.path)?)))
                    .collect()
            })
            .collect();
        let mut lists = Lists::default();
        let mut owned: HashSet<(usize, String)> = HashSet::new();
        for ((at, layer), hidden) in layers.into_iter().enumerate().zip(hidden) {
            contents.gaps.extend(layer.damage.map(|reason| Gap {
                layer: at,
                file: None,
                reason,
            }));
            for (index, file) in layer.files.into_iter().enumerate() {
                let hidden_by = hidden.get(&index).copied();
                lists.note(&file, hidden_by);
                let gap = |reason| Gap {
                    layer: at,
                    file: Some((file.wanted, file.path.clone())),
                    reason,
                };
                match file.says {
                    Says::Packages(listed) => {
                        let files = listed.files.iter();
                        owned.extend(files.map(|path| (at, unmerged(path).to_owned())));
                        // An older state of a list: a layer above goes on with it, or `lists` tells.
                        if hidden_by.is_some() && file.wanted.is_list() {
                            continue;
                        }
                        if hidden_by.is_none() {
                            contents.gaps.extend(listed.damage.map(gap));
                        }
                        let packages = listed.packages.into_iter();
                        contents.packages.extend(packages.map(|package| Placed {
                            package,
                            path: file.path.clone(),
                            layer: at,
                            hidden_by,
                            is_of_distribution: false,
                        }));
                    }
                    Says::Distribution(distribution) if hidden_by.is_none() => {
                        // `/etc/os-release` wins over the one of `/usr/lib`.
                        if contents.distribution.is_none() || file.path.starts_with("etc/") {
                            contents.distribution = Some(distribution);
                        }
                    }
                    Says::Unreadable(reason) if hidden_by.is_none() => {
                        contents.gaps.push(gap(reason));
                    }
                    Says::Distribution(_) | Says::Unreadable(_) => {}
                }
            }
        }
        contents.gaps.extend(lists.lost());
        // What a package brought needs to say nothing itself. The same path in another layer is something
        // else that was put there.
        contents.gaps.retain(|gap| match &gap.file {
            Some((Wanted::Program | Wanted::Foreign(_), path)) => {
                !owned.contains(&(gap.layer, unmerged(path).to_owned()))
            }
            _ => true,
        });
        for placed in &mut contents.packages {
            placed.is_of_distribution = placed.package.ecosystem.is_of_distribution()
                || owned.contains(&(placed.layer, unmerged(&placed.path).to_owned()));
        }
        contents.packages.sort();
        contents.gaps.sort();
        contents
    }
}

/// Lists of what is installed: packages do not go away with the list that names them.
#[derive(Default)]
struct Lists {
    /// Those that a container sees, and that say something.
    seen: HashSet<String>,
    /// Those that said something in a lower layer, with the layer that hides them.
    hidden: BTreeMap<String, (Wanted, String, usize)>,
}

impl Lists {
    fn note(&mut self, file: &ReadFile, hidden_by: Option<usize>) {
        let says_something = match &file.says {
            Says::Packages(listed) => !listed.packages.is_empty() || listed.damage.is_some(),
            Says::Unreadable(_) => true,
            Says::Distribution(_) => false,
        };
        if !file.wanted.is_list() || !says_something {
            return;
        }
        let name = match file.wanted {
            // Each package has a list of its own.
            Wanted::DpkgStatusPart => file.path.clone(),
            // One list, wherever it is kept.
            wanted => format!("{wanted:?}"),
        };
        match hidden_by {
            Some(by) => {
                let place = (file.wanted, file.path.clone(), by);
                self.hidden.insert(name, place);
            }
            None => {
                self.seen.insert(name);
            }
        }
    }

    /// Lists that a layer removed or emptied.
    fn lost(self) -> impl Iterator<Item = Gap> {
        let Self { seen, hidden } = self;
        let lost = hidden
            .into_iter()
            .filter(move |(name, _)| !seen.contains(name));
        lost.map(|(_, (wanted, path, layer))| Gap {
            layer,
            file: Some((wanted, path)),
            reason: "was removed or emptied, so that what is installed is not known".to_owned(),
        })
    }
}

/// A path where distributions had it before `/bin`, `/sbin` and `/lib` became links into `/usr`:
/// lists of packages have one form, archives the other.
fn unmerged(path: &str) -> &str {
    let inside = path.strip_prefix("usr/").unwrap_or(path);
    let is_merged = ["bin/", "sbin/", "lib"]
        .iter()
        .any(|folder| inside.starts_with(folder));
    if is_merged { inside } else { path }
}

impl Wanted {
    /// Whether a file lists what is installed and is written anew when that changes.
    const fn is_list(self) -> bool {
        matches!(
            self,
            Self::DpkgStatus | Self::DpkgStatusPart | Self::ApkInstalled | Self::RpmDatabase
        )
    }
}
