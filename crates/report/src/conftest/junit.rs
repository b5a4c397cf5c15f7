//! conftest's `junit`: a suite for each package, a case for each result.
//!
//! Suites are in the order in which packages were asked; conftest has them in a random one, and tells besides by
//! which version of Go it was built.

use std::{fmt::Write as _, io};

use super::ConftestResult;

/// A package's cases: their names, and what the failed ones say.
struct Suite<'a> {
    namespace: &'a str,
    cases: Vec<(String, Option<&'a str>)>,
}

pub(super) fn write(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    let suites = suites(results);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    if suites.is_empty() {
        return writeln!(out, "<testsuites></testsuites>");
    }
    writeln!(out, "<testsuites>")?;
    for suite in &suites {
        let name = escaped(&format!("conftest.{}", suite.namespace));
        let class = name.rsplit('/').next().unwrap_or(&name);
        let failures = suite.cases.iter().filter(|(_, said)| said.is_some());
        writeln!(
            out,
            "\t<testsuite tests=\"{}\" failures=\"{}\" time=\"0.000\" name=\"{name}\">",
            suite.cases.len(),
            failures.count(),
        )?;
        for (case, said) in &suite.cases {
            let case = escaped(case);
            write!(
                out,
                "\t\t<testcase classname=\"{class}\" name=\"{case}\" time=\"0.000\">"
            )?;
            if let Some(said) = said {
                let said = escaped(said);
                write!(
                    out,
                    "\n\t\t\t<failure message=\"Failed\" type=\"\">{said}</failure>\n\t\t"
                )?;
            }
            writeln!(out, "</testcase>")?;
        }
        writeln!(out, "\t</testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn suites(results: &[ConftestResult]) -> Vec<Suite<'_>> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    for result in results {
        let said = result.warnings.iter().chain(&result.failures);
        let said = said.map(|message| {
            let name = match message.msg.split('\n').next() {
                _ if message.msg.is_empty() => result.filename.clone(),
                first => format!("{} - {}", result.filename, first.unwrap_or("")),
            };
            (name, Some(message.msg.as_str()))
        });
        let passed = (0..result.successes).map(|_| (result.filename.clone(), None));
        let cases: Vec<_> = said.chain(passed).collect();
        if cases.is_empty() {
            continue;
        }
        let mut known = suites.iter_mut();
        match known.find(|suite| suite.namespace == result.namespace) {
            Some(suite) => suite.cases.extend(cases),
            None => suites.push(Suite {
                namespace: &result.namespace,
                cases,
            }),
        }
    }
    suites
}

/// A text as Go's encoder writes it in XML; what XML cannot say is U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' | '\'' | '\t' | '\n' | '\r' => {
                // Writing to a text cannot fail.
                let number = u32::from(char);
                let _ = match char {
                    '"' | '\'' => write!(escaped, "&#{number};"),
                    _ => write!(escaped, "&#x{number:X};"),
                };
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(char),
        }
    }
    escaped
}
