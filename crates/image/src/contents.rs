//! The layers of an image on top of each other, as a runtime puts them.

use std::collections::{BTreeMap, HashSet};

use crate::{Distribution, Layer, LayerReader, Package, layer::Says, wanted::Wanted};

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
        // Of two files that say the same thing for the same path, the hidden one is told as hidden.
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
        let (mut lists, mut removed_lists) = (Vec::new(), Vec::new());
        let mut owned: HashSet<String> = HashSet::new();
        for ((at, layer), hidden) in layers.into_iter().enumerate().zip(hidden) {
            contents.gaps.extend(layer.damage.map(|reason| Gap {
                layer: at,
                file: None,
                reason,
            }));
            for (index, file) in layer.files.into_iter().enumerate() {
                let hidden_by = hidden.get(&index).copied();
                match file.says {
                    Says::Packages(listed) => {
                        // An older state of a list that a layer above goes on with is no removal.
                        if file.wanted.is_list() {
                            if let Some(by) = hidden_by {
                                removed_lists.push((file.wanted, file.path, by));
                                continue;
                            }
                            lists.push(file.wanted);
                        }
                        if hidden_by.is_none() {
                            contents.gaps.extend(listed.damage.map(|reason| Gap {
                                layer: at,
                                file: Some((file.wanted, file.path.clone())),
                                reason,
                            }));
                            let files = listed.files.iter();
                            owned.extend(files.map(|path| unmerged(path).to_owned()));
                        }
                        contents
                            .packages
                            .extend(listed.packages.into_iter().map(|package| Placed {
                                package,
                                path: file.path.clone(),
                                layer: at,
                                hidden_by,
                            }));
                    }
                    Says::Distribution(distribution) if hidden_by.is_none() => {
                        // `/etc/os-release` wins over the one of `/usr/lib`.
                        if contents.distribution.is_none() || file.path.starts_with("etc/") {
                            contents.distribution = Some(distribution);
                        }
                    }
                    Says::Unreadable(reason) if hidden_by.is_none() => contents.gaps.push(Gap {
                        layer: at,
                        file: Some((file.wanted, file.path)),
                        reason,
                    }),
                    Says::Distribution(_) | Says::Unreadable(_) => {}
                }
            }
        }
        for (wanted, path, layer) in removed_lists {
            if !lists.contains(&wanted) {
                // Packages do not go away with the list of them.
                contents.gaps.push(Gap {
                    layer,
                    file: Some((wanted, path)),
                    reason: "was removed, so that what is installed is not known".to_owned(),
                });
            }
        }
        // A program that belongs to a package needs to say nothing itself.
        contents.gaps.retain(|gap| match &gap.file {
            Some((Wanted::Program, path)) => !owned.contains(unmerged(path)),
            _ => true,
        });
        contents.packages.sort();
        contents.gaps.sort();
        contents
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
    /// Whether a file lists everything that is installed, so that each layer with a change has a new one.
    const fn is_list(self) -> bool {
        matches!(
            self,
            Self::DpkgStatus | Self::ApkInstalled | Self::RpmDatabase
        )
    }
}
