//! Examples of pages, judged as a scan judges files.

use std::sync::Arc;

use ringwall_checks::{Checks, Example, Inventory, Settings, judge};
use ringwall_input::{
    dockerfile,
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Finding, Source, Span};

/// What a text gives, and what could not be read in it.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) findings: Vec<Box<Finding>>,
    pub(crate) problems: Vec<String>,
    pub(crate) secrets: Vec<Span>,
}

/// Example text without its markers, which are no comments in every instruction of a Dockerfile.
pub(crate) fn without_markers(example: &Example<'_>) -> String {
    let text = example.source();
    text.lines().fold(String::new(), |mut out, line| {
        let line = line.trim_end();
        out.push_str(line.strip_suffix("# <-").unwrap_or(line).trim_end());
        out.push('\n');
        out
    })
}

/// Settings that a fence asks for with words such as `allowed_registries=a,b`.
fn settings(words: &str) -> Settings {
    let mut settings = Settings::default();
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').expect("fence words are name=value");
        let list = || value.split(',').map(str::to_owned).collect();
        match name {
            "allowed_registries" => settings.allowed_registries = list(),
            "required_labels" => settings.required_labels = list(),
            "required_image_labels" => settings.required_image_labels = list(),
            "allowed_image_labels" => settings.allowed_image_labels = list(),
            "allowed_priority_classes" => settings.allowed_priority_classes = list(),
            "as_of" => settings.as_of = value.parse().expect("a day"),
            "dockerignore" => {}
            other => panic!("no setting {other}"),
        }
    }
    settings
}

/// Judges a text in the language and with the settings of a fence.
pub(crate) fn judge(checks: &Checks, language: &str, words: &str, text: &str) -> Verdicts {
    let settings = settings(words);
    match language {
        "dockerfile" => judge_dockerfile(checks, &settings, words, text),
        "yaml" => judge_manifest(checks, &settings, text),
        other => panic!("no language {other}"),
    }
}

fn judge_dockerfile(checks: &Checks, settings: &Settings, words: &str, text: &str) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let source = Source::new("Dockerfile", text);
    let (dockerfile, diagnostics) = dockerfile::parse(&source.text);
    verdicts.problems = diagnostics.iter().map(|one| one.message.clone()).collect();
    let has_ignore_file = match words {
        words if words.contains("dockerignore=yes") => Some(true),
        words if words.contains("dockerignore=unknown") => None,
        _ => Some(false),
    };
    let build = judge::Build {
        source: &source,
        dockerfile: &dockerfile,
        diagnostics: &diagnostics,
        has_ignore_file,
    };
    verdicts.secrets = judge::dockerfile(&build, checks, settings, &mut verdicts.findings);
    verdicts
}

fn judge_manifest(checks: &Checks, settings: &Settings, text: &str) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let source = Arc::new(Source::new("example.yaml", text));
    let (documents, diagnostics) = yaml::parse(&source);
    verdicts.problems = diagnostics.iter().map(|one| one.message.clone()).collect();
    let mut resources = Vec::new();
    let mut workloads = Vec::new();
    for document in &documents {
        let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
            verdicts.problems.push("no Kubernetes object".to_owned());
            continue;
        };
        for object in objects {
            let pods = kubernetes::workloads(&object, &[]);
            let secrets = judge::object(&object, &pods, checks, settings, &mut verdicts.findings);
            verdicts.secrets.extend(secrets);
            workloads.extend(pods);
            resources.push(object);
        }
    }
    judge::inventory(
        &Inventory::new(resources, workloads),
        checks,
        settings,
        &mut verdicts.findings,
    );
    verdicts
}
