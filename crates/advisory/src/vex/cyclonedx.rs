//! CycloneDX with vulnerabilities: <https://cyclonedx.org/docs/1.6/json/#vulnerabilities>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Room, VexDocument, VexError, VexProduct, VexStatement, VexStatus, at, items, text, time,
};

/// Components inside components that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    document["bomFormat"] == "CycloneDX" && document["vulnerabilities"].is_array()
}

pub(super) fn read(document: &Value, mut room: Room) -> Result<VexDocument, VexError> {
    let mut read = VexDocument::default();
    let mut purls = BTreeMap::new();
    components(&document["components"], 0, &mut purls);
    let own = at(document, "/metadata/component");
    components(&Value::Array(vec![own.clone()]), 0, &mut purls);
    let said = time(at(document, "/metadata/timestamp"));
    for vulnerability in items(&document["vulnerabilities"]) {
        let references = items(&vulnerability["references"]).filter_map(|it| text(&it["id"]));
        let flaws: Vec<_> = text(&vulnerability["id"])
            .into_iter()
            .chain(references)
            .collect();
        let analysis = &vulnerability["analysis"];
        let status = match analysis["state"].as_str() {
            Some("not_affected" | "false_positive") => VexStatus::NotAffected,
            Some("resolved" | "resolved_with_pedigree") => VexStatus::Fixed,
            Some("exploitable") => VexStatus::Affected,
            Some("in_triage") => VexStatus::UnderInvestigation,
            Some(other) => {
                let named = flaws.first().map_or("", |flaw| flaw);
                read.problems
                    .push(format!("{named}: {other} is no state of CycloneDX"));
                continue;
            }
            // A list of flaws that nobody has judged.
            None => continue,
        };
        let affected = items(&vulnerability["affects"]).filter_map(|it| it["ref"].as_str());
        let mut products = Vec::new();
        for reference in affected {
            // `urn:cdx:serial/version#bom-ref` names a component of another document.
            let local = reference
                .rsplit_once('#')
                .map_or(reference, |(_, local)| local);
            let id = purls.get(local).cloned();
            let id = id.unwrap_or_else(|| local.to_owned());
            room.take([&id])?;
            products.push(VexProduct {
                id,
                components: Vec::new(),
            });
        }
        let changed = [&analysis["lastUpdated"], &vulnerability["updated"]];
        read.statements.push(VexStatement {
            format: "cyclonedx",
            products,
            flaws,
            status,
            justification: text(&analysis["justification"]),
            statement: text(&analysis["detail"]),
            said: changed.into_iter().find_map(time).or(said),
        });
    }
    Ok(read)
}

/// The package URLs of components, by the name under which the document refers to them.
fn components(list: &Value, depth: usize, purls: &mut BTreeMap<String, String>) {
    if depth > MAX_DEPTH {
        return;
    }
    for component in items(list) {
        if let (Some(reference), Some(purl)) =
            (text(&component["bom-ref"]), text(&component["purl"]))
        {
            purls.insert(reference, purl);
        }
        components(&component["components"], depth + 1, purls);
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
