use super::*;

#[test]
fn unknown_instructions_are_told() {
    assert_eq!(
        broken("FROM a\nRUNN b\n"),
        ("RUNN", "unknown instruction RUNN".to_owned())
    );
    assert_eq!(broken("FROM a\nrun\n").0, "run");
}

#[test]
fn keywords_have_any_case() {
    let text = "from a\nRun b\n";
    let file = valid(text);
    let run = file.instructions().nth(1).unwrap();
    assert_eq!((run.name(), at(text, run.keyword.span)), ("RUN", "Run"));
}

#[test]
fn stray_and_missing_arguments_are_told() {
    for (instruction, place) in [
        ("FROM", "FROM"),
        ("FROM b AS", "AS"),
        ("FROM b ASS c", "ASS c"),
        ("FROM b AS 1c", "1c"),
        ("USER", "USER"),
        ("USER b (B)", "(B)"),
        ("STOPSIGNAL SIGINT 2", "2"),
        ("WORKDIR", "WORKDIR"),
        ("EXPOSE", "EXPOSE"),
        ("COPY b", "COPY"),
        ("ADD", "ADD"),
        ("ENV", "ENV"),
        ("ENV b", "b"),
        ("ENV b=c d", "d"),
        ("ENV =c", "=c"),
        ("LABEL", "LABEL"),
        ("ARG", "ARG"),
        ("VOLUME", "VOLUME"),
        ("VOLUME [\"\"]", "\"\""),
        ("SHELL bash -c", "bash -c"),
        ("SHELL []", "SHELL"),
        ("HEALTHCHECK", "HEALTHCHECK"),
        ("HEALTHCHECK NONE b", "b"),
        ("HEALTHCHECK b", "b"),
        ("HEALTHCHECK CMD", "HEALTHCHECK"),
        ("HEALTHCHECK CMD []", "HEALTHCHECK"),
        ("HEALTHCHECK --interval=5 CMD b", "--interval=5"),
        ("HEALTHCHECK --timeout=1us CMD b", "--timeout=1us"),
        ("HEALTHCHECK --timeout=-2s CMD b", "--timeout=-2s"),
        ("HEALTHCHECK --start-period=$b CMD b", "--start-period=$b"),
        ("HEALTHCHECK --retries=-1 CMD b", "--retries=-1"),
        ("ONBUILD", "ONBUILD"),
        ("MAINTAINER", "MAINTAINER"),
        ("CMD [\"a\", 1]", "[\"a\", 1]"),
        ("RUN --frobnicate b", "--frobnicate"),
        ("CMD --b c", "--b"),
        ("COPY --from b c", "--from"),
        ("COPY --link=maybe b c", "--link=maybe"),
        ("COPY --from=1 --from=2 b c", "--from=2"),
        ("COPY https://b/c /d", "https://b/c"),
        ("COPY b git@c:d.git /e", "git@c:d.git"),
        ("COPY b <<c\nd\nc", "<<c"),
        ("COPY --from=Debian:12 b c", "Debian:12"),
        ("ADD --checksum=sha256:0 b c", "--checksum=sha256:0"),
        ("COPY --chmod=888 b c", "--chmod=888"),
        ("ADD --chmod=10000 b c", "--chmod=10000"),
        ("FROM \"\"", "\"\""),
    ] {
        let text = format!("FROM a\n{instruction}\nUSER z\n");
        assert_eq!(broken(&text).0, place, "{instruction}");
        let (file, _) = parse(&text);
        let kind = &file.instructions().nth(1).unwrap().kind;
        assert!(matches!(kind, InstructionKind::Invalid), "{instruction}");
        assert!(file.effective_user(file.final_stage().unwrap()).is_some());
    }
}

#[test]
fn from_has_a_platform_and_a_name() {
    let text = "FROM --platform=$BUILDPLATFORM a:1 AS b\n";
    let InstructionKind::From(from) = last(text).kind else {
        panic!();
    };
    let platform = from.platform.unwrap();
    assert!(!platform.resolved);
    assert_eq!(at(text, platform.span), "$BUILDPLATFORM");
    assert_eq!(at(text, from.image.span), "a:1");
    assert_eq!(from.name.unwrap().value, "b");
    assert_eq!(at(text, from.span), "--platform=$BUILDPLATFORM a:1 AS b");
}

#[test]
fn run_refuses_mounts_and_modes_that_nobody_knows() {
    for flag in [
        "--mount=type=foo,target=/a",
        "--mount=typ=cache,target=/a",
        "--mount=type=cache,target=/a,id",
        "--mount=type=cache,,target=/a",
        "--mount=",
        "--mount=target=/",
        "--mount=target=/a,readonly=maybe",
        "--mount=target=/a,required",
        "--mount=target=/a,uid=1",
        "--mount=target=/a,sharing=locked",
        "--mount=type=cache,target=/a,sharing=mine",
        "--mount=type=cache,target=/a,size=1",
        "--mount=type=cache,target=/a,mode=9",
        "--mount=type=tmpfs,target=/a,size=big",
        "--mount=type=secret",
        "--mount=type=secret,env=A",
        "--mount=type=secret,id=a,src=b",
        "--mount=type=secret,id=a,from=b",
        "--mount=type=ssh,src=a",
        "--network=foo",
        "--security=foo",
    ] {
        let (_, diagnostics) = parse(&format!("FROM a\nRUN {flag} b\n"));
        assert_eq!(diagnostics.len(), 1, "{flag}");
    }
    for flag in [
        "--mount=target=/a",
        "--mount=type=$KIND",
        "--mount=type=$KIND,uid=x",
        "--mount=type=Cache,target=/a,sharing=Locked,uid=1,gid=2,mode=0755",
        "--mount=src=a,dst=b,rw=false,from=c",
        "--mount=ro,type=tmpfs,destination=/a,size=10m",
        "--mount=type=secret,target=/a,required,uid=0",
        "--mount=type=secret,src=a,env=A,required=True",
        "--mount=type=ssh",
        "--network=host",
        "--network=$MODE",
    ] {
        let (_, diagnostics) = parse(&format!("FROM a\nARG KIND\nARG MODE\nRUN {flag} b\n"));
        assert_eq!(diagnostics, [], "{flag}");
    }
}

#[test]
fn a_base_that_is_no_image_is_told_and_its_stage_is_read() {
    for (base, place) in [
        ("Debian:12", "Debian:12"),
        ("debian:12:1", "debian:12:1"),
        ("debian@sha256:0 AS b", "debian@sha256:0"),
        ("debian:$t", "debian:$t"),
        ("debian AS Build\nFROM Build", "Build"),
    ] {
        let text = format!("ARG t=/\nFROM {base}\nUSER z\n");
        assert_eq!(broken(&text).0, place, "{base}");
        let (file, _) = parse(&text);
        assert!(file.effective_user(file.final_stage().unwrap()).is_some());
    }
    valid("ARG r\nFROM scratch AS A\nFROM a\nFROM $r/b:1\nFROM host:5000/c/d:1.2\n");
}

#[test]
fn health_checks_have_settings() {
    for flags in [
        "--interval=1m30s --timeout=1.5s --start-period=0",
        "--start-interval=+2h --retries=0",
        "--interval=\"5s\" --timeout=100ms",
    ] {
        let text = format!("FROM a\nHEALTHCHECK {flags} CMD b\n");
        assert!(last(&text).script().is_some(), "{flags}");
    }
}

#[test]
fn run_has_mounts() {
    let text = "FROM a\nRUN --mount=type=cache,target=/c,sharing=locked --mount=src=x,dst=/y,ro --network=none --security=insecure b\n";
    let InstructionKind::Run(run) = last(text).kind else {
        panic!();
    };
    let [cache, bind] = run.mounts.as_slice() else {
        panic!();
    };
    assert_eq!((cache.kind.as_str(), cache.target()), ("cache", Some("/c")));
    assert_eq!((bind.kind.as_str(), bind.target()), ("bind", Some("/y")));
    assert_eq!(bind.option(&["ro", "readonly"]), Some(""));
    assert_eq!(
        at(text, cache.span),
        "--mount=type=cache,target=/c,sharing=locked"
    );
    let InstructionKind::Run(other) = last("FROM a\nRUN --mount=TYPE=Secret,id=x b\n").kind else {
        panic!();
    };
    assert_eq!(other.mounts[0].kind, "secret");
    assert!(run.network.unwrap().is("none"));
    assert!(run.security.unwrap().is("insecure"));
    assert_eq!(at(text, run.span), "b");
}

#[test]
fn json_arrays_are_exec_forms() {
    let text = "FROM a\nCMD [ \"/b\\\"c\", \"d\\u0041\" ]\n";
    let InstructionKind::Cmd(command) = last(text).kind else {
        panic!();
    };
    let Form::Exec(words) = command.form else {
        panic!();
    };
    assert_eq!(words[0].value, "/b\"c");
    assert_eq!(words[1].value, "dA");
    assert_eq!(at(text, words[1].span), "\"d\\u0041\"");
    let script = command.script.posix().unwrap();
    assert_eq!(script.dialect, None);
    assert_eq!(script.commands[0].args[0].value(), "dA");
    assert!(matches!(
        &last("FROM a\nENTRYPOINT []\n").kind,
        InstructionKind::Entrypoint(CommandLine { form: Form::Exec(words), .. }) if words.is_empty()
    ));
}

#[test]
fn broken_json_is_a_shell_form() {
    for text in [
        "FROM a\nCMD ['b']\n",
        "FROM a\nRUN [ -f b ] && c\n",
        "FROM a\nCMD [\"b\",]\n",
        "FROM a\nCMD [01]\n",
        "FROM a\nCMD [1., -inf]\n",
    ] {
        let instruction = last(text);
        let form = match &instruction.kind {
            InstructionKind::Cmd(command) => &command.form,
            InstructionKind::Run(run) => &run.form,
            other => panic!("{other:?}"),
        };
        assert!(matches!(form, Form::Shell { broken_json: true }), "{text}");
    }
    assert!(matches!(
        &last("FROM a\nCMD b\n").kind,
        InstructionKind::Cmd(CommandLine {
            form: Form::Shell { broken_json: false },
            ..
        })
    ));
}

#[test]
fn copy_has_sources_and_a_destination() {
    let text = "FROM a\nENV d=/e\nCOPY --from=0 --chown=1:2 --chmod=644 --link b c $d/\n";
    let InstructionKind::Copy(copy) = last(text).kind else {
        panic!();
    };
    let sources: Vec<&str> = copy
        .sources
        .iter()
        .map(|word| at(text, word.span))
        .collect();
    assert_eq!(sources, ["b", "c"]);
    assert_eq!(copy.destination.value, "/e/");
    assert_eq!(at(text, copy.destination.span), "$d/");
    assert!(copy.from.unwrap().is("0") && copy.chown.unwrap().is("1:2"));
    assert!(copy.chmod.unwrap().is("644") && copy.link);
    let InstructionKind::Add(add) =
        last("FROM a\nADD --checksum=sha256:0 [\"https://b/c d\", \"/e\"]\n").kind
    else {
        panic!();
    };
    assert_eq!(add.sources[0].value, "https://b/c d");
    assert!(add.checksum.is_some() && !add.link);
}

#[test]
fn pairs_are_new_or_old() {
    let text = "FROM a\nENV b=\"c d\" e='f' g=h\\ i j=\n";
    let InstructionKind::Env(pairs) = last(text).kind else {
        panic!();
    };
    let found: Vec<(&str, &str)> = pairs
        .iter()
        .map(|pair| {
            (
                pair.name.value.as_str(),
                pair.value.as_ref().unwrap().value.as_str(),
            )
        })
        .collect();
    assert_eq!(found, [("b", "c d"), ("e", "f"), ("g", "h i"), ("j", "")]);
    assert_eq!(at(text, pairs[0].span), "b=\"c d\"");
    assert_eq!(at(text, pairs[0].value.as_ref().unwrap().span), "\"c d\"");
    let text = "FROM a\nENV b c d=e\n";
    let InstructionKind::Env(pairs) = last(text).kind else {
        panic!();
    };
    assert!(pairs[0].legacy);
    assert_eq!(pairs[0].value.as_ref().unwrap().value, "c d=e");
    let InstructionKind::Arg(pairs) = last("FROM a\nARG b c=d\n").kind else {
        panic!();
    };
    assert!(pairs[0].value.is_none());
    assert!(pairs[1].value.as_ref().unwrap().is("d"));
    let InstructionKind::Label(pairs) = last("FROM a\nLABEL \"b c\"=d e.f=\"\"\n").kind else {
        panic!();
    };
    assert_eq!(pairs[0].name.value, "b c");
    assert_eq!(pairs[1].value.as_ref().unwrap().value, "");
}

#[test]
fn ports_have_numbers() {
    let InstructionKind::Expose(ports) =
        last("FROM a\nARG p\nEXPOSE 80 53/UDP 7000-7010/tcp 99999 $p 127.0.0.1:1:2 x\n").kind
    else {
        panic!();
    };
    let found: Vec<_> = ports.iter().map(|port| port.range).collect();
    let expected = [
        Some((80, 80)),
        Some((53, 53)),
        Some((7000, 7010)),
        Some((99999, 99999)),
        None,
        Some((2, 2)),
        None,
    ];
    assert_eq!(found, expected);
    assert_eq!(
        (ports[0].protocol.as_str(), ports[1].protocol.as_str()),
        ("tcp", "udp")
    );
}

#[test]
fn root_has_many_names() {
    for (user, expected) in [
        ("root", Some(true)),
        ("0", Some(true)),
        ("00:1", Some(true)),
        ("root:x", Some(true)),
        ("+0", Some(true)),
        ("-00:1", Some(true)),
        ("4294967296:5", Some(true)),
        ("4294967295", Some(false)),
        ("-", Some(false)),
        ("+1", Some(false)),
        ("app", Some(false)),
        ("1000", Some(false)),
        ("$u", None),
    ] {
        let text = format!("FROM a\nUSER {user}\n");
        let InstructionKind::User(found) = last(&text).kind else {
            panic!();
        };
        assert_eq!(found.is_root(), expected, "{user}");
        assert_eq!(
            found.is_numeric(),
            user.starts_with(|c: char| c.is_ascii_digit()),
            "{user}"
        );
    }
}

#[test]
fn health_checks_have_a_command_or_none() {
    let text = "FROM a\nHEALTHCHECK --interval=5s --retries=3 CMD curl -f http://b || exit 1\n";
    let instruction = last(text);
    assert_eq!(
        instruction
            .flag("interval")
            .unwrap()
            .value
            .as_ref()
            .unwrap()
            .value,
        "5s"
    );
    let commands = instruction.script().unwrap().commands();
    assert!(commands[0].is("curl"));
    assert_eq!(at(text, commands[1].span), "exit 1");
    assert!(matches!(
        last("FROM a\nHEALTHCHECK NONE\n").kind,
        InstructionKind::Healthcheck(Healthcheck::None)
    ));
}

#[test]
fn on_build_holds_an_instruction() {
    let text = "FROM a\nONBUILD RUN b \\\n && c\n";
    let instruction = last(text);
    assert!(!instruction.on_build);
    let inner = instruction.innermost();
    assert!(inner.on_build);
    assert_eq!(at(text, inner.span), "RUN b \\\n && c");
    assert_eq!(at(text, inner.keyword.span), "RUN");
    assert_eq!(instruction.script().unwrap().commands().len(), 2);
    let nested = last("FROM a\nONBUILD ONBUILD FROM b\n");
    assert!(matches!(nested.innermost().kind, InstructionKind::From(_)));
}

#[test]
fn onbuild_changes_nothing_in_its_own_stage() {
    let file = valid("FROM a\nONBUILD USER b\nONBUILD ENV x=1\nWORKDIR /$x\n");
    let stage = file.final_stage().unwrap();
    assert!(file.effective_user(stage).is_none());
    let workdir = stage.instructions.last().unwrap();
    assert!(matches!(&workdir.kind, InstructionKind::Workdir(word) if !word.resolved));
}
