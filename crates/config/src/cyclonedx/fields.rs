//! The objects of CycloneDX: which element or attribute of XML is which field of JSON.

/// How a field is written in XML and in JSON.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Text of an attribute; left out if empty.
    Attribute,
    /// The same, but always there.
    AttributeAlways,
    /// A whole number in an attribute; always there.
    AttributeNumber,
    /// A whole number or a boolean in an attribute, left out if it is not there.
    AttributeNumberOrNone,
    AttributeBool,
    /// The text of the element itself; always there.
    Content,
    /// Text of a child; left out if empty.
    Text,
    /// The same, but always there.
    TextAlways,
    Bool,
    Float,
    /// A child that is an object.
    One(&'static [Field]),
    /// A child that is an object and always there.
    OneAlways(&'static [Field]),
    /// Children of the child, by their name, each an object.
    Many(&'static str, &'static [Field]),
    /// The child itself, repeated.
    Each(&'static [Field]),
    /// Children of the child, by their name, each a text, a number, or a reference in `ref`.
    Texts(&'static str),
    Numbers(&'static str),
    References(&'static str),
    /// The child itself, repeated, each a text.
    EachText,
    /// What XML and JSON write in different ways.
    Dependencies,
    Licenses,
    Tools,
}

use Kind::{
    Attribute, AttributeAlways, AttributeBool, AttributeNumber, AttributeNumberOrNone, Bool,
    Content, Dependencies, Each, EachText, Float, Licenses, Many, Numbers, One, OneAlways,
    References, Text, TextAlways, Texts, Tools,
};

/// Name in XML, name in JSON, kind.
pub(super) type Field = (&'static str, &'static str, Kind);

pub(super) static BOM: [Field; 11] = [
    ("serialNumber", "serialNumber", Attribute),
    ("version", "version", AttributeNumber),
    ("metadata", "metadata", One(&METADATA)),
    ("components", "components", Many("component", &COMPONENT)),
    ("services", "services", Many("service", &SERVICE)),
    (
        "externalReferences",
        "externalReferences",
        Many("reference", &REFERENCE),
    ),
    ("dependencies", "dependencies", Dependencies),
    (
        "compositions",
        "compositions",
        Many("composition", &COMPOSITION),
    ),
    ("properties", "properties", Many("property", &PROPERTY)),
    (
        "vulnerabilities",
        "vulnerabilities",
        Many("vulnerability", &VULNERABILITY),
    ),
    (
        "annotations",
        "annotations",
        Many("annotation", &ANNOTATION),
    ),
];

static METADATA: [Field; 10] = [
    ("timestamp", "timestamp", Text),
    ("lifecycles", "lifecycles", Many("lifecycle", &LIFECYCLE)),
    ("tools", "tools", Tools),
    ("authors", "authors", Many("author", &CONTACT)),
    ("component", "component", One(&COMPONENT)),
    ("manufacture", "manufacture", One(&ENTITY)),
    ("manufacturer", "manufacturer", One(&ENTITY)),
    ("supplier", "supplier", One(&ENTITY)),
    ("licenses", "licenses", Licenses),
    ("properties", "properties", Many("property", &PROPERTY)),
];

static LIFECYCLE: [Field; 3] = [
    ("name", "name", Text),
    ("phase", "phase", Text),
    ("description", "description", Text),
];

pub(super) static COMPONENT: [Field; 28] = [
    ("bom-ref", "bom-ref", Attribute),
    ("mime-type", "mime-type", Attribute),
    ("type", "type", AttributeAlways),
    ("supplier", "supplier", One(&ENTITY)),
    ("manufacturer", "manufacturer", One(&ENTITY)),
    ("author", "author", Text),
    ("authors", "authors", Many("author", &CONTACT)),
    ("publisher", "publisher", Text),
    ("group", "group", Text),
    ("name", "name", TextAlways),
    ("version", "version", Text),
    ("description", "description", Text),
    ("scope", "scope", Text),
    ("hashes", "hashes", Many("hash", &HASH)),
    ("licenses", "licenses", Licenses),
    ("copyright", "copyright", Text),
    ("cpe", "cpe", Text),
    ("purl", "purl", Text),
    ("omniborId", "omniborId", EachText),
    ("swhid", "swhid", EachText),
    ("swid", "swid", One(&SWID)),
    ("modified", "modified", Bool),
    ("pedigree", "pedigree", One(&PEDIGREE)),
    (
        "externalReferences",
        "externalReferences",
        Many("reference", &REFERENCE),
    ),
    ("properties", "properties", Many("property", &PROPERTY)),
    ("components", "components", Many("component", &COMPONENT)),
    ("releaseNotes", "releaseNotes", One(&RELEASE_NOTES)),
    ("tags", "tags", Texts("tag")),
];

pub(super) static SERVICE: [Field; 15] = [
    ("bom-ref", "bom-ref", Attribute),
    ("provider", "provider", One(&ENTITY)),
    ("group", "group", Text),
    ("name", "name", TextAlways),
    ("version", "version", Text),
    ("description", "description", Text),
    ("endpoints", "endpoints", Texts("endpoint")),
    ("authenticated", "authenticated", Bool),
    ("x-trust-boundary", "x-trust-boundary", Bool),
    ("licenses", "licenses", Licenses),
    (
        "externalReferences",
        "externalReferences",
        Many("reference", &REFERENCE),
    ),
    ("properties", "properties", Many("property", &PROPERTY)),
    ("services", "services", Many("service", &SERVICE)),
    ("tags", "tags", Texts("tag")),
    ("trustZone", "trustZone", Text),
];

pub(super) static TOOL: [Field; 5] = [
    ("vendor", "vendor", Text),
    ("name", "name", TextAlways),
    ("version", "version", Text),
    ("hashes", "hashes", Many("hash", &HASH)),
    (
        "externalReferences",
        "externalReferences",
        Many("reference", &REFERENCE),
    ),
];

pub(super) static LICENSE: [Field; 7] = [
    ("bom-ref", "bom-ref", Attribute),
    ("id", "id", Text),
    ("name", "name", Text),
    ("acknowledgement", "acknowledgement", Attribute),
    ("text", "text", One(&ATTACHED)),
    ("url", "url", Text),
    ("properties", "properties", Many("property", &PROPERTY)),
];

pub(super) static EXPRESSION: [Field; 3] = [
    ("", "expression", Content),
    ("acknowledgement", "acknowledgement", Attribute),
    ("bom-ref", "bom-ref", Attribute),
];

static ATTACHED: [Field; 3] = [
    ("", "content", Content),
    ("content-type", "contentType", Attribute),
    ("encoding", "encoding", Attribute),
];

static HASH: [Field; 2] = [("alg", "alg", AttributeAlways), ("", "content", Content)];

static PROPERTY: [Field; 2] = [("name", "name", AttributeAlways), ("", "value", Content)];

static REFERENCE: [Field; 5] = [
    ("url", "url", TextAlways),
    ("comment", "comment", Text),
    ("hashes", "hashes", Many("hash", &HASH)),
    ("type", "type", AttributeAlways),
    ("properties", "properties", Many("property", &PROPERTY)),
];

static CONTACT: [Field; 4] = [
    ("bom-ref", "bom-ref", Attribute),
    ("name", "name", Text),
    ("email", "email", Text),
    ("phone", "phone", Text),
];

static ENTITY: [Field; 5] = [
    ("bom-ref", "bom-ref", Attribute),
    ("name", "name", TextAlways),
    ("address", "address", One(&ADDRESS)),
    ("url", "url", EachText),
    ("contact", "contact", Each(&CONTACT)),
];

static ADDRESS: [Field; 7] = [
    ("bom-ref", "bom-ref", Attribute),
    ("country", "country", Text),
    ("region", "region", Text),
    ("locality", "locality", Text),
    ("postOfficeBoxNumber", "postOfficeBoxNumber", Text),
    ("postalCode", "postalCode", Text),
    ("streetAddress", "streetAddress", Text),
];

static SWID: [Field; 7] = [
    ("text", "text", One(&ATTACHED)),
    ("url", "url", Attribute),
    ("tagId", "tagId", AttributeAlways),
    ("name", "name", AttributeAlways),
    ("version", "version", Attribute),
    ("tagVersion", "tagVersion", AttributeNumberOrNone),
    ("patch", "patch", AttributeBool),
];

static PEDIGREE: [Field; 6] = [
    ("ancestors", "ancestors", Many("component", &COMPONENT)),
    ("descendants", "descendants", Many("component", &COMPONENT)),
    ("variants", "variants", Many("component", &COMPONENT)),
    ("commits", "commits", Many("commit", &COMMIT)),
    ("patches", "patches", Many("patch", &PATCH)),
    ("notes", "notes", Text),
];

static COMMIT: [Field; 5] = [
    ("uid", "uid", Text),
    ("url", "url", Text),
    ("author", "author", One(&ACTION)),
    ("committer", "committer", One(&ACTION)),
    ("message", "message", Text),
];

static ACTION: [Field; 3] = [
    ("timestamp", "timestamp", Text),
    ("name", "name", Text),
    ("email", "email", Text),
];

static PATCH: [Field; 3] = [
    ("diff", "diff", One(&DIFF)),
    ("resolves", "resolves", Many("issue", &ISSUE)),
    ("type", "type", AttributeAlways),
];

static DIFF: [Field; 2] = [("text", "text", One(&ATTACHED)), ("url", "url", Text)];

static ISSUE: [Field; 6] = [
    ("id", "id", TextAlways),
    ("name", "name", Text),
    ("description", "description", TextAlways),
    ("source", "source", One(&SOURCE)),
    ("references", "references", Texts("url")),
    ("type", "type", AttributeAlways),
];

static SOURCE: [Field; 2] = [("name", "name", Text), ("url", "url", Text)];

static RELEASE_NOTES: [Field; 11] = [
    ("type", "type", TextAlways),
    ("title", "title", Text),
    ("featuredImage", "featuredImage", Text),
    ("socialImage", "socialImage", Text),
    ("description", "description", Text),
    ("timestamp", "timestamp", Text),
    ("aliases", "aliases", Texts("alias")),
    ("tags", "tags", Texts("tag")),
    ("resolves", "resolves", Many("issue", &ISSUE)),
    ("notes", "notes", Many("note", &NOTE)),
    ("properties", "properties", Many("property", &PROPERTY)),
];

static NOTE: [Field; 2] = [
    ("locale", "locale", Text),
    ("text", "text", OneAlways(&ATTACHED)),
];

static COMPOSITION: [Field; 5] = [
    ("bom-ref", "bom-ref", Attribute),
    ("aggregate", "aggregate", TextAlways),
    ("assemblies", "assemblies", References("assembly")),
    ("dependencies", "dependencies", References("dependency")),
    (
        "vulnerabilities",
        "vulnerabilities",
        References("vulnerability"),
    ),
];

static VULNERABILITY: [Field; 21] = [
    ("bom-ref", "bom-ref", Attribute),
    ("id", "id", TextAlways),
    ("source", "source", One(&SOURCE)),
    (
        "references",
        "references",
        Many("reference", &VULNERABILITY_REFERENCE),
    ),
    ("ratings", "ratings", Many("rating", &RATING)),
    ("cwes", "cwes", Numbers("cwe")),
    ("description", "description", Text),
    ("detail", "detail", Text),
    ("recommendation", "recommendation", Text),
    ("workaround", "workaround", Text),
    ("proofOfConcept", "proofOfConcept", One(&PROOF)),
    ("advisories", "advisories", Many("advisory", &ADVISORY)),
    ("created", "created", Text),
    ("published", "published", Text),
    ("updated", "updated", Text),
    ("rejected", "rejected", Text),
    ("credits", "credits", One(&CREDITS)),
    ("tools", "tools", Tools),
    ("analysis", "analysis", One(&ANALYSIS)),
    ("affects", "affects", Many("target", &AFFECTS)),
    ("properties", "properties", Many("property", &PROPERTY)),
];

static VULNERABILITY_REFERENCE: [Field; 2] =
    [("id", "id", Text), ("source", "source", One(&SOURCE))];

static RATING: [Field; 6] = [
    ("source", "source", One(&SOURCE)),
    ("score", "score", Float),
    ("severity", "severity", Text),
    ("method", "method", Text),
    ("vector", "vector", Text),
    ("justification", "justification", Text),
];

static PROOF: [Field; 3] = [
    ("reproductionSteps", "reproductionSteps", Text),
    ("environment", "environment", Text),
    (
        "supportingMaterial",
        "supportingMaterial",
        Many("attachment", &ATTACHED),
    ),
];

static ADVISORY: [Field; 2] = [("title", "title", Text), ("url", "url", TextAlways)];

static CREDITS: [Field; 2] = [
    (
        "organizations",
        "organizations",
        Many("organization", &ENTITY),
    ),
    ("individuals", "individuals", Many("individual", &CONTACT)),
];

static ANALYSIS: [Field; 6] = [
    ("state", "state", Text),
    ("justification", "justification", Text),
    ("responses", "response", Texts("response")),
    ("detail", "detail", Text),
    ("firstIssued", "firstIssued", Text),
    ("lastUpdated", "lastUpdated", Text),
];

static AFFECTS: [Field; 2] = [
    ("ref", "ref", TextAlways),
    ("versions", "versions", Many("version", &AFFECTED)),
];

static AFFECTED: [Field; 3] = [
    ("version", "version", Text),
    ("range", "range", Text),
    ("status", "status", TextAlways),
];

static ANNOTATION: [Field; 5] = [
    ("bom-ref", "bom-ref", Attribute),
    ("subjects", "subjects", References("subject")),
    ("annotator", "annotator", One(&ANNOTATOR)),
    ("timestamp", "timestamp", Text),
    ("text", "text", Text),
];

static ANNOTATOR: [Field; 4] = [
    ("organization", "organization", One(&ENTITY)),
    ("individual", "individual", One(&CONTACT)),
    ("component", "component", One(&COMPONENT)),
    ("service", "service", One(&SERVICE)),
];
