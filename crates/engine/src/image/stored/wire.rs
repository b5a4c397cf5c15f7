//! Version 1 of the JSON of a report, read back. Whatever is not known is an error: what is written again must not
//! have less in it than there was.

use std::{borrow::Cow, sync::Arc};

use ringwall_image::Ecosystem;
use ringwall_model::{
    Acceptance, AcceptanceSource, Confidence, Date, Finding, Location, Position, Ring, Severity,
    Span, Status, Subject,
};
use ringwall_report::{
    ImageBase, ImageDatabase, ImageDistribution, ImageException, ImageFacts, ImageGap, ImageLayer,
    ImagePackage, ImageReport, ImageRootFs, ImageSbom, ImageSource,
};
use serde::{Deserialize, de::IgnoredAny};

use super::{StoredFlaw, StoredReport, StoredReportError};
use crate::{image::findings::controls_of, known::engine_check};

/// The marks that accept something.
const PEERS: [&str; 6] = [
    "trivy",
    "grype",
    "osv-scanner",
    "openvex",
    "csaf",
    "cyclonedx",
];
const SOUGHT: [&str; 4] = ["configuration", "malware", "secrets", "yara"];
const FORMATS: [&str; 2] = ["CycloneDX", "SPDX"];

/// What tells whether it is a report that is read here.
#[derive(Deserialize)]
struct Head {
    version: u64,
    verified: Option<bool>,
    #[serde(rename = "image")]
    _image: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    #[serde(rename = "version")]
    _version: u64,
    image: Image,
    #[serde(rename = "summary")]
    _summary: IgnoredAny,
    layers: Vec<Layer>,
    packages: Vec<Package>,
    findings: Vec<Found>,
    not_assessed: Vec<Gap>,
    #[serde(default)]
    searched_for: Vec<String>,
    #[serde(default)]
    database: Option<DatabaseFacts>,
    as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    name: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    indexes: Vec<String>,
    platform: String,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    base: Option<Base>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    distribution: Option<DistributionFacts>,
    #[serde(default)]
    sbom: Option<Sbom>,
    #[serde(default)]
    root_fs: Option<RootFs>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    layers: usize,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistributionFacts {
    id: String,
    version_id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sbom {
    format: String,
    version: String,
    #[serde(default)]
    tools: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootFs {
    entries: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseFacts {
    digest: String,
    built: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    diff_id: Option<String>,
    size: u64,
    entries: u64,
    #[serde(default)]
    command: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    r#type: String,
    name: String,
    version: String,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default)]
    source: Option<Source>,
    #[serde(default)]
    licences: Vec<String>,
    path: String,
    layer: usize,
    #[serde(default)]
    of_distribution: bool,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    hidden_by: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    name: String,
    version: String,
}

/// A finding; of the flaw of a package, only what tells it apart is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    check: String,
    ring: String,
    severity: String,
    #[serde(default)]
    confidence: Option<String>,
    status: String,
    #[serde(default)]
    exception: Option<Exception>,
    #[serde(default)]
    group: Option<String>,
    message: String,
    subject: About,
    location: Place,
    remediation: String,
    #[serde(rename = "controls")]
    _controls: IgnoredAny,
    #[serde(default)]
    vulnerability: Option<Flaw>,
}

/// What findings about images are about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    #[serde(default)]
    image: Option<Box<str>>,
    #[serde(default)]
    package: Option<Box<str>>,
    #[serde(default)]
    file: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    source: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    location: Option<Place>,
}

/// All else about a flaw is in the advisories.
#[derive(Deserialize)]
struct Flaw {
    #[serde(default)]
    aliases: Vec<String>,
    r#type: String,
    package: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gap {
    id: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    layer: Option<usize>,
    #[serde(default)]
    files: Option<usize>,
    #[serde(default)]
    packages: Option<usize>,
    reason: String,
    #[serde(default)]
    exception: Option<Exception>,
}

type Read<T> = Result<T, StoredReportError>;

fn unknown(what: &'static str, word: &str) -> StoredReportError {
    StoredReportError::Word {
        what,
        word: word.to_owned(),
    }
}

/// One of our own words, as it stands in the program.
fn own(
    words: impl IntoIterator<Item = &'static str>,
    what: &'static str,
    word: &str,
) -> Read<&'static str> {
    let mut words = words.into_iter();
    words
        .find(|own| *own == word)
        .ok_or_else(|| unknown(what, word))
}

fn day(text: &str) -> Read<Date> {
    text.parse().map_err(|_| unknown("day", text))
}

pub(super) fn read(json: &[u8]) -> Read<StoredReport> {
    let head: Head = serde_json::from_slice(json).map_err(StoredReportError::Foreign)?;
    if head.version != 1 {
        return Err(StoredReportError::Version(head.version));
    }
    if head.verified.is_some() {
        return Err(StoredReportError::Verification);
    }
    let read: Report = serde_json::from_slice(json).map_err(StoredReportError::Damaged)?;
    let mut report = ImageReport::new(day(&read.as_of)?);
    report.image = facts(read.image)?;
    report.layers = read.layers.into_iter().map(layer).collect();
    let packages = read.packages.into_iter().map(package);
    report.packages = packages.collect::<Read<_>>()?;
    let sought = read.searched_for.iter();
    let sought = sought.map(|it| own(SOUGHT, "kind of search", it));
    report.searched_for = sought.collect::<Read<_>>()?;
    report.database = read.database.map(|it| ImageDatabase {
        digest: it.digest,
        built: it.built,
    });
    let mut flaws = Vec::new();
    for found in read.findings {
        match found.vulnerability {
            Some(flaw) => flaws.push(StoredFlaw {
                ids: std::iter::once(found.check).chain(flaw.aliases).collect(),
                package_type: flaw.r#type,
                package: flaw.package,
                version: flaw.version,
                acceptance: standing(&found.status, found.exception)?,
            }),
            None => report.findings.push(Box::new(finding(found)?)),
        }
    }
    let mut flaw_gaps = Vec::new();
    let mut flaw_gaps_at = None;
    for one in read.not_assessed {
        let one = gap(one)?;
        if ImageGap::OF_FLAWS.contains(&one.id) {
            flaw_gaps_at.get_or_insert(report.not_assessed.len());
            flaw_gaps.push(one);
        } else {
            report.not_assessed.push(one);
        }
    }
    Ok(StoredReport {
        flaw_gaps_at: flaw_gaps_at.unwrap_or(report.not_assessed.len()),
        report,
        flaws,
        flaw_gaps,
    })
}

fn facts(image: Image) -> Read<ImageFacts> {
    let sbom = image.sbom.map(|sbom| -> Read<_> {
        Ok(ImageSbom {
            format: own(FORMATS, "form of an SBOM", &sbom.format)?,
            version: sbom.version,
            tools: sbom.tools,
        })
    });
    Ok(ImageFacts {
        name: image.name,
        names: image.names,
        digest: image.digest,
        indexes: image.indexes,
        platform: image.platform,
        created: image.created,
        base: image.base.map(|it| ImageBase {
            layers: it.layers,
            name: it.name,
        }),
        user: image.user,
        distribution: image.distribution.map(|it| ImageDistribution {
            id: it.id,
            version_id: it.version_id,
            name: it.name,
        }),
        sbom: sbom.transpose()?,
        root_fs: image.root_fs.map(|it| ImageRootFs {
            entries: it.entries,
        }),
    })
}

fn layer(layer: Layer) -> ImageLayer {
    ImageLayer {
        digest: layer.digest,
        diff_id: layer.diff_id,
        size: layer.size,
        entries: layer.entries,
        command: layer.command,
    }
}

fn package(package: Package) -> Read<ImagePackage> {
    let ecosystem = Ecosystem::of_purl_type(&package.r#type);
    let ecosystem = ecosystem.ok_or_else(|| unknown("type of packages", &package.r#type))?;
    Ok(ImagePackage {
        kind: ecosystem.purl_type(),
        name: package.name,
        version: package.version,
        purl: package.purl,
        source: package.source.map(|source| ImageSource {
            name: source.name,
            version: source.version,
        }),
        licences: package.licences,
        path: package.path,
        layer: package.layer,
        of_distribution: package.of_distribution,
        owner: package.owner,
        hidden_by: package.hidden_by,
    })
}

/// A finding about the image itself: a secret, or how it is configured.
fn finding(found: Found) -> Read<Finding> {
    let rings = Ring::ALL.into_iter();
    let mut rings = rings.filter(|ring| ring.as_str() == found.ring);
    let levels = [Confidence::Low, Confidence::Medium, Confidence::High];
    let confidence = found.confidence.map(|word| {
        let mut levels = levels.into_iter();
        let level = levels.find(|level| level.as_str() == word);
        level.ok_or_else(|| unknown("confidence", &word))
    });
    let severity: Severity = found
        .severity
        .parse()
        .map_err(|_| unknown("severity", &found.severity))?;
    Ok(Finding {
        ring: rings.next().ok_or_else(|| unknown("ring", &found.ring))?,
        severity,
        confidence: confidence.transpose()?,
        status: match standing(&found.status, found.exception)? {
            Some(acceptance) => Status::Accepted(acceptance),
            None => Status::Fail,
        },
        group: found.group.map(Into::into),
        subject: Arc::new(Subject {
            image: found.subject.image,
            package: found.subject.package,
            file: found.subject.file,
            ..Subject::default()
        }),
        location: location(found.location),
        message: found.message,
        remediation: Cow::Owned(found.remediation),
        controls: controls_of(&found.check),
        evidence: Vec::new(),
        fix: None,
        vulnerability: None,
        check: Cow::Owned(found.check),
    })
}

fn standing(status: &str, exception: Option<Exception>) -> Read<Option<Arc<Acceptance>>> {
    match (status, exception) {
        ("fail", _) => Ok(None),
        ("accepted", Some(exception)) => Ok(Some(Arc::new(acceptance(exception)?))),
        (other, _) => Err(unknown("status", other)),
    }
}

fn acceptance(exception: Exception) -> Read<Acceptance> {
    Ok(Acceptance {
        source: match &*exception.source {
            "comment" => AcceptanceSource::Comment,
            "annotation" => AcceptanceSource::Annotation,
            "config" => AcceptanceSource::Config,
            "baseline" => AcceptanceSource::Baseline,
            peer => AcceptanceSource::Peer(own(PEERS, "mark of an exception", peer)?),
        },
        reason: exception.reason,
        owner: exception.owner,
        until: exception.until.as_deref().map(day).transpose()?,
        location: exception.location.map(location),
    })
}

fn location(place: Place) -> Location {
    Location {
        file: place.file.into(),
        start: Position {
            line: place.line,
            column: place.column,
        },
        end: Position {
            line: place.end_line,
            column: place.end_column,
        },
        span: Span::default(),
    }
}

fn gap(gap: Gap) -> Read<ImageGap> {
    let exception = gap.exception.map(acceptance).transpose()?;
    let known = engine_check(&gap.id, true);
    Ok(ImageGap {
        id: known.ok_or_else(|| unknown("id", &gap.id))?.id,
        path: gap.path,
        layer: gap.layer,
        files: gap.files,
        packages: gap.packages,
        reason: gap.reason,
        exception: exception.map(|it| ImageException {
            source: it.source.as_str(),
            reason: it.reason,
            owner: it.owner,
            until: it.until.map(|until| until.to_string()),
        }),
    })
}
