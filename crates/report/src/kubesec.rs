//! `-o kubesec`: the JSON of kubesec v2, byte for byte as its Go encoder writes it.
//!
//! Scores are made from objects and not from findings, so this form takes reports of its own.

use std::io;

use serde::Serialize;
use serde_json::ser::Serializer;

use crate::go_json::GoFormatter;

/// What kubesec says about one object. The order of the fields is the order in the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KubesecReport {
    /// `Kind/name.namespace`; `Unknown` without a kind.
    pub object: String,
    /// Whether the object could be scored.
    pub valid: bool,
    /// The file as the user named it; `STDIN` for standard input.
    #[serde(rename = "fileName")]
    pub file_name: String,
    /// The score in words, or what is wrong with an object that is not valid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Sum of the points of all rules that match.
    pub score: i32,
    /// The rules behind the score.
    pub scoring: KubesecScoring,
}

/// Rules by what they say; a list without rules is left out of the JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KubesecScoring {
    /// Rules that match and take points away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub critical: Vec<KubesecRule>,
    /// Rules that match and give points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<KubesecRule>,
    /// Rules that would give points and do not match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advise: Vec<KubesecRule>,
}

/// A rule as reports show it. kubesec's `weight` and `href` are set by none of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KubesecRule {
    /// kubesec's id.
    pub id: &'static str,
    /// kubesec's words for the place that is looked at.
    pub selector: &'static str,
    /// Why it matters, in our words.
    pub reason: &'static str,
    /// What a match adds to the score.
    pub points: i32,
}

/// Writes reports as kubesec prints them: one array, indented by two blanks, and a line break.
pub fn kubesec(reports: &[KubesecReport], out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, GoFormatter::default());
    reports
        .serialize(&mut serializer)
        .map_err(io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reports: &[KubesecReport]) -> String {
        let mut out = Vec::new();
        kubesec(reports, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn report(object: &str, scoring: KubesecScoring) -> KubesecReport {
        KubesecReport {
            object: object.to_owned(),
            valid: true,
            file_name: "STDIN".to_owned(),
            message: "Passed with a score of 3 points".to_owned(),
            score: 3,
            scoring,
        }
    }

    #[test]
    fn lists_without_rules_are_left_out() {
        let scoring = KubesecScoring {
            passed: vec![KubesecRule {
                id: "CapDropAll",
                selector: "drop | index(\"ALL\")",
                reason: "r",
                points: 1,
            }],
            ..KubesecScoring::default()
        };
        assert_eq!(
            written(&[report("Pod/a.default", scoring)]),
            r#"[
  {
    "object": "Pod/a.default",
    "valid": true,
    "fileName": "STDIN",
    "message": "Passed with a score of 3 points",
    "score": 3,
    "scoring": {
      "passed": [
        {
          "id": "CapDropAll",
          "selector": "drop | index(\"ALL\")",
          "reason": "r",
          "points": 1
        }
      ]
    }
  }
]
"#
        );
    }

    #[test]
    fn an_empty_scoring_stays_an_object_on_one_line() {
        let mut report = report("Foo/a.default", KubesecScoring::default());
        report.message.clear();
        let text = written(&[report]);
        assert!(text.contains("    \"scoring\": {}\n"), "{text}");
        assert!(!text.contains("message"), "{text}");
    }

    #[test]
    fn text_is_escaped_as_go_escapes_it() {
        let object = "a<b>&\u{2028}\u{7f}\t\u{1}\u{8}\"ü/";
        let text = written(&[report(object, KubesecScoring::default())]);
        assert!(text.contains(r#""a\u003cb\u003e\u0026\u2028"#), "{text}");
        assert!(text.contains("\u{7f}\\t\\u0001\\b\\\"ü/\""), "{text}");
    }
}
