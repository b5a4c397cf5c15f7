//! `-o gitlab`: a Code Quality report, which GitLab shows in merge requests beside the changed lines.
//!
//! Source: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::io;

use ringwall_model::{Finding, NotAssessed, Report, Severity};
use serde_json::{Value, json};

use crate::{
    Context, Excerpts,
    fingerprint::Fingerprints,
    json::list,
    words::{clean, subject_words},
};

/// Writes one entry for each finding that counts and for each thing that is not assessed.
pub fn gitlab(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    let mut fingerprints = Fingerprints::default();
    let gaps = report.not_assessed.iter().filter(|gap| gap.counts());
    let gaps: Vec<Value> = gaps.map(|it| gap(it, &fingerprints.of_gap(it))).collect();
    let findings = report.findings.iter().filter(|finding| finding.fails());
    let findings = findings.map(|it| entry(&excerpts, it, &fingerprints.of(it)));
    out.write_all(b"[")?;
    list(gaps.into_iter().chain(findings), out)?;
    out.write_all(b"]\n")
}

fn entry(excerpts: &Excerpts<'_>, finding: &Finding, fingerprint: &str) -> Value {
    let subject = subject_words(&finding.subject);
    json!({
        "description": clean(&format!("{subject}: {}", excerpts.message(finding))),
        "check_name": finding.check,
        "fingerprint": fingerprint,
        "severity": severity(finding.severity),
        "location": location(&finding.location.file, finding.location.start.line),
    })
}

/// What could not be looked at is no smaller a matter than a finding that fails a scan.
fn gap(gap: &NotAssessed, fingerprint: &str) -> Value {
    let subject = subject_words(&gap.subject);
    let (file, line) = gap.location.as_ref().map_or_else(
        || (gap.subject.file.as_deref().unwrap_or("."), 1),
        |location| (&*location.file, location.start.line),
    );
    json!({
        "description": clean(&format!("not assessed: {subject}: {}", gap.reason)),
        "check_name": gap.id,
        "fingerprint": fingerprint,
        "severity": "critical",
        "location": location(file, line),
    })
}

/// GitLab compares paths with those of its repository, which have no `./` before them.
fn location(file: &str, line: u32) -> Value {
    let file = clean(file.strip_prefix("./").unwrap_or(file));
    json!({"path": file, "lines": {"begin": line}})
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
