//! OpenVEX: <https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>.

use serde_json::Value;

use super::{VexDocument, VexProduct, VexStatement, VexStatus, at, items, text, time, words};

/// The words that say why a product does not have a flaw.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

pub(super) fn is(document: &Value) -> bool {
    let context = document["@context"].as_str().unwrap_or_default();
    context.starts_with("https://openvex.dev/ns")
}

pub(super) fn read(document: &Value) -> VexDocument {
    let mut read = VexDocument::default();
    for statement in items(&document["statements"]) {
        let flaws = flaws(&statement["vulnerability"]);
        let named = flaws
            .first()
            .map_or("no vulnerability", |flaw| flaw)
            .to_owned();
        let status = match statement["status"].as_str() {
            Some("not_affected") => VexStatus::NotAffected,
            Some("affected") => VexStatus::Affected,
            Some("fixed") => VexStatus::Fixed,
            Some("under_investigation") => VexStatus::UnderInvestigation,
            other => {
                let status = other.unwrap_or("no status");
                read.problems
                    .push(format!("{named}: {status} is no status of OpenVEX"));
                continue;
            }
        };
        let said = match time([&statement["timestamp"], &document["timestamp"]]) {
            Ok(said) => said,
            Err(reason) => {
                read.problems.push(format!("{named}: {reason}"));
                continue;
            }
        };
        let justification = words(&statement["justification"]);
        let impact = words(&statement["impact_statement"]);
        let unknown = justification
            .as_deref()
            .filter(|it| !JUSTIFICATIONS.contains(it));
        if let (VexStatus::NotAffected, Some(unknown)) = (status, unknown) {
            read.problems
                .push(format!("{named}: {unknown} is no justification of OpenVEX"));
            continue;
        }
        if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
            read.problems.push(format!(
                "{named}: not_affected needs a justification or an impact_statement"
            ));
            continue;
        }
        let mut products = Vec::new();
        for named_product in items(&statement["products"]) {
            let (product, is_whole) = product(named_product);
            products.extend(product);
            if !is_whole {
                read.problems.push(format!(
                    "{named}: a subcomponent has neither a package URL nor an id"
                ));
            }
        }
        read.statements.push(VexStatement {
            format: "openvex",
            flaws,
            products,
            status,
            justification,
            statement: impact.or_else(|| text(&statement["action_statement"])),
            said,
        });
    }
    read
}

/// A name alone in the first versions; later its name and its aliases.
fn flaws(vulnerability: &Value) -> Vec<String> {
    let fields = [vulnerability, &vulnerability["name"], &vulnerability["@id"]];
    let aliases = items(&vulnerability["aliases"]);
    fields.into_iter().chain(aliases).filter_map(text).collect()
}

/// A package URL alone in the first versions; later an id and identifiers. And whether all that is said of it could be
/// read: of subcomponents those that can be are meant, and never the whole product for want of them.
fn product(product: &Value) -> (Option<VexProduct>, bool) {
    let Some(id) = text(product).or_else(|| identifier(product)) else {
        return (None, true);
    };
    let stated = &product["subcomponents"];
    let named = items(stated).map(|it| text(it).or_else(|| identifier(it)));
    let named: Vec<Option<String>> = named.collect();
    let is_whole = (stated.is_array() || stated.is_null()) && named.iter().all(Option::is_some);
    let components: Vec<_> = named.into_iter().flatten().map(Into::into).collect();
    let product = (is_whole || !components.is_empty()).then(|| VexProduct {
        named: id.into(),
        sbom: None,
        components,
    });
    (product, is_whole)
}

fn identifier(thing: &Value) -> Option<String> {
    text(at(thing, "/identifiers/purl")).or_else(|| text(&thing["@id"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subcomponents_that_cannot_be_read_are_not_the_whole_product() {
        let check = |subcomponents: Value, products: usize, components: usize, problems: usize| {
            let document = json!({"statements": [{
                "vulnerability": {"name": "CVE-2026-1"},
                "status": "fixed",
                "products": [{"@id": "pkg:oci/shop", "subcomponents": subcomponents}],
            }]});
            let read = read(&document);
            let stated = &read.statements[0].products;
            let named: usize = stated.iter().map(|it| it.components.len()).sum();
            let found = (stated.len(), named, read.problems.len());
            assert_eq!(found, (products, components, problems), "{document}");
        };
        let unreadable = json!({"identifiers": {"cpe23": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"}});
        check(Value::Null, 1, 0, 0);
        check(json!([]), 1, 0, 0);
        check(json!([{"@id": "pkg:npm/a"}]), 1, 1, 0);
        check(json!([unreadable]), 0, 0, 1);
        check(json!([{"hashes": {"md5": "0"}}, "pkg:npm/a"]), 1, 1, 1);
        check(json!("pkg:npm/a"), 0, 0, 1);
    }
}
