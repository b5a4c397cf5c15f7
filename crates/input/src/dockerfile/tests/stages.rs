use super::*;

#[test]
fn stages_are_found_by_name_in_any_case_and_by_number() {
    let text = "FROM golang:1.22 AS Build\nFROM build as final\nUSER x\n";
    let file = valid(text);
    assert_eq!(file.stage_by_name("BUILD").unwrap().index, 0);
    assert_eq!(file.stage_by_name("1").unwrap().index, 1);
    assert!(file.stage_by_name("2").is_none());
    assert_eq!(file.stages[1].base, Base::Stage(0));
    assert_eq!(
        at(text, file.stages[1].name.as_ref().unwrap().span),
        "final"
    );
    assert_eq!(file.final_stage().unwrap().index, 1);
    let Base::Image(image) = &file.stages[0].base else {
        panic!();
    };
    assert_eq!(
        (image.repository.as_str(), image.tag.as_deref()),
        ("golang", Some("1.22"))
    );
}

#[test]
fn global_arguments_count_in_from_and_inside_only_when_redeclared() {
    let text = "ARG V=3\nARG W\nFROM a:$V AS x\nWORKDIR /$V\nARG V\nWORKDIR /$V\nFROM b:$W\nFROM c:${W:-4}\nFROM scratch\nFROM x\n";
    let file = valid(text);
    assert_eq!(file.global_args.len(), 2);
    assert_eq!(file.preamble.len(), 2);
    assert_eq!(
        file.stages[0].base.image().unwrap().tag.as_deref(),
        Some("3")
    );
    let words: Vec<&str> = file.stages[0]
        .instructions
        .iter()
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::Workdir(word) => Some(word.value.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["/$V", "/3"]);
    let variables = vec!["W".to_owned()];
    assert_eq!(file.stages[1].base, Base::Unresolved { variables });
    assert_eq!(
        file.stages[2].base.image().unwrap().tag.as_deref(),
        Some("4")
    );
    assert_eq!(file.stages[3].base, Base::Scratch);
    assert_eq!(file.stages[4].base, Base::Stage(0));
}

#[test]
fn variables_and_users_come_through_base_stages() {
    let text = "FROM a AS one\nENV x=1\nARG y=2\nUSER u:g\nFROM one AS two\nWORKDIR /$x/$y\nFROM two\nRUN z\nFROM a\n";
    let file = valid(text);
    let workdir = &file.stages[1].instructions[1];
    assert!(matches!(&workdir.kind, InstructionKind::Workdir(word) if word.is("/1/2")));
    let third = &file.stages[2];
    let user = file.effective_user(third).unwrap();
    assert_eq!((user.stage.index, at(text, user.span())), (0, "u:g"));
    assert_eq!(
        (user.user.user.as_str(), user.user.group.as_deref()),
        ("u", Some("g"))
    );
    assert_eq!(file.ancestors(third).count(), 3);
    assert!(file.root_base(third).unwrap().image().is_some());
    assert!(file.effective_user(&file.stages[3]).is_none());
    let run = &third.instructions[1];
    let variable = file.variable(third, run, "x").unwrap();
    assert_eq!(at(text, variable.span), "x=1");
    assert!(file.variable(third, run, "V").is_none());
}

#[test]
fn the_shell_is_inherited_and_changes_where_set() {
    let text = "FROM a AS one\nRUN b\nSHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN c\nFROM one\nRUN d\n";
    let file = valid(text);
    let one = &file.stages[0];
    let before = file.effective_shell(one, &one.instructions[1]);
    assert_eq!(before.words, ["/bin/sh", "-c"]);
    assert_eq!(before.dialect, Some(Dialect::Sh));
    let after = file.effective_shell(one, &one.instructions[3]);
    assert_eq!(after.dialect, Some(Dialect::Bash));
    assert!(after.has_pipefail() && after.has_errexit());
    let two = &file.stages[1];
    let run = &two.instructions[1];
    let shell = file.effective_shell(two, run);
    assert_eq!(
        at(text, shell.span.unwrap()),
        "[\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]"
    );
    let script = run.script().unwrap().posix().unwrap();
    assert!(script.pipefail && script.commands[0].errexit);
}

#[test]
fn a_shell_that_another_program_runs_is_found() {
    for words in [
        r#""conda", "run", "--no-capture-output", "-n", "x", "/bin/bash", "-c""#,
        r#""micromamba", "run", "bash", "-c""#,
        r#""/usr/bin/env", "-i", "A=1", "bash", "-c""#,
        r#""scl", "enable", "x", "--", "bash", "-c""#,
        r#""/bin/busybox", "sh", "-c""#,
        r#""nice", "-n", "5", "bash", "-c""#,
    ] {
        let (file, diagnostics) = parse(&format!("FROM a\nSHELL [{words}]\nRUN b | c\n"));
        assert_eq!(diagnostics, [], "{words}");
        let run = file.instructions().last().and_then(Instruction::script);
        assert_eq!(
            run.map_or(0, |script| script.commands().len()),
            2,
            "{words}"
        );
    }
    let (file, _) = parse("FROM a\nSHELL [\"conda\", \"run\"]\nRUN b\n");
    let run = file.instructions().last().and_then(Instruction::script);
    assert!(run.is_some_and(|script| script.posix().is_none()));
}

#[test]
fn windows_has_its_own_shell() {
    for text in [
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nRUN if exist a (b)\n",
        "FROM --platform=windows/amd64 a\nRUN if exist a (b)\n",
        "FROM a\nSHELL [\"powershell\", \"-Command\"]\nRUN if ($a) { b }\n",
    ] {
        let run = last(text);
        assert!(
            matches!(run.script(), Some(Script::NotPosix { .. })),
            "{text}"
        );
    }
}

#[test]
fn instructions_before_from_are_kept() {
    let file = valid("RUN a\nFROM b\n");
    assert_eq!(file.preamble.len(), 1);
    assert_eq!(file.preamble[0].name(), "RUN");
}

#[test]
fn a_from_with_stray_words_still_starts_a_stage() {
    let text = "FROM a\nFROM b:1 (A)\nUSER c\n";
    let (file, diagnostics) = parse(text);
    assert_eq!(at(text, diagnostics[0].span), "(A)");
    assert!(diagnostics[0].message.contains("one or three arguments"));
    assert_eq!(file.stages.len(), 2);
    assert_eq!(
        file.stages[1].base.image().unwrap().tag.as_deref(),
        Some("1")
    );
    assert!(matches!(
        file.stages[1].instructions[0].kind,
        InstructionKind::Invalid
    ));
    assert!(file.effective_user(&file.stages[0]).is_none());
}
