use super::*;

/// The facts of a script for `sh`, by name and text.
#[track_caller]
fn check(run: &str, expected: &[(FactKind, &str)]) {
    let (text, script) = script(run);
    let found: Vec<(FactKind, &str)> = script
        .facts
        .iter()
        .map(|fact| (fact.kind.clone(), at(&text, fact.span)))
        .collect();
    assert_eq!(found, expected, "{run}");
}

fn variable(name: &str) -> FactKind {
    FactKind::UnquotedVariable {
        name: name.to_owned(),
    }
}

fn substitution(command: &str) -> FactKind {
    FactKind::UnquotedSubstitution {
        command: command.to_owned(),
    }
}

fn bashism(feature: &'static str) -> FactKind {
    FactKind::Bashism { feature }
}

fn missing(place: &'static str) -> FactKind {
    FactKind::MissingSpace { place }
}

#[test]
fn unquoted_expansions_are_noted_where_they_split() {
    check(
        "a $b \"$c\" d$e",
        &[(variable("b"), "$b"), (variable("e"), "$e")],
    );
    check("a ${b:-c}", &[(variable("b"), "${b:-c}")]);
    check("for x in $a $(b); do c; done", &[]);
    check(
        "for x in $(a $b); do c $x; done",
        &[(variable("b"), "$b"), (variable("x"), "$x")],
    );
    check("x=$a; x=$a b; export x=$a", &[]);
    check("a > $b; case $c in $d) ;; esac", &[]);
    check("a $? $# $$ ${#b} $@ $((b))", &[]);
    check("a ${b:+\"$b\"}", &[]);
    check(
        "a $(b $c)",
        &[(substitution("b"), "$(b $c)"), (variable("c"), "$c")],
    );
    check("a \"$(b $c)\"", &[(variable("c"), "$c")]);
    check("sh -c 'a $b'", &[(variable("b"), "$b")]);
    check("sh -c \"a $b\"", &[]);
    check("[ $a = b ]", &[(variable("a"), "$a")]);
}

#[test]
fn substitutions_and_backticks_are_noted() {
    check("a $(b | c)", &[(substitution("b"), "$(b | c)")]);
    check("a \"`b`\"", &[(FactKind::Backticks, "`b`")]);
    check("x=`b`", &[(FactKind::Backticks, "`b`")]);
    check(
        "a `b`",
        &[(FactKind::Backticks, "`b`"), (substitution("b"), "`b`")],
    );
}

#[test]
fn unchecked_directory_changes_are_noted() {
    check("cd /a; b", &[(FactKind::UncheckedCd, "cd /a")]);
    check("b && cd /a; c", &[(FactKind::UncheckedCd, "cd /a")]);
    check("(cd /a; b)", &[(FactKind::UncheckedCd, "cd /a")]);
    check("cd /a && b", &[]);
    check("cd /a || exit 1; b", &[]);
    check("set -e; cd /a; b", &[]);
    check("if cd /a; then b; fi", &[]);
    check("cd /; cd ..; cd; a", &[]);
}

#[test]
fn and_or_lists_that_are_no_ifs_are_noted() {
    check("a && b || c", &[(FactKind::AndOr, "a && b || c")]);
    check("a && exit 1 || c", &[]);
    check("a && b || true", &[]);
    check("a || b && c", &[]);
    check("if a && b || c; then d; fi", &[]);
}

#[test]
fn negations_that_set_e_passes_over_are_noted() {
    check("set -e; ! a; b", &[(FactKind::NegatedPipeline, "! a")]);
    check("set -e; ! a", &[]);
    check("set -e; ! a || b; c", &[]);
    check("set -e; if ! a; then b; fi; c", &[]);
    check("! a; b", &[]);
}

#[test]
fn masked_exit_codes_are_noted() {
    let declaration = "export".to_owned();
    check(
        "export A=\"$(b)\" C=d",
        &[(FactKind::MaskedExitCode { declaration }, "A=\"$(b)\"")],
    );
    check("A=$(b); export A", &[]);
}

#[test]
fn braces_and_globs_are_noted() {
    check(
        "awk {print}",
        &[(FactKind::LiteralBrace, "{"), (FactKind::LiteralBrace, "}")],
    );
    check(
        "find . -exec a {} \\; ; xargs -I{} b; git show HEAD@{1}",
        &[],
    );
    check("a '{b}' \\{ \"}\"", &[]);
    check(
        "rm *.a b/*.c ?",
        &[
            (FactKind::DashProneGlob, "*.a"),
            (FactKind::DashProneGlob, "?"),
        ],
    );
    check("rm -- *.a; rm ./*.a '*.b'; echo *", &[]);
}

#[test]
fn missing_spaces_are_noted() {
    check(
        "[$a = b ]",
        &[(missing("after ["), "[$a"), (variable("a"), "$a")],
    );
    check("[ a = b]", &[(missing("before ]"), "]")]);
    check(
        "{echo a",
        &[(FactKind::LiteralBrace, "{"), (missing("after {"), "{echo")],
    );
    check("!grep a b", &[(missing("after !"), "!grep")]);
    check("[ a ] && [ b = c ]", &[]);
}

#[test]
fn features_of_bash_are_noted_under_sh_only() {
    for (run, feature, place) in [
        ("[[ a ]]", "[[ ]]", "[[ a ]]"),
        ("source a", "source", "source"),
        ("a=(b)", "arrays", "a=(b)"),
        ("function f { a; }", "function", "function"),
        ("a &> b", "&>", "&>"),
        ("a <<< b", "<<<", "<<<"),
        ("a <(b)", "process substitution", "<(b)"),
        ("a $'b'", "$'...' quotes", "$'b'"),
        ("a {1..3}", "brace expansion", "{1..3}"),
        ("a {b,c}d", "brace expansion", "{b,c}"),
        ("pushd a || b", "pushd and popd", "pushd"),
        ("printf %q a", "printf %q", "%q"),
        ("type -p a", "type flags", "-p"),
        ("echo -e a", "echo flags", "-e"),
        ("[ a == b ]", "== in place of =", "=="),
        ("set -o pipefail", "pipefail", "pipefail"),
        ("x=\"$RANDOM\"", "$RANDOM", "$RANDOM"),
        ("x=${a//b/c}", "${name/pattern/text}", "${a//b/c}"),
        ("x=${a:1}", "${name:offset}", "${a:1}"),
        ("x+=a", "+=", "x+="),
        ("((a))", "((...))", "((a))"),
        ("a |& b", "|&", "|&"),
        ("read -p a b", "read flags", "-p"),
    ] {
        check(run, &[(bashism(feature), place)]);
    }
    check("bash -c '[[ a ]]'", &[]);
    check("echo a -e; read -r b; x=${a%b}${a:-c}; f() { a; }", &[]);
}

#[test]
fn quotes_that_end_too_early_are_noted() {
    check("a \"b\"c\"d\"", &[(FactKind::MixedQuotes, "c")]);
    check("a \"b\"=\"d\" \"b\"'c'\"d\"", &[]);
    check("a 'b'c'd'", &[(FactKind::UnquotedWord, "c")]);
    check("a 'b'\\''c'", &[]);
}

#[test]
fn variables_read_and_written_are_listed() {
    let (text, script) = script(
        "a=1 && echo $a ${b:-2} \"${c%x}\" '$no' $(( d )); for e in 1; do :; done; read f; export g=1; : ${h:=2}; i=$1",
    );
    let references: Vec<(&str, bool)> = script
        .references
        .iter()
        .map(|variable| (variable.name.as_str(), variable.has_default))
        .collect();
    assert_eq!(
        references,
        [("a", false), ("b", true), ("c", false), ("h", true)]
    );
    assert_eq!(at(&text, script.references[2].span), "${c%x}");
    let assigned: Vec<&str> = script
        .assigned
        .iter()
        .map(|variable| variable.name.as_str())
        .collect();
    assert_eq!(assigned, ["a", "e", "f", "g", "h", "i"]);
    assert!(script.assigns("g") && !script.assigns("c"));
}
