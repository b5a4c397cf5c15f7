//! conftest's `sarif`: rules are `<package>/deny`, `/warn`, `/allow`, `/success` and `/skip`.
//!
//! It stands in for conftest's, and so names conftest as the tool.

use std::{collections::BTreeMap, fmt::Write as _, io};

use serde::Serialize as _;
use serde_json::{Map, Number, Value, json, ser::Serializer};

use super::{ConftestMessage, ConftestResult};
use crate::go_json::GoLine;

/// The release of conftest whose form this is.
const VERSION: &str = "0.71.1";

const SCHEMA: &str = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json";

const SUCCESS: &str = "Policy was satisfied successfully";
const SKIPPED: &str = "Policy check was skipped";

/// Members of an object in the order in which conftest writes them.
struct Ordered<'a>(Vec<(&'a str, Json<'a>)>);

enum Json<'a> {
    Value(Value),
    Object(Ordered<'a>),
    List(Vec<Json<'a>>),
}

impl serde::Serialize for Json<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Object(Ordered(members)) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json<'a>)>) -> Json<'a> {
    Json::Object(Ordered(members.into_iter().collect()))
}

fn value<'a>(value: impl Into<Value>) -> Json<'a> {
    Json::Value(value.into())
}

/// Rules and results, as they come up.
#[derive(Default)]
struct Run<'a> {
    rules: Vec<Json<'a>>,
    places: BTreeMap<String, usize>,
    results: Vec<Json<'a>>,
}

pub(super) fn write(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    let mut run = Run::default();
    for result in results {
        for (rule, level, messages) in [
            ("deny", "error", &result.failures),
            ("warn", "warning", &result.warnings),
            ("allow", "note", &result.exceptions),
        ] {
            for message in messages {
                run.add(result, rule, level, message);
            }
        }
        if !result.failures.is_empty() || !result.warnings.is_empty() {
            continue;
        }
        let is_success = result.successes > 0 || !result.exceptions.is_empty();
        let (rule, said) = if is_success {
            ("success", SUCCESS)
        } else {
            ("skip", SKIPPED)
        };
        let message = ConftestMessage {
            msg: said.to_owned(),
            location: None,
            metadata: Map::from_iter([("description".to_owned(), said.into())]),
        };
        run.add(result, rule, "none", &message);
    }
    let has = |messages: fn(&ConftestResult) -> &Vec<ConftestMessage>| {
        results.iter().any(|result| !messages(result).is_empty())
    };
    let has_failures = has(|result| &result.failures);
    let description = match (has_failures, has(|result| &result.warnings)) {
        (true, _) => "Policy violations found",
        (false, true) => "Policy warnings found",
        (false, false) => "No policy violations found",
    };
    let driver = object([
        (
            "informationUri",
            value("https://github.com/open-policy-agent/conftest"),
        ),
        ("name", value("conftest")),
        ("rules", Json::List(run.rules)),
        ("version", value(VERSION)),
    ]);
    let invocation = object([
        ("executionSuccessful", value(true)),
        ("exitCode", value(u8::from(has_failures))),
        ("exitCodeDescription", value(description)),
    ]);
    let run = object([
        ("tool", object([("driver", driver)])),
        ("invocations", Json::List(vec![invocation])),
        ("results", Json::List(run.results)),
    ]);
    let report = object([
        ("version", value("2.1.0")),
        ("$schema", value(SCHEMA)),
        ("runs", Json::List(vec![run])),
    ]);
    let mut serializer = Serializer::with_formatter(&mut *out, GoLine);
    report.serialize(&mut serializer).map_err(io::Error::from)
}

impl Run<'_> {
    fn add(
        &mut self,
        result: &ConftestResult,
        rule: &str,
        level: &'static str,
        message: &ConftestMessage,
    ) {
        let id = format!("{}/{rule}", result.namespace);
        let next = self.rules.len();
        let index = *self.places.entry(id.clone()).or_insert(next);
        if index == next {
            let description = match rule {
                "success" => SUCCESS,
                "skip" => SKIPPED,
                "allow" => "Policy exception",
                "warn" => "Policy warning",
                _ => "Policy violation",
            };
            let mut members = vec![
                ("id", value(id.as_str())),
                ("shortDescription", value(json!({"text": description}))),
            ];
            // What the first result under a rule says besides stands for all of them.
            if !message.metadata.is_empty() {
                members.push(("properties", value(message.metadata.clone())));
            }
            self.rules.push(object(members));
        }
        let (file, region) = match &message.location {
            Some(location) => {
                let line = location.line.as_ref().and_then(Number::as_u64);
                let [start, end] = [value(line.unwrap_or(0)), value(line.unwrap_or(0))];
                let region = object([("startLine", start), ("endLine", end)]);
                (&location.file, Some(region))
            }
            None => (&result.filename, None),
        };
        let mut physical = vec![(
            "artifactLocation",
            value(json!({"uri": escaped_path(file)})),
        )];
        physical.extend(region.map(|region| ("region", region)));
        let location = object([("physicalLocation", object(physical))]);
        self.results.push(object([
            ("ruleId", value(id)),
            ("ruleIndex", value(index)),
            ("level", value(level)),
            ("message", value(json!({"text": message.msg}))),
            ("locations", Json::List(vec![location])),
        ]));
    }
}

/// A path as Go writes it in a URL.
fn escaped_path(path: &str) -> String {
    if path == "*" {
        return path.to_owned();
    }
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => escaped.push(char::from(byte)),
            byte if b"-_.~$&+,/:;=@".contains(&byte) => escaped.push(char::from(byte)),
            // Writing to a text cannot fail.
            byte => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}
