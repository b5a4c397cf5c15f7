use super::*;

/// The value of the last instruction's WORKDIR, and whether it is known.
#[track_caller]
fn check(before: &str, word: &str, expected: &str, resolved: bool) {
    let text = format!("FROM scratch\n{before}\nWORKDIR {word}\n");
    let instruction = last(&text);
    let InstructionKind::Workdir(found) = &instruction.kind else {
        panic!("{instruction:?}");
    };
    assert_eq!(
        (found.value.as_str(), found.resolved),
        (expected, resolved),
        "{word}"
    );
    assert_eq!(at(&text, found.span), word);
    assert_eq!(found.raw, word);
}

#[test]
fn quotes_and_escapes_are_removed() {
    check("", "/a", "/a", true);
    check("", "\"/a b\"", "/a b", true);
    check("", "'/a $b'/c", "/a $b/c", true);
    check("", "/a\\ b", "/a b", true);
    check("", "\"\\$a \\\" \\n\"", "$a \" \\n", true);
    check("", "\\$a", "$a", true);
}

#[test]
fn variables_are_replaced() {
    check("ENV x=1", "/$x/${x}", "/1/1", true);
    check("ENV x=1", "/${x:-2}", "/1", true);
    check("ENV x=", "/${x:-2}", "/2", true);
    check("ENV x=", "/${x-2}", "/", true);
    check("ENV x=1", "/${x:+y}", "/y", true);
    check("ENV x=", "/${x:+y}", "/", true);
    check("ENV x=1", "/${x:?gone}", "/1", true);
    check("ENV x=1 y=2", "/${x:+${y}3}", "/23", true);
    check(
        "ENV x=a.b.c",
        "/${x%.*}/${x%%.*}/${x#*.}/${x##*.}",
        "/a.b/a/b.c/c",
        true,
    );
    check("ENV x=a.b.c", "/${x/./-}/${x//./-}", "/a-b.c/a-b-c", true);
    check("ENV x=1", "/$", "/$", true);
}

#[test]
fn unknown_variables_stay_as_written() {
    check("", "/$x/a", "/$x/a", false);
    check("ARG x", "/$x", "/$x", false);
    check("ARG x", "/${x:-d}", "/d", true);
    check("ARG x", "/${x:+d}", "/", true);
    check("", "/${x:-d}", "/d", false);
    check("ARG TARGETARCH", "/$TARGETARCH", "/$TARGETARCH", false);
    check("ARG TARGETARCH=arm64", "/$TARGETARCH", "/arm64", true);
}

#[test]
fn parameters_of_shells_have_no_value() {
    check("", "/${?:-x}/${0:-y}", "/x/y", true);
    check("", "/$?$-$!$@$*$#$12a${$}", "/a", true);
    check("ENV HOME=b", "/$$HOME", "/HOME", true);
}

#[test]
fn only_global_arguments_have_a_value_in_from() {
    for (text, expected) in [
        ("FROM ${a:-b:1}\n", Some("b:1")),
        ("ARG a=c\nFROM ${a:-b:1}\n", Some("c")),
        ("ARG a\nFROM b:${a-2}\n", Some("b:2")),
        ("ARG b=${a:-c}\nFROM $b\n", Some("c")),
        ("FROM x AS y\nARG a=c\nFROM ${a:-b}\n", Some("b")),
        ("FROM $a\n", None),
        ("FROM b:${TARGETARCH:-c}\n", None),
    ] {
        let file = valid(text);
        let image = file.final_stage().and_then(|stage| stage.base.image());
        let whole = image.map(|image| match &image.tag {
            Some(tag) => format!("{}:{tag}", image.repository),
            None => image.repository.clone(),
        });
        assert_eq!(whole.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_user_that_nothing_sets_is_likely_empty() {
    for (before, user, likely) in [
        ("", "$a", Some("")),
        ("", "${a:-root}", Some("root")),
        ("", "${a:-1000}:$b", Some("1000")),
        ("ARG a", "$a:$b", Some("")),
        ("ARG a=2", "$a", Some("2")),
        ("ENV c=app$b", "$c", Some("app")),
        ("ARG a\nENV b=$a", "$b", Some("")),
        ("ENV a=${a:-root}", "$a", Some("root")),
        ("ENV a $a:$a", "${a%:*}", Some("")),
        ("ENV a=${b#x}", "${a:-0}", Some("0")),
        ("ARG TARGETARCH\nENV a=$TARGETARCH", "$a", None),
        ("", "${a:?}", None),
        ("ARG TARGETARCH", "$TARGETARCH", None),
    ] {
        let text = format!("FROM b\n{before}\nUSER {user}\n");
        let InstructionKind::User(found) = last(&text).kind else {
            panic!("{text}");
        };
        assert_eq!(found.likely_user.as_deref(), likely, "{text}");
    }
}

#[test]
fn env_goes_before_arg() {
    check("ENV x=1\nARG x=2", "/$x", "/1", true);
    check("ARG x=2\nENV x=1", "/$x", "/1", true);
    check("ARG x=2\nENV x=$x$x", "/$x", "/22", true);
    check("ENV x=1\nENV x=2 y=$x", "/$y", "/1", true);
}

#[test]
fn references_have_places() {
    let text = "FROM a\nENV b=\"c $d ${e:-$f}\"\n";
    let InstructionKind::Env(pairs) = last(text).kind else {
        panic!();
    };
    let references: Vec<(&str, &str, bool)> = pairs[0]
        .value
        .as_ref()
        .unwrap()
        .references
        .iter()
        .map(|reference| {
            let name = reference.name.as_str();
            (name, at(text, reference.span), reference.has_default)
        })
        .collect();
    let expected = [
        ("d", "$d", false),
        ("f", "$f", false),
        ("e", "${e:-$f}", true),
    ];
    assert_eq!(references, expected);
}

#[test]
fn unclosed_quotes_and_braces_are_told() {
    assert_eq!(broken("FROM a\nUSER \"b\n").0, "\"b");
    assert_eq!(broken("FROM a\nENV x='b c\n").0, "'b c");
    assert_eq!(broken("FROM a\nWORKDIR /${b\n").0, "${b");
    assert!(
        broken("FROM a\nWORKDIR /${b^c}\n")
            .1
            .contains("not supported")
    );
    assert_eq!(broken("FROM a\nWORKDIR /${b//c}\n").0, "${b//c}");
    assert!(
        broken("FROM a\nWORKDIR /${}\n")
            .1
            .contains("no variable name")
    );
}

#[test]
fn the_escape_character_is_the_file_s() {
    let file = valid("# escape=`\nFROM a\nWORKDIR C:\\b\\`$c\n");
    let workdir = file.instructions().last().unwrap();
    assert!(matches!(&workdir.kind, InstructionKind::Workdir(word) if word.is("C:\\b\\$c")));
}
