//! conftest's `table`: a line for each result, in boxes.

use std::io;

use unicode_width::UnicodeWidthChar;

use super::ConftestResult;

const HEADINGS: [&str; 4] = ["RESULT", "FILE", "NAMESPACE", "MESSAGE"];

/// What a tab takes; conftest asks the terminal, and takes this where it says nothing.
const TAB: &str = "        ";

/// The lines of each of its four cells.
type Row = [Vec<String>; 4];

pub(super) fn write(results: &[ConftestResult], out: &mut dyn io::Write) -> io::Result<()> {
    let rows = rows(results);
    if rows.is_empty() {
        return Ok(());
    }
    let mut widths = HEADINGS.map(width);
    for row in &rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            let widest = cell.iter().map(|line| width(line)).max();
            *column = widest.unwrap_or(0).max(*column);
        }
    }
    rule(["┌", "┬", "┐"], widths, out)?;
    let headings: Vec<_> = HEADINGS
        .iter()
        .zip(widths)
        .map(|(text, column)| {
            let room = column.saturating_sub(width(text));
            let before = room / 2;
            format!("{}{text}{}", " ".repeat(before), " ".repeat(room - before))
        })
        .collect();
    writeln!(out, "│ {} │", headings.join(" │ "))?;
    rule(["├", "┼", "┤"], widths, out)?;
    for row in &rows {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let cells: Vec<_> = row
                .iter()
                .zip(widths)
                .map(|(cell, column)| {
                    let text = cell.get(at).map_or("", String::as_str);
                    let room = column.saturating_sub(width(text));
                    format!("{text}{}", " ".repeat(room))
                })
                .collect();
            writeln!(out, "│ {} │", cells.join(" │ "))?;
        }
    }
    rule(["└", "┴", "┘"], widths, out)
}

fn rows(results: &[ConftestResult]) -> Vec<Row> {
    let mut rows = Vec::new();
    for result in results {
        let mut row = |word: &str, message: &str| {
            rows.push([word, &result.filename, &result.namespace, message].map(lines));
        };
        for _ in 0..result.successes {
            row("success", "SUCCESS");
        }
        for (word, messages) in [
            ("exception", &result.exceptions),
            ("warning", &result.warnings),
            ("failure", &result.failures),
        ] {
            for message in messages {
                row(word, &message.msg);
            }
        }
    }
    rows
}

/// The lines of a cell, without blanks around them; at least one.
fn lines(text: &str) -> Vec<String> {
    let lines = text.split('\n');
    lines.map(|line| line.trim().replace('\t', TAB)).collect()
}

/// The columns that a text takes.
fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

fn rule(ends: [&str; 3], widths: [usize; 4], out: &mut dyn io::Write) -> io::Result<()> {
    let [left, between, right] = ends;
    let parts = widths.map(|width| "─".repeat(width + 2));
    writeln!(out, "{left}{}{right}", parts.join(between))
}
