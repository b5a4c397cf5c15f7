//! `-o conftest` and its kin: what conftest prints, in its own forms.
//!
//! Results are those of rules and not findings, so these forms take results of their own.
//! Source of the forms: what conftest prints, which a test compares.

mod junit;
mod sarif;
mod table;

use std::io;

use serde::Serialize;
use serde_json::{Map, Value, ser::Serializer};

use crate::go_json::GoFormatter;

/// What the rules of one package say of one file. The order of the fields is the order in the JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConftestResult {
    /// The file; empty for standard input.
    pub filename: String,
    /// The package, without `data.`.
    pub namespace: String,
    /// Rules that found nothing.
    pub successes: usize,
    /// What `warn` says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ConftestMessage>,
    /// What `deny` and `violation` say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ConftestMessage>,
    /// The exceptions that silenced a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ConftestMessage>,
}

/// One thing that a rule says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConftestMessage {
    /// The message.
    pub msg: String,
    /// Where it is, if the rule says so.
    #[serde(rename = "loc", skip_serializing_if = "Option::is_none")]
    pub location: Option<ConftestLocation>,
    /// What else the rule says.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// A place that a rule names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConftestLocation {
    /// The file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line, a number as the rule wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<serde_json::Number>,
}

/// One of conftest's forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConftestForm {
    /// Its `json`.
    Json,
    /// Its `stdout`, without colour.
    Stdout,
    /// Its `tap`.
    Tap,
    /// Its `table`.
    Table,
    /// Its `junit`.
    Junit,
    /// Its `sarif`.
    Sarif,
    /// Its `github`.
    Github,
    /// Its `azuredevops`.
    AzureDevops,
}

/// Numbers of results of each sort.
#[derive(Clone, Copy, Default)]
struct Totals {
    successes: usize,
    warnings: usize,
    failures: usize,
    exceptions: usize,
}

impl Totals {
    fn of(results: &[ConftestResult]) -> Self {
        let mut totals = Self::default();
        for result in results {
            totals.successes += result.successes;
            totals.warnings += result.warnings.len();
            totals.failures += result.failures.len();
            totals.exceptions += result.exceptions.len();
        }
        totals
    }

    const fn tests(self) -> usize {
        self.successes + self.warnings + self.failures + self.exceptions
    }

    /// The words of its last line.
    fn line(self) -> String {
        let ending = |count: usize| if count == 1 { "" } else { "s" };
        format!(
            "{} test{}, {} passed, {} warning{}, {} failure{}, {} exception{}",
            self.tests(),
            ending(self.tests()),
            self.successes,
            self.warnings,
            ending(self.warnings),
            self.failures,
            ending(self.failures),
            self.exceptions,
            ending(self.exceptions),
        )
    }
}

/// Writes results as conftest prints them.
pub fn conftest(
    results: &[ConftestResult],
    form: ConftestForm,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match form {
        ConftestForm::Json => json(results, out),
        ConftestForm::Stdout => stdout(results, out),
        ConftestForm::Tap => tap(results, out),
        ConftestForm::Table => table::write(results, out),
        ConftestForm::Junit => junit::write(results, out),
        ConftestForm::Sarif => sarif::write(results, out),
        ConftestForm::Github => github(results, out),
        ConftestForm::AzureDevops => azure_devops(results, out),
    }
}

fn json(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    let mut results = results.to_vec();
    for result in &mut results {
        if result.filename == "-" {
            result.filename.clear();
        }
    }
    let mut serializer = Serializer::with_formatter(&mut *out, GoFormatter::with_indent("\t"));
    results
        .serialize(&mut serializer)
        .map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// File and package before a message.
fn place(result: &ConftestResult) -> String {
    let file = match result.filename.as_str() {
        "-" => "-".to_owned(),
        name => format!("- {name}"),
    };
    format!("{file} - {} -", result.namespace)
}

fn stdout(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    for result in results {
        let place = place(result);
        for (word, messages) in [
            ("WARN", &result.warnings),
            ("FAIL", &result.failures),
            ("EXCP", &result.exceptions),
        ] {
            for message in messages {
                writeln!(out, "{word} {place} {}", message.msg)?;
            }
        }
    }
    writeln!(out, "\n{}", Totals::of(results).line())
}

fn tap(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    let total = Totals::of(results).tests();
    if total == 0 {
        return Ok(());
    }
    writeln!(out, "1..{total}")?;
    let mut number = 1;
    for result in results {
        let place = place(result);
        let success = ConftestMessage {
            msg: "SUCCESS".to_owned(),
            ..ConftestMessage::default()
        };
        let successes = vec![success; result.successes];
        for (header, status, messages) in [
            ("", "not ok", &result.failures),
            ("warnings", "not ok", &result.warnings),
            ("exceptions", "ok", &result.exceptions),
            ("successes", "ok", &successes),
        ] {
            if !header.is_empty() && !messages.is_empty() {
                writeln!(out, "# {header}")?;
            }
            for message in messages {
                writeln!(out, "{status} {number} {place} {}", message.msg)?;
                number += 1;
            }
        }
    }
    Ok(())
}

fn github(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    for result in results {
        let tests = Totals::of(std::slice::from_ref(result)).tests();
        writeln!(
            out,
            "::group::Testing {:?} against {tests} policies in namespace {:?}",
            result.filename, result.namespace
        )?;
        for (level, messages) in [
            ("error", &result.failures),
            ("warning", &result.warnings),
            ("notice", &result.exceptions),
        ] {
            for message in messages {
                annotation(level, &result.filename, message, out)?;
            }
        }
        let file = property(&result.filename);
        writeln!(
            out,
            "::notice file={file},line=1::Number of successful checks: {}",
            result.successes
        )?;
        writeln!(out, "::endgroup::")?;
    }
    writeln!(out, "{}", Totals::of(results).line())
}

fn annotation(
    level: &str,
    file: &str,
    message: &ConftestMessage,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let own = property(file);
    let text = &message.msg;
    let Some(location) = &message.location else {
        return writeln!(out, "::{level} file={own},line=1::{text}");
    };
    let line = location
        .line
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let there = property(&location.file);
    writeln!(out, "::{level} file={there},line={line}::{text}")?;
    if location.file != file {
        let from = format!("{} L{line}", location.file);
        writeln!(
            out,
            "::{level} file={own},line=1::(ORIGINATING FROM {from}) {text}"
        )?;
    }
    Ok(())
}

/// A value that may stand before the `::` of a workflow command.
fn property(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            ':' => escaped.push_str("%3A"),
            ',' => escaped.push_str("%2C"),
            _ => escaped.push(char),
        }
    }
    escaped
}

fn azure_devops(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    for result in results {
        let tests = Totals::of(std::slice::from_ref(result)).tests();
        let file = &result.filename;
        writeln!(
            out,
            "##[section]Testing '{file}' against {tests} policies in namespace '{}'",
            result.namespace
        )?;
        writeln!(out, "##[group]See conftest results")?;
        for (kind, messages) in [
            ("error", &result.failures),
            ("warning", &result.warnings),
            ("warning", &result.exceptions),
        ] {
            for message in messages {
                writeln!(
                    out,
                    "##vso[task.logissue type={kind}] file={file} --> {}",
                    message.msg
                )?;
            }
        }
        if result.successes > 0 {
            writeln!(out, "success file={file} {}", result.successes)?;
        }
        writeln!(out, "##[endgroup]")?;
    }
    writeln!(out, "{}", Totals::of(results).line())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<ConftestResult> {
        let message = |msg: &str| ConftestMessage {
            msg: msg.to_owned(),
            location: None,
            metadata: [("query".to_owned(), Value::from("data.main.deny"))]
                .into_iter()
                .collect(),
        };
        vec![ConftestResult {
            filename: "a,b.yaml".to_owned(),
            namespace: "main".to_owned(),
            successes: 1,
            failures: vec![message("no <root>")],
            warnings: vec![message("old")],
            exceptions: Vec::new(),
        }]
    }

    fn written(form: ConftestForm) -> String {
        let mut out = Vec::new();
        conftest(&sample(), form, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_indented_by_tabs_and_escaped_as_go_does() {
        assert_eq!(
            written(ConftestForm::Json),
            "[\n\t{\n\t\t\"filename\": \"a,b.yaml\",\n\t\t\"namespace\": \"main\",\n\t\t\"successes\": 1,\n\t\t\"warnings\": [\n\t\t\t{\n\t\t\t\t\"msg\": \"old\",\n\t\t\t\t\"metadata\": {\n\t\t\t\t\t\"query\": \"data.main.deny\"\n\t\t\t\t}\n\t\t\t}\n\t\t],\n\t\t\"failures\": [\n\t\t\t{\n\t\t\t\t\"msg\": \"no \\u003croot\\u003e\",\n\t\t\t\t\"metadata\": {\n\t\t\t\t\t\"query\": \"data.main.deny\"\n\t\t\t\t}\n\t\t\t}\n\t\t]\n\t}\n]\n"
        );
    }

    #[test]
    fn the_other_forms_are_lines() {
        assert_eq!(
            written(ConftestForm::Stdout),
            "WARN - a,b.yaml - main - old\nFAIL - a,b.yaml - main - no <root>\n\n3 tests, 1 passed, 1 warning, 1 failure, 0 exceptions\n"
        );
        assert_eq!(
            written(ConftestForm::Tap),
            "1..3\nnot ok 1 - a,b.yaml - main - no <root>\n# warnings\nnot ok 2 - a,b.yaml - main - old\n# successes\nok 3 - a,b.yaml - main - SUCCESS\n"
        );
        let github = written(ConftestForm::Github);
        assert!(
            github.contains("::error file=a%2Cb.yaml,line=1::no <root>\n"),
            "{github}"
        );
        let azure = written(ConftestForm::AzureDevops);
        assert!(
            azure.contains("##vso[task.logissue type=error] file=a,b.yaml --> no <root>\n"),
            "{azure}"
        );
    }

    #[test]
    fn a_table_has_a_line_for_each_result_and_each_of_its_lines() {
        let expected = "\
┌─────────┬──────────┬───────────┬───────────┐
│ RESULT  │   FILE   │ NAMESPACE │  MESSAGE  │
├─────────┼──────────┼───────────┼───────────┤
│ success │ a,b.yaml │ main      │ SUCCESS   │
│ warning │ a,b.yaml │ main      │ old       │
│ failure │ a,b.yaml │ main      │ no <root> │
└─────────┴──────────┴───────────┴───────────┘
";
        assert_eq!(written(ConftestForm::Table), expected);
        let mut out = Vec::new();
        conftest(&[], ConftestForm::Table, &mut out).unwrap();
        assert_eq!(out, b"");
    }

    #[test]
    fn junit_has_a_suite_for_each_package() {
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
	<testsuite tests="3" failures="2" time="0.000" name="conftest.main">
		<testcase classname="conftest.main" name="a,b.yaml - old" time="0.000">
			<failure message="Failed" type="">old</failure>
		</testcase>
		<testcase classname="conftest.main" name="a,b.yaml - no &lt;root&gt;" time="0.000">
			<failure message="Failed" type="">no &lt;root&gt;</failure>
		</testcase>
		<testcase classname="conftest.main" name="a,b.yaml" time="0.000"></testcase>
	</testsuite>
</testsuites>
"#;
        assert_eq!(written(ConftestForm::Junit), expected);
    }

    #[test]
    fn sarif_has_a_rule_for_each_kind_of_result() {
        let report: Value = serde_json::from_str(&written(ConftestForm::Sarif)).unwrap();
        let run = &report["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| &rule["id"]).collect();
        assert_eq!(ids, ["main/deny", "main/warn"]);
        let results = run["results"].as_array().unwrap();
        let said = results.iter().map(|result| &result["message"]["text"]);
        assert_eq!(said.collect::<Vec<_>>(), ["no <root>", "old"]);
        assert_eq!(run["invocations"][0]["exitCode"], 1);
    }
}
