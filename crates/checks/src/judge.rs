//! Runs checks over what was parsed.

use ringwall_input::{
    Diagnostic,
    dockerfile::Dockerfile,
    kubernetes::{Resource, Role, UsedImage, Workload, asked_roles},
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

/// Judges one object and its pods, and gives the places of the secrets that checks found in it.
pub fn object(
    resource: &Resource<'_>,
    workloads: &[Workload<'_>],
    checks: &Checks,
    settings: &Settings,
    out: &mut Vec<Box<Finding>>,
) -> Vec<Span> {
    let before = out.len();
    let mut findings = Findings::new(About::Resource(resource), settings, out);
    for check in checks.with(Hook::Resource) {
        check.resource(resource, &mut findings);
    }
    for role in Role::new(resource).into_iter().chain(asked_roles(resource)) {
        for check in checks.with(Hook::Role) {
            check.role(&role, &mut findings);
        }
    }
    for workload in workloads {
        for check in checks.with(Hook::Workload) {
            check.workload(workload, &mut findings);
        }
        for image in UsedImage::volumes(workload.pod) {
            for check in checks.with(Hook::Image) {
                check.image(&image, &mut findings);
            }
        }
    }
    let mut secrets = findings.into_secrets();
    for container in workloads.iter().flat_map(|workload| &workload.containers) {
        let mut findings = Findings::new(About::Container(container), settings, out);
        for check in checks.with(Hook::Container) {
            check.container(container, &mut findings);
        }
        if let Some(image) = UsedImage::of(container) {
            for check in checks.with(Hook::Image) {
                check.image(&image, &mut findings);
            }
        }
        secrets.append(&mut findings.into_secrets());
    }
    if has_windows_line_ends(&resource.node.document().source) {
        use_windows_line_ends_since(before, out);
    }
    secrets
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
