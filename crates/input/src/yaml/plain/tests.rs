//! Each form that the plain reader takes, with its meaning, and what it leaves to the other reader.

use crate::yaml::{readers::is_plain, tests::show};

/// The plain reader takes the text, and it means what is expected.
fn taken(text: &str, expected: &str) {
    assert!(is_plain(text), "{text:?}");
    assert_eq!(show(text), expected, "{text:?}");
}

fn given_up(texts: &[&str]) {
    for text in texts {
        assert!(!is_plain(text), "{text:?}");
    }
}

#[test]
fn mappings_and_sequences() {
    taken(
        "a: 1\nb:\n  c: 2\n  d:\n    e: 3\nf: 4\n",
        "{a:1,b:{c:2,d:{e:3}},f:4}",
    );
    taken("a:\n- 1\n- 2\nb:\n  - 3\n", "{a:[1,2],b:[3]}");
    taken(
        "- a: 1\n  b: 2\n-   c: 3\n    d: 4\n",
        "[{a:1,b:2},{c:3,d:4}]",
    );
    taken("- - 1\n  - 2\n-\n  - 3\n", "[[1,2],[3]]");
    taken("- a:\n  - 1\n  b:\n- 2\n", "[{a:[1],b:null},2]");
    taken("  a: 1\n  b: 2", "{a:1,b:2}");
    taken("a : 1\n\"b\" : 2\n'c': 3\n", "{a:1,b:2,c:3}");
    taken("a: 1\na: 2\n", "{a:2}");
}

#[test]
fn nothing_is_null() {
    taken("a:\nb:\n  c:\n", "{a:null,b:{c:null}}");
    taken("-\n-\n- a:\n-", "[null,null,{a:null},null]");
    taken("a:\n-\nb: # c\n  - # d\n", "{a:[null],b:[null]}");
    taken("- {a: {}}\n-\n", "[{a:{}},null]");
}

#[test]
fn comments_markers_and_line_ends() {
    taken(
        "--- # a\n# b\n\na: 1 # c\n   # d\nb: # e\n# f\n  c: 2\n# g",
        "{a:1,b:{c:2}}",
    );
    taken("---\r\na: 1\r\n\r\nb:\r\n- x # y\r\n", "{a:1,b:[\"x\"]}");
    taken("a: b#c\nd: 'e' # '\n", "{a:\"b#c\",d:\"e\"}");
    taken("\u{feff}a: \u{e4}\u{1f600}\n", "{a:\"\u{e4}\u{1f600}\"}");
}

#[test]
fn plain_scalars() {
    taken(
        "a: -1\nb: --x=y\nc: http://d:80/e?f=g&h\n",
        "{a:-1,b:\"--x=y\",c:\"http://d:80/e?f=g&h\"}",
    );
    taken(
        "a: ::1\nb: ?x\nc: a,b]\n",
        "{a:\"::1\",b:\"?x\",c:\"a,b]\"}",
    );
    taken("a: b c  d  \ne: f\n", "{a:\"b c  d\",e:\"f\"}");
    taken(
        "a: b\n  c\n\n  - d # e\nf:\n  g\n  h\n",
        "{a:\"b c\\n- d\",f:\"g h\"}",
    );
    taken("a:\n- b\n  c\n-\n d\n", "{a:[\"b c\",\"d\"]}");
}

#[test]
fn quoted_scalars() {
    taken("a: ''\nb: \"\"\nc: 'd''e'\n", "{a:\"\",b:\"\",c:\"d'e\"}");
    taken(r#"a: "b\\\"c\t\n""#, r#"{a:"b\\\"c\t\n"}"#);
    taken(
        "a: 'b # c: d'\n\"e: f\": g\n",
        "{a:\"b # c: d\",e: f:\"g\"}",
    );
    taken("a: 'b \n  c\n\n  d'\n", "{a:\"b c\\nd\"}");
    taken("a: \"b \\\n  c\n   \\  d\n  \"\n", "{a:\"b c   d \"}");
}

#[test]
fn block_scalars() {
    taken(
        "a: |\n  b\n   c\n\n  d\n\ne: 1\n",
        "{a:\"b\\n c\\n\\nd\\n\",e:1}",
    );
    taken(
        "a: |-\n\n  b\n\nc: |+\n  d\n\n",
        "{a:\"\\nb\",c:\"d\\n\\n\"}",
    );
    taken(
        "a: >\n  b\n  c\n\n  d\n    e\n  f\n",
        "{a:\"b c\\nd\\n  e\\nf\\n\"}",
    );
    taken(
        "- |\n # a\n- >-\n  b: c\n  - d",
        "[\"# a\\n\",\"b: c - d\"]",
    );
    taken(
        "a:\n- |\n  b\n  \tc\nd: |\n  \u{e4}",
        "{a:[\"b\\n\\tc\\n\"],d:\"\u{e4}\\n\"}",
    );
}

#[test]
fn flow_collections() {
    taken("a: []\nb: {}\nc: [ ]\n", "{a:[],b:{},c:[]}");
    taken("a: [1, \"b\", 'c' , d e]\n", "{a:[1,\"b\",\"c\",\"d e\"]}");
    taken(
        "a: {b: 1, \"c\":2, 'd' : [{e: f}]} # g\n",
        "{a:{b:1,c:2,d:[{e:\"f\"}]}}",
    );
    taken(
        "{\"a\":{\"b\":[-1,a:b,c#d]}}",
        "{a:{b:[-1,\"a:b\",\"c#d\"]}}",
    );
    taken(
        "a:\n  [b]\n- {c: d, c: e}\n".replace("- ", "z: ").as_str(),
        "{a:[\"b\"],z:{c:\"e\"}}",
    );
}

#[test]
fn long_lines_are_no_keys() {
    let items = "item, ".repeat(600);
    for text in [
        format!("a: [{items}b]\n"),
        format!("- [{items}b]\n"),
        format!("[{items}b]\n"),
        format!("{{a: [{items}b], c: {{d: '{items}'}}}}\n"),
        format!("a:\n  {items}\n"),
        format!("- '{items}'\n- b\n"),
        format!("a:\n  [{items}b]\nc: 1\n"),
    ] {
        assert!(is_plain(&text), "{text:?}");
    }
}

#[test]
fn what_is_not_plain_is_given_up() {
    given_up(&[
        "a: &b 1\n",
        "a: *b\n",
        "a: !!str 1\n",
        "! a: 1\n",
        "? a\n: b\n",
        "<<: {a: 1}\nb: 2\n",
        "on: 1\n",
        "[{1: 2}]\n",
        "a: -.inf\n",
        "a: \"\\/\"\n",
    ]);
    given_up(&[
        "%YAML 1.1\n---\na: 1\n",
        "a: 1\n...\n",
        "--- a\n",
        "a: 1\n--- \nb: 1\n",
    ]);
    given_up(&[
        "a:\tb\n",
        "\ta: 1\n",
        "a: b\tc\n",
        "a: 1\n\t\nb: 2\n",
        "-\ta\n",
        "a: 'b\t\n  c'\n",
    ]);
    given_up(&[
        "a: [b,\n c]\n",
        "a: [b,]\n",
        "a: {b}\n",
        "a: {b: }\n",
        "a: [b: c]\n",
        "[a]: b\n",
    ]);
    given_up(&[
        "a: |2\n   b\n",
        "a: | # b\n  c\n",
        "a: |\nb: 1\n",
        "a: |\n   \n  b\n",
        "|\n  a\n",
    ]);
    given_up(&[
        "a: \"\\x41\"\n",
        "a: \"\\u00e4\"\n",
        "a: \"\\q\"\n",
        "a: 'b\nc: d\n",
    ]);
    given_up(&[
        "a: b: c\n",
        "a: - b\n",
        "a: 1\n b: 2\n",
        " a: 1\nb: 2\n",
        "a: 1\n- b\n",
        "- a\nb: 1\n",
    ]);
    given_up(&[
        "a: 'b'c\n",
        "a: 'b'#c\n",
        "a: @b\n",
        "a: `b`\n",
        "a: %b\n",
        "a: ,b\n",
        "a: [b]]\n",
    ]);
    given_up(&[
        "a: b # c\n  d\n",
        "a\n",
        "'a'\n",
        "a: b\n  c: d\n",
        "a: 'b\n  c': d\n",
        "a:b\n",
    ]);
    given_up(&[
        "a: \u{85}\n",
        "a: \u{feff}b\n",
        "a: \u{2028}\n",
        "a: \u{7f}\n",
        "a: \0\n",
        "a: 1\rb: 2\r",
    ]);
    given_up(&[
        &"[".repeat(150),
        &"- ".repeat(150),
        &format!("{}: 1\n", "k".repeat(1100)),
        "",
        "---\n",
    ]);
}
