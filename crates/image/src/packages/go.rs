//! What Go puts into its programs: its version, and the modules that they were built from.
//!
//! Source: <https://pkg.go.dev/debug/buildinfo>, and the format as its source describes it.

use object::{Object, ObjectSegment};

use crate::{Ecosystem, Listed, Package};

/// What the header begins with; it stands at a multiple of 16 bytes.
const MAGIC: &[u8] = b"\xff Go buildinf:";
const ALIGNMENT: usize = 16;

/// Bytes before and behind the list of modules, by which it is found in memory.
const FRAME_BYTES: usize = 16;

/// Longest version or list of modules that is read.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// The header in a program whose sections do not name it.
pub(super) fn find(program: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find_iter(program, MAGIC)
        .find(|at| at % ALIGNMENT == 0)
        .and_then(|at| program.get(at..))
}

/// Reads the header and what it leads to.
pub(super) fn parse(info: &[u8], file: &object::File<'_>) -> Result<Listed, String> {
    let damaged = || "is a program of Go whose list of modules is damaged".to_owned();
    if !info.starts_with(MAGIC) {
        return Err(damaged());
    }
    let flags = info.get(15).copied().unwrap_or(0);
    let (version, modules) = if flags & 2 != 0 {
        // Since Go 1.18 both texts follow the header, each behind its length.
        let rest = info.get(32..).ok_or_else(damaged)?;
        let (version, rest) = counted(rest).ok_or_else(damaged)?;
        let (modules, _) = counted(rest).ok_or_else(damaged)?;
        (version, modules)
    } else {
        let memory = Memory {
            file,
            pointer: usize::from(info.get(14).copied().unwrap_or(0)),
            is_big_endian: flags & 1 != 0,
        };
        let text = |at: usize| memory.text_at(info.get(at..)?);
        let version = text(16).ok_or_else(damaged)?;
        let modules = text(16 + memory.pointer).ok_or_else(damaged)?;
        (version, modules)
    };
    let (mut packages, from_folders) = modules_of(modules);
    let version = std::str::from_utf8(version).unwrap_or_default();
    let mut damage = from_folders.first().map(|module| {
        format!("was built with {module} from a folder, which may be anything made of it")
    });
    match release(version) {
        Some(release) => packages.push(Package::new(Ecosystem::Go, "stdlib", release)),
        None if version.is_empty() => {}
        None => {
            damage = Some(format!(
                "was built with a Go that is no release, {version}, so that the flaws of its standard library are not known"
            ));
        }
    }
    if packages.is_empty() {
        let reason = "is a program of Go that does not say what it was built from";
        return Err(damage.unwrap_or_else(|| reason.to_owned()));
    }
    Ok(Listed {
        packages,
        damage,
        ..Listed::default()
    })
}

/// The release that a version of Go is: `1.21.5` of `go1.21.5-fips`, and of `go1.21.5 X:boringcrypto`, as those who
/// build Go anew put words of their own behind it. `devel` is none.
fn release(version: &str) -> Option<&str> {
    let version = version.strip_prefix("go")?;
    let release = version.split(['-', '+', ' ']).next()?;
    release
        .starts_with(|first: char| first.is_ascii_digit())
        .then_some(release)
}

/// A text behind its length, as a varint of seven bits a byte.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let shift = u32::try_from(index * 7).ok()?;
        length |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            let rest = bytes.get(index + 1..)?;
            return rest.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

/// The memory of a program that runs, as its file lays it out: before Go 1.18 the header has pointers.
struct Memory<'f, 'd> {
    file: &'f object::File<'d>,
    pointer: usize,
    is_big_endian: bool,
}

impl<'d> Memory<'_, 'd> {
    /// The text of the string that the pointer at the start of `bytes` leads to.
    fn text_at(&self, bytes: &[u8]) -> Option<&'d [u8]> {
        let header = self.number(bytes)?;
        let width = self.pointer as u64;
        let header = self.read(header, width.checked_mul(2)?)?;
        let start = self.number(header)?;
        let length = self.number(header.get(self.pointer..)?)?;
        self.read(start, length)
    }

    fn number(&self, bytes: &[u8]) -> Option<u64> {
        let bytes = bytes.get(..self.pointer)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match (self.pointer, self.is_big_endian) {
            (4 | 8, true) => Some(bytes.iter().fold(0, fold)),
            (4 | 8, false) => Some(bytes.iter().rev().fold(0, fold)),
            _ => None,
        }
    }

    fn read(&self, address: u64, length: u64) -> Option<&'d [u8]> {
        if length > MAX_TEXT_BYTES {
            return None;
        }
        self.file
            .segments()
            .find_map(|segment| segment.data_range(address, length).ok().flatten())
    }
}

/// Lines of `mod`, `dep` and `=>`, with tabs between their words; and the modules of others that were built from a
/// folder.
fn modules_of(framed: &[u8]) -> (Vec<Package>, Vec<String>) {
    let end = framed.len().saturating_sub(FRAME_BYTES);
    let inside = framed.get(FRAME_BYTES..end).unwrap_or_default();
    let text = String::from_utf8_lossy(inside);
    let mut packages: Vec<Package> = Vec::new();
    let mut from_folders = Vec::new();
    let mut main = None;
    for line in text.lines() {
        let mut words = line.split('\t');
        let kind = words.next().unwrap_or_default();
        let (Some(path), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        match kind {
            "mod" | "dep" => {
                if kind == "mod" {
                    main = Some(path);
                }
                packages.push(Package::new(Ecosystem::Go, path, version));
            }
            // What was built in the place of the module above.
            "=>" => {
                let replaced = packages.pop();
                if !path.starts_with(['.', '/']) {
                    packages.push(Package::new(Ecosystem::Go, path, version));
                } else if let Some(replaced) = replaced
                    && !is_own(main, &replaced)
                {
                    from_folders.push(format!("{} {}", replaced.name, replaced.version));
                }
            }
            _ => {}
        }
    }
    (packages, from_folders)
}

/// Whether a module that is a folder beside the main one is the project's own, and has no version to look up: one of
/// the same owner, and one that nobody published, which is required at no version.
fn is_own(main: Option<&str>, module: &Package) -> bool {
    let is_unpublished = module.version == "v0.0.0" || module.version.starts_with("v0.0.0-0001");
    // `go.etcd.io/etcd/api/v3` beside `go.etcd.io/etcd/server/v3`.
    let owner = |path: &'_ str| {
        let mut parts = path.splitn(3, '/');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    is_unpublished || main.is_some_and(|main| owner(main) == owner(&module.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_of_a_release_is_the_release() {
        for version in [
            "go1.21.5",
            "go1.21.5-fips",
            "go1.21.5 X:boringcrypto",
            "go1.21.5+auto",
        ] {
            assert_eq!(release(version), Some("1.21.5"), "{version}");
        }
        assert_eq!(release("go1.22rc1"), Some("1.22rc1"));
        for version in ["devel go1.18-2f2c6b1 Tue", "devel +2f2c6b1", ""] {
            assert_eq!(release(version), None, "{version}");
        }
    }

    #[test]
    fn replaced_modules_are_those_that_were_built() {
        let frame = "0123456789abcdef";
        let text = format!(
            "{frame}path\texample.com/a/cmd\nmod\texample.com/a\t(devel)\t\ndep\tb.org/c\tv1.0.0\th1:x=\n\
             dep\tb.org/d\tv1.2.0\n=>\tfork.org/d\tv1.2.1\th1:y=\n\
             dep\tb.org/e\tv1.0.0\n=>\t./local\t(devel)\t\n\
             dep\tb.org/f\tv0.0.0\n=>\t./f\t(devel)\t\n\
             dep\texample.com/a/api\tv1.0.0\n=>\t../api\t(devel)\t\nbuild\t-compiler\tgc\n{frame}"
        );
        let (packages, from_folders) = modules_of(text.as_bytes());
        assert_eq!(from_folders, ["b.org/e v1.0.0"]);
        let packages: Vec<_> = packages
            .iter()
            .map(|it| (&*it.name, &*it.version))
            .collect();
        assert_eq!(
            packages,
            [
                ("example.com/a", "(devel)"),
                ("b.org/c", "v1.0.0"),
                ("fork.org/d", "v1.2.1")
            ]
        );
        assert_eq!(modules_of(b"short"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn lengths_have_seven_bits_a_byte() {
        assert_eq!(counted(b"\x02abc"), Some((&b"ab"[..], &b"c"[..])));
        let long = [&[0x80, 0x01][..], &[b'x'; 128]].concat();
        assert_eq!(counted(&long).unwrap().0.len(), 128);
        assert_eq!(counted(b"\x05abc"), None);
        assert_eq!(counted(&[0xff; 20]), None);
        assert_eq!(counted(b""), None);
    }

    #[test]
    fn the_header_stands_at_a_multiple_of_sixteen() {
        let mut program = vec![0; 100];
        program[40..54].copy_from_slice(MAGIC);
        assert_eq!(find(&program), None);
        program[64..78].copy_from_slice(MAGIC);
        assert_eq!(find(&program).unwrap().len(), 36);
    }
}
