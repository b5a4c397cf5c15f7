use std::collections::BTreeSet;

use ringwall_model::{Report, Severity, Source};
use ringwall_report::sarif;
use serde_json::Value;

use crate::sample::{self, Files, SECRET, TOKEN, written};

fn sample_sarif() -> (String, Value) {
    let files = sample::files();
    let report = sample::report(&files);
    let text = written(|out| sarif(&report, &sample::context(&files), out));
    let log = serde_json::from_str(&text).unwrap();
    (text, log)
}

fn result<'a>(log: &'a Value, check: &str) -> &'a Value {
    let results = log["runs"][0]["results"].as_array().unwrap();
    results
        .iter()
        .find(|result| result["ruleId"] == check)
        .unwrap()
}

#[test]
fn the_log_is_what_was_looked_at() {
    insta::assert_snapshot!(sample_sarif().0);
}

/// The demands of SARIF 2.1.0 on the parts that are written.
#[test]
fn the_log_has_the_form_that_sarif_demands() {
    let (text, log) = sample_sarif();
    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(run["tool"]["driver"]["name"], "ringwall");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), rules.len(), "rule ids are unique");
    for rule in rules {
        assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
        assert!(
            rule["help"]["text"].is_string(),
            "a help has text beside its markdown: {rule}"
        );
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 11);
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(matches!(
            result["level"].as_str().unwrap(),
            "none" | "note" | "warning" | "error"
        ));
        if result["kind"] != "fail" {
            assert_eq!(result["level"], "none", "only a failure has a level");
        }
        assert!(result["message"]["text"].is_string());
        assert!(
            result["suppressions"].is_array(),
            "all results have the list or none has"
        );
        let fingerprint = &result["partialFingerprints"]["ringwall/v1"];
        assert!(
            fingerprints.insert(fingerprint.as_str().unwrap()),
            "{fingerprint}"
        );
        for place in result["locations"].as_array().unwrap() {
            let region = &place["physicalLocation"]["region"];
            for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(region[field].as_u64().unwrap() >= 1, "{region}");
            }
            let uri = place["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap();
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            for change in fix["artifactChanges"].as_array().unwrap() {
                assert!(!change["replacements"].as_array().unwrap().is_empty());
            }
        }
    }
    assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
}

#[test]
fn what_is_not_assessed_makes_the_run_unsuccessful() {
    let (_, log) = sample_sarif();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let levels: Vec<&Value> = notifications.iter().map(|item| &item["level"]).collect();
    // The chart is accepted, the broken file is not.
    assert_eq!(levels, ["note", "error"]);
}

#[test]
fn an_accepted_finding_is_suppressed_in_source() {
    let (_, log) = sample_sarif();
    let suppression = &result(&log, "host-network")["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["status"], "accepted");
    assert_eq!(
        suppression["justification"],
        "the ingress controller listens on the node"
    );
    assert_eq!(suppression["properties"]["until"], "2027-03-31");
}

#[test]
fn a_fix_counts_columns_in_characters() {
    let (_, log) = sample_sarif();
    let change = &result(&log, "latest-tag")["fixes"][0]["artifactChanges"][0];
    let replacement = &change["replacements"][0];
    // `          image: registry.example/grüße` has 39 characters in 41 bytes.
    assert_eq!(replacement["deletedRegion"]["startColumn"], 40);
    assert_eq!(replacement["deletedRegion"]["endColumn"], 47);
    assert_eq!(replacement["insertedContent"]["text"], ":1.4.2");
}

#[test]
fn a_fingerprint_does_not_depend_on_the_line() {
    let fingerprint = |text: &str| {
        let files = Files::new(&[("a.yaml", text)]);
        let source: &Source = files.get("a.yaml");
        let report = Report::new(
            vec![sample::finding(
                "latest-tag",
                Severity::High,
                source,
                "image",
                "m",
            )],
            Vec::new(),
            [].into(),
            [].into(),
            "2026-11-21".parse().unwrap(),
        );
        let log = written(|out| sarif(&report, &sample::context(&files), out));
        let log: Value = serde_json::from_str(&log).unwrap();
        result(&log, "latest-tag")["partialFingerprints"]["ringwall/v1"].clone()
    };
    assert_eq!(fingerprint("image: a"), fingerprint("# moved\n\nimage: a"));
}
