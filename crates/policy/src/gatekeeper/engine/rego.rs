//! Templates in Rego.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use ringwall_rego::{
    Error, Evaluation, Limits, Module, Need, Options, Program, Value as Rego, Version,
    builtins::{BuiltinError, Caches, Host},
    compile, parse,
};
use serde_json::Value;

use super::{Hit, Settings, Source, conformance};
use crate::{
    admission::LATE,
    gatekeeper::{
        case::Case,
        external_data::{self, ExternalData},
        reach::Reach,
        read::texts,
    },
    manifest::{Manifest, Problem},
    pointer,
};

/// The package that the main module is moved to, whatever its own.
const PACKAGE: &str = "template";

/// The only way out that templates have.
const EXTERNAL_DATA: &str = "external_data";

/// Modules of one template, compiled.
#[derive(Debug)]
pub(in crate::gatekeeper) struct RegoCode {
    program: Program,
    /// The path of the violations.
    entry: [Rego; 2],
    /// Names of the fields of `input`.
    fields: [Rego; 2],
    limits: Limits,
    caches: Caches,
    /// Whether it asks for other objects than the one under review.
    pub(super) reads_inventory: bool,
}

impl RegoCode {
    /// Reads the main module and its libraries; with problems that are no warnings there is no code.
    pub(super) fn compile(
        manifest: &Manifest,
        source: &Source<'_>,
        settings: &Settings,
    ) -> (Option<Self>, Vec<Problem>) {
        let mut reader = Reader {
            manifest,
            version: Version::V0,
            pointers: Vec::new(),
            problems: Vec::new(),
        };
        let modules = reader.modules(source);
        if reader.problems.iter().any(|problem| !problem.is_warning) {
            return (None, reader.problems);
        }
        let entry = [Rego::from(PACKAGE), Rego::from(conformance::ENTRY)];
        let options = Options {
            prints: false,
            allowed: BTreeSet::from([Arc::from(EXTERNAL_DATA)]),
            asked_for: Some(Box::new(entry.clone())),
            ..Options::default()
        };
        match compile(&modules, &options) {
            Ok(program) => {
                let code = Self {
                    program,
                    entry,
                    fields: [Rego::from("review"), Rego::from("parameters")],
                    limits: settings.rego_limits,
                    caches: Caches::default(),
                    reads_inventory: modules.iter().any(conformance::reads_inventory),
                };
                (Some(code), reader.problems)
            }
            Err(errors) => {
                for error in errors {
                    reader.refuse(&error);
                }
                (None, reader.problems)
            }
        }
    }

    /// Adds the objects of the inventory that the code names.
    pub(super) fn add_reach(&self, reach: &mut Reach) {
        reach.add(&self.program);
    }

    /// What the code looks at of `input.review`; `None` if nothing.
    pub(super) fn looks_at(&self) -> Option<&Need> {
        let [review, _] = &self.fields;
        let review = review.as_str().unwrap_or_default();
        self.program.needs_of_input().member(review)
    }

    /// The violations of a request under parameters. Where the code asks for what nobody here knows, those that an
    /// ordinary value of it changes nothing about; without any, nobody knows.
    pub(super) fn judge(&self, parameters: &Rego, case: &Case<'_>) -> Vec<Hit> {
        let mut hits = self.violations(parameters, case.rego_review(), case);
        let Some(message) = self.looks_at().and_then(|need| case.unknown(need)) else {
            return hits;
        };
        if !hits.is_empty() {
            let ordinary = self.violations(parameters, &case.ordinary_review(), case);
            let is_said = |hit: &Hit| ordinary.iter().any(|other| other.message == hit.message);
            hits.retain(|hit| hit.is_error || is_said(hit));
        }
        if hits.is_empty() {
            hits.push(Hit::error(message));
        }
        hits
    }

    fn violations(&self, parameters: &Rego, of_review: &Rego, case: &Case<'_>) -> Vec<Hit> {
        let [review, of_parameters] = &self.fields;
        let input = vec![
            (of_parameters.clone(), parameters.clone()),
            (review.clone(), of_review.clone()),
        ];
        let surroundings = case.surroundings;
        let host = Providers::of(surroundings.providers);
        let mut evaluation = Evaluation::new(surroundings.inventory.data(), &self.caches, &host);
        evaluation.input = Some(Rego::Object(Arc::new(ringwall_rego::Object::from_entries(
            input,
        ))));
        evaluation.limits = self.limits;
        evaluation.now_ns = i64::try_from(surroundings.now.as_nanos()).unwrap_or(i64::MAX);
        let is_late = || surroundings.deadline.is_over();
        evaluation.stop = Some(&is_late);
        let result = self.program.evaluate(&self.entry, &evaluation);
        if let Some(provider) = host.unasked.get().filter(|_| !is_late()) {
            let message = format!(
                "it asks the provider {provider} for external data, and here nobody asks any"
            );
            return vec![Hit::error(message)];
        }
        match result {
            Ok(Some(Rego::Set(members))) => {
                let hits = members.members().iter().map(hit).collect();
                if surroundings.tells_paths && !members.members().is_empty() {
                    self.with_paths(hits, members.members(), &evaluation)
                } else {
                    hits
                }
            }
            Ok(None) => Vec::new(),
            Ok(Some(other)) => vec![Hit::error(format!(
                "the violations are no set but of type {}",
                other.type_name()
            ))],
            Err(error) if is_late() => vec![Hit::error(format!("{LATE} ({error})"))],
            Err(error) => vec![Hit::error(error.to_string())],
        }
    }
}

impl RegoCode {
    /// Adds where in the object the violations come from; what cannot be told is left out.
    fn with_paths(
        &self,
        mut hits: Vec<Hit>,
        members: &[Rego],
        evaluation: &Evaluation<'_>,
    ) -> Vec<Hit> {
        let derived = self.program.explain(&self.entry, evaluation);
        for derivation in derived.unwrap_or_default() {
            let index = members.binary_search(&derivation.member);
            if let Some(hit) = index.ok().and_then(|index| hits.get_mut(index)) {
                let reads = derivation.reads.iter();
                hit.paths = reads.filter_map(|read| in_object(&read.path)).collect();
            }
        }
        hits
    }
}

/// A path below `input` as a JSON pointer into the object; `None` if it leads elsewhere.
fn in_object(path: &[Rego]) -> Option<String> {
    let [review, object, rest @ ..] = path else {
        return None;
    };
    if review.as_str() != Some("review") || object.as_str() != Some("object") || rest.is_empty() {
        return None;
    }
    Some(pointer::of_path(rest))
}

/// One member of the violations. One without a message is a mistake of the template, and must not be passed over.
fn hit(member: &Rego) -> Hit {
    let field = |name: &str| match member {
        Rego::Object(fields) => fields.get_str(name),
        _ => None,
    };
    match field("msg").and_then(Rego::as_str) {
        Some(message) => Hit {
            message: message.to_owned(),
            details: field("details").map_or(Value::Null, Rego::to_json),
            paths: Vec::new(),
            is_error: false,
        },
        None => Hit::error(format!(
            "a violation is no object with a text `msg`: {}",
            member.to_json()
        )),
    }
}

/// Lets `external_data` ask providers.
struct Providers<'a> {
    source: &'a dyn ExternalData,
    /// A provider that would be asked, where nobody asks any.
    unasked: OnceLock<String>,
}

impl<'a> Providers<'a> {
    fn of(source: &'a dyn ExternalData) -> Self {
        Self {
            source,
            unasked: OnceLock::new(),
        }
    }
}

impl Host for Providers<'_> {
    fn allows(&self, builtin: &str) -> bool {
        builtin == EXTERNAL_DATA
    }

    fn call(&self, builtin: &str, operands: &[Rego]) -> ringwall_rego::builtins::Answer {
        match (builtin, operands) {
            (EXTERNAL_DATA, [request]) => {
                let request = request.to_json();
                if !self.source.asks() {
                    let provider = request.get("provider").and_then(Value::as_str);
                    self.unasked
                        .get_or_init(|| provider.unwrap_or_default().to_owned());
                }
                external_data::answer(&request, self.source)
                    .map(|answer| Some(Rego::from(&answer)))
                    .map_err(BuiltinError::halt)
            }
            _ => Err(BuiltinError::halt(format!("{builtin} is not allowed"))),
        }
    }
}

struct Reader<'a> {
    manifest: &'a Manifest,
    version: Version,
    /// Names of modules, and where their texts stand.
    pointers: Vec<(String, String)>,
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
        let template = self.manifest.name();
        let name = match pointer.rsplit_once("/libs/") {
            Some((_, index)) => format!("{template}/libs/{index}.rego"),
            None => format!("{template}.rego"),
        };
        self.pointers.push((name.clone(), pointer.to_owned()));
        match parse(&name, text, self.version) {
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
                    self.refuse(&error);
                }
                None
            }
        }
    }

    /// An error of a module as a problem of the manifest.
    fn refuse(&mut self, error: &Error) {
        let pointer = (self.pointers.iter())
            .find(|(name, _)| **name == *error.file)
            .map_or("/spec/targets/0", |(_, pointer)| pointer);
        let message = format!("{}: {}", error.code.as_str(), error.message);
        let problem = self.problem(pointer, error.position.line, message);
        self.problems.push(problem);
    }

    fn problem(&self, pointer: &str, line: u32, message: String) -> Problem {
        Problem {
            location: self.manifest.line_in_text(pointer, line as usize),
            ..Problem::new(self.manifest, pointer, message)
        }
    }
}
