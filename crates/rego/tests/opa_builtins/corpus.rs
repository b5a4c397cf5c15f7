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
        ("net.cidr_expand", _) => &[
            "10.0.0.0/30", "10.0.0.1/32", "192.168.1.7/29", "::1/126", "2001:db8::/125", "::ffff:10.0.0.0/126", "10.0.0/8",
            "255.255.255.255/32", "10.0.0.0/033", "10.0.0.0/032", "fe80::1%eth0/127", "1.2.3.4", "/8",
        ],
        (name, _) if name.starts_with("net.") => &[
            "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.168.0.0/24", "192.168.1.0/24", "0.0.0.0/0", "::/0", "::1", "::1/128",
            "2001:db8::/32", "2001:db8:1::/48", "2001:db8::5", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "10.0.0.1/33",
            "10.0.0.0/08", "10.0.0.256/8", "10.0.0/24", "fe80::1%eth0", "01.2.3.4/8", "172.16.0.0/12", "172.20.1.1/16",
            "192.168.0.0/25", "192.168.0.128/25", "2001:db8:8000::/33", "2001:db8::/33", "1.2.3.4/", "::ffff:0:0/90",
            "10.0.0.0/9", "10.128.0.0/9", "11.0.0.0/8", "2001::/16", "2001:db8:0:1::/64",
        ],
        ("units.parse" | "units.parse_bytes", _) => &[
            "1", "10Gi", "1.5M", "100m", "0.5m", "1m", "3k", "3K", "3Ki", "3ki", "2MB", "2mb", "2MiB", "1e3", "1E3", "1e3Mi",
            "12E", "12Ei", "12e", "1e", "-5Gi", "+5Mi", "", "Gi", "1 Gi", "1.2.3", "1e10000000", "\"10Mi\"",
            "1.123456789123M", "0.0001", "5PB", "7TiB", "1Eb", "100x", ".5Gi", "5.", "1--2", "1e+2k", "1e-2k", "0.1", "123456789012345678901234567890Ki",
            "-1.00000000005", "1_0", "é", "10é",
        ],
        ("semver.compare" | "semver.is_valid", _) => &[
            "1.2.3", "1.2.4", "1.10.0", "v1.2.3", "1.2.3-alpha", "1.2.3-alpha.1", "1.2.3-alpha.beta", "1.2.3-1", "1.2.3-2.x",
            "1.2.3+build", "1.2.3-rc.1+b.01", "1.2", "1.2.3.4", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3-0a",
            "9223372036854775808.0.0", "1.2.3-99999999999999999999", "1.2.3-a-b", "vv1.2.3", "1.2.x",
        ],
        ("uuid.parse", _) => &[
            "00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "000003e8-48b9-21ee-b200-325096b39f47", "000003e8-48b9-21ee-b201-325096b39f47", "4d61b7d1-2f4e-4e5f-9d2b-3f2a1b0c9d8e",
            "{4d61b7d1-2f4e-4e5f-9d2b-3f2a1b0c9d8e}", "urn:uuid:4d61b7d1-2f4e-4e5f-9d2b-3f2a1b0c9d8e",
            "URN:UUID:4D61B7D1-2F4E-4E5F-9D2B-3F2A1B0C9D8E", "4d61b7d12f4e4e5f9d2b3f2a1b0c9d8e", "4d61b7d1-2f4e-4e5f-9d2b",
            "018f3f3e-7d2c-7f6e-8a1b-2c3d4e5f6071", "f81d4fae-7dec-11d0-c765-00a0c91e6bf6", "f81d4fae-7dec-11d0-e765-03a0c91e6bf6",
            "00000000-0000-1000-8000-000000000000", "ffffffff-ffff-1fff-bfff-ffffffffffff", "f81d4fae-7dec-21d0-a765-01a0c91e6bf6",
        ],
        ("base64.decode" | "base64.is_valid" | "base64url.decode", _) => &[
            "", "YQ==", "YWI=", "YWJj", "YQ", "YWI", "YQ=", "Y", "YR==", "YWJjZA==", "PDw_Pz8-Pg==", "PDw/Pz8+Pg==", "PDw_Pz8-Pg",
            "YW\nJj", "YW Jj", "YWJj=", "====", "YQ==YQ==", "w6k=", "5pel5pys", "/w==", "_w==",
        ],
        ("hex.decode", _) => &["", "61", "6162", "C3a9", "6", "zz", "ff", "e697a5", "6g"],
        ("urlquery.decode" | "urlquery.decode_object", _) => &[
            "", "a=1&b=2", "a=1&a=2", "a%20b", "a+b", "%zz", "%", "%4", "a=%C3%A9", "a;b", "a=b=c", "=", "&", "a&b", "%ff", "a=1;b=2", "+=+",
            "%26=%3D",
        ],
        ("uri.parse" | "uri.is_valid", _) => &[
            "", "http://example.com", "https://user:pw@host.example:8080/a/b?q=1#f", "//host/path", "/a/b", "a/b", "mailto:a@b.c",
            "http://[::1]:80/", "http://[::1]", "http://[fe80::1%25en0]:8080/", "http://a b/", "http://a/%zz", "http://a/%2f", ":foo", "a:b:c",
            "http://host:port/", "http://host:/", "?q", "#f", "#%zz", "http://a/b c", "1http://x", "http://a\u{1}b", "x://y@z@w/", "http://é/ü?ö#ä",
            "*", "http:/a", "http:a", "urn:isbn:123", "http://user:p%40ss@h/", "http://u^ser@h/", "/a:b", "a:b/c", "./a:b", "http://h/a//b/../c",
            "http://h?x?y", "http://h#a#b", "http://%41/", "http://h%20x/", "http://[::1", "http://::1/", "http://h:80:90/", "//a%2Fb/c",
        ],
        ("glob.match", 0) => &[
            "*", "**", "a*", "*.com", "*.*.com", "**.com", "a?c", "[a-c]x", "[!a-c]x", "[abc]", "{a,b}", "{a,b*}c", "a\\*", "api.*.com",
            "/a/**/b", "/a/*/b", "*/*", "", "[", "{", "{a", "a}", "[]", "[a-]", "?", "??", "*a*b*", "{*.x,y}.z", "a.{b,{c,d}}", "\\", "[^a]",
            "日*", "*é", "a**b", "***", "[a-c", "[!]", "{,a}", "{}", "a,b", "[z-a]", "/*", "**/b", "a/**",
        ],
        ("glob.match", 2) => &[
            "", "a", "abc", "a.com", "www.a.com", "ax", "dx", "b", "bc", "a*", "api.x.com", "/a/b/c/b", "/a/x/b", "a/b", "x.z", "a.c",
            "日本", "cafée", "aXb", "a,b", "/a//b", "//", "foo.bar.baz", "[", "{", "-",
        ],
        ("glob.match", _) => &[".", "/", ":", "é", "ab", ","],
        ("glob.quote_meta", _) => &["*.com", "a[b]", "{x}", "a\\b", "?", "a-b!c,d"],
        ("regex.globs_match", _) => &[
            "a", "a*", ".*", "[a-c]", "[a-c]+", "a+b", "abc", "a.c", "[0-9]*x", "\\.", "\\*", "[", "*", "a**", "[a-", "ab*", "b", "[b-d]", "x[yz]+",
            "é", ".", "..", "a.*b", "[a]", "[]", "[a-c-e]", "\\", "a\\+", "+", "[c-a]",
        ],
        _ => return None,
    };
    Some(texts)
}

/// Whether texts may be changed at random. A shorter prefix of a network has too many addresses for anybody.
pub(crate) fn may_change(builtin: &str) -> bool {
    // Nor does OPA come to an end comparing versions that differ beyond 64 bits.
    !matches!(builtin, "net.cidr_expand" | "semver.compare")
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
        "json.patch" => &[
            r#"[{"a": 1, "b": [1, 2, {"c": 3}]}, [{"op": "add", "path": "/b/1", "value": "x"}, {"op": "remove", "path": "/a"}]]"#,
            r#"[{"a": {"b": 1}}, [{"op": "replace", "path": "/a/b", "value": {"x": 2}}, {"op": "add", "path": "/a/b/y", "value": 3}]]"#,
            r#"[[1, 2, 3], [{"op": "move", "from": "/0", "path": "/2"}, {"op": "copy", "from": "/1", "path": "/-"}]]"#,
            r#"[[{"x": 1}, {"y": 2}], [{"op": "remove", "path": "/0"}, {"op": "add", "path": "/0/z", "value": 3}]]"#,
            r#"[[{"x": 1}, {"y": 2}], [{"op": "add", "path": "/0", "value": {}}, {"op": "add", "path": "/1/z", "value": 3}]]"#,
            r#"[{"a": 1}, [{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "", "value": [1]}]]"#,
            r#"[{"a~b": 1, "c/d": 2}, [{"op": "remove", "path": "/a~0b"}, {"op": "remove", "path": ["c/d"]}]]"#,
            r#"[{"a": 1}, [{"op": "remove", "path": ""}, {"op": "add", "path": "", "value": 2}]]"#,
            r#"[{"a": [1]}, [{"op": "add", "path": "/a/01", "value": 2}, {"op": "test", "path": "a/0", "value": 1}]]"#,
        ],
        "json.filter" | "json.remove" => &[
            r#"[{"a": {"b": 1, "c": [1, {"d": 2}]}, "e": 3}, ["a/b", "a/c/1/d"]]"#,
            r#"[{"a": {"b": 1, "c": 2}}, ["a", "a/b"]]"#,
            r#"[{"a": {"b": 1, "c": 2}}, ["a/b", "a"]]"#,
            r#"[{"a": {"b": [1, 2]}}, [["a", "b", "0"], ["a", "b", 1]]]"#,
            r#"[{"a~b": 1, "c/d": {"": 2}}, ["/a~0b", "c~1d/", ""]]"#,
        ],
        "json.marshal_with_options" => &[
            r#"[{"a": [1, {"b": "<x>"}], "c": {}, "d": []}, {"pretty": true}]"#,
            r#"[{"a": [1]}, {"indent": "  ", "prefix": "> "}]"#,
            r#"[{"a": [1]}, {"indent": "  ", "pretty": false}]"#,
            r#"[[1, 2], {"prefix": "\t"}]"#,
        ],
        "json.unmarshal" | "json.is_valid" => &[
            r#"["{\"a\": [1, 2.0, 1e3, \"\\u00e9\", null, true]}"]"#,
            r#"["[1, 2"]"#,
            r#"["{\"a\": 1, \"a\": 2}"]"#,
            r#"["1 2"]"#,
            r#"[" \n[]"]"#,
            r#"["1e400"]"#,
            r#"["\"\\ud83d\\ude00\\ud83d\""]"#,
        ],
        "graph.reachable" | "graph.reachable_paths" => &[
            r#"[{"a": ["b", "c"], "b": ["d"], "c": ["a"], "d": []}, ["a"]]"#,
            r#"[{"a": ["b"], "b": ["a", "x"]}, ["a", "b", "x"]]"#,
            r#"[{"a": ["a"], "b": []}, ["a", "b"]]"#,
        ],
        "urlquery.encode_object" => &[
            r#"[{"a": "1", "b": ["x", "y z"], "c": []}]"#,
            r#"[{"é": "&=", "a b": "+"}]"#,
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
