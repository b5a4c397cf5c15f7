//! CSAF 2.0 with its VEX profile: <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{VexDocument, VexProduct, VexStatement, VexStatus, at, items, text, time};

/// Branches inside branches that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    at(document, "/document/csaf_version").is_string()
}

pub(super) fn read(document: &Value) -> VexDocument {
    let mut read = VexDocument::default();
    let mut products = BTreeMap::new();
    let tree = &document["product_tree"];
    branches(tree, 0, &mut products);
    for product in items(&tree["full_product_names"]) {
        named(product, &mut products);
    }
    for relationship in items(&tree["relationships"]) {
        combined(relationship, &mut products);
    }
    let said = time(at(document, "/document/tracking/current_release_date"));
    for vulnerability in items(&document["vulnerabilities"]) {
        let ids = items(&vulnerability["ids"]).filter_map(|id| text(&id["text"]));
        let flaws: Vec<_> = text(&vulnerability["cve"]).into_iter().chain(ids).collect();
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
                let about = |thing: &&Value| items(&thing["product_ids"]).any(|known| known == id);
                let flag = items(&vulnerability["flags"]).find(about);
                let threat = items(&vulnerability["threats"])
                    .filter(|threat| threat["category"] == "impact")
                    .find(about);
                read.statements.push(VexStatement {
                    format: "csaf",
                    flaws: flaws.clone(),
                    products: vec![product.clone()],
                    status,
                    justification: flag.and_then(|flag| text(&flag["label"])),
                    statement: threat.and_then(|threat| text(&threat["details"])),
                    said,
                });
            }
        }
    }
    read
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
fn combined(relationship: &Value, products: &mut BTreeMap<String, VexProduct>) {
    let known = |field: &str| {
        let id = relationship[field].as_str()?;
        products.get(id).cloned()
    };
    let (Some(component), Some(product), Some(id)) = (
        known("product_reference"),
        known("relates_to_product_reference"),
        text(at(relationship, "/full_product_name/product_id")),
    ) else {
        return;
    };
    products.insert(
        id,
        VexProduct {
            id: product.id,
            components: vec![component.id],
        },
    );
}
