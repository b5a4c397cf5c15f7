//! Scans a folder of the corpora, and names what was found as the peers do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_collect::{DEFAULT_LIMIT_BYTES, Walk};
use ringwall_engine::{Advisories, Config, Input, Options, Outcome, Selection};
use ringwall_input::{
    dockerfile,
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Date, Finding, Source, Subject};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");

/// A file of the corpora and what is at fault in it: an object, an instruction, or the file itself.
pub(crate) type Place = (String, String);

/// A path below the shared folder.
pub(crate) fn shared(path: &str) -> PathBuf {
    Path::new(SHARED).join(path)
}

/// Whether the corpora are here; says so when they are not.
pub(crate) fn are_here() -> bool {
    let here = shared("corpora").is_dir();
    if !here {
        println!("skipped: ../shared is not here");
    }
    here
}

/// Scans a folder of the corpora with every check.
pub(crate) fn scan(folder: &str) -> Outcome {
    let files = ringwall_collect::walk(&Walk {
        paths: vec![shared("corpora").join(folder)],
        ..Walk::default()
    });
    let input = Input { files, stdin: None };
    let options = Options {
        selection: &Selection::new(&[], &[], &[]).expect("all checks"),
        config: &Config::default(),
        config_source: &Source::new("ringwall.toml", ""),
        pod_security: None,
        policies: None,
        advisories: Advisories::Missing,
        as_of: Date::new(2026, 11, 21).expect("a day"),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: DEFAULT_LIMIT_BYTES,
        progress: None,
    };
    ringwall_engine::scan(&input, &options).expect("no exceptions are configured")
}

/// The name of a file below a folder of the corpora.
pub(crate) fn below<'a>(folder: &str, name: &'a str) -> &'a str {
    let root = ringwall_collect::printed_name(&shared("corpora").join(folder));
    name.strip_prefix(&root)
        .map_or(name, |rest| rest.trim_start_matches('/'))
}

/// The places of all findings, by check.
pub(crate) fn places(
    folder: &str,
    place: impl Fn(&str, &Finding) -> Option<String>,
) -> BTreeMap<String, BTreeSet<Place>> {
    let mut places: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    for finding in scan(folder).report.findings {
        let file = below(folder, &finding.location.file);
        // A mark in a file silences the peer as well.
        if !finding.fails() {
            continue;
        }
        if let Some(place) = place(file, &finding) {
            places
                .entry(finding.check.to_string())
                .or_default()
                .insert((file.to_owned(), place));
        }
    }
    places
}

/// An object as Checkov names it.
pub(crate) fn object_name(subject: &Subject) -> Option<String> {
    let namespace = subject.namespace.as_deref().unwrap_or("default");
    Some(format!(
        "{}.{namespace}.{}",
        subject.kind.as_deref()?,
        subject.name.as_deref()?
    ))
}

/// The objects of the corpora by their file, and the pods that Checkov makes of templates.
pub(crate) struct Objects {
    /// Objects of a file, and whether each is no pod but holds one.
    by_file: BTreeMap<String, Vec<(String, bool)>>,
}

impl Objects {
    /// Reads the objects of the manifests again, one file at a time.
    pub(crate) fn read(folder: &str) -> Self {
        let mut by_file: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        let files = ringwall_collect::walk(&Walk {
            paths: vec![shared("corpora").join(folder)],
            ..Walk::default()
        });
        for file in files.files {
            let name = below(folder, &file.name).to_owned();
            let text = fs::read_to_string(&file.path).expect("manifests are UTF-8");
            let (documents, _) = yaml::parse(&Arc::new(Source::new(&*name, text)));
            let objects = by_file.entry(name).or_default();
            for document in &documents {
                let ObjectDocument::Objects(resources) = kubernetes::objects(document) else {
                    continue;
                };
                for resource in resources {
                    let holds_pod =
                        resource.kind != "Pod" && !kubernetes::workloads(&resource, &[]).is_empty();
                    let name = object_name(&resource.subject());
                    // A Kustomization has no name; it is an object all the same.
                    objects.push((name.unwrap_or_default(), holds_pod));
                }
            }
        }
        Self { by_file }
    }

    /// Files in which no object was found.
    pub(crate) fn files_without_objects(&self) -> Vec<String> {
        let empty = self
            .by_file
            .iter()
            .filter(|(_, objects)| objects.is_empty());
        empty.map(|(file, _)| file.clone()).collect()
    }

    /// Whether a file holds an object of this name.
    pub(crate) fn has(&self, file: &str, name: &str) -> bool {
        let objects = self.by_file.get(file).map_or(&[][..], Vec::as_slice);
        objects.iter().any(|(object, _)| object == name)
    }

    /// The object that a name of Checkov means.
    ///
    /// Its graph makes a pod of each template and calls it `Pod.<namespace>.<name of the owner>.<labels>`.
    pub(crate) fn owner(&self, file: &str, resource: &str) -> String {
        let objects = self.by_file.get(file).map_or(&[][..], Vec::as_slice);
        if objects.iter().any(|(name, _)| name == resource) {
            return resource.to_owned();
        }
        let Some(pod) = resource.strip_prefix("Pod.") else {
            return resource.to_owned();
        };
        let mut owners = objects.iter().filter(|(_, holds_pod)| *holds_pod);
        let by_name = owners.clone().find(|(name, _)| {
            let owner = name.split_once('.').map_or("", |(_, rest)| rest);
            pod.strip_prefix(owner)
                .is_some_and(|labels| labels.is_empty() || labels.starts_with('.'))
        });
        // A template with a name of its own lends it to the pod; then the file must hold one owner only.
        let only = owners.next().filter(|_| owners.next().is_none());
        by_name
            .or(only)
            .map_or_else(|| resource.to_owned(), |(name, _)| name.clone())
    }
}

/// The first line of each instruction of each Dockerfile, in order.
pub(crate) struct Instructions {
    lines: BTreeMap<String, Vec<u32>>,
}

impl Instructions {
    /// Reads the Dockerfiles again.
    pub(crate) fn read(folder: &str) -> Self {
        let files = ringwall_collect::walk(&Walk {
            paths: vec![shared("corpora").join(folder)],
            ..Walk::default()
        });
        let lines = files.files.iter().map(|file| {
            let name = below(folder, &file.name).to_owned();
            let text = fs::read_to_string(&file.path).expect("Dockerfiles are UTF-8");
            let source = Source::new(&*name, text);
            let (dockerfile, _) = dockerfile::parse(&source.text);
            let lines = dockerfile
                .instructions()
                .map(|instruction| source.location(instruction.span).start.line)
                .collect();
            (name, lines)
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// The line where the instruction begins that a line belongs to.
    pub(crate) fn first_line(&self, file: &str, line: u32) -> u32 {
        self.lines
            .get(file)
            .and_then(|lines| lines.iter().rev().find(|first| **first <= line))
            .copied()
            .unwrap_or(line)
    }
}
