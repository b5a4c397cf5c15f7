//! What distributions publish about their packages, from their files to answers.

#![expect(
    clippy::needless_pass_by_value,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its input has failed"
)]

#[path = "../../../bolt/tests/support/bolt_file.rs"]
mod bolt_file;
mod debian;
mod secdb;
mod trivy;

use ringwall_advisory::{Advisory, Database, DatabaseBuilder, Match, OsvRecord, Scope, parse_osv};
use ringwall_model::Date;
use serde_json::Value;

fn builder(advisories: Vec<Advisory>) -> DatabaseBuilder {
    let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
    for advisory in advisories {
        builder.advisory(advisory);
    }
    builder
}

fn database(builder: DatabaseBuilder) -> Database {
    Database::from_bytes(builder.build().unwrap()).unwrap()
}

fn osv(record: Value) -> Advisory {
    match parse_osv(record.to_string().as_bytes()).unwrap() {
        OsvRecord::Advisory(advisory) => *advisory,
        other => unreachable!("{other:?}"),
    }
}

fn matches(database: &Database, place: &str, package: &str, version: &str) -> Vec<Match> {
    let scope = Scope::parse(place).unwrap();
    let matches = database.matches(&scope, package, version).unwrap();
    assert_eq!(matches.undecided, []);
    matches.found
}

/// Ids of the flaws of a version, each with the version that mends it.
fn flaws(database: &Database, place: &str, package: &str, version: &str) -> Vec<String> {
    let found = matches(database, place, package, version);
    let found = found.iter();
    found
        .map(|it| match &it.fixed {
            Some(fixed) => format!("{} {fixed}", it.flaw),
            None => it.flaw.clone(),
        })
        .collect()
}
