//! What an attestation says, and of what: in-toto statements.
//!
//! Sources: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>,
//! <https://slsa.dev/spec/v1.0/provenance>, <https://slsa.dev/spec/v0.2/provenance>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{Sha256, TrustError, bounded, sha256_from_hex};

/// The predicate of cosign's signatures in bundles: it says that the image is signed, and nothing else.
///
/// See: `CosignSignPredicateType` of <https://github.com/sigstore/cosign/blob/main/pkg/types/predicate.go>.
pub const SIGNATURE_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

const PROVENANCE_0_2: &str = "https://slsa.dev/provenance/v0.2";
const PROVENANCE_1: &str = "https://slsa.dev/provenance/v1";

/// What a signer says of some artifacts.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What sort of thing is said: a URI.
    pub predicate_type: String,
    /// What it is said of.
    pub subjects: Vec<Subject>,
    /// How it was built, where that is said.
    pub provenance: Option<Provenance>,
    /// The list of its packages, where that is what is said: CycloneDX or SPDX, as a text.
    pub sbom: Option<String>,
}

/// Something that a statement is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Its name, which nobody vouches for: only the digest tells what is meant.
    pub name: String,
    /// Its digest; none where it has another kind of digest only.
    pub sha256: Option<Sha256>,
    /// Words of the signer.
    pub annotations: BTreeMap<String, Value>,
}

/// How something was built: SLSA's provenance, versions 0.2 and 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Who built it: a URI.
    pub builder: Option<String>,
    /// Where its source is kept: a URI, with the branch or tag in version 0.2.
    pub source: Option<String>,
    /// The commit that it was built from.
    pub commit: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<WireSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Deserialize)]
struct WireSubject {
    #[serde(default)]
    name: Option<String>,
    digest: BTreeMap<String, String>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, Value>>,
}

impl Statement {
    /// Reads a statement, of version 0.1 or 1.
    pub fn parse(payload: &[u8]) -> Result<Self, TrustError> {
        let malformed = |reason: &dyn ToString| TrustError::malformed("statement", reason);
        let wire: Wire = serde_json::from_slice(bounded(payload, "statement")?)
            .map_err(|error| malformed(&error))?;
        if !matches!(
            wire.kind.as_str(),
            "https://in-toto.io/Statement/v0.1" | "https://in-toto.io/Statement/v1"
        ) {
            return Err(malformed(&format!("`{}` is none of in-toto", wire.kind)));
        }
        let subjects = wire.subject.into_iter().map(|subject| Subject {
            name: subject.name.unwrap_or_default(),
            sha256: subject
                .digest
                .get("sha256")
                .and_then(|digits| sha256_from_hex(digits)),
            annotations: subject.annotations.unwrap_or_default(),
        });
        Ok(Self {
            provenance: Provenance::of(&wire.predicate_type, &wire.predicate),
            sbom: is_sbom(&wire.predicate_type).then(|| sbom(&wire.predicate)),
            subjects: subjects.collect(),
            predicate_type: wire.predicate_type,
        })
    }

    /// The subject that an artifact is, if it is one.
    pub fn subject(&self, artifact: &Sha256) -> Option<&Subject> {
        let mut subjects = self.subjects.iter();
        subjects.find(|subject| subject.sha256.as_ref() == Some(artifact))
    }

    /// Whether it is a signature of cosign, which says nothing else.
    pub fn is_signature(&self) -> bool {
        self.predicate_type == SIGNATURE_PREDICATE
    }

    /// Refuses it for any other artifact.
    pub(crate) fn bind(&self, artifact: &Sha256) -> Result<&Subject, TrustError> {
        self.subject(artifact).ok_or_else(|| {
            let found = match self.subjects.as_slice() {
                [] => "nothing".to_owned(),
                [one] => match &one.sha256 {
                    Some(digest) => format!("sha256:{}", crate::hex(digest)),
                    None => format!("`{}` without a SHA-256", one.name),
                },
                several => format!("{} other things", several.len()),
            };
            TrustError::Artifact { found }
        })
    }
}

/// Whether an attestation of this type lists packages.
pub fn is_sbom(predicate_type: &str) -> bool {
    // Versions stand behind the types: `https://spdx.dev/Document/v2.3`.
    ["https://cyclonedx.org/bom", "https://spdx.dev/Document"]
        .iter()
        .any(|known| {
            let rest = predicate_type.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// The list itself: in JSON, or as a text in it, which cosign 1 put in a field.
fn sbom(predicate: &Value) -> String {
    let inner = predicate.get("Data").filter(|it| it.is_string());
    match inner.unwrap_or(predicate) {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    }
}

impl Provenance {
    fn of(predicate_type: &str, predicate: &Value) -> Option<Self> {
        let text = |value: &Value, pointer: &str| {
            let found = value.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned)
        };
        match predicate_type {
            PROVENANCE_0_2 => {
                let source = predicate.pointer("/invocation/configSource");
                let materials = predicate.pointer("/materials").and_then(Value::as_array);
                let material = materials.and_then(|it| it.iter().find(|it| is_commit(it, "sha1")));
                let source = source.filter(|it| it.get("uri").is_some()).or(material);
                Some(Self {
                    builder: text(predicate, "/builder/id"),
                    source: source.and_then(|it| text(it, "/uri")),
                    commit: source.and_then(|it| text(it, "/digest/sha1")),
                })
            }
            PROVENANCE_1 => {
                let definition = predicate.get("buildDefinition").unwrap_or(&Value::Null);
                let dependencies = definition.get("resolvedDependencies");
                let dependencies = dependencies.and_then(Value::as_array);
                let mut commits = dependencies
                    .into_iter()
                    .flatten()
                    .filter(|it| is_commit(it, "gitCommit"));
                // What the builder was asked for says which of them was built: the others are submodules, actions and
                // bases, in no order.
                let asked = ["workflow/repository", "source/uri", "configSource/uri"]
                    .iter()
                    .find_map(|it| text(definition, &format!("/externalParameters/{it}")));
                let source = match &asked {
                    Some(asked) => commits.find(|it| {
                        let uri = it.get("uri").and_then(Value::as_str);
                        uri.is_some_and(|uri| repository(uri) == repository(asked))
                    }),
                    // Of several, nobody says which.
                    None => commits.next().filter(|_| commits.next().is_none()),
                };
                Some(Self {
                    builder: text(predicate, "/runDetails/builder/id"),
                    source: source.and_then(|it| text(it, "/uri")).or(asked),
                    commit: source.and_then(|it| text(it, "/digest/gitCommit")),
                })
            }
            _ => None,
        }
    }
}

/// The repository of a URI that Git is given, without the branch, tag or commit behind it: `git+https://a/b@refs/heads/c`,
/// and `https://a/b.git#refs/heads/c` as `BuildKit` writes it.
pub(crate) fn repository(uri: &str) -> &str {
    let uri = uri.strip_prefix("git+").unwrap_or(uri);
    let uri = uri.split_once('#').map_or(uri, |(uri, _)| uri);
    let path = uri.find("://").map_or(0, |at| at + "://".len());
    let host = uri.get(path..).and_then(|rest| rest.find('/'));
    // The `@` of a user stands before the first slash of `//user@host/path`.
    let start = host.map_or(uri.len(), |at| path + at);
    let cut = uri.get(start..).and_then(|rest| rest.split_once('@'));
    let uri = match cut {
        // Else it is a part of the path.
        Some((before, reference)) if reference.starts_with("refs/") || !reference.contains('/') => {
            uri.get(..start + before.len()).unwrap_or(uri)
        }
        _ => uri,
    };
    uri.strip_suffix(".git").unwrap_or(uri)
}

fn is_commit(dependency: &Value, digest: &str) -> bool {
    let commit = dependency.get("digest").and_then(|it| it.get(digest));
    commit.is_some_and(Value::is_string)
}

/// Whether attestations of this predicate type say how something was built.
pub fn is_provenance(predicate_type: &str) -> bool {
    [PROVENANCE_0_2, PROVENANCE_1].contains(&predicate_type)
}

/// The URI of a predicate by the short name that cosign has for it; anything with a colon is a URI already.
///
/// See: `PredicateTypeMap` of <https://github.com/sigstore/cosign/blob/main/cmd/cosign/cli/options/predicate.go>.
pub fn predicate_type(name: &str) -> Option<&str> {
    Some(match name {
        "slsaprovenance" | "slsaprovenance02" => PROVENANCE_0_2,
        "slsaprovenance1" => PROVENANCE_1,
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "link" => "https://in-toto.io/Link/v1",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "openvex" => "https://openvex.dev/ns",
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        uri if uri.contains(':') => uri,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(predicate_type: &str, predicate: &str) -> Statement {
        let digest = "0a".repeat(32);
        Statement::parse(
            format!(
                r#"{{"_type": "https://in-toto.io/Statement/v1", "predicateType": "{predicate_type}",
                    "subject": [{{"name": "other", "digest": {{"sha512": "00"}}}},
                                {{"name": "shop", "digest": {{"sha256": "{digest}"}}, "annotations": {{"team": "a"}}}}],
                    "predicate": {predicate}}}"#
            )
            .as_bytes(),
        )
        .unwrap()
    }

    #[test]
    fn a_statement_is_about_each_of_its_subjects() {
        let statement = parse("https://example.com/p", "{}");
        let subject = statement.subject(&[10; 32]).unwrap();
        assert_eq!(subject.name, "shop");
        assert_eq!(subject.annotations["team"], "a");
        assert_eq!(statement.subject(&[11; 32]), None);
        assert_eq!(statement.provenance, None);
        let other = statement.bind(&[11; 32]).unwrap_err().to_string();
        assert_eq!(
            other,
            "it is about 2 other things, and not about this artifact"
        );
    }

    #[test]
    fn provenance_says_who_built_what_from_where() {
        let expected = Provenance {
            builder: Some("https://github.com/actions/runner".to_owned()),
            source: Some("git+https://github.com/shop/shop@refs/heads/main".to_owned()),
            commit: Some("c0ffee".to_owned()),
        };
        let older = parse(
            PROVENANCE_0_2,
            r#"{"builder": {"id": "https://github.com/actions/runner"},
                "invocation": {"configSource": {"uri": "git+https://github.com/shop/shop@refs/heads/main",
                                                "digest": {"sha1": "c0ffee"}}}}"#,
        );
        assert_eq!(older.provenance.as_ref(), Some(&expected));
        let materials = parse(
            PROVENANCE_0_2,
            r#"{"builder": {"id": "https://github.com/actions/runner"},
                "materials": [{"uri": "pkg:docker/alpine", "digest": {"sha256": "00"}},
                              {"uri": "git+https://github.com/shop/shop@refs/heads/main", "digest": {"sha1": "c0ffee"}}]}"#,
        );
        assert_eq!(materials.provenance.as_ref(), Some(&expected));
        let newer = parse(
            PROVENANCE_1,
            r#"{"runDetails": {"builder": {"id": "https://github.com/actions/runner"}},
                "buildDefinition": {"externalParameters": {"workflow": {"repository": "https://github.com/shop/shop"}},
                  "resolvedDependencies": [{"uri": "pkg:docker/alpine", "digest": {"sha256": "00"}},
                    {"uri": "git+https://github.com/shop/shop@refs/heads/main", "digest": {"gitCommit": "c0ffee"}}]}}"#,
        );
        assert_eq!(newer.provenance.as_ref(), Some(&expected));
        // A base repository that comes first is not what was built.
        let with_base = parse(
            PROVENANCE_1,
            r#"{"runDetails": {"builder": {"id": "https://github.com/actions/runner"}},
                "buildDefinition": {"externalParameters": {"workflow": {"repository": "https://github.com/shop/shop"}},
                  "resolvedDependencies": [{"uri": "git+https://github.com/other/base@refs/heads/main", "digest": {"gitCommit": "1f"}},
                    {"uri": "git+https://github.com/shop/shop@refs/heads/main", "digest": {"gitCommit": "c0ffee"}}]}}"#,
        );
        assert_eq!(with_base.provenance.as_ref(), Some(&expected));
        let unasked = parse(
            PROVENANCE_1,
            r#"{"buildDefinition": {"resolvedDependencies": [
                    {"uri": "git+https://github.com/other/base", "digest": {"gitCommit": "1f"}},
                    {"uri": "git+https://github.com/shop/shop", "digest": {"gitCommit": "c0ffee"}}]}}"#,
        );
        assert_eq!(unasked.provenance.unwrap(), Provenance::default());
        let unresolved = parse(
            PROVENANCE_1,
            r#"{"buildDefinition": {"externalParameters": {"workflow": {"repository": "https://github.com/shop/shop"}}}}"#,
        );
        let bare = parse(PROVENANCE_1, r#"{"runDetails": {"builder": {"id": "b"}}}"#);
        assert_eq!(bare.provenance.unwrap().builder.as_deref(), Some("b"));
        let source = unresolved.provenance.unwrap().source;
        assert_eq!(source.as_deref(), Some("https://github.com/shop/shop"));
    }

    #[test]
    fn predicates_that_are_no_objects_do_no_harm() {
        for predicate in [
            "null",
            "[]",
            "7",
            r#"{"materials": 1}"#,
            r#"{"buildDefinition": []}"#,
        ] {
            for kind in [PROVENANCE_0_2, PROVENANCE_1] {
                let provenance = parse(kind, predicate).provenance.unwrap_or_default();
                assert_eq!(provenance, Provenance::default(), "{predicate}");
            }
        }
    }

    #[test]
    fn what_is_no_statement_is_refused() {
        for wrong in [
            "",
            "[]",
            "{}",
            r#"{"_type": "https://in-toto.io/Statement/v2", "subject": [], "predicateType": "a"}"#,
            r#"{"_type": "https://in-toto.io/Statement/v1", "subject": [], "subject": [], "predicateType": "a"}"#,
        ] {
            let error = Statement::parse(wrong.as_bytes()).unwrap_err();
            assert!(matches!(error, TrustError::Malformed { .. }), "{wrong}");
        }
    }

    #[test]
    fn short_names_are_those_of_cosign() {
        assert_eq!(predicate_type("slsaprovenance1"), Some(PROVENANCE_1));
        assert_eq!(predicate_type("https://a/b"), Some("https://a/b"));
        assert_eq!(predicate_type("provenance"), None);
    }
}
