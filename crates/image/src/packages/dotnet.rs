//! .NET: `*.deps.json`, which stands beside each program and in each shared framework and says what it is made of.
//!
//! Programs bring packages of NuGet and, where they bring the runtime as well, the pack that has it. A framework that
//! is shared by programs, `shared/Microsoft.NETCore.App/8.0.5`, is the same pack; advisories about the runtime name
//! it: `Microsoft.NETCore.App.Runtime.linux-x64`.
//!
//! See: <https://github.com/dotnet/cli/blob/v2.0.0/Documentation/specs/runtime-configuration-file.md>,
//! <https://github.com/dotnet/designs/blob/main/accepted/2019/runtime-binding.md>.

use std::collections::HashSet;

use super::{
    json::{self, lacks},
    room::{FULL, Room},
};
use crate::{
    Damage, Ecosystem, Listed, Package,
    lock_files::json::{Kind, Reader},
    tar,
};

/// Before the name of a pack with the runtime, where a program brings it.
const RUNTIME_PACK: &str = "runtimepack.";

/// What brings files, by the key of each kind.
const ASSETS: [&str; 4] = ["runtime", "native", "runtimeTargets", "resources"];

pub(super) fn parse(path: &str, text: &str) -> Result<Listed, String> {
    let target = target(text).unwrap_or_default();
    let mut bare = HashSet::new();
    let mut assemblies = Assemblies::beside(path);
    let mut has_libraries = false;
    let mut listed = json::read(text, |reader, packages| {
        if reader.kind() != Kind::Object {
            return Err(lacks(reader, "it is no object"));
        }
        reader.object(|reader, key| match &*key {
            "targets" => reader.object(|reader, key| {
                if *key != *target {
                    return reader.skip();
                }
                reader.object(|reader, library| {
                    if !brings_files(reader, &mut assemblies)? {
                        bare.insert(library.into_owned());
                    }
                    Ok(())
                })
            }),
            "libraries" => {
                has_libraries = true;
                reader.object(|reader, library| package(&library, reader, packages))
            }
            _ => reader.skip(),
        })?;
        if has_libraries {
            return Ok(());
        }
        Err(lacks(reader, "no libraries are in it"))
    })?;
    listed.files = assemblies.paths;
    if assemblies.is_cut {
        listed.damage = Some(FULL.to_owned());
    }
    // What the runtime has of its own is named for those that were built before it had; nothing of it is here.
    listed.packages.retain(|package| {
        let library = format!("{}/{}", package.name, package.version);
        !bare.contains(&library)
    });
    if let Some((framework, version)) = framework(path) {
        let platform = target.split_once('/').map(|(_, platform)| platform);
        let name = match platform.filter(|platform| !platform.is_empty()) {
            // Before packs there was a package of the framework's own name.
            _ if version.starts_with("1.") || version.starts_with("2.") => {
                Some(framework.to_owned())
            }
            Some(platform) => Some(format!("{framework}.Runtime.{platform}")),
            None => None,
        };
        match name {
            Some(name) => {
                // Of some releases it stands there with the version of a build: `3.1.23-servicing.22122.4`.
                listed
                    .packages
                    .retain(|package| !package.name.eq_ignore_ascii_case(&name));
                let runtime = Package::new(Ecosystem::NuGet, name, version);
                listed.packages.push(runtime);
            }
            None => {
                listed.damage = Some(format!(
                    "does not say for which platform {framework} {version} is, so that it cannot be looked up"
                ));
            }
        }
    }
    Ok(listed)
}

/// The target that the program runs as: `.NETCoreApp,Version=v8.0/linux-x64`.
fn target(text: &str) -> Option<String> {
    let mut target = None;
    let found = json::read(text, |reader, _| {
        reader.object(|reader, key| match &*key {
            // In texts of an early release, the name stands there by itself.
            "runtimeTarget" if reader.kind() == Kind::String => {
                target = reader.string()?.map(std::borrow::Cow::into_owned);
                Ok(())
            }
            "runtimeTarget" => reader.object(|reader, key| match &*key {
                "name" => {
                    target = reader.string()?.map(std::borrow::Cow::into_owned);
                    Ok(())
                }
                _ => reader.skip(),
            }),
            _ => reader.skip(),
        })
    });
    found.ok().and(target)
}

/// The assemblies that a file says to stand beside it, or below.
struct Assemblies<'p> {
    folder: &'p str,
    paths: Vec<String>,
    room: Room,
    is_cut: bool,
}

impl<'p> Assemblies<'p> {
    fn beside(path: &'p str) -> Self {
        Self {
            folder: path.rsplit_once('/').map_or("", |(folder, _)| folder),
            paths: Vec::new(),
            room: Room::default(),
            is_cut: false,
        }
    }

    /// Takes the path that a file has below the folder.
    fn take(&mut self, file: &str) {
        if !is_library(file) {
            return;
        }
        if !self.room.has_for_path(self.folder.len() + file.len() + 1) {
            self.is_cut = true;
            return;
        }
        self.paths
            .push(tar::clean(&format!("{}/{file}", self.folder)));
    }
}

/// Whether a file is called like a library of Windows, as all assemblies are.
pub(crate) fn is_library(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|it| it.eq_ignore_ascii_case("dll"))
}

/// Whether a library has files that stand beside the program.
fn brings_files(reader: &mut Reader<'_>, assemblies: &mut Assemblies<'_>) -> Result<bool, Damage> {
    let mut brings = false;
    reader.object(|reader, kind| {
        if !ASSETS.contains(&&*kind) {
            return reader.skip();
        }
        reader.object(|reader, file| {
            brings = true;
            let name = file.rsplit('/').next().unwrap_or(&file);
            match &*kind {
                // Translations stand in a folder of their language, and what is for one platform where it was.
                "resources" => {
                    let mut language = None;
                    reader.object(|reader, key| match &*key {
                        "locale" => {
                            language = reader.string()?;
                            Ok(())
                        }
                        _ => reader.skip(),
                    })?;
                    let language = language.unwrap_or_default();
                    assemblies.take(&format!("{language}/{name}"));
                    return Ok(());
                }
                "runtimeTargets" => assemblies.take(&file),
                _ => assemblies.take(name),
            }
            reader.skip()
        })
    })?;
    Ok(brings)
}

/// `"Newtonsoft.Json/13.0.1": {"type": "package"}`; projects and files that are referred to are no packages.
fn package(
    library: &str,
    reader: &mut Reader<'_>,
    packages: &mut Vec<Package>,
) -> Result<(), Damage> {
    let mut kind = None;
    reader.object(|reader, key| match &*key {
        "type" => {
            kind = reader.string()?;
            Ok(())
        }
        _ => reader.skip(),
    })?;
    let Some(kind) = kind else {
        return Err(lacks(reader, "a library does not say what it is"));
    };
    let library = match &*kind.to_ascii_lowercase() {
        "package" => library,
        "runtimepack" => library.strip_prefix(RUNTIME_PACK).unwrap_or(library),
        _ => return Ok(()),
    };
    match library.split_once('/') {
        Some((name, version)) if !name.is_empty() && !version.is_empty() => {
            packages.push(Package::new(Ecosystem::NuGet, name, version));
            Ok(())
        }
        _ => Err(lacks(reader, "a package has no name or no version")),
    }
}

/// The shared framework that a file describes, and its version: they are the names of its folders.
fn framework(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    let name = parts.next()?.strip_suffix(".deps.json")?;
    let (version, folder, shared) = (parts.next()?, parts.next()?, parts.next()?);
    (shared == "shared" && folder == name).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<(String, String)> {
        let packages = parse(path, text).unwrap().packages.into_iter();
        packages.map(|it| (it.name, it.version)).collect()
    }

    fn check(path: &str, text: &str, expected: &[(&str, &str)]) {
        let expected = expected.iter();
        let expected: Vec<_> = expected
            .map(|(name, version)| ((*name).to_owned(), (*version).to_owned()))
            .collect();
        assert_eq!(names(path, text), expected, "{text}");
    }

    #[test]
    fn packages_that_bring_files_are_listed() {
        let text = r#"{
            "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0", "signature": ""},
            "targets": {
                ".NETCoreApp,Version=v7.0": {"Cups.Tea/1.0.1": {}},
                ".NETCoreApp,Version=v8.0": {
                    "shop/1.0.0": {"dependencies": {"Cups.Tea": "1.0.1"}, "runtime": {"shop.dll": {}}},
                    "Cups.Tea/1.0.1": {"runtime": {"lib/net8.0/Cups.Tea.dll": {"assemblyVersion": "1.0.0.0"}}},
                    "Cups.Native/2.0.0": {"runtimeTargets": {"runtimes/unix/a.so": {}}},
                    "System.Net.Cups/4.3.0": {"dependencies": {"Cups.Tea": "1.0.1"}, "runtime": {}}
                }
            },
            "libraries": {
                "shop/1.0.0": {"type": "project", "serviceable": false},
                "Cups.Tea/1.0.1": {"type": "package", "sha512": "x", "path": "cups.tea/1.0.1"},
                "Cups.Native/2.0.0": {"type": "package"},
                "System.Net.Cups/4.3.0": {"type": "package"},
                "Cups.Milk/3.0.0-rc.1": {"type": "Package"},
                "Cups.Reference/1.0.0.0": {"type": "referenceassembly"}
            }}"#;
        let expected = [
            ("Cups.Tea", "1.0.1"),
            ("Cups.Native", "2.0.0"),
            // Nothing says whether it brings files.
            ("Cups.Milk", "3.0.0-rc.1"),
        ];
        check("app/shop.deps.json", text, &expected);
        check("app/shop.deps.json", &format!("\u{feff}{text}"), &expected);
    }

    #[test]
    fn assemblies_have_the_places_to_which_they_are_published() {
        let text = r#"{
            "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"},
            "targets": {".NETCoreApp,Version=v8.0": {
                "shop/1.0.0": {"runtime": {"shop.dll": {}}},
                "Cups.Tea/1.0.1": {
                    "runtime": {"lib/net8.0/Cups.Tea.DLL": {}, "lib/net8.0/tea.txt": {}},
                    "native": {"runtimes/linux-x64/native/tea.so": {}},
                    "resources": {"lib/net8.0/de/Cups.Tea.resources.dll": {"locale": "de"}},
                    "runtimeTargets": {"runtimes/unix/lib/net8.0/Cups.dll": {"rid": "unix"}},
                    "compile": {"ref/Cups.Tea.dll": {}}
                }
            }},
            "libraries": {"Cups.Tea/1.0.1": {"type": "package"}}}"#;
        let check = |path: &str, before: &str| {
            let expected = [
                "shop.dll",
                "Cups.Tea.DLL",
                "de/Cups.Tea.resources.dll",
                "runtimes/unix/lib/net8.0/Cups.dll",
            ];
            let expected = expected.map(|it| format!("{before}{it}"));
            assert_eq!(parse(path, text).unwrap().files, expected, "{path}");
        };
        check("srv/app/shop.deps.json", "srv/app/");
        check("shop.deps.json", "");
    }

    #[test]
    fn the_runtime_that_a_program_brings_is_a_package() {
        let text = r#"{"libraries": {
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-musl-x64/8.0.4": {"type": "runtimepack"}
            }, "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-musl-x64"}}"#;
        let runtime = ("Microsoft.NETCore.App.Runtime.linux-musl-x64", "8.0.4");
        check("app/shop.deps.json", text, &[runtime]);
        let purl = parse("a", text).unwrap().packages[0].purl(None).unwrap();
        assert_eq!(
            purl.to_string(),
            "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-musl-x64@8.0.4"
        );
    }

    #[test]
    fn a_shared_framework_is_the_runtime_of_its_folder() {
        let at = |version: &str| {
            format!(
                "usr/share/dotnet/shared/Microsoft.AspNetCore.App/{version}/Microsoft.AspNetCore.App.deps.json"
            )
        };
        let name = "Microsoft.AspNetCore.App.Runtime.linux-arm64";
        let text = |libraries: &str| {
            format!(
                r#"{{"runtimeTarget": {{"name": ".NETCoreApp,Version=v8.0/linux-arm64"}},
                "libraries": {{{libraries}}}}}"#
            )
        };
        check(&at("8.0.5"), &text(""), &[(name, "8.0.5")]);
        let same = r#""Microsoft.AspNetCore.App.Runtime.linux-arm64/8.0.5": {"type": "package"}"#;
        check(&at("8.0.5"), &text(same), &[(name, "8.0.5")]);
        let build = r#""Microsoft.AspNetCore.App.Runtime.linux-arm64/3.1.23-servicing.1": {"type": "package"},
            "Cups.Tea/1.0": {"type": "package"}"#;
        check(
            &at("3.1.23"),
            &text(build),
            &[("Cups.Tea", "1.0"), (name, "3.1.23")],
        );
        let before_packs = r#""Microsoft.AspNetCore.App/2.1.30-build": {"type": "package"}"#;
        let name = "Microsoft.AspNetCore.App";
        check(&at("2.1.30"), &text(before_packs), &[(name, "2.1.30")]);
        let nowhere = parse(&at("8.0.5"), r#"{"libraries": {}}"#).unwrap();
        assert!(nowhere.damage.unwrap().contains("for which platform"));
        check("shared/a/b/Other.deps.json", &text(""), &[]);
    }

    #[test]
    fn damage_is_told() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"libraries": "#,
            r#"{"libraries": {"a/1": {}}}"#,
            r#"{"libraries": {"a": {"type": "package"}}}"#,
        ] {
            assert!(parse("a.deps.json", text).is_err(), "{text}");
        }
        let text = r#"{"libraries": {"a/1": {"type": "package"}, "b/1": {"#;
        let listed = parse("a.deps.json", text).unwrap();
        assert_eq!(listed.packages.len(), 1);
        assert!(listed.damage.is_some());
    }
}
