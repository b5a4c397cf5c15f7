//! Which patterns are taken, and what some of them match, is what Go's `regexp` says.

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    let translated = translate(pattern).unwrap();
    regex::Regex::new(&translated.text).unwrap().is_match(text)
}

#[test]
fn patterns_mean_what_they_mean_in_go() {
    for (pattern, text, expected) in [
        (r"^\d+$", "١", false),
        (r"^\w$", "é", false),
        (r"\bfoo\b", "éfoo", true),
        (r"^[a&&b]$", "&", true),
        (r"^[a[b]$", "[", true),
        (r"a{,2}", "a{,2}", true),
        (r"^\Qa.b\E$", "a.b", true),
        (r"(?i)straße", "STRAßE", true),
        (r"(?i)^k$", "\u{212a}", true),
        (r"^[^a]$", "\n", true),
        (r"^.$", "\n", false),
        (r"a$", "a\n", false),
        (r"(?m)a$", "a\n", true),
        (r"^\p{Greek}\pL$", "αβ", true),
        (r"^\P{Greek}[^\pL]\p{^Lu}$", "a1b", true),
        (r"^\pL$", "\u{1c89}", false),
        (r"^\p{Cn}$", "\u{1c89}", true),
        (r"^[[:alpha:]][[:^alpha:]]$", "a1", true),
        (r"^\x{41}\101\x41$", "AAA", true),
        (r"^[]a]$", "]", true),
        (r"^[a-]$", "-", true),
        (r"(?U)^(a+?)$", "aa", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for pattern in [
        "(",
        ")",
        "[",
        "[a",
        "*",
        "a**",
        "a{2}{3}",
        "+",
        "(?x)a",
        "(?u)a",
        r"\1",
        r"\8",
        r"\q",
        r"\C",
        "[b-a]",
        r"\p{Foo}",
        r"\p{Grek}",
        "a{1001}",
        "(a{100}){100}",
        "(?P<>a)",
        "(?P<n",
        "(?=a)",
        r"[[:foo:]]",
        "\\",
        "(?i-)",
        "a{2,1}",
        r"\x{110000}",
        r"\x{}",
        "|*",
    ] {
        assert!(translate(pattern).is_err(), "{pattern}");
    }
    for pattern in [
        "",
        "()",
        "a|",
        "(|a)*",
        "^*",
        "a(?i)*b",
        "a{0}",
        "(a{0}){2000}",
    ] {
        let is_good = translate(pattern).is_ok();
        assert_eq!(is_good, pattern != "(a{0}){2000}", "{pattern}");
    }
}
