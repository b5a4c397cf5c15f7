//! Judges files of objects with one check, across objects too.

use std::sync::Arc;

use ringwall_checks::{Checks, Inventory, Settings, find, judge};
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Finding, Source};

/// The findings of one check over files of objects.
pub(crate) fn findings(id: &str, files: &[(&str, &str)]) -> Vec<Box<Finding>> {
    let settings = Settings::default();
    let checks = Checks::from_iter(find(id));
    assert_eq!(checks.iter().count(), 1, "no check {id}");
    let parsed: Vec<_> = files
        .iter()
        .map(|(name, text)| yaml::parse(&Arc::new(Source::new(*name, (*text).to_owned()))))
        .collect();
    let mut resources = Vec::new();
    let mut workloads = Vec::new();
    let mut findings = Vec::new();
    for (documents, diagnostics) in &parsed {
        assert_eq!(diagnostics, &[]);
        for document in documents {
            let objects = match kubernetes::objects(document) {
                ObjectDocument::Objects(objects) => objects,
                _ => Vec::new(),
            };
            assert!(!objects.is_empty(), "an example holds no object");
            for object in objects {
                let pods = kubernetes::workloads(&object, &[]);
                judge::object(&object, &pods, &checks, &settings, &mut findings);
                workloads.extend(pods);
                resources.push(object);
            }
        }
    }
    let inventory = Inventory::new(resources, workloads);
    judge::inventory(&inventory, &checks, &settings, &mut findings);
    findings
}
