//! Rules whose names begin with `test_` or `todo_test_`: the tests that policies bring themselves.

use std::collections::BTreeMap;

use ringwall_rego::{
    ErrorCode, Evaluation, Module, Value as Rego,
    ast::{Rule, Term, TermKind},
};

use super::{
    check::nanoseconds,
    load::{Conftest, is_test},
};

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
    /// The rule is undefined, or anything but true.
    Failed,
    /// It was not run: its name begins with `todo_`.
    Skipped,
    /// The evaluation failed.
    Error(ringwall_rego::Error),
}

/// A rule that is a test.
#[derive(Debug)]
pub(super) struct Test {
    namespace: String,
    /// Its name, with what stands before it: `a.test_b`.
    name: String,
    /// Where it stands below `data`.
    pub(super) path: Vec<Rego>,
    /// Why it cannot be run.
    problem: Option<ringwall_rego::Error>,
}

impl Test {
    /// The test that a rule is, or a part of.
    pub(super) fn of(module: &Module, rule: &Rule) -> Option<Self> {
        let (parts, more) = test_name(rule)?;
        // Cases behind the name that fail are not there afterwards, as if nobody had thought of them.
        let problem = (!more.is_empty()).then(|| {
            ringwall_rego::Error::new(
                ErrorCode::Unsupported,
                &module.source,
                rule.head.span,
                "a test that has its cases in its head is not run, as one that fails would leave no trace: write a rule for each",
            )
        });
        let namespace = module.package.iter().map(|part| &**part);
        let path = namespace.chain(parts.iter().copied()).map(Rego::from);
        Some(Self {
            namespace: module.package.join("."),
            name: parts.join("."),
            path: path.collect(),
            problem,
        })
    }

    fn is_put_off(&self) -> bool {
        let last = self.name.rsplit('.').next();
        last.is_some_and(|name| name.starts_with("todo_"))
    }
}

/// The name of a test to its end, and what stands behind it in the head of the rule.
fn test_name(rule: &Rule) -> Option<(Vec<&str>, &[Term])> {
    let mut parts = Vec::new();
    for (at, term) in rule.head.reference.iter().enumerate() {
        let name = match &term.kind {
            TermKind::String(name) => name,
            TermKind::Var(name) if at == 0 => name,
            _ => return None,
        };
        parts.push(&**name);
        if is_test(name) {
            return Some((parts, rule.head.reference.get(at + 1..).unwrap_or_default()));
        }
    }
    None
}

/// Numbers tests of one name in one package, as OPA does: each is run by itself, and one that holds hides no other.
pub(super) fn tell_tests_apart(modules: &mut [Module]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for module in modules {
        for rule in &mut module.rules {
            let Some((parts, _)) = test_name(rule) else {
                continue;
            };
            let last = parts.len() - 1;
            let key = format!("{}.{}", module.package.join("."), parts.join("."));
            let count = seen.entry(key).or_default();
            if *count > 0
                && let Some(TermKind::Var(name) | TermKind::String(name)) =
                    rule.head.reference.get_mut(last).map(|term| &mut term.kind)
            {
                *name = format!("{name}#{count:02}").into();
            }
            *count += 1;
        }
    }
}

impl Conftest {
    /// Runs every test, in the order of files and rules.
    pub fn verify(&self) -> Vec<TestResult> {
        let data = self.data_for("", "");
        let run = |test: &Test| {
            let result = |outcome| TestResult {
                namespace: test.namespace.clone(),
                name: test.name.clone(),
                outcome,
            };
            if test.is_put_off() {
                return result(TestOutcome::Skipped);
            }
            if let Some(problem) = &test.problem {
                return result(TestOutcome::Error(problem.clone()));
            }
            let mut evaluation = Evaluation::new(&data, &self.caches, &self.builtins);
            evaluation.now_ns = nanoseconds(self.options.now);
            result(match self.program.evaluate(&test.path, &evaluation) {
                Ok(Some(Rego::Bool(true))) => TestOutcome::Passed,
                Ok(_) => TestOutcome::Failed,
                Err(error) => TestOutcome::Error(error),
            })
        };
        self.tests.iter().map(run).collect()
    }
}
