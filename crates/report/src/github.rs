//! `-o github`: workflow commands that GitHub shows beside the changed lines.
//!
//! Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use std::{fmt::Write as _, io};

use ringwall_model::{Location, Report, Severity};

use crate::{
    Context, Excerpts,
    words::{clean, subject_words},
};

/// Writes one annotation for each finding that counts and for each thing that is not assessed.
pub fn github(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    for item in report.not_assessed.iter().filter(|item| item.counts()) {
        let place = item.location.as_ref().map_or_else(
            || {
                let file = item.subject.file.as_deref();
                file.map_or_else(String::new, |file| format!("file={},", property(file)))
            },
            place,
        );
        let title = property(&format!("not assessed: {}", item.id));
        let text = data(&format!(
            "{}: {}",
            subject_words(&item.subject),
            item.reason
        ));
        writeln!(out, "::warning {place}title={title}::{text}")?;
    }
    for finding in report.findings.iter().filter(|finding| finding.fails()) {
        let command = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let title = property(&format!("{} ({})", finding.check, finding.severity));
        let mut text = format!(
            "{}: {}",
            subject_words(&finding.subject),
            excerpts.message(finding)
        );
        if !finding.remediation.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{}", finding.remediation);
        }
        let text = data(&text);
        writeln!(
            out,
            "::{command} {}title={title}::{text}",
            place(&finding.location)
        )?;
    }
    Ok(())
}

/// The place as properties. GitHub's ends are inclusive, and it knows columns on one line only.
fn place(location: &Location) -> String {
    let (start, end) = (location.start, location.end);
    let last_line = if end.column == 1 && end.line > start.line {
        end.line - 1
    } else {
        end.line
    };
    let mut place = format!(
        "file={},line={},endLine={last_line},",
        property(&location.file),
        start.line
    );
    if start.line == end.line {
        let last = end.column.saturating_sub(1).max(start.column);
        // Writing to a string cannot fail.
        let _ = write!(place, "col={},endColumn={last},", start.column);
    }
    place
}

/// A property's value: it may neither end the property nor the command.
fn property(text: &str) -> String {
    clean(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// The message: lines stay lines, and no line can start a command of its own.
fn data(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| clean(line).replace('%', "%25"))
        .collect();
    lines.join("%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_its_property_or_start_a_command() {
        assert_eq!(
            property("a,b:c%d\n::error::x"),
            "a%2Cb%3Ac%25d␊%3A%3Aerror%3A%3Ax"
        );
        assert_eq!(
            data("100%\r\n::stop-commands::x"),
            "100%25␍%0A::stop-commands::x"
        );
    }
}
