//! CycloneDX with vulnerabilities: <https://cyclonedx.org/docs/1.6/json/#vulnerabilities>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{VexDocument, VexProduct, VexStatement, VexStatus, at, items, text, time};

/// Components inside components that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    document["bomFormat"] == "CycloneDX" && document["vulnerabilities"].is_array()
}

pub(super) fn read(document: &Value) -> VexDocument {
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
        let products = affected.map(|reference| {
            // `urn:cdx:serial/version#bom-ref` names a component of another document.
            let local = reference
                .rsplit_once('#')
                .map_or(reference, |(_, local)| local);
            VexProduct {
                id: purls
                    .get(local)
                    .cloned()
                    .unwrap_or_else(|| local.to_owned()),
                components: Vec::new(),
            }
        });
        let changed = [&analysis["lastUpdated"], &vulnerability["updated"]];
        read.statements.push(VexStatement {
            format: "cyclonedx",
            products: products.collect(),
            flaws,
            status,
            justification: text(&analysis["justification"]),
            statement: text(&analysis["detail"]),
            said: changed.into_iter().find_map(time).or(said),
        });
    }
    read
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
