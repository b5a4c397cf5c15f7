//! CSAF 2.0 with its VEX profile: <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Room, VexDocument, VexError, VexProduct, VexStatement, VexStatus, at, items, text, time,
};

/// Branches inside branches that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    at(document, "/document/csaf_version").is_string()
}

pub(super) fn read(document: &Value, mut room: Room) -> Result<VexDocument, VexError> {
    let mut read = VexDocument::default();
    let mut products = BTreeMap::new();
    let tree = &document["product_tree"];
    branches(tree, 0, &mut products);
    for product in items(&tree["full_product_names"]) {
        named(product, &mut products);
    }
    for relationship in items(&tree["relationships"]) {
        combined(relationship, &mut room, &mut products)?;
    }
    let said = time(at(document, "/document/tracking/current_release_date"));
    for vulnerability in items(&document["vulnerabilities"]) {
        let ids = items(&vulnerability["ids"]).filter_map(|id| text(&id["text"]));
        let flaws: Vec<_> = text(&vulnerability["cve"]).into_iter().chain(ids).collect();
        let flags = by_product(items(&vulnerability["flags"]));
        let threats = items(&vulnerability["threats"]);
        let threats = by_product(threats.filter(|threat| threat["category"] == "impact"));
        for (field, status) in [
            ("known_not_affected", VexStatus::NotAffected),
            ("fixed", VexStatus::Fixed),
            ("first_fixed", VexStatus::Fixed),
            ("known_affected", VexStatus::Affected),
            ("under_investigation", VexStatus::UnderInvestigation),
        ] {
            for id in items(&at(vulnerability, "/product_status")[field]).filter_map(Value::as_str)
            {
                let Some(product) = products.get(id) else {
                    let named = flaws.first().map_or("", |flaw| flaw);
                    read.problems.push(format!(
                        "{named}: the product {id} is not in the product tree"
                    ));
                    continue;
                };
                let justification = flags.get(id).and_then(|flag| text(&flag["label"]));
                let statement = threats.get(id).and_then(|it| text(&it["details"]));
                room.take(&flaws)?;
                room.take(product.components.iter().chain([&product.id]))?;
                room.take(justification.iter().chain(&statement))?;
                read.statements.push(VexStatement {
                    format: "csaf",
                    flaws: flaws.clone(),
                    products: vec![product.clone()],
                    status,
                    justification,
                    statement,
                    said,
                });
            }
        }
    }
    Ok(read)
}

/// Of what is said of products, the first about each.
fn by_product<'v>(things: impl Iterator<Item = &'v Value>) -> BTreeMap<&'v str, &'v Value> {
    let mut by_product = BTreeMap::new();
    for thing in things {
        for id in items(&thing["product_ids"]).filter_map(Value::as_str) {
            by_product.entry(id).or_insert(thing);
        }
    }
    by_product
}

fn branches(tree: &Value, depth: usize, products: &mut BTreeMap<String, VexProduct>) {
    if depth > MAX_DEPTH {
        return;
    }
    for branch in items(&tree["branches"]) {
        named(&branch["product"], products);
        branches(branch, depth + 1, products);
    }
}

fn named(product: &Value, products: &mut BTreeMap<String, VexProduct>) {
    let Some(id) = text(&product["product_id"]) else {
        return;
    };
    let purl = text(at(product, "/product_identification_helper/purl"));
    let named = purl
        .or_else(|| text(&product["name"]))
        .unwrap_or_else(|| id.clone());
    products.insert(
        id,
        VexProduct {
            id: named,
            components: Vec::new(),
        },
    );
}

/// A component of a product, which has an id of its own.
fn combined(
    relationship: &Value,
    room: &mut Room,
    products: &mut BTreeMap<String, VexProduct>,
) -> Result<(), VexError> {
    let known = |field: &str| {
        let id = relationship[field].as_str()?;
        products.get(id).cloned()
    };
    let (Some(component), Some(product), Some(id)) = (
        known("product_reference"),
        known("relates_to_product_reference"),
        text(at(relationship, "/full_product_name/product_id")),
    ) else {
        return Ok(());
    };
    room.take([&component.id, &product.id])?;
    products.insert(
        id,
        VexProduct {
            id: product.id,
            components: vec![component.id],
        },
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_very_many_products_mean_is_not_kept_for_each() {
        let ids: Vec<_> = (0..100).map(|at| format!("p{at}")).collect();
        let named = ids
            .iter()
            .map(|id| json!({"product_id": id, "name": "tea"}));
        let document = json!({
            "product_tree": {"full_product_names": named.collect::<Vec<_>>()},
            "vulnerabilities": [{
                "cve": "CVE-2026-1",
                "ids": [{"text": "x".repeat(1000)}],
                "product_status": {"known_not_affected": ids},
                "flags": [
                    {"label": "first", "product_ids": ["p1", "p2"]},
                    {"label": "second", "product_ids": ["p2", "p3"]},
                ],
            }],
        });
        let statements = read(&document, Room::default()).unwrap().statements;
        let justification = |at: usize| statements[at].justification.as_deref();
        let found = [0, 1, 2, 3].map(justification);
        assert_eq!(found, [None, Some("first"), Some("first"), Some("second")]);
        let found = read(&document, Room(50_000));
        assert!(matches!(found, Err(VexError::TooLong)));
    }

    #[test]
    fn relationships_of_long_names_have_no_room() {
        let long = "x".repeat(1000);
        let combined = |at: usize| {
            json!({
                "product_reference": "a",
                "relates_to_product_reference": "a",
                "full_product_name": {"product_id": format!("p{at}")},
            })
        };
        let document = json!({"product_tree": {
            "full_product_names": [{"product_id": "a", "name": long}],
            "relationships": (0..100).map(combined).collect::<Vec<_>>(),
        }});
        assert!(read(&document, Room::default()).is_ok());
        assert!(matches!(
            read(&document, Room(50_000)),
            Err(VexError::TooLong)
        ));
    }
}
