use super::corpus::{check_places, files};
use super::*;

fn survives(text: &str) {
    let (file, diagnostics) = parse(text);
    check_places(text, &file, &diagnostics);
}

#[test]
fn files_cut_anywhere_are_read() {
    let files = files("corpora/dockerfiles");
    for (_, text) in files
        .iter()
        .filter(|(_, text)| text.len() < 2500)
        .step_by(6)
    {
        for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
            survives(&text[..end]);
        }
    }
}

#[test]
fn files_with_wrong_bytes_are_read() {
    const BYTES: &[u8] = b"\\'\"`$(){}[]<>|&;#=\n\t -!*/:@%,.\rRaf0\xc3\xa9";
    // A linear congruential generator with the constants of Numerical Recipes.
    let mut state: u32 = 12345;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for (_, text) in files("corpora/dockerfiles") {
        for _ in 0..12 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..=random(8) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes[at] = BYTES[random(BYTES.len())],
                    1 => bytes.insert(at, BYTES[random(BYTES.len())]),
                    _ => drop(bytes.remove(at)),
                }
            }
            survives(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("( ", " )"),
        ("{ ", "; }"),
        ("$(", ")"),
        ("echo $(", ")"),
        ("\"$(", ")\""),
        ("`", "`"),
        ("if ", "; then b; fi"),
        ("while ", "; do b; done"),
        ("a() ", ""),
        ("${a:-", "}"),
        ("\"${a:-\"", "\"}\""),
        ("<(", ")"),
        ("$((", "))"),
        ("case a in a) ", ";; esac"),
        ("[[ ( ", " ) ]]"),
        ("a=(", ")"),
        ("@(", ")"),
        ("! ", ""),
        ("sudo ", ""),
        ("sh -c \"", "\""),
        ("function f ", ""),
    ] {
        for text in [
            format!("FROM a\nRUN {}a{}\n", open.repeat(deep), close.repeat(deep)),
            format!("FROM a\nRUN {}\n", open.repeat(deep)),
        ] {
            let (file, _) = parse(&text);
            assert_eq!(file.instructions().count(), 2);
        }
    }
    for (open, close) in [
        ("${a:-", "}"),
        ("\"", "\""),
        ("${a:+${b:-", "}}"),
        ("[", "]"),
    ] {
        let text = format!(
            "FROM a\nENV x={}{}\nCMD {}",
            open.repeat(deep),
            close.repeat(deep),
            "[".repeat(deep)
        );
        let (file, _) = parse(&text);
        assert_eq!(file.instructions().count(), 3);
    }
    let (_, diagnostics) = parse(&format!("FROM a\n{}RUN b\n", "ONBUILD ".repeat(deep)));
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn a_small_stack_is_enough() {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let run = || {
        let levels = 60;
        let text = format!(
            "FROM a\nRUN {}a{}\n",
            "if ( { x \"$(".repeat(levels),
            ")\"; } ); then b; fi".repeat(levels)
        );
        let (_, diagnostics) = parse(&text);
        assert!(diagnostics[0].message.contains("nested too deep"));
    };
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn long_scripts_are_refused() {
    let text = format!("FROM a\nRUN echo {}\n", "a ".repeat(600_000));
    let (_, message) = broken(&text);
    assert!(message.contains("1 MiB"));
}

#[test]
fn variables_that_double_take_no_memory() {
    let text = format!(
        "FROM a\nENV x=ab\n{}{}",
        "ENV x=$x$x\n".repeat(40),
        "WORKDIR $x\n".repeat(5000)
    );
    let (file, diagnostics) = parse(&text);
    assert_eq!(diagnostics, []);
    let length: usize = file
        .instructions()
        .filter_map(|instruction| match &instruction.kind {
            InstructionKind::Workdir(word) => Some(word.value.len()),
            _ => None,
        })
        .sum();
    assert!(length < 8 * 1024 * 1024, "{length}");
}

#[test]
fn many_unclosed_heredocs_cost_no_time() {
    let lines: Vec<String> = (0..20_000)
        .map(|number| format!("RUN <<E{number}\n"))
        .collect();
    let text = format!("FROM a\n{}", lines.concat());
    let (_, diagnostics) = parse(&text);
    assert_eq!(diagnostics.len(), 20_000);
}

#[test]
fn strings_within_strings_that_shells_get_cost_no_time() {
    for (open, close) in [("sh -c \"$(", ")\""), ("bash <<< \"$(", ")\"")] {
        let text = format!("FROM a\nRUN {}b{}\n", open.repeat(60), close.repeat(60));
        let (file, _) = parse(&text);
        assert_eq!(file.instructions().count(), 2);
    }
    let word = "a".repeat(400_000);
    survives(&format!(
        "FROM a\nRUN echo {word} | ({})\n",
        "sh;".repeat(100_000)
    ));
    let heredocs: Vec<String> = (0..60)
        .map(|number| format!("bash <<E{number}\n"))
        .collect();
    let ends: Vec<String> = (0..60).rev().map(|number| format!("E{number}\n")).collect();
    survives(&format!(
        "FROM a\nRUN <<E\n{}b $(c)\n{}E\n",
        heredocs.concat(),
        ends.concat()
    ));
}
