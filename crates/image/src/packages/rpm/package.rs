//! What a header says of its package: name, version, where it comes from, and its files.

use std::fmt;

use super::{
    super::room::{FULL, PATH_BYTES, package_bytes},
    Found,
    header::{Broken, Header, Tag},
};
use crate::{Ecosystem, Owner, Package, SourcePackage, tar};

/// The kind of a file in its mode, as in `stat`.
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;

/// Keys that packages are verified with stand among them, with this name; nothing is installed with one.
pub(super) const KEY: &str = "gpg-pubkey";

/// Adds the package of a header that stands at `place`.
pub(super) fn add(bytes: &[u8], place: fmt::Arguments<'_>, found: &mut Found) {
    let Some(header) = Header::new(bytes) else {
        found.damaged(format_args!("{place} holds no header of a package"));
        return;
    };
    if !header.is_whole {
        let what = "holds a header that is not as long as it says";
        found.damaged(format_args!("{place} {what}"));
    }
    let mut reader = Reader {
        header,
        place,
        found,
    };
    let Some(package) = reader.package() else {
        return;
    };
    if package.name == KEY {
        return;
    }
    let (name, before) = (package.name.clone(), reader.found.files.len());
    reader.found.packages.push(package);
    if let Err(broken) = reader.files() {
        reader.note(broken);
    }
    let files = reader.found.files.len() - before;
    if files > 0 {
        reader.found.owners.push(Owner { name, files });
    }
}

struct Reader<'a> {
    header: Header<'a>,
    place: fmt::Arguments<'a>,
    found: &'a mut Found,
}

impl Reader<'_> {
    /// `None`, and damage, where there is no name, no version, or no room for it.
    fn package(&mut self) -> Option<Package> {
        let name = self.text(Tag::Name);
        let version = self.text(Tag::Version);
        let release = self.text(Tag::Release);
        let place = self.place;
        let (Some(name), Some(version)) = (name, version) else {
            let what = "holds a package without name or version";
            self.found.damaged(format_args!("{place} {what}"));
            return None;
        };
        let mut version = version;
        match release {
            Some(release) => version = format!("{version}-{release}"),
            None if name == KEY => {}
            None => self
                .found
                .damaged(format_args!("{place} holds {name} without its release")),
        }
        let epoch = self.header.number(Tag::Epoch);
        if let Some(epoch) = self.or_note(epoch) {
            version = format!("{epoch}:{version}");
        }
        let source = self.text(Tag::SourceRpm);
        let mut package = Package::new(Ecosystem::Rpm, name, version);
        package.source = source.and_then(|archive| source_of(archive, &package.version));
        package.architecture = self.text(Tag::Architecture);
        package.licences = self.text(Tag::Licence).into_iter().collect();
        package.module = self.text(Tag::Module);
        self.may_keep(package_bytes(&package)).then_some(package)
    }

    /// Adds the files of the package.
    fn files(&mut self) -> Result<(), Broken> {
        let header = self.header;
        let mut modes = header.numbers(Tag::FileModes)?;
        let folders = header.texts(Tag::FolderNames)?;
        let folders: Vec<_> = folders.collect::<Result<_, _>>()?;
        let mut indexes = header.numbers(Tag::FolderIndexes)?;
        for name in header.texts(Tag::BaseNames)? {
            let index = indexes.next().and_then(|it| usize::try_from(it).ok());
            let folder = index.and_then(|index| folders.get(index));
            let folder = folder.ok_or(Broken(Tag::FolderIndexes))?;
            if !self.file(&[folder, name?], modes.next()) {
                return Ok(());
            }
        }
        for path in header.texts(Tag::OldFileNames)? {
            if !self.file(&[path?], modes.next()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether there is room for more.
    fn file(&mut self, path: &[&[u8]], mode: Option<u32>) -> bool {
        let mode = mode.unwrap_or(REGULAR | 0o111);
        if mode & KIND != REGULAR {
            return true;
        }
        // What is not kept counts as well: the name of one folder may stand in the paths of millions of files.
        let bytes: usize = path.iter().map(|part| part.len()).sum();
        if !self.may_keep(bytes + PATH_BYTES) {
            return false;
        }
        let path = tar::clean(&String::from_utf8_lossy(&path.concat()));
        self.found.files.push(path);
        true
    }

    fn may_keep(&mut self, bytes: usize) -> bool {
        let has_room = self.found.may_keep(bytes);
        if !has_room {
            self.found
                .damaged(format_args!("the list up to {} {FULL}", self.place));
        }
        has_room
    }

    fn text(&mut self, tag: Tag) -> Option<String> {
        let text = self.header.text(tag);
        let text = self.or_note(text)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn or_note<T>(&mut self, value: Result<Option<T>, Broken>) -> Option<T> {
        value.unwrap_or_else(|broken| {
            self.note(broken);
            None
        })
    }

    fn note(&mut self, Broken(tag): Broken) {
        let (place, number) = (self.place, tag as u32);
        self.found.damaged(format_args!(
            "{place} holds a header whose tag {number} cannot be read"
        ));
    }
}

/// Name and version of a source package, from the file that it is kept in: `bash-4.4-19.6.1.src.rpm`.
///
/// Such a name has no epoch. Where the rest is the version of the package, both come from one line of one
/// specification, and so does the epoch; a package with a version of its own says nothing about that of its source.
pub(crate) fn source_of(archive: String, version_of_package: &str) -> Option<SourcePackage> {
    let (stem, _src_or_nosrc) = archive.strip_suffix(".rpm")?.rsplit_once('.')?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let version = format!("{version}-{release}");
    let version = match version_of_package.split_once(':') {
        Some((_, rest)) if rest == version => version_of_package.to_owned(),
        _ => version,
    };
    Some(SourcePackage {
        name: name.to_owned(),
        version,
        archive: Some(archive),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            header::MAX_COUNT,
            sample::{
                self,
                Value::{self, Numbers, Shorts, Text, Texts},
            },
        },
        *,
    };
    use crate::Listed;

    const NAME: (Tag, Value<'_>) = (Tag::Name, Text("a"));
    const VERSION: (Tag, Value<'_>) = (Tag::Version, Text("1.0"));
    const RELEASE: (Tag, Value<'_>) = (Tag::Release, Text("2"));

    fn read_with(header: &[u8], kept_bytes_left: usize) -> Listed {
        let mut found = Found {
            kept_bytes_left,
            ..Found::default()
        };
        add(header, format_args!("page 3"), &mut found);
        found.listed()
    }

    fn read(header: &[u8]) -> Listed {
        read_with(header, 1 << 20)
    }

    /// Wants these words about what is wrong, and so many packages.
    fn check(header: &[u8], packages: usize, expected: &str) {
        let listed = read(header);
        let damage = listed.damage.unwrap_or_default();
        assert!(damage.ends_with(expected), "{damage}");
        assert_eq!(listed.packages.len(), packages, "{expected}");
    }

    /// Where the entry of a tag stands in a header.
    fn entry(header: &[u8], tag: Tag) -> usize {
        let wanted = (tag as u32).to_be_bytes();
        let entries = header[8..].chunks(16);
        8 + 16
            * entries
                .take_while(|entry| !entry.starts_with(&wanted))
                .count()
    }

    #[test]
    fn headers_say_what_their_package_is() {
        let listed = read(&sample::package("tool"));
        assert_eq!(listed.damage, None);
        let package = &listed.packages[0];
        assert_eq!((&*package.name, &*package.version), ("tool", "1.0-2"));
        assert_eq!(package.architecture.as_deref(), Some("noarch"));
        assert_eq!(package.licences, ["MIT"]);
        assert_eq!(package.source.as_ref().unwrap().name, "source");
        assert_eq!(package.module, None);
        assert_eq!(listed.files, ["usr/bin/tool", "etc/text"]);
    }

    #[test]
    fn epochs_and_modules_are_kept_with_the_version() {
        for (epoch, expected) in [(1, "1:1.0-2"), (0, "0:1.0-2")] {
            let header = sample::header(&[
                NAME,
                VERSION,
                RELEASE,
                (Tag::Epoch, Numbers(&[epoch])),
                (Tag::Module, Text("perl:5.26:8030:466e")),
            ]);
            let listed = read(&header);
            assert_eq!(listed.packages[0].version, expected);
            let module = listed.packages[0].module.as_deref();
            assert_eq!(module, Some("perl:5.26:8030:466e"));
        }
    }

    #[test]
    fn what_was_added_on_installation_wins() {
        let header = sample::header(&[NAME, VERSION, RELEASE, (Tag::Name, Text("new"))]);
        assert_eq!(read(&header).packages[0].name, "new");
    }

    #[test]
    fn old_packages_have_whole_paths() {
        let header = sample::header(&[
            NAME,
            VERSION,
            RELEASE,
            (Tag::OldFileNames, Texts(&["/bin/a", "/bin/b", "/lib/c"])),
            (Tag::FileModes, Shorts(&[0o100_755, 0o120_777, 0o100_644])),
        ]);
        let listed = read(&header);
        assert_eq!(
            (listed.files, listed.damage),
            (vec!["bin/a".to_owned(), "lib/c".to_owned()], None)
        );
    }

    #[test]
    fn headers_that_lie_are_named() {
        let good = sample::package("a");
        check(
            &good[..good.len() - 1],
            1,
            "page 3 holds a header that is not as long as it says",
        );
        check(&good[..40], 0, "page 3 holds no header of a package");
        check(&[], 0, "page 3 holds no header of a package");
        check(&[0xff; 64], 0, "page 3 holds no header of a package");
        check(&[0; 8], 0, "page 3 holds a package without name or version");
        check(
            &sample::header(&[NAME, VERSION]),
            1,
            "page 3 holds a without its release",
        );
        check(
            &sample::header(&[NAME, RELEASE]),
            0,
            "page 3 holds a package without name or version",
        );
        check(
            &sample::header(&[(Tag::Name, Text("")), VERSION, RELEASE]),
            0,
            "page 3 holds a package without name or version",
        );
    }

    #[test]
    fn values_that_lie_are_named_and_the_rest_is_kept() {
        let good = sample::package("a");
        for (tag, field, value) in [
            // A place outside the store, and one at its end.
            (Tag::Licence, 8, u32::MAX),
            (Tag::Licence, 8, u32::try_from(good.len()).unwrap()),
            // A type that is none of a text, and no element.
            (Tag::Architecture, 4, 4),
            (Tag::SourceRpm, 12, 0),
            // More elements than there is room for.
            (Tag::BaseNames, 12, u32::MAX),
            (Tag::BaseNames, 12, 1000),
            (Tag::FileModes, 12, 1000),
            (Tag::FolderIndexes, 12, 2),
            (Tag::FolderIndexes, 8, 0),
            (Tag::FolderNames, 12, 1000),
        ] {
            let mut header = good.clone();
            let at = entry(&header, tag) + field;
            header[at..at + 4].copy_from_slice(&value.to_be_bytes());
            let listed = read(&header);
            assert_eq!(listed.packages[0].version, "1.0-2", "{tag:?}");
            let damage = listed.damage.unwrap();
            assert!(damage.ends_with("cannot be read"), "{tag:?} {damage}");
        }
    }

    #[test]
    fn no_package_has_millions_of_folders() {
        for (count, is_damaged) in [(MAX_COUNT, false), (MAX_COUNT + 1, true)] {
            let folders = vec![""; usize::try_from(count).unwrap()];
            let header =
                sample::header(&[NAME, VERSION, RELEASE, (Tag::FolderNames, Texts(&folders))]);
            assert_eq!(read(&header).damage.is_some(), is_damaged, "{count}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let header = sample::package("a");
        let words = "names more packages and files than any image has";
        let package = package_bytes(&read(&header).packages[0]);
        let paths = ["/usr/bin/a", "/etc/text"].map(|it| it.len() + PATH_BYTES);
        for (bytes, packages, files) in [
            (package - 1, 0, 0),
            (package + paths[0] - 1, 1, 0),
            (package + paths[0], 1, 1),
        ] {
            let listed = read_with(&header, bytes);
            assert!(listed.damage.unwrap().ends_with(words), "{bytes}");
            assert_eq!(
                (listed.packages.len(), listed.files.len()),
                (packages, files),
                "{bytes}"
            );
        }
        let all = package + paths[0] + paths[1];
        assert_eq!(read_with(&header, all).damage, None);
    }

    #[test]
    fn sources_are_told_from_the_names_of_their_files() {
        let check = |archive: &str, version: &str, name: &str, expected: &str| {
            let source = source_of(archive.to_owned(), version).unwrap();
            assert_eq!((&*source.name, &*source.version), (name, expected));
            assert_eq!(source.archive.as_deref(), Some(archive));
        };
        check(
            "bash-4.4-19.6.1.src.rpm",
            "4.4-19.6.1",
            "bash",
            "4.4-19.6.1",
        );
        check("a-b-c-1-2.nosrc.rpm", "1-2", "a-b-c", "1-2");
        check(
            "perl-5.16.3-299.el7.src.rpm",
            "4:5.16.3-299.el7",
            "perl",
            "4:5.16.3-299.el7",
        );
        check(
            "perl-5.16.3-299.el7.src.rpm",
            "1:1.04-299.el7",
            "perl",
            "5.16.3-299.el7",
        );
        for none in ["", "(none)", ".rpm", "a.src.rpm", "a-1.src.rpm"] {
            assert_eq!(source_of(none.to_owned(), "1-2"), None, "{none}");
        }
    }
}
