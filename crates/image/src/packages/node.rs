//! Packages of Node.js: the `package.json` that npm, yarn and pnpm leave below `node_modules`.
//!
//! Source: <https://docs.npmjs.com/cli/v10/configuring-npm/package-json>.

use serde_json::Value;

use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    let field = |name: &str| json.get(name).and_then(Value::as_str);
    // A folder inside a package may say what it exports, and be no package.
    let (Some(name), Some(version)) = (field("name"), field("version")) else {
        return Ok(Listed::default());
    };
    let mut package = Package::new(Ecosystem::Npm, name, version);
    package.licences = licences(&json);
    Ok(vec![package].into())
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

    #[test]
    fn licences_are_read_in_each_of_their_forms() {
        let check = |licence: &str, expected: &[&str]| {
            let text = format!(r#"{{"name": "@a/b", "version": "1.0.0"{licence}}}"#);
            let packages = parse(&text).unwrap().packages;
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
        assert_eq!(parse(r#"{"type": "module"}"#), Ok(Listed::default()));
        assert!(parse("{").is_err());
    }
}
