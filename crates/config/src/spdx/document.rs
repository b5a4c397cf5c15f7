//! Tags to a document, section by section: each tag belongs to the object that the last one opened.

use serde_json::{Map, Value, json};

use super::fields::{
    ANNOTATION, CREATION, DOCUMENT, FILE, OTHER_LICENSE, PACKAGE, SNIPPET, actor, any_element,
    checksum, element, empty, fill, pair, push, words,
};

type Object = Map<String, Value>;
type Outcome = Result<(), String>;

/// What the tags are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Start,
    Creation,
    Package,
    File,
    Snippet,
    OtherLicense,
    Review,
}

/// A document that is being read.
#[derive(Default)]
pub(super) struct Document {
    section: Section,
    fields: Object,
    creation: Option<Object>,
    packages: Vec<Value>,
    package: Option<Object>,
    files: Vec<Value>,
    file: Option<Object>,
    licenses: Vec<Object>,
    relationships: Vec<Object>,
    annotations: Vec<Object>,
    /// Whether the tag before may be followed by more about the same reference or artefact.
    has_reference: bool,
    has_artifact: bool,
}

impl Document {
    pub(super) fn add(&mut self, tag: &str, value: &str) -> Outcome {
        if self.about_any(tag, value)? {
            return Ok(());
        }
        match self.section {
            Section::Start => self.start(tag, value),
            Section::Creation => self.creation(tag, value),
            Section::Package => self.package(tag, value),
            Section::File => self.file(tag, value),
            Section::Snippet => self.snippet(tag, value),
            Section::OtherLicense => self.other_license(tag, value),
            Section::Review => self.review(tag, value),
        }
    }

    /// Relationships and annotations stand in any section but the first.
    fn about_any(&mut self, tag: &str, value: &str) -> Result<bool, String> {
        let is_known = matches!(
            tag,
            "Relationship" | "RelationshipComment" | "Annotator" | "SPDXREF"
        ) || ANNOTATION.iter().any(|(known, _, _)| *known == tag);
        if !is_known {
            return Ok(false);
        }
        if self.section == Section::Start {
            self.section = Section::Creation;
            self.creation.get_or_insert_with(creation_info);
        }
        self.has_reference = false;
        self.has_artifact = false;
        match tag {
            "Relationship" => {
                let words = words(value);
                let [from, kind, to] = words.as_slice() else {
                    return Err("a relationship is an element, a kind and an element".to_owned());
                };
                any_element(from)?;
                if !matches!(*to, "NONE" | "NOASSERTION") {
                    any_element(to)?;
                }
                let mut relationship = Object::new();
                relationship.insert("spdxElementId".to_owned(), json!(from));
                relationship.insert("relatedSpdxElement".to_owned(), json!(to));
                relationship.insert("relationshipType".to_owned(), json!(kind));
                self.relationships.push(relationship);
            }
            "RelationshipComment" => {
                let last = self.relationships.last_mut();
                let last = last.ok_or("a comment on no relationship")?;
                if value.is_empty() {
                    last.remove("comment");
                } else {
                    last.insert("comment".to_owned(), json!(value));
                }
            }
            "Annotator" => {
                let mut annotation = empty(ANNOTATION);
                let annotator = actor(value, &["Person", "Organization", "Tool"])?;
                annotation.insert("annotator".to_owned(), annotator);
                self.annotations.push(annotation);
            }
            _ => {
                let last = self.annotations.last_mut().ok_or("no annotation yet")?;
                if tag == "SPDXREF" {
                    any_element(value)?;
                } else {
                    fill(last, ANNOTATION, tag, value);
                }
            }
        }
        Ok(true)
    }

    fn start(&mut self, tag: &str, value: &str) -> Outcome {
        match tag {
            "SPDXID" => {
                let id = json!(element(value)?);
                self.fields.insert("SPDXID".to_owned(), id);
            }
            "ExternalDocumentRef" => {
                let reference = external_document(value)?;
                push(&mut self.fields, "externalDocumentRefs", reference);
            }
            _ if fill(&mut self.fields, DOCUMENT, tag, value) => {}
            _ => {
                self.section = Section::Creation;
                return self.creation(tag, value);
            }
        }
        Ok(())
    }

    fn creation(&mut self, tag: &str, value: &str) -> Outcome {
        let creation = self.creation.get_or_insert_with(creation_info);
        match tag {
            "Creator" => {
                let creator = actor(value, &["Person", "Organization", "Tool"])?;
                push(creation, "creators", creator);
            }
            "DocumentComment" => {
                self.section = Section::Start;
                return self.start(tag, value);
            }
            "PackageName" => return self.open_package(value),
            "FileName" => {
                self.close_package()?;
                return self.open_file(value);
            }
            "LicenseID" => self.open_license(value),
            "Reviewer" => return self.review(tag, value),
            _ if fill(creation, CREATION, tag, value) => {}
            _ => return unknown(tag, self.section),
        }
        Ok(())
    }

    fn package(&mut self, tag: &str, value: &str) -> Outcome {
        if tag != "ExternalRefComment" {
            self.has_reference = false;
        }
        let Some(package) = &mut self.package else {
            return unknown(tag, self.section);
        };
        match tag {
            "PackageName" => return self.open_package(value),
            "FileName" => return self.open_file(value),
            "LicenseID" => self.open_license(value),
            "Reviewer" => return self.review(tag, value),
            "SPDXID" => identify(package, value)?,
            "PackageSupplier" | "PackageOriginator" => {
                let by = match value {
                    "NOASSERTION" => json!(value),
                    _ => actor(value, &["Person", "Organization"])?,
                };
                let name = if tag == "PackageSupplier" {
                    "supplier"
                } else {
                    "originator"
                };
                package.insert(name.to_owned(), by);
            }
            "FilesAnalyzed" => {
                if let Ok(analyzed) = value.parse::<bool>() {
                    package.insert("filesAnalyzed".to_owned(), json!(analyzed));
                }
            }
            "PackageVerificationCode" => {
                package.insert("packageVerificationCode".to_owned(), verification(value));
            }
            "PackageChecksum" => push(package, "checksums", checksum(value)?),
            "ExternalRef" => {
                let words = words(value);
                let [category, kind, locator] = words.as_slice() else {
                    return Err("a reference is a category, a type and a locator".to_owned());
                };
                let reference = json!({
                    "referenceCategory": category.replace('_', "-"),
                    "referenceType": kind,
                    "referenceLocator": locator,
                });
                push(package, "externalRefs", reference);
                self.has_reference = true;
            }
            "ExternalRefComment" => {
                let reference = last_object(package, "externalRefs").filter(|_| self.has_reference);
                let reference = reference.ok_or("a comment on no reference")?;
                if !value.is_empty() {
                    reference.insert("comment".to_owned(), json!(value));
                }
                self.has_reference = false;
            }
            _ if fill(package, PACKAGE, tag, value) => {}
            _ => return unknown(tag, self.section),
        }
        Ok(())
    }

    fn file(&mut self, tag: &str, value: &str) -> Outcome {
        if !matches!(tag, "ArtifactOfProjectHomePage" | "ArtifactOfProjectURI") {
            self.has_artifact = false;
        }
        let Some(file) = &mut self.file else {
            return unknown(tag, self.section);
        };
        match tag {
            "FileName" => return self.open_file(value),
            "PackageName" => return self.open_package(value),
            "SnippetSPDXID" => return self.snippet(tag, value),
            "LicenseID" => self.open_license(value),
            "Reviewer" => return self.review(tag, value),
            "SPDXID" => identify(file, value)?,
            "FileChecksum" => push(file, "checksums", checksum(value)?),
            "ArtifactOfProjectName" => {
                let artifact = json!({"name": value, "homePage": "", "URI": ""});
                push(file, "artifactOfs", artifact);
                self.has_artifact = true;
            }
            "ArtifactOfProjectHomePage" | "ArtifactOfProjectURI" => {
                let artifact = last_object(file, "artifactOfs").filter(|_| self.has_artifact);
                let artifact = artifact.ok_or("no artefact of a project yet")?;
                let name = if tag == "ArtifactOfProjectURI" {
                    "URI"
                } else {
                    "homePage"
                };
                artifact.insert(name.to_owned(), json!(value));
            }
            _ if fill(file, FILE, tag, value) => {}
            _ => return unknown(tag, self.section),
        }
        Ok(())
    }

    fn snippet(&mut self, tag: &str, value: &str) -> Outcome {
        match tag {
            "SnippetSPDXID" => {
                has_id(self.file.as_ref(), "fileName")?;
                element(value)?;
                self.section = Section::Snippet;
            }
            "FileName" => return self.open_file(value),
            "PackageName" => return self.open_package(value),
            "LicenseID" => self.open_license(value),
            "Reviewer" => return self.review(tag, value),
            "SnippetFromFileSPDXID" => {
                any_element(value)?;
            }
            "SnippetByteRange" | "SnippetLineRange" => {
                let (start, end) = pair(value)?;
                if start.parse::<i64>().is_err() || end.parse::<i64>().is_err() {
                    return Err(format!("{value:?} is no range"));
                }
            }
            _ if SNIPPET.contains(&tag) => {}
            _ => return unknown(tag, self.section),
        }
        Ok(())
    }

    fn other_license(&mut self, tag: &str, value: &str) -> Outcome {
        match tag {
            "LicenseID" => self.open_license(value),
            "Reviewer" => return self.review(tag, value),
            _ => {
                let license = self.licenses.last_mut();
                let is_known =
                    license.is_some_and(|license| fill(license, OTHER_LICENSE, tag, value));
                if !is_known {
                    return unknown(tag, self.section);
                }
            }
        }
        Ok(())
    }

    fn review(&mut self, tag: &str, value: &str) -> Outcome {
        match tag {
            "Reviewer" => {
                let (kind, _) = pair(value)?;
                if !["Person", "Organization", "Tool"].contains(&kind) {
                    return Err(format!("{kind:?} is no kind of reviewer"));
                }
                self.section = Section::Review;
                Ok(())
            }
            "ReviewDate" | "ReviewComment" => Ok(()),
            _ => unknown(tag, self.section),
        }
    }

    fn open_package(&mut self, name: &str) -> Outcome {
        self.close_package()?;
        let mut package = empty(PACKAGE);
        package.insert("filesAnalyzed".to_owned(), json!(true));
        fill(&mut package, PACKAGE, "PackageName", name);
        self.package = Some(package);
        self.section = Section::Package;
        Ok(())
    }

    fn open_file(&mut self, name: &str) -> Outcome {
        self.close_file()?;
        let mut file = empty(FILE);
        file.insert("checksums".to_owned(), Value::Null);
        fill(&mut file, FILE, "FileName", name);
        self.file = Some(file);
        self.section = Section::File;
        Ok(())
    }

    fn open_license(&mut self, id: &str) {
        let mut license = empty(OTHER_LICENSE);
        fill(&mut license, OTHER_LICENSE, "LicenseID", id);
        self.licenses.push(license);
        self.section = Section::OtherLicense;
    }

    fn close_file(&mut self) -> Outcome {
        has_id(self.file.as_ref(), "fileName")?;
        if let Some(file) = self.file.take() {
            match &mut self.package {
                Some(package) => push(package, "files", Value::Object(file)),
                None => self.files.push(Value::Object(file)),
            }
        }
        Ok(())
    }

    fn close_package(&mut self) -> Outcome {
        self.close_file()?;
        has_id(self.package.as_ref(), "name")?;
        self.packages.extend(self.package.take().map(Value::Object));
        Ok(())
    }

    /// The document as JSON.
    pub(super) fn finish(mut self) -> Result<Value, String> {
        self.close_package()?;
        let mut document = empty(DOCUMENT);
        document.insert("SPDXID".to_owned(), json!("SPDXRef-"));
        document.append(&mut self.fields);
        // What the library converts from an older version loses an object with nothing in it, and gains an
        // empty code where there is none.
        let is_older = document.get("spdxVersion") != Some(&json!("SPDX-2.3"));
        if is_older && self.creation == Some(creation_info()) {
            self.creation = None;
        }
        if is_older {
            for package in self.packages.iter_mut().filter_map(Value::as_object_mut) {
                package
                    .entry("packageVerificationCode")
                    .or_insert_with(|| verification(""));
            }
        }
        document.insert("spdxVersion".to_owned(), json!("SPDX-2.3"));
        document.insert("creationInfo".to_owned(), json!(self.creation));
        for (name, values) in [
            ("packages", self.packages),
            ("files", self.files),
            ("hasExtractedLicensingInfos", objects(self.licenses)),
            ("relationships", objects(self.relationships)),
            ("annotations", objects(self.annotations)),
        ] {
            if !values.is_empty() {
                document.insert(name.to_owned(), Value::Array(values));
            }
        }
        Ok(Value::Object(document))
    }
}

fn objects(objects: Vec<Object>) -> Vec<Value> {
    objects.into_iter().map(Value::Object).collect()
}

fn creation_info() -> Object {
    let mut creation = empty(CREATION);
    creation.insert("creators".to_owned(), Value::Null);
    creation
}

fn unknown(tag: &str, section: Section) -> Outcome {
    Err(format!("unknown tag {tag:?} in section {section:?}"))
}

fn identify(object: &mut Object, value: &str) -> Outcome {
    let id = json!(element(value)?);
    match object.insert("SPDXID".to_owned(), id) {
        None => Ok(()),
        Some(_) => Err("a second SPDXID".to_owned()),
    }
}

/// Refuses a package or file that is left without an identifier.
fn has_id(object: Option<&Object>, name: &str) -> Outcome {
    match object {
        Some(object) if !object.contains_key("SPDXID") => {
            let name = object.get(name).and_then(Value::as_str).unwrap_or("");
            Err(format!("{name:?} has no SPDXID"))
        }
        _ => Ok(()),
    }
}

fn last_object<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object
        .get_mut(name)?
        .as_array_mut()?
        .last_mut()?
        .as_object_mut()
}

fn verification(value: &str) -> Value {
    match value.split_once("(excludes:") {
        None => json!({"packageVerificationCodeValue": value}),
        Some((code, excluded)) => {
            let excluded = excluded.split(')').next().unwrap_or("").trim();
            json!({
                "packageVerificationCodeValue": code.trim(),
                "packageVerificationCodeExcludedFiles": [excluded],
            })
        }
    }
}

/// `DocumentRef-name URI ALGORITHM: checksum`.
fn external_document(value: &str) -> Result<Value, String> {
    let wrong = || format!("{value:?} is no reference to a document");
    let words = words(value);
    let (id, uri, algorithm, sum) = match words.as_slice() {
        [id, uri, algorithm, sum] => (
            id,
            uri,
            algorithm.strip_suffix(':').ok_or_else(wrong)?,
            *sum,
        ),
        [id, uri, sum] => {
            let (algorithm, sum) = sum.split_once(':').ok_or_else(wrong)?;
            (id, uri, algorithm, sum)
        }
        _ => return Err(wrong()),
    };
    if id.strip_prefix("DocumentRef-").is_none_or(str::is_empty) {
        return Err(wrong());
    }
    Ok(json!({
        "externalDocumentId": id,
        "spdxDocument": uri,
        "checksum": {"algorithm": algorithm, "checksumValue": sum},
    }))
}
