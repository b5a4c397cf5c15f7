//! Hostile policies are stopped, and the rule at fault is named.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "tests may fail"
)]

use std::{cell::Cell, sync::Arc};

use ringwall_rego::{
    Data, Error, ErrorCode, Evaluation, Limits, Options, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};

fn stopped(text: &str, change: impl FnOnce(&mut Evaluation<'_>)) -> Error {
    let module = parse("p.rego", &format!("package p\n{text}"), Version::V0).unwrap();
    let program = compile(&[module], &Options::default()).unwrap();
    let data = Data::default();
    let caches = Caches::default();
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.limits = Limits {
        steps: 200_000,
        ..Limits::default()
    };
    change(&mut evaluation);
    program
        .evaluate(&["p", "x"].map(Value::from), &evaluation)
        .unwrap_err()
}

#[track_caller]
fn is_limit(error: &Error, rule: &str) {
    assert_eq!(error.code, ErrorCode::Limit, "{error}");
    assert!(error.message.contains(rule), "{error}");
}

const NUMBERS: &str = "n = numbers.range(1, 300)\n";

#[test]
fn a_loop_in_loops_ends_with_its_steps() {
    let text = format!("{NUMBERS}x {{ n[_]; n[_]; n[_]; n[_]; false }}");
    is_limit(&stopped(&text, |_| {}), "data.p.x");
}

#[test]
fn a_huge_comprehension_ends_with_its_memory() {
    let text = format!(
        "{NUMBERS}big = [[a, b, c] | a := n[_]; b := n[_]; c := n[_]]\nx {{ count(big) > 0 }}"
    );
    let error = stopped(&text, |evaluation| {
        evaluation.limits.steps = u64::MAX;
        evaluation.limits.bytes = 4 << 20;
    });
    is_limit(&error, "data.p.big");
    assert!(error.message.contains("memory"), "{error}");
}

#[test]
fn values_that_double_end_with_their_memory_or_steps() {
    // Each is twice as large as the one before when it is looked at, though it shares its halves.
    let mut text = "v0 = [1]\nw0 = [1]\n".to_owned();
    for level in 1..60 {
        let before = level - 1;
        for name in ["v", "w"] {
            text.push_str(&format!(
                "{name}{level} = [{name}{before}, {name}{before}]\n"
            ));
        }
    }
    text.push_str("x { v59 == w59 }");
    let start = std::time::Instant::now();
    is_limit(&stopped(&text, |_| {}), "data.p");
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn a_deep_chain_of_rules_ends_with_its_depth() {
    let mut text = "r0 = 1\n".to_owned();
    for level in 1..2_000 {
        text.push_str(&format!("r{level} = r{}\n", level - 1));
    }
    text.push_str("x = r1999");
    is_limit(&stopped(&text, |_| {}), "nested too deeply");
}

#[test]
fn bodies_in_bodies_of_functions_end_with_their_depth() {
    let mut text = "f0(n) = n\n".to_owned();
    for level in 1..1_000 {
        let before = level - 1;
        text.push_str(&format!(
            "f{level}(n) = y {{ ys := [z | not false; z := f{before}(n) with input as n]; every y in ys {{ y > 0 }}; y := ys[0] }}\n"
        ));
    }
    text.push_str("x = f999(1)");
    let text = format!("import future.keywords\n{text}");
    is_limit(&stopped(&text, |_| {}), "nested too deeply");
}

#[test]
fn strings_that_grow_end_with_their_memory() {
    let mut text = "s0 = \"0123456789abcdef\"\n".to_owned();
    for level in 1..40 {
        text.push_str(&format!(
            "s{level} = concat(\"\", [s{0}, s{0}])\n",
            level - 1
        ));
    }
    text.push_str("x { count(s39) > 0 }");
    is_limit(
        &stopped(&text, |evaluation| evaluation.limits.bytes = 64 << 20),
        "data.p.s",
    );
}

#[test]
fn what_one_call_makes_ends_with_its_memory() {
    // A text of 16 KiB of which each call would make many MiB.
    let mut text = "s0 = \"0000000000000000\"\n".to_owned();
    for level in 1..11 {
        let before = level - 1;
        text.push_str(&format!(
            "s{level} = concat(\"\", [s{before}, s{before}])\n"
        ));
    }
    text.push_str("many = [s10 | numbers.range(1, 10000)[_]]\n");
    for call in [
        r#"replace(s10, "0", s10)"#,
        r#"strings.replace_n({"0": s10, "1": s10}, s10)"#,
        r#"strings.replace_n({"": s10}, s10)"#,
        r#"regex.replace(s10, "0", s10)"#,
        r#"regex.replace(s10, "0+", replace(s10, "0", "${0}"))"#,
        r#"concat("", many)"#,
        r#"sprintf("%v", [many])"#,
        r#"sprintf("%s", many)"#,
        "json.marshal(many)",
        r#"json.marshal_with_options(numbers.range(1, 10000), {"indent": s10})"#,
        r#"urlquery.encode_object({"a": many})"#,
        "numbers.range(1, 90000000)",
        r#"net.cidr_expand("10.0.0.0/8")"#,
    ] {
        let error = stopped(&format!("{text}x {{ {call} != 0 }}"), |evaluation| {
            evaluation.limits.steps = u64::MAX;
            evaluation.limits.bytes = 8 << 20;
        });
        is_limit(&error, "data.p.x");
        assert!(error.message.contains("memory"), "{call}: {error}");
    }
}

#[test]
fn an_evaluation_ends_when_it_is_told_to() {
    let text = format!("{NUMBERS}x {{ n[_]; n[_]; n[_]; n[_]; n[_]; n[_]; false }}");
    let error = stopped(&text, |evaluation| {
        evaluation.limits.steps = u64::MAX;
        evaluation.stop = Some(&|| true);
    });
    is_limit(&error, "stopped");
}

#[test]
fn whoever_may_stop_an_evaluation_is_asked_now_and_then() {
    let module = parse(
        "p.rego",
        &format!("package p\n{NUMBERS}x {{ n[_]; n[_]; n[_]; false }}"),
        Version::V0,
    )
    .unwrap();
    let program = compile(&[module], &Options::default()).unwrap();
    let (data, caches) = (Data::default(), Caches::default());
    let asked = Cell::new(0_u64);
    let ask = |ends_with: u64| {
        asked.set(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() == ends_with
        };
        let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
        evaluation.stop = Some(&stop);
        program.evaluate(&["p", "x"].map(Value::from), &evaluation)
    };
    // 27 million ways to hold, none of which does: often enough for a deadline, too seldom to cost anything.
    assert_eq!(ask(0).unwrap(), None);
    assert!(
        (27_000_000 / 8_192..27_000_000 / 1_024).contains(&asked.get()),
        "{asked:?}"
    );
    is_limit(&ask(100).unwrap_err(), "stopped");
    assert_eq!(asked.get(), 100);
}

#[test]
fn an_evaluation_after_one_that_was_stopped_is_as_good_as_new() {
    let module = parse(
        "p.rego",
        "package p\nbig = [a | numbers.range(1, 1000)[_]; a := numbers.range(1, 1000)[_]]\nx = [1 | true]",
        Version::V0,
    )
    .unwrap();
    let program = compile(&[module], &Options::default()).unwrap();
    let data = Data::default();
    let caches = Caches::default();
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.limits.steps = 50_000;
    for _ in 0..3 {
        assert!(
            program
                .evaluate(&["p", "big"].map(Value::from), &evaluation)
                .is_err()
        );
        let value = program
            .evaluate(&["p", "x"].map(Value::from), &evaluation)
            .unwrap();
        assert_eq!(value, Some(Value::Array(Arc::from([Value::from(1)]))));
    }
}

#[test]
fn large_values_cost_steps_each_time_they_are_compared() {
    let text = format!(
        "{NUMBERS}a = [[i, j] | i := n[_]; j := n[_]]\nb = [[i, j] | i := n[_]; j := n[_]]\nx {{ n[_]; n[_]; a != b }}"
    );
    let start = std::time::Instant::now();
    let error = stopped(&text, |evaluation| evaluation.limits.steps = 2_000_000);
    is_limit(&error, "data.p.x");
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn long_numbers_cost_steps_by_their_length() {
    let many = format!("{NUMBERS}a = bits.lsh(1, 100000)\n");
    for call in [
        "a + i != 0",
        "a - i != 0",
        "a * i != 0",
        "(a + i) / 3 != 0",
        "1e30000 + i != 0",
        "(a + i) % 7 != 0",
        "sprintf(\"%d\", [a]) != \"\"",
        "sprintf(\"%v %v\", [i, a]) != \"\"",
        "sum([a, i]) != 0",
        "product([a, i]) != 0",
        "bits.or(a, i) != 0",
        "format_int(a, 16) != \"\"",
        "count(numbers.range(a, a + 1000)) != i",
    ] {
        let error = stopped(
            &format!("{many}x {{ i := n[_]; {call}; false }}"),
            |evaluation| {
                evaluation.limits.steps = 400_000;
            },
        );
        is_limit(&error, "data.p.x");
        assert!(error.message.contains("steps"), "{call}: {error}");
    }
}

#[test]
fn no_number_grows_beyond_a_million_bits() {
    let text =
        format!("{NUMBERS}b = bits.lsh(1, 600000)\nlarge = [1000000000000000000 | n[_]; n[_]]\n");
    for call in ["b * b", "product([b, b])", "product(large)"] {
        let error = stopped(&format!("{text}x {{ {call} != 0 }}"), |evaluation| {
            evaluation.limits.steps = 1_000_000_000;
        });
        is_limit(&error, "data.p.x");
        assert!(error.message.contains("a million bits"), "{call}: {error}");
    }
}

#[test]
fn ordinary_numbers_cost_no_more_than_a_step() {
    let text = format!(
        "{NUMBERS}x = count([1 | i := n[_]; j := n[_]; (i * j) + 9223372036854775807 > 1])"
    );
    let module = parse("p.rego", &format!("package p\n{text}"), Version::V0).unwrap();
    let program = compile(&[module], &Options::default()).unwrap();
    let (data, caches) = (Data::default(), Caches::default());
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.limits.steps = 1_000_000;
    let value = program.evaluate(&["p", "x"].map(Value::from), &evaluation);
    assert_eq!(value.unwrap(), Some(Value::from(90_000)));
}
