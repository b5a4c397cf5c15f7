//! Trivy's golden reports, as far as they are about flaws of packages.

use std::{fs, path::Path};

use ringwall_advisory::Scope;
use serde_json::Value;

/// What a golden says.
#[derive(Default)]
pub(crate) struct Report {
    /// Flaws of packages that can be looked for.
    pub(crate) flaws: Vec<Flaw>,
    /// Why flaws of it are not compared, each.
    pub(crate) skipped: Vec<&'static str>,
}

/// A flaw of a package.
pub(crate) struct Flaw {
    pub(crate) scope: Scope,
    pub(crate) package: String,
    /// The name by which advisories have the package.
    pub(crate) source: String,
    pub(crate) installed: String,
    pub(crate) id: String,
    pub(crate) fixed: Vec<String>,
    pub(crate) status: String,
    pub(crate) severity: String,
}

/// Binary packages and their sources: goldens only have the former.
const SOURCES: &[(&str, &str)] = &[
    ("e2fslibs", "e2fsprogs"),
    ("libcom-err2", "e2fsprogs"),
    ("libcomerr2", "e2fsprogs"),
    ("libcrypto1.1", "openssl"),
    ("libext2fs2", "e2fsprogs"),
    ("libidn2-0", "libidn2"),
    ("libss2", "e2fsprogs"),
    ("libssl1.1", "openssl"),
    ("musl-utils", "musl"),
];

/// All goldens of a folder in order, each with what it says or why it is not asked.
pub(crate) fn all(folder: &Path) -> Vec<(String, Result<Report, &'static str>)> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".golden"))
        .collect();
    names.sort();
    let report = |name: String| {
        let report = if name.ends_with(".json.golden") {
            read(&folder.join(&name))
        } else {
            Err("goldens in other formats than JSON")
        };
        (name, report)
    };
    names.into_iter().map(report).collect()
}

/// Reads one golden.
pub(crate) fn read(path: &Path) -> Result<Report, &'static str> {
    let golden: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let empty = Vec::new();
    let mut report = Report::default();
    for result in golden["Results"].as_array().unwrap_or(&empty) {
        let flaws = result["Vulnerabilities"].as_array().unwrap_or(&empty);
        for flaw in flaws {
            match scope(&golden, result, flaw) {
                Ok(scope) => report.flaws.push(read_flaw(scope, flaw)),
                Err(reason) => report.skipped.push(reason),
            }
        }
    }
    if report.flaws.is_empty() && report.skipped.is_empty() {
        return Err("goldens without flaws of packages");
    }
    Ok(report)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn scope(golden: &Value, result: &Value, flaw: &Value) -> Result<Scope, &'static str> {
    if result["Class"] == "os-pkgs" {
        let system = &golden["Metadata"]["OS"];
        let id = match system["Family"].as_str().unwrap_or_default() {
            "amazon" => "amzn",
            "redhat" | "centos" => {
                return Err("flaws by the CPEs of Red Hat, which are not imported");
            }
            other => other,
        };
        let name = text(&system["Name"]);
        // `2 (Karoo)`.
        let release = name.split(' ').next().unwrap_or_default();
        return Ok(Scope::of_distribution(id, release).unwrap());
    }
    let purl = text(&flaw["PkgIdentifier"]["PURL"]);
    let kind = purl
        .strip_prefix("pkg:")
        .and_then(|it| it.split('/').next());
    Scope::of_purl_type(kind.unwrap_or_default())
        .ok_or("flaws of CocoaPods and Conan, whose versions have no order here")
}

fn read_flaw(scope: Scope, flaw: &Value) -> Flaw {
    let package = text(&flaw["PkgName"]);
    let source = SOURCES.iter().find(|(binary, _)| *binary == package);
    let fixed = text(&flaw["FixedVersion"]);
    let fixed = fixed.split(", ").map(|it| it.trim_start_matches(">= "));
    Flaw {
        source: source.map_or_else(|| package.clone(), |(_, source)| (*source).to_owned()),
        package,
        scope,
        installed: text(&flaw["InstalledVersion"]),
        id: text(&flaw["VulnerabilityID"]),
        fixed: fixed.map(str::to_owned).collect(),
        status: text(&flaw["Status"]).replace('_', "-"),
        severity: text(&flaw["Severity"]).to_ascii_lowercase(),
    }
}
