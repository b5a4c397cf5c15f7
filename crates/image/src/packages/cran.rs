//! Packages of R: the `DESCRIPTION` in the folder of each one that is installed.
//!
//! See: <https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file>.

use super::fields;
use crate::{Ecosystem, Listed, Package};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    let (mut name, mut version, mut licence, mut built) = (None, None, None, None);
    for (field, value) in fields(text) {
        match field {
            "Package" => name = Some(value),
            "Version" => version = Some(value),
            "License" => licence = Some(value),
            "Built" => built = Some(value),
            _ => {}
        }
    }
    // R writes it when it installs; what lacks it is the source of a package, or no package at all.
    if built.is_none() {
        return Ok(Listed::default());
    }
    let stated = |value: &&str| !value.is_empty();
    let (Some(name), Some(version)) = (name.filter(stated), version.filter(stated)) else {
        return Err("names no package or no version".to_owned());
    };
    let mut package = Package::new(Ecosystem::Cran, name, version);
    package.licences = licence.into_iter().map(str::to_owned).collect();
    Ok(vec![package].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEA: &str = "Package: tea\nType: Package\nVersion: 0.6-31\nDescription: Words of it:\n  Version: 9\nLicense: GPL (>= 2)\n";

    #[test]
    fn what_is_installed_is_built() {
        let text = format!("{TEA}Built: R 4.2.2; x86_64-pc-linux-gnu; 2022-12-12; unix\n");
        let package = parse(&text).unwrap().packages.remove(0);
        assert_eq!(package.licences, ["GPL (>= 2)"]);
        let purl = package.purl(None).unwrap();
        assert_eq!(purl.to_string(), "pkg:cran/tea@0.6-31");
        assert_eq!(parse(TEA), Ok(Listed::default()));
        assert_eq!(parse("all about tea"), Ok(Listed::default()));
        assert!(parse("Package: tea\nBuilt: R 4\n").is_err());
        assert!(parse("Package:\nVersion: 1\nBuilt: R 4\n").is_err());
    }
}
