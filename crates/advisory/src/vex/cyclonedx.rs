//! CycloneDX with vulnerabilities: <https://cyclonedx.org/docs/1.6/json/#vulnerabilities>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Room, VexDocument, VexError, VexNamed, VexProduct, VexStatement, VexStatus, VexVersions, at,
    items, text, time,
};
use crate::Purl;

/// Components inside components that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    document["bomFormat"] == "CycloneDX" && document["vulnerabilities"].is_array()
}

pub(super) fn read(document: &Value, mut room: Room) -> Result<VexDocument, VexError> {
    let mut read = VexDocument::default();
    let mut known = BTreeMap::new();
    components(&document["components"], 0, &mut known);
    let own = at(document, "/metadata/component");
    components(&Value::Array(vec![own.clone()]), 0, &mut known);
    for vulnerability in items(&document["vulnerabilities"]) {
        let references = items(&vulnerability["references"]).filter_map(|it| text(&it["id"]));
        let flaws: Vec<_> = text(&vulnerability["id"])
            .into_iter()
            .chain(references)
            .collect();
        let named = flaws.first().map_or("", |flaw| flaw).to_owned();
        let analysis = &vulnerability["analysis"];
        let status = match analysis["state"].as_str() {
            Some("not_affected" | "false_positive") => VexStatus::NotAffected,
            Some("resolved" | "resolved_with_pedigree") => VexStatus::Fixed,
            Some("exploitable") => VexStatus::Affected,
            Some("in_triage") => VexStatus::UnderInvestigation,
            Some(other) => {
                read.problems
                    .push(format!("{named}: {other} is no state of CycloneDX"));
                continue;
            }
            // A list of flaws that nobody has judged.
            None => continue,
        };
        let said = time([
            &analysis["lastUpdated"],
            &vulnerability["updated"],
            at(document, "/metadata/timestamp"),
        ]);
        let said = match said {
            Ok(said) => said,
            Err(reason) => {
                read.problems.push(format!("{named}: {reason}"));
                continue;
            }
        };
        let mut products = Vec::new();
        for affected in items(&vulnerability["affects"]) {
            let Some(reference) = affected["ref"].as_str() else {
                continue;
            };
            // `urn:cdx:serial/version#bom-ref` names a component of another document.
            let local = reference
                .rsplit_once('#')
                .map_or(reference, |(_, local)| local);
            let component = known.get(local).cloned();
            let mut component = component.unwrap_or_else(|| local.to_owned().into());
            room.take([&component.id])?;
            match versions(&affected["versions"], status) {
                Ok(None) => {}
                Ok(Some(versions)) => component.versions = versions.into(),
                Err(reason) => {
                    read.problems.push(format!("{named}: {reason}"));
                    continue;
                }
            }
            products.push(VexProduct {
                named: component,
                sbom: sbom(reference),
                components: Vec::new(),
            });
        }
        read.statements.push(VexStatement {
            format: "cyclonedx",
            products,
            flaws,
            status,
            justification: text(&analysis["justification"]),
            statement: text(&analysis["detail"]),
            said,
        });
    }
    Ok(read)
}

/// The number of the document in which a reference has its component: `serial` of `urn:cdx:serial/version#bom-ref`.
///
/// See: <https://cyclonedx.org/capabilities/bomlink/>.
fn sbom(reference: &str) -> Option<String> {
    let (serial, _) = reference.strip_prefix("urn:cdx:")?.split_once('/')?;
    Some(serial.to_ascii_lowercase())
}

/// The versions of a component that a status is said of; `None` where it is all of them.
///
/// Each has a status of its own: that a product does not have a flaw is said of those that are `unaffected`.
fn versions(list: &Value, status: VexStatus) -> Result<Option<Vec<VexVersions>>, String> {
    let clears = matches!(status, VexStatus::NotAffected | VexStatus::Fixed);
    let mut versions = Vec::new();
    let mut is_all = true;
    for listed in items(list) {
        is_all = false;
        if (listed["status"] == "unaffected") != clears {
            continue;
        }
        if let Some(one) = text(&listed["version"]) {
            versions.push(VexVersions::One(one));
        } else if let Some(range) = listed["range"].as_str() {
            match VexVersions::range(range)? {
                Some(range) => versions.push(range),
                None => return Ok(None),
            }
        }
    }
    if versions.is_empty() && !is_all {
        return Err("of no version its state is said".to_owned());
    }
    Ok((!is_all).then_some(versions))
}

/// Components with package URLs, by the name under which the document refers to them.
fn components(list: &Value, depth: usize, known: &mut BTreeMap<String, VexNamed>) {
    if depth > MAX_DEPTH {
        return;
    }
    for component in items(list) {
        if let (Some(reference), Some(purl)) =
            (text(&component["bom-ref"]), text(&component["purl"]))
        {
            let has_version = Purl::parse(&purl).is_ok_and(|purl| purl.version().is_some());
            let version = text(&component["version"]).filter(|it| !it.is_empty() && !has_version);
            let versions = version.into_iter().map(VexVersions::One).collect();
            known.insert(reference, VexNamed { id: purl, versions });
        }
        components(&component["components"], depth + 1, known);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_component_that_is_meant_very_often_is_not_kept_for_each() {
        let document = json!({
            "components": [{"bom-ref": "a", "purl": "x".repeat(1000)}],
            "vulnerabilities": [{
                "id": "CVE-2026-1",
                "analysis": {"state": "not_affected"},
                "affects": vec![json!({"ref": "a"}); 100],
            }],
        });
        let statements = read(&document, Room::default()).unwrap().statements;
        assert_eq!(statements[0].products.len(), 100);
        assert!(matches!(
            read(&document, Room(50_000)),
            Err(VexError::TooLong)
        ));
    }
}
