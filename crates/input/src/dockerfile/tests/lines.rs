use super::*;

fn names(file: &Dockerfile) -> Vec<&str> {
    file.instructions().map(Instruction::name).collect()
}

#[test]
fn continuation_lines_belong_to_the_instruction() {
    let text = "FROM a\nRUN b \\\n  # why\n\n  && c \\  \n  d\nUSER e\n";
    let file = valid(text);
    assert_eq!(names(&file), ["FROM", "RUN", "USER"]);
    let run = file.instructions().nth(1).unwrap();
    assert_eq!(at(text, run.span), "RUN b \\\n  # why\n\n  && c \\  \n  d");
    let commands = run.script().unwrap().commands();
    assert_eq!(commands.len(), 2);
    assert_eq!(at(text, commands[1].span), "c \\  \n  d");
    assert_eq!(at(text, commands[1].args[0].span), "d");
    assert_eq!(file.comments.len(), 1);
    assert_eq!(file.comments[0].text, "why");
    assert_eq!(at(text, file.comments[0].span), "# why");
}

#[test]
fn two_escape_characters_do_not_continue_a_line() {
    let file = valid("FROM a\nENV x=b\\\\\nUSER c\n");
    assert_eq!(names(&file), ["FROM", "ENV", "USER"]);
}

#[test]
fn directives_stand_at_the_top_only() {
    let text = "# syntax = docker/dockerfile:1 \n# escape=`\n# about\n# check=skip=all\nFROM a\nRUN b `\n c\n";
    let file = valid(text);
    let found: Vec<(&str, &str)> = file
        .directives
        .iter()
        .map(|directive| (directive.name.as_str(), directive.value.as_str()))
        .collect();
    assert_eq!(found, [("syntax", "docker/dockerfile:1"), ("escape", "`")]);
    let syntax = file.directive("syntax").unwrap();
    assert_eq!(at(text, syntax.value_span), "docker/dockerfile:1");
    assert_eq!(file.escape, '`');
    assert_eq!(names(&file), ["FROM", "RUN"]);
    assert_eq!(file.comments.len(), 2);
}

#[test]
fn a_frontend_is_found_behind_a_shebang() {
    let text = "#!/usr/bin/env -S builder\n# escape=`\n# syntax=a/b:1\nFROM a\nRUN b \\\n c\n";
    let file = valid(text);
    let syntax = file.directive("syntax").unwrap();
    assert_eq!(at(text, syntax.value_span), "a/b:1");
    assert_eq!((file.directives.len(), file.escape), (1, '\\'));
    assert_eq!(names(&file), ["FROM", "RUN"]);
}

#[test]
fn wrong_directives_are_told() {
    let (place, message) = broken("# escape=x\nFROM a\n");
    assert_eq!(place, "x");
    assert!(message.contains("escape character"));
    let (place, _) = broken("# escape=`\n# escape=`\nFROM a\n");
    assert_eq!(place, "# escape=`");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_not_matter() {
    let text =
        "\u{feff}# escape=`\r\nFROM a\r\nRUN b `\r\n  c\r\nCOPY <<X /d\r\ne\r\nX\r\nUSER f\r\n";
    let file = valid(text);
    assert_eq!(file.escape, '`');
    assert_eq!(names(&file), ["FROM", "RUN", "COPY", "USER"]);
    let user = file.effective_user(file.final_stage().unwrap()).unwrap();
    assert_eq!(at(text, user.span()), "f");
    assert_eq!(file.stages[0].from.image.value, "a");
}

#[test]
fn a_file_needs_an_instruction_and_a_from() {
    for text in ["", "\n\n", "# only\n# comments\n", "\u{feff}"] {
        let (file, diagnostics) = parse(text);
        assert!(file.stages.is_empty());
        assert_eq!(diagnostics.len(), 1, "{text:?}");
        assert!(diagnostics[0].message.contains("no instructions"));
    }
    let (place, message) = broken("ARG a\nUSER b\n");
    assert_eq!(place, "ARG a");
    assert!(message.contains("no FROM"));
}

#[test]
fn a_file_may_end_within_a_continuation() {
    let text = "FROM a\nRUN b \\";
    let file = valid(text);
    let run = file.instructions().nth(1).unwrap();
    assert_eq!(at(text, run.span), "RUN b \\");
    assert_eq!(run.script().unwrap().commands()[0].name, "b");
}

#[test]
fn heredocs_belong_to_their_instruction() {
    let text = "FROM a\nCOPY <<one <<-'two' /d/\n1\none\n\t2\n\ttwo\nUSER b\n";
    let file = valid(text);
    assert_eq!(names(&file), ["FROM", "COPY", "USER"]);
    let instruction = file.instructions().nth(1).unwrap();
    let InstructionKind::Copy(copy) = &instruction.kind else {
        panic!("{instruction:?}");
    };
    assert!(copy.sources.is_empty());
    assert_eq!(copy.destination.value, "/d/");
    assert_eq!(at(text, copy.span), "<<one <<-'two' /d/");
    let [one, two] = copy.heredocs.as_slice() else {
        panic!("{copy:?}");
    };
    assert_eq!(
        (one.name.as_str(), one.expands, one.chomp),
        ("one", true, false)
    );
    assert_eq!(
        (two.name.as_str(), two.expands, two.chomp),
        ("two", false, true)
    );
    assert_eq!(at(text, one.body), "1\n");
    assert_eq!(at(text, two.body), "\t2\n");
    assert_eq!(at(text, two.span), "<<-'two'");
    assert!(at(text, instruction.span).ends_with("\n\ttwo"));
}

#[test]
fn a_heredoc_alone_is_the_script() {
    let text = "FROM a\nRUN <<EOF\nset -e\napt-get update\n# no\nEOF\n";
    let run = last(text);
    let commands = run.script().unwrap().commands();
    assert_eq!(commands.len(), 2);
    assert_eq!(at(text, commands[1].span), "apt-get update");
    assert!(commands[1].errexit);
}

#[test]
fn a_heredoc_for_a_command_is_its_input() {
    let text = "FROM a\nRUN cat <<EOF > /x && b\n$(c) $d\nEOF\n";
    let run = last(text);
    let script = run.script().unwrap().posix().unwrap();
    let names: Vec<&str> = script.commands.iter().map(Command::program).collect();
    assert_eq!(names, ["cat", "b", "c"]);
    assert_eq!(at(text, script.commands[2].span), "c");
    assert_eq!(at(text, script.references[0].span), "$d");
    let redirects = &script.commands[0].redirects;
    assert_eq!(redirects[0].operator, "<<");
    assert_eq!(at(text, redirects[0].body.unwrap()), "$(c) $d\n");
    assert_eq!(redirects[1].target.value(), "/x");
}

#[test]
fn a_shebang_names_the_language() {
    let python = last("FROM a\nRUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n");
    assert!(matches!(
        python.script(),
        Some(Script::NotPosix { interpreter, .. }) if interpreter == "/usr/bin/env python3"
    ));
    let bash = last("FROM a\nRUN <<EOF\n#!/bin/bash -e\n[[ a ]]\nEOF\n");
    let script = bash.script().unwrap().posix().unwrap();
    assert_eq!(script.dialect, Some(Dialect::Bash));
    assert_eq!(script.facts, []);
    assert!(script.commands[0].errexit);
}

#[test]
fn an_unclosed_heredoc_is_told_and_the_rest_is_read() {
    let text = "FROM a\nRUN <<EOF\nUSER b\n";
    let (file, diagnostics) = parse(text);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(at(text, diagnostics[0].span), "<<EOF");
    assert_eq!(names(&file), ["FROM", "RUN", "USER"]);
}

#[test]
fn blanks_may_stand_before_the_name_of_a_heredoc() {
    let text = "FROM a\nRUN << EOF\nb c\nEOF\nRUN sh <<\t'F' > /x\nd e\nF\nUSER b\n";
    let file = valid(text);
    assert_eq!(names(&file), ["FROM", "RUN", "RUN", "USER"]);
    let runs: Vec<_> = file.instructions().skip(1).take(2).collect();
    let alone = runs[0].script().unwrap().commands();
    assert_eq!(at(text, alone[0].span), "b c");
    let InstructionKind::Run(given) = &runs[1].kind else {
        panic!();
    };
    assert_eq!(at(text, given.heredocs[0].span), "<<\t'F'");
    assert!(!given.heredocs[0].expands);
    assert_eq!(at(text, given.heredocs[0].body), "d e\n");
}

#[test]
fn a_line_whose_heredocs_the_builder_does_not_see_is_told() {
    for (line, place) in [
        ("RUN cat <<E > /${x^^}", "${x^^}"),
        ("RUN cat <<E > \"/${#x}\"", "${#x}\""),
        ("COPY <<E /${x[0]}", "${x[0]}"),
    ] {
        let text = format!("FROM a\n{line}\nb c\nE\nUSER d\n");
        let (file, diagnostics) = parse(&text);
        assert_eq!(at(&text, diagnostics[0].span), place, "{line}");
        assert_eq!(file.instructions().count(), 3, "{line}");
    }
    for line in [
        "RUN cat <<E > /${x%/*}${y:-z}",
        "RUN cat <<E | sed 's/${x^^}//'",
        "RUN cat <<E > \\${x^^}",
        "RUN cat <<E > $(b)$((1 + 2))",
    ] {
        valid(&format!("FROM a\n{line}\nb c\nE\nUSER d\n"));
    }
}

#[test]
fn shifts_here_strings_and_other_instructions_are_no_heredocs() {
    let file = valid(
        "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN cat <<<x; echo $((1<<2)) $((1 << 2))\nLABEL a=<<b\nCMD [\"<<x\"]\n",
    );
    assert_eq!(file.instructions().count(), 5);
}
