//! Packages of which a layer removes what tells of them, and leaves what they are made of.

use std::collections::{BTreeMap, HashSet};

use crate::{
    Ecosystem, Gap, Layer, LayerReader, Package, hiding::Hiding, layer::Says, wanted::Wanted,
};

/// Why a package that is gone by its metadata is not gone.
const LEFT: &str =
    "was removed, and what it tells of was not, so that what is installed is not known";

/// Metadata of packages that is hidden alone; `hidden` has, for each layer, what hides which of its files.
pub(crate) fn remains(
    reader: &LayerReader,
    layers: &[Layer],
    hiding: &Hiding<'_>,
    hidden: &[BTreeMap<usize, usize>],
) -> Vec<Gap> {
    let files = |at: usize| layers.get(at).map_or(&[][..], |layer| &layer.files);
    // What is written anew, and Python distributions that came in another version.
    let mut seen = HashSet::new();
    for (at, hidden) in hidden.iter().enumerate() {
        for (index, file) in files(at).iter().enumerate() {
            if hidden.contains_key(&index) {
                continue;
            }
            seen.insert(file.path.clone());
            if let (Wanted::PythonMetadata, Says::Packages(listed)) = (file.wanted, &file.says) {
                let modules = listed.packages.iter().map(|it| module(&file.path, it));
                seen.extend(modules);
            }
        }
    }
    let mut gaps = Vec::new();
    for (at, (layer, hidden)) in layers.iter().zip(hidden).enumerate() {
        let stays = |path: &str| hiding.hides(path, at).is_none();
        let is_there = |path: &str| {
            let hash = reader.hash(path);
            (layer.replaced.contains(&hash) || layer.folders.contains(&hash)) && stays(path)
        };
        for (index, by) in hidden {
            let (Some(file), Some(upper)) = (layer.files.get(*index), layers.get(*by)) else {
                continue;
            };
            let Says::Packages(listed) = &file.says else {
                continue;
            };
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let is_left = match file.wanted {
                // One folder has all of it.
                Wanted::NodePackage | Wanted::ErlangApplication | Wanted::RPackage => {
                    reader.hides_alone(upper, &file.path) && stays(folder)
                }
                // `specifications/tea-1.0.gemspec` is of `gems/tea-1.0`.
                Wanted::Gem => folder
                    .strip_suffix("specifications")
                    .zip(name.strip_suffix(".gemspec"))
                    .is_some_and(|(above, gem)| is_there(&format!("{above}gems/{gem}"))),
                // Most distributions bring a module of their own name.
                Wanted::PythonMetadata => listed.packages.iter().any(|package| {
                    let module = module(&file.path, package);
                    !seen.contains(&module)
                        && (is_there(&format!("{module}/__init__.py"))
                            || is_there(&format!("{module}.py")))
                }),
                _ => false,
            };
            if is_left && !seen.contains(&file.path) {
                gaps.push(Gap {
                    layer: *by,
                    file: Some((file.wanted, file.path.clone())),
                    reason: LEFT.to_owned(),
                });
            }
        }
    }
    gaps
}

/// Where the module of a Python distribution is, whose metadata is at a path: beside the folder that has it.
fn module(path: &str, package: &Package) -> String {
    debug_assert_eq!(package.ecosystem, Ecosystem::Pypi);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // `tea-1.0.egg-info` may be a file.
    let is_metadata = folder.ends_with("-info");
    let above = if is_metadata {
        folder.rsplit_once('/').map_or("", |(above, _)| above)
    } else {
        folder
    };
    let name = package.name.to_ascii_lowercase().replace(['-', '.'], "_");
    format!("{above}/{name}")
}
