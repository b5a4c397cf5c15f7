//! What `ringwall replay` writes: text for people, and JSON that keeps its promise.

use ringwall_report::{
    ReplayBefore, ReplayCause, ReplayCounts, ReplayNotAssessed, ReplayNow, ReplayPlace,
    ReplayReport, ReplaySummary, ReplayTeam, ReplayTextOptions, ReplayWorkload, replay_json,
    replay_text,
};
use serde_json::Value;

use super::schema::errors;
use crate::sample::written;

const SCHEMA: &str = include_str!("../../schema/replay-v1.schema.json");

fn place(file: &str, line: u64) -> ReplayPlace {
    ReplayPlace {
        file: file.to_owned(),
        line,
    }
}

fn report() -> ReplayReport {
    let cause = |policy: &str, action: &str, message: &str| ReplayCause {
        source: "gatekeeper".to_owned(),
        policy: policy.to_owned(),
        action: action.to_owned(),
        message: message.to_owned(),
        workloads: 3,
        teams: 1,
        first: place("audit.log", 17),
        kind: "Deployment".to_owned(),
        namespace: "shop".to_owned(),
        name: "web".to_owned(),
        ..ReplayCause::default()
    };
    let counts = ReplayCounts {
        requests: 12_345,
        denied: 40,
        newly_denied: 38,
        newly_allowed: 0,
        warned: 7,
        changed: 0,
    };
    ReplayReport {
        as_of: "2026-11-27".to_owned(),
        policies: "sha256:1".to_owned(),
        against: None,
        summary: ReplaySummary {
            requests: 12_345,
            decisions: 345,
            reviews: 0,
            events: 12_000,
            before: ReplayBefore {
                allowed: 12_300,
                denied: 3,
                failed: 42,
                unknown: 0,
            },
            now: ReplayNow {
                allowed: 12_305,
                denied: 40,
                warned: 7,
                changed: 9,
                exempt: 0,
            },
            newly_denied: 38,
            newly_allowed: 1,
            otherwise_different: 2,
            same: 12_262,
            not_compared: 42,
            not_assessed: 5,
            skipped: [("reads", 1_000_000), ("other_stages", 3)].into(),
        },
        causes: vec![
            ReplayCause {
                requests: 40,
                before: 2,
                newly_denied: 38,
                ..cause(
                    "NoPrivileged/everywhere",
                    "deny",
                    "container * is \u{1b}[31mprivileged",
                )
            },
            ReplayCause {
                source: "validating-admission-policy".to_owned(),
                binding: Some("all".to_owned()),
                before: 1,
                newly_allowed: 1,
                ..cause("old", "deny", "no owner")
            },
            ReplayCause {
                requests: 7,
                ..cause("labels", "warn", "no label")
            },
            ReplayCause {
                requests: 9,
                ..cause("mutation", "change", "add /spec/containers/*/image")
            },
        ],
        workloads: vec![ReplayWorkload {
            kind: "Deployment".to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            team: "shop".to_owned(),
            counts,
        }],
        teams: vec![ReplayTeam {
            team: "shop".to_owned(),
            counts,
        }],
        not_assessed: vec![
            ReplayNotAssessed {
                id: "event-without-object".to_owned(),
                reason: "level Metadata of secrets holds no object".to_owned(),
                count: 4,
                first: Some(place("audit.log", 3)),
                is_accepted: false,
            },
            ReplayNotAssessed {
                id: "unreadable-file".to_owned(),
                reason: "no such file or directory".to_owned(),
                count: 1,
                first: Some(place("gone.log", 0)),
                is_accepted: false,
            },
        ],
    }
}

#[test]
fn people_see_the_worst_first_and_the_verdict_last() {
    let mut report = report();
    report.accept("event-without-object");
    let text = written(|out| replay_text(&report, &ReplayTextOptions::default(), out));
    insta::assert_snapshot!(text);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = written(|out| replay_text(&report(), &ReplayTextOptions::default(), out));
    let colour = ReplayTextOptions { colour: true };
    let coloured = written(|out| replay_text(&report(), &colour, out));
    assert_ne!(plain, coloured);
    let styles = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_eq!(styles.replace_all(&coloured, ""), plain);
}

#[test]
fn nothing_is_not_clean() {
    let nothing = ReplayReport::default();
    let text = written(|out| replay_text(&nothing, &ReplayTextOptions::default(), out));
    assert!(
        text.ends_with("Nothing was replayed: no request was found that could be judged.\n"),
        "{text}"
    );
}

#[test]
fn the_json_is_what_the_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for against in [None, Some("sha256:2".to_owned())] {
        let report = ReplayReport {
            against,
            ..report()
        };
        let json: Value = serde_json::from_str(&written(|out| replay_json(&report, out))).unwrap();
        assert_eq!(errors(&schema, &schema, &json, ""), [""; 0]);
        let mut wrong = json.clone();
        wrong["causes"][0]["requests"] = "many".into();
        wrong["summary"]["now"] = Value::Null;
        assert_eq!(errors(&schema, &schema, &wrong, "").len(), 2 + 2);
        // Nothing is written that the schema does not describe.
        let described = |pointer: &str, written: &Value| {
            let properties = schema.pointer(pointer).unwrap();
            for field in written.as_object().unwrap().keys() {
                assert!(properties.get(field).is_some(), "{pointer}: {field}");
            }
        };
        described("/properties", &json);
        described("/$defs/summary/properties", &json["summary"]);
        described("/$defs/cause/properties", &json["causes"][1]);
        described(
            "/properties/workloads/items/properties",
            &json["workloads"][0],
        );
        described("/properties/teams/items/properties", &json["teams"][0]);
        described(
            "/properties/not_assessed/items/properties",
            &json["not_assessed"][0],
        );
    }
}
