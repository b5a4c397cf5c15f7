//! One layer as it streams by: what it brings, and what it takes away from the layers below.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufReader, Cursor, Read},
    sync::Arc,
};

use ringwall_malware::{Bounds, FileRules, Outcome, RuleMatch, Unmatched};
use sha2::{Digest as _, Sha256};

use crate::{
    Digest, Notable, Package,
    ahead::Ahead,
    gunzip::Gunzip,
    links::{self, Link},
    malware::{Malware, Watched},
    packages::{self, room::PATH_BYTES},
    path_hash::PathHasher,
    search::{self, Secrets, Start},
    tar::{self, Entry, EntryKind, TarError, Walk},
    wanted::{Wanted, is_in_node_store},
};

/// Bytes that are unpacked at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// A layer of so many packed bytes is worth a thread of its own.
const AHEAD_FROM_BYTES: u64 = 4 << 20;

/// What is said of a layer for whose rest there is no room.
pub(crate) const FULL: &str = "names more packages and files than any layer has";

/// Bounds on what a layer may be; a hostile image is a normal case.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of a layer once it is unpacked.
    pub unpacked_bytes: u64,
    /// Most times that a layer may be larger than it is packed, once it is above `free_bytes`.
    pub ratio: u64,
    /// Bytes that any layer may unpack to.
    pub free_bytes: u64,
    /// Most entries of a layer.
    pub entries: usize,
    /// Most bytes that it takes to keep what a layer says: packages, their files, paths that it removes.
    pub kept_bytes: usize,
    /// How much of each file is searched for malware.
    pub malware: Bounds,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked_bytes: 64 << 30,
            ratio: 200,
            free_bytes: 1 << 30,
            entries: 4_000_000,
            kept_bytes: 512 << 20,
            malware: Bounds::default(),
        }
    }
}

/// A file that was read, and what came of it.
#[derive(Debug)]
pub struct ReadFile {
    /// Its path, without `/` at its start.
    pub path: String,
    /// Why it was read.
    pub wanted: Wanted,
    /// What it says.
    pub says: Says,
}

/// What a file says.
#[derive(Clone, Debug)]
pub enum Says {
    /// Packages that are installed, and files that belong to packages.
    Packages(Listed),
    /// The distribution, as fields of `os-release`.
    Distribution(Distribution),
    /// Names of users that are root.
    Roots(Vec<String>),
    /// It could not be read, and why.
    Unreadable(String),
}

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The packages.
    pub packages: Vec<Package>,
    /// Paths of files of packages, without `/` at the start, where the list has them.
    pub files: Vec<String>,
    /// The packages that the files are of, in the order of the files.
    pub owners: Vec<Owner>,
    /// What is wrong with a part of it, which is missing here.
    pub damage: Option<String>,
}

/// A package that has files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its name.
    pub name: String,
    /// How many files it has.
    pub files: usize,
}

impl From<Vec<Package>> for Listed {
    fn from(packages: Vec<Package>) -> Self {
        Self {
            packages,
            ..Self::default()
        }
    }
}

/// What `os-release` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// `debian`, `alpine`.
    pub id: String,
    /// `12`, `3.20.1`; empty for rolling ones.
    pub version_id: String,
    /// As people write it.
    pub name: String,
}

/// What came of a layer.
#[derive(Debug, Default)]
pub struct Layer {
    /// SHA-256 of the layer unpacked.
    pub diff_id: Option<Digest>,
    /// Entries of the archive.
    pub entries: usize,
    /// Bytes that it takes to keep what it says.
    pub(crate) kept_bytes: usize,
    /// Files that were read, in the order of the archive.
    pub files: Vec<ReadFile>,
    /// What could not be read of the layer itself: the rest of it is unknown.
    pub damage: Option<String>,
    /// Secrets in its files, by path.
    pub(crate) secrets: Vec<(String, Secrets)>,
    /// Texts that are too long to be searched for secrets or malware.
    pub(crate) unsearched: Vec<String>,
    /// Malware in its files, by path.
    pub(crate) malware: Vec<(String, Malware)>,
    /// Programs of which only the beginning was searched for malware.
    pub(crate) cut_programs: Vec<String>,
    /// Files of which it is not known which rules of the user's own they match.
    pub(crate) unmatched: Vec<(String, Unmatched)>,
    /// Files of which nothing is known, each with the reason; only those of a file system that is not packed.
    pub unread: Vec<(String, String)>,
    /// Files and folders with more rights than usual, and programs that tell what an image is good for.
    pub(crate) notable: Vec<(String, Notable)>,
    /// Paths that the layer removes from those below.
    pub(crate) removed: HashSet<String>,
    /// Folders whose content below is hidden.
    pub(crate) opaque: HashSet<String>,
    /// Hashes of the paths of everything but folders.
    pub(crate) replaced: HashSet<u64>,
    /// Hashes of the paths of folders.
    pub(crate) folders: HashSet<u64>,
    /// Places of files in their list.
    pub(crate) by_path: HashMap<String, usize>,
    /// What files say that count only where links lead to them, by the hashes of their paths.
    pub(crate) stored: HashMap<u64, Says>,
    /// Hard links to files that the archive does not have before them, and so to those of a lower layer.
    pub(crate) links: Vec<Link>,
    /// Their places in the list, by the hashes of their paths.
    pub(crate) link_places: HashMap<u64, usize>,
    /// Files that have more rights than usual, by the hashes of their paths.
    pub(crate) rights: HashMap<u64, Notable>,
}

/// Reads layers of one image: what makes a path known again is the same for all of them.
#[derive(Clone, Debug, Default)]
pub struct LayerReader {
    hasher: PathHasher,
    limits: Limits,
    searches: bool,
    is_ahead: bool,
    rules: Option<Arc<dyn FileRules>>,
}

impl LayerReader {
    /// With a key by which paths are known again: that of layers that were kept. It has to be a secret, or
    /// whoever builds an image finds paths that are taken for others.
    #[must_use]
    pub const fn with_key(mut self, key: [u64; 2]) -> Self {
        self.hasher = PathHasher(key);
        self
    }

    /// With bounds of one's own.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Searches every text for secrets as well.
    #[must_use]
    pub const fn searching(mut self) -> Self {
        self.searches = true;
        self
    }

    /// Unpacks large layers in threads of their own, ahead of what reads them: for where there are cores to spare.
    #[must_use]
    pub const fn unpacking_ahead(mut self) -> Self {
        self.is_ahead = true;
        self
    }

    /// Holds every file against rules of the user's own as well.
    #[must_use]
    pub fn matching(mut self, rules: Arc<dyn FileRules>) -> Self {
        self.rules = Some(rules);
        self
    }

    /// What is asked of a layer; what came of one is no answer to another question. Letters, digits and `-`.
    pub fn question(&self) -> String {
        let what = if self.searches { "all" } else { "packages" };
        match &self.rules {
            Some(rules) => format!("{what}-{}", rules.digest()),
            None => what.to_owned(),
        }
    }

    /// Reads a layer to its end, whatever it is packed with; `packed_bytes` is its size in the image.
    ///
    /// Never fails as a whole: what was read before a layer turned out to be damaged is kept.
    pub fn read(&self, packed: impl Read + Send, packed_bytes: u64) -> Layer {
        let mut layer = Layer::default();
        match self.unpack(packed, packed_bytes, &mut layer) {
            Ok(diff_id) => layer.diff_id = Some(diff_id),
            Err(error) => layer.damage = Some(error.to_string()),
        }
        // Hard links to what was met before stay within their layer.
        layer.stored = HashMap::new();
        layer.link_places = HashMap::new();
        layer.rights = HashMap::new();
        layer
    }

    fn unpack(
        &self,
        packed: impl Read + Send,
        packed_bytes: u64,
        layer: &mut Layer,
    ) -> Result<Digest, TarError> {
        let by_ratio = packed_bytes.saturating_mul(self.limits.ratio);
        let most = by_ratio
            .max(self.limits.free_bytes)
            .min(self.limits.unpacked_bytes);
        let mut walk = |unpacked: &mut dyn Read| self.walk(Bounded::new(unpacked, most), layer);
        let (packing, packed) = Packing::of(packed)?;
        match packing {
            Packing::Gzip if self.is_ahead && packed_bytes >= AHEAD_FROM_BYTES => {
                Ahead::read(packed, |mut unpacked| walk(&mut unpacked))?
            }
            Packing::Gzip => walk(&mut Gunzip::new(packed)),
            Packing::Zstd => {
                let packed = BufReader::with_capacity(BUFFER_BYTES, packed);
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                // What `zstd` itself takes without being asked to use more memory: 128 MiB.
                decoder.window_log_max(27)?;
                walk(&mut BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
            Packing::None => walk(&mut BufReader::with_capacity(BUFFER_BYTES, packed)),
        }
    }

    fn walk<R: Read>(&self, unpacked: Bounded<R>, layer: &mut Layer) -> Result<Digest, TarError> {
        let mut walk = Walk::new(unpacked);
        while let Some(entry) = walk.next_entry()? {
            layer.entries += 1;
            if layer.entries > self.limits.entries {
                let reason = format!("holds more than {} entries", self.limits.entries);
                return Err(io::Error::other(reason).into());
            }
            self.entry(&entry, &mut walk, layer)?;
            if layer.kept_bytes > self.limits.kept_bytes {
                return Err(io::Error::other(FULL).into());
            }
        }
        // The digest is of all bytes, those behind the archive's end as well.
        let mut rest = walk.into_inner();
        io::copy(&mut rest, &mut io::sink())?;
        Ok(rest.digest())
    }

    fn entry<R: Read>(
        &self,
        entry: &Entry,
        walk: &mut Walk<Bounded<R>>,
        layer: &mut Layer,
    ) -> Result<(), TarError> {
        let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        if let Some(hidden) = name.strip_prefix(".wh.") {
            if hidden == ".wh..opq" {
                layer.opaque.insert(folder.to_owned());
            } else if !hidden.starts_with(".wh.") {
                layer
                    .removed
                    .insert(tar::clean(&format!("{folder}/{hidden}")));
            }
            layer.keeps(entry.path.len());
            return Ok(());
        }
        let notable = Notable::of(entry);
        if let Some(notable) = notable {
            layer.notable.push((entry.path.clone(), notable));
            layer.keeps(entry.path.len());
        }
        let hash = self.hash(&entry.path);
        if entry.kind == EntryKind::Folder {
            layer.folders.insert(hash);
            return Ok(());
        }
        layer.replaced.insert(hash);
        match notable.filter(|it| it.is_right()) {
            Some(right) => layer.rights.insert(hash, right),
            None => layer.rights.remove(&hash),
        };
        let mut wanted = Wanted::of(&entry.path, entry.mode);
        let says = match (entry.kind, wanted) {
            // What a link leads to has a path of its own.
            (EntryKind::Symlink, _) => {
                wanted = Wanted::of_link(&entry.path, &entry.link);
                wanted.map(|_| leads_elsewhere(entry))
            }
            // What stands between its holes is searched, and is no list of packages by itself.
            (EntryKind::Sparse, Some(_)) => {
                self.content(entry, &mut None, walk, layer)?;
                let reason = "is a file with holes, whose parts are not put together";
                Some(Says::Unreadable(reason.to_owned()))
            }
            (EntryKind::File | EntryKind::Sparse, _) => {
                self.content(entry, &mut wanted, walk, layer)?
            }
            (EntryKind::HardLink, _) => self.hard_link(entry, &mut wanted, layer),
            (_, None) => None,
            _ => Some(Says::Unreadable("is no regular file".to_owned())),
        };
        if let Some((wanted, says)) = wanted.zip(says) {
            // Its place is kept by its path as well.
            layer.keeps(2 * entry.path.len() + says.kept_bytes());
            let file = ReadFile {
                path: entry.path.clone(),
                wanted,
                says,
            };
            // Of a path that an archive has twice, the later one is there.
            let known = layer.by_path.get(&entry.path).copied();
            if let Some(known) = known.and_then(|at| layer.files.get_mut(at)) {
                *known = file;
            } else {
                layer.by_path.insert(entry.path.clone(), layer.files.len());
                layer.files.push(file);
            }
        }
        Ok(())
    }

    /// What another name of a file says. It stays when the other name goes, so it says for itself what that one says,
    /// and has the rights of its file.
    fn hard_link(
        &self,
        entry: &Entry,
        wanted: &mut Option<Wanted>,
        layer: &mut Layer,
    ) -> Option<Says> {
        let target = tar::clean(&entry.link);
        let (path, hash) = (self.hash(&entry.path), self.hash(&target));
        if let Some(right) = layer.rights.get(&hash).copied()
            && layer.rights.insert(path, right) != Some(right)
        {
            layer.notable.push((entry.path.clone(), right));
            layer.keeps(entry.path.len());
        }
        let is_known = path != hash && layer.replaced.contains(&hash);
        let beneath = layer.link_places.get(&hash);
        let beneath = beneath.and_then(|place| layer.links.get(*place));
        let beneath = match beneath.filter(|_| is_known) {
            Some(link) => Some(link.target.clone()),
            None => (!is_known).then(|| target.clone()),
        };
        let is_program = *wanted == Some(Wanted::Program);
        if let Some(beneath) = beneath
            && (wanted.is_none() || is_program)
        {
            layer.keeps(entry.path.len() + beneath.len());
            layer.link_places.insert(path, layer.links.len());
            layer.links.push(Link {
                path: entry.path.clone(),
                target: beneath,
                is_program,
            });
            return None;
        }
        let Some(promised) = *wanted else {
            // A mode is not needed to be a library, or to be run by a loader.
            let file = layer.file(&target)?;
            *wanted = file.wanted.is_by_content().then_some(Wanted::Program);
            return Some(file.says.clone());
        };
        match layer.linked(&target, hash) {
            Some(says) => Some(says.clone()),
            // A script, which says nothing under its other name either.
            None if is_known && !promised.is_named() => None,
            None => Some(Says::Unreadable(links::not_read(&entry.link))),
        }
    }

    /// Searches the content of a file for malware and secrets, and gives what it says where it is wanted: its path
    /// tells that, or its first bytes do, as a library needs no mode to be loaded.
    fn content(
        &self,
        entry: &Entry,
        wanted: &mut Option<Wanted>,
        content: &mut impl Read,
        layer: &mut Layer,
    ) -> io::Result<Option<Says>> {
        let mut first = Vec::new();
        // What is linked from there may have been packed with any mode.
        let is_stored = is_in_node_store(&entry.path);
        if is_stored && *wanted == Some(Wanted::Program) {
            *wanted = None;
        }
        if wanted.is_none() {
            content.take(packages::MARK_BYTES).read_to_end(&mut first)?;
            let mut is_program = packages::is_program(&first);
            if first.starts_with(b"PK") {
                let more = packages::JAR_BYTES - packages::MARK_BYTES;
                content.take(more).read_to_end(&mut first)?;
                is_program = packages::is_jar(&first);
            }
            if packages::is_library(&entry.path) && first.starts_with(b"MZ") {
                content
                    .take(packages::ASSEMBLY_BYTES)
                    .read_to_end(&mut first)?;
                is_program = packages::is_assembly(&first);
            }
            if is_program {
                *wanted = Some(Wanted::Program);
            } else if is_stored
                && entry.size <= Wanted::StoredNodePackage.limit_bytes()
                && begins_object(&first)
            {
                *wanted = Some(Wanted::StoredNodePackage);
            }
        }
        let wanted = *wanted;
        let content = &mut first.as_slice().chain(content);
        if !matches!(entry.kind, EntryKind::File | EntryKind::Sparse) {
            return says(entry, wanted, content);
        }
        let Some(rules) = &self.rules else {
            return self.search(entry, wanted, content, Vec::new(), layer);
        };
        if entry.size > rules.most_bytes() {
            let most = rules.most_bytes();
            layer.note_unmatched(&entry.path, Unmatched::TooLarge { most });
            return self.search(entry, wanted, content, Vec::new(), layer);
        }
        let mut whole = Vec::new();
        content.read_to_end(&mut whole)?;
        let matches = rules.matches(&entry.path, &whole);
        let matches = matches.unwrap_or_else(|reason| {
            layer.note_unmatched(&entry.path, reason);
            Vec::new()
        });
        self.search(entry, wanted, &mut &*whole, matches, layer)
    }

    /// The same of a file of which it is known which rules of the user's own it matches.
    fn search(
        &self,
        entry: &Entry,
        wanted: Option<Wanted>,
        content: &mut impl Read,
        own: Vec<RuleMatch>,
        layer: &mut Layer,
    ) -> io::Result<Option<Says>> {
        let mut content = Watched::new(&entry.path, entry.size, self.limits.malware, content);
        let mut before = Vec::new();
        if self.searches {
            match search::start(&entry.path, entry.size, &mut content)? {
                Start::Other(first) => {
                    if let Some(secrets) = search::search_keys(&first) {
                        layer.keeps(entry.path.len() + secrets.kept_bytes());
                        layer.secrets.push((entry.path.clone(), secrets));
                    }
                    before = first;
                }
                Start::TooLong(first) => {
                    layer.unsearched.push(entry.path.clone());
                    layer.keeps(entry.path.len());
                    before = first;
                }
                Start::Text(text) => {
                    let secrets = search::search_file(&entry.path, &text);
                    if !secrets.found.is_empty() {
                        layer.keeps(entry.path.len() + secrets.kept_bytes());
                        layer.secrets.push((entry.path.clone(), secrets));
                    }
                    before = text;
                }
            }
        }
        let says = says(entry, wanted, &mut before.as_slice().chain(&mut content))?;
        layer.note_malware(&entry.path, content.finish()?, own);
        if wanted != Some(Wanted::StoredNodePackage) {
            return Ok(says);
        }
        // Other texts that begin like JSON say nothing.
        if let Some(says @ Says::Packages(_)) = says {
            layer.keeps(says.kept_bytes());
            layer.stored.insert(self.hash(&entry.path), says);
        }
        Ok(None)
    }

    /// Takes an entry of a file system that is not packed, whose content `open` gives where it is asked for.
    ///
    /// A hard link is another name of a file that is searched under its first one, and is read again for what it is
    /// under this one. No name is a mark of removal: nothing lies below. That one file cannot be read says nothing of
    /// the others: it is in [`Layer::unread`], or a file of the layer that says so.
    pub fn read_entry<R: Read>(
        &self,
        entry: &Entry,
        open: impl FnOnce() -> io::Result<R>,
        layer: &mut Layer,
    ) {
        if layer.kept_bytes > self.limits.kept_bytes {
            layer.damage.get_or_insert_with(|| FULL.to_owned());
            return;
        }
        layer.entries += 1;
        if let Some(notable) = Notable::of(entry) {
            layer.notable.push((entry.path.clone(), notable));
            layer.keeps(entry.path.len());
        }
        if entry.kind == EntryKind::Folder {
            return;
        }
        let mut wanted = match entry.kind {
            EntryKind::Symlink => Wanted::of_link(&entry.path, &entry.link),
            _ => Wanted::of(&entry.path, entry.mode),
        };
        let is_searched = entry.kind == EntryKind::File && (entry.size > 0 || self.rules.is_some());
        if wanted.is_none() && !is_searched {
            return;
        }
        let says = match entry.kind {
            EntryKind::File | EntryKind::HardLink => {
                open().and_then(|mut content| self.content(entry, &mut wanted, &mut content, layer))
            }
            EntryKind::Symlink => Ok(wanted.map(|_| leads_elsewhere(entry))),
            // Sockets may have the mode of a program.
            _ => Ok(wanted
                .filter(|wanted| wanted.is_named())
                .map(|_| Says::Unreadable("is no regular file".to_owned()))),
        };
        let says = says.or_else(|error| match wanted {
            Some(wanted) if wanted.is_named() => Ok(Some(Says::Unreadable(error.to_string()))),
            _ => Err(error),
        });
        match says {
            Ok(says) => {
                let Some((wanted, says)) = wanted.zip(says) else {
                    return;
                };
                layer.keeps(entry.path.len() + says.kept_bytes());
                layer.files.push(ReadFile {
                    path: entry.path.clone(),
                    wanted,
                    says,
                });
            }
            Err(error) => {
                let error = error.to_string();
                layer.keeps(entry.path.len() + error.len());
                layer.unread.push((entry.path.clone(), error));
            }
        }
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A path as it is kept where only its being there counts.
    pub(crate) fn hash(&self, path: &str) -> u64 {
        self.hasher.hash_one(path)
    }

    /// Those of the folders above a path, and of the path itself.
    pub(crate) fn hash_folders(&self, path: &str) -> impl Iterator<Item = u64> {
        self.hasher.hash_folders(path)
    }

    /// Whether a layer above takes a path away by itself, and not with a folder above it.
    pub(crate) fn hides_alone(&self, layer: &Layer, path: &str) -> bool {
        layer.removed.contains(path) || layer.replaced.contains(&self.hash(path))
    }
}

impl Layer {
    /// One of which nothing could be read, and why.
    pub fn unreadable(reason: impl Into<String>) -> Self {
        Self {
            damage: Some(reason.into()),
            ..Self::default()
        }
    }

    /// Notes what the search of a file for malware came to.
    fn note_malware(&mut self, path: &str, outcome: Outcome, own: Vec<RuleMatch>) {
        let malware = Malware {
            found: outcome.found,
            own,
        };
        if !malware.is_none() {
            self.keeps(path.len() + malware.kept_bytes());
            self.malware.push((path.to_owned(), malware));
        }
        if !outcome.is_cut {
            return;
        }
        // A text may be too long for secrets as well.
        let is_told = self.unsearched.last().is_some_and(|last| last == path);
        if outcome.is_program {
            self.keeps(path.len());
            self.cut_programs.push(path.to_owned());
        } else if !is_told {
            self.keeps(path.len());
            self.unsearched.push(path.to_owned());
        }
    }

    /// Notes that it is not known which rules a file matches.
    fn note_unmatched(&mut self, path: &str, reason: Unmatched) {
        self.keeps(path.len() + size_of::<Unmatched>());
        self.unmatched.push((path.to_owned(), reason));
    }

    /// Notes that a path is kept, or a path and what is said of it, of so many bytes.
    const fn keeps(&mut self, bytes: usize) {
        self.kept_bytes = self
            .kept_bytes
            .saturating_add(bytes)
            .saturating_add(PATH_BYTES);
    }

    /// Both as one, where they hold parts of a file system that is not packed.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.entries += other.entries;
        self.damage = self.damage.or(other.damage);
        self.kept_bytes = self.kept_bytes.saturating_add(other.kept_bytes);
        self.files.extend(other.files);
        self.secrets.extend(other.secrets);
        self.unsearched.extend(other.unsearched);
        self.malware.extend(other.malware);
        self.cut_programs.extend(other.cut_programs);
        self.unmatched.extend(other.unmatched);
        self.unread.extend(other.unread);
        self.notable.extend(other.notable);
        self
    }

    /// The same in the order of the paths, whoever read which part first.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
        self.secrets.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.unsearched.sort();
        self.malware.sort();
        self.cut_programs.sort();
        self.unmatched.sort();
        self.unread.sort();
        self.notable.sort();
        self
    }

    fn file(&self, path: &str) -> Option<&ReadFile> {
        self.files.get(*self.by_path.get(path)?)
    }

    /// What a file says that a link leads to.
    fn linked(&self, path: &str, hash: u64) -> Option<&Says> {
        let file = self.file(path);
        file.map(|file| &file.says)
            .or_else(|| self.stored.get(&hash))
    }
}

/// What is said of a link to what is not read.
fn leads_elsewhere(entry: &Entry) -> Says {
    let reason = match Wanted::of_link(&entry.path, &entry.link) {
        Some(Wanted::Foreign(whose)) => packages::foreign(whose),
        _ => format!("is a link to {}, which is not read", entry.link),
    };
    Says::Unreadable(reason)
}

/// Whether a text begins as an object of JSON.
fn begins_object(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(first);
    text.trim_ascii_start().starts_with(b"{")
}

/// What a file says that is wanted.
fn says(
    entry: &Entry,
    wanted: Option<Wanted>,
    content: &mut impl Read,
) -> io::Result<Option<Says>> {
    match wanted {
        Some(wanted) if entry.size > wanted.limit_bytes() => Ok(Some(Says::Unreadable(format!(
            "holds {} bytes, more than is read of such a file",
            entry.size
        )))),
        Some(wanted) => packages::read(wanted, &entry.path, entry.size, content),
        None => Ok(None),
    }
}

/// First bytes of a file that tell what it is packed with.
pub const PACKING_BYTES: usize = 10;

/// What a file is packed with that begins so, where that is a form that is not read.
pub fn unread_packing(first: &[u8]) -> Option<&'static str> {
    match first {
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        // Behind the size of its blocks stands how one of them, or the end, begins.
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
            if rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
        {
            Some("bzip2")
        }
        _ => None,
    }
}

/// What a layer is packed with.
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// The first bytes show it, as media types are not to be trusted; the reader that is given back has them again.
    fn of<R: Read>(mut packed: R) -> io::Result<(Self, impl Read)> {
        const GZIP: [u8; 2] = [0x1f, 0x8b];
        const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
        /// Frames that a reader skips, as zstd:chunked has them before and behind the content.
        const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
        let mut start = Vec::with_capacity(PACKING_BYTES);
        (&mut packed)
            .take(PACKING_BYTES as u64)
            .read_to_end(&mut start)?;
        if let Some(name) = unread_packing(&start) {
            let reason = format!("is packed with {name}, which is not read");
            return Err(io::Error::other(reason));
        }
        let packing = if start.starts_with(&GZIP) {
            Self::Gzip
        } else if start.starts_with(&ZSTD) || start.get(1..4) == Some(&SKIPPABLE) {
            Self::Zstd
        } else {
            Self::None
        };
        Ok((packing, Cursor::new(start).chain(packed)))
    }
}

/// Counts and digests what passes, and ends with an error where it is too much.
struct Bounded<R> {
    reader: R,
    left: u64,
    most: u64,
    hash: Sha256,
}

impl<R> Bounded<R> {
    fn new(reader: R, most: u64) -> Self {
        Self {
            reader,
            left: most,
            most,
            hash: Sha256::new(),
        }
    }

    fn digest(self) -> Digest {
        Digest::new(self.hash.finalize().into())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            let most = self.most;
            io::Error::other(format!(
                "unpacks to more than {most} bytes, which no layer needs"
            ))
        })?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
