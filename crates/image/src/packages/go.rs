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
    let modules = Modules::read(modules);
    let version = std::str::from_utf8(version).unwrap_or_default();
    let mut damage = modules.damage();
    let mut packages = modules.packages;
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
        return Err(damage.unwrap_or_else(|| NO_MODULES.to_owned()));
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

/// What is said of a program that was built without modules (`GO111MODULE=off`) or by other tools, such as Bazel: its
/// list names none, whatever was built into it.
const NO_MODULES: &str = "is a program of Go that does not say which modules it was built from";

/// Programs of Go's own toolchain: packages of the standard library alone, and of modules that are a part of it.
const TOOLCHAIN: [&str; 25] = [
    "addr2line",
    "api",
    "asm",
    "buildid",
    "cgo",
    "compile",
    "covdata",
    "cover",
    "dist",
    "distpack",
    "doc",
    "fix",
    "go",
    "gofmt",
    "link",
    "nm",
    "objdump",
    "pack",
    "pprof",
    "preprofile",
    "relnote",
    "test2json",
    "trace",
    "vet",
    "yacc",
];

/// Places that many own a part of; elsewhere a host has one owner.
const SHARED_HOSTS: [&str; 9] = [
    "bitbucket.org",
    "codeberg.org",
    "git.sr.ht",
    "gitea.com",
    "gitee.com",
    "github.com",
    "gitlab.com",
    "gopkg.in",
    "launchpad.net",
];

/// What the list of a program says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Modules {
    packages: Vec<Package>,
    /// Modules of others that were built from a folder.
    from_folders: Vec<String>,
    /// Whether it names modules, or is of a program that needs none.
    is_complete: bool,
}

impl Modules {
    /// Reads lines of `path`, `mod`, `dep` and `=>`, with tabs between their words.
    fn read(framed: &[u8]) -> Self {
        let end = framed.len().saturating_sub(FRAME_BYTES);
        let inside = framed.get(FRAME_BYTES..end).unwrap_or_default();
        let text = String::from_utf8_lossy(inside);
        let mut modules = Self::default();
        let mut main = None;
        for line in text.lines() {
            let mut words = line.split('\t');
            let kind = words.next().unwrap_or_default();
            let Some(path) = words.next() else {
                continue;
            };
            if kind == "path" {
                let tool = path.strip_prefix("cmd/");
                modules.is_complete |= tool.is_some_and(|tool| TOOLCHAIN.contains(&tool));
                // `go build main.go`, which names no module of its own; those of others are listed all the same.
                modules.is_complete |= path == "command-line-arguments";
            }
            let Some(version) = words.next() else {
                continue;
            };
            match kind {
                "mod" | "dep" => {
                    if kind == "mod" {
                        main = Some(path);
                    }
                    modules.is_complete = true;
                    let module = Package::new(Ecosystem::Go, path, version);
                    modules.packages.push(module);
                }
                // What was built in the place of the module above.
                "=>" => {
                    let replaced = modules.packages.pop();
                    if !path.starts_with(['.', '/']) {
                        let module = Package::new(Ecosystem::Go, path, version);
                        modules.packages.push(module);
                    } else if let Some(replaced) = replaced
                        && !is_own(main, &replaced)
                    {
                        let module = format!("{} {}", replaced.name, replaced.version);
                        modules.from_folders.push(module);
                    }
                }
                _ => {}
            }
        }
        modules
    }

    fn damage(&self) -> Option<String> {
        if !self.is_complete {
            return Some(NO_MODULES.to_owned());
        }
        let module = self.from_folders.first()?;
        Some(format!(
            "was built with {module} from a folder, which may be anything made of it"
        ))
    }
}

/// Whether a module that is a folder beside the main one is the project's own, and has no version to look up.
///
/// Nobody can publish one without a dot in the first part of its path. That it is required at no version
/// (`v0.0.0-00010101000000-000000000000`) does not tell: `go mod tidy` writes that for a copy of somebody else's as
/// well. So it has to be of the main module's owner.
fn is_own(main: Option<&str>, module: &Package) -> bool {
    let host = module.name.split('/').next().unwrap_or_default();
    if !host.contains('.') {
        return true;
    }
    // `go.etcd.io/etcd/api/v3` beside `go.etcd.io/etcd/server/v3`.
    let owner = |path: &'_ str| {
        let mut parts = path.splitn(3, '/');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    // `k8s.io/api` at no version beside `k8s.io/kubernetes`.
    let is_unpublished = module.version == "v0.0.0" || module.version.starts_with("v0.0.0-0001");
    let has_one_owner = is_unpublished && !SHARED_HOSTS.contains(&host);
    main.is_some_and(|main| {
        owner(main) == owner(&module.name) || has_one_owner && main.split('/').next() == Some(host)
    })
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

    fn framed(text: &str) -> Modules {
        let frame = "0123456789abcdef";
        Modules::read(format!("{frame}{text}{frame}").as_bytes())
    }

    #[test]
    fn replaced_modules_are_those_that_were_built() {
        let modules = framed(
            "path\texample.com/a/cmd\nmod\texample.com/a\t(devel)\t\ndep\tb.org/c\tv1.0.0\th1:x=\n\
             dep\tb.org/d\tv1.2.0\n=>\tfork.org/d\tv1.2.1\th1:y=\n\
             dep\tb.org/e\tv1.0.0\n=>\t./local\t(devel)\t\n\
             dep\texample.com/a/api\tv1.0.0\n=>\t../api\t(devel)\t\nbuild\t-compiler\tgc\n",
        );
        assert_eq!(modules.from_folders, ["b.org/e v1.0.0"]);
        let packages = modules.packages.iter();
        let packages: Vec<_> = packages.map(|it| (&*it.name, &*it.version)).collect();
        assert_eq!(
            packages,
            [
                ("example.com/a", "(devel)"),
                ("b.org/c", "v1.0.0"),
                ("fork.org/d", "v1.2.1")
            ]
        );
        assert_eq!(Modules::read(b"short"), Modules::default());
    }

    #[test]
    fn folders_are_the_projects_own_by_their_owner_alone() {
        let check = |main: &str, module: &str, expected: bool| {
            for version in ["v0.0.0", "v0.0.0-00010101000000-000000000000"] {
                let text = format!(
                    "mod\t{main}\t(devel)\t\ndep\t{module}\t{version}\n=>\t./x\t(devel)\t\n"
                );
                let is_own = framed(&text).from_folders.is_empty();
                assert_eq!(is_own, expected, "{main} {module} {version}");
            }
        };
        check("k8s.io/kubernetes", "k8s.io/api", true);
        check("example.com/shop", "example.com/tea", true);
        check("github.com/acme/shop", "github.com/acme/tea", true);
        check("github.com/acme/shop", "tea", true);
        check("shop", "acme/tea", true);
        check("example.com/shop", "github.com/foo/bar", false);
        check("github.com/acme/shop", "github.com/foo/bar", false);
        check("shop", "github.com/foo/bar", false);
    }

    #[test]
    fn programs_that_name_no_module_are_told() {
        let check = |text: &str, expected: bool| {
            assert_eq!(framed(text).damage().is_some(), expected, "{text}");
        };
        let build = "build\t-compiler=gc\nbuild\tGOOS=linux\n";
        check("", true);
        check(&format!("path\tgithub.com/acme/shop\n{build}"), true);
        check(&format!("path\tcommand-line-arguments\n{build}"), false);
        // In a folder `src/cmd` of a `GOPATH`.
        check(&format!("path\tcmd/shop\n{build}"), true);
        check(&format!("path\tcmd/gofmt\n{build}"), false);
        check("path\tshop\nmod\tshop\t(devel)\t\n", false);
        let files = "path\tcommand-line-arguments\ndep\texample.com/a\tv1.0.0\th1:x=\n";
        check(files, false);
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
