//! `docs/checks.md`, a page for each check, and their place in the table of contents.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use ringwall_checks::{Check, Target};
use ringwall_engine::ENGINE_CHECKS;

use super::Files;

/// The table of contents of the book.
pub(super) const SUMMARY: &str = "docs/SUMMARY.md";

const BEGIN: &str = "<!-- generated: checks -->\n";
const END: &str = "<!-- end of generated -->";

const HEAD: &str = "\
# Checks

Written by `ringwall generate` from the checks themselves; `ringwall explain ID` prints the same pages.

In the examples of a page, the lines that end in ` # <-` are those that the check flags; the mark is no part of the file.

A control names the rule of a standard that a check serves: `pss` the Pod Security Standards, `nsa` the hardening guide of NSA and CISA, `cis` the CIS Kubernetes Benchmark and `cis-aks`, `cis-eks`, `cis-gke` those of managed clusters, `mitre` a technique of MITRE ATT&CK.
`ringwall checks --control PREFIX` lists the checks of a control, `ringwall scan --framework pss|nsa|cis` runs them.
";

/// A page for each check, and one that lists them.
pub(super) fn pages(files: &mut Files) {
    let mut list = String::from(HEAD);
    for target in Target::ALL {
        let _ = write!(
            list,
            "\n## {}\n\n| Check | Severity | Ring | Finds |\n|---|---|---|---|\n",
            heading(target)
        );
        for check in checks_over(target) {
            let meta = check.meta();
            let _ = writeln!(
                list,
                "| [{0}](checks/{0}.md) | {1} | {2} | {3} |",
                meta.id,
                meta.severity,
                meta.ring,
                cell(meta.title)
            );
            let path = format!("docs/checks/{}.md", meta.id);
            files.insert(path.into(), page(check));
        }
    }
    list.push_str(
        "\nA secret outside the places above is `plaintext-secret/<provider>`; [Secret detectors](secret-detectors.md) lists the providers.\n",
    );
    list.push_str(
        "\n## Exceptions\n\nFindings about [exceptions](exceptions.md), given by the scan itself.\n\n| Id | Severity | Finds | What to do |\n|---|---|---|---|\n",
    );
    for own in ENGINE_CHECKS.iter().filter(|own| !own.is_not_assessed) {
        let (id, severity, title) = (own.id, own.severity, own.title);
        let remediation = cell(own.remediation);
        let _ = writeln!(list, "| `{id}` | {severity} | {title} | {remediation} |");
    }
    list.push_str(
        "\n## Not assessed\n\nIds of what could not be looked at; unless accepted, one of them makes the [exit code](exit-codes.md) 3.\n\n| Id | Means | What to do |\n|---|---|---|\n",
    );
    for own in ENGINE_CHECKS.iter().filter(|own| own.is_not_assessed) {
        let (id, title, remediation) = (own.id, own.title, cell(own.remediation));
        let _ = writeln!(list, "| `{id}` | {title} | {remediation} |");
    }
    files.insert("docs/checks.md".into(), list);
}

/// The table of contents with an entry for the page of each check between the two marks.
pub(super) fn summary(text: &str) -> Result<String> {
    let (head, rest) = text
        .split_once(BEGIN)
        .with_context(|| format!("{SUMMARY} has no line '{}'", BEGIN.trim_end()))?;
    let (_, tail) = rest
        .split_once(END)
        .with_context(|| format!("{SUMMARY} has no line '{END}'"))?;
    let mut filled = format!("{head}{BEGIN}- [Checks](checks.md)\n");
    let mut ids: Vec<_> = ringwall_checks::all()
        .map(|check| check.meta().id)
        .collect();
    ids.sort_unstable();
    for id in ids {
        let _ = writeln!(filled, "  - [{id}](checks/{id}.md)");
    }
    filled.push_str(END);
    filled.push_str(tail);
    Ok(filled)
}

/// The worst first.
fn checks_over(target: Target) -> Vec<&'static dyn Check> {
    let mut checks: Vec<&'static dyn Check> = ringwall_checks::all()
        .filter(|check| check.meta().target == target)
        .collect();
    checks.sort_by_key(|check| (std::cmp::Reverse(check.meta().severity), check.meta().id));
    checks
}

/// A text that does not end its cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

const fn heading(target: Target) -> &'static str {
    match target {
        Target::Workload => "Workloads",
        Target::Dockerfile => "Dockerfiles",
        Target::Rbac => "Rights",
        Target::Network => "Network",
        Target::Ingress => "Ingresses, gateways and routes",
        Target::Secret => "Secrets",
        Target::ControlPlane => "Control plane",
    }
}

fn page(check: &'static dyn Check) -> String {
    let meta = check.meta();
    let controls = if meta.controls.is_empty() {
        "none".to_owned()
    } else {
        meta.controls.join(", ")
    };
    format!(
        "# {}\n\n{}.\n\n| Severity | Ring | Over | Since | Controls |\n|---|---|---|---|---|\n| {} | {} | {} | {} | {controls} |\n\n{}",
        meta.id,
        meta.title,
        meta.severity,
        meta.ring,
        meta.target.as_str(),
        meta.since,
        for_reading(&meta.page().markdown())
    )
}

/// A page whose examples say in words what their fences say to the test.
fn for_reading(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut in_fence = false;
    let mut lines = page.trim_end().lines().peekable();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else {
            out.push_str(line);
            out.push('\n');
            // A heading stands apart from what follows it.
            if !in_fence
                && line.starts_with('#')
                && lines.peek().is_some_and(|next| !next.is_empty())
            {
                out.push('\n');
            }
            continue;
        };
        in_fence = !in_fence;
        if !in_fence {
            out.push_str("```\n");
            if lines.peek().is_some_and(|next| !next.is_empty()) {
                out.push('\n');
            }
            continue;
        }
        let mut words = fence.split_whitespace();
        let language = words.next().unwrap_or("");
        let verdict = match words.next() {
            Some("fail") => "Flagged",
            Some("pass") => "Not flagged",
            _ => "",
        };
        if !verdict.is_empty() {
            out.push_str(verdict);
            for (number, word) in words.enumerate() {
                out.push_str(if number == 0 { ", " } else { " and " });
                out.push_str(&condition(word));
            }
            out.push_str(":\n\n");
        }
        let _ = writeln!(out, "```{language}");
    }
    out
}

/// What a fence sets before its example is judged.
fn condition(word: &str) -> String {
    match word.split_once('=') {
        Some(("as_of", day)) => format!("on {day}"),
        Some(("dockerignore", "yes")) => "with a `.dockerignore` beside it".to_owned(),
        Some(("dockerignore", _)) => {
            "where nobody knows whether there is a `.dockerignore`".to_owned()
        }
        Some((setting, list)) => {
            let items: Vec<String> = list.split(',').map(|item| format!("\"{item}\"")).collect();
            format!(
                "with `{} = [{}]`",
                setting.replace('_', "-"),
                items.join(", ")
            )
        }
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_become_words() {
        let page = "## Examples\n```yaml fail\na: 1 # <-\n```\n```yaml pass allowed_registries=a,b\n# a: 2\n```\n\n## Fix\nDo it.\n";
        let expected = "## Examples\n\nFlagged:\n\n```yaml\na: 1 # <-\n```\n\nNot flagged, with `allowed-registries = [\"a\", \"b\"]`:\n\n```yaml\n# a: 2\n```\n\n## Fix\n\nDo it.\n";
        assert_eq!(for_reading(page), expected);
    }

    #[test]
    fn only_what_stands_between_the_marks_changes() {
        let before = format!("head\n{BEGIN}old\n{END}\ntail\n");
        let after = summary(&before).unwrap();
        assert!(after.starts_with(&format!("head\n{BEGIN}- [Checks](checks.md)\n")));
        assert!(after.ends_with(&format!("{END}\ntail\n")));
        assert!(after.contains("  - [privileged-container](checks/privileged-container.md)\n"));
        assert!(!after.contains("old"));
        assert_eq!(summary(&after).unwrap(), after);
        assert!(summary("no marks").is_err());
    }
}
