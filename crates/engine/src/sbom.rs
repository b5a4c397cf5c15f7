//! One SBOM, judged as the image that it tells of.

use ringwall_advisory::Scope;
use ringwall_image::{Contents, Ecosystem, Package, Sbom, Subject, Unread};
use ringwall_model::sort;
use ringwall_report::{ImageDistribution, ImageFacts, ImageGap, ImageReport, ImageSbom};

use crate::{
    flaws::{Advisories, Flaws},
    image::{self, ImageOptions, vulnerabilities},
};

/// Judges what an SBOM lists.
pub fn scan_sbom(sbom: Sbom, options: &ImageOptions<'_>) -> ImageReport {
    let Subject {
        names,
        digest,
        platform,
        created,
    } = sbom.subject;
    let mut contents = sbom.contents;
    for placed in &mut contents.packages {
        // Where it does not say which file tells of a package, it does itself.
        if placed.path.is_empty() {
            options.name.clone_into(&mut placed.path);
        }
    }
    // Of what ringwall itself and Syft list, each package that says no source is built from one of its own name.
    let knows_sources = sbom.tools.iter().any(|tool| {
        ["ringwall", "syft"]
            .iter()
            .any(|known| tool.starts_with(known))
    });
    let mut report = ImageReport::new(options.as_of);
    report.image = ImageFacts {
        name: options.name.to_owned(),
        names,
        digest: digest.map(|digest| digest.to_string()),
        indexes: Vec::new(),
        platform: platform.unwrap_or_default(),
        created,
        base: None,
        user: None,
        distribution: contents.distribution.as_ref().map(|it| ImageDistribution {
            id: it.id.clone(),
            version_id: it.version_id.clone(),
            name: it.name.clone(),
        }),
        sbom: Some(ImageSbom {
            format: sbom.format.as_str(),
            version: sbom.version,
            tools: sbom.tools,
        }),
        root_fs: None,
    };
    let is_empty = contents.packages.is_empty() && sbom.unread.is_empty();
    report.not_assessed = stated_gaps(&sbom.gaps, sbom.is_incomplete, is_empty);
    report
        .not_assessed
        .extend(sbom.unread.into_iter().map(unread));
    let mut packages = contents.packages.iter();
    let needs_distribution = packages.any(|it| it.package.ecosystem.is_of_distribution());
    if contents.distribution.is_none() && needs_distribution {
        report.not_assessed.push(ImageGap {
            id: "unknown-distribution",
            reason: "neither a component nor a package URL says what it is".to_owned(),
            ..ImageGap::default()
        });
    }
    if !knows_sources {
        report
            .not_assessed
            .extend(without_sources(&contents, options.advisories));
    }
    let (mut findings, mut unknown) =
        vulnerabilities::judge(&contents, options.advisories, options.name, options.as_of);
    sort(&mut findings);
    report.findings = findings;
    for gap in &mut unknown {
        // No file of the image; its name stands above everything.
        gap.path.take_if(|path| path == options.name);
        gap.layer = None;
    }
    report.not_assessed.extend(unknown);
    image::judged_by(&mut report, options);
    report.packages = image::packages(&contents);
    options
        .exceptions
        .apply_to(&mut report, sbom.serial.as_deref());
    report
}

/// What an SBOM says that it does not list. What it says of flaws is not asked: they are looked for anew.
fn stated_gaps(stated: &[String], is_incomplete: bool, is_empty: bool) -> Vec<ImageGap> {
    let is_of_flaws = |gap: &&String| {
        let id = gap.split(':').next().unwrap_or_default();
        ImageGap::OF_FLAWS.contains(&id)
    };
    let gap = |reason: String| ImageGap {
        id: "incomplete-sbom",
        reason,
        ..ImageGap::default()
    };
    let stated = stated.iter().filter(|it| !is_of_flaws(it));
    let mut gaps: Vec<_> = stated.map(|it| gap(it.clone())).collect();
    if is_incomplete && gaps.is_empty() {
        gaps.push(gap("it says that it is incomplete".to_owned()));
    }
    if is_empty {
        gaps.push(gap("it lists no packages".to_owned()));
    }
    gaps
}

/// Packages that do not say what they were built from, where advisories name that and not them.
///
/// For those of Debian and Alpine, saying nothing means that the source has the same name. Where none of them says
/// anything, who wrote the SBOM need not know sources: only what has advisories by its own name was looked up then.
fn without_sources(contents: &Contents, advisories: Advisories<'_>) -> Option<ImageGap> {
    let distribution = contents.distribution.as_ref()?;
    let scope = Scope::of_distribution(&distribution.id, &distribution.version_id)?;
    let of = |ecosystem: Ecosystem| {
        let packages = contents.packages.iter().map(|it| &it.package);
        packages.filter(move |it| it.ecosystem == ecosystem)
    };
    let is_known = |package: &Package| match advisories {
        Advisories::Database(database) => {
            Flaws::new(database).knows(&scope, package).unwrap_or(false)
        }
        // Nothing was looked up, which is told by itself.
        _ => true,
    };
    let same_names = [Ecosystem::Deb, Ecosystem::Apk].into_iter();
    let same_names = same_names.filter(|it| of(*it).all(|package| package.source.is_none()));
    let of_same_names = same_names.flat_map(|it| of(it).filter(|package| !is_known(package)));
    let by_number = of(Ecosystem::Rpm).filter(|it| it.source.is_none());
    let by_number = by_number.filter(|_| scope.may_name_sources());
    let missing = of_same_names.chain(by_number).count();
    (missing > 0).then(|| ImageGap {
        id: "incomplete-sbom",
        packages: Some(missing),
        reason: format!(
            "it does not say what packages were built from, and advisories of {scope} name that"
        ),
        ..ImageGap::default()
    })
}

fn unread(unread: Unread) -> ImageGap {
    ImageGap {
        id: "unassessed-packages",
        packages: Some(unread.count),
        reason: unread.reason,
        ..ImageGap::default()
    }
}
