//! Applies fixes, and proves them: parsed again, judged again, nothing new.

use std::{collections::HashMap, sync::Arc};

use ringwall_model::{Edit, Finding, Safety, Source};

use crate::{
    Options, Outcome,
    file::{FileForm, Judge, Judged},
    scan::judge_alone,
};

/// Most edits of one file; each is judged on its own.
const MAX_STEPS: usize = 2_000;

/// What fixing did.
#[derive(Debug, Default)]
pub struct FixOutcome {
    /// The files that change, in the order of their names.
    pub files: Vec<FixedFile>,
}

/// One file that changes, with its certificate.
#[derive(Debug)]
pub struct FixedFile {
    /// The text before.
    pub before: Arc<Source>,
    /// The text after.
    pub after: String,
    /// Findings that are gone, by check and message.
    pub fixed: Vec<(String, String)>,
    /// Fixes that were refused, and why, by check and message.
    pub refused: Vec<(String, String, String)>,
}

/// Fixes what counts in a scan, up to a safety. Nothing is written: the caller does that.
///
/// Each fix is tried alone. The edited text is parsed, checked against the schema and judged again; the
/// finding must be gone and nothing new may have come, or the edit is refused.
pub fn fix(outcome: &Outcome, options: &Options<'_>, safety: Safety) -> FixOutcome {
    let mut wanted = wanted(outcome);
    let files = outcome.sources.editable().into_iter();
    let files = files.filter_map(|(source, form)| {
        let wanted = wanted.remove(&*source.name)?;
        fix_file(source, form, options, safety, wanted)
    });
    FixOutcome {
        files: files.collect(),
    }
}

/// Fixes one text of a scan as [`fix`] does, also one that stands on no disk: standard input is `-`.
///
/// `None` where the scan has no such text or nothing in it to fix.
pub fn fix_text(
    outcome: &Outcome,
    name: &str,
    options: &Options<'_>,
    safety: Safety,
) -> Option<FixedFile> {
    let (source, form) = outcome.sources.judged(name)?;
    let wanted = wanted(outcome).remove(name)?;
    fix_file(source, form, options, safety, wanted)
}

/// How often each finding that counts and has a fix is there, by file.
fn wanted(outcome: &Outcome) -> HashMap<&str, HashMap<Print, usize>> {
    let mut wanted: HashMap<&str, HashMap<Print, usize>> = HashMap::new();
    for finding in &outcome.report.findings {
        if finding.fails() && finding.fix.is_some() {
            let in_file = wanted.entry(&finding.location.file).or_default();
            *in_file.entry(print(finding)).or_default() += 1;
        }
    }
    wanted
}

/// What stays the same of a finding when lines move: check, subject and message.
type Print = (String, String, String);

fn print(finding: &Finding) -> Print {
    (
        finding.check.to_string(),
        format!("{:?}", finding.subject),
        finding.message.clone(),
    )
}

fn prints(judged: &Judged) -> HashMap<Print, usize> {
    let mut counts = HashMap::new();
    for finding in &judged.findings {
        *counts.entry(print(finding)).or_default() += 1;
    }
    counts
}

fn fix_file(
    source: &Arc<Source>,
    form: FileForm,
    options: &Options<'_>,
    safety: Safety,
    mut wanted: HashMap<Print, usize>,
) -> Option<FixedFile> {
    let settings = options.config.settings();
    let pod_paths = options.config.pod_paths();
    let judge = &Judge {
        selection: options.selection,
        settings: &settings,
        pod_paths: &pod_paths,
        pod_security: None,
        show_passed: false,
    };
    let mut current = Arc::clone(source);
    let mut judged = judge_alone(&current, form, judge);
    let mut result = FixedFile {
        before: Arc::clone(source),
        after: String::new(),
        fixed: Vec::new(),
        refused: Vec::new(),
    };
    for _ in 0..MAX_STEPS {
        // The worst first, then by place, so that every run makes the same text.
        judged.findings.sort_by(Finding::order);
        let next = judged.findings.iter().find(|finding| {
            let is_wanted = wanted.get(&print(finding)).is_some_and(|&count| count > 0);
            is_wanted && finding.fix.as_ref().is_some_and(|fix| fix.safety <= safety)
        });
        let Some(finding) = next else {
            break;
        };
        let key = print(finding);
        let told = (key.0.clone(), key.2.clone());
        let edits = finding
            .fix
            .as_ref()
            .map(|fix| fix.edits.as_slice())
            .unwrap_or_default();
        match try_edits(&current, edits, form, judge, &judged, &key) {
            Ok((text, again)) => {
                current = text;
                judged = again;
                result.fixed.push(told);
                if let Some(count) = wanted.get_mut(&key) {
                    *count -= 1;
                }
            }
            Err(reason) => {
                result.refused.push((told.0, told.1, reason));
                wanted.remove(&key);
            }
        }
    }
    result.after.clone_from(&current.text);
    (!result.fixed.is_empty() || !result.refused.is_empty()).then_some(result)
}

/// The edited text and its verdicts, or why the edit is refused.
fn try_edits(
    source: &Source,
    edits: &[Edit],
    form: FileForm,
    judge: &Judge<'_>,
    before: &Judged,
    key: &Print,
) -> Result<(Arc<Source>, Judged), String> {
    let text = apply(&source.text, edits).ok_or("the edits overlap or lie outside the file")?;
    let edited = Arc::new(Source::new(Arc::clone(&source.name), text));
    let after = judge_alone(&edited, form, judge);
    if after.not_assessed.len() > before.not_assessed.len() {
        return Err("the edited file could not be parsed".to_owned());
    }
    if after.resources != before.resources {
        return Err("the edited file holds another number of objects".to_owned());
    }
    let old = prints(before);
    let new = prints(&after);
    let count = |prints: &HashMap<Print, usize>| prints.get(key).copied().unwrap_or(0);
    if count(&new) >= count(&old) {
        return Err("the finding would still be there".to_owned());
    }
    let mut came: Vec<&Print> = new
        .iter()
        .filter(|(print, count)| old.get(print).is_none_or(|before| before < count))
        .map(|(print, _)| print)
        .collect();
    came.sort();
    // The same check may speak in other words about what is left: a finding that changed its message.
    let is_new = |print: &&&Print| {
        let of_check = |prints: &HashMap<Print, usize>| -> usize {
            let same = prints
                .iter()
                .filter(|(other, _)| other.0 == print.0 && other.1 == print.1);
            same.map(|(_, count)| count).sum()
        };
        of_check(&new) > of_check(&old)
    };
    if let Some(print) = came.iter().find(is_new) {
        return Err(format!("it would bring {}: {}", print.0, print.2));
    }
    Ok((edited, after))
}

/// The text after the edits; `None` where they overlap or lie outside.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.span.start as usize)?);
        result.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringwall_model::Span;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            file: Arc::from("a"),
            span: Span::new(start, end),
            text: text.to_owned(),
        }
    }

    #[test]
    fn edits_are_applied_in_the_order_of_the_text() {
        let edits = [edit(4, 5, "X"), edit(0, 1, "YY"), edit(2, 2, "-")];
        assert_eq!(apply("abcdef", &edits).as_deref(), Some("YYb-cdXf"));
    }

    #[test]
    fn edits_that_overlap_or_lie_outside_are_refused() {
        assert_eq!(apply("abc", &[edit(0, 2, ""), edit(1, 3, "")]), None);
        assert_eq!(apply("abc", &[edit(2, 9, "")]), None);
        assert_eq!(apply("ä", &[edit(1, 2, "")]), None);
    }
}
