//! Which tag is which field of SPDX's JSON, and the forms that values have.

use serde_json::{Map, Value, json};

/// How a tag fills its field.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The last value counts; an empty one is left out.
    Text,
    /// The same, but the field is always there.
    Always,
    /// Each value is added.
    List,
}

use Kind::{Always, List, Text};

type Field = (&'static str, &'static str, Kind);

pub(super) const DOCUMENT: &[Field] = &[
    ("DocumentComment", "comment", Text),
    ("SPDXVersion", "spdxVersion", Always),
    ("DataLicense", "dataLicense", Always),
    ("DocumentName", "name", Always),
    ("DocumentNamespace", "documentNamespace", Always),
];

pub(super) const CREATION: &[Field] = &[
    ("LicenseListVersion", "licenseListVersion", Text),
    ("Created", "created", Always),
    ("CreatorComment", "comment", Text),
];

pub(super) const PACKAGE: &[Field] = &[
    ("PackageName", "name", Always),
    ("PackageVersion", "versionInfo", Text),
    ("PackageFileName", "packageFileName", Text),
    ("PackageDownloadLocation", "downloadLocation", Always),
    ("PackageHomePage", "homepage", Text),
    ("PackageSourceInfo", "sourceInfo", Text),
    ("PackageLicenseConcluded", "licenseConcluded", Text),
    ("PackageLicenseInfoFromFiles", "licenseInfoFromFiles", List),
    ("PackageLicenseDeclared", "licenseDeclared", Text),
    ("PackageLicenseComments", "licenseComments", Text),
    ("PackageCopyrightText", "copyrightText", Text),
    ("PackageSummary", "summary", Text),
    ("PackageDescription", "description", Text),
    ("PackageComment", "comment", Text),
    ("PrimaryPackagePurpose", "primaryPackagePurpose", Text),
    ("ReleaseDate", "releaseDate", Text),
    ("BuiltDate", "builtDate", Text),
    ("ValidUntilDate", "validUntilDate", Text),
    ("PackageAttributionText", "attributionTexts", List),
];

pub(super) const FILE: &[Field] = &[
    ("FileName", "fileName", Always),
    ("FileType", "fileTypes", List),
    ("LicenseConcluded", "licenseConcluded", Text),
    ("LicenseInfoInFile", "licenseInfoInFiles", List),
    ("LicenseComments", "licenseComments", Text),
    ("FileCopyrightText", "copyrightText", Always),
    ("FileComment", "comment", Text),
    ("FileNotice", "noticeText", Text),
    ("FileContributor", "fileContributors", List),
    ("FileDependency", "fileDependencies", List),
    ("FileAttributionText", "attributionTexts", List),
];

pub(super) const OTHER_LICENSE: &[Field] = &[
    ("LicenseID", "licenseId", Always),
    ("ExtractedText", "extractedText", Always),
    ("LicenseName", "name", Text),
    ("LicenseCrossReference", "seeAlsos", List),
    ("LicenseComment", "comment", Text),
];

pub(super) const ANNOTATION: &[Field] = &[
    ("AnnotationDate", "annotationDate", Always),
    ("AnnotationType", "annotationType", Always),
    ("AnnotationComment", "comment", Always),
];

/// Tags of snippets whose values are any text. None of them is in the JSON.
pub(super) const SNIPPET: &[&str] = &[
    "SnippetLicenseConcluded",
    "LicenseInfoInSnippet",
    "SnippetLicenseComments",
    "SnippetCopyrightText",
    "SnippetComment",
    "SnippetName",
    "SnippetAttributionText",
];

const ALGORITHMS: [&str; 17] = [
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "MD2",
    "MD4",
    "MD5",
    "MD6",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
    "BLAKE2b-256",
    "BLAKE2b-384",
    "BLAKE2b-512",
    "BLAKE3",
    "ADLER32",
];

/// An object with the fields that are always there.
pub(super) fn empty(fields: &[Field]) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(_, _, kind)| matches!(kind, Always))
        .map(|(_, name, _)| ((*name).to_owned(), Value::String(String::new())))
        .collect()
}

/// Fills the field of a tag; false if the tag is none of these.
pub(super) fn fill(
    object: &mut Map<String, Value>,
    fields: &[Field],
    tag: &str,
    value: &str,
) -> bool {
    let Some((_, name, kind)) = fields.iter().find(|(known, _, _)| *known == tag) else {
        return false;
    };
    match kind {
        List => push(object, name, Value::from(value)),
        Text if value.is_empty() => {
            object.remove(*name);
        }
        Text | Always => {
            object.insert((*name).to_owned(), Value::from(value));
        }
    }
    true
}

/// Adds to a field that is an array.
pub(super) fn push(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        _ => {
            object.insert(name.to_owned(), Value::Array(vec![value]));
        }
    }
}

/// `Key: value`, both without blanks around them.
pub(super) fn pair(value: &str) -> Result<(&str, &str), String> {
    let (key, value) = value
        .split_once(':')
        .ok_or_else(|| format!("no colon in {value:?}"))?;
    Ok((key.trim(), value.trim()))
}

/// Who did something: one of the kinds, a colon and a name.
pub(super) fn actor(value: &str, kinds: &[&str]) -> Result<Value, String> {
    let (kind, name) = pair(value)?;
    if !kinds.contains(&kind) {
        return Err(format!("{kind:?} is none of {}", kinds.join(", ")));
    }
    if name.is_empty() {
        return Err(format!("{kind} without a name"));
    }
    Ok(Value::String(format!("{kind}: {name}")))
}

pub(super) fn checksum(value: &str) -> Result<Value, String> {
    let (algorithm, value) = pair(value)?;
    if !ALGORITHMS.contains(&algorithm) {
        return Err(format!("unknown checksum {algorithm:?}"));
    }
    Ok(json!({"algorithm": algorithm, "checksumValue": value}))
}

/// `SPDXRef-...` of this document.
pub(super) fn element(value: &str) -> Result<&str, String> {
    let name = value
        .strip_prefix("SPDXRef-")
        .ok_or_else(|| format!("{value:?} does not start with SPDXRef-"))?;
    if name.is_empty() || name.contains(':') {
        return Err(format!("{value:?} is no identifier"));
    }
    Ok(value)
}

/// `SPDXRef-...` of this document, or of another with `DocumentRef-...:` before it.
pub(super) fn any_element(value: &str) -> Result<&str, String> {
    match value.strip_prefix("DocumentRef-") {
        None => element(value),
        Some(rest) => {
            let (document, id) = rest
                .split_once(':')
                .filter(|(document, _)| !document.is_empty())
                .ok_or_else(|| format!("{value:?} names no document and element"))?;
            let _ = document;
            element(id)?;
            Ok(value)
        }
    }
}

/// Words between blanks.
pub(super) fn words(value: &str) -> Vec<&str> {
    value
        .split(' ')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}
