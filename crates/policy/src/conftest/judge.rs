//! The rules of all packages over one input, as policies among others.

use std::time::Duration;

use ringwall_rego::{Evaluation, Value as Rego};
use serde_json::{Map, Value};

use super::{
    RuleKind,
    check::nanoseconds,
    load::{AskedRule, Conftest},
};
use crate::{
    admission::{Action, Deadline, LATE, Source, Violation},
    pointer,
};

/// What is known around an input.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The name of the file that holds it, without folders; `-` where it comes from none.
    pub file_name: &'a str,
    /// The folder of the file, from the root.
    pub folder: &'a str,
    /// The time since 1970.
    pub now: Duration,
    /// Asked before each rule, and now and then while one is at work; what is not judged in time is an error.
    pub deadline: &'a dyn Deadline,
}

/// Something that a rule says, and whether an exception of its package silences the rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What it says, under `<package>/<rule>`. What a rule says besides its message is in the details, `_loc` too.
    pub violation: Violation,
    /// Whether it has no consequences.
    pub is_excepted: bool,
}

impl Conftest {
    /// Whether any rule judges.
    pub fn judges(&self) -> bool {
        self.asked().next().is_some()
    }

    /// The rules that judge: `<package>/<rule>`, and the file of its first definition.
    pub fn judging(&self) -> impl Iterator<Item = (String, &str)> {
        let named = |(namespace, rule): (&str, &AskedRule)| format!("{namespace}/{}", rule.name);
        self.asked()
            .map(move |(namespace, rule)| (named((namespace, rule)), &*rule.file))
    }

    /// Whether rules may ask for the file at hand, so that it must be known.
    pub const fn asks_for_file(&self) -> bool {
        self.asks_for_file
    }

    fn asked(&self) -> impl Iterator<Item = (&str, &AskedRule)> {
        let packages = self.packages.iter().filter(|package| package.is_judged);
        packages.flat_map(|package| {
            let rules = package.rules.iter();
            rules.map(|rule| (package.namespace.as_str(), rule))
        })
    }

    /// Asks every rule that judges about one input. One that gives no answer says so as an error.
    pub fn judge(&self, input: &Value, around: &Surroundings<'_>) -> Vec<Said> {
        let own;
        let data = if self.asks_for_file {
            own = self.data_for(around.file_name, around.folder);
            &own
        } else {
            &self.shared_data
        };
        let is_late = || around.deadline.is_over();
        let mut evaluation = Evaluation::new(data, &self.caches, &self.builtins);
        evaluation.input = Some(Rego::from(input));
        evaluation.strict_builtin_errors = self.options.show_builtin_errors;
        evaluation.now_ns = nanoseconds(around.now);
        evaluation.stop = Some(&is_late);
        let mut said = Vec::new();
        for (namespace, rule) in self.asked() {
            let asking = Asking {
                conftest: self,
                policy: format!("{namespace}/{}", rule.name),
                rule,
            };
            if is_late() {
                said.push(asking.failed(LATE.to_owned()));
                continue;
            }
            match asking.ask(&evaluation) {
                Ok(found) => said.extend(found),
                Err(error) if is_late() => said.push(asking.failed(format!("{LATE} ({error})"))),
                Err(error) => said.push(asking.failed(error.to_string())),
            }
        }
        said
    }
}

/// One rule, asked about one input.
struct Asking<'a> {
    conftest: &'a Conftest,
    policy: String,
    rule: &'a AskedRule,
}

impl Asking<'_> {
    fn ask(&self, evaluation: &Evaluation<'_>) -> Result<Vec<Said>, ringwall_rego::Error> {
        let program = &self.conftest.program;
        let value = program.evaluate(&self.rule.path, evaluation)?;
        let members: &[Rego] = match &value {
            None | Some(Rego::Bool(false)) => &[],
            Some(Rego::Set(set)) => set.members(),
            Some(Rego::Array(items)) => items,
            // To conftest it says nothing. Whoever wrote it meant something.
            Some(other) => {
                let message = format!(
                    "the rule gives a value of type {} in place of a set of messages",
                    other.type_name()
                );
                return Ok(vec![self.failed(message)]);
            }
        };
        let mut said: Vec<(usize, Said)> = members
            .iter()
            .enumerate()
            .filter_map(|(index, member)| Some((index, self.said(member)?)))
            .collect();
        if said.is_empty() {
            return Ok(Vec::new());
        }
        // Costs as much again, but only where something is wrong.
        for derived in program.explain(&self.rule.path, evaluation)? {
            let index = members.binary_search(&derived.member);
            let found = index.and_then(|index| said.binary_search_by_key(&index, |(at, _)| *at));
            if let Some((_, said)) = found.ok().and_then(|at| said.get_mut(at)) {
                let reads = derived.reads.iter();
                said.violation.paths = told(reads.map(|read| &*read.path));
            }
        }
        let is_excepted = self.conftest.count_exceptions(self.rule, evaluation)? > 0;
        Ok(said
            .into_iter()
            .map(|(_, said)| Said {
                is_excepted: is_excepted && !said.violation.is_error,
                ..said
            })
            .collect())
    }

    /// What one member of a rule's value says.
    fn said(&self, member: &Rego) -> Option<Said> {
        let (message, details) = match member {
            Rego::String(message) => (message.to_string(), Value::Null),
            Rego::Object(_) => {
                let Value::Object(mut members) = member.to_json() else {
                    return None;
                };
                let Some(Value::String(message)) = members.remove("msg") else {
                    let message = format!("an object without a text `msg`: {}", member.to_json());
                    return Some(self.failed(message));
                };
                (message, details(members))
            }
            other => {
                let message = format!("neither a text nor an object: {}", other.to_json());
                return Some(self.failed(message));
            }
        };
        // To conftest it says nothing, and here it would let in what the rule is about.
        if message.is_empty() {
            return Some(self.failed("an empty message".to_owned()));
        }
        Some(Said {
            violation: Violation {
                details,
                ..self.violation(message)
            },
            is_excepted: false,
        })
    }

    fn violation(&self, message: String) -> Violation {
        let action = match self.rule.kind {
            RuleKind::Failure => Action::Deny,
            RuleKind::Warning => Action::Warn,
        };
        Violation::new(Source::Conftest, self.policy.clone(), action, message)
    }

    fn failed(&self, message: String) -> Said {
        let mut violation = self.violation(message);
        violation.is_error = true;
        Said {
            violation,
            is_excepted: false,
        }
    }
}

fn details(members: Map<String, Value>) -> Value {
    if members.is_empty() {
        Value::Null
    } else {
        Value::Object(members)
    }
}

/// Whether a path only tells which object it is: rules read it to choose and to name the object.
pub fn is_identity(pointer: &str) -> bool {
    [
        "/apiVersion",
        "/kind",
        "/metadata/name",
        "/metadata/namespace",
    ]
    .contains(&pointer)
}

/// Paths as JSON pointers, those that only tell which object it is behind all others.
fn told<'a>(paths: impl Iterator<Item = &'a [Rego]>) -> Vec<String> {
    let mut pointers: Vec<_> = paths
        .filter(|path| !path.is_empty())
        .map(pointer::of_path)
        .collect();
    pointers.sort_by_key(|pointer| is_identity(pointer));
    pointers
}
