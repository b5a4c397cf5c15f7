//! Checks that see all objects of a scan.

use std::sync::Arc;

use rayon::prelude::*;
use ringwall_checks::{Among, Hook, Inventory, judge};
use ringwall_input::kubernetes::{self, ObjectDocument};
use ringwall_model::{Finding, Source};

use crate::file::{FileForm, Judge, Judged};

/// How many pods are judged at a time: few, as they are the last that the threads have to do.
const PODS: usize = 32;

/// Judges all objects of the scan together; the findings of each check.
pub(super) fn across_objects<'a>(
    files: impl Iterator<Item = &'a Judged>,
    judge: &Judge<'_>,
) -> Vec<Vec<Box<Finding>>> {
    let documents: Vec<_> = files.flat_map(|judged| &judged.documents).collect();
    let parts: Vec<_> = documents
        .par_chunks(64)
        .map(|documents| {
            let (mut resources, mut workloads) = (Vec::new(), Vec::new());
            for document in documents {
                let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
                    continue;
                };
                for object in objects {
                    workloads.extend(kubernetes::workloads(&object, judge.pod_paths));
                    resources.push(object);
                }
            }
            (resources, workloads)
        })
        .collect();
    let (mut resources, mut workloads) = (Vec::new(), Vec::new());
    for (more_resources, more_workloads) in parts {
        resources.extend(more_resources);
        workloads.extend(more_workloads);
    }
    if resources.is_empty() {
        return Vec::new();
    }
    let inventory = Inventory::new(resources, workloads);
    let find = |by: &dyn Fn(&mut Vec<Box<Finding>>)| {
        let mut findings = Vec::new();
        by(&mut findings);
        findings.shrink_to_fit();
        findings
    };
    let by_checks = judge.selection.checks.with(Hook::Inventory);
    let by_checks = by_checks
        .par_iter()
        .with_max_len(1)
        .map(|check| find(&|out| judge::inventory_by(*check, &inventory, judge.settings, out)));
    let by_pods = || {
        let among = Among::new(&inventory, &judge.selection.checks);
        let pods = inventory.workloads.par_chunks(PODS);
        pods.map(|pods| find(&|out| among.judge(pods, judge.settings, out)))
            .collect::<Vec<_>>()
    };
    let (mut findings, by_pods) = rayon::join(|| by_checks.collect::<Vec<_>>(), by_pods);
    findings.extend(by_pods);
    findings
}

/// Judges one text as if it were the whole scan: what the fix engine needs.
pub(crate) fn judge_alone(source: &Arc<Source>, form: FileForm, judge: &Judge<'_>) -> Judged {
    let mut judged = judge.judge(source, form);
    let across = across_objects(std::iter::once(&judged), judge);
    judged.findings.extend(across.into_iter().flatten());
    judged.conceal();
    judged
}
