//! Applies fixes, and proves them: parsed again, judged again, nothing new.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use ringwall_input::kubernetes::{ObjectDocument, objects};
use ringwall_model::{Edit, Finding, Safety, Source, Span, Subject};
use ringwall_secrets::Concealer;

use crate::{
    ConfigError, Options, Outcome,
    exceptions::{ConfigExceptions, Exceptions},
    file::{FileForm, Judge, Judged},
    flaws::Advisories,
    scan::judge_alone,
};

/// Most edits of one file; each is judged on its own.
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
    /// Fixes that were refused, and why, by check and message.
    pub refused: Vec<(String, String, String)>,
    /// Fixes that cannot be shown, as a secret stands where they change the text, by check and message.
    pub unshown: Vec<(String, String)>,
}

/// Fixes what counts in a scan, up to a safety. Nothing is written: the caller does that.
///
/// Each fix is tried alone. The edited text is parsed, checked against the schema and judged again; the
/// finding must be gone and nothing new may have come, or the edit is refused.
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
            selection: &selection,
            settings: &settings,
            pod_paths: &pod_paths,
            pod_security: None,
            images: None,
            advisories: Advisories::Missing,
            excepts_images: options.config.excepts_images(),
            show_passed: false,
        },
        options,
        safety,
        purpose,
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
            files.extend(fixer.fix_file(source, form, &reported)?);
        }
    }
    Ok(files)
}

/// Check and subject: what is fixed stays the same while lines move and messages change.
type Target = (String, Arc<Subject>);

fn target(finding: &Finding) -> Target {
    (finding.check.to_string(), Arc::clone(&finding.subject))
}

/// What stays the same of a finding when lines move: check, subject and message.
type Print = (String, Arc<Subject>, String);

fn print(finding: &Finding) -> Print {
    (
        finding.check.to_string(),
        Arc::clone(&finding.subject),
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

struct Fixer<'a> {
    judge: Judge<'a>,
    options: &'a Options<'a>,
    safety: Safety,
    purpose: FixPurpose,
}

impl Fixer<'_> {
    /// Judges a text alone and sets what its own exceptions and the configuration's accept.
    fn judge(&self, source: &Arc<Source>, form: FileForm) -> Result<Judged, ConfigError> {
        let mut judged = judge_alone(source, form, &self.judge);
        let mut exceptions = Exceptions {
            marks: HashMap::new(),
            config: Arc::new(ConfigExceptions::new(
                self.options.config,
                self.options.config_source,
            )?),
            trivy: Vec::new(),
            as_of: self.options.as_of,
            pods_only: self.options.pod_security.is_some(),
        };
        let marks = std::mem::take(&mut judged.marks);
        exceptions.marks.insert(Arc::clone(&source.name), marks);
        exceptions.accept_all(&mut judged.findings, &mut judged.not_assessed);
        Ok(judged)
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
    ) -> Result<Option<FixedFile>, ConfigError> {
        let mut current = Arc::clone(source);
        let mut judged = self.judge(&current, form)?;
        let mut refused: HashSet<Print> = HashSet::new();
        let mut result = FixedFile {
            before: Arc::clone(source),
            after: String::new(),
            fixed: Vec::new(),
            refused: Vec::new(),
            unshown: Vec::new(),
        };
        let mut has_changed = false;
        for _ in 0..MAX_STEPS {
            // The worst first, then by place, so that every run makes the same text.
            ringwall_model::sort(&mut judged.findings);
            let secrets = self.unshown(&judged);
            let wanted = judged.findings.iter().filter(|finding| {
                finding.fails()
                    && finding
                        .fix
                        .as_ref()
                        .is_some_and(|fix| fix.safety <= self.safety)
                    && reported.contains(&target(finding))
                    && !refused.contains(&print(finding))
            });
            let next = wanted.clone().find(|finding| {
                let secrets = secrets.as_ref();
                secrets.is_none_or(|secrets| !secrets.stand_at(finding))
            });
            let Some(finding) = next else {
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
            let key = print(finding);
            let told = (key.0.clone(), key.2.clone());
            match self.try_edits(&current, finding, form, &judged)? {
                Ok((text, again)) => {
                    current = text;
                    judged = again;
                    result.fixed.push(told);
                    has_changed = true;
                }
                Err(reason) => {
                    result.refused.push((told.0, told.1, reason));
                    refused.insert(key);
                }
            }
        }
        result.after.clone_from(&current.text);
        let is_empty =
            result.fixed.is_empty() && result.refused.is_empty() && result.unshown.is_empty();
        Ok((!is_empty).then_some(result))
    }

    /// The edited text and its verdicts, or why the edit is refused.
    fn try_edits(
        &self,
        source: &Source,
        finding: &Finding,
        form: FileForm,
        before: &Judged,
    ) -> Result<Result<(Arc<Source>, Judged), String>, ConfigError> {
        let edits = finding
            .fix
            .as_ref()
            .map(|fix| fix.edits.as_slice())
            .unwrap_or_default();
        let Some(text) = apply(&source.text, edits) else {
            return Ok(Err("the edits overlap or lie outside the file".to_owned()));
        };
        let edited = Arc::new(Source::new(Arc::clone(&source.name), text));
        let after = self.judge(&edited, form)?;
        Ok(match objection(before, &after, finding) {
            Some(reason) => Err(reason),
            None => Ok((edited, after)),
        })
    }
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

/// How many objects have the kind, the namespace and the name of another one before them.
fn namesakes(judged: &Judged) -> usize {
    let objects = judged.documents.iter().map(objects);
    let objects = objects.flat_map(|found| match found {
        ObjectDocument::Objects(objects) => objects,
        _ => Vec::new(),
    });
    let mut seen = HashSet::new();
    let named = objects.filter(|it| !it.name.is_empty());
    let keys = named.map(|it| (it.group(), it.kind, it.namespace, it.name));
    keys.filter(|key| !seen.insert(*key)).count()
}

/// Why an edit must not stay; `None` where it proved itself.
pub(crate) fn objection(before: &Judged, after: &Judged, finding: &Finding) -> Option<String> {
    let key = &print(finding);
    if after.not_assessed.len() > before.not_assessed.len() {
        return Some("the edited file could not be parsed".to_owned());
    }
    let brought = documents_brought(finding);
    let objects = before.resources..=before.resources + brought;
    if !objects.contains(&after.resources) {
        return Some("the edited file holds another number of objects".to_owned());
    }
    if brought > 0 && namesakes(after) > namesakes(before) {
        return Some("an object of the same name is in the file".to_owned());
    }
    let old = prints(before);
    let new = prints(after);
    let count = |prints: &HashMap<Print, usize>| prints.get(key).copied().unwrap_or(0);
    if count(&new) >= count(&old) {
        return Some("the finding would still be there".to_owned());
    }
    // The same check may speak in other words about what is left: a finding that changed its message.
    let of_check = |prints: &HashMap<Print, usize>, print: &Print| -> usize {
        let same = prints
            .iter()
            .filter(|(other, _)| other.0 == print.0 && other.1 == print.1);
        same.map(|(_, count)| count).sum()
    };
    if of_check(&new, key) >= of_check(&old, key) {
        return Some("the finding would still be there, in other words".to_owned());
    }
    let mut came: Vec<&Print> = new
        .iter()
        .filter(|(print, count)| old.get(*print).is_none_or(|before| before < *count))
        .map(|(print, _)| print)
        .collect();
    came.sort();
    let print = came
        .into_iter()
        .find(|print| of_check(&new, print) > of_check(&old, print))?;
    Some(format!("it would bring {}: {}", print.0, print.2))
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

    #[test]
    fn a_finding_in_other_words_is_not_gone() {
        let config = crate::Config::default();
        let selection =
            crate::Selection::new(&["open-ended-repository-prefix".to_owned()], &[], &[]);
        let settings = config.settings("2026-11-21".parse().unwrap());
        let judge = Judge {
            selection: &selection.unwrap(),
            settings: &settings,
            pod_paths: &[],
            pod_security: None,
            images: None,
            advisories: Advisories::Missing,
            excepts_images: false,
            show_passed: false,
        };
        let judged = |entry: &str| {
            let text = format!(
                "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAllowedRepos\nmetadata:\n  \
                 name: a\nspec:\n  parameters:\n    repos: [{entry}]\n"
            );
            let source = Arc::new(Source::new("a.yaml", text));
            judge_alone(&source, FileForm::Manifest, &judge)
        };
        let before = judged("shop.org");
        let object = |entry: &str| objection(&before, &judged(entry), &before.findings[0]);
        let still = "the finding would still be there";
        assert_eq!(object("'shop.org'").as_deref(), Some(still));
        let reason = object("shop.org/team");
        assert_eq!(reason, Some(format!("{still}, in other words")));
        assert_eq!(object("shop.org/"), None);
    }
}
