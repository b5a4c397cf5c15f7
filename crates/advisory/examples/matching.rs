//! Times the advisory database: `matching DATABASE REPORT`, with a report of `ringwall image -o json`.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program to measure by"
)]

use std::{env, fs, path::PathBuf, time::Instant};

use ringwall_advisory::{Database, Scope};
use serde_json::Value;

/// How often the lists of packages are looked up again.
const LISTS: usize = 1_000;

fn main() {
    let mut paths = env::args_os().skip(1).map(PathBuf::from);
    let (database, report) = (paths.next().unwrap(), paths.next().unwrap());
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let os = &report["image"]["distribution"];
    let os = Scope::of_distribution(&text(&os["id"]), &text(&os["version_id"]));
    let packages = report["packages"].as_array().unwrap().iter();
    let asked: Vec<(Scope, String, String)> = packages
        .filter_map(|it| {
            let source = it.get("source").unwrap_or(it);
            let kind = text(&it["type"]);
            let scope = match &*kind {
                "deb" | "apk" | "rpm" => os.clone(),
                kind => Scope::of_purl_type(kind),
            };
            Some((scope?, text(&source["name"]), text(&source["version"])))
        })
        .collect();
    let start = Instant::now();
    let opened = Database::open(&database).unwrap();
    let open = start.elapsed();
    let all = |database: &Database| -> usize {
        let found = asked.iter().map(|(scope, name, version)| {
            database.matches(scope, name, version).unwrap().found.len()
        });
        found.sum()
    };
    let start = Instant::now();
    let found = all(&opened);
    let first = start.elapsed();
    let start = Instant::now();
    for _ in 0..LISTS {
        assert_eq!(all(&opened), found);
    }
    let again = start.elapsed();
    println!("open: {open:?}");
    println!("{} packages, {found} flaws, first: {first:?}", asked.len());
    println!("{LISTS} lists: {again:?}");
}
