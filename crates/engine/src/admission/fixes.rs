//! The fixes of checks as operations on an object.

use ringwall_input::yaml::{Around, Pointers, push_key};
use ringwall_model::{Edit, Finding, Span};
use ringwall_policy::admission::{
    Deadline,
    patch::{self, Operation},
};
use serde_json::Value;

use super::{CheckJudge, JudgedObject, MAX_FIXES};
use crate::fix::apply;

/// Largest object that is looked at for fixes, in bytes of its JSON. To judge it is one step, which a deadline cannot
/// end, and those that people write are smaller by far.
const MAX_OBJECT: usize = 64 << 10;

/// A change of an object that makes findings of one check go away.
#[derive(Clone, Debug)]
pub struct ObjectFix {
    /// The check.
    pub check: String,
    /// The places of the findings, as JSON pointers.
    pub paths: Vec<String>,
    /// What is changed of the object without its `metadata.managedFields`.
    pub operations: Vec<Operation>,
}

impl CheckJudge {
    /// What each check would change of an object so that all its findings go away, the worst finding first; where
    /// that cannot be done at once, for each finding alone. For the search of a patch that satisfies other policies
    /// too; an object that cannot be judged has none.
    ///
    /// Those that change no wanted place, told by its JSON pointer, may be left out. Ends with those that it found
    /// where the time is over; a very large object has none.
    pub fn fixes(
        &self,
        object: &Value,
        is_wanted: &dyn Fn(&str) -> bool,
        deadline: &dyn Deadline,
    ) -> Vec<ObjectFix> {
        if deadline.is_over() || object.to_string().len() > MAX_OBJECT {
            return Vec::new();
        }
        let Ok(judged) = self.judge_object(object) else {
            return Vec::new();
        };
        let mut fixer = Fixer {
            pointers: Pointers::new(&judged.document),
            judged: &judged,
            is_wanted,
        };
        let findings = judged.judged.findings.iter().map(|finding| &**finding);
        let mut checks: Vec<Vec<&Finding>> = Vec::new();
        for finding in findings.filter(|finding| finding.fix.is_some()) {
            let known = checks.iter_mut().find(|check| {
                let one = check.first();
                one.is_some_and(|one| one.check == finding.check)
            });
            match known {
                Some(check) => check.push(finding),
                None => checks.push(vec![finding]),
            }
        }
        let mut fixes = Vec::new();
        for findings in &checks {
            let is_enough = |fixes: &[_]| fixes.len() >= MAX_FIXES || deadline.is_over();
            if is_enough(&fixes) {
                break;
            }
            if let Some(fix) = fixer.fix(findings) {
                fixes.push(fix);
                continue;
            }
            for finding in findings {
                if is_enough(&fixes) {
                    break;
                }
                fixes.extend(fixer.fix(&[*finding]));
            }
        }
        fixes
    }
}

/// Makes operations of the edits that fixes are.
struct Fixer<'a> {
    judged: &'a JudgedObject,
    pointers: Pointers<'a>,
    is_wanted: &'a dyn Fn(&str) -> bool,
}

/// A list or an object, and the edits inside of it.
struct Edited {
    pointer: String,
    span: Span,
    edits: Vec<Edit>,
}

impl Fixer<'_> {
    /// What goes with these findings of one check; `None` where it changes no wanted place, or its edits do not fit
    /// together.
    fn fix(&mut self, findings: &[&Finding]) -> Option<ObjectFix> {
        let edits = findings.iter().filter_map(|finding| finding.fix.as_ref());
        let mut edits: Vec<Edit> = edits.flat_map(|fix| fix.edits.iter().cloned()).collect();
        // What is said once for all containers is one edit.
        edits.sort_by(|one, other| {
            let key = |edit: &Edit| (edit.span.start, edit.span.end);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.text.cmp(&other.text))
        });
        edits.dedup();
        let arounds: Vec<Around> = edits
            .iter()
            .map(|edit| self.pointers.around(edit.span))
            .collect();
        let mut changed = edits
            .iter()
            .zip(&arounds)
            .flat_map(|(edit, around)| changed(around, edit));
        if !changed.any(|path| (self.is_wanted)(&path)) {
            return None;
        }
        let mut operations = Vec::new();
        for edited in outermost(edits, arounds) {
            operations.extend(self.operations(&edited)?);
        }
        let places = findings
            .iter()
            .map(|one| self.pointers.of(one.location.span));
        Some(ObjectFix {
            check: findings.first()?.check.to_string(),
            paths: places.collect(),
            operations,
        })
    }

    /// What the edits make of a list or an object. No more of the text is read again than that.
    fn operations(&self, edited: &Edited) -> Option<Vec<Operation>> {
        let text = self.judged.source.text.get(edited.span.range())?;
        let inside = edited.edits.iter().map(|edit| Edit {
            span: Span {
                start: edit.span.start - edited.span.start,
                end: edit.span.end - edited.span.start,
            },
            ..edit.clone()
        });
        let inside: Vec<Edit> = inside.collect();
        let after = serde_json::from_str(&apply(text, &inside)?).ok()?;
        let before = self.judged.object.pointer(&edited.pointer)?;
        Some(patch::difference_at(&edited.pointer, before, &after))
    }
}

/// Edits by what they are inside of; what holds something else that is edited has the edits of both.
fn outermost(edits: Vec<Edit>, arounds: Vec<Around>) -> Vec<Edited> {
    let mut inside: Vec<(Around, Edit)> = arounds.into_iter().zip(edits).collect();
    inside.sort_by_key(|(around, _)| (around.span.start, std::cmp::Reverse(around.span.end)));
    let mut all: Vec<Edited> = Vec::new();
    for (around, edit) in inside {
        match all.last_mut() {
            Some(last) if last.span.contains(around.span) => last.edits.push(edit),
            _ => all.push(Edited {
                pointer: around.pointer,
                span: around.span,
                edits: vec![edit],
            }),
        }
    }
    all
}

/// The places that an edit changes, as JSON pointers; of a list, the list.
fn changed(around: &Around, edit: &Edit) -> Vec<String> {
    let added: serde_json::Map<String, Value>;
    let keys: Vec<&str> = if edit.span.start == edit.span.end {
        let members = edit.text.trim_end().trim_end_matches(',');
        added = serde_json::from_str(&format!("{{{members}}}")).unwrap_or_default();
        added.keys().map(String::as_str).collect()
    } else {
        around.members.iter().map(String::as_str).collect()
    };
    if keys.is_empty() {
        return vec![around.pointer.clone()];
    }
    let paths = keys.into_iter().map(|key| {
        let mut path = around.pointer.clone();
        push_key(&mut path, key);
        path
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ringwall_policy::admission::{NoDeadline, without_managed_fields};

    use super::{
        super::tests::{ACTIONS, judge, pod},
        *,
    };

    #[test]
    fn each_fix_is_told_with_its_place() {
        let pod = without_managed_fields(&pod());
        let fixes = judge("", ACTIONS).fixes(&pod, &|_| true, &NoDeadline);
        let fix = fixes
            .iter()
            .find(|fix| fix.check == "privileged-container")
            .unwrap();
        assert_eq!(fix.paths, ["/spec/containers/0/securityContext/privileged"]);
        let fixed = patch::apply(&pod, &fix.operations).unwrap();
        assert_ne!(
            fixed["spec"]["containers"][0]["securityContext"]["privileged"],
            true
        );
    }

    /// The whole text with the edits in it is the oracle.
    #[test]
    fn operations_make_of_an_object_what_edits_make_of_its_text() {
        let judge = judge("", ACTIONS);
        let mut pod = without_managed_fields(&pod());
        let mut second = pod["spec"]["containers"][0].clone();
        second["name"] = "b~/".into();
        second["securityContext"] =
            serde_json::json!({"capabilities": {"add": ["SYS_ADMIN", "NET_RAW"]}});
        second["env"] = serde_json::json!([{"name": "A", "value": ""}]);
        pod["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .push(second);
        pod["spec"]["hostNetwork"] = true.into();
        let judged = judge.judge_object(&pod).unwrap();
        let fixes = judge.fixes(&pod, &|_| true, &NoDeadline);
        let (mut of_one, mut of_several) = (0, 0);
        for fix in &fixes {
            let findings = judged.judged.findings.iter();
            let of_check = findings.filter(|finding| *finding.check == *fix.check);
            let edits = of_check.filter_map(|finding| finding.fix.as_ref());
            let mut edits: Vec<Edit> = edits.flat_map(|fix| fix.edits.clone()).collect();
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
            edits.dedup();
            // Where all of a check do not fit together, there is a fix for each finding.
            let Some(text) = apply(&judged.source.text, &edits) else {
                continue;
            };
            let expected: Value = serde_json::from_str(&text).unwrap();
            let fixed = patch::apply(&pod, &fix.operations);
            assert_eq!(fixed, Some(expected), "{}", fix.check);
            of_one += usize::from(edits.len() == 1);
            of_several += usize::from(edits.len() > 1);
        }
        assert!(of_one > 3 && of_several > 3, "{of_one} {of_several}");
    }

    #[test]
    fn what_is_inside_of_something_that_is_edited_is_edited_with_it() {
        let around = |pointer: &str, start, end| Around {
            pointer: pointer.to_owned(),
            members: Vec::new(),
            span: Span::new(start, end),
        };
        let edit = |at| Edit {
            file: "object".into(),
            span: Span::at(at),
            text: "x".to_owned(),
        };
        let edits = vec![edit(12), edit(95), edit(115), edit(20)];
        let arounds = vec![
            around("/spec/a", 10, 50),
            around("/spec", 0, 100),
            around("/status", 110, 150),
            around("/spec/a/b", 15, 30),
        ];
        let told: Vec<_> = outermost(edits, arounds)
            .into_iter()
            .map(|edited| (edited.pointer, edited.edits.len()))
            .collect();
        assert_eq!(told, [("/spec".to_owned(), 3), ("/status".to_owned(), 1)]);
    }

    #[test]
    fn a_very_large_object_is_not_looked_at_for_fixes() {
        let judge = judge("", ACTIONS);
        let mut pod = without_managed_fields(&pod());
        let fixes = |pod: &Value| judge.fixes(pod, &|_| true, &NoDeadline).len();
        assert!(fixes(&pod) > 0);
        pod["metadata"]["annotations"]["note"] = "x".repeat(MAX_OBJECT).into();
        assert_eq!(fixes(&pod), 0);
    }

    #[test]
    fn a_fix_of_another_place_may_be_left_out_and_no_other() {
        let judge = judge("", ACTIONS);
        let pod = without_managed_fields(&pod());
        let all = judge.fixes(&pod, &|_| true, &NoDeadline);
        let operations = all.iter().flat_map(|fix| &fix.operations);
        let places: BTreeSet<&str> = operations.map(Operation::path).collect();
        assert!(places.len() > 5, "{places:?}");
        for place in &places {
            let is_wanted = |path: &str| path.starts_with(place) || place.starts_with(path);
            let wanted = judge.fixes(&pod, &is_wanted, &NoDeadline);
            let by = |fixes: &[ObjectFix]| -> Vec<String> {
                let about = fixes.iter().filter(|fix| {
                    let mut operations = fix.operations.iter();
                    operations.any(|one| is_wanted(one.path()))
                });
                about.map(|fix| fix.check.clone()).collect()
            };
            assert_eq!(by(&wanted), by(&all), "{place}");
            assert!(wanted.len() < all.len(), "{place}");
        }
    }
}
