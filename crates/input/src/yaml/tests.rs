//! What kubectl would have understood.

use std::{fmt::Write, sync::Arc, time::Instant};

use ringwall_model::Source;

use super::{Document, Node, Value, parse};
use crate::Diagnostic;

fn read(text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    parse(&Arc::new(Source::new("a.yaml", text)))
}

/// The first document as compact JSON-like text.
pub(super) fn show(text: &str) -> String {
    let (documents, diagnostics) = read(text);
    assert_eq!(diagnostics, [], "{text}");
    print(documents.first().expect("a document").root())
}

fn print(node: Node<'_>) -> String {
    match node.value() {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Sequence => format!(
            "[{}]",
            node.items().map(print).collect::<Vec<_>>().join(",")
        ),
        Value::Mapping => {
            let entry =
                |(key, value): (Node<'_>, Node<'_>)| format!("{}:{}", key.text(), print(value));
            format!(
                "{{{}}}",
                node.entries()
                    .into_iter()
                    .map(entry)
                    .collect::<Vec<_>>()
                    .join(",")
            )
        }
    }
}

#[test]
fn scalars_mean_what_the_api_server_reads() {
    assert_eq!(
        show("a: yes\nb: 'yes'\nc: \"yes\"\nd: 0644\ne: ~\nf:\n"),
        r#"{a:true,b:"yes",c:"yes",d:420,e:null,f:null}"#
    );
    assert_eq!(show("a: !!str yes\nb: !!str 1\n"), r#"{a:"yes",b:"1"}"#);
}

#[test]
fn a_tag_counts_for_more_than_quotes() {
    assert_eq!(
        show("a: !!bool 'true'\nb: !!int \"010\"\nc: !!float '1.5'\nd: !!null ''\n"),
        "{a:true,b:8,c:1.5,d:null}"
    );
    assert_eq!(
        show("a: !!bool |-\n  yes\nb: !<tag:yaml.org,2002:bool> 'on'\n!!bool 'c': 1\n"),
        "{a:true,b:true,c:1}"
    );
    let (documents, _) = read("!!bool 'true': 1\n");
    assert!(documents[0].root().get("true").is_some());
}

#[test]
fn line_breaks_of_yaml_1_1_hide_nothing() {
    for hidden in ["\u{85}", "\u{2028}", "\u{2029}"] {
        for text in [
            format!("a: 1 # c{hidden}b: 2\n"),
            format!("a: 'x'\nb: |\n  c{hidden} d: 2\n"),
            format!("a: x{hidden}b: 2\nc: 'y'\n"),
            format!("# 'c{hidden}'\na: 1\n"),
        ] {
            let (documents, diagnostics) = read(&text);
            assert!(documents.is_empty(), "{text:?}");
            let at = text.find(hidden).unwrap();
            assert_eq!(diagnostics[0].span.start as usize, at, "{text:?}");
            assert!(diagnostics[0].message.contains("ends a line for kubectl"));
        }
        let quoted = format!("{{\"a\": \"x{hidden}y\", 'b': 'x{hidden}y', c: 'é–'}}");
        assert_eq!(read(&quoted).1, [], "{quoted:?}");
    }
}

#[test]
fn json_is_yaml() {
    assert_eq!(
        show("{\n\t\"a\": [1, \"x\\n\\u00e9\", true, null],\n\t\"b\": {}\n}\n"),
        r#"{a:[1,"x\né",true,null],b:{}}"#
    );
}

#[test]
fn block_scalars_and_folding() {
    assert_eq!(
        show("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: plain\n  goes on\n"),
        r#"{a:"x\ny\n",b:"x y",c:"plain goes on"}"#
    );
}

#[test]
fn line_ends_and_byte_order_mark_do_not_matter() {
    assert_eq!(
        show("\u{feff}a: 1\r\nb:\r\n  - x\r\n  - 'y'\r\n"),
        r#"{a:1,b:["x","y"]}"#
    );
}

#[test]
fn anchors_and_merge_keys() {
    let text =
        "base: &b\n  x: 1\n  w: 2\nuse:\n  <<: *b\n  w: 3\nalso: *b\nmany:\n  <<: [{z: 1}, *b]\n";
    assert_eq!(
        show(text),
        "{base:{x:1,w:2},use:{x:1,w:3},also:{x:1,w:2},many:{x:1,w:2,z:1}}"
    );
    let (documents, _) = read(text);
    let root = documents[0].root();
    assert_eq!(root.path(&["use", "x"]).and_then(Node::as_i64), Some(1));
    assert_eq!(root.path(&["use", "w"]).and_then(Node::as_i64), Some(3));
}

#[test]
fn of_a_key_and_a_merge_the_later_one_counts() {
    let text = "x: &x {a: 2, b: 3}\nlater: {a: 1, <<: *x}\nearlier: {<<: *x, a: 1}\n";
    assert_eq!(
        show(text),
        "{x:{a:2,b:3},later:{a:2,b:3},earlier:{a:1,b:3}}"
    );
    let (documents, _) = read(text);
    let a_of = |key| {
        documents[0]
            .root()
            .path(&[key, "a"])
            .and_then(super::Node::as_i64)
    };
    assert_eq!((a_of("later"), a_of("earlier")), (Some(2), Some(1)));
}

#[test]
fn quoted_keys_are_keys() {
    let (documents, _) = read("\"privileged\": true\n'x': 1\n\"a\\u0062\": 2\n");
    let root = documents[0].root();
    assert!(root.get("privileged").unwrap().is_true());
    assert_eq!(root.get("ab").unwrap().as_i64(), Some(2));
}

#[test]
fn the_last_of_repeated_keys_counts_and_is_told() {
    let (documents, _) = read("a: false\nb: 1\na: true\n");
    let document = &documents[0];
    assert!(document.root().get("a").unwrap().is_true());
    let repeated: Vec<_> = document
        .duplicate_keys()
        .map(|(first, again)| (first.location().start.line, again.location().start.line))
        .collect();
    assert_eq!(repeated, [(1, 3)]);
    let many = (0..100).map(|i| format!("k{}: {i}\n", i % 60));
    let many = many.collect::<Vec<_>>().concat();
    assert_eq!(read(&many).0[0].duplicate_keys().count(), 40);
}

#[test]
fn one_broken_document_does_not_hide_the_others() {
    let (documents, diagnostics) = read("a: 1\n---\nb: [1\n---\nc: 3\n");
    assert_eq!(documents.len(), 2);
    assert_eq!(diagnostics.len(), 1);
    assert!(
        (10..=18).contains(&diagnostics[0].span.start),
        "{diagnostics:?}"
    );
}

#[test]
fn a_tab_in_indentation_is_named() {
    let (_, diagnostics) = read("a:\n\tb: 1\n");
    assert_eq!(
        diagnostics[0].message,
        "tab in indentation; YAML allows only spaces there"
    );
    assert_eq!(diagnostics[0].span.start, 3);
    let (_, diagnostics) = read("a: |\n  text\n\t\t# more\n  text\n");
    assert_eq!(
        diagnostics[0].message,
        "tab in indentation; YAML allows only spaces there"
    );
    assert_eq!(diagnostics[0].span.start, 12);
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "spec:\n  containers:\n  - name: ä\n    args: [\"a\", 'b']\n    env:\n    - {name: X, value: 1}\n\n# end\nlast: x # comment\n";
    let (documents, _) = read(text);
    let root = documents[0].root();
    let slice = |span: ringwall_model::Span| &text[span.range()];
    let container = root.get("spec").unwrap().list("containers").next().unwrap();
    assert_eq!(slice(container.get("name").unwrap().place()), "name: ä");
    assert_eq!(slice(container.get("args").unwrap().place()), "args");
    assert_eq!(slice(container.get("args").unwrap().span()), "[\"a\", 'b']");
    assert_eq!(slice(container.list("args").last().unwrap().place()), "'b'");
    assert_eq!(
        slice(container.list("env").next().unwrap().place()),
        "{name: X, value: 1}"
    );
    assert_eq!(slice(container.place()), "name: ä");
    assert_eq!(
        slice(container.span()),
        &text[text.find("name").unwrap()..text.find("\n\n#").unwrap()]
    );
    assert_eq!(slice(root.get("last").unwrap().place()), "last: x");
}

#[test]
fn null_fields_point_at_their_key() {
    let text = "a:\nb:\n  c:\n";
    let (documents, _) = read(text);
    let root = documents[0].root();
    let field = root.get_written("a").unwrap();
    assert_eq!(&text[field.place().range()], "a");
    assert!(field.is_null());
}

#[test]
fn a_field_that_is_null_is_absent() {
    let text = "d: &d {p: 1}\na: null\nb: ~\nc:\nq: 'null'\nm:\n  <<: *d\n  p: null\n";
    let (documents, _) = read(text);
    let root = documents[0].root();
    for path in [&["a"][..], &["b"], &["c"], &["m", "p"]] {
        assert!(root.path(path).is_none(), "{path:?}");
    }
    assert_eq!(root.str("q"), Some("null"));
    let (documents, _) = read("a: {b: null, c: ~}\nd: {b: 1}\ne: {}\n");
    let has_fields = |key| documents[0].root().get(key).unwrap().has_fields();
    assert_eq!(["a", "d", "e"].map(has_fields), [false, true, false]);
}

#[expect(clippy::disallowed_methods, reason = "that it is quick is the point")]
#[test]
fn a_billion_laughs_are_refused_at_once() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(",");
        writeln!(text, "a{i}: &a{i} [{aliases}]").unwrap();
    }
    let started = Instant::now();
    let (documents, diagnostics) = read(&text);
    assert!(documents.is_empty());
    assert!(diagnostics[0].message.contains("expand"), "{diagnostics:?}");
    assert!(started.elapsed().as_millis() < 1000);
}

#[test]
fn a_node_that_holds_itself_is_refused() {
    let (documents, diagnostics) = read("a: &a\n  b: *a\n");
    assert!(documents.is_empty());
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    for open in ["[", "{a: ", "- ", "? "] {
        let (documents, diagnostics) = read(&open.repeat(100_000));
        assert!(documents.is_empty(), "{open}");
        assert_eq!(diagnostics.len(), 1, "{open}");
    }
}

#[test]
fn several_documents_end_with_dots() {
    let (documents, diagnostics) = read("a: 1\n...\n---\nb: 2\n");
    assert_eq!((documents.len(), diagnostics.len()), (2, 0));
}

#[test]
fn nothing_is_no_document() {
    for text in ["", "\n", "# c\n", "---\n", "\u{feff}"] {
        let (documents, diagnostics) = read(text);
        assert_eq!((documents.len(), diagnostics.len()), (0, 0), "{text:?}");
    }
}

#[test]
fn comments_are_kept_when_they_may_matter() {
    let (documents, _) = read("# ringwall: ignore[x] reason=\"y\"\na: 1 # z\n");
    assert_eq!(documents[0].comments().len(), 2);
}

#[test]
fn a_long_run_of_comments_is_read_with_the_document() {
    let text = format!("a: &x 1\n{}b:\n- # ringwall: ignore\n", "# c\n".repeat(500));
    let (documents, diagnostics) = read(&text);
    assert_eq!(diagnostics, []);
    assert_eq!(documents[0].comments().len(), 501);
}

#[test]
fn nothing_written_is_no_text() {
    for text in ["a:\nb: 1\n", "a: &x\nb: 1\n", "a: ~\n", "a: NULL\n"] {
        let (documents, _) = read(text);
        let nothing = documents[0].root().get_written("a").unwrap();
        assert!(nothing.is_null(), "{text}");
        assert_eq!(nothing.text(), "", "{text}");
    }
}

/// kubectl reads each of these so: the library behind it drops the blanks before the lines.
#[test]
fn quoted_texts_go_on_at_any_column() {
    let same = |text: &str, expected: &str| assert_eq!(show(text), expected, "{text}");
    same("a:\n  b: \"x\n  y\"\n  c: 1\n", r#"{a:{b:"x y",c:1}}"#);
    same(
        "a:\n  b: 'x\ny\n\n  it''s'\nc: 1\n",
        r#"{a:{b:"x y\nit's"},c:1}"#,
    );
    same(
        "a:\n- - b: \"x\ny\nz\"\n    c: 1\n",
        r#"{a:[[{b:"x y z",c:1}]]}"#,
    );
    same("a: \"x\n\ty\"\n", r#"{a:"x y"}"#);
    same(
        "a: {b: c,\n\td: [e,\n\tf]}\ng: 1\n",
        r#"{a:{b:"c",d:["e","f"]},g:1}"#,
    );
    same("a:\n  ? \"x\n  y\"\n  : 1\n", "{a:{x y:1}}");
    same(
        "# don't\na: \"it's\ny, \\\"z\nw\"\nb: 'x\n\"y\n'\n",
        r#"{a:"it's y, \"z w",b:"x \"y "}"#,
    );
}

#[test]
fn places_are_those_of_the_text_as_it_is_written() {
    let text = "a:\n  b: \"x\n y\n z\"\n  c: d\n";
    let (documents, diagnostics) = read(text);
    assert_eq!(diagnostics, []);
    let a = documents[0].root().get("a").unwrap();
    let written = |node: Node<'_>| documents[0].source.slice(node.span()).to_owned();
    assert_eq!(written(a.get("b").unwrap()), "\"x\n y\n z\"");
    assert_eq!(written(a.get("c").unwrap()), "d");
}

/// What kubectl refuses stays refused, and is told as it is written.
#[test]
fn lines_in_no_quotes_keep_their_indentation() {
    for (text, line, told) in [
        ("a: 1\n\tb: 2\n", 0, "tab"),
        ("a: |\n  x\n\ty: 2\n", 3, "tab in indentation"),
        ("a: \"x\n---\ny\"\n", 2, ""),
        ("a:\n  b: \"x\n  y\n", 0, ""),
        ("a:\n  b: \"x\n  y\"\n  c: [\nd: }\n", 4, "mismatched"),
    ] {
        let (documents, diagnostics) = read(text);
        let diagnostic = diagnostics
            .first()
            .unwrap_or_else(|| panic!("{text}: {documents:?}"));
        assert!(diagnostic.message.contains(told), "{text}: {diagnostic:?}");
        let source = Source::new("a.yaml", text);
        if line > 0 {
            assert_eq!(
                source.location(diagnostic.span).start.line,
                line,
                "{text}: {diagnostic:?}"
            );
        }
    }
}

/// Each reading mends lines up to the next quotation mark, and there are not more readings than can be waited for.
#[test]
fn a_text_is_not_read_without_end() {
    let text_of = |keys: usize| {
        let mut text = String::from("a:\n");
        for at in 0..keys {
            let _ = write!(text, "  k{at}: \"x\n  y\n  z\"\n");
        }
        text
    };
    assert_eq!(read(&text_of(30)).1, []);
    assert_eq!(read(&text_of(20_000)).1.len(), 1);
}

/// Checked against `sigs.k8s.io/yaml` v1.6.0, as all of what follows.
#[test]
fn keys_have_the_names_that_kubectl_gives_them() {
    assert_eq!(show("{on: a, 1: b, x: c}"), r#"{true:"a",1:"b",x:"c"}"#);
    assert_eq!(
        show("010: a\n1e3: b\n'y': c\n"),
        r#"{8:"a",1000:"b",y:"c"}"#
    );
    let (documents, _) = read("y: 1\n\"true\": 2\n");
    assert_eq!(
        documents[0].root().get("true").and_then(Node::as_i64),
        Some(2)
    );
    assert_eq!(documents[0].duplicate_keys().count(), 1);
}

#[test]
fn tags_say_what_a_text_is() {
    assert_eq!(
        show("!!binary aG9zdFBJRA==: !!binary QUxM\n"),
        r#"{hostPID:"ALL"}"#
    );
    assert_eq!(
        show("a: !foo true\nb: ! yes\nc: !\n"),
        r#"{a:"true",b:"yes",c:""}"#
    );
    assert_eq!(show("!!merge \"<<\": {a: 1}\n"), "{a:1}");
    assert_eq!(
        show("a: {&k <<: {b: 1}, *k : {c: 2}}\n"),
        "{a:{b:1,<<:{c:2}}}"
    );
}

#[test]
fn a_document_is_refused_for_a_bounded_number_of_reasons() {
    for line in ["~: a\n", "---a: b\n"] {
        let (documents, _) = read(&format!("a: b\n{}", line.repeat(100_000)));
        assert_eq!(documents[0].refused().len(), 100, "{line}");
    }
}

#[test]
fn what_kubectl_refuses_is_told_and_read() {
    let reasons = |text: &str| -> Vec<String> {
        let (documents, diagnostics) = read(text);
        assert_eq!(diagnostics, [], "{text}");
        let refused = documents.iter().flat_map(Document::refused);
        refused.map(|refused| refused.message.clone()).collect()
    };
    for text in [
        "a: \"b\\/c\"\n",
        "~: a\n",
        "9223372036854775808: a\n",
        "? {a: b}\n: c\n",
        "<<: a\n",
        "<<: [[{a: 1}]]\n",
        "a: !!binary \"%%%\"\n",
        "a: !!null b\n",
        "a: !!int \"yes\"\n",
        "a: !!set b\n",
        "a: .inf\n",
        "%YAML 1.1\n---\na: b\n",
        "--- |\n  a: b\n",
        "--- {a: b}\n",
        "a: b\n---c: d\n",
    ] {
        assert_eq!(reasons(text).len(), 1, "{text}");
    }
    for text in [
        "{\"a\": \"b\\/c\"}",
        "a: 'b\\/c'\n",
        "a: \"b\\\\/c\"\n",
        "'~': a\n",
        ".inf: a\n",
        "a: '.inf'\n",
        "a: .info\n",
        "--- # c\na: b\n",
        "# %c\na: b\n",
        "a: !!float 1\nb: !!null ''\nc: !!bool \"true\"\n",
        "x: &x {a: 1}\n<<: [*x, {b: 2}]\n",
    ] {
        assert_eq!(reasons(text), [""; 0], "{text}");
    }
}
