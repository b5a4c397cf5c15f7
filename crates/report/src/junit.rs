//! `-o junit`: a test suite per file, a test case per check and subject.
//!
//! A finding that counts is a failure, an accepted one is skipped, and what could not be
//! assessed is an error, so no pipeline takes it for a pass.

use std::{collections::BTreeMap, fmt::Write as _, io};

use ringwall_model::{Finding, NotAssessed, Report, Status, Subject};

use crate::{
    Context, Excerpts,
    words::{clean, place_words, subject_words},
};

type Cases<'a> = BTreeMap<(&'a str, &'a Subject), Vec<&'a Finding>>;

/// Writes the report as `JUnit` XML.
pub fn junit(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let mut suites: BTreeMap<&str, Cases<'_>> = BTreeMap::new();
    for finding in &report.findings {
        suites
            .entry(&finding.location.file)
            .or_default()
            .entry((&finding.check, &finding.subject))
            .or_default()
            .push(finding);
    }
    let counts = suites.values().map(Counts::of);
    let mut all = counts.fold(Counts::default(), |all, suite| Counts {
        tests: all.tests + suite.tests,
        failures: all.failures + suite.failures,
        errors: 0,
        skipped: all.skipped + suite.skipped,
    });
    let unseen = Counts::of_not_assessed(&report.not_assessed);
    all.tests += unseen.tests;
    all.errors += unseen.errors;
    all.skipped += unseen.skipped;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"ringwall\"{}>", all.attributes())?;
    if !report.not_assessed.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"not assessed\"{}>",
            unseen.attributes()
        )?;
        for item in &report.not_assessed {
            not_assessed(item, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    for (file, cases) in &suites {
        let attributes = Counts::of(cases).attributes();
        writeln!(out, "  <testsuite name=\"{}\"{attributes}>", escape(file))?;
        for (&(check, subject), findings) in cases {
            let name = format!("{check}: {}", subject_words(subject));
            write!(
                out,
                "    <testcase classname=\"{}\" name=\"{}\"",
                escape(file),
                escape(&name)
            )?;
            case(&excerpts, findings, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(excerpts: &Excerpts<'_>, findings: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    let failing: Vec<&Finding> = findings
        .iter()
        .copied()
        .filter(|finding| finding.fails())
        .collect();
    if let Some(worst) = failing.first() {
        writeln!(
            out,
            ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
            worst.severity,
            escape(&excerpts.message(worst)),
            failing
                .iter()
                .map(|finding| failure_text(excerpts, finding))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    } else if let Some(reason) = findings
        .iter()
        .find_map(|finding| accepted(&finding.status))
    {
        writeln!(
            out,
            ">\n      <skipped message=\"{}\"/>\n    </testcase>",
            escape(&reason)
        )
    } else {
        writeln!(out, "/>")
    }
}

fn not_assessed(item: &NotAssessed, out: &mut dyn io::Write) -> io::Result<()> {
    let place = item
        .location
        .as_ref()
        .map_or_else(|| subject_words(&item.subject), place_words);
    writeln!(
        out,
        "    <testcase classname=\"not assessed\" name=\"{}\">",
        escape(&format!("{}: {place}", item.id))
    )?;
    match accepted(&item.status) {
        Some(reason) => writeln!(out, "      <skipped message=\"{}\"/>", escape(&reason))?,
        None => writeln!(
            out,
            "      <error type=\"{}\" message=\"{}\"/>",
            escape(&item.id),
            escape(&item.reason)
        )?,
    }
    writeln!(out, "    </testcase>")
}

fn accepted(status: &Status) -> Option<String> {
    let Status::Accepted(acceptance) = status else {
        return None;
    };
    let mut words = format!("accepted by {}", acceptance.source.as_str());
    // Writing to a string cannot fail.
    if let Some(owner) = &acceptance.owner {
        let _ = write!(words, ", owner {owner}");
    }
    if let Some(until) = acceptance.until {
        let _ = write!(words, ", until {until}");
    }
    if let Some(reason) = &acceptance.reason {
        let _ = write!(words, ": {reason}");
    }
    Some(words)
}

fn failure_text(excerpts: &Excerpts<'_>, finding: &Finding) -> String {
    let mut text = format!(
        "{}: {}: {}\n",
        escape(&place_words(&finding.location)),
        finding.severity,
        escape(&excerpts.message(finding))
    );
    if let Some(excerpt) = excerpts.cut(&finding.location, 1) {
        for (line, number) in excerpt.lines.iter().zip(excerpt.first_line..) {
            let mark = if line.marked.is_some() { '>' } else { ' ' };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{}{number:>5} | {}",
                escape(&mark.to_string()),
                escape(&line.text)
            );
        }
    }
    if !finding.remediation.is_empty() {
        text.push_str(&escape(&finding.remediation));
        text.push('\n');
    }
    text
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(cases: &Cases<'_>) -> Self {
        let mut counts = Self {
            tests: cases.len(),
            ..Self::default()
        };
        for findings in cases.values() {
            if findings.iter().any(|finding| finding.fails()) {
                counts.failures += 1;
            } else if findings
                .iter()
                .any(|finding| accepted(&finding.status).is_some())
            {
                counts.skipped += 1;
            }
        }
        counts
    }

    fn of_not_assessed(items: &[NotAssessed]) -> Self {
        let errors = items.iter().filter(|item| item.counts()).count();
        Self {
            tests: items.len(),
            failures: 0,
            errors,
            skipped: items.len() - errors,
        }
    }

    fn attributes(&self) -> String {
        format!(
            " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            self.tests, self.failures, self.errors, self.skipped
        )
    }
}

/// Text for XML, in content and in attributes; characters that XML 1.0 forbids are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
