//! Texts and calls that mean something to a builtin.

/// Texts for an operand of a builtin.
pub(crate) fn texts(builtin: &str, index: usize) -> Option<&'static [&'static str]> {
    let texts: &[&str] = match (builtin, index) {
        ("to_number", _) => &[
            "1", "1.5", "-7", "+5", "1e3", "1E-3", ".5", "5.", "007", "0x10", "inf", "-Infinity",
            "NaN", "1e400", "1e-400", "", " 1", "1 ", "0b1", "--1", "+-1", "1e", "e1", "1_", "_1", "1__0",
            "9223372036854775808", "0.1e1", "1e+05",
        ],
        ("sprintf", 0) => &[
            "%v", "%s", "%d", "%q", "%x", "%X", "%f", "%e", "%g", "%t", "%5d|%-5d|%05d", "%+d % d", "%6.2f", "%.3s",
            "%10s|%-10s|%010s", "%#x %#o %#b %#v %#q", "%+v %+q", "%T", "%c %U %#U", "%[2]v %[1]v", "%[3]v", "%*d",
            "%.*f", "%-*d", "%!", "%", "%%", "%z", "%v %v %v", "%.2f%%", "%o %O %b", "%G %E", "%08.3f", "%+.2e",
            "% x", "%# x", "%.0f", "%.10g", "%5t", "%v%", "%[1]d %d", "%[1]*.[2]*[3]f", "%[]d", "%[x]d", "%.[1]d",
            "%3c|%-3c|%03c", "%20.10v", "%-+8.2f|", "%x", "%p", "%w", "%.3x", "%8.3q", "%.d", "%5.d", "%é", "a%",
        ],
        ("regex.match" | "regex.is_valid" | "re_match" | "regex.find_n" | "regex.split", 0)
        | ("regex.find_all_string_submatch_n", 0)
        | ("regex.replace", 1) => &[
            "a", "a*", "[a-c]+", "^abc$", "(a)(b)?", "a|b", "\\d+", "\\w", "\\s*", "\\b", "\\B", ".", "(?i)ABC",
            "(?s).", "(?m)^a", "[^a]", "[[:alpha:]]+", "\\pL", "\\p{Greek}", "\\PL+", "a{2}", "a{2,}", "a{,3}",
            "(a{2}){2}", "(?P<x>a)(?<y>b)", "(", ")", "[", "*", "a**", "\\1", "\\x41", "\\Qa.b\\E", "(?U)a+", "a+?",
            "x*", "", "^", "$", "(|a)+", "[a&&b]", "\\z", "\\Z", "[\\w-]+", "(?:a|b)+c", "é", "日.語", "[é-日]", ",",
            "[a-", "\\p{Foo}", "(?x) a", "a{1001}", "^(([a-z0-9])+(-[a-z0-9]+)*)(\\.[a-z]+)*$", "[\\d\\D]", "\\/", "\\_",
        ],
        ("regex.replace", 2) => &[
            "$1", "${1}", "$0", "$$", "$", "${x}", "$x", "x", "", "$1x", "${1}x", "$9", "${", "$y-$x", "a$", "$01",
        ],
        ("regex.template_match", 0) => &[
            "urn:foo:{.*}", "{[a-z]+}", "{a", "a}", "{{a}}", "urn:{a{2}}:b", "a.b", "<.*>", "{(}",
        ],
        ("regex.template_match", 1) => &["urn:foo:bar", "abc", "urn:aa:b", "a.b", "axb"],
        ("regex.template_match", _) => &["{", "}", "<", ">", "{", "}", "{}", ""],
        ("trim" | "trim_left" | "trim_right", 1) => &["a", "abc", " ", "", "é", "日本", "ab "],
        _ => return None,
    };
    Some(texts)
}

/// Numbers for an operand of a builtin that must not become too large.
pub(crate) fn numbers(builtin: &str, _index: usize) -> Option<&'static [&'static str]> {
    let numbers: &[&str] = match builtin {
        "numbers.range" | "numbers.range_step" => &[
            "0", "1", "2", "3", "10", "-5", "100", "-1", "1.0", "1.5", "1e1", "150", "3.0", "7",
        ],
        "bits.lsh" | "bits.rsh" => &[
            "0", "1", "2", "3", "10", "64", "-1", "100", "-255", "1.0", "1.5", "1e1", "123",
        ],
        _ => return None,
    };
    Some(numbers)
}

/// Whole calls, as lists of operands in JSON; half of them are changed a little.
pub(crate) fn calls(builtin: &str) -> Option<&'static [&'static str]> {
    let calls: &[&str] = match builtin {
        "object.get" => &[
            r#"[{"a": {"b": [1, {"c": 2}]}}, ["a", "b", 1, "c"], null]"#,
            r#"[{"a": {"b": 1}}, ["a", "x"], "d"]"#,
            r#"[{"a": 1}, [], "d"]"#,
            r#"[{"a": 1}, "a", "d"]"#,
            r#"[{"a": [1, 2]}, ["a", 1.0], "d"]"#,
        ],
        "object.subset" => &[
            r#"[{"a": {"b": 1, "c": [1, 2, 3]}}, {"a": {"c": [2, 3]}}]"#,
            r#"[[1, 2, 3, 2, 4], [2, 4]]"#,
            r#"[[1, 1, 2, 1, 2, 3], [1, 2, 3]]"#,
        ],
        "object.union_n" => &[
            r#"[[{"a": {"b": 2}}, {"a": 4}, {"a": {"c": 3}}]]"#,
            r#"[[{"a": {"b": 2}}, {"a": {"c": 3, "b": {"x": 1}}}, {"a": {"b": {"y": 2}}}]]"#,
        ],
        "format_int" => &["[255, 16]", "[255.9, 2]", "[-255.5, 8]", "[1e20, 10]", "[10, 10.0]", "[5, 3]"],
        "sprintf" => &[
            r#"["%v %d %s", ["a", 1, 2.5]]"#,
            r#"["%6.2f|%e|%g", [3.14159, 1234.5678, 1e-7]]"#,
            r#"["%x|%X|%#x", [255, "hi", 123456789012345678901]]"#,
            r#"["%b %g %G %v", [1.5, 1e21, 1e100, 100000000.0]]"#,
            r#"["%v", [{"a": [1, null, true]}]]"#,
            r#"["%.3g|%.10g|%#g|%#.3g", [123456.789, 0.1, 1.0, 1e6]]"#,
            r#"["%x|%.3x|%X|%#x", [1.5, 3.14159, -0.75, 1e300]]"#,
            r#"["%5d|%-5d|%05d|%+05d", [42, 42, 42, 42]]"#,
        ],
        _ => return None,
    };
    Some(calls)
}
