use ringwall_report::json;
use serde_json::Value;

use crate::sample::{self, written};

#[test]
fn the_report_is_what_version_1_promises() {
    let files = sample::files();
    let text = written(|out| json(&sample::report(&files), &sample::context(&files), out));
    insta::assert_snapshot!(text);
}

#[test]
fn places_count_from_one_in_characters_and_edits_in_bytes() {
    let files = sample::files();
    let text = written(|out| json(&sample::report(&files), &sample::context(&files), out));
    let report: Value = serde_json::from_str(&text).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let latest = findings
        .iter()
        .find(|finding| finding["check"] == "latest-tag")
        .unwrap();
    // `          image: registry.example/grüße:latest`: 17 characters stand before the image.
    assert_eq!(latest["location"]["line"], 11);
    assert_eq!(latest["location"]["column"], 18);
    assert_eq!(latest["location"]["end_column"], 18 + 29);
    let edit = &latest["fix"]["edits"][0];
    let at = sample::WEB.find(":latest").unwrap();
    assert_eq!(edit["start"], at);
    assert_eq!(edit["end"], at + ":latest".len());
}

#[test]
fn an_empty_report_is_valid() {
    let (report, files) = (sample::empty_report(0, Vec::new()), sample::files());
    let text = written(|out| json(&report, &sample::context(&files), out));
    insta::assert_snapshot!(text, @r#"
    {"version":1,
    "summary":{"assessed":{"resources":0},"skipped":{},"fail":{"critical":0,"high":0,"medium":0,"low":0,"info":0},"accepted":0},
    "findings":[],
    "not_assessed":[],
    "as_of":"2026-11-21"}
    "#);
}
