//! The catalogue of `../shared` and the checks: every row is a check or a decision, and every check a row.
//!
//! Decisions stand in `docs/catalogue-decisions.md`, by id: a row that is no check, a check that is no
//! row, a title, ring, severity or control that is not the row's.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use ringwall_checks::{Meta, Target, all};

const CATALOGUE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/catalogue/checks.csv"
);
const DECISIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/catalogue-decisions.md"
);

/// A row of the catalogue, by column.
type Row = BTreeMap<String, String>;

/// The rows whose target a scan of files looks at; `None` where the catalogue is not here.
fn catalogue() -> Option<Vec<Row>> {
    if !Path::new(CATALOGUE).exists() {
        println!("skipped: ../shared is not here");
        return None;
    }
    let text = fs::read_to_string(CATALOGUE).expect("the catalogue is UTF-8");
    let mut lines = text.lines().map(cells);
    let names = lines.next().expect("a line of names");
    let rows = lines.map(|cells| names.iter().cloned().zip(cells).collect::<Row>());
    let targets = Target::ALL.map(Target::as_str);
    Some(
        rows.filter(|row| targets.contains(&&*row["target"]))
            .collect(),
    )
}

/// The cells of a line; a cell with a comma stands in quotes, none spans lines.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().expect("never empty").push(other),
        }
    }
    cells
}

/// The ids that the decisions name in the first cell of a row.
fn decided() -> BTreeSet<String> {
    let text = fs::read_to_string(DECISIONS).expect("the decisions");
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|ids| ids.split(", "))
        .map(|id| id.trim().to_owned())
        .collect()
}

/// The controls that a row names, in our words.
fn controls(row: &Row) -> BTreeSet<String> {
    let mut controls = BTreeSet::new();
    match &*row["pss"] {
        "Baseline" => controls.insert("pss:baseline".to_owned()),
        "Restricted" => controls.insert("pss:restricted".to_owned()),
        _ => false,
    };
    for section in row["cis"].split(';').filter(|section| !section.is_empty()) {
        controls.insert(match section.split_once(' ') {
            Some((benchmark, section)) => format!("cis-{}:{section}", benchmark.to_lowercase()),
            None => format!("cis:{section}"),
        });
    }
    for (column, prefix) in [("nsa", "nsa"), ("azure_baseline", "mcsb")] {
        for control in row[column].split(';').filter(|control| !control.is_empty()) {
            controls.insert(format!("{prefix}:{}", control.replace(' ', "")));
        }
    }
    controls
}

#[test]
fn every_row_is_a_check_or_a_decision() {
    let Some(rows) = catalogue() else { return };
    let decided = decided();
    let checks: BTreeSet<&str> = all().map(|check| check.meta().id).collect();
    let missing: Vec<&str> = rows
        .iter()
        .map(|row| &*row["id"])
        .filter(|id| !checks.contains(id) && !decided.contains(*id))
        .collect();
    assert!(
        missing.is_empty(),
        "{} of {} rows are neither a check nor in docs/catalogue-decisions.md:\n{}",
        missing.len(),
        rows.len(),
        missing.join("\n")
    );
}

#[test]
fn every_check_is_a_row_or_a_decision() {
    let Some(rows) = catalogue() else { return };
    let decided = decided();
    let rows: BTreeSet<&str> = rows.iter().map(|row| &*row["id"]).collect();
    let unknown: Vec<&str> = all()
        .map(|check| check.meta().id)
        .filter(|id| !rows.contains(id) && !decided.contains(*id))
        .collect();
    assert!(
        unknown.is_empty(),
        "in neither the catalogue nor docs/catalogue-decisions.md:\n{}",
        unknown.join("\n")
    );
}

/// What a declaration and its row say differently. Controls of MITRE are ours alone.
fn differences(meta: &Meta, row: &Row) -> Vec<String> {
    let ours: BTreeSet<String> = meta
        .controls
        .iter()
        .filter(|control| !control.starts_with("mitre:"))
        .map(|&control| control.to_owned())
        .collect();
    let theirs = controls(row);
    let pairs = [
        ("title", meta.title.to_owned(), row["title"].clone()),
        ("ring", meta.ring.to_string(), row["layer"].clone()),
        (
            "target",
            meta.target.as_str().to_owned(),
            row["target"].clone(),
        ),
        (
            "severity",
            meta.severity.to_string(),
            row["severity"].clone(),
        ),
        ("controls", format!("{ours:?}"), format!("{theirs:?}")),
    ];
    pairs
        .into_iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(what, ours, theirs)| format!("{}: {what} {ours} instead of {theirs}", meta.id))
        .collect()
}

#[test]
fn every_check_says_what_its_row_says_unless_decided() {
    let Some(rows) = catalogue() else { return };
    let decided = decided();
    let by_id: BTreeMap<&str, &Row> = rows.iter().map(|row| (&*row["id"], row)).collect();
    let mut different = Vec::new();
    for check in all() {
        let meta = check.meta();
        if let Some(row) = by_id.get(meta.id)
            && !decided.contains(meta.id)
        {
            different.extend(differences(meta, row));
        }
    }
    assert!(
        different.is_empty(),
        "explain each in docs/catalogue-decisions.md:\n{}",
        different.join("\n")
    );
}
