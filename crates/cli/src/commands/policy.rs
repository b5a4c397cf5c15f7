//! `ringwall policy test`: gator suites, and the tests that Rego policies bring.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Result, bail};
use ringwall_model::Source;
use ringwall_policy::{
    conftest::{TestOutcome, is_rego},
    gatekeeper::{
        Options,
        suite::{Files, Suite},
    },
    manifest::Manifest,
};

use crate::{
    args::{PolicyArgs, PolicyCommand, PolicyTestArgs},
    exit::Exit,
};

pub(super) fn run(args: &PolicyArgs) -> Result<Exit> {
    match &args.what {
        PolicyCommand::Test(args) => test(args),
    }
}

/// Numbers of tests by how they went.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn test(args: &PolicyTestArgs) -> Result<Exit> {
    let mut out = io::stdout().lock();
    let mut count = Count::default();
    let suites = suites(args, &mut count, &mut out)?;
    let rego = rego(args, &mut count, &mut out)?;
    if suites + rego == 0 {
        let listed: Vec<_> = args
            .paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        bail!(
            "{}: holds neither suites of test.gatekeeper.sh nor Rego with rules named test_",
            listed.join(", ")
        );
    }
    let is_asked = count.passed + count.failed > 0;
    match &args.run {
        Some(word) if !is_asked => {
            bail!("nothing was tested: no test or case that is run has {word:?} in its name")
        }
        // What is skipped was written to be.
        None if !is_asked && count.skipped == 0 => {
            bail!("nothing was tested: no suite has a test with `cases`")
        }
        _ => {}
    }
    writeln!(
        out,
        "\n{} passed, {} failed, {} skipped",
        count.passed, count.failed, count.skipped
    )?;
    Ok(if count.failed == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Files beside a suite.
struct Disk;

impl Files for Disk {
    fn open(&self, path: &str) -> Result<Arc<Source>, String> {
        let text = ringwall_collect::read_text(Path::new(path))?;
        Ok(Arc::new(Source::new(path, text)))
    }
}

/// Runs every suite; how many there are.
fn suites(args: &PolicyTestArgs, count: &mut Count, out: &mut dyn Write) -> Result<usize> {
    let wanted = |test: &str, case: Option<&str>| {
        args.run
            .as_deref()
            .is_none_or(|word| test.contains(word) || case.is_some_and(|case| case.contains(word)))
    };
    let mut suites = 0;
    for (name, content) in ringwall_collect::read_texts(&args.paths, &["yaml", "yml"]) {
        let text = match content {
            Ok(text) => text,
            Err(reason) => bail!("{name} {reason}"),
        };
        if !text.contains("test.gatekeeper.sh") {
            continue;
        }
        let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new(name.as_str(), text)));
        for diagnostic in &diagnostics {
            writeln!(out, "FAIL {name}: {}", diagnostic.message)?;
            count.failed += 1;
        }
        for manifest in manifests.iter().filter(|manifest| Suite::is(manifest)) {
            suites += 1;
            match Suite::parse(manifest) {
                Ok((suite, warnings)) => {
                    for warning in warnings {
                        writeln!(out, "warning: {warning}")?;
                    }
                    run_suite(&suite, &wanted, count, out)?;
                }
                Err(problems) => {
                    for problem in problems {
                        writeln!(out, "FAIL {problem}")?;
                        count.failed += 1;
                    }
                }
            }
        }
    }
    Ok(suites)
}

fn run_suite(
    suite: &Suite,
    wanted: &dyn Fn(&str, Option<&str>) -> bool,
    count: &mut Count,
    out: &mut dyn Write,
) -> Result<()> {
    let result = suite.run(&Disk, &Options::default(), wanted);
    writeln!(out, "{}", result.file)?;
    if result.is_skipped {
        writeln!(out, "  skipped")?;
        count.skipped += 1;
        return Ok(());
    }
    for test in &result.tests {
        if test.is_skipped {
            writeln!(out, "  skip {}", test.name)?;
            count.skipped += 1;
            continue;
        }
        if let Some(error) = &test.error {
            writeln!(out, "  FAIL {}: {error}", test.name)?;
            count.failed += 1;
        }
        if test.is_invalid {
            writeln!(out, "  ok   {}", test.name)?;
            count.passed += 1;
        }
        for case in &test.cases {
            let word = match (&case.error, case.is_skipped) {
                (_, true) => {
                    count.skipped += 1;
                    "skip"
                }
                (Some(_), _) => {
                    count.failed += 1;
                    "FAIL"
                }
                (None, _) => {
                    count.passed += 1;
                    "ok  "
                }
            };
            writeln!(out, "  {word} {} / {}", test.name, case.name)?;
            if let Some(error) = &case.error {
                writeln!(out, "       {error}")?;
            }
        }
    }
    Ok(())
}

/// Runs the tests of Rego policies; how many there are.
fn rego(args: &PolicyTestArgs, count: &mut Count, out: &mut dyn Write) -> Result<usize> {
    let has_rego = !ringwall_collect::read_texts(&args.paths, &["rego"])
        .into_iter()
        .filter(|(name, _)| is_rego(name))
        .collect::<Vec<_>>()
        .is_empty();
    if !has_rego {
        return Ok(0);
    }
    let conftest = super::conftest::load(&args.paths, &args.rego, super::scan::today())?;
    let results = conftest.verify();
    let mut namespaces = BTreeSet::new();
    for result in &results {
        let name = format!("data.{}.{}", result.namespace, result.name);
        if args.run.as_deref().is_some_and(|word| !name.contains(word)) {
            continue;
        }
        if namespaces.insert(&result.namespace) {
            writeln!(out, "{}", result.namespace)?;
        }
        match &result.outcome {
            TestOutcome::Passed => {
                count.passed += 1;
                writeln!(out, "  ok   {}", result.name)?;
            }
            TestOutcome::Failed => {
                count.failed += 1;
                writeln!(out, "  FAIL {}", result.name)?;
            }
            TestOutcome::Skipped => {
                count.skipped += 1;
                writeln!(out, "  skip {}", result.name)?;
            }
            TestOutcome::Error(error) => {
                count.failed += 1;
                writeln!(out, "  FAIL {}: {error}", result.name)?;
            }
        }
    }
    Ok(results.len())
}
