use super::*;

/// The texts of all commands.
#[track_caller]
fn check(run: &str, expected: &[&str]) {
    let (text, script) = script(run);
    let found: Vec<&str> = script
        .commands
        .iter()
        .map(|command| at(&text, command.span))
        .collect();
    assert_eq!(found, expected, "{run}");
}

#[test]
fn commands_are_found_wherever_they_stand() {
    check("a b && c || d; e & f", &["a b", "c", "d", "e", "f"]);
    check("a | b | c", &["a", "b", "c"]);
    check("(a; b) && { c; }", &["a", "b", "c"]);
    check(
        "if a; then b; elif c; then d; else e; fi",
        &["a", "b", "c", "d", "e"],
    );
    check("for x in 1 2; do a; done", &["a"]);
    check("for x; do a; done", &["a"]);
    check(
        "while a; do b; done; until c; do d; done",
        &["a", "b", "c", "d"],
    );
    check("case x in a|b) c;; (d) e;; *) f; esac", &["c", "e", "f"]);
    check("f() { a; }; f", &["a", "f"]);
    check("! a", &["a"]);
    check("a > b 2>&1 < c", &["a > b 2>&1 < c"]);
    check("X=1 Y=2 a", &["X=1 Y=2 a"]);
    check("X=1", &["X=1"]);
    check("> a", &["> a"]);
    check("a # b; c", &["a"]);
}

#[test]
fn commands_in_substitutions_have_their_own_places() {
    check("a \"$(b $(c))\" d", &["a \"$(b $(c))\" d", "b $(c)", "c"]);
    check("a `b \\`c\\``", &["a `b \\`c\\``", "b \\`c\\`", "c"]);
    check("X=$(a)", &["X=$(a)", "a"]);
    check("a ${x:-$(b)}", &["a ${x:-$(b)}", "b"]);
    check("a $(( $(b) + 1 ))", &["a $(( $(b) + 1 ))", "b"]);
    check("a $( (b); c )", &["a $( (b); c )", "b", "c"]);
    check("a \\\n $(b \\\n  c)", &["a \\\n $(b \\\n  c)", "b \\\n  c"]);
}

#[test]
fn wrappers_and_what_they_run_are_both_there() {
    for (run, expected, wrappers) in [
        (
            "sudo -E -u b apt-get update",
            "apt-get update",
            &["sudo"][..],
        ),
        ("env -i X=1 make all", "make all", &["env"]),
        ("sudo env X=1 make", "make", &["sudo", "env"]),
        ("a | xargs -r -n 1 rm -f", "rm -f", &["xargs"]),
        ("exec b", "b", &["exec"]),
        ("command b", "b", &["command"]),
        ("timeout -s 9 10 b", "b", &["timeout"]),
        ("nice -n 5 b", "b", &["nice"]),
        ("gosu me b", "b", &["gosu"]),
        ("sh -c 'b c'", "b c", &["sh"]),
        ("bash -exo pipefail -c \"b c\"", "b c", &["bash"]),
        (
            "sudo sh -c \"echo \\\"b\\\" c\"",
            "echo \\\"b\\\" c",
            &["sudo", "sh"],
        ),
        ("eval \"b c\"", "b c", &["eval"]),
        ("su -c 'b c' me", "b c", &["su"]),
        ("runuser -u me -- b c", "b c", &["runuser"]),
        ("runuser -l me -c 'b c'", "b c", &["runuser"]),
        ("env -iS \"X=1 b c\"", "X=1 b c", &["env"]),
        ("env -u X b c", "b c", &["env"]),
        ("flock -w 9 /x b c", "b c", &["flock"]),
        ("flock /x -c 'b c'", "b c", &["flock"]),
        ("unshare -r --wd /x b c", "b c", &["unshare"]),
        ("ssh-agent -t 60 sh -c 'b c'", "b c", &["ssh-agent", "sh"]),
        ("xvfb-run -a -s '-screen 0' b c", "b c", &["xvfb-run"]),
        ("conda run --no-capture-output -n x b c", "b c", &["conda"]),
        (
            "setpriv --reuid 1000 --clear-groups b c",
            "b c",
            &["setpriv"],
        ),
        ("sudo -Eu me b c", "b c", &["sudo"]),
        ("sudo --chdir /x b c", "b c", &["sudo"]),
        ("setsid -f b c", "b c", &["setsid"]),
        ("trap 'b c' EXIT", "b c", &["trap"]),
        ("trap -- \"b c\" INT TERM", "b c", &["trap"]),
        ("strace -f -o log b c", "b c", &["strace"]),
        ("setarch i386 -R b c", "b c", &["setarch"]),
        ("setarch -R b c", "b c", &["setarch"]),
        ("linux32 b c", "b c", &["linux32"]),
        ("ionice --class 3 b c", "b c", &["ionice"]),
        ("chrt -b 0 taskset -c 0 b c", "b c", &["chrt", "taskset"]),
        ("chroot --userspec=1:1 /x b c", "b c", &["chroot"]),
        ("watch -n 1 b c", "b c", &["watch"]),
        ("watch -x b c", "b c", &["watch"]),
        ("scl enable a 'b c'", "b c", &["scl"]),
        ("scl enable a d -- b c", "b c", &["scl"]),
        ("scl enable a \"bash -c 'b c'\"", "b c", &["scl", "bash"]),
        ("parallel -j 4 b c ::: d e", "b c", &["parallel"]),
        ("a | parallel 'b c'", "b c", &["parallel"]),
        ("parallel ::: 'b c'", "b c", &["parallel"]),
        ("xargs --max-chars 10 -0P4 b c", "b c", &["xargs"]),
        ("su --command='b c' me", "b c", &["su"]),
        ("su - me -lc 'b c'", "b c", &["su"]),
        ("su --command=\"b $X\" me", "b $X", &["su"]),
        ("env --split-string='b c'", "b c", &["env"]),
        ("script -qec 'b c' /dev/null", "b c", &["script"]),
        ("nix-shell -p x --run 'b c'", "b c", &["nix-shell"]),
        ("poetry run b c", "b c", &["poetry"]),
        ("uv --quiet run --with x b c", "b c", &["uv"]),
        ("bundle exec b c", "b c", &["bundle"]),
        ("bash -O extglob -c 'b c'", "b c", &["bash"]),
        ("find . -name x -exec b {} \\;", "b {}", &["find"]),
        ("time b", "b", &["time"]),
        ("/usr/bin/time b", "b", &["time"]),
    ] {
        let (text, script) = script(run);
        let inner = script.commands.last().unwrap();
        assert_eq!(at(&text, inner.span), expected, "{run}");
        assert_eq!(inner.wrappers, wrappers, "{run}");
    }
    // The outer shell runs what is substituted, once; in single quotes, the inner one does.
    check("eval \"$(b c)\"", &["eval \"$(b c)\"", "$(b c)", "b c"]);
    check(
        "x; sh -c \"a $(b)\"",
        &["x", "sh -c \"a $(b)\"", "a $(b)", "b"],
    );
    check("eval '$(b)'", &["eval '$(b)'", "$(b)", "b"]);
    check("command -v b", &["command -v b"]);
    check(
        "trap - EXIT; trap b; trap",
        &["trap - EXIT", "trap b", "trap"],
    );
    check("scl enable a", &["scl enable a"]);
    check("bundle install", &["bundle install"]);
    check(
        "parallel ::: 'a b' c",
        &["parallel ::: 'a b' c", "a b", "c"],
    );
    check("time -v b", &["time -v b", "b"]);
    check("in b", &["in b"]);
    check("sh b.sh -c c", &["sh b.sh -c c"]);
}

#[test]
fn loops_know_what_they_go_through() {
    let (_, script) = script("for x in a 'b c' $d; do e; done; for y; do f; done");
    let [only] = script.loops.as_slice() else {
        panic!("{:?}", script.loops);
    };
    let words: Vec<&str> = only.words.iter().map(ShellWord::value).collect();
    assert_eq!(only.name, "x");
    assert_eq!(words, ["a", "b c", "$d"]);
}

#[test]
fn what_bash_runs_beside_the_script_is_found() {
    for (run, expected) in [
        ("coproc b c", "b c"),
        ("coproc (b c)", "b c"),
        ("coproc X { b c; }", "b c"),
        ("coproc while b c; do :; done", "b c"),
    ] {
        let (text, script) = bash(run);
        let commands = &script.commands;
        assert_eq!(at(&text, commands[0].span), expected, "{run}");
        assert_eq!(commands[0].wrappers, ["coproc"], "{run}");
    }
}

#[test]
fn exec_forms_are_unwrapped_too() {
    let text = "FROM a\nCMD [\"sh\", \"-c\", \"b && exec c\"]\n";
    let (file, _) = parse(text);
    let cmd = file.instructions().last().unwrap();
    let found: Vec<&str> = cmd
        .script()
        .unwrap()
        .commands()
        .iter()
        .map(|command| at(text, command.span))
        .collect();
    assert_eq!(found[1..], ["b", "exec c", "c"]);
}

#[test]
fn a_command_knows_its_pipeline_and_its_neighbours() {
    let (_, script) = script("! a | sudo rm && cat || dd; echo &");
    let [first, sudo, rm, cat, dd, echo] = script.commands.as_slice() else {
        panic!("{script:?}");
    };
    assert!(first.negated && rm.negated && !cat.negated);
    assert_eq!((first.pipeline.index, first.pipeline.len), (0, 2));
    assert_eq!(sudo.pipeline, rm.pipeline);
    assert_eq!((rm.pipeline.index, rm.pipeline.len), (1, 2));
    assert_ne!(first.pipeline.id, cat.pipeline.id);
    assert_eq!(
        (first.connection, first.next),
        (Connection::Sequence, Connection::And)
    );
    assert_eq!(
        (cat.connection, cat.next),
        (Connection::And, Connection::Or)
    );
    assert_eq!(
        (dd.connection, dd.next),
        (Connection::Or, Connection::Sequence)
    );
    assert_eq!(echo.next, Connection::Background);
    assert_eq!(script.pipeline(first.pipeline.id).count(), 3);
}

#[test]
fn a_command_knows_what_surrounds_it() {
    let (_, script) = script("a; (b); c $(d); if e; then set -e; f; fi; set +e; g");
    let flags: Vec<(&str, bool, bool, bool, bool)> = script
        .commands
        .iter()
        .filter(|command| !command.is("set"))
        .map(|c| {
            let name = c.program();
            (
                name,
                c.in_subshell,
                c.in_substitution,
                c.in_condition,
                c.errexit,
            )
        })
        .collect();
    let expected = [
        ("a", false, false, false, false),
        ("b", true, false, false, false),
        ("c", false, false, false, false),
        ("d", true, true, false, false),
        ("e", false, false, true, false),
        ("f", false, false, false, true),
        ("g", false, false, false, false),
    ];
    assert_eq!(flags, expected);
}

#[test]
fn set_turns_options_on() {
    for (run, errexit, pipefail) in [
        ("set -eux; a", true, false),
        ("set -o errexit; a", true, false),
        ("set -euo pipefail; a", true, true),
        ("set -exo pipefail && a", true, true),
        ("set -o pipefail; a", false, true),
        ("set +o pipefail; a", false, false),
        ("set -x; a", false, false),
    ] {
        let (_, script) = script(run);
        assert_eq!(script.commands.last().unwrap().errexit, errexit, "{run}");
        assert_eq!(script.pipefail, pipefail, "{run}");
    }
}

#[test]
fn flags_are_understood() {
    let (text, script) = script(
        "/usr/bin/apt-get -qqy -o A=b --no-install-recommends install -t x curl=1 'wget' -- -y z",
    );
    let command = &script.commands[0];
    assert!(command.is("apt-get") && command.is_any(&["apt", "apt-get"]));
    assert_eq!(command.name, "/usr/bin/apt-get");
    assert!(command.has_flag(&["-y", "--yes"]) && !command.has_flag(&["-x"]));
    assert!(command.has_flag(&["--no-install-recommends"]));
    assert!(!command.has_flag(&["--no-install"]));
    assert_eq!(command.count_flag('q'), 2);
    assert_eq!(command.flag_value("-o"), Some("A=b"));
    assert_eq!(command.flag_value("-t"), Some("x"));
    assert_eq!(command.flag_value("-z"), None);
    let operands: Vec<&str> = command
        .operands(&["-o", "-t"])
        .iter()
        .map(|word| at(&text, word.span))
        .collect();
    assert_eq!(operands, ["install", "curl=1", "'wget'", "-y", "z"]);
    assert_eq!(at(&text, command.flag(&["-y"]).unwrap().span), "-qqy");
}

#[test]
fn the_subcommand_is_the_first_operand() {
    let (_, first) = script("apt-get -y install curl");
    assert_eq!(first.commands[0].subcommand(), Some("install"));
    let (_, second) = script("pip --no-cache-dir install --index-url=x a");
    assert_eq!(second.commands[0].subcommand(), Some("install"));
    assert_eq!(second.commands[0].flag_value("--index-url"), Some("x"));
}

#[test]
fn words_know_their_parts() {
    let (text, script) = script("a \"b$c\"'d e'\\f${g:-h}`i` '' --x=\"y z\"");
    let word = &script.commands[0].args[0];
    assert_eq!(word.literal, None);
    assert_eq!(word.constant_prefix(), "b");
    let parts: Vec<(&str, bool)> = word
        .parts
        .iter()
        .map(|part| (at(&text, part.span), part.quoted))
        .collect();
    let expected = [
        ("b", true),
        ("$c", true),
        ("d e", true),
        ("\\f", true),
        ("${g:-h}", false),
        ("`i`", false),
    ];
    assert_eq!(parts, expected);
    let args = &script.commands[0].args;
    assert_eq!(args[1].literal.as_deref(), Some(""));
    assert_eq!(args[2].value(), "--x=y z");
    assert!(args[2].is_flag() && args[2].is_quoted());
}

#[test]
fn redirects_and_assignments_are_kept() {
    let (text, script) = script("X=\"1\" Y= a >> b 2>/dev/null <<< c");
    let command = &script.commands[0];
    assert_eq!(
        command
            .assignment("X")
            .unwrap()
            .value
            .as_ref()
            .unwrap()
            .value(),
        "1"
    );
    assert_eq!(
        command
            .assignment("Y")
            .unwrap()
            .value
            .as_ref()
            .unwrap()
            .value(),
        ""
    );
    let redirects: Vec<(&str, Option<u32>, &str)> = command
        .redirects
        .iter()
        .map(|r| (r.operator.as_str(), r.descriptor, r.target.value()))
        .collect();
    let expected = [
        (">>", None, "b"),
        (">", Some(2), "/dev/null"),
        ("<<<", None, "c"),
    ];
    assert_eq!(redirects, expected);
    assert_eq!(at(&text, command.redirects[1].span), "2>/dev/null");
    assert_eq!(command.args, []);
}

#[test]
fn env_assignments_belong_to_the_inner_command() {
    let (text, script) = script("env A=1 B=\"$c\" make");
    let make = &script.commands[1];
    assert_eq!(make.assignments.len(), 2);
    let value = make.assignment("B").unwrap().value.as_ref().unwrap();
    assert_eq!(value.parts.len(), 1);
    assert_eq!(at(&text, value.parts[0].span), "$c");
}

#[test]
fn a_shell_runs_what_it_reads() {
    check("bash <<E\nb c\nE", &["bash <<E", "b c"]);
    check("<<E bash\nb\nE\n", &["<<E bash", "b"]);
    check(
        "cat <<E | sudo sh -e\nb\nE\n",
        &["cat <<E", "sudo sh -e", "sh -e", "b"],
    );
    check(
        "cat <<E - | (cd /x && sh)\nb\nE\n",
        &["cat <<E -", "cd /x", "sh", "b"],
    );
    check(
        "cat <<'E' | tee x | sh -s\nb `c`\nE\n",
        &["cat <<'E'", "tee x", "sh -s", "b `c`", "c"],
    );
    check(
        "bash <<E\nb \\$(c) $(d)\nE\n",
        &["bash <<E", "b \\$(c) $(d)", "c", "d"],
    );
    check(
        "bash <<-E\n\tif b; then\n\tc\n\tfi\n\tE\n",
        &["bash <<-E", "b", "c"],
    );
    check("su - me <<E\nb\nE\n", &["su - me <<E", "b"]);
    check("bash <<< \"b; c\"", &["bash <<< \"b; c\"", "b", "c"]);
    check("bash <<< \"$(b)\"", &["bash <<< \"$(b)\"", "$(b)", "b"]);
    check("echo 'b; c' | sh", &["echo 'b; c'", "b", "c", "sh"]);
    check(
        "bash <<E\nbash <<F\nb\nF\nc\nE\n",
        &["bash <<E", "bash <<F", "b", "c"],
    );
}

#[test]
fn what_no_shell_runs_is_no_script() {
    check("python3 <<E\nb\nE\n", &["python3 <<E"]);
    check("bash x.sh <<E\nb\nE\n", &["bash x.sh <<E"]);
    check("bash -c c <<E\nb\nE\n", &["bash -c c <<E", "c"]);
    check("bash 3<<E\nb\nE\n", &["bash 3<<E"]);
    check("bash <<E < x\nb\nE\n", &["bash <<E < x"]);
    check("cat <<E > x && bash\nb\nE\n", &["cat <<E > x", "bash"]);
    check("cat x <<E | bash\nb\nE\n", &["cat x <<E", "bash"]);
    check(
        "cat <<E | grep b | bash\nb\nE\n",
        &["cat <<E", "grep b", "bash"],
    );
    check(
        "cat <<E | xargs bash\nb\nE\n",
        &["cat <<E", "xargs bash", "bash"],
    );
    check("echo y | sh x", &["echo y", "sh x"]);
}

#[test]
fn a_script_from_standard_input_is_its_shells() {
    let (text, script) = script("bash -eo pipefail <<'E'\n[[ $x ]] | cd b\nE\n");
    let cd = script.commands.last().unwrap();
    assert_eq!(at(&text, cd.span), "cd b");
    assert_eq!(cd.wrappers, ["bash"]);
    assert!(cd.errexit && script.pipefail);
    assert_eq!(script.facts, []);
}

#[test]
fn a_command_knows_the_pipelines_around_it() {
    let (_, script) = script("a | (b && sh -c 'c | d'); f() { e $(g); }");
    let around = |program: &str| {
        let commands = &script.commands;
        let command = commands.iter().find(|other| other.is(program)).unwrap();
        let around: Vec<usize> = command.around.iter().map(|place| place.index).collect();
        (around, command.function.clone())
    };
    assert_eq!(around("a"), (vec![], None));
    assert_eq!(around("b"), (vec![1], None));
    assert_eq!(around("c"), (vec![1, 0], None));
    assert_eq!(around("e"), (vec![], Some("f".to_owned())));
    assert_eq!(around("g"), (vec![], Some("f".to_owned())));
}

#[test]
fn redirects_of_a_group_are_kept() {
    let (text, script) = script("{ a; (b) 2> c; } > d && for x in 1; do e; done < f; { g; }");
    let found: Vec<(&str, &str)> = script
        .groups
        .iter()
        .map(|group| (at(&text, group.span), group.redirects[0].target.value()))
        .collect();
    let expected = [
        ("(b)", "c"),
        ("{ a; (b) 2> c; }", "d"),
        ("for x in 1; do e; done", "f"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn words_of_a_process_run_what_they_hand_to_a_shell() {
    let names = |words: &[&str]| {
        let commands = commands_of_words(words).into_iter();
        let names = commands.map(|(index, command)| (index, command.name));
        names.collect::<Vec<_>>()
    };
    let check = |words: &[&str], expected: &[(usize, &str)]| {
        let expected: Vec<_> = expected
            .iter()
            .map(|(index, name)| (*index, (*name).to_owned()))
            .collect();
        assert_eq!(names(words), expected, "{words:?}");
    };
    check(&[], &[]);
    check(&["echo", "; sudo ls"], &[(0, "echo")]);
    check(
        &["env", "A=1", "sudo", "ls"],
        &[(0, "env"), (2, "sudo"), (3, "ls")],
    );
    check(
        &["sh", "-c", "cd /; sudo ls"],
        &[(0, "sh"), (2, "cd"), (2, "sudo"), (2, "ls")],
    );
    check(
        &["/bin/bash", "-ec", "echo 'é'; (\n ls"],
        &[(0, "/bin/bash"), (2, "echo"), (2, "ls")],
    );
}
