//! A suite, run over its files.

use std::sync::Arc;

use ringwall_model::{Location, Source};

use super::{Case, Files, Suite, Test, request};
use crate::{
    admission::{AdmissionRequest, Violation},
    gatekeeper::{
        EnforcementPoint, Gatekeeper, InventoryStore, Options, Surroundings, constraint, expansion,
        template,
    },
    manifest::Manifest,
};

/// What became of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteResult {
    /// Its file.
    pub file: String,
    /// Whether it was not run.
    pub is_skipped: bool,
    /// What became of its tests.
    pub tests: Vec<TestResult>,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Whether it was not run.
    pub is_skipped: bool,
    /// Why it failed before any case; `None` if it did not.
    pub error: Option<String>,
    /// Whether its constraint is invalid, as expected, which is all that is asked then.
    pub is_invalid: bool,
    /// What became of its cases.
    pub cases: Vec<CaseResult>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Whether it was not run.
    pub is_skipped: bool,
    /// Why it failed; `None` if it did not.
    pub error: Option<String>,
    /// What the constraint said about the object.
    pub violations: Vec<Violation>,
}

impl SuiteResult {
    /// Whether nothing failed.
    pub fn is_passed(&self) -> bool {
        self.tests.iter().all(TestResult::is_passed)
    }
}

impl TestResult {
    /// Whether nothing failed.
    pub fn is_passed(&self) -> bool {
        self.error.is_none() && self.cases.iter().all(|case| case.error.is_none())
    }
}

impl Suite {
    /// Runs everything that is not skipped and that a filter names, by test and, for cases, by case.
    pub fn run(
        &self,
        files: &dyn Files,
        options: &Options,
        filter: &dyn Fn(&str, Option<&str>) -> bool,
    ) -> SuiteResult {
        let tests = if self.skip {
            Vec::new()
        } else {
            (self.tests.iter())
                .map(|test| test.run(files, options, filter))
                .collect()
        };
        SuiteResult {
            file: self.file.clone(),
            is_skipped: self.skip,
            tests,
        }
    }
}

impl Test {
    fn run(
        &self,
        files: &dyn Files,
        options: &Options,
        filter: &dyn Fn(&str, Option<&str>) -> bool,
    ) -> TestResult {
        let mut result = TestResult {
            name: self.name.clone(),
            location: self.location.clone(),
            is_skipped: self.skip || !filter(&self.name, None),
            error: None,
            is_invalid: false,
            cases: Vec::new(),
        };
        if result.is_skipped {
            return result;
        }
        let gatekeeper = match self.load(files, options) {
            Ok(Some(gatekeeper)) => gatekeeper,
            Ok(None) => {
                result.is_invalid = true;
                return result;
            }
            Err(error) => {
                result.error = Some(error);
                return result;
            }
        };
        result.cases = (self.cases.iter())
            .map(|case| case.run(&gatekeeper, files, filter(&self.name, Some(&case.name))))
            .collect();
        result
    }

    /// The policies of the test; `None` if they are invalid, as expected.
    fn load(&self, files: &dyn Files, options: &Options) -> Result<Option<Gatekeeper>, String> {
        let is_template = |manifest: &Manifest| {
            manifest.group() == template::GROUP && manifest.kind() == "ConstraintTemplate"
        };
        let is_constraint = |manifest: &Manifest| manifest.group() == constraint::GROUP;
        let is_expansion = |manifest: &Manifest| manifest.group() == expansion::GROUP;
        let template = one(files, &self.template, "template")?;
        if !is_template(&template) {
            return Err(format!("{} is no ConstraintTemplate", self.template));
        }
        let constraint = one(files, &self.constraint, "constraint")?;
        if !is_constraint(&constraint) {
            return Err(format!("{} is no constraint", self.constraint));
        }
        let mut manifests = vec![template];
        if !self.expansion.is_empty() {
            let expansions = read(files, &self.expansion)?;
            if expansions.is_empty() || !expansions.iter().all(is_expansion) {
                return Err(format!(
                    "{} holds other than ExpansionTemplates",
                    self.expansion
                ));
            }
            manifests.extend(expansions);
        }
        let problems_of = |manifests: &[Manifest]| {
            let (gatekeeper, problems) = Gatekeeper::load(manifests, options);
            let refusals: Vec<_> = (problems.iter())
                .filter(|problem| !problem.is_warning)
                .map(ToString::to_string)
                .collect();
            (gatekeeper, refusals)
        };
        // First without the constraint: only that may be invalid.
        let (_, refusals) = problems_of(&manifests);
        if !refusals.is_empty() {
            return Err(refusals.join("; "));
        }
        manifests.push(constraint);
        let (gatekeeper, refusals) = problems_of(&manifests);
        match (self.invalid, refusals.is_empty()) {
            (true, true) => Err("the constraint is valid, and expected not to be".to_owned()),
            (true, false) => Ok(None),
            (false, true) => Ok(Some(gatekeeper)),
            (false, false) => Err(refusals.join("; ")),
        }
    }
}

impl Case {
    fn run(&self, gatekeeper: &Gatekeeper, files: &dyn Files, is_named: bool) -> CaseResult {
        let mut result = CaseResult {
            name: self.name.clone(),
            location: self.location.clone(),
            is_skipped: self.skip || !is_named,
            error: None,
            violations: Vec::new(),
        };
        if result.is_skipped {
            return result;
        }
        match self.violations(gatekeeper, files) {
            Ok(violations) => {
                let failed = self
                    .assertions
                    .iter()
                    .find_map(|assertion| assertion.check(&violations).err());
                result.error = failed;
                result.violations = violations;
            }
            Err(error) => result.error = Some(error),
        }
        result
    }

    fn violations(
        &self,
        gatekeeper: &Gatekeeper,
        files: &dyn Files,
    ) -> Result<Vec<Violation>, String> {
        if self.assertions.is_empty() {
            return Err("the case has no assertions".to_owned());
        }
        let object = one(files, &self.object, "object")?.object;
        let request = if request::is_review(&object) {
            request::request(&object).map_err(|error| format!("{}: {error}", self.object))?
        } else {
            AdmissionRequest::from_object(object)
        };
        let mut store = InventoryStore::new();
        for path in &self.inventory {
            let manifests = read(files, path)?;
            if manifests.is_empty() {
                return Err(format!("{path} holds no object"));
            }
            for manifest in manifests {
                if !store.insert(&manifest.object) {
                    return Err(format!(
                        "{path} holds an object without version, kind and name"
                    ));
                }
            }
        }
        let inventory = store.snapshot();
        let surroundings = Surroundings::new(&inventory).at(EnforcementPoint::Gator);
        Ok(gatekeeper.review(&request, &surroundings))
    }
}

/// The objects of a file.
fn read(files: &dyn Files, path: &str) -> Result<Vec<Manifest>, String> {
    let source: Arc<Source> = (files.open(path)).map_err(|error| format!("{path}: {error}"))?;
    let (manifests, diagnostics) = Manifest::read(&source);
    match diagnostics.first() {
        Some(diagnostic) => {
            let line = source.location(diagnostic.span).start.line;
            Err(format!("{path}:{line}: {}", diagnostic.message))
        }
        None => Ok(manifests),
    }
}

/// The only object of a file.
fn one(files: &dyn Files, path: &str, noun: &str) -> Result<Manifest, String> {
    if path.is_empty() {
        return Err(format!("`{noun}` is missing"));
    }
    let mut manifests = read(files, path)?;
    match (manifests.pop(), manifests.len()) {
        (Some(manifest), 0) => Ok(manifest),
        (None, _) => Err(format!("{path} holds no object")),
        (Some(_), others) => Err(format!("{path} holds {} objects, not one", others + 1)),
    }
}
