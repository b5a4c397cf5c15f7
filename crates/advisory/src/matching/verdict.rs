//! Whether one version is among those that an advisory is about.

use std::cmp::Ordering;

use crate::{Affected, Interval, Scope, Until, VersionOrder};

/// Whether a version has a flaw.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not.
    Safe,
    /// It does, and the version that mends it, where one does.
    Affected { fixed: Option<String> },
    /// One cannot tell, and why.
    Undecided(String),
}

/// Whether a version has the flaw.
pub(super) fn affects(scope: &Scope, affected: &Affected, version: &str) -> Verdict {
    let order = scope.order();
    let version = &*order.installed(version);
    let mut undecided = None;
    let mut has_it = false;
    let mut fixed: Option<String> = None;
    // Of several streams of a module, the one that is installed tells; the others are no business of it.
    let knows_stream = affected
        .intervals
        .iter()
        .any(|interval| match &interval.until {
            Until::Fixed(end) => streams(scope, end, version) == Streams::Same,
            _ => true,
        });
    for interval in &affected.intervals {
        if *interval == Interval::UNTOLD {
            undecided = Some("does not tell its versions, or only by commits of git".to_owned());
            continue;
        }
        if let Some(error) = order.doubt(version, || interval.bounds()) {
            undecided = Some(error.to_string());
            continue;
        }
        match interval.contains(scope, version) {
            Ok(false) => {}
            Ok(true) => {
                if let Until::Fixed(end) = &interval.until {
                    match streams(scope, end, version) {
                        Streams::Same => {}
                        Streams::Unknown if !knows_stream => {
                            undecided = Some(format!(
                                "is mended in {end}, and whether that is of the same stream of the module is not said"
                            ));
                            continue;
                        }
                        Streams::Different | Streams::Unknown => continue,
                    }
                    let is_newer = fixed
                        .as_ref()
                        .is_none_or(|known| order.compare(end, known) == Ok(Ordering::Greater));
                    if is_newer {
                        fixed = Some(end.clone());
                    }
                }
                has_it = true;
            }
            Err(error) => undecided = Some(error.to_string()),
        }
    }
    for listed in &affected.versions {
        let build = order.in_terms_of(listed, version);
        has_it |= listed == version || order.compare(listed, build) == Ok(Ordering::Equal);
    }
    match undecided {
        _ if has_it => Verdict::Affected { fixed },
        Some(reason) => Verdict::Undecided(reason),
        None => Verdict::Safe,
    }
}

/// Whether two builds of a package of RPM are of one stream.
#[derive(Debug, PartialEq, Eq)]
enum Streams {
    Same,
    Different,
    Unknown,
}

/// A module offers several versions of a package beside each other, each with builds and fixes of its own, and
/// advisories do not say which stream a fix is for: only the build's own name tells that it is of a module.
/// See: <https://docs.fedoraproject.org/en-US/modularity/>.
///
/// Oracle builds some packages a second time, for Ksplice and for FIPS, with versions and fixes of their own.
fn streams(scope: &Scope, fixed: &str, installed: &str) -> Streams {
    if scope.order() != VersionOrder::Rpm {
        return Streams::Same;
    }
    if scope.family() == "Oracle Linux" && oracle_flavour(fixed) != oracle_flavour(installed) {
        return Streams::Different;
    }
    let is_of_module = |version: &str| version.contains(".module");
    let major = |version: &str| {
        let (_, version) = version.split_once(':').unwrap_or(("", version));
        let digits = version.find(|it: char| !it.is_ascii_digit());
        let end = digits.unwrap_or(version.len());
        version.get(..end).map(str::to_owned)
    };
    match (is_of_module(fixed), is_of_module(installed)) {
        (false, false) => Streams::Same,
        (true, true) if major(fixed) == major(installed) => Streams::Same,
        (true, true) => Streams::Unknown,
        _ => Streams::Different,
    }
}

/// What of Oracle's builds a version is: an ordinary one, or one for those who use more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OracleFlavour {
    Ordinary,
    Fips,
    Ksplice,
}

/// The flavour of a build of Oracle, which its release names.
pub(crate) fn oracle_flavour(version: &str) -> OracleFlavour {
    if version.ends_with("_fips") {
        OracleFlavour::Fips
    } else if version.contains(".ksplice") {
        OracleFlavour::Ksplice
    } else {
        OracleFlavour::Ordinary
    }
}
