//! What Composer has installed: `vendor/composer/installed.json`, a list in version 1 and an object since version 2.
//!
//! See: <https://getcomposer.org/doc/04-schema.md>,
//! <https://github.com/composer/composer/blob/main/src/Composer/Repository/FilesystemRepository.php>.

use super::json::{self, lacks, texts};
use crate::{
    Damage, Ecosystem, Listed, Package,
    lock_files::json::{Kind, Reader},
};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    json::read(text, |reader, packages| match reader.kind() {
        Kind::List => reader.list(|reader| package(reader, packages)),
        Kind::Object => {
            let mut has_list = false;
            reader.object(|reader, key| match &*key {
                "packages" if reader.kind() == Kind::List => {
                    has_list = true;
                    reader.list(|reader| package(reader, packages))
                }
                _ => reader.skip(),
            })?;
            if has_list {
                return Ok(());
            }
            Err(lacks(reader, "no list of packages is in it"))
        }
        _ => Err(lacks(reader, "it is neither a list nor an object")),
    })
}

fn package(reader: &mut Reader<'_>, packages: &mut Vec<Package>) -> Result<(), Damage> {
    let mut package = Package::new(Ecosystem::Composer, "", "");
    reader.object(|reader, key| {
        match &*key {
            "name" => package.name = reader.string()?.unwrap_or_default().into_owned(),
            "version" => package.version = reader.string()?.unwrap_or_default().into_owned(),
            "license" => package.licences = texts(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    // The version of a branch, `dev-main`, is kept: that it has no place among others is told when it is looked up.
    if package.name.is_empty() || package.version.is_empty() {
        return Err(lacks(reader, "a package has no name or no version"));
    }
    packages.push(package);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEA: &str = r#"{"name": "cups/tea", "version": "v2.1.0", "version_normalized": "2.1.0.0",
            "require": {"php": ">=8", "name": "x/y"}, "license": ["MIT", "GPL-2.0-only"]}"#;

    fn names(text: &str) -> Vec<(String, String)> {
        let packages = parse(text).unwrap().packages.into_iter();
        packages.map(|it| (it.name, it.version)).collect()
    }

    #[test]
    fn both_versions_of_the_list_are_read() {
        let branch = r#"{"version": "dev-main", "name": "cups/milk", "license": "MIT"}"#;
        let expected = [("cups/tea", "v2.1.0"), ("cups/milk", "dev-main")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert_eq!(names(&format!("[{TEA}, {branch}]")), expected);
        let second = format!(
            r#"{{"packages": [{TEA}, {branch}], "dev": true, "dev-package-names": ["cups/milk"]}}"#
        );
        assert_eq!(names(&second), expected);
        assert_eq!(names(r#"{"packages": [], "dev": false}"#), []);
        assert_eq!(names("[]"), []);
        let listed = parse(&second).unwrap();
        assert_eq!(listed.packages[0].licences, ["MIT", "GPL-2.0-only"]);
        assert_eq!(listed.packages[1].licences, ["MIT"]);
        assert_eq!(
            listed.packages[0].purl(None).unwrap().to_string(),
            "pkg:composer/cups/tea@v2.1.0"
        );
    }

    #[test]
    fn damage_is_told_and_what_stands_before_it_is_read() {
        for text in [
            "",
            "{",
            "{}",
            "null",
            "x",
            r#"{"packages": {}}"#,
            r#"[{"name": "a/b"}]"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let listed = parse(&format!("[{TEA}, {{\"name\":")).unwrap();
        assert_eq!(listed.packages.len(), 1);
        assert!(listed.damage.unwrap().contains("ends in the middle"));
        let listed = parse(&format!("[{TEA}, {{\"name\": \"a/b\"}}, {TEA}]")).unwrap();
        assert!(listed.damage.unwrap().contains("no version"));
    }
}
