//! Packages of Conda: `conda-meta/<name>-<version>-<build>.json` in each environment.
//!
//! See: <https://docs.conda.io/projects/conda/en/stable/dev-guide/specs/solved-state.html>,
//! <https://github.com/conda/ceps>.

use super::json::{self, lacks, texts};
use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    json::read(text, |reader, packages| {
        let mut package = Package::new(Ecosystem::Conda, "", "");
        reader.object(|reader, key| {
            match &*key {
                "name" => package.name = reader.string()?.unwrap_or_default().into_owned(),
                "version" => package.version = reader.string()?.unwrap_or_default().into_owned(),
                "license" => package.licences = texts(reader)?,
                "subdir" => {
                    package.architecture = reader.string()?.map(std::borrow::Cow::into_owned);
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        package.licences.retain(|licence| !licence.is_empty());
        if package.name.is_empty() || package.version.is_empty() {
            return Err(lacks(reader, "names no package or no version"));
        }
        packages.push(package);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_its_platform() {
        let text = r#"{"build": "h1_0", "channel": "https://conda.example/main/linux-64",
            "files": ["lib/libtea.so", "name"], "license": "Zlib", "link": {"name": "x"},
            "name": "tea", "subdir": "linux-64", "version": "1.2.13"}"#;
        let package = parse(text).unwrap().packages.remove(0);
        assert_eq!(package.licences, ["Zlib"]);
        assert_eq!(
            package.purl(None).unwrap().to_string(),
            "pkg:conda/tea@1.2.13?subdir=linux-64"
        );
        let text = r#"{"name": "tea", "version": "1", "license": ""}"#;
        assert_eq!(parse(text).unwrap().packages[0].licences, [""; 0]);
    }

    #[test]
    fn damage_is_told() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"name": "a"}"#,
            r#"{"name": "a", "version": "1""#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
