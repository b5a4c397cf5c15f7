//! Python distributions: `METADATA` of wheels and `PKG-INFO` of eggs, and the folder that has the first.
//!
//! Sources: <https://packaging.python.org/en/latest/specifications/core-metadata/>,
//! <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>.

use super::fields;
use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    let (mut name, mut version, mut expression, mut licence) = (None, None, None, None);
    let mut classified = Vec::new();
    for (field, value) in fields(text) {
        match field.to_ascii_lowercase().as_str() {
            "name" => name = Some(value),
            "version" => version = Some(value),
            "license-expression" => expression = Some(value),
            // Whole texts stand here as well; their first line is no name.
            "license" if !value.is_empty() && value != "UNKNOWN" => licence = Some(value),
            "classifier" => classified.extend(
                value
                    .strip_prefix("License :: ")
                    .and_then(|path| path.rsplit(" :: ").next()),
            ),
            _ => {}
        }
    }
    let stated = |value: &&str| !value.is_empty();
    let (Some(name), Some(version)) = (name.filter(stated), version.filter(stated)) else {
        return Err("names no package or no version".to_owned());
    };
    let mut package = Package::new(Ecosystem::Pypi, name, version);
    let stated = expression.or(licence).map_or(classified, |one| vec![one]);
    package.licences = stated.into_iter().map(str::to_owned).collect();
    Ok(vec![package].into())
}

/// What the folder of a distribution is called after: `tea-1.0.dist-info/RECORD`.
pub(super) fn of_folder(path: &str) -> Option<Listed> {
    let (folder, _) = path.rsplit_once('/')?;
    let name = folder.rsplit('/').next()?;
    let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
    let is_stated = !name.is_empty() && !version.is_empty();
    is_stated.then(|| vec![Package::new(Ecosystem::Pypi, name, version)].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_distribution() {
        let check = |path: &str, expected: Option<(&str, &str)>| {
            let found = of_folder(path);
            let found = found.as_ref().map(|it| &it.packages[0]);
            let found = found.map(|it| (&*it.name, &*it.version));
            assert_eq!(found, expected, "{path}");
        };
        check("a/zope.tea-1.0.dist-info/RECORD", Some(("zope.tea", "1.0")));
        check("a/tea.dist-info/RECORD", None);
        check("a/-1.dist-info/RECORD", None);
        check("a/tea-.dist-info/RECORD", None);
        check("RECORD", None);
    }

    #[test]
    fn the_header_names_the_package() {
        let text = "Metadata-Version: 2.1\nName: Django\nVersion: 3.2\nLicense: BSD-3-Clause\n\nVersion: 9\n";
        let packages = parse(text).unwrap().packages;
        assert_eq!(
            (&*packages[0].name, &*packages[0].version),
            ("Django", "3.2")
        );
        assert_eq!(packages[0].licences, ["BSD-3-Clause"]);
    }

    #[test]
    fn classifiers_name_the_licence_where_nothing_else_does() {
        let text = "Name: a\nVersion: 1\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n";
        assert_eq!(parse(text).unwrap().packages[0].licences, ["MIT License"]);
        assert!(parse("Name: a\n").is_err());
        assert!(parse("Name: a\nVersion:\n").is_err());
    }
}
