//! Evaluates one document again and again and prints how long it took, as `opa bench --v0-compatible` does.
//!
//! ```console
//! $ cargo run --release -p ringwall-rego --example evaluate -- ROUNDS DOCUMENT INPUT MODULE...
//! ```
//!
//! `DOCUMENT` is a path such as `data.k8srequiredlabels.violation`, `INPUT` a file of JSON, each `MODULE` a file of Rego
//! v0. Reading the input is not counted. The answer is one line of JSON; times are in nanoseconds.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement, which reads files and the clock"
)]

use std::{
    env,
    error::Error,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use ringwall_rego::{
    Data, Evaluation, Options, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};
use serde_json::json;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut argument = |what| arguments.next().ok_or(what);
    let rounds: usize = argument("no number of rounds")?.parse()?;
    let document = argument("no document")?;
    let input = fs::read_to_string(argument("no input")?)?;
    let mut modules = Vec::new();
    for file in arguments {
        let module = parse(&file, &fs::read_to_string(&file)?, Version::V0);
        modules.push(module.map_err(|errors| format!("{file}: {errors:?}"))?);
    }
    let path: Vec<Value> = document.split('.').skip(1).map(Value::from).collect();
    let options = Options {
        asked_for: Some(path.clone().into()),
        ..Options::default()
    };
    let program = compile(&modules, &options).map_err(|errors| format!("{errors:?}"))?;

    let data = Data::default();
    let caches = Caches::default();
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    let input: serde_json::Value = serde_json::from_str(&input)?;
    evaluation.input = Some(Value::from(&input));
    let found = program.evaluate(&path, &evaluation)?;
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let _ = black_box(program.evaluate(&path, &evaluation));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let all: Duration = times.iter().sum();
    let answer = json!({
        "mean": all.as_nanos() / rounds.max(1) as u128,
        "p50": times.get(rounds / 2).map(Duration::as_nanos),
        "found": found.map(|found| found.to_json()),
    });
    println!("{answer}");
    Ok(())
}
