//! Packages of Node.js: the `package.json` that npm, yarn and pnpm leave below `node_modules`.
//!
//! Source: <https://docs.npmjs.com/cli/v10/configuring-npm/package-json>.

use serde_json::Value;

use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(path: &str, text: &str) -> Result<Listed, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    let field = |name: &str| json.get(name).and_then(Value::as_str);
    // A folder inside a package may say what it exports, and be no package.
    let name = field("name").filter(|name| !name.is_empty());
    let (Some(name), Some(version)) = (name.or_else(|| of_folder(path)), field("version")) else {
        return Ok(Listed::default());
    };
    let mut package = Package::new(Ecosystem::Npm, name, version);
    package.licences = licences(&json);
    Ok(vec![package].into())
}

/// What a package is called by which it is loaded, and so found where it does not say it: `node_modules/@a/b`.
fn of_folder(path: &str) -> Option<&str> {
    let (folder, _) = path.rsplit_once('/')?;
    let (_, name) = folder.rsplit_once("node_modules/")?;
    let is_scoped = name.starts_with('@');
    (name.matches('/').count() == usize::from(is_scoped)).then_some(name)
}

/// `"license": "MIT"`, and the two ways in which it was written before.
fn licences(json: &Value) -> Vec<String> {
    let one = |licence: &Value| {
        let name = licence.get("type").unwrap_or(licence).as_str();
        name.map(str::to_owned)
    };
    let stated = json.get("license").or_else(|| json.get("licenses"));
    match stated {
        Some(Value::Array(licences)) => licences.iter().filter_map(one).collect(),
        Some(licence) => one(licence).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "app/node_modules/ms/package.json";

    #[test]
    fn licences_are_read_in_each_of_their_forms() {
        let check = |licence: &str, expected: &[&str]| {
            let text = format!(r#"{{"name": "@a/b", "version": "1.0.0"{licence}}}"#);
            let packages = parse(PATH, &text).unwrap().packages;
            assert_eq!(packages[0].name, "@a/b");
            assert_eq!(packages[0].licences, expected, "{licence}");
        };
        check("", &[]);
        check(r#", "license": "MIT""#, &["MIT"]);
        check(r#", "license": {"type": "ISC", "url": "x"}"#, &["ISC"]);
        check(r#", "licenses": [{"type": "MIT"}, "BSD"]"#, &["MIT", "BSD"]);
    }

    #[test]
    fn a_folder_without_a_version_is_no_package() {
        assert_eq!(parse(PATH, r#"{"type": "module"}"#), Ok(Listed::default()));
        assert!(parse(PATH, "{").is_err());
    }

    #[test]
    fn one_without_a_name_is_called_as_its_folder() {
        let check = |path: &str, expected: Option<&str>| {
            for text in [
                r#"{"version": "1.0.0"}"#,
                r#"{"name": "", "version": "1.0.0"}"#,
            ] {
                let packages = parse(path, text).unwrap().packages;
                let name = packages.first().map(|package| &*package.name);
                assert_eq!(name, expected, "{path}");
            }
        };
        check(PATH, Some("ms"));
        check(
            "node_modules/a/node_modules/@b/c/package.json",
            Some("@b/c"),
        );
        check("deno/npm/registry.npmjs.org/ms/2.0.0/package.json", None);
    }
}
