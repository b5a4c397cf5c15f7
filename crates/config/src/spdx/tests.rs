//! Values as conftest 0.71.1 printed them for the same text.

use serde_json::json;

use super::parse;

const DOCUMENT: &str = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\n\
    DocumentNamespace: https://example.com/d\nCreator: Tool: t-1\nCreated: 2026-01-01T00:00:00Z\n";

#[test]
fn packages_hold_their_files() {
    let text = format!(
        "{DOCUMENT}## package\nPackageName: p\nSPDXID: SPDXRef-p\nPackageVersion: 1\nPackageSupplier: Person: Me\n\
         PackageDownloadLocation: NOASSERTION\nFilesAnalyzed: false\nPackageChecksum: SHA1: ab\n\
         PackageComment: <text>one\ntwo</text>\nExternalRef: PACKAGE_MANAGER purl pkg:x/y@1\n\
         FileName: ./f\nSPDXID: SPDXRef-f\nFileChecksum: SHA256: cd\nLicenseConcluded: MIT\n\
         Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-p\n"
    );
    assert_eq!(
        parse(&text).unwrap(),
        json!({
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "d",
            "documentNamespace": "https://example.com/d",
            "creationInfo": {"creators": ["Tool: t-1"], "created": "2026-01-01T00:00:00Z"},
            "packages": [{
                "name": "p", "SPDXID": "SPDXRef-p", "versionInfo": "1", "supplier": "Person: Me",
                "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
                "checksums": [{"algorithm": "SHA1", "checksumValue": "ab"}], "comment": "one\ntwo",
                "externalRefs": [{
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                    "referenceLocator": "pkg:x/y@1",
                }],
                "files": [{
                    "fileName": "./f", "SPDXID": "SPDXRef-f", "licenseConcluded": "MIT", "copyrightText": "",
                    "checksums": [{"algorithm": "SHA256", "checksumValue": "cd"}],
                }],
            }],
            "relationships": [{
                "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-p",
            }],
        })
    );
}

#[test]
fn mistakes_have_their_line() {
    for (more, line) in [
        ("Word\n", 8),
        ("NoSuchTag: x\n", 8),
        ("PackageName: p\n", 8),
        ("PackageName: p\nSPDXID: p\n", 9),
        ("Creator: Robot: x\n", 8),
        ("PackageComment: <text>open\n", 8),
    ] {
        let error = parse(&format!("{DOCUMENT}{more}")).unwrap_err();
        assert_eq!(error.line, line, "{more}: {error}");
    }
    assert!(parse("").is_err());
    assert!(parse("SPDXVersion: SPDX-1.2\n").is_err());
}
