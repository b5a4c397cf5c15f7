//! Applies fixes, and proves them: parsed again, judged again, nothing as bad new.

pub(crate) mod object_names;

use std::{
    borrow::{Borrow, Cow},
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use ringwall_input::yaml::is_untouched;
use ringwall_model::{Edit, Finding, Safety, Severity, Source, Span, Subject};
use ringwall_secrets::Concealer;

use self::object_names::{ScanNames, namesakes};
use crate::{
    ConfigError, Options, Outcome,
    exceptions::{ConfigExceptions, Exceptions},
    file::{FileForm, Judge, Judged},
    scan::judge_alone,
    selection::PROOF,
};

/// Most times that one file is judged.
const MAX_STEPS: usize = 2_000;

/// What fixed texts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixPurpose {
    /// They replace the files.
    Apply,
    /// The difference is shown. What changes beside a secret is left out: a patch that conceals the
    /// secret could not be applied.
    Show,
}

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
    /// Milder findings that have come with the fixes, by severity, check and message.
    pub came: Vec<(Severity, String, String)>,
    /// Fixes that were refused, and why, by check and message.
    pub refused: Vec<(String, String, String)>,
    /// Fixes that cannot be shown, as a secret stands where they change the text, by check and message.
    pub unshown: Vec<(String, String)>,
}

/// Fixes what counts in a scan, up to a safety. Nothing is written: the caller does that.
///
/// Fixes of different objects are tried together, and alone where that fails. The edited text is parsed, checked
/// against the schema and judged again; every finding must be gone, and nothing new may have come but what is milder,
/// or the edits are refused.
///
/// # Errors
///
/// Only for exceptions in the configuration whose patterns cannot be used.
pub fn fix(
    outcome: &Outcome,
    options: &Options<'_>,
    safety: Safety,
    purpose: FixPurpose,
) -> Result<FixOutcome, ConfigError> {
    let sources = outcome.sources.editable();
    let files = fix_sources(outcome, sources, options, safety, purpose)?;
    Ok(FixOutcome { files })
}

/// Fixes one text of a scan as [`fix`] does, also one that stands on no disk: standard input is `-`.
///
/// `None` where the scan has no such text or nothing in it to fix.
///
/// # Errors
///
/// Only for exceptions in the configuration whose patterns cannot be used.
pub fn fix_text(
    outcome: &Outcome,
    name: &str,
    options: &Options<'_>,
    safety: Safety,
) -> Result<Option<FixedFile>, ConfigError> {
    let sources = outcome.sources.judged(name).into_iter().collect();
    Ok(fix_sources(outcome, sources, options, safety, FixPurpose::Apply)?.pop())
}

fn fix_sources(
    outcome: &Outcome,
    sources: Vec<(&Arc<Source>, FileForm)>,
    options: &Options<'_>,
    safety: Safety,
    purpose: FixPurpose,
) -> Result<Vec<FixedFile>, ConfigError> {
    let settings = options.config.settings(options.as_of);
    let pod_paths = options.config.pod_paths();
    let selection = options.selection.with_proof();
    let fixer = Fixer {
        judge: Judge {
            pod_paths: &pod_paths,
            excepts_images: options.config.excepts_images(),
            ..Judge::by_checks(&selection, &settings)
        },
        options,
        exceptions: Arc::new(ConfigExceptions::new(
            options.config,
            options.config_source,
        )?),
        safety,
        purpose,
        names: ScanNames::new(&outcome.sources.names),
    };
    // Only what the scan reports: a baseline or `--changed` may have taken findings away.
    let mut reported: HashMap<&str, HashSet<Target>> = HashMap::new();
    for finding in outcome
        .report
        .findings
        .iter()
        .filter(|finding| finding.fails())
    {
        // One without a fix may get one when a worse finding beside it is gone.
        let targets = reported.entry(&finding.location.file).or_default();
        targets.insert(target(finding));
    }
    let mut files = Vec::new();
    for (source, form) in sources {
        if let Some(reported) = reported.remove(&*source.name) {
            files.extend(fixer.fix_file(source, form, &reported));
        }
    }
    Ok(files)
}

/// Check and subject: what is fixed stays the same while lines move and messages change, and images get other names.
type Target = (String, Arc<Subject>);

fn target(finding: &Finding) -> Target {
    let subject = if finding.subject.image.is_some() {
        let subject = Subject::clone(&finding.subject);
        Arc::new(Subject {
            image: None,
            ..subject
        })
    } else {
        Arc::clone(&finding.subject)
    };
    (finding.check.to_string(), subject)
}

/// What stays the same of a finding when lines move: check, subject and message.
type Print = (String, Arc<Subject>, String);

/// Findings that have come with fixes.
type Came = Vec<(Target, Print)>;

fn print(finding: &Finding) -> Print {
    (
        finding.check.to_string(),
        Arc::clone(&finding.subject),
        finding.message.clone(),
    )
}

/// How often each stands among findings.
fn prints<F: Borrow<Finding>>(findings: &[F]) -> HashMap<Print, usize> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts.entry(print(finding.borrow())).or_default() += 1;
    }
    counts
}

/// The same whatever the findings say.
fn targets<F: Borrow<Finding>>(findings: &[F]) -> HashMap<Target, usize> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts.entry(target(finding.borrow())).or_default() += 1;
    }
    counts
}

struct Fixer<'a> {
    judge: Judge<'a>,
    options: &'a Options<'a>,
    exceptions: Arc<ConfigExceptions>,
    safety: Safety,
    purpose: FixPurpose,
    names: ScanNames<'a>,
}

impl Fixer<'_> {
    /// Judges a text alone and sets what its own exceptions and the configuration's accept.
    fn judge(&self, source: &Arc<Source>, form: FileForm) -> Judged {
        let mut judged = judge_alone(source, form, &self.judge);
        let mut exceptions = Exceptions {
            marks: HashMap::new(),
            config: Arc::clone(&self.exceptions),
            trivy: Vec::new(),
            as_of: self.options.as_of,
            pods_only: self.options.pod_security.is_some(),
        };
        let marks = std::mem::take(&mut judged.marks);
        exceptions.marks.insert(Arc::clone(&source.name), marks);
        exceptions.accept_all(&mut judged.findings, &mut judged.not_assessed);
        judged
    }

    /// The secrets beside which nothing may change, as the change is shown.
    fn unshown<'a>(&self, judged: &'a Judged) -> Option<Secrets<'a>> {
        let is_needed = self.purpose == FixPurpose::Show && !judged.secrets.is_empty();
        is_needed.then(|| Secrets::new(&judged.source, &judged.secrets))
    }

    fn fix_file(
        &self,
        source: &Arc<Source>,
        form: FileForm,
        reported: &HashSet<Target>,
    ) -> Option<FixedFile> {
        let mut current = Arc::clone(source);
        let mut judged = self.judge(&current, form);
        let mut refused: HashSet<Print> = HashSet::new();
        let mut result = FixedFile {
            before: Arc::clone(source),
            after: String::new(),
            fixed: Vec::new(),
            came: Vec::new(),
            refused: Vec::new(),
            unshown: Vec::new(),
        };
        // What came with a fix may have one of its own.
        let mut came: HashSet<Print> = HashSet::new();
        let mut reported = reported.clone();
        let mut has_changed = false;
        let mut most = usize::MAX;
        for _ in 0..MAX_STEPS {
            // The worst first, then by place, so that every run makes the same text.
            ringwall_model::sort(&mut judged.findings);
            let secrets = self.unshown(&judged);
            let wanted = judged.findings.iter().map(|finding| &**finding);
            let wanted = wanted.filter(|finding| {
                finding.fails()
                    && finding
                        .fix
                        .as_ref()
                        .is_some_and(|fix| fix.safety <= self.safety)
                    && reported.contains(&target(finding))
                    && !refused.contains(&print(finding))
            });
            let shown = wanted.clone().filter(|finding| {
                let secrets = secrets.as_ref();
                secrets.is_none_or(|secrets| !secrets.stand_at(finding))
            });
            let together = one_of_each_object(shown, &judged.objects, most);
            let Some(first) = together.first() else {
                if !has_changed || refused.is_empty() {
                    result.unshown = wanted
                        .map(|finding| (finding.check.to_string(), finding.message.clone()))
                        .collect();
                    break;
                }
                // What was refused may be right beside what was fixed since.
                has_changed = false;
                refused.clear();
                result.refused.clear();
                continue;
            };
            let told = |finding: &Finding| (finding.check.to_string(), finding.message.clone());
            match self.try_edits(&current, &together, form, &judged) {
                Ok((text, again, brought)) => {
                    let fixed = together.iter().copied();
                    let fixed = fixed.filter(|finding| !came.remove(&print(finding)));
                    result.fixed.extend(fixed.map(told));
                    for (target, print) in brought {
                        reported.insert(target);
                        came.insert(print);
                    }
                    current = text;
                    judged = again;
                    has_changed = true;
                    most = most.saturating_mul(2);
                }
                // One of them is at fault; half of them are tried next.
                Err(_) if together.len() > 1 => most = together.len() / 2,
                Err(reason) => {
                    let (check, message) = told(first);
                    result.refused.push((check, message, reason));
                    refused.insert(print(first));
                    most = most.saturating_mul(2);
                }
            }
        }
        let left = judged.findings.iter();
        let left = left.filter(|finding| came.contains(&print(finding)));
        result.came = left
            .map(|it| (it.severity, it.check.to_string(), it.message.clone()))
            .collect();
        result.after.clone_from(&current.text);
        let is_empty =
            result.fixed.is_empty() && result.refused.is_empty() && result.unshown.is_empty();
        (!is_empty).then_some(result)
    }

    /// The edited text, its verdicts and what milder has come, or why the edits are refused.
    fn try_edits(
        &self,
        source: &Source,
        findings: &[&Finding],
        form: FileForm,
        before: &Judged,
    ) -> Result<(Arc<Source>, Judged, Came), String> {
        let fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
        let edits = fixes.flat_map(|fix| &fix.edits);
        let Some(text) = apply(&source.text, edits) else {
            return Err("the edits overlap or lie outside the file".to_owned());
        };
        let edited = Arc::new(Source::new(Arc::clone(&source.name), text));
        let after = self.judge(&edited, form);
        let came = proof(before, &after, findings)?;
        let is_brought = findings.iter().any(|it| documents_brought(it) > 0);
        if is_brought && !self.names.take(before, &after) {
            return Err("an object of the same name is in another file of the scan".to_owned());
        }
        let came = came.iter().map(|finding| (target(finding), print(finding)));
        let came = came.collect();
        Ok((edited, after, came))
    }
}

/// The first finding of each object, `most` at most: what is changed in one says little about another, so that they
/// can be tried together. What stands in no object counts as in one more.
fn one_of_each_object<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    objects: &[Span],
    most: usize,
) -> Vec<&'f Finding> {
    let mut objects = objects.to_vec();
    objects.sort_unstable();
    let object = |finding: &Finding| {
        let edit = finding.fix.as_ref()?.edits.first()?;
        let after = objects.partition_point(|object| object.start <= edit.span.start);
        let object = objects.get(after.checked_sub(1)?)?;
        object.contains(edit.span).then_some(*object)
    };
    let mut seen = HashSet::new();
    findings
        .filter(|finding| seen.insert(object(finding)))
        .take(most)
        .collect()
}

/// The secrets of a text, and the lines they stand in.
struct Secrets<'a> {
    source: &'a Source,
    concealer: Concealer,
    lines: BTreeSet<usize>,
}

impl<'a> Secrets<'a> {
    fn new(source: &'a Source, places: &[Span]) -> Self {
        let concealer = Concealer::new(&source.text, places);
        let lines = concealer.lines(&source.text);
        Self {
            source,
            concealer,
            lines,
        }
    }

    /// Whether a patch of a finding's edits would hold one: in what they replace or bring, or in the line
    /// behind, without which a patch finds its place only at the end of a file.
    fn stand_at(&self, finding: &Finding) -> bool {
        let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        edits.any(|edit| {
            let place = self.source.location(edit.span);
            // What ends where a line begins is followed by that line.
            let behind = place.end.line as usize - usize::from(place.end.column == 1);
            let first = place.start.line as usize - 1;
            self.lines.range(first..=behind).next().is_some()
                || matches!(self.concealer.conceal(&edit.text), Cow::Owned(_))
        })
    }
}

/// How many documents the edits of a finding begin: some flaws are an object that is missing.
fn documents_brought(finding: &Finding) -> u64 {
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    let lines = edits.flat_map(|edit| edit.text.lines());
    lines.filter(|line| line.trim_end() == "---").count() as u64
}

/// Findings that have come with the edits of others, all of them milder; or why the edits must not stay.
pub(crate) fn proof<'a>(
    before: &Judged,
    after: &'a Judged,
    findings: &[&Finding],
) -> Result<Vec<&'a Finding>, String> {
    if after.not_assessed.len() > before.not_assessed.len() {
        return Err("the edited file could not be parsed".to_owned());
    }
    let brought = findings.iter().copied().map(documents_brought).sum::<u64>();
    let objects = before.resources..=before.resources + brought;
    if !objects.contains(&after.resources) {
        return Err("the edited file holds another number of objects".to_owned());
    }
    if brought > 0 && namesakes(after) > namesakes(before) {
        return Err("an object of the same name is in the file".to_owned());
    }
    let edits = findings.iter().filter_map(|finding| finding.fix.as_ref());
    let edits = edits.flat_map(|fix| &fix.edits);
    if !is_untouched(&before.documents, &after.documents, edits) {
        return Err("it would change a value beside the one it is meant for".to_owned());
    }
    let (old, new) = (prints(&before.findings), prints(&after.findings));
    let tried = prints(findings);
    let is_left = |print: &Print, count: usize| {
        let count_in = |prints: &HashMap<Print, usize>| prints.get(print).copied().unwrap_or(0);
        count_in(&new) + count > count_in(&old)
    };
    if tried.iter().any(|(print, &count)| is_left(print, count)) {
        return Err("the finding would still be there".to_owned());
    }
    // The same check may speak in other words about what is left: a finding that changed its message.
    let (old_targets, new_targets) = (targets(&before.findings), targets(&after.findings));
    let is_more = |target: &Target, count: usize| {
        let count_in = |targets: &HashMap<Target, usize>| targets.get(target).copied().unwrap_or(0);
        count_in(&new_targets) + count > count_in(&old_targets)
    };
    if targets(findings)
        .iter()
        .any(|(target, &count)| is_more(target, count))
    {
        return Err("the finding would still be there, in other words".to_owned());
    }
    let mut came: Vec<&Finding> = after
        .findings
        .iter()
        .map(|finding| &**finding)
        .filter(|finding| {
            let print = print(finding);
            old.get(&print) < new.get(&print) && is_more(&target(finding), 0)
        })
        .collect();
    came.sort_by_key(|finding| print(finding));
    let mildest = findings.iter().map(|finding| finding.severity).min();
    let worse = came
        .iter()
        .find(|finding| Some(finding.severity) >= mildest || PROOF.contains(&&*finding.check));
    match worse {
        Some(finding) => Err(format!(
            "it would bring {}: {}",
            finding.check, finding.message
        )),
        None => Ok(came),
    }
}

/// The text after the edits; `None` where they overlap or lie outside.
pub(crate) fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
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

    #[test]
    fn a_finding_in_other_words_is_not_gone() {
        let config = crate::Config::default();
        let only = ["open-ended-repository-prefix".to_owned()];
        let selection = crate::Selection::new(&only, &[], &[]).unwrap();
        let settings = config.settings("2026-11-21".parse().unwrap());
        let judge = Judge::by_checks(&selection, &settings);
        let judged = |entry: &str| {
            let text = format!(
                "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAllowedRepos\nmetadata:\n  \
                 name: a\nspec:\n  parameters:\n    repos: [{entry}]\n"
            );
            let source = Arc::new(Source::new("a.yaml", text));
            judge_alone(&source, FileForm::Manifest, &judge)
        };
        let before = judged("shop.org");
        let object = |entry: &str| {
            let mut finding = Finding::clone(&before.findings[0]);
            for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
                entry.clone_into(&mut edit.text);
            }
            let came = proof(&before, &judged(entry), &[&finding]).map(|came| came.len());
            came.err()
        };
        let still = "the finding would still be there";
        assert_eq!(object("'shop.org'").as_deref(), Some(still));
        let reason = object("shop.org/team");
        assert_eq!(reason, Some(format!("{still}, in other words")));
        assert_eq!(object("shop.org/"), None);
    }
}
