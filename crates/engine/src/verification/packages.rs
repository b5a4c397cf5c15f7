//! Attested lists of packages, held against what an image holds.

use ringwall_image::Sbom;
use ringwall_report::{AttestedPackages, ImageReport, VerificationGap, VerificationReport};

use super::AttestedSbom;
use crate::{Advisories, ImageExceptions, ImageOptions, scan_sbom};

/// Gaps of a report about an image that leave packages unknown, so that more may be in it than is attested.
const HIDING: [&str; 7] = [
    "unassessed-java-archive",
    "unassessed-packages",
    "unassessed-program",
    "unread-file",
    "unread-mount",
    "unreadable-layer",
    "unreadable-package-list",
];

/// Compares the packages that attestations list with those that were found in the image, and takes the verdict back
/// where the image holds more. Of several lists, the one that lacks the least counts: nobody has to say everything
/// twice.
pub fn compare_packages(
    report: &mut VerificationReport,
    sboms: &[AttestedSbom],
    found: &ImageReport,
) {
    let mut gaps = Vec::new();
    let mut compared: Option<AttestedPackages> = None;
    for sbom in sboms {
        let list = match Sbom::parse(sbom.text.as_bytes()) {
            Ok(list) => list,
            Err(error) => {
                gaps.push(VerificationGap {
                    id: "unreadable-sbom",
                    digest: Some(sbom.attestation.clone()),
                    reason: error.to_string(),
                });
                continue;
            }
        };
        let options = ImageOptions {
            name: &sbom.attestation,
            advisories: Advisories::Missing,
            exceptions: &ImageExceptions::none(found.as_of),
            finds_secrets: false,
            cache: None,
            rules: None,
            as_of: found.as_of,
        };
        let attested = scan_sbom(list, &options);
        let next = AttestedPackages::new(sbom.attestation.clone(), &attested, found);
        if compared
            .as_ref()
            .is_none_or(|known| next.unlisted.len() < known.unlisted.len())
        {
            compared = Some(next);
        }
    }
    let hiding = found.not_assessed.iter();
    let hiding = hiding.filter(|gap| HIDING.contains(&gap.id) && gap.exception.is_none());
    gaps.extend(hiding.map(|gap| VerificationGap {
        id: gap.id,
        digest: None,
        reason: match &gap.path {
            Some(path) => format!("{path}: {}", gap.reason),
            None => gap.reason.clone(),
        },
    }));
    let holds = compared.as_ref().is_some_and(|it| it.unlisted.is_empty());
    report.is_verified &= holds && gaps.is_empty();
    report.packages = compared;
    report.not_assessed.extend(gaps);
}
