//! Rules whose names begin with `test_` or `todo_test_`: the tests that policies bring themselves.

use ringwall_rego::{Evaluation, Value as Rego};

use super::{check::nanoseconds, load::Conftest};

/// One test of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The package, without `data.`.
    pub namespace: String,
    /// The rule.
    pub name: String,
    /// How it went.
    pub outcome: TestOutcome,
}

/// How a test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The rule is true.
    Passed,
    /// The rule is undefined or false.
    Failed,
    /// It was not run: its name begins with `todo_`.
    Skipped,
    /// The evaluation failed.
    Error(ringwall_rego::Error),
}

impl Conftest {
    /// Runs every test, in the order of files and rules.
    pub fn verify(&self) -> Vec<TestResult> {
        let data = self.data_for("", "");
        let run = |(namespace, name): &(String, String)| {
            let result = |outcome| TestResult {
                namespace: namespace.clone(),
                name: name.clone(),
                outcome,
            };
            if name.starts_with("todo_") {
                return result(TestOutcome::Skipped);
            }
            let mut evaluation = Evaluation::new(&data, &self.caches, &self.builtins);
            evaluation.now_ns = nanoseconds(self.options.now);
            let path: Vec<_> = namespace
                .split('.')
                .chain([name.as_str()])
                .map(Rego::from)
                .collect();
            result(match self.program.evaluate(&path, &evaluation) {
                Ok(Some(Rego::Bool(false)) | None) => TestOutcome::Failed,
                Ok(Some(_)) => TestOutcome::Passed,
                Err(error) => TestOutcome::Error(error),
            })
        };
        self.tests.iter().map(run).collect()
    }
}
