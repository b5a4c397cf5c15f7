//! Asks the rules of a package about a file.

use std::time::Duration;

use ringwall_rego::{Evaluation, Value as Rego};
use serde_json::{Map, Value, json};

use super::{
    CheckResult, RuleKind, RuleLocation, RuleResult,
    load::{AskedRule, Conftest},
};

/// A file, parsed.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// As the user named it.
    pub name: String,
    /// The folder it lies in, from the root.
    pub folder: String,
    /// What its parser gave.
    pub content: Value,
}

/// Why a set of policies gave no answer about a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConftestError {
    /// An evaluation failed.
    #[error("{file}: {error}")]
    Evaluation {
        /// The file.
        file: String,
        /// What failed, with its place in the policy.
        error: ringwall_rego::Error,
    },
    /// A rule says something without a message.
    #[error("{file}: \"msg\" field must be present and a string in what {query} gives")]
    NoMessage {
        /// The file.
        file: String,
        /// The rule that was asked.
        query: String,
    },
}

impl Conftest {
    /// What the rules of a package say of a file; of each of its parts where it has several.
    pub fn check(&self, file: &ConfigFile, namespace: &str) -> Result<CheckResult, ConftestError> {
        let mut result = CheckResult {
            file_name: file.name.clone(),
            namespace: namespace.to_owned(),
            ..CheckResult::default()
        };
        let parts = match &file.content {
            Value::Array(parts) => parts.as_slice(),
            whole => std::slice::from_ref(whole),
        };
        for part in parts {
            self.check_one(file, part, namespace, &mut result)?;
        }
        Ok(result)
    }

    /// What the rules of a package say of all files together.
    pub fn check_combined(
        &self,
        files: &[ConfigFile],
        namespace: &str,
    ) -> Result<CheckResult, ConftestError> {
        let mut sorted: Vec<_> = files.iter().collect();
        sorted.sort_by(|one, other| one.name.cmp(&other.name));
        let contents: Vec<_> = sorted
            .iter()
            .flat_map(|file| {
                // Each part of a file is an entry of its own.
                let parts = match &file.content {
                    Value::Array(parts) => parts.clone(),
                    whole => vec![whole.clone()],
                };
                let path = file.name.clone();
                parts
                    .into_iter()
                    .map(move |contents| json!({"path": path, "contents": contents}))
            })
            .collect();
        let all = ConfigFile {
            name: "Combined".to_owned(),
            folder: files
                .first()
                .map_or_else(String::new, |file| file.folder.clone()),
            content: Value::Array(contents),
        };
        let mut result = CheckResult {
            file_name: all.name.clone(),
            namespace: namespace.to_owned(),
            ..CheckResult::default()
        };
        self.check_one(&all, &all.content, namespace, &mut result)?;
        Ok(result)
    }

    fn check_one(
        &self,
        file: &ConfigFile,
        input: &Value,
        namespace: &str,
        result: &mut CheckResult,
    ) -> Result<(), ConftestError> {
        let Some(package) = self.packages.iter().find(|it| it.namespace == namespace) else {
            return Ok(());
        };
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        let own;
        let data = if self.asks_for_file {
            own = self.data_for(base, &file.folder);
            &own
        } else {
            &self.shared_data
        };
        let mut evaluation = Evaluation::new(data, &self.caches, &self.builtins);
        evaluation.input = Some(Rego::from(input));
        evaluation.strict_builtin_errors = self.options.show_builtin_errors;
        evaluation.now_ns = nanoseconds(self.options.now);
        let mut said = 0;
        let mut passed = 0;
        for rule in package.rules.iter().filter(|rule| !rule.is_repeated) {
            let exceptions = self.exceptions(file, rule, &evaluation)?;
            let (results, empty) = self.ask(file, namespace, rule, &evaluation)?;
            said += exceptions.len();
            if exceptions.is_empty() {
                said += results.len();
                passed += empty;
                match rule.kind {
                    RuleKind::Warning => result.warnings.extend(results),
                    RuleKind::Failure => result.failures.extend(results),
                }
            }
            result.exceptions.extend(exceptions);
        }
        // A rule has as many successes as definitions that said nothing.
        result.successes += passed.max(package.definitions.saturating_sub(said));
        Ok(())
    }

    /// The exceptions that silence a rule.
    fn exceptions(
        &self,
        file: &ConfigFile,
        rule: &AskedRule,
        evaluation: &Evaluation<'_>,
    ) -> Result<Vec<RuleResult>, ConftestError> {
        let count =
            self.count_exceptions(rule, evaluation)
                .map_err(|error| ConftestError::Evaluation {
                    file: file.name.clone(),
                    error,
                })?;
        let exception = RuleResult {
            message: rule.exception.clone(),
            rule: rule.name.clone(),
            ..RuleResult::default()
        };
        Ok(vec![exception; count])
    }

    /// How many exceptions silence a rule.
    pub(super) fn count_exceptions(
        &self,
        rule: &AskedRule,
        evaluation: &Evaluation<'_>,
    ) -> Result<usize, ringwall_rego::Error> {
        let query = rule.asks_exception.as_ref().map_err(Clone::clone)?;
        Ok(self.program.ask(query, evaluation)?.len())
    }

    /// What a rule says, and how often it says nothing.
    fn ask(
        &self,
        file: &ConfigFile,
        namespace: &str,
        rule: &AskedRule,
        evaluation: &Evaluation<'_>,
    ) -> Result<(Vec<RuleResult>, usize), ConftestError> {
        let value = self
            .program
            .evaluate(&rule.path, evaluation)
            .map_err(|error| ConftestError::Evaluation {
                file: file.name.clone(),
                error,
            })?;
        let members: &[Rego] = match &value {
            None => return Ok((Vec::new(), 0)),
            Some(Rego::Set(set)) => set.members(),
            Some(Rego::Array(items)) => items,
            Some(_) => &[],
        };
        if members.is_empty() {
            return Ok((Vec::new(), 1));
        }
        let query = format!("data.{namespace}.{}", rule.name);
        let mut results = Vec::with_capacity(members.len());
        let mut empty = 0;
        for member in members {
            match result(member, &rule.name, &query) {
                Ok(Some(result)) if result.message.is_empty() => empty += 1,
                Ok(result) => results.extend(result),
                Err(()) => {
                    return Err(ConftestError::NoMessage {
                        file: file.name.clone(),
                        query,
                    });
                }
            }
        }
        Ok((results, empty))
    }
}

/// A time since 1970 as Rego counts it.
pub(super) fn nanoseconds(since: Duration) -> i64 {
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// One member of what a rule gives: a text, or an object with a message. Others say nothing to conftest.
fn result(member: &Rego, rule: &str, query: &str) -> Result<Option<RuleResult>, ()> {
    let mut result = RuleResult {
        rule: rule.to_owned(),
        ..RuleResult::default()
    };
    match member {
        Rego::String(message) => result.message = message.to_string(),
        Rego::Object(_) => {
            let Value::Object(members) = member.to_json() else {
                return Err(());
            };
            let message = members.get("msg").and_then(Value::as_str).ok_or(())?;
            message.clone_into(&mut result.message);
            result.location = members.get("_loc").and_then(location);
            result.metadata = members
                .into_iter()
                .filter(|(name, _)| name != "msg" && name != "_loc")
                .collect::<Map<_, _>>();
        }
        _ => return Ok(None),
    }
    result
        .metadata
        .insert("query".to_owned(), Value::from(query));
    Ok(Some(result))
}

fn location(written: &Value) -> Option<RuleLocation> {
    let file = written.get("file").and_then(Value::as_str).unwrap_or("");
    let line = written
        .get("line")
        .filter(|line| line.is_number())
        .map(ToString::to_string);
    (!file.is_empty() || line.is_some()).then(|| RuleLocation {
        file: file.to_owned(),
        line,
    })
}
