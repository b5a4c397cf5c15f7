//! Lists of packages that are written anew when what they list changes.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    Ecosystem, Gap, Layer, LayerReader, Package, Placed, ReadFile, layer::Says, wanted::Wanted,
};

/// Why a list that is gone is not an empty one.
const GONE: &str = "was removed or emptied, so that what is installed is not known";

impl Wanted {
    /// Whether a file lists what the distribution has installed.
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::DpkgStatus
                | Self::DpkgStatusPart
                | Self::ApkInstalled
                | Self::RpmDatabase
                | Self::RpmManifest
                | Self::OpkgStatus
                | Self::PacmanPackage
        )
    }

    /// Whether a file is such a list, or stands beside one.
    pub const fn is_of_list(self) -> bool {
        self.is_list() || matches!(self, Self::DpkgFiles | Self::PacmanFiles)
    }

    /// Whether a file lists what is in one folder, all of it.
    const fn is_list_of_folder(self) -> bool {
        matches!(
            self,
            Self::ComposerInstalled | Self::DotNetLibraries | Self::BitnamiComponent
        )
    }
}

/// Lists of what the distribution has installed: packages do not go away with the list that names them.
#[derive(Default)]
pub(crate) struct Lists {
    /// Those that a container sees, and that say something.
    seen: HashSet<String>,
    /// Those that said something in a lower layer, with the layer that hides them.
    hidden: BTreeMap<String, (Wanted, String, usize)>,
}

impl Lists {
    pub(crate) fn note(&mut self, file: &ReadFile, hidden_by: Option<usize>) {
        let says_something = match &file.says {
            Says::Packages(listed) => !listed.packages.is_empty() || listed.damage.is_some(),
            Says::Unreadable(_) => true,
            Says::Distribution(_) | Says::Roots(_) => false,
        };
        if !file.wanted.is_list() || !says_something {
            return;
        }
        let name = match file.wanted {
            // Each package has a list of its own.
            Wanted::DpkgStatusPart => file.path.clone(),
            // One list, wherever it is kept; that of pacman is a folder.
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
    pub(crate) fn lost(self) -> impl Iterator<Item = Gap> {
        let Self { seen, hidden } = self;
        let lost = hidden
            .into_iter()
            .filter(move |(name, _)| !seen.contains(name));
        lost.map(|(_, (wanted, path, layer))| Gap {
            layer,
            file: Some((wanted, path)),
            reason: GONE.to_owned(),
        })
    }
}

/// Lists of what is in a folder: they go with it, and what they list does.
pub(crate) struct Known {
    /// The packages of those that a container sees.
    now: HashMap<String, HashSet<Package>>,
    /// Files that a layer takes away by themselves, and leaves their folders, with the layer.
    alone: HashMap<(usize, usize), usize>,
    /// The topmost state of each list, and the layer that took it alone.
    last: BTreeMap<String, Option<(Wanted, usize)>>,
}

impl Known {
    pub(crate) fn new(
        reader: &LayerReader,
        layers: &[Layer],
        hidden: &[BTreeMap<usize, usize>],
    ) -> Self {
        let mut known = Self {
            now: HashMap::new(),
            alone: HashMap::new(),
            last: BTreeMap::new(),
        };
        for ((at, layer), hidden) in layers.iter().enumerate().zip(hidden) {
            let lists = layer.files.iter().enumerate();
            for (index, file) in lists.filter(|(_, file)| file.wanted.is_list_of_folder()) {
                match (hidden.get(&index), &file.says) {
                    (None, Says::Packages(listed)) => {
                        let packages = listed.packages.iter().cloned().collect();
                        known.now.insert(file.path.clone(), packages);
                    }
                    (Some(by), _) => {
                        let layer = layers.get(*by);
                        if layer.is_some_and(|layer| reader.hides_alone(layer, &file.path)) {
                            known.alone.insert((at, index), *by);
                        }
                    }
                    _ => {}
                }
            }
        }
        known
    }

    /// Takes a file; those of lower layers first.
    pub(crate) fn note(&mut self, layer: usize, index: usize, file: &ReadFile) {
        if file.wanted.is_list_of_folder() {
            let by = self.alone.get(&(layer, index));
            self.last
                .insert(file.path.clone(), by.map(|by| (file.wanted, *by)));
        }
    }

    /// Whether the list of this path, as a container sees it, has a package.
    pub(crate) fn is_still_in(&self, path: &str, package: &Package) -> bool {
        self.now
            .get(path)
            .is_some_and(|packages| packages.contains(package))
    }

    /// Lists that a layer removed from folders that stay.
    pub(crate) fn lost(&self) -> impl Iterator<Item = Gap> {
        let lost = self.last.iter();
        let lost = lost.filter_map(|(path, taken)| Some((path, (*taken)?)));
        lost.map(|(path, (wanted, layer))| Gap {
            layer,
            file: Some((wanted, path.clone())),
            reason: GONE.to_owned(),
        })
    }
}

/// Leaves out what the folder of a Python distribution is called after, where its metadata says it.
pub(crate) fn retain_described(packages: &mut Vec<Placed>) {
    let folder = |placed: &Placed| placed.path.rsplit_once('/').map(|(it, _)| it.to_owned());
    let is_record = |placed: &Placed| {
        placed.package.ecosystem == Ecosystem::Pypi && placed.path.ends_with(".dist-info/RECORD")
    };
    let described = packages
        .iter()
        .filter(|it| it.package.ecosystem == Ecosystem::Pypi && !is_record(it));
    // By folder, whether a container sees the metadata.
    let mut seen = HashMap::new();
    for placed in described {
        *seen.entry(folder(placed)).or_insert(false) |= placed.hidden_by.is_none();
    }
    packages.retain(|placed| {
        !is_record(placed)
            || !seen
                .get(&folder(placed))
                .is_some_and(|seen| *seen || placed.hidden_by.is_some())
    });
}

/// Leaves out what Bitnami lists of other ecosystems where it is found by itself as well.
pub(crate) fn retain_once(packages: &mut Vec<Placed>) {
    let is_named = |placed: &Placed| {
        placed.package.ecosystem != Ecosystem::Bitnami
            && Wanted::of(&placed.path, 0) == Some(Wanted::BitnamiComponent)
    };
    if !packages.iter().any(is_named) {
        return;
    }
    let key = |placed: &Placed| {
        let package = &placed.package;
        (
            package.ecosystem,
            package.name.clone(),
            package.version.clone(),
            placed.hidden_by,
        )
    };
    let found: HashSet<_> = packages
        .iter()
        .filter(|placed| !is_named(placed))
        .map(key)
        .collect();
    packages.retain(|placed| !is_named(placed) || !found.contains(&key(placed)));
}
