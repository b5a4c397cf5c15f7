//! What upper layers hide of lower ones, found in time that grows with the length of a path alone.
//!
//! Asking each layer about each folder above a path takes the product of both, and whoever builds an image chooses
//! how deep paths are and how many layers there are.

use crate::{Layer, LayerReader};

/// What the layers of an image hide, each hash of a path with the layer, in order.
pub(crate) struct Hiding<'r> {
    reader: &'r LayerReader,
    /// Paths that a layer removes, or puts something in the place of that is no folder.
    gone: Vec<(u64, usize)>,
    /// Folders whose content below is hidden.
    opaque: Vec<(u64, usize)>,
    /// Folders that a layer has.
    folders: Vec<(u64, usize)>,
}

impl<'r> Hiding<'r> {
    pub(crate) fn new(reader: &'r LayerReader, layers: &[Layer]) -> Self {
        let (mut gone, mut opaque, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        // The lowest hides nothing.
        for (at, layer) in layers.iter().enumerate().skip(1) {
            let removed = layer.removed.iter().map(|path| reader.hash(path));
            let removed = removed.chain(layer.replaced.iter().copied());
            gone.extend(removed.map(|hash| (hash, at)));
            opaque.extend(layer.opaque.iter().map(|path| (reader.hash(path), at)));
            folders.extend(layer.folders.iter().map(|hash| (*hash, at)));
        }
        gone.sort_unstable();
        opaque.sort_unstable();
        folders.sort_unstable();
        Self {
            reader,
            gone,
            opaque,
            folders,
        }
    }

    /// The same of a path that is no folder: one of a layer above takes its place without a word.
    pub(crate) fn hides_file(&self, path: &str, layer: usize) -> Option<usize> {
        let folder = first_above(&self.folders, self.reader.hash(path), layer);
        let hidden = self.hides(path, layer);
        hidden.into_iter().chain(folder).min()
    }

    /// The first layer above one that hides a path of it: removes it or a folder above it, or puts something in its
    /// place.
    pub(crate) fn hides(&self, path: &str, layer: usize) -> Option<usize> {
        let root = first_above(&self.opaque, self.reader.hash(""), layer);
        let mut parts = self.reader.hash_folders(path).peekable();
        std::iter::from_fn(|| {
            let hash = parts.next()?;
            let gone = first_above(&self.gone, hash, layer);
            // A folder that became a link or a file has lost what stood in it.
            let is_folder = parts.peek().is_some();
            let opaque = is_folder.then(|| first_above(&self.opaque, hash, layer));
            Some(gone.into_iter().chain(opaque.flatten()).min())
        })
        .flatten()
        .chain(root)
        .min()
    }
}

fn first_above(sorted: &[(u64, usize)], hash: u64, layer: usize) -> Option<usize> {
    let at = sorted.partition_point(|known| *known <= (hash, layer));
    let (found, above) = sorted.get(at)?;
    (*found == hash).then_some(*above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_hidden_by_what_removes_or_replaces_them_or_a_folder_above_them() {
        let reader = LayerReader::default();
        let layer = |removed: &[&str], replaced: &[&str], opaque: &[&str]| {
            let mut layer = Layer::default();
            layer
                .removed
                .extend(removed.iter().map(|it| (*it).to_owned()));
            layer
                .replaced
                .extend(replaced.iter().map(|it| reader.hash(it)));
            layer
                .opaque
                .extend(opaque.iter().map(|it| (*it).to_owned()));
            layer
        };
        let layers = [
            layer(&["a/b"], &["a/b"], &["a"]),
            layer(&["a/b"], &["c"], &[]),
            layer(&[], &["a/b/d"], &["e/f"]),
            layer(&["a"], &["e/f/g"], &[]),
            layer(&[], &[], &[""]),
        ];
        let hiding = Hiding::new(&reader, &layers);
        for (path, of, expected) in [
            ("a/b", 0, Some(1)),
            ("a/b/d", 0, Some(1)),
            ("a/b/d", 1, Some(2)),
            ("a/b/d", 2, Some(3)),
            ("a/x", 0, Some(3)),
            ("c", 0, Some(1)),
            ("c/d/e", 0, Some(1)),
            ("e/f/g/h", 0, Some(2)),
            ("e/f/g/h", 2, Some(3)),
            // The folder itself stays.
            ("e/f", 0, Some(4)),
            ("ab", 0, Some(4)),
            ("ab", 3, Some(4)),
            ("ab", 4, None),
        ] {
            assert_eq!(hiding.hides(path, of), expected, "{path} {of}");
        }
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_hides_it() {
        let reader = LayerReader::default();
        let mut exploded = Layer::default();
        exploded.folders.insert(reader.hash("srv/app.war"));
        let layers = [Layer::default(), exploded, Layer::default()];
        let hiding = Hiding::new(&reader, &layers);
        assert_eq!(hiding.hides_file("srv/app.war", 0), Some(1));
        assert_eq!(hiding.hides_file("srv/app.war", 1), None);
        // What stands in the folder of both stays.
        assert_eq!(hiding.hides_file("srv/app.war/a", 0), None);
        assert_eq!(hiding.hides("srv/app.war", 0), None);
    }

    /// Asking each layer about each folder would hash 0.8 TB here.
    #[test]
    fn deep_paths_below_many_layers_are_found_at_once() {
        let reader = LayerReader::default();
        let layers: Vec<_> = (0..100)
            .map(|at| {
                let mut layer = Layer::default();
                layer.removed.insert(format!("srv/{at}"));
                layer
            })
            .collect();
        let hiding = Hiding::new(&reader, &layers);
        let deep = "a/".repeat(2000);
        for at in 0..1000 {
            let path = format!("{deep}{at}.jar");
            assert_eq!(hiding.hides(&path, 0), None);
        }
    }
}
