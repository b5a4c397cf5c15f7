//! Commands as conftest 0.71.1 printed them for the same text.

use serde_json::{Value, json};

use super::parse;

/// Name, trigger, JSON, flags, arguments and stage of each command.
fn commands(text: &str) -> Vec<Value> {
    let value = parse(text).unwrap();
    let commands = value[0].as_array().unwrap();
    commands
        .iter()
        .map(|command| {
            json!([
                command["Cmd"],
                command["SubCmd"],
                command["JSON"],
                command["Flags"],
                command["Value"],
                command["Stage"],
            ])
        })
        .collect()
}

fn check(text: &str, expected: &Value) {
    assert_eq!(&Value::Array(commands(text)), expected, "{text}");
}

#[test]
fn comments_are_commands_before_their_instruction() {
    check(
        "# syntax=docker/dockerfile:1\n# one\n  # two\n#\n# three\nFROM a\n# last\n",
        &json!([
            ["comment", "", false, null, ["three"], 0],
            ["from", "", false, [], ["a"], 0],
        ]),
    );
    check(
        "FROM a\n  # in\nUSER b",
        &json!([
            ["from", "", false, [], ["a"], 0],
            ["comment", "", false, null, ["# in"], 0],
            ["user", "", false, [], ["b"], 0],
        ]),
    );
}

#[test]
fn stages_are_counted_from_zero() {
    check(
        "ARG V=1\nFROM a AS b\nFROM --platform=$P c\nCOPY --from=b /x /y",
        &json!([
            ["arg", "", false, [], ["V=1"], 0],
            ["from", "", false, [], ["a", "AS", "b"], 0],
            ["from", "", false, ["--platform=$P"], ["c"], 1],
            ["copy", "", false, ["--from=b"], ["/x", "/y"], 1],
        ]),
    );
}

#[test]
fn arguments_are_split_by_instruction() {
    check(
        "FROM a\nRUN echo  a \\\n  # in between\n\n  && b\nRUN [\"a\", \"b c\"]\nENV A=1 B=\"x y\" C=d\\ e\n\
         ENV D  e f\nLABEL a=b\nEXPOSE 80 443/tcp\nVOLUME [\"/a\"]\nHEALTHCHECK --interval=5s CMD curl x\n\
         ONBUILD COPY --chown=1 a b\nSHELL [\"/bin/sh\"]\nCMD\n",
        &json!([
            ["from", "", false, [], ["a"], 0],
            ["run", "", false, [], ["echo  a   && b"], 0],
            ["run", "", true, [], ["a", "b c"], 0],
            [
                "env",
                "",
                false,
                [],
                ["A", "1", "=", "B", "\"x y\"", "=", "C", "d\\ e", "="],
                0
            ],
            ["env", "", false, [], ["D", "e f", ""], 0],
            ["label", "", false, [], ["a", "b", "="], 0],
            ["expose", "", false, [], ["80", "443/tcp"], 0],
            ["volume", "", true, [], ["/a"], 0],
            [
                "healthcheck",
                "",
                false,
                ["--interval=5s"],
                ["CMD", "curl x"],
                0
            ],
            ["onbuild", "COPY", false, [], ["a", "b"], 0],
            ["shell", "", true, [], ["/bin/sh"], 0],
            ["cmd", "", false, null, null, 0],
        ]),
    );
}

#[test]
fn the_text_of_a_heredoc_stands_behind_the_word_that_opens_it() {
    check(
        "FROM a\nRUN <<EOF cat <<-'B C'\nUSER x\nEOF\n\tB C\nCOPY <<X <<Y z /x\nY\r\nX\nb\nY\nUSER y\n\
         ONBUILD RUN <<E\nc\nE\nRUN <<E\nE\n",
        &json!([
            ["from", "", false, [], ["a"], 0],
            [
                "run",
                "",
                false,
                [],
                ["<<EOF cat <<-'B C'\nUSER x\nEOF\n\tB C"],
                0
            ],
            [
                "copy",
                "",
                false,
                [],
                ["<<X\nY\nX", "<<Y\nb\nY", "z", "/x"],
                0
            ],
            ["user", "", false, [], ["y"], 0],
            ["onbuild", "RUN", false, [], ["<<E\nc\nE"], 0],
            ["run", "", false, [], ["<<E\nE"], 0],
        ]),
    );
}

#[test]
fn the_escape_directive_counts() {
    check(
        "# escape=`\nFROM a\nRUN a `\n b \\\nENV X=a` b\n",
        &json!([
            ["from", "", false, [], ["a"], 0],
            ["run", "", false, [], ["a  b \\"], 0],
            ["env", "", false, [], ["X", "a` b", "="], 0],
        ]),
    );
}

#[test]
fn what_buildkit_refuses_is_refused() {
    for (text, line) in [
        ("", 1),
        ("# only a comment\n", 1),
        ("FROM a\nRNU b", 2),
        ("FROM a b", 1),
        ("FROM a AS 1", 1),
        ("FROM a\nCOPY --form=b c d", 2),
        ("FROM a\nCOPY c", 2),
        ("FROM a\n\nENV A", 3),
        ("FROM a\nENV A=1 B", 2),
        ("FROM a\nRUN <<EOF\nx\n", 2),
        ("FROM a\nRUN [\"a\", 1]", 2),
        ("FROM a\nONBUILD FROM b", 2),
        ("FROM a\nSHELL /bin/sh", 2),
        ("FROM a\nHEALTHCHECK --interval=1 CMD x", 2),
        ("# escape=x\nFROM a", 1),
        ("# syntax=a\n# syntax=b\nFROM a", 2),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
    }
}

#[test]
fn every_command_has_its_line() {
    let text = "# syntax=docker/dockerfile:1\n# base\nFROM a\n\nRUN b \\\n  # inside\n  c\n#d\nRUN <<E\nx\nE\nUSER e\n";
    assert_eq!(super::lines(text), [2, 3, 5, 8, 9, 12]);
    assert_eq!(super::lines("NOTHING a\n"), [0; 0]);
}
