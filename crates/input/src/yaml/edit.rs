//! Edits that keep comments and layout: set a field, remove a field, remove an item.
//!
//! Each function gives the smallest edit of the text, or `None` where an edit would reach beyond the
//! place it is meant for (an alias, a merged mapping, a layout that is not understood).
//! What is written into JSON is written as JSON.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use ringwall_model::{Edit, Source, Span};

use super::{Node, Value, parse, tree::Kind};

/// Columns that a nested mapping is indented by.
const STEP: usize = 2;

/// Makes the field at `path` below `node` read `value`, a scalar or flow collection in YAML.
pub fn set(node: Node<'_>, path: &[&str], value: &str) -> Option<Vec<Edit>> {
    set_written(node, path, &written_for(node, value))
}

fn set_written(node: Node<'_>, path: &[&str], value: &str) -> Option<Vec<Edit>> {
    let (&key, rest) = path.split_first()?;
    let source = &*node.document().source;
    if !node.is_mapping() || is_shared(node) {
        return None;
    }
    let Some(field) = node.get_written(key) else {
        return insert(node, path, value).map(|edit| vec![edit]);
    };
    let key_span = field.key()?.span();
    if !node.span().contains(key_span) || field.span().start < key_span.end {
        return None; // Reached through an alias or a merge key: others use it too.
    }
    let goes = rest.is_empty() || field.is_null();
    if goes && is_needed(field) {
        return None;
    }
    if rest.is_empty() {
        return Some(vec![replace_value(source, key_span, field, value)?]);
    }
    if field.is_null() {
        let colon = colon(source, key_span.end)?;
        let mut text = String::new();
        if node.is_flow() {
            let _ = write!(text, " {{{}}}", flow(rest, value));
        } else {
            let columns = indentation(source, key_span.start)? + STEP;
            nest(rest, value, columns, eol(source), &mut text);
        }
        let end = field_end(source, colon).max(field.span().end as usize);
        return Some(vec![edit(source, Span::new(colon, end), text)]);
    }
    set_written(field, rest, value)
}

/// Replaces the text of a scalar.
pub fn replace(node: Node<'_>, value: &str) -> Option<Vec<Edit>> {
    if !node.is_scalar() || node.span().start == node.span().end || is_shared(node) {
        return None;
    }
    let source = &*node.document().source;
    let span = scalar_span(source, node)?;
    let value = written_for(node, value).into_owned();
    Some(vec![edit(source, span, value)])
}

/// Removes a key and its value from a mapping; an emptied mapping becomes `{}`.
pub fn remove(mapping: Node<'_>, key: &str) -> Option<Vec<Edit>> {
    let source = &*mapping.document().source;
    let mut matching = mapping
        .written_entries()
        .enumerate()
        .filter(|(_, (name, _))| name.text() == key);
    let (at, (_, value)) = matching.next()?;
    if matching.next().is_some() {
        return None; // A repeated key: which one was meant is for a person to say.
    }
    let spans = written_spans(mapping);
    let &[name, written] = spans.get(2 * at..2 * at + 2)? else {
        return None;
    };
    let is_alias = value.span() != written;
    if is_shared(mapping) || (!is_alias && is_needed(value)) {
        return None;
    }
    if spans.len() == 2 {
        return Some(vec![edit(source, mapping.span(), "{}".to_owned())]);
    }
    let previous = (2 * at).checked_sub(1).and_then(|at| spans.get(at));
    let previous = previous.map(|value| value.end);
    let next = spans.get(2 * at + 2).map(|name| name.start);
    remove_between(source, mapping.is_flow(), name.to(written), previous, next)
}

/// Removes an item from a list; an emptied list becomes `[]`.
pub fn remove_item(list: Node<'_>, item: Node<'_>) -> Option<Vec<Edit>> {
    let source = &*list.document().source;
    let at = list.items().position(|other| other.is_same(item))?;
    if is_shared(item) || is_needed(item) {
        return None;
    }
    let spans = written_spans(list);
    if spans.len() == 1 {
        let (span, text) = emptied(source, list, item)?;
        return Some(vec![edit(source, span, text.to_owned())]);
    }
    let previous = at.checked_sub(1).and_then(|at| spans.get(at));
    let previous = previous.map(|item| item.end);
    let next = spans.get(at + 1).map(|item| item.start);
    if !list.is_flow() {
        let start = line_start(source, item.span().start as usize);
        let before = source.text.get(start..item.span().start as usize)?;
        if before.trim() != "-" {
            return None;
        }
    }
    remove_between(source, list.is_flow(), item.span(), previous, next)
}

/// What an emptied list replaces, and by what. The span of a list does not always hold its first dash.
fn emptied(source: &Source, list: Node<'_>, item: Node<'_>) -> Option<(Span, &'static str)> {
    let start = item.span().start as usize;
    let before = source.text.get(line_start(source, start)..start)?;
    let dash = (start - before.len()) + before.find('-').unwrap_or(before.len());
    if list.is_flow() || list.span().start as usize <= dash {
        return Some((list.span(), "[]"));
    }
    // A list in the column of its key; brackets must stand deeper.
    let span = Span::new(dash, list.span().end as usize);
    (before.trim() == "-").then_some((span, "  []"))
}

fn remove_between(
    source: &Source,
    flow: bool,
    entry: Span,
    previous: Option<u32>,
    next: Option<u32>,
) -> Option<Vec<Edit>> {
    let span = match (flow, previous, next) {
        (true, _, Some(next)) => Span {
            start: entry.start,
            end: next,
        },
        (true, Some(previous), None) => Span {
            start: previous,
            end: entry.end,
        },
        (true, None, None) => return None,
        (false, _, next) => {
            let start = line_start(source, entry.start as usize);
            let before = source.text.get(start..entry.start as usize)?;
            match next {
                // The first field of a list item: the dash stays.
                Some(next) if before.trim() == "-" && !is_item_alone(source, entry, next) => Span {
                    start: entry.start,
                    end: next,
                },
                _ if before.trim().is_empty() || before.trim() == "-" => {
                    let end = line_end(source, entry.end as usize);
                    let end = end + source.text.get(end..).map_or(0, break_length);
                    Span::new(start, end)
                }
                _ => return None,
            }
        }
    };
    Some(vec![edit(source, span, String::new())])
}

/// Whether what follows on the next entry's line begins with a dash: the entry was a whole list item.
fn is_item_alone(source: &Source, entry: Span, next: u32) -> bool {
    let start = line_start(source, next as usize);
    start > entry.end as usize
        && source
            .text
            .get(start..next as usize)
            .is_some_and(|before| before.trim() == "-")
}

/// A value as the document of a node writes it: a document in braces may be JSON, and JSON is YAML.
fn written_for<'v>(node: Node<'_>, value: &'v str) -> Cow<'v, str> {
    if !node.document().root().is_flow() {
        return Cow::Borrowed(value);
    }
    let (documents, diagnostics) = parse(&Arc::new(Source::new("", value)));
    match documents.as_slice() {
        [document] if diagnostics.is_empty() => {
            let mut json = String::new();
            write_json(document.root(), &mut json);
            Cow::Owned(json)
        }
        _ => Cow::Borrowed(value),
    }
}

/// Values of edits are written by checks: small, and without aliases.
fn write_json(node: Node<'_>, out: &mut String) {
    match node.value() {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => {
            let _ = write!(out, "{value}");
        }
        Value::String(text) => write_json_string(text, out),
        Value::Sequence => {
            out.push('[');
            for (at, item) in node.items().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Mapping => {
            out.push('{');
            for (at, (key, value)) in node.entries().into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_json_string(key.text(), out);
                out.push_str(": ");
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            _ if char.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

fn insert(mapping: Node<'_>, path: &[&str], value: &str) -> Option<Edit> {
    let source = &*mapping.document().source;
    if mapping.is_flow() {
        let at = mapping.span().start as usize + 1;
        let mut text = flow(path, value);
        if mapping.written_entries().next().is_some() {
            text.push_str(", ");
        }
        return Some(edit(source, Span::at(at), text));
    }
    let mut spans = written(mapping);
    let first = spans.next()?;
    let last = spans.last().unwrap_or(first);
    let columns = indentation(source, first.start)?;
    let end = mapping.span().end.max(last.end);
    let mut at = line_end(source, end as usize);
    if ends_with_blank_lines(mapping) {
        at = behind_blank_lines(source, at);
    }
    let eol = eol(source);
    let lines = (columns..).step_by(STEP).zip(path);
    let length: usize = lines
        .map(|(columns, key)| eol.len() + columns + key.len() + 1)
        .sum();
    let mut text = String::with_capacity(length + 1 + value.len());
    nest(path, value, columns, eol, &mut text);
    Some(edit(source, Span::at(at), text))
}

/// Whether the blank lines behind a mapping belong to its last value, as those behind `|+` do.
fn ends_with_blank_lines(mapping: Node<'_>) -> bool {
    let document = mapping.document();
    let last = document.data(document.data(mapping.id()).next.saturating_sub(1));
    if last.kind != Kind::Text {
        return false;
    }
    let text = document.text(last);
    let written = text.trim_end();
    let breaks = text
        .bytes()
        .skip(written.len())
        .filter(|&byte| byte == b'\n');
    breaks.count() > usize::from(!written.is_empty())
}

/// The end of the last of the blank lines behind the end of a line, or that end where there are none.
fn behind_blank_lines(source: &Source, mut at: usize) -> usize {
    loop {
        let rest = source.text.get(at..).unwrap_or("");
        let start = at + break_length(rest);
        let end = line_end(source, start);
        let is_blank = source
            .text
            .get(start..end)
            .is_some_and(|line| line.trim().is_empty());
        // Behind the last line break stands no line.
        if start == at || !is_blank || end == source.text.len() {
            return at;
        }
        at = end;
    }
}

/// `privileged: false` for the path of a flow mapping: `securityContext: {privileged: false}`.
fn flow(path: &[&str], value: &str) -> String {
    match path {
        [] => value.to_owned(),
        [key] => format!("{}: {value}", quoted_like_json(key)),
        [key, rest @ ..] => format!("{}: {{{}}}", quoted_like_json(key), flow(rest, value)),
    }
}

/// JSON needs quotes around keys, YAML allows them.
fn quoted_like_json(key: &str) -> String {
    format!("\"{key}\"")
}

/// Writes what stands behind the colon of a key: the value, or the keys of the path on lines of their own.
fn nest(path: &[&str], value: &str, mut columns: usize, eol: &str, out: &mut String) {
    for key in path {
        out.push_str(eol);
        blanks(columns, out);
        out.push_str(key);
        out.push(':');
        columns += STEP;
    }
    out.push(' ');
    out.push_str(value);
}

fn blanks(mut count: usize, out: &mut String) {
    const SOME: &str = "                                ";
    while let Some(rest) = count.checked_sub(SOME.len()) {
        out.push_str(SOME);
        count = rest;
    }
    out.push_str(SOME.get(..count).unwrap_or_default());
}

fn replace_value(source: &Source, key: Span, field: Node<'_>, value: &str) -> Option<Edit> {
    let colon = colon(source, key.end)?;
    if field.is_null() && field.span().start == field.span().end {
        return Some(edit(
            source,
            Span::new(colon, field_end(source, colon)),
            format!(" {value}"),
        ));
    }
    if field.is_scalar() {
        return Some(edit(source, scalar_span(source, field)?, value.to_owned()));
    }
    if field.is_flow() {
        return Some(edit(source, field.span(), value.to_owned()));
    }
    Some(edit(
        source,
        Span::new(colon, field.span().end as usize),
        format!(" {value}"),
    ))
}

/// Whether an edit of a node changes other places too: an alias stands for it or for what it is part of.
fn is_shared(node: Node<'_>) -> bool {
    node.document().is_shared(node.id())
}

/// Whether a node or a part of it must stay where it is, as an alias stands for it.
fn is_needed(node: Node<'_>) -> bool {
    node.document().is_needed(node.id())
}

/// [`written`], collected.
fn written_spans(node: Node<'_>) -> Vec<Span> {
    written(node).collect()
}

/// Where the items of a list, or the keys and values of a mapping, are written: aliases are not followed.
fn written(node: Node<'_>) -> impl Iterator<Item = Span> {
    let document = node.document();
    let end = document.data(node.id()).next;
    let mut at = node.id() + 1;
    std::iter::from_fn(move || {
        (at < end).then(|| {
            let data = document.data(at);
            at = data.next.max(at + 1);
            data.span
        })
    })
}

/// All that is written of a scalar. The span of a block scalar has its lines without the indicator above them.
fn scalar_span(source: &Source, node: Node<'_>) -> Option<Span> {
    let span = node.span();
    let before = source.text.get(..span.start as usize)?;
    let above = before.trim_end();
    if !before.get(above.len()..)?.contains('\n') {
        return Some(span);
    }
    let line = above.get(line_start(source, above.len())..)?;
    if line.contains('#') {
        return None; // The comment would go with an indicator, or hide that there is none.
    }
    let word = line.rsplit([' ', '\t', '!']).next()?;
    let is_indicator = word.strip_prefix(['|', '>']).is_some_and(|rest| {
        let is_part = |char: char| matches!(char, '-' | '+' | '1'..='9');
        rest.len() <= 2 && rest.chars().all(is_part)
    });
    let start = above.len() - word.len();
    Some(if is_indicator {
        Span::new(start, span.end as usize)
    } else {
        span
    })
}

/// The place right behind the colon that follows a key.
fn colon(source: &Source, from: u32) -> Option<usize> {
    let rest = source.text.get(from as usize..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest.get(blanks..)?
        .starts_with(':')
        .then_some(from as usize + blanks + 1)
}

/// The end of the blanks behind a colon, so that `key: # comment` keeps its comment apart.
fn field_end(source: &Source, colon: usize) -> usize {
    let rest = source.text.get(colon..).unwrap_or("");
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if rest.trim_start_matches([' ', '\t']).starts_with('#') {
        colon
    } else {
        colon + blanks
    }
}

/// How many blanks stand before a key of a block mapping; a dash counts as a blank.
fn indentation(source: &Source, at: u32) -> Option<usize> {
    let start = line_start(source, at as usize);
    let before = source.text.get(start..at as usize)?;
    let is_blank = |byte| matches!(byte, b' ' | b'-');
    before.bytes().all(is_blank).then_some(before.len())
}

fn line_start(source: &Source, at: usize) -> usize {
    let before = source.text.get(..at).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    if start == 0 && before.starts_with('\u{feff}') {
        3
    } else {
        start
    }
}

/// The end of the line without its line break.
fn line_end(source: &Source, at: usize) -> usize {
    let rest = source.text.get(at..).unwrap_or("");
    let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or("");
    at + line.strip_suffix('\r').unwrap_or(line).len()
}

fn break_length(rest: &str) -> usize {
    if rest.starts_with("\r\n") {
        2
    } else {
        usize::from(rest.starts_with('\n'))
    }
}

fn eol(source: &Source) -> &'static str {
    // The first line tells; looking at all of a large file for each edit would not end.
    let first = source.text.split_inclusive('\n').next().unwrap_or("");
    if first.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    }
}

fn edit(source: &Source, span: Span, text: String) -> Edit {
    Edit {
        file: Arc::clone(&source.name),
        span,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn apply(text: &str, change: impl Fn(Node<'_>) -> Option<Vec<Edit>>) -> Option<String> {
        let source = Arc::new(Source::new("a.yaml", text));
        let (documents, diagnostics) = parse(&source);
        assert_eq!(diagnostics, []);
        let edits = change(documents[0].root())?;
        let mut changed = text.to_owned();
        for edit in edits.iter().rev() {
            changed.replace_range(edit.span.range(), &edit.text);
        }
        let (_, diagnostics) = parse(&Arc::new(Source::new("a.yaml", changed.as_str())));
        assert_eq!(diagnostics, [], "{changed}");
        Some(changed)
    }

    fn check_set(text: &str, path: &[&str], value: &str, expected: &str) {
        assert_eq!(
            apply(text, |root| set(root, path, value)).as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn a_written_scalar_is_replaced() {
        check_set("a: 1 # why\nb: 2\n", &["a"], "5", "a: 5 # why\nb: 2\n");
        check_set("a:\n  b: 'x'\n", &["a", "b"], "y", "a:\n  b: y\n");
        check_set("a:\n  b:\n", &["a", "b"], "y", "a:\n  b: y\n");
        check_set("a: # why\n", &["a"], "1", "a: 1 # why\n");
        check_set("a:\n- x\n- y\nb: 1\n", &["a"], "[z]", "a: [z]\nb: 1\n");
    }

    #[test]
    fn a_missing_field_is_added_at_the_end_of_its_mapping() {
        check_set(
            "a:\n  b: 1 # c\n\nz: 1\n",
            &["a", "c"],
            "2",
            "a:\n  b: 1 # c\n  c: 2\n\nz: 1\n",
        );
        check_set(
            "a:\n  b: 1",
            &["a", "c", "d"],
            "2",
            "a:\n  b: 1\n  c:\n    d: 2",
        );
        check_set(
            "a:\r\n  b: 1\r\n",
            &["a", "c"],
            "2",
            "a:\r\n  b: 1\r\n  c: 2\r\n",
        );
        check_set("a:\n", &["a", "c", "d"], "2", "a:\n  c:\n    d: 2\n");
    }

    #[test]
    fn blank_lines_of_a_scalar_stay_with_it() {
        check_set(
            "a:\n  b: |+\n    x\n\n\n# c\n",
            &["a", "c"],
            "2",
            "a:\n  b: |+\n    x\n\n\n  c: 2\n# c\n",
        );
        check_set("a: |+\n\n\n", &["c"], "2", "a: |+\n\n\nc: 2\n");
        check_set(
            "a:\n  b: >+\r\n    x\r\n\r\n---\r\n",
            &["a", "c"],
            "2",
            "a:\n  b: >+\r\n    x\r\n\r\n  c: 2\r\n---\r\n"
                .replace("\r\n  c: 2", "\n  c: 2")
                .as_str(),
        );
        check_set("a: |\n  x\n\n", &["c"], "2", "a: |\n  x\nc: 2\n\n");
    }

    #[test]
    fn a_list_item_gets_a_field() {
        let text = "c:\n- name: app\n  image: x\n- name: b\n";
        let changed = apply(text, |root| {
            set(
                root.list("c").next()?,
                &["securityContext", "privileged"],
                "false",
            )
        });
        assert_eq!(
            changed.as_deref(),
            Some(
                "c:\n- name: app\n  image: x\n  securityContext:\n    privileged: false\n- name: b\n"
            )
        );
    }

    #[test]
    fn flow_mappings_stay_flow() {
        check_set("a: {}\n", &["a", "b"], "1", "a: {\"b\": 1}\n");
        check_set(
            "a: {x: 1}\n",
            &["a", "b", "c"],
            "1",
            "a: {\"b\": {\"c\": 1}, x: 1}\n",
        );
    }

    #[test]
    fn json_stays_json() {
        check_set("{\"a\": \"x\"}\n", &["a"], "z", "{\"a\": \"z\"}\n");
        check_set("{\"a\": \"x\"}\n", &["a"], "'0'", "{\"a\": \"0\"}\n");
        check_set(
            "{\"a\": {}}\n",
            &["a", "b", "c"],
            "{drop: [ALL], m: yes}",
            "{\"a\": {\"b\": {\"c\": {\"drop\": [\"ALL\"], \"m\": true}}}}\n",
        );
        let replaced = apply("{\"a\": \"x\"}", |root| replace(root.get("a")?, "z"));
        assert_eq!(replaced.as_deref(), Some("{\"a\": \"z\"}"));
    }

    #[test]
    fn what_others_share_is_left_alone() {
        let text = "x: &x {p: 1}\na: *x\nb:\n  <<: *x\n";
        assert_eq!(apply(text, |root| set(root, &["a", "p"], "2")), None);
        assert_eq!(apply(text, |root| set(root, &["b", "p"], "2")), None);
    }

    #[test]
    fn what_an_alias_stands_for_is_not_edited() {
        let text = "r: &on true\np: *on\nl: [*on, x, 1]\nx: &d {q: 1}\nm:\n  <<: *d\n";
        let none =
            |change: fn(Node<'_>) -> Option<Vec<Edit>>| assert_eq!(apply(text, change), None);
        none(|root| replace(root.get("p")?, "false"));
        none(|root| replace(root.get("r")?, "false"));
        none(|root| replace(root.list("l").next()?, "false"));
        none(|root| replace(root.get("m")?.get("q")?, "2"));
        none(|root| set(root, &["r"], "false"));
        none(|root| set(root, &["x", "q"], "2"));
        none(|root| set(root, &["x", "n"], "2"));
        none(|root| remove(root, "r"));
        none(|root| remove(root, "x"));
        none(|root| remove(root.get("x")?, "q"));
        none(|root| remove_item(root.get("l")?, root.list("l").next()?));
    }

    #[test]
    fn what_stands_beside_an_alias_is_edited() {
        let text = "x: &x 1\nl: [*x, a, b]\nm: {p: *x, q: 2}\nk:\n  p: *x\nz: 1\n";
        let check = |changed: Option<String>, from: &str, to: &str| {
            assert_eq!(changed, Some(text.replace(from, to)));
        };
        let changed = apply(text, |root| {
            remove_item(root.get("l")?, root.list("l").nth(2)?)
        });
        check(changed, "[*x, a, b]", "[*x, a]");
        let changed = apply(text, |root| {
            remove_item(root.get("l")?, root.list("l").nth(1)?)
        });
        check(changed, "[*x, a, b]", "[*x, b]");
        let changed = apply(text, |root| remove(root.get("m")?, "q"));
        check(changed, "{p: *x, q: 2}", "{p: *x}");
        let changed = apply(text, |root| remove(root.get("m")?, "p"));
        check(changed, "{p: *x, q: 2}", "{q: 2}");
        let changed = apply(text, |root| set(root, &["k", "q"], "2"));
        check(changed, "  p: *x\n", "  p: *x\n  q: 2\n");
        let changed = apply(text, |root| remove(root, "z"));
        check(changed, "z: 1\n", "");
    }

    #[test]
    fn a_block_scalar_is_replaced_with_its_indicator() {
        let check = |text: &str, expected: Option<&str>| {
            let replaced = apply(text, |root| replace(root.get("a")?, "\"x\""));
            assert_eq!(replaced.as_deref(), expected);
            let set = apply(text, |root| set(root, &["a"], "\"x\""));
            assert_eq!(set.as_deref(), expected);
        };
        check("a: >-\n  q\n  r\nb: 1\n", Some("a: \"x\"\nb: 1\n"));
        check("a: |2+\n  q\n\nb: 1\n", Some("a: \"x\"\n\nb: 1\n"));
        check("a: !!str |\n\n  q\n", Some("a: !!str \"x\"\n"));
        check("a: | # why\n  q\n", None);
        check("a:\n  q\n", Some("a:\n  \"x\"\n"));
        let item = apply("- |-\n  q\n- r\n", |root| {
            replace(root.items().next()?, "x")
        });
        assert_eq!(item.as_deref(), Some("- x\n- r\n"));
    }

    #[test]
    fn a_field_that_is_null_is_set_where_it_stands() {
        check_set("a: null\nb: 1\n", &["a"], "2", "a: 2\nb: 1\n");
        check_set(
            "a: ~ # c\nb: 1\n",
            &["a", "c"],
            "2",
            "a:\n  c: 2 # c\nb: 1\n",
        );
        check_set(
            "{\n  \"a\": null\n}\n",
            &["a", "c"],
            "2",
            "{\n  \"a\": {\"c\": 2}\n}\n",
        );
    }

    #[test]
    fn fields_are_removed_with_their_line() {
        let check = |text: &str, path: &[&str], key: &str, expected: &str| {
            let changed = apply(text, |root| remove(root.path(path)?, key));
            assert_eq!(changed.as_deref(), Some(expected));
        };
        check("a:\n  b: 1 # x\n  c: 2\n", &["a"], "b", "a:\n  c: 2\n");
        check("a:\n  b: 1\n  c:\n    d: 2\n", &["a"], "c", "a:\n  b: 1\n");
        check("a:\n  b: 1\n", &["a"], "b", "a:\n  {}\n");
        check("a: {b: 1, c: 2, d: 3}\n", &["a"], "b", "a: {c: 2, d: 3}\n");
        check("a: {b: 1, c: 2}\n", &["a"], "c", "a: {b: 1}\n");
    }

    #[test]
    fn the_first_field_of_an_item_leaves_the_dash() {
        let text = "ports:\n- hostPort: 80\n  containerPort: 80\n- containerPort: 1\n";
        let changed = apply(text, |root| remove(root.list("ports").next()?, "hostPort"));
        assert_eq!(
            changed.as_deref(),
            Some("ports:\n- containerPort: 80\n- containerPort: 1\n")
        );
    }

    #[test]
    fn items_are_removed() {
        let check = |text: &str, at: usize, expected: &str| {
            let changed = apply(text, |root| {
                let list = root.get("l")?;
                remove_item(list, list.items().nth(at)?)
            });
            assert_eq!(changed.as_deref(), Some(expected));
        };
        check("l:\n- a\n- b # x\n- c\n", 1, "l:\n- a\n- c\n");
        check("l:\n- a\n- b\n", 0, "l:\n- b\n");
        check("l: [a, b]\n", 1, "l: [a]\n");
        check("l: [a, b]\n", 0, "l: [b]\n");
        check("l:\n  - a\n", 0, "l:\n  []\n");
        check("l:\n- a\nm: 1\n", 0, "l:\n  []\nm: 1\n");
        check("l: # c\n- x: 1\n  y: 2\n", 0, "l: # c\n  []\n");
        check("l:\n# c\n-  a # d\n", 0, "l:\n# c\n  [] # d\n");
        check("l: &a\n- a\n", 0, "l: &a\n  []\n");
        check("l:\n- x: 1\n  y: 2\n- z: 1\n", 0, "l:\n- z: 1\n");
    }
}
