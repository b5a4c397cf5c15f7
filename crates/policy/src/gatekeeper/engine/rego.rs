//! Templates in Rego.

use std::sync::Arc;

use ringwall_rego::{
    Value as Rego,
    ast::{Module, Version},
    parse,
};
use serde_json::Value;

use super::{Hit, Source, conformance};
use crate::{
    gatekeeper::{case::Case, read::texts},
    manifest::{Manifest, Problem},
};

/// The package that the main module is moved to, whatever its own.
const PACKAGE: &str = "template";

/// Modules of one template, compiled.
#[derive(Debug)]
pub(in crate::gatekeeper) struct RegoCode {
    modules: Vec<Module>,
}

impl RegoCode {
    /// Reads the main module and its libraries; with problems that are no warnings there is no code.
    pub(super) fn compile(
        manifest: &Manifest,
        source: &Source<'_>,
    ) -> (Option<Self>, Vec<Problem>) {
        let mut reader = Reader {
            manifest,
            version: Version::V0,
            problems: Vec::new(),
        };
        let modules = reader.modules(source);
        let problems = reader.problems;
        let is_usable = problems.iter().all(|problem| problem.is_warning);
        (is_usable.then_some(Self { modules }), problems)
    }

    /// The violations of a request under parameters.
    pub(super) fn judge(&self, _parameters: &Rego, _case: &Case<'_>) -> Vec<Hit> {
        vec![Hit::error(format!("{} modules", self.modules.len()))]
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    version: Version,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn modules(&mut self, source: &Source<'_>) -> Vec<Module> {
        let text = |field: &str| source.written.get(field).and_then(Value::as_str);
        let version_at = format!("{}/version", source.pointer);
        match text("version") {
            None | Some("" | "v0") => {}
            Some("v1") => self.version = Version::V1,
            Some(other) => {
                let message = format!("unknown version `{other}` of Rego: taken for v0");
                let problem = Problem::new(self.manifest, &version_at, message);
                self.problems.push(problem.warning());
            }
        }
        let at = format!("{}/rego", source.pointer);
        let Some(main) = text("rego") else {
            let message = "the source has no `rego`";
            let problem = Problem::new(self.manifest, &source.pointer, message);
            self.problems.push(problem);
            return Vec::new();
        };
        let mut modules = Vec::new();
        if let Some(mut module) = self.module(main, &at, conformance::main) {
            module.package = vec![Arc::from(PACKAGE)];
            modules.push(module);
        }
        for (index, library) in texts(source.written, "libs").iter().enumerate() {
            let at = format!("{}/libs/{index}", source.pointer);
            modules.extend(self.module(library, &at, conformance::library));
        }
        modules
    }

    fn module(
        &mut self,
        text: &str,
        pointer: &str,
        check: fn(&Module) -> Vec<conformance::Finding>,
    ) -> Option<Module> {
        // Each text has a name of its own, by which errors of the compiler find back to it.
        match parse(pointer, text, self.version) {
            Ok(module) => {
                for finding in check(&module) {
                    let line = module.source.position(finding.span.start).line;
                    let mut problem = self.problem(pointer, line, finding.message);
                    problem.is_warning = finding.is_warning;
                    self.problems.push(problem);
                }
                Some(module)
            }
            Err(errors) => {
                for error in errors {
                    let problem = self.problem(pointer, error.position.line, error.message);
                    self.problems.push(problem);
                }
                None
            }
        }
    }

    fn problem(&self, pointer: &str, line: u32, message: String) -> Problem {
        Problem {
            location: self.manifest.line_in_text(pointer, line as usize),
            ..Problem::new(self.manifest, pointer, message)
        }
    }
}
