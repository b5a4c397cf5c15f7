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
        read.statements.push(VexStatement {
            format: "openvex",
            flaws,
            products: items(&statement["products"]).filter_map(product).collect(),
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

/// A package URL alone in the first versions; later an id and identifiers.
fn product(product: &Value) -> Option<VexProduct> {
    let id = text(product).or_else(|| identifier(product))?;
    let components = items(&product["subcomponents"]);
    Some(VexProduct {
        named: id.into(),
        components: components
            .filter_map(|it| text(it).or_else(|| identifier(it)))
            .map(Into::into)
            .collect(),
    })
}

fn identifier(thing: &Value) -> Option<String> {
    text(at(thing, "/identifiers/purl")).or_else(|| text(&thing["@id"]))
}
