//! Runs checks over what was parsed.

use ringwall_input::{
    Diagnostic,
    dockerfile::Dockerfile,
    kubernetes::{Resource, Role, Workload},
};
use ringwall_model::{Finding, Source};

use crate::{
    Check, Inventory, Settings, Target,
    findings::{About, Findings},
};

/// One Dockerfile with what is known about its build.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The file.
    pub source: &'a Source,
    /// What the parser read.
    pub dockerfile: &'a Dockerfile,
    /// What the parser could not read.
    pub diagnostics: &'a [Diagnostic],
    /// Whether an ignore file limits the build context; `None` where that cannot be known.
    pub has_ignore_file: Option<bool>,
}

/// Judges one object and its pods.
pub fn object(
    resource: &Resource<'_>,
    workloads: &[Workload<'_>],
    checks: &[&dyn Check],
    settings: &Settings,
    out: &mut Vec<Finding>,
) {
    let mut findings = Findings::new(About::Resource(resource), settings, out);
    let role = Role::new(resource);
    for check in checks {
        if check.meta().target == Target::Dockerfile {
            continue;
        }
        check.resource(resource, &mut findings);
        if let Some(role) = &role {
            check.role(role, &mut findings);
        }
        for workload in workloads {
            check.workload(workload, &mut findings);
        }
    }
    for container in workloads.iter().flat_map(|workload| &workload.containers) {
        let mut findings = Findings::new(About::Container(container), settings, out);
        for check in checks {
            if check.meta().target != Target::Dockerfile {
                check.container(container, &mut findings);
            }
        }
    }
}

/// Judges one Dockerfile.
pub fn dockerfile(
    build: &Build<'_>,
    checks: &[&dyn Check],
    settings: &Settings,
    out: &mut Vec<Finding>,
) {
    let about = About::File("Dockerfile", &build.source.name);
    let mut findings = Findings::new(about, settings, out);
    for check in checks {
        check.dockerfile(build, &mut findings);
    }
}

/// Judges all objects of a scan together.
pub fn inventory(
    inventory: &Inventory<'_>,
    checks: &[&dyn Check],
    settings: &Settings,
    out: &mut Vec<Finding>,
) {
    let mut findings = Findings::new(About::Nothing, settings, out);
    for check in checks {
        check.inventory(inventory, &mut findings);
    }
}
