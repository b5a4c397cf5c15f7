//! Small lock files of every form. Each is read with both kinds of line breaks, and cut at every place.

mod dotnet;
mod node;
mod others;
mod python;

use std::fmt::Write as _;

use super::*;

/// Packages as `line name version`, `dev` behind those for development; then what cannot be looked up and damage.
fn told(kind: LockFileKind, text: &str) -> Vec<String> {
    let file = LockFile::parse(kind, &Arc::new(Source::new("lock", text)));
    let packages = file.packages.iter().map(|it| {
        let package = &it.package;
        assert_eq!(package.ecosystem, kind.ecosystem());
        assert!(package.purl(None).is_some(), "{package:?}");
        let dev = if it.is_for_development { " dev" } else { "" };
        format!("{} {} {}{dev}", it.line, package.name, package.version)
    });
    let unlisted = file.unlisted.iter();
    let unlisted = unlisted.map(|it| format!("{}: {} {}", it.line, it.count, it.reason));
    let damage = file.damage.iter();
    let damage = damage.map(|it| format!("{}! {}", it.line, it.reason));
    packages.chain(unlisted).chain(damage).collect()
}

#[track_caller]
fn check(kind: LockFileKind, text: &str, expected: &[&str]) {
    assert_eq!(told(kind, text), expected);
    assert_eq!(told(kind, &text.replace('\n', "\r\n")), expected, "CRLF");
    assert_eq!(told(kind, &format!("\u{feff}{text}")), expected, "BOM");
    for (at, _) in text.char_indices() {
        let _ = told_loosely(kind, &text[..at]);
        let _ = told_loosely(kind, &text[at..]);
    }
}

fn told_loosely(kind: LockFileKind, text: &str) -> LockFile {
    LockFile::parse(kind, &Arc::new(Source::new("lock", text)))
}

#[test]
fn names_tell_the_form() {
    let check = |name: &str, expected| assert_eq!(LockFileKind::of_name(name), expected, "{name}");
    check("a/b/package-lock.json", Some(LockFileKind::Npm));
    check("npm-shrinkwrap.json", Some(LockFileKind::Npm));
    check("requirements.txt", Some(LockFileKind::Requirements));
    check("x/requirements-dev.txt", Some(LockFileKind::Requirements));
    check("test_requirements.txt", Some(LockFileKind::Requirements));
    check("myrequirements.txt", None);
    check("requirements.in", None);
    check("gems.locked", Some(LockFileKind::Bundler));
    check("buildscript-gradle.lockfile", Some(LockFileKind::Gradle));
    check(
        "gradle/dependency-locks/compileClasspath.lockfile",
        Some(LockFileKind::Gradle),
    );
    check("settings-gradle.lockfile", Some(LockFileKind::Gradle));
    check("x/gradle/of-a-name.lockfile", Some(LockFileKind::Gradle));
    check("x/of-a-name.lockfile", None);
    check("requirements/dev.txt", Some(LockFileKind::Requirements));
    check("x/requirements/dev.in", None);
    check("x/docs/dev.txt", None);
    check("requirements-dev.lock", Some(LockFileKind::Requirements));
    check("Gemfile.next.lock", Some(LockFileKind::Bundler));
    check("gemfiles/a_7.gemfile.lock", Some(LockFileKind::Bundler));
    check("tool.py.lock", Some(LockFileKind::Uv));
    check("pdm.dev.lock", Some(LockFileKind::Pdm));
    check("pylock.toml", Some(LockFileKind::Pylock));
    check("pylock.dev.toml", Some(LockFileKind::Pylock));
    check("pnpm-lock.main.yaml", Some(LockFileKind::Pnpm));
    check("pnpm-lock.yaml", Some(LockFileKind::Pnpm));
    check("packages.Shop.lock.json", Some(LockFileKind::NuGet));
    check(".package.resolved", Some(LockFileKind::Swift));
    check("src/Shop.csproj", Some(LockFileKind::MsBuild));
    check("Directory.Packages.props", Some(LockFileKind::MsBuild));
    check("Directory.Build.props", Some(LockFileKind::MsBuild));
    check("src/Directory.Build.targets", Some(LockFileKind::MsBuild));
    check("setup/Shop.wixproj", Some(LockFileKind::MsBuild));
    check("packages.config", Some(LockFileKind::NuGetConfig));
    check("manifest.toml", Some(LockFileKind::Gleam));
    check("Gemfile", None);
    check("go.sum", None);
    check("cargo.lock", None);
    check("Package.resolved", Some(LockFileKind::Swift));
}

#[test]
fn what_is_not_read_is_known() {
    let check = |name: &str, is_known: bool| {
        assert_eq!(LockFileKind::of_name(name), None, "{name}");
        assert_eq!(LockFileKind::unread(name).is_some(), is_known, "{name}");
    };
    check("x/bun.lockb", true);
    check("gradle/libs.versions.toml", true);
    check("gradle/verification-metadata.xml", true);
    check("paket.lock", true);
    check("x/conanfile.txt", true);
    check("libman.json", true);
    check(".config/dotnet-tools.json", true);
    check("Manifest-v1.11.toml", true);
    check("dev.conda-lock.yml", true);
    check("Godeps/Godeps.json", true);
    check("rebar.lock", true);
    check("renv.lock", true);
    check("Chart.lock", false);
    check("flake.lock", false);
    check("Cargo.toml", false);
}

#[test]
fn some_names_tell_it_by_what_stands_inside() {
    let check = |name: &str, text: &str, is_known: bool| {
        assert_eq!(LockFileKind::of_name(name), None, "{name}");
        let found = LockFileKind::unread_by_content(name, text);
        assert_eq!(found.is_some(), is_known, "{name} {text}");
    };
    let conda = "name: shop\nchannels:\n  - defaults\ndependencies:\n  - numpy=1.26.4\n";
    check("environment.yml", conda, true);
    check("x/environment.yaml", conda, true);
    check("environment-dev.yml", conda, true);
    check("x/other.yaml", conda, false);
    check("environment.yaml", "replicas: 3\n", false);
    check(
        "environment.yaml",
        "apiVersion: v1\nkind: Environment\ndependencies:\n",
        false,
    );
    for line in [
        "implementation 'org.example:tea:1.0'",
        "  api(\"org.example:tea:1.0\")",
        "compile group: 'org.example', name: 'tea', version: '1.0'",
        "classpath \"org.example:tea:$version\"",
    ] {
        check("build.gradle", line, true);
        check("app/build.gradle.kts", line, true);
    }
    check(
        "gradle/versions.gradle",
        "tea: 'org.example:tea:1.0',",
        true,
    );
    let sbt = r#"libraryDependencies += "org.example" %% "tea" % "1.0" % Test"#;
    check("build.sbt", sbt, true);
    check("build.sbt", &format!("// {sbt}"), false);
    check("build.sbt", "val rest = 10 % 3 % 2", false);
    for line in [
        "implementation(libs.tea)",
        "// implementation 'org.example:tea:1.0'",
        "implementation 'org.example:tea'",
        "implementation project(':a:b')",
        "url 'https://example.com:8443/a:b'",
        "",
    ] {
        check("build.gradle", line, false);
    }
}

#[test]
fn what_stands_before_damage_is_read() {
    let text = r#"{"packages": {
"node_modules/a": {"version": "1.0.0"},
<<<<<<< ours
"node_modules/b": {"version": "1.0.0"}
}}"#;
    let expected = ["2 a 1.0.0", "3! a key in double quotes is missing"];
    check(LockFileKind::Npm, text, &expected);
    check(LockFileKind::Npm, "[]", &["1! is no object of JSON"]);
    let text = "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = 3\n\n[[package]]\nname = \"c\"\nversion = \"2\"\n";
    let told = told(LockFileKind::Uv, text);
    assert_eq!(told[..2], ["2 a 1", "9 c 2"]);
    assert!(told[2].starts_with("6! "), "{told:?}");
}

#[test]
fn packages_are_bounded() {
    let mut text = String::from("%{\n");
    for at in 0..=MAX_PACKAGES {
        writeln!(text, "\"a{at}\": {{:hex, :a{at}, \"1.0.0\"}},").unwrap();
    }
    let file = told_loosely(LockFileKind::Mix, &text);
    assert_eq!(file.packages.len(), MAX_PACKAGES);
    assert!(file.damage[0].reason.contains("a million packages"));
}

#[test]
fn the_lock_file_of_this_repository_is_read_whole() {
    #[expect(clippy::disallowed_methods, reason = "a test may read")]
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let text = text.unwrap();
    let file = told_loosely(LockFileKind::Cargo, &text);
    let sources = text.lines().filter(|line| line.starts_with("source = "));
    assert_eq!(file.packages.len(), sources.count());
    assert_eq!((file.damage.len(), file.unlisted.len()), (0, 0));
    let lines: Vec<_> = text.lines().collect();
    for locked in &file.packages {
        let line = lines[locked.line as usize - 1];
        assert_eq!(line, format!("name = \"{}\"", locked.package.name));
    }
}

#[test]
fn a_form_that_is_not_known_is_damage() {
    let check = |kind, text: &str, reason: &str| {
        let told = told(kind, text);
        let is_told = told
            .iter()
            .any(|it| it.contains("! ") && it.contains(reason));
        assert!(is_told, "{kind:?}: {text}: {told:?}");
    };
    let version = "which is not read";
    check(
        LockFileKind::Npm,
        r#"{"lockfileVersion": 9, "deps": {}}"#,
        version,
    );
    check(
        LockFileKind::Npm,
        r#"{"lockfileVersion": 3, "deps": {}}"#,
        "no list",
    );
    check(LockFileKind::Npm, "{}", "no list");
    check(LockFileKind::Pnpm, "lockfileVersion: '10.0'\n", version);
    check(LockFileKind::Pnpm, "hello\n", "no lockfileVersion");
    check(LockFileKind::Go, "hello\n", "no module");
    check(LockFileKind::Bundler, "hello\n", "no list");
    check(LockFileKind::Swift, r#"{"version": 9}"#, version);
    check(LockFileKind::Swift, r#"{"pins": []}"#, "no version");
    check(LockFileKind::Swift, r#"{"version": 2}"#, "no list");
    check(
        LockFileKind::Swift,
        r#"{"object": {"pins": {}}, "version": 1}"#,
        "no list",
    );
    check(LockFileKind::Cargo, "version = 9\n", version);
    check(LockFileKind::Cargo, "hello = 1\n", "no package");
    check(LockFileKind::Composer, "{}", "no list");
    check(
        LockFileKind::Poetry,
        "[metadata]\nlock-version = \"9.0\"\n",
        version,
    );
    check(
        LockFileKind::Pdm,
        "[metadata]\nlock_version = \"9.0\"\n",
        version,
    );
    check(LockFileKind::Uv, "version = 99\n", version);
    check(LockFileKind::Pipenv, "{}", "no list");
    check(
        LockFileKind::Pipenv,
        r#"{"_meta": {"pipfile-spec": 9}}"#,
        version,
    );
    check(LockFileKind::NuGet, r#"{"version": 9}"#, version);
    check(LockFileKind::NuGet, "{}", "no version");
    check(LockFileKind::Pub, "hello: {}\n", "no list");
    check(LockFileKind::CocoaPods, "hello: {}\n", "no list");
}

#[test]
fn a_project_without_packages_has_a_lock_file_all_the_same() {
    let check = |kind, text: &str| assert_eq!(told(kind, text), [""; 0], "{kind:?}: {text}");
    check(LockFileKind::Npm, r#"{"name": "a", "lockfileVersion": 1}"#);
    check(
        LockFileKind::Npm,
        r#"{"lockfileVersion": 3, "packages": {}}"#,
    );
    check(
        LockFileKind::Pnpm,
        "lockfileVersion: '9.0'\nimporters: {.: {}}\n",
    );
    check(LockFileKind::Yarn, "");
    check(LockFileKind::Go, "// no module here\n");
    check(LockFileKind::Go, "module (\n  example.com/a\n)\n");
    check(LockFileKind::Bundler, "PLATFORMS\n  ruby\n\nDEPENDENCIES\n");
    check(LockFileKind::Cargo, "version = 4\n");
    check(LockFileKind::Composer, r#"{"packages": []}"#);
    check(
        LockFileKind::Poetry,
        "package = []\n[metadata]\nlock-version = \"2.1\"\n",
    );
    check(LockFileKind::Pdm, "[metadata]\nlock_version = \"4.5.0\"\n");
    check(LockFileKind::Uv, "version = 1\nrevision = 3\n");
    check(
        LockFileKind::Pipenv,
        r#"{"_meta": {"pipfile-spec": 6}, "default": {}}"#,
    );
    check(LockFileKind::NuGet, r#"{"version": 2, "dependencies": {}}"#);
    check(LockFileKind::Pub, "packages: {}\nsdks: {dart: any}\n");
    check(LockFileKind::CocoaPods, "COCOAPODS: 1.15.2\n");
    check(LockFileKind::Swift, r#"{"pins": [], "version": 2}"#);
}
