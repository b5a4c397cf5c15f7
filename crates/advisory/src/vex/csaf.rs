//! CSAF 2.0 with its VEX profile: <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Room, VexDocument, VexError, VexNamed, VexProduct, VexStatement, VexStatus, VexVersions, at,
    items, text, time, words,
};
use crate::Purl;

/// Branches inside branches that are followed.
const MAX_DEPTH: usize = 100;

pub(super) fn is(document: &Value) -> bool {
    at(document, "/document/csaf_version").is_string()
}

pub(super) fn read(document: &Value, mut room: Room) -> Result<VexDocument, VexError> {
    let mut read = VexDocument::default();
    let mut products = Products::default();
    let tree = &document["product_tree"];
    products.branches(tree, None, 0);
    for product in items(&tree["full_product_names"]) {
        products.named(product, None);
    }
    for relationship in items(&tree["relationships"]) {
        products.combined(relationship, &mut room)?;
    }
    let groups = items(&tree["product_groups"]);
    let groups: Groups<'_> = groups
        .filter_map(|group| Some((group["group_id"].as_str()?, &group["product_ids"])))
        .collect();
    let said = match time([at(document, "/document/tracking/current_release_date")]) {
        Ok(said) => said,
        Err(reason) => {
            read.problems.push(reason);
            return Ok(read);
        }
    };
    // Only the profile of VEX demands a reason.
    let needs_reason = at(document, "/document/category") == "csaf_vex";
    for vulnerability in items(&document["vulnerabilities"]) {
        let ids = items(&vulnerability["ids"]).filter_map(|id| text(&id["text"]));
        let flaws: Vec<_> = text(&vulnerability["cve"]).into_iter().chain(ids).collect();
        let flags = by_product(items(&vulnerability["flags"]), &groups);
        let threats = items(&vulnerability["threats"]);
        let threats = threats.filter(|threat| threat["category"] == "impact");
        let threats = by_product(threats, &groups);
        let named = flaws.first().map_or("", |flaw| flaw);
        let mut without_reason: Option<(&str, usize)> = None;
        for (field, status) in [
            ("known_not_affected", VexStatus::NotAffected),
            ("fixed", VexStatus::Fixed),
            ("first_fixed", VexStatus::Fixed),
            ("known_affected", VexStatus::Affected),
            ("first_affected", VexStatus::Affected),
            ("last_affected", VexStatus::Affected),
            ("under_investigation", VexStatus::UnderInvestigation),
        ] {
            for id in items(&at(vulnerability, "/product_status")[field]).filter_map(Value::as_str)
            {
                if let Some(reason) = products.unreadable.get(id) {
                    read.problems.push(format!("{named}: {id}: {reason}"));
                    continue;
                }
                let Some(product) = products.known.get(id) else {
                    read.problems.push(format!(
                        "{named}: the product {id} is not in the product tree"
                    ));
                    continue;
                };
                let justification = flags.get(id).and_then(|flag| words(&flag["label"]));
                let statement = threats.get(id).and_then(|it| words(&it["details"]));
                let has_reason = justification.is_some() || statement.is_some();
                if needs_reason && status == VexStatus::NotAffected && !has_reason {
                    without_reason.get_or_insert((id, 0)).1 += 1;
                    continue;
                }
                room.take(&flaws)?;
                let components = product.components.iter().map(|it| &it.id);
                room.take(components.chain([&product.named.id]))?;
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
        if let Some((first, count)) = without_reason {
            let more = match count {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            read.problems.push(format!(
                "{named}: known_not_affected needs a flag or a threat of impact, and {first}{more} have neither"
            ));
        }
    }
    Ok(read)
}

/// Groups of products, by their ids.
type Groups<'v> = BTreeMap<&'v str, &'v Value>;

/// Of what is said of products, the first about each.
fn by_product<'v>(
    things: impl Iterator<Item = &'v Value>,
    groups: &Groups<'v>,
) -> BTreeMap<&'v str, &'v Value> {
    let mut by_product = BTreeMap::new();
    for thing in things {
        let named = items(&thing["group_ids"]).filter_map(Value::as_str);
        let named = named.filter_map(|group| groups.get(group).copied());
        let named = named.flat_map(items).chain(items(&thing["product_ids"]));
        for id in named.filter_map(Value::as_str) {
            by_product.entry(id).or_insert(thing);
        }
    }
    by_product
}

/// The products of a document, by their ids in it.
#[derive(Default)]
struct Products {
    known: BTreeMap<String, VexProduct>,
    /// Packages of which it cannot be told which versions are meant, and why.
    unreadable: BTreeMap<String, String>,
}

impl Products {
    /// Takes the products of a tree; `version` is the branch above that names versions.
    fn branches<'v>(&mut self, tree: &'v Value, version: Option<&'v Value>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for branch in items(&tree["branches"]) {
            let category = branch["category"].as_str().unwrap_or_default();
            let is_version = matches!(category, "product_version" | "product_version_range");
            let version = if is_version { Some(branch) } else { version };
            self.named(&branch["product"], version);
            self.branches(branch, version, depth + 1);
        }
    }

    fn named(&mut self, product: &Value, version: Option<&Value>) {
        let Some(id) = text(&product["product_id"]) else {
            return;
        };
        let purl = text(at(product, "/product_identification_helper/purl"));
        // Nothing else than a package URL is held against packages and their versions.
        let is_any = purl
            .as_deref()
            .and_then(|purl| Purl::parse(purl).ok())
            .is_some_and(|purl| purl.version().is_none());
        let versions = match version.filter(|_| is_any).map(versions) {
            Some(Ok(versions)) => versions,
            Some(Err(reason)) => {
                self.unreadable.insert(id, reason);
                return;
            }
            None => None,
        };
        let has_purl = purl.is_some();
        let called = purl
            .or_else(|| text(&product["name"]))
            .unwrap_or_else(|| id.clone());
        // A name alone means one version where it has that in it; else which one is meant cannot be told.
        let named_version = version
            .filter(|_| !has_purl)
            .and_then(|branch| text(&branch["name"]))
            .filter(|version| !called.contains(&**version));
        let versions = versions.or(named_version.map(VexVersions::One));
        let product = VexProduct {
            named: VexNamed {
                id: called,
                versions: versions.into_iter().collect(),
            },
            sbom: None,
            components: Vec::new(),
        };
        self.known.insert(id, product);
    }

    /// Takes a component of a product, which has an id of its own.
    fn combined(&mut self, relationship: &Value, room: &mut Room) -> Result<(), VexError> {
        let (Some(component), Some(product), Some(id)) = (
            relationship["product_reference"].as_str(),
            relationship["relates_to_product_reference"].as_str(),
            text(at(relationship, "/full_product_name/product_id")),
        ) else {
            return Ok(());
        };
        if let Some(reason) = [component, product]
            .into_iter()
            .find_map(|it| self.unreadable.get(it))
        {
            let reason = reason.clone();
            room.take([&reason])?;
            self.unreadable.insert(id, reason);
            return Ok(());
        }
        let (Some(component), Some(product)) = (self.known.get(component), self.known.get(product))
        else {
            return Ok(());
        };
        // Of a component that is itself a component of something, it is that component.
        let components = match &*component.components {
            [] => vec![component.named.clone()],
            inner => inner.to_vec(),
        };
        room.take(
            components
                .iter()
                .map(|it| &it.id)
                .chain([&product.named.id]),
        )?;
        let combined = VexProduct {
            named: product.named.clone(),
            sbom: None,
            components,
        };
        self.known.insert(id, combined);
        Ok(())
    }
}

/// The versions that a branch names; `None` is all of them.
fn versions(branch: &Value) -> Result<Option<VexVersions>, String> {
    let name = branch["name"].as_str().unwrap_or_default();
    if branch["category"] == "product_version_range" {
        VexVersions::range(name)
    } else {
        Ok(Some(VexVersions::One(name.to_owned())))
    }
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
    fn a_component_of_a_component_is_not_what_it_is_in() {
        let combined = |component: &str, product: &str, id: &str| {
            json!({
                "product_reference": component,
                "relates_to_product_reference": product,
                "full_product_name": {"product_id": id},
            })
        };
        let named = ["lid", "kettle", "kitchen"].map(|id| json!({"product_id": id, "name": id}));
        let document = json!({
            "product_tree": {
                "full_product_names": named,
                "relationships": [
                    combined("lid", "kettle", "lid-in-kettle"),
                    combined("lid-in-kettle", "kitchen", "lid-in-kettle-in-kitchen"),
                ],
            },
            "vulnerabilities": [{
                "cve": "CVE-2026-1",
                "product_status": {
                    "fixed": ["lid-in-kettle-in-kitchen"],
                    "last_affected": ["kettle"],
                },
            }],
        });
        let statements = read(&document, Room::default()).unwrap().statements;
        let [fixed, affected] = &*statements else {
            panic!("{statements:?}");
        };
        assert_eq!(fixed.products[0].named.id, "kitchen");
        let components: Vec<_> = fixed.products[0]
            .components
            .iter()
            .map(|it| &*it.id)
            .collect();
        assert_eq!(components, ["lid"]);
        assert_eq!(affected.status, VexStatus::Affected);
    }

    #[test]
    fn a_name_without_its_version_is_not_all_of_them() {
        let versions = |name: &str| {
            let document = json!({
                "product_tree": {"branches": [{
                    "category": "product_version", "name": "1.2",
                    "product": {"product_id": "p", "name": name},
                }]},
                "vulnerabilities": [{
                    "cve": "CVE-2026-1",
                    "product_status": {"known_not_affected": ["p"]},
                }],
            });
            let statements = read(&document, Room::default()).unwrap().statements;
            statements[0].products[0].named.versions.len()
        };
        assert_eq!(versions("shop"), 1);
        assert_eq!(versions("shop:1.2"), 0);
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
