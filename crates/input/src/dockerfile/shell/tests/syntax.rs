use super::*;

/// The text a script's one diagnostic points at.
#[track_caller]
fn refused(run: &str) -> (String, String) {
    let text = format!("FROM a\nRUN {run}\nUSER b\n");
    let (file, diagnostics) = parse(&text);
    assert_eq!(diagnostics.len(), 1, "{run}: {diagnostics:?}");
    assert_eq!(file.instructions().count(), 3);
    let diagnostic = &diagnostics[0];
    (
        at(&text, diagnostic.span).to_owned(),
        diagnostic.message.clone(),
    )
}

#[test]
fn what_a_shell_refuses_is_told_with_its_place() {
    for (run, place) in [
        ("chmod a-w /etc (C)", "("),
        ("a )", ")"),
        ("a && ", ""),
        ("a | ", ""),
        ("&& a", "&&"),
        ("a ;; b", ";;"),
        ("a; ; b", ";"),
        ("if a; then b", "if"),
        ("if a; b; fi", "fi"),
        ("if a; then; fi", ";"),
        ("while a; do b", "while"),
        ("for x in a; b; done", "b"),
        ("for 1 in a; do b; done", "1"),
        ("do a; done", "do"),
        ("fi", "fi"),
        ("} a", "}"),
        ("{ a; ", "{"),
        ("(a", "("),
        ("()", ")"),
        ("case a in b) c", "case"),
        ("a $(b", "$("),
        ("a `b", "`"),
        ("a ${b", "${"),
        ("a >", ""),
        ("a > > b", ">"),
        ("[[ a", "[["),
        ("f() ", ""),
    ] {
        assert_eq!(refused(run).0, place, "{run}");
    }
}

#[test]
fn unclosed_quotes_point_at_the_opening_one() {
    let (place, message) = refused("echo \"a b");
    assert_eq!(place, "\"");
    assert!(message.contains("double quote is not closed"));
    let (place, message) = refused("echo 'a b");
    assert_eq!(place, "'");
    assert!(message.contains("single quote is not closed"));
    assert_eq!(refused("echo $(a \"b)").0, "\"");
}

#[test]
fn what_a_shell_accepts_is_accepted() {
    for run in [
        "a;b;",
        "a & b",
        "if a; then b; fi > c 2>&1",
        "for x in *; do a; done < b",
        "for x do a; done",
        "case \"$a\" in b) ;; c) d ;; esac",
        "case a in esac",
        "case $a in *[!a-z]*|'x y') b ;; esac",
        "f() { a; } && f",
        "f () (a)",
        "echo if then fi done",
        "echo a=(b)c | true",
        "echo {a,b} {1..3} {} { }",
        "a 2>/dev/null >&2 <&-",
        "[ \"$a\" = 'b' -a ! -f c ]",
        "echo $((1 + (2 * 3))) $(( x << 2 ))",
        "echo \"${a%\"${a#?}\"}\" ${a:-'b}'}",
        "echo \"it's\" 'a\"b' a\\ b \\\"",
        "echo \"$(echo \"$(echo 'a')\")\"",
        "a='b' \"c\"=d",
        "a #b",
        "a#b",
        "echo $a$ $% \"$\"",
        "! ! a",
        "echo \"a\\\nb\"",
        "X=1",
        "if ( a ) then b; fi",
        "{ a; } | { b; }",
        "echo ${#a} ${#} ${##} ${a##*/} ${10} $#",
    ] {
        if run.contains("a=(b)c") {
            assert_eq!(refused(run).0, "(");
        } else {
            script(run);
        }
    }
}

#[test]
fn bash_is_accepted() {
    for run in [
        "[[ a =~ ^(b|c )d$ && -f e || ! ( f < g ) ]]",
        "a=(b \"c d\" [3]=e); echo \"${a[@]}\" ${#a[*]} ${!a[@]}",
        "a[1]=b; a+=(c)",
        "declare -a a=(b c)",
        "function f { a; }; function g() { b; }",
        "for ((i=0; i<3; i++)); do a; done",
        "((a++)) || true",
        "a &> b; c &>> d; e |& f",
        "diff <(a) <(b) > >(c)",
        "echo $'a\\'b' ${a//b/c} ${a:1:2} ${a^^} ${a@Q}",
        "select x in a b; do c; done",
        "case a in b) c ;& d) e ;;& esac",
        "shopt -s extglob; rm !(a|b) @(c) +([0-9])",
        "time -p a",
        "cat <<< \"$a\"",
    ] {
        let (_, script) = bash(run);
        let is_bashism = |fact: &&ShellFact| matches!(fact.kind, FactKind::Bashism { .. });
        assert_eq!(script.facts.iter().find(is_bashism), None, "{run}");
    }
}

#[test]
fn heredocs_in_scripts_are_read() {
    let run = "<<'OUT'\ncat <<A <<-\"B\" | c\n$(x)\nA\n\t$(y)\n\tB\nd\nOUT";
    let (text, script) = script(run);
    let found: Vec<&str> = script.commands.iter().map(Command::program).collect();
    assert_eq!(found, ["cat", "c", "x", "d"]);
    let bodies: Vec<&str> = script.commands[0]
        .redirects
        .iter()
        .map(|redirect| at(&text, redirect.body.unwrap()))
        .collect();
    assert_eq!(bodies, ["$(x)\n", "\t$(y)\n"]);
}

#[test]
fn an_unclosed_heredoc_in_a_script_reaches_to_its_end() {
    let (_, script) = script("<<'OUT'\ncat <<A\nb\nOUT");
    assert_eq!(script.commands.len(), 1);
}
