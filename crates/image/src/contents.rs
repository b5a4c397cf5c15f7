//! The layers of an image on top of each other, as a runtime puts them.

use std::collections::{BTreeMap, HashMap, HashSet};

use ringwall_malware::Unmatched;

use crate::{
    Distribution, Layer, LayerReader, Listed, Malware, Notable, Package,
    hiding::Hiding,
    layer::Says,
    links,
    lists::{Known, Lists, retain_described, retain_once},
    remains::remains,
    search::Secrets,
    wanted::Wanted,
};

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
    /// The layer that brought it, from 0: the file, or the package into a list that others write anew.
    pub layer: usize,
    /// The layer that removed it or put something in its place; `None` for what a container sees.
    pub hidden_by: Option<usize>,
    /// Whether a package of the distribution's kind brought the file.
    pub is_of_distribution: bool,
    /// The name of that package, where its list of files tells it.
    pub owner: Option<String>,
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
    /// Secrets in files, those that a layer hides as well; in order.
    pub secrets: Vec<PlacedSecrets>,
    /// Texts that were too long to be searched for secrets or malware, with their layers.
    pub unsearched: Vec<(String, usize)>,
    /// Malware in files, those that a layer hides as well, and those of packages; in order.
    pub malware: Vec<PlacedMalware>,
    /// Programs of which only the beginning was searched for malware, with their layers.
    pub cut_programs: Vec<(String, usize)>,
    /// Files of which it is not known which rules of the user's own they match, with their layers.
    pub unmatched: Vec<(String, usize, Unmatched)>,
    /// What is worth knowing about paths that a container sees; in order.
    pub notable: Vec<PlacedNotable>,
    /// Names that `etc/passwd` gives to root, besides its own.
    pub roots: Vec<String>,
    /// Whether packages of the distribution are installed, and nothing tells which files they brought.
    pub misses_files: bool,
}

/// The secrets of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedSecrets {
    /// The file, without `/` at its start.
    pub path: String,
    /// The layer that brought it, from 0.
    pub layer: usize,
    /// The layer that removed it or put something in its place: whoever has the image has the secret.
    pub hidden_by: Option<usize>,
    /// What was found in it.
    pub secrets: Secrets,
    /// Whether a package that is installed brought it, to where packages of distributions put their files.
    pub is_shipped: bool,
}

/// The malware of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedMalware {
    /// The file, without `/` at its start.
    pub path: String,
    /// The layer that brought it, from 0.
    pub layer: usize,
    /// The layer that removed it or put something in its place: whoever has the image has the file.
    pub hidden_by: Option<usize>,
    /// What it is.
    pub malware: Malware,
}

/// A path that is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlacedNotable {
    /// Why.
    pub notable: Notable,
    /// The path, without `/` at its start.
    pub path: String,
    /// The layer that brought it, from 0.
    pub layer: usize,
    /// Whether a package of the distribution brought it.
    pub is_of_distribution: bool,
}

impl Contents {
    /// Puts layers on top of each other, the lowest first.
    pub fn new(reader: &LayerReader, mut layers: Vec<Layer>) -> Self {
        let mut contents = Self::default();
        let hiding = Hiding::new(reader, &layers);
        links::resolve(reader, &mut layers, &hiding);
        let hidden: Vec<BTreeMap<usize, usize>> = layers
            .iter()
            .enumerate()
            .map(|(at, layer)| {
                let files = layer.files.iter().enumerate();
                files
                    .filter_map(|(file, read)| Some((file, hiding.hides_file(&read.path, at)?)))
                    .collect()
            })
            .collect();
        contents.search_results(reader, &hiding, &layers);
        contents.gaps = remains(reader, &layers, &hiding, &hidden);
        let mut lists = Lists::default();
        let mut known = Known::new(reader, &layers, &hidden);
        let mut owned = Owned::new(reader);
        let mut since = Since::default();
        // Assemblies of .NET that a file beside them tells of.
        let mut assemblies = HashSet::new();
        let mut trace = None;
        for ((at, layer), hidden) in layers.into_iter().enumerate().zip(hidden) {
            contents.gaps.extend(layer.damage.map(|reason| Gap {
                layer: at,
                file: None,
                reason,
            }));
            for (index, file) in layer.files.into_iter().enumerate() {
                let hidden_by = hidden.get(&index).copied();
                if trace.is_none() && hidden_by.is_none() && file.wanted.is_of_list() {
                    trace = Some((at, file.wanted, file.path.clone()));
                }
                lists.note(&file, hidden_by);
                known.note(at, index, &file);
                let gap = |reason| Gap {
                    layer: at,
                    file: Some((file.wanted, file.path.clone())),
                    reason,
                };
                match file.says {
                    Says::Packages(listed) => {
                        owned.extend(at, &listed);
                        if file.wanted == Wanted::DotNetLibraries && hidden_by.is_none() {
                            let hashes = listed.files.iter().map(|path| (at, reader.hash(path)));
                            assemblies.extend(hashes);
                        }
                        if file.wanted.is_list() {
                            since.list(at, &file.path, &listed.packages);
                        }
                        // An older state of a list: a layer above goes on with it, or `lists` tells.
                        if hidden_by.is_some() && file.wanted.is_list() {
                            continue;
                        }
                        if hidden_by.is_none() {
                            contents.gaps.extend(listed.damage.map(gap));
                        }
                        let packages = listed.packages.into_iter();
                        // What stands in a list as it is now was not removed by whoever wrote it anew.
                        let packages = packages.filter(|package| {
                            hidden_by.is_none() || !known.is_still_in(&file.path, package)
                        });
                        contents.packages.extend(packages.map(|package| Placed {
                            layer: since.layer(&file.path, &package).unwrap_or(at),
                            package,
                            path: file.path.clone(),
                            hidden_by,
                            is_of_distribution: false,
                            owner: None,
                        }));
                    }
                    Says::Distribution(distribution) if hidden_by.is_none() => {
                        // `/etc/os-release` wins over the one of `/usr/lib`.
                        if contents.distribution.is_none() || file.path.starts_with("etc/") {
                            contents.distribution = Some(distribution);
                        }
                    }
                    Says::Roots(names) if hidden_by.is_none() => contents.roots = names,
                    // Who else is root is not known, and not asked for but where one has a name.
                    Says::Unreadable(_) if file.wanted == Wanted::Passwd => {}
                    Says::Unreadable(reason) if hidden_by.is_none() => {
                        contents.gaps.push(gap(reason));
                    }
                    Says::Distribution(_) | Says::Roots(_) | Says::Unreadable(_) => {}
                }
            }
        }
        contents.gaps.extend(lists.lost());
        contents.gaps.extend(known.lost());
        retain_once(&mut contents.packages);
        retain_described(&mut contents.packages);
        owned.retain_listed(&contents.packages);
        let mut installed = contents.packages.iter();
        contents.misses_files =
            owned.paths.is_empty() && installed.any(|it| it.package.ecosystem.is_of_distribution());
        contents.miss_list(trace);
        // What a package brought needs to say nothing itself. The same path in another layer is something
        // else that was put there.
        contents.gaps.retain(|gap| match &gap.file {
            Some((Wanted::Program | Wanted::Foreign(_) | Wanted::MavenProperties, path)) => {
                !owned.has(gap.layer, path) && !assemblies.contains(&(gap.layer, reader.hash(path)))
            }
            _ => true,
        });
        for placed in &mut contents.packages {
            placed.is_of_distribution = placed.package.ecosystem.is_of_distribution()
                || owned.has(placed.layer, &placed.path);
            if !placed.package.ecosystem.is_of_distribution() {
                placed.owner = owned.owner(placed.layer, &placed.path).map(str::to_owned);
            }
        }
        contents.secrets.retain_mut(|placed| {
            placed.is_shipped = is_of_system(&placed.path) && owned.has(placed.layer, &placed.path);
            // What the distribution ships, everybody has: examples and tests, and no secrets. Whoever writes packages
            // of their own and puts a token into one has shipped it all the same, and `/etc` is there to be changed.
            if placed.is_shipped && !placed.path.starts_with("etc/") {
                placed.secrets.found.retain(|it| !it.may_be_example());
            }
            !placed.secrets.found.is_empty()
        });
        for notable in &mut contents.notable {
            notable.is_of_distribution = owned.has(notable.layer, &notable.path);
        }
        contents.packages.sort();
        contents.gaps.sort();
        contents
    }
}

impl Contents {
    /// Says that there is no list of packages where something of one was met: who installs packages lists them.
    fn miss_list(&mut self, trace: Option<(usize, Wanted, String)>) {
        let mut packages = self.packages.iter();
        let has_list = packages.any(|it| it.package.ecosystem.is_of_distribution())
            || self.gaps.iter().any(|gap| match &gap.file {
                None => true,
                Some((wanted, _)) => wanted.is_of_list() || matches!(wanted, Wanted::Foreign(_)),
            });
        let Some((layer, wanted, path)) = trace.filter(|_| !has_list) else {
            return;
        };
        self.gaps.push(Gap {
            layer,
            file: Some((wanted, path)),
            reason: "is left of a list of packages that is not there, or is empty".to_owned(),
        });
    }

    /// Takes what was searched for in every file.
    fn search_results(&mut self, reader: &LayerReader, hiding: &Hiding<'_>, layers: &[Layer]) {
        for (at, layer) in layers.iter().enumerate() {
            let above = layers.get(at + 1..).unwrap_or_default();
            let hidden_by = |path: &str| hiding.hides_file(path, at);
            for (path, secrets) in &layer.secrets {
                self.secrets.push(PlacedSecrets {
                    path: path.clone(),
                    layer: at,
                    hidden_by: hidden_by(path),
                    secrets: secrets.clone(),
                    is_shipped: false,
                });
            }
            for (path, malware) in &layer.malware {
                self.malware.push(PlacedMalware {
                    path: path.clone(),
                    layer: at,
                    hidden_by: hidden_by(path),
                    malware: malware.clone(),
                });
            }
            let cut = layer.cut_programs.iter();
            self.cut_programs.extend(cut.map(|path| (path.clone(), at)));
            let unmatched = layer.unmatched.iter();
            self.unmatched
                .extend(unmatched.map(|(path, reason)| (path.clone(), at, reason.clone())));
            let unsearched = layer.unsearched.iter();
            self.unsearched
                .extend(unsearched.map(|path| (path.clone(), at)));
            for (path, notable) in &layer.notable {
                // A folder that a layer above has again has the rights of that one.
                let hash = reader.hash(path);
                let is_again = above.iter().any(|upper| upper.folders.contains(&hash));
                if hidden_by(path).is_none() && !is_again {
                    self.notable.push(PlacedNotable {
                        notable: *notable,
                        path: path.clone(),
                        layer: at,
                        is_of_distribution: false,
                    });
                }
            }
        }
        self.secrets
            .sort_by(|one, other| (&one.path, one.layer).cmp(&(&other.path, other.layer)));
        self.malware
            .sort_by(|one, other| (&one.path, one.layer).cmp(&(&other.path, other.layer)));
        self.notable.sort();
        // A link that has rights of its own has those of its file as well.
        self.notable.dedup();
    }
}

/// Since which layer a list has each of its packages: whoever installs one more writes all of it anew.
#[derive(Default)]
struct Since(HashMap<String, HashMap<Installed, usize>>);

/// A package as a list has it: name, version, architecture.
type Installed = (String, String, Option<String>);

fn installed(package: &Package) -> Installed {
    let Package {
        name,
        version,
        architecture,
        ..
    } = package;
    (name.clone(), version.clone(), architecture.clone())
}

impl Since {
    /// Takes the state of a list in a layer above those that were taken before.
    fn list(&mut self, layer: usize, path: &str, packages: &[Package]) {
        let before = self.0.remove(path).unwrap_or_default();
        let now = packages.iter().map(|package| {
            let key = installed(package);
            let since = before.get(&key).copied().unwrap_or(layer);
            (key, since)
        });
        self.0.insert(path.to_owned(), now.collect());
    }

    fn layer(&self, path: &str, package: &Package) -> Option<usize> {
        self.0.get(path)?.get(&installed(package)).copied()
    }
}

/// The files that packages of the distribution brought, by layer; of each path only a hash is kept.
struct Owned<'r> {
    reader: &'r LayerReader,
    /// The places of the packages in `names`.
    paths: HashMap<(usize, u64), usize>,
    names: Vec<String>,
}

impl<'r> Owned<'r> {
    fn new(reader: &'r LayerReader) -> Self {
        Self {
            reader,
            paths: HashMap::new(),
            names: Vec::new(),
        }
    }

    fn extend(&mut self, layer: usize, listed: &Listed) {
        let mut files = listed.files.iter();
        for owner in &listed.owners {
            let place = self.names.len();
            self.names.push(owner.name.clone());
            for path in files.by_ref().take(owner.files) {
                let hash = self.reader.hash(unmerged(path));
                self.paths.insert((layer, hash), place);
            }
        }
    }

    /// Leaves out what belongs to packages that no list has: files that tell of files are left behind, and a list
    /// that is not there, or is empty, says nothing of what they were.
    fn retain_listed(&mut self, packages: &[Placed]) {
        let packages = packages.iter().map(|placed| &placed.package);
        let packages = packages.filter(|package| package.ecosystem.is_of_distribution());
        let listed: HashSet<_> = packages.map(|package| &*package.name).collect();
        let names = &self.names;
        self.paths.retain(|_, place| {
            names
                .get(*place)
                .is_some_and(|name| listed.contains(&**name))
        });
    }

    fn place(&self, layer: usize, path: &str) -> Option<usize> {
        let hash = self.reader.hash(unmerged(path));
        self.paths.get(&(layer, hash)).copied()
    }

    fn has(&self, layer: usize, path: &str) -> bool {
        self.place(layer, path).is_some()
    }

    fn owner(&self, layer: usize, path: &str) -> Option<&str> {
        let name = self.names.get(self.place(layer, path)?)?;
        Some(name)
    }
}

/// Whether a path is where packages of distributions put their files, and not where the Filesystem Hierarchy Standard
/// lets whoever runs the machine put theirs: `/opt`, `/srv`, `/usr/local`.
fn is_of_system(path: &str) -> bool {
    let folders = ["bin/", "etc/", "lib/", "lib64/", "sbin/", "usr/"];
    folders.iter().any(|it| path.starts_with(it)) && !path.starts_with("usr/local/")
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
