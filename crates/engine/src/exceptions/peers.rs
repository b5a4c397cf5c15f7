//! The peers' own marks.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ringwall_model::{Acceptance, AcceptanceSource, Date, Location};

use super::{Ids, trivyignore::last_day};

/// Peer, its id, our ids; sorted by both.
const PEER_IDS: &str = include_str!("../../data/peer-ids.tsv");

/// Our ids that each peer's ids stand for.
static OURS: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (peer, _, ids) in rows() {
        all.entry(peer).or_default().extend(ids.split(' '));
    }
    all
});

/// A peer's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerMark {
    pub(super) peer: &'static str,
    pub(super) ids: Ids,
    pub(super) reason: Option<String>,
    /// The last day on which it counts.
    pub(super) until: Option<Date>,
    pub(super) reach: Reach,
}

/// What a mark in a comment covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// What follows it: an instruction, or the part of a manifest that it stands before.
    Next,
    /// The stage of a Dockerfile that it stands in, or before whose FROM it stands.
    Stage,
    /// The whole file, wherever it stands.
    File,
}

impl PeerMark {
    pub(super) fn acceptance(&self, location: Location) -> Acceptance {
        Acceptance {
            source: AcceptanceSource::Peer(self.peer),
            reason: self.reason.clone(),
            owner: None,
            until: self.until,
            location: Some(location),
        }
    }
}

/// Our ids for a peer's id; none where the peer's check has no counterpart.
pub(crate) fn ours(peer: &str, id: &str) -> Vec<String> {
    let wanted = if peer == "trivy" {
        trivy_id(id)
    } else {
        id.to_owned()
    };
    rows()
        .find(|&(of, id, _)| (of, id) == (peer, &*wanted))
        .map(|(_, _, ids)| ids.split(' ').map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Whether a peer has a check that stands for one of ours.
pub(super) fn looks_for(peer: &str, id: &str) -> bool {
    OURS.get(peer).is_some_and(|ids| ids.contains(id))
}

/// Peer, its id, our ids.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = PEER_IDS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?, columns.next()?))
    })
}

/// Trivy's ids changed form: `KSV017`, `KSV-0017` and `AVD-KSV-0017` are one.
fn trivy_id(id: &str) -> String {
    let upper = id.to_ascii_uppercase();
    let bare = upper.strip_prefix("AVD-").unwrap_or(&upper);
    let at = bare
        .find(|char: char| char.is_ascii_digit())
        .unwrap_or(bare.len());
    let (letters, digits) = bare.split_at(at);
    let letters = letters.trim_end_matches('-');
    match digits.parse::<u32>() {
        Ok(number) if digits.len() <= 4 => format!("{letters}-{number:04}"),
        _ => format!("{letters}-{digits}"),
    }
}

fn mark(peer: &'static str, ids: Vec<String>, reason: &str, reach: Reach) -> Option<PeerMark> {
    let reason = reason.trim();
    (!ids.is_empty()).then(|| PeerMark {
        peer,
        ids: Ids::Some(ids),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        until: None,
        reach,
    })
}

/// Reads what follows `trivy:ignore:`: an id and, where it ends, the day: `KSV-0017:exp:2027-03-31`.
fn trivy(rest: &str) -> Option<PeerMark> {
    let mut parts = rest.split(':');
    let id = parts.next()?;
    let mut until = None;
    while let Some(key) = parts.next() {
        let value = parts.next();
        if key == "exp" {
            // What is no day ends nothing, and is no mark.
            until = Some(last_day(value?.parse().ok()?));
        }
    }
    let mark = mark("trivy", ours("trivy", id), "", Reach::Next)?;
    Some(PeerMark { until, ..mark })
}

/// Reads a comment (without `#`); empty when it is no peer's mark.
pub(super) fn comment(text: &str) -> Vec<PeerMark> {
    let text = text.trim();
    let mut marks = Vec::new();
    if let Some(rest) = text.strip_prefix("checkov:skip=") {
        let (id, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let ids = id
            .split(',')
            .flat_map(|id| ours("checkov", id.trim()))
            .collect();
        marks.extend(mark("checkov", ids, reason, Reach::File));
    } else if let Some(rest) = text.strip_prefix("hadolint") {
        marks.extend(hadolint(rest));
    } else {
        for word in text.split_whitespace() {
            marks.extend(word.strip_prefix("trivy:ignore:").and_then(trivy));
        }
    }
    marks
}

/// Reads what follows `hadolint`, as hadolint 2.15 reads it: `ignore`, `stage ignore` or
/// `global ignore`, then ids with commas between; only a comment of its own may follow them. What
/// hadolint does not take for a mark is none here either.
fn hadolint(rest: &str) -> Option<PeerMark> {
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let reaches = [("global", Reach::File), ("stage", Reach::Stage)];
    let (rest, reach) = reaches
        .into_iter()
        .find_map(|(word, reach)| Some((rest.strip_prefix(word)?.trim_start(), reach)))
        .unwrap_or((rest, Reach::Next));
    let list = rest
        .strip_prefix("ignore")?
        .trim_start()
        .strip_prefix('=')?;
    let (list, reason) = list.split_once('#').unwrap_or((list, ""));
    let listed: Vec<&str> = list.split(',').map(str::trim).collect();
    let is_id = |id: &&str| !id.is_empty() && id.chars().all(|char| char.is_ascii_alphanumeric());
    if !listed.iter().all(is_id) {
        return None;
    }
    let ids = listed
        .into_iter()
        .flat_map(|id| ours("hadolint", id))
        .collect();
    mark("hadolint", ids, reason, reach)
}

/// Reads an annotation of an object or a pod template.
pub(super) fn annotation(key: &str, value: &str) -> Option<PeerMark> {
    let (domain, name) = key.split_once('/')?;
    let is_true = value.trim().eq_ignore_ascii_case("true");
    match domain {
        "checkov.io" if name.starts_with("skip") => {
            let (id, reason) = value.split_once('=').unwrap_or((value, ""));
            mark("checkov", ours("checkov", id.trim()), reason, Reach::Next)
        }
        "ignore-check.kube-linter.io" => {
            mark("kube-linter", ours("kube-linter", name), value, Reach::Next)
        }
        "kube-linter.io" if name == "ignore-all" => Some(everything("kube-linter", value)),
        "kubescape.io" if name == "ignore" && is_true => Some(everything("kubescape", "")),
        "polaris.fairwinds.com" if name == "exempt" && is_true => Some(everything("polaris", "")),
        "polaris.fairwinds.com" if is_true => {
            let check = name.strip_suffix("-exempt")?;
            mark("polaris", ours("polaris", check), "", Reach::Next)
        }
        "kube-score" if name == "ignore" => {
            let ids = value
                .split(',')
                .flat_map(|id| ours("kube-score", id.trim()))
                .collect();
            mark("kube-score", ids, "", Reach::Next)
        }
        _ => None,
    }
}

fn everything(peer: &'static str, reason: &str) -> PeerMark {
    let reason = reason.trim();
    PeerMark {
        peer,
        ids: Ids::OfPeer(peer),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        until: None,
        reach: Reach::Next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(mark: &PeerMark) -> Vec<&str> {
        match &mark.ids {
            Ids::Some(ids) => ids.iter().map(String::as_str).collect(),
            Ids::OfPeer(peer) => vec![peer],
        }
    }

    #[test]
    fn every_form_of_a_trivy_id_is_one() {
        for id in ["KSV017", "KSV-0017", "AVD-KSV-0017", "avd-ksv-0017"] {
            assert_eq!(ours("trivy", id), ["privileged-container"], "{id}");
        }
    }

    #[test]
    fn comments_of_peers() {
        let marks = comment("checkov:skip=CKV_K8S_16:the GPU driver needs it");
        assert_eq!(ids(&marks[0]), ["privileged-container"]);
        assert_eq!(marks[0].reason.as_deref(), Some("the GPU driver needs it"));
        let marks = comment("hadolint ignore=DL3008,DL3009");
        assert_eq!(
            ids(&marks[0]),
            ["unpinned-apt-package", "leftover-apt-lists"]
        );
        assert_eq!(marks[0].reach, Reach::Next);
        assert_eq!(
            ids(&comment("trivy:ignore:AVD-KSV-0017")[0]),
            ["privileged-container"]
        );
        let dated = comment("trivy:ignore:KSV-0017:exp:2027-03-31:ws:a");
        assert_eq!(dated[0].until, Date::new(2027, 3, 30));
        assert_eq!(comment("trivy:ignore:KSV-0017:exp:soon"), []);
        assert_eq!(comment("just words"), []);
        assert_eq!(comment("checkov:skip=CKV_NOT_THERE:x"), []);
    }

    #[test]
    fn marks_of_hadolint_reach_as_far_as_hadolint_says() {
        for (text, reach) in [
            ("hadolint ignore=DL3008", Reach::Next),
            ("  hadolint   ignore = DL3008 , DL3009 # why", Reach::Next),
            ("hadolint stage ignore=DL3008", Reach::Stage),
            ("hadolint stage   ignore=DL3008", Reach::Stage),
            ("hadolint global ignore=DL3008", Reach::File),
        ] {
            let marks = comment(text);
            assert_eq!(marks.len(), 1, "{text}");
            assert_eq!(marks[0].reach, reach, "{text}");
        }
        assert_eq!(
            comment("hadolint ignore=DL3008#why")[0].reason.as_deref(),
            Some("why")
        );
        for text in [
            "hadolint ignore=DL3008 because of the mirror",
            "hadolint ignore=DL3008 DL3009",
            "hadolint ignore=DL3008,,DL3009",
            "hadolint ignore=",
            "hadolint ignore DL3008",
            "hadolintignore=DL3008",
            "HADOLINT IGNORE=DL3008",
        ] {
            assert_eq!(comment(text), [], "{text}");
        }
    }

    #[test]
    fn a_mark_for_everything_covers_what_its_tool_looks_for() {
        for (key, not_looked_for) in [
            ("kube-linter.io/ignore-all", "plaintext-secret/slack"),
            ("kubescape.io/ignore", "K8sRequiredLabels/owner"),
            ("polaris.fairwinds.com/exempt", "plaintext-secret/slack"),
        ] {
            let ids = annotation(key, "true").expect(key).ids;
            assert!(ids.have("privileged-container", &[]), "{key}");
            assert!(!ids.have(not_looked_for, &[]), "{key}");
            assert!(!ids.have("unparsable-file", &[]), "{key}");
        }
    }

    #[test]
    fn annotations_of_peers() {
        let check = |key: &str, value: &str, peer: &str, first: &str| {
            let mark = annotation(key, value).expect(key);
            assert_eq!((mark.peer, ids(&mark)[0]), (peer, first), "{key}");
        };
        check(
            "checkov.io/skip1",
            "CKV_K8S_16=why",
            "checkov",
            "privileged-container",
        );
        check(
            "ignore-check.kube-linter.io/privileged-container",
            "why",
            "kube-linter",
            "privileged-container",
        );
        check(
            "kube-linter.io/ignore-all",
            "why",
            "kube-linter",
            "kube-linter",
        );
        check("kubescape.io/ignore", "true", "kubescape", "kubescape");
        check(
            "polaris.fairwinds.com/runAsPrivileged-exempt",
            "true",
            "polaris",
            "privileged-container",
        );
        assert_eq!(
            annotation("polaris.fairwinds.com/runAsPrivileged-exempt", "false"),
            None
        );
        assert_eq!(annotation("kubescape.io/ignore", "false"), None);
        assert_eq!(annotation("example.com/x", "true"), None);
    }
}
