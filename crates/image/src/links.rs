//! Hard links to files of lower layers: what such a name says stands in another layer.
//!
//! The name stays when the first one is removed or replaced, and so says for itself what the file says.

use std::collections::{HashMap, HashSet};

use crate::{
    Layer, LayerReader, Notable, ReadFile, Says, hiding::Hiding, layer::FULL,
    packages::room::PATH_BYTES, wanted::Wanted,
};

/// Another name of a file that the archive of a layer does not have before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The name.
    pub(crate) path: String,
    /// The name that the file has in a lower layer.
    pub(crate) target: String,
    /// Whether its mode says that it is a program.
    pub(crate) is_program: bool,
}

impl Wanted {
    /// Whether a file says what it is whatever its name is.
    pub(crate) const fn is_by_content(self) -> bool {
        matches!(self, Self::Program | Self::JavaArchive)
    }
}

impl Notable {
    /// Whether it is a right of the file itself, which it has under each of its names.
    pub(crate) const fn is_right(self) -> bool {
        matches!(self, Self::SetId | Self::WritableFile)
    }
}

/// Gives names of files of lower layers what these say, and the rights that these have.
pub(crate) fn resolve(reader: &LayerReader, layers: &mut [Layer], hiding: &Hiding<'_>) {
    let links = layers.iter().flat_map(|layer| &layer.links);
    let wanted: HashSet<u64> = links.map(|link| reader.hash(&link.target)).collect();
    if wanted.is_empty() {
        return;
    }
    // Where files are that links lead to, and the rights that they have: the lowest layer first.
    let mut files: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
    let mut rights: HashMap<u64, Vec<(usize, Notable)>> = HashMap::new();
    let mut left = reader.limits().kept_bytes;
    for at in 0..layers.len() {
        let (below, rest) = layers.split_at_mut(at);
        let Some((layer, _)) = rest.split_first_mut() else {
            return;
        };
        for link in std::mem::take(&mut layer.links) {
            let hash = reader.hash(&link.target);
            // What a layer takes away, its links may lead to all the same.
            let is_seen = |of: usize| {
                let hidden = hiding.hides_file(&link.target, of);
                hidden.is_none_or(|by| by >= at)
            };
            let right = rights.get(&hash).and_then(|all| all.last());
            if let Some((_, right)) = right.filter(|(of, _)| is_seen(*of)) {
                layer.notable.push((link.path.clone(), *right));
            }
            let file = files.get(&hash).and_then(|all| all.last());
            let file = file.filter(|(of, _)| is_seen(*of));
            let file = file.and_then(|(of, index)| below.get(*of)?.files.get(*index));
            let has_target = || {
                let mut layers = below.iter().enumerate();
                layers.any(|(of, layer)| layer.replaced.contains(&hash) && is_seen(of))
            };
            let says = match file {
                Some(file) => file.says.clone(),
                // A script says nothing.
                None if !link.is_program || has_target() => continue,
                None => Says::Unreadable(not_read(&link.target)),
            };
            let kept = link.path.len() + says.kept_bytes() + PATH_BYTES;
            let Some(after) = left.checked_sub(kept) else {
                layer.damage.get_or_insert_with(|| FULL.to_owned());
                break;
            };
            left = after;
            layer.files.push(ReadFile {
                path: link.path,
                wanted: Wanted::Program,
                says,
            });
        }
        for (index, file) in layer.files.iter().enumerate() {
            let hash = reader.hash(&file.path);
            if file.wanted.is_by_content() && wanted.contains(&hash) {
                files.entry(hash).or_default().push((at, index));
            }
        }
        for (path, notable) in &layer.notable {
            let hash = reader.hash(path);
            if notable.is_right() && wanted.contains(&hash) {
                rights.entry(hash).or_default().push((at, *notable));
            }
        }
    }
}

/// What is said of a name of a file that nothing is known of.
pub(crate) fn not_read(target: &str) -> String {
    format!("is a hard link to {target}, which was not read")
}
