//! Runs checks over what was parsed.

use ringwall_input::{
    Diagnostic,
    dockerfile::Dockerfile,
    kubernetes::{Container, Resource, Role, UsedImage, Workload, asked_roles},
};
use ringwall_model::{Edit, Finding, Source, Span};

use crate::{
    Among, Check, Checks, Hook, Inventory, Settings,
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

/// An object and its pods.
pub type ObjectWithPods<'o, 'a> = (&'o Resource<'a>, &'o [Workload<'a>]);

/// What was found in an object.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order in which the checks looked.
    pub findings: Vec<Box<Finding>>,
    /// The places of the secrets that checks found, reported or not.
    pub secrets: Vec<Span>,
}

/// Judges one object and its pods, and gives the places of the secrets that checks found in it.
pub fn object(
    resource: &Resource<'_>,
    workloads: &[Workload<'_>],
    checks: &Checks,
    settings: &Settings,
    out: &mut Vec<Box<Finding>>,
) -> Vec<Span> {
    let found = objects(&[(resource, workloads)], checks, settings);
    let mut secrets = Vec::new();
    for mut found in found {
        out.append(&mut found.findings);
        secrets.append(&mut found.secrets);
    }
    secrets
}

/// Judges some objects with their pods, and gives what was found in each.
///
/// Each check looks at all of them before the next one does: the code of all checks is ten times what the processor
/// keeps at hand, and one object is looked at by each in no time.
pub fn objects(
    objects: &[ObjectWithPods<'_, '_>],
    checks: &Checks,
    settings: &Settings,
) -> Vec<Found> {
    let mut found = by_objects(objects, checks, settings);
    let containers: Vec<(usize, &Container<'_>)> = (objects.iter().enumerate())
        .flat_map(|(at, (_, workloads))| {
            let containers = workloads.iter().flat_map(|workload| &workload.containers);
            containers.map(move |container| (at, container))
        })
        .collect();
    let of_containers = by_containers(&containers, checks, settings);
    for ((at, _), mut of_container) in containers.iter().zip(of_containers) {
        if let Some(found) = found.get_mut(*at) {
            found.findings.append(&mut of_container.findings);
            found.secrets.append(&mut of_container.secrets);
        }
    }
    for ((resource, _), found) in objects.iter().zip(&mut found) {
        if has_windows_line_ends(&resource.node.document().source) {
            use_windows_line_ends_since(0, &mut found.findings);
        }
    }
    found
}

fn by_objects(
    objects: &[ObjectWithPods<'_, '_>],
    checks: &Checks,
    settings: &Settings,
) -> Vec<Found> {
    let mut found: Vec<Found> = objects.iter().map(|_| Found::default()).collect();
    let mut of_objects: Vec<_> = (objects.iter().zip(&mut found))
        .map(|(&(resource, workloads), Found { findings, secrets })| {
            let findings = Findings::new(About::Resource(resource), settings, findings);
            (resource, workloads, findings, secrets)
        })
        .collect();
    for check in checks.with(Hook::Resource) {
        for (resource, _, findings, _) in &mut of_objects {
            check.resource(resource, findings);
        }
    }
    for (resource, _, findings, _) in &mut of_objects {
        for role in Role::new(resource).into_iter().chain(asked_roles(resource)) {
            for check in checks.with(Hook::Role) {
                check.role(&role, findings);
            }
        }
    }
    for check in checks.with(Hook::Workload) {
        for (_, workloads, findings, _) in &mut of_objects {
            for workload in *workloads {
                check.workload(workload, findings);
            }
        }
    }
    for (_, workloads, mut findings, secrets) in of_objects {
        for image in (workloads.iter()).flat_map(|workload| UsedImage::volumes(workload.pod)) {
            for check in checks.with(Hook::Image) {
                check.image(&image, &mut findings);
            }
        }
        *secrets = findings.into_secrets();
    }
    found
}

fn by_containers(
    containers: &[(usize, &Container<'_>)],
    checks: &Checks,
    settings: &Settings,
) -> Vec<Found> {
    let mut found: Vec<Found> = containers.iter().map(|_| Found::default()).collect();
    let mut of_containers: Vec<_> = (containers.iter().zip(&mut found))
        .map(|(&(_, container), Found { findings, secrets })| {
            let findings = Findings::new(About::Container(container), settings, findings);
            (container, findings, secrets)
        })
        .collect();
    for check in checks.with(Hook::Container) {
        for (container, findings, _) in &mut of_containers {
            check.container(container, findings);
        }
    }
    for (container, mut findings, secrets) in of_containers {
        if let Some(image) = UsedImage::of(container) {
            for check in checks.with(Hook::Image) {
                check.image(&image, &mut findings);
            }
        }
        *secrets = findings.into_secrets();
    }
    found
}

/// Judges one Dockerfile, and gives the places of the secrets that checks found in it.
pub fn dockerfile(
    build: &Build<'_>,
    checks: &Checks,
    settings: &Settings,
    out: &mut Vec<Box<Finding>>,
) -> Vec<Span> {
    let before = out.len();
    let about = About::File("Dockerfile", &build.source.name);
    let mut findings = Findings::new(about, settings, out);
    for check in checks.with(Hook::Dockerfile) {
        check.dockerfile(build, &mut findings);
    }
    let secrets = findings.into_secrets();
    if has_windows_line_ends(build.source) {
        use_windows_line_ends_since(before, out);
    }
    secrets
}

/// Judges all objects of a scan together.
pub fn inventory(
    inventory: &Inventory<'_>,
    checks: &Checks,
    settings: &Settings,
    out: &mut Vec<Box<Finding>>,
) {
    for check in checks.with(Hook::Inventory) {
        inventory_by(*check, inventory, settings, out);
    }
    Among::new(inventory, checks).judge(&inventory.workloads, settings, out);
}

/// One check judges all objects of a scan together.
pub fn inventory_by(
    check: &dyn Check,
    inventory: &Inventory<'_>,
    settings: &Settings,
    out: &mut Vec<Box<Finding>>,
) {
    let before = out.len();
    let mut findings = Findings::new(About::Nothing, settings, out);
    check.inventory(inventory, &mut findings);
    for edit in edits(out, before) {
        if inventory.has_windows_line_ends(&edit.file) {
            use_windows_line_ends(edit);
        }
    }
}

/// Makes new findings fit a file with the line ends of Windows.
pub(crate) fn use_windows_line_ends_since(before: usize, out: &mut [Box<Finding>]) {
    edits(out, before).for_each(use_windows_line_ends);
}

/// The edits of new findings that bring lines.
fn edits(findings: &mut [Box<Finding>], from: usize) -> impl Iterator<Item = &mut Edit> {
    let new = findings.get_mut(from..).unwrap_or_default();
    let fixes = new.iter_mut().filter_map(|finding| finding.fix.as_mut());
    fixes
        .flat_map(|fix| &mut fix.edits)
        .filter(|edit| edit.text.contains('\n'))
}

/// Whether lines end with `\r\n`; the first one tells.
pub(crate) fn has_windows_line_ends(source: &Source) -> bool {
    let first = source.text.split_inclusive('\n').next();
    first.is_some_and(|line| line.ends_with("\r\n"))
}

/// Lines end in a fix as they do in the file, so that checks need not mind.
fn use_windows_line_ends(edit: &mut Edit) {
    if !edit.text.contains('\r') {
        edit.text = edit.text.replace('\n', "\r\n");
    }
}
