//! One file of a scan: read and judged, or what stands in its place.

use std::{path::PathBuf, sync::Arc};

use ringwall_collect::{
    Candidate, Content, FileKind, Files, Role, Roots, classify, may_be_dockerfile,
};
use ringwall_image::LockFileKind;
use ringwall_model::{NotAssessed, Source, Span, Subject};

use super::template::Template;
use crate::{
    file::{FileForm, Judge, Judged, Read, not_assessed},
    flaws::Advisories,
    rego::RegoJudge,
};

/// A file that was read and judged, or what stands in its place.
#[derive(Default)]
pub(super) struct FileResult {
    pub(super) judged: Option<Judged>,
    /// What is yet to be judged, together with other files.
    read: Option<Read>,
    pub(super) not_assessed: Vec<NotAssessed>,
    /// Where it stands, if it may be edited.
    pub(super) path: Option<PathBuf>,
    pub(super) trivyignore: Option<Arc<Source>>,
    pub(super) skipped: bool,
    /// Whether its text is let go of.
    pub(super) is_released: bool,
    /// Whether it is a lock file that was not looked at, as there are no advisories.
    pub(super) is_unseen_lock_file: bool,
}

/// Files that are judged together at most, so that each check looks at several while its code is at hand, and bytes
/// after which those read so far are: their texts and trees are to stay at hand as well.
const TOGETHER: usize = 8;
const TOGETHER_BYTES: usize = 64 * 1024;

/// How many of some files one thread takes at a time: few enough that every thread gets some again and again, as files
/// are of all sizes.
pub(super) fn at_a_time(files: usize) -> usize {
    const TURNS: usize = 4;
    (files / (rayon::current_num_threads() * TURNS)).clamp(1, TOGETHER)
}

/// Reads files, as many as [`at_a_time`] says, and judges each for itself.
pub(super) fn read_files(
    candidates: &[Candidate],
    (files, roots): (Files<'_>, &Roots),
    judge: &Judge<'_>,
    limit: u64,
    mut done: impl FnMut(&Candidate, &mut FileResult),
) -> Vec<FileResult> {
    let mut results: Vec<FileResult> = Vec::with_capacity(candidates.len());
    let mut judged = 0;
    let mut bytes = 0;
    for (index, candidate) in candidates.iter().enumerate() {
        let result = read_file(candidate, (files, roots), judge, limit);
        bytes += (result.read.as_ref()).map_or(0, |read| read.judged.source.text.len());
        results.push(result);
        if bytes < TOGETHER_BYTES && index + 1 < candidates.len() {
            continue;
        }
        let (Some(new), Some(of)) = (results.get_mut(judged..), candidates.get(judged..)) else {
            continue;
        };
        judge_together(new, judge);
        for (result, candidate) in new.iter_mut().zip(of) {
            done(candidate, result);
        }
        (judged, bytes) = (results.len(), 0);
    }
    results
}

/// Judges what was read.
fn judge_together(results: &mut [FileResult], judge: &Judge<'_>) {
    let taken = results.iter_mut().map(|result| result.read.take());
    let (places, mut read): (Vec<usize>, Vec<Read>) = (taken.enumerate())
        .filter_map(|(place, read)| Some((place, read?)))
        .unzip();
    judge.judge_all(&mut read);
    for (place, read) in places.into_iter().zip(read) {
        let Some(result) = results.get_mut(place) else {
            continue;
        };
        let source = &read.judged.source;
        if source.name.rsplit('/').next() == Some(".trivyignore") {
            result.trivyignore = Some(Arc::clone(source));
        }
        result.judged = Some(read.judged);
    }
}

/// Reads a file.
fn read_file(
    candidate: &Candidate,
    (files, roots): (Files<'_>, &Roots),
    judge: &Judge<'_>,
    limit: u64,
) -> FileResult {
    let kind = classify(&candidate.name);
    let role = roots.file_role(&candidate.name);
    let mut form = FileForm::new(kind, role);
    if form == FileForm::Dockerfile(None) {
        form = FileForm::Dockerfile(files.build_context_ignore(candidate));
    }
    let mut result = FileResult::default();
    let unread = LockFileKind::unread(&candidate.name);
    if let Some(whose) = unread.filter(|_| judge.selection.wants_flaws()) {
        match judge.advisories {
            Advisories::Missing => result.is_unseen_lock_file = judge.pod_security.is_none(),
            _ if judge.pod_security.is_some() => {}
            _ => result.not_assessed.push(unread_packages(candidate, whose)),
        }
    }
    if form == FileForm::Text
        && let Some(lock_file) = LockFileKind::of_name(&candidate.name)
        && judge.selection.wants_flaws()
    {
        match judge.advisories {
            Advisories::Missing => result.is_unseen_lock_file = judge.pod_security.is_none(),
            _ if is_locked(candidate, files) => form = FileForm::LockFile(lock_file.locked()),
            _ => form = FileForm::LockFile(lock_file),
        }
    }
    // Its name says nothing, and the user wants it judged; or it is called as files with credentials of clusters are.
    let by_content = (candidate.is_given || may_be_kubeconfig(&candidate.name))
        && form == FileForm::Text
        && (kind, role) == (FileKind::Text, Role::Plain);
    let template = Template::of_name(&candidate.name)
        .filter(|_| (kind, role) == (FileKind::Text, Role::Plain));
    // With Pod Security alone, secrets are not looked for: only manifests are read.
    let is_read = |form| judge.pod_security.is_none() || form == FileForm::Manifest;
    if !is_read(form) && !by_content && template.is_none() {
        result.skipped = true;
        return result;
    }
    let content = files.read(candidate, limit);
    if let Some(text) = content.text()
        && judge.selection.wants_flaws()
        && judge.pod_security.is_none()
        && let Some(whose) = LockFileKind::unread_by_content(&candidate.name, text)
        && !is_locked(candidate, files)
    {
        match judge.advisories {
            Advisories::Missing => result.is_unseen_lock_file = true,
            _ => result.not_assessed.push(unread_packages(candidate, whose)),
        }
    }
    if by_content && content.text().is_some_and(is_manifest) {
        form = FileForm::Manifest;
    }
    let holds_object = |template: Template| content.text().is_some_and(|it| template.is_of(it));
    if form == FileForm::Text && template.is_some_and(holds_object) {
        result.not_assessed.push(not_assessed(
            "unrenderable-template",
            Subject::default(),
            None,
            &candidate.name,
            "templates are not rendered; scan what is made of it",
        ));
    }
    if !is_read(form) {
        result.skipped = true;
        return result;
    }
    let is_text = matches!(content, Content::Text(_));
    let is_asked = by_content
        || (kind, role) == (FileKind::Text, Role::Plain) && may_be_dockerfile(&candidate.name);
    if is_asked && form == FileForm::Text && content.text().is_some_and(is_named_dockerfile) {
        form = FileForm::Dockerfile(files.build_context_ignore(candidate));
    }
    take(content, &candidate.name, form, judge, &mut result);
    if is_text && matches!(form, FileForm::Manifest | FileForm::Dockerfile(_)) {
        result.path = Some(candidate.path.clone());
    }
    result
}

/// Whether a file beside it names all packages of a file, so that what they bring is looked up as well.
fn is_locked(candidate: &Candidate, files: Files<'_>) -> bool {
    LockFileKind::locked_by(&candidate.name)
        .is_some_and(|name| files.has_neighbour(candidate, name))
}

/// What is said of a file whose packages are not read.
fn unread_packages(candidate: &Candidate, whose: &str) -> NotAssessed {
    not_assessed(
        "unassessed-packages",
        Subject::default(),
        None,
        &candidate.name,
        format!("names packages that are not read: those of {whose}"),
    )
}

/// Asks Rego about a file that was read; one that is no text must not look as if it had been.
pub(super) fn ask_rego(rego: &RegoJudge<'_>, candidate: &Candidate, result: &mut FileResult) {
    match &mut result.judged {
        Some(judged) => rego.judge(judged, Some(candidate)),
        None if result.skipped && RegoJudge::concerns(&candidate.name) => {
            result.skipped = false;
            result.not_assessed.push(not_assessed(
                "unparsable-file",
                Subject::default(),
                None,
                &candidate.name,
                "policies in Rego cannot be asked about it: it is no text",
            ));
        }
        None => {}
    }
}

impl FileResult {
    /// Lets go of a text that nothing points into, and that nothing later can: that of a file without objects. All
    /// sources of a project may be more than memory holds.
    pub(super) fn release_text(&mut self) {
        let Some(judged) = &mut self.judged else {
            return;
        };
        let is_needed = self.trivyignore.is_some()
            || judged.is_dockerfile
            || !judged.documents.is_empty()
            || !judged.findings.is_empty()
            || !judged.not_assessed.is_empty()
            || !judged.secrets.is_empty()
            || !judged.marks.is_empty();
        if !is_needed {
            judged.source = Arc::new(Source::new(Arc::clone(&judged.source.name), ""));
            self.is_released = true;
        }
    }

    /// Tells of standard input that holds nothing of ours: whoever pipes something wants it judged, and a program
    /// that failed writes nothing, or an error.
    pub(super) fn tell_of_nothing(&mut self) {
        let judged = self.judged.as_ref();
        if judged.is_some_and(|judged| judged.is_foreign && judged.findings.is_empty()) {
            self.judged = None;
            self.not_assessed.push(not_assessed(
                "empty-input",
                Subject::default(),
                None,
                "-",
                "standard input holds no Kubernetes object and is no Dockerfile",
            ));
        }
    }
}

/// Judges what standard input gave.
pub(super) fn read_stdin(content: &Content, judge: &Judge<'_>) -> FileResult {
    let mut result = FileResult::default();
    let form = match content.text() {
        Some(text) if is_dockerfile(text) => FileForm::Dockerfile(None),
        _ => FileForm::Manifest,
    };
    if matches!(content, Content::Binary { .. }) {
        result.not_assessed.push(not_assessed(
            "unreadable-file",
            Subject::default(),
            None,
            "-",
            "standard input is no text",
        ));
        return result;
    }
    take(content.clone(), "-", form, judge, &mut result);
    judge_together(std::slice::from_mut(&mut result), judge);
    result
}

/// Whether a text begins as Kubernetes objects do. Prose and programs that quote one do not.
fn is_manifest(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    if !["apiVersion", "kind"].iter().all(|key| text.contains(key)) {
        return false;
    }
    let mut lines = text.lines().map(str::trim_end);
    let first =
        lines.find(|line| !line.is_empty() && !line.starts_with(['#', '%']) && *line != "---");
    first.is_some_and(|line| {
        let line = line.strip_prefix("--- ").unwrap_or(line);
        let key = line
            .split(':')
            .next()
            .unwrap_or("")
            .trim_matches(['"', '\'', ' ']);
        line.starts_with(['{', '['])
            || line.contains(':')
                && matches!(
                    key,
                    "apiVersion"
                        | "kind"
                        | "metadata"
                        | "spec"
                        | "data"
                        | "items"
                        | "clusters"
                        | "contexts"
                        | "current-context"
                        | "preferences"
                        | "users"
                )
    })
}

/// Whether a file has a name that kubectl, kubeadm or people give to kubeconfigs, which have no ending of YAML.
fn may_be_kubeconfig(name: &str) -> bool {
    let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
    let of_kubeadm = [
        "admin.conf",
        "super-admin.conf",
        "kubelet.conf",
        "bootstrap-kubelet.conf",
        "controller-manager.conf",
        "scheduler.conf",
    ];
    base.starts_with("kubeconfig")
        || base.ends_with("kubeconfig")
        || base.starts_with("config") && (folder == ".kube" || folder.ends_with("/.kube"))
        || of_kubeadm.contains(&base)
}

/// Whether a text without a name begins as Dockerfiles do.
fn is_dockerfile(text: &str) -> bool {
    let line = first_line(text);
    let word = line.split_whitespace().next().unwrap_or("");
    (word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("arg")) && !line.contains(": ")
}

/// The same where the name tells nothing: a file of Python may begin with `from` as well.
fn is_named_dockerfile(text: &str) -> bool {
    let line = first_line(text);
    let mut words = line.split_whitespace();
    let keyword = words.next().unwrap_or("");
    let arguments: Vec<&str> = words
        .filter(|word| !word.starts_with("--"))
        .take(4)
        .collect();
    let is_whole = match arguments.as_slice() {
        [_] => true,
        [_, keyword, _] => keyword.eq_ignore_ascii_case("as"),
        _ => line.ends_with(['\\', '`']),
    };
    is_dockerfile(text) && (is_whole || keyword.eq_ignore_ascii_case("arg"))
}

/// The first line that is neither empty nor a comment, where the first instruction stands.
fn first_line(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or("")
}

/// Reads a content, or says why it cannot be.
fn take(content: Content, name: &str, form: FileForm, judge: &Judge<'_>, result: &mut FileResult) {
    let refuse = |id, reason: String| not_assessed(id, Subject::default(), None, name, reason);
    let text = match content {
        Content::Text(text) | Content::Utf16(text) => text,
        Content::InvalidUtf8 { at, text } => {
            if form != FileForm::Text {
                let source = Source::new(name, text.as_str());
                result.not_assessed.push(not_assessed(
                    "unparsable-file",
                    Subject::default(),
                    Some(source.location(Span::at(at))),
                    name,
                    format!("byte {at} is not valid UTF-8; the rest was judged with it replaced"),
                ));
            }
            text
        }
        // A manifest or Dockerfile by its name: passing over it would look clean.
        Content::Binary { .. } if form != FileForm::Text => {
            let reason = "holds NUL bytes, so it is no text".to_owned();
            result.not_assessed.push(refuse("unparsable-file", reason));
            return;
        }
        Content::Binary { head } => {
            let found = ringwall_secrets::key_file(&head);
            result.judged = found.and_then(|found| judge.key_file(name, &found));
            result.skipped = result.judged.is_none();
            return;
        }
        Content::TooLarge { size } => {
            let size = size.map_or_else(String::new, |size| format!(" ({size} bytes)"));
            let reason = format!("larger than what is read of one file{size}");
            result.not_assessed.push(refuse("oversized-file", reason));
            return;
        }
        Content::Unreadable(reason) => {
            result.not_assessed.push(refuse("unreadable-file", reason));
            return;
        }
    };
    let source = Arc::new(Source::new(name, text));
    result.read = Some(judge.read(&source, form));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::{FileResult, is_manifest, may_be_kubeconfig};
    use crate::{
        Config, Selection,
        file::{FileForm, Judge},
    };

    #[test]
    fn only_texts_that_something_may_point_into_are_kept() {
        let selection = Selection::new(&[], &[], &[]).unwrap();
        let settings = Config::default().settings("2026-11-21".parse().unwrap());
        let judge = Judge::by_checks(&selection, &settings);
        let is_kept = |text: &str, form| {
            let source = Arc::new(Source::new("a", text));
            let mut result = FileResult {
                judged: Some(judge.judge(&source, form)),
                ..FileResult::default()
            };
            result.release_text();
            let kept = result.judged.unwrap().source;
            assert_eq!(kept.name, source.name);
            assert_eq!(kept.text.is_empty(), result.is_released);
            !result.is_released
        };
        assert!(!is_kept("package main\n", FileForm::Text));
        assert!(!is_kept("image:\n  tag: 1.0\n", FileForm::Manifest));
        for (text, form) in [
            ("password = \"Qz7vT2mK9xLp4RbW8nYc\"\n", FileForm::Text),
            ("a: [\n", FileForm::Manifest),
            (
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n",
                FileForm::Manifest,
            ),
            ("FROM scratch\n", FileForm::Dockerfile(None)),
        ] {
            assert!(is_kept(text, form), "{text}");
        }
    }

    #[test]
    fn kubeconfigs_have_names_of_their_own() {
        for name in [
            "kubeconfig",
            "x/kubeconfig-prod",
            "kubeconfig.prod",
            "prod.kubeconfig",
            ".kube/config",
            "home/.kube/config.old",
            "etc/kubernetes/admin.conf",
        ] {
            assert!(may_be_kubeconfig(name), "{name}");
        }
        for name in ["config", ".git/config", "x.kube/config", "nginx.conf"] {
            assert!(!may_be_kubeconfig(name), "{name}");
        }
    }

    #[test]
    fn manifests_are_known_by_how_they_begin() {
        for text in [
            "apiVersion: v1\nkind: Pod\n",
            "\u{feff}# a comment\n---\nkind: Pod\napiVersion: v1\n",
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}",
            "metadata:\n  name: a\napiVersion: v1\nkind: Pod\n",
            "current-context: a\napiVersion: v1\nkind: Config\n",
        ] {
            assert!(is_manifest(text), "{text}");
        }
        for text in [
            "",
            "# Title\n\nWrite:\n\napiVersion: v1\nkind: Pod\n",
            "package main\n\nconst pod = `\napiVersion: v1\nkind: Pod\n`\n",
            "cat <<EOF\napiVersion: v1\nkind: Pod\nEOF\n",
            "apiVersion: v2\nname: chart\n",
        ] {
            assert!(!is_manifest(text), "{text}");
        }
    }
}
