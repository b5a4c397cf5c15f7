//! The policies that judge, how they were loaded, and how they are changed while requests run.
//!
//! A request holds the set it began with to its end. A file that cannot be used keeps its last good
//! content, is told in status, log and metrics, and never stops the others.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use ringwall_engine::CheckJudge;
use ringwall_policy::{
    admission::{Judge, PolicyStatus},
    bundle::Need,
    image::PodImages,
};
use sha2::{Digest, Sha256};

/// A file that may hold policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its path, as logs name it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A file that cannot be used, and why, with the place in it where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The [`PolicyFile::name`]; one that was not handed in is a fault of the whole.
    pub file: String,
    /// Why, in one sentence, or several with a semicolon between them.
    pub reason: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A reason with a line begins with its file already.
        if self.file.is_empty() || self.reason.starts_with(&self.file) {
            return f.write_str(&self.reason);
        }
        write!(f, "{}: {}", self.file, self.reason)
    }
}

/// What a loader makes of files.
#[derive(Clone, Default)]
pub struct Loaded {
    /// What judges requests, in order.
    pub judges: Vec<Arc<dyn Judge>>,
    /// What knows how flaws are fixed; for the patch in a denial.
    pub fixer: Option<Arc<CheckJudge>>,
    /// What judges `ImageReview`s.
    pub images: Option<Arc<PodImages>>,
    /// Policies that rest on other objects than the one under review.
    pub needs: Vec<Need>,
    /// What is wrong with files that were loaded nevertheless, as far as they could be.
    pub problems: Vec<FileProblem>,
}

/// Makes judges of the texts of files.
pub trait PolicyLoader: Send + Sync {
    /// Makes judges, or says which files stand in the way.
    ///
    /// Files with a problem are then handed in again with their last good content. Where there is none, a file
    /// that stands in the way is left out, and one that was loaded in part stays so.
    ///
    /// # Errors
    ///
    /// Every file that stands in the way; never an empty list.
    fn load(&self, files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>>;

    /// What the result rests on besides the files, by name and text, such as the day: where it changes, files are
    /// loaded again.
    fn surroundings(&self, _files: &[(&str, &str)]) -> String {
        String::new()
    }
}

/// Files and folders, and what makes judges of them.
pub struct PolicySource {
    /// Files, and folders whose files with one of [`extensions`](Self::extensions) count, at any depth.
    pub paths: Vec<PathBuf>,
    /// Ends of file names without the dot.
    pub extensions: &'static [&'static str],
    /// What makes judges of them.
    pub loader: Arc<dyn PolicyLoader>,
}

/// All that judges, as one.
#[derive(Default)]
pub struct PolicySet {
    /// What judges requests, in order.
    pub judges: Vec<Arc<dyn Judge>>,
    /// What knows how flaws are fixed.
    pub fixer: Option<Arc<CheckJudge>>,
    /// What judges `ImageReview`s.
    pub images: Option<Arc<PodImages>>,
    /// Policies that rest on other objects than the one under review.
    pub needs: Vec<Need>,
    /// `sha256:...` of all that was loaded.
    pub digest: String,
    /// Files that are not used as they are written.
    pub broken: Vec<FileProblem>,
}

impl PolicySet {
    /// Every policy that was loaded or should have been.
    pub fn status(&self) -> Vec<PolicyStatus> {
        self.judges
            .iter()
            .flat_map(|judge| judge.status())
            .collect()
    }
}

/// A file's name, and its text or why it cannot be read.
type FileContent = (String, Result<String, String>);

/// A source with what was last seen of it.
struct Watched {
    source: PolicySource,
    /// What was seen last, and what it led to; nothing is loaded again while it stays.
    seen: Option<(Vec<FileContent>, String)>,
    /// Contents that could be used, by file.
    good: BTreeMap<String, String>,
    loaded: Loaded,
    broken: Vec<FileProblem>,
    /// The contents in use, for the digest.
    used: Vec<PolicyFile>,
}

/// The policies of all sources.
pub struct Policies {
    current: ArcSwap<PolicySet>,
    watched: Mutex<Vec<Watched>>,
}

/// What a look at the files led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing is different.
    None,
    /// Another set judges now, or the same with another state of its files.
    Replaced,
}

impl Policies {
    /// Loads all sources for the first time. Broken files leave out what they hold; see [`PolicySet::broken`], by
    /// which a server does not start.
    pub fn new(sources: Vec<PolicySource>) -> Self {
        let watched = sources.into_iter().map(|source| Watched {
            source,
            seen: None,
            good: BTreeMap::new(),
            loaded: Loaded::default(),
            broken: Vec::new(),
            used: Vec::new(),
        });
        let policies = Self {
            current: ArcSwap::from_pointee(PolicySet::default()),
            watched: Mutex::new(watched.collect()),
        };
        policies.reload();
        policies
    }

    /// The set that judges now.
    pub fn current(&self) -> Arc<PolicySet> {
        self.current.load_full()
    }

    /// Looks at all files, and loads what changed.
    pub fn reload(&self) -> Change {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for source in watched.iter_mut() {
            changed |= source.look();
        }
        if !changed {
            return Change::None;
        }
        let mut set = PolicySet::default();
        let mut digest = Sha256::new();
        for source in watched.iter() {
            set.judges.extend(source.loaded.judges.iter().cloned());
            set.fixer = set.fixer.or_else(|| source.loaded.fixer.clone());
            set.images = set.images.or_else(|| source.loaded.images.clone());
            set.needs.extend(source.loaded.needs.iter().cloned());
            set.broken.extend(source.broken.iter().cloned());
            for file in &source.used {
                // Lengths keep name and text apart.
                digest.update(format!("{} {} ", file.name.len(), file.text.len()));
                digest.update(&file.name);
                digest.update(&file.text);
            }
            let files = source.used.iter();
            let files: Vec<_> = files.map(|file| (&*file.name, &*file.text)).collect();
            digest.update(source.source.loader.surroundings(&files));
        }
        set.digest = digest
            .finalize()
            .iter()
            .fold("sha256:".to_owned(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
        self.current.store(Arc::new(set));
        Change::Replaced
    }
}

impl Watched {
    /// Whether something is different from the last look.
    fn look(&mut self) -> bool {
        let found = ringwall_collect::read_texts(&self.source.paths, self.source.extensions);
        let texts = found
            .iter()
            .filter_map(|(name, text)| Some((&**name, &**text.as_ref().ok()?)));
        let texts: Vec<_> = texts.collect();
        let surroundings = self.source.loader.surroundings(&texts);
        let seen = (found, surroundings);
        if self.seen.as_ref() == Some(&seen) {
            return false;
        }
        self.load(&seen.0);
        self.seen = Some(seen);
        true
    }

    /// Whether the last good content of a file says anything.
    fn had_content(&self, file: &str) -> bool {
        let good = self.good.get(file);
        good.is_some_and(|text| !text.trim().is_empty())
    }

    /// Folders that held files and hold none any more, with these: like one that vanishes, it is no wish to judge
    /// nothing.
    fn emptied(&self, found: &[FileContent]) -> Vec<(String, BTreeMap<String, String>)> {
        let roots = self.source.paths.iter();
        let emptied = roots.filter_map(|root| {
            let is_below = |name: &str| Path::new(name).starts_with(root);
            if found.iter().any(|(name, _)| is_below(name)) {
                return None;
            }
            let before = self.good.iter().filter(|(name, _)| is_below(name));
            let before: BTreeMap<_, _> = before
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect();
            (!before.is_empty()).then(|| (root.display().to_string(), before))
        });
        emptied.collect()
    }

    fn load(&mut self, found: &[FileContent]) {
        let mut broken: Vec<FileProblem> = Vec::new();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let roots = self
            .source
            .paths
            .iter()
            .map(|path| path.display().to_string());
        let gone: Vec<FileProblem> = roots
            .filter_map(|root| {
                let (file, content) = found.iter().find(|(name, _)| *name == root)?;
                let reason = content.as_ref().err()?.clone();
                Some(FileProblem {
                    file: file.clone(),
                    reason,
                })
            })
            .collect();
        if !gone.is_empty() {
            // A volume that is not there is no wish to judge nothing: what judged before goes on.
            self.broken = gone;
            return;
        }
        for (name, content) in found {
            let reason = match content {
                Ok(text) if text.trim().is_empty() && self.had_content(name) => {
                    "is empty now; what it held before stays until it is removed".to_owned()
                }
                Ok(text) => {
                    files.insert(name.clone(), text.clone());
                    continue;
                }
                Err(reason) => reason.clone(),
            };
            if let Some(good) = self.good.get(name) {
                files.insert(name.clone(), good.clone());
            }
            broken.push(FileProblem {
                file: name.clone(),
                reason,
            });
        }
        for (root, emptied) in self.emptied(found) {
            files.extend(emptied);
            broken.push(FileProblem {
                file: root,
                reason: "holds no policies now; what it held before stays until others are there"
                    .to_owned(),
            });
        }
        // Each round settles at least one file for good: first by its last good content, then by leaving it out.
        for _ in 0..=files.len() * 2 {
            let listed: Vec<PolicyFile> = files
                .iter()
                .map(|(name, text)| PolicyFile {
                    name: name.clone(),
                    text: text.clone(),
                })
                .collect();
            let loader = &self.source.loader;
            let (loaded, problems) = match catch_unwind(AssertUnwindSafe(|| loader.load(&listed))) {
                Ok(Ok(loaded)) => {
                    let problems = loaded.problems.clone();
                    (Some(loaded), problems)
                }
                Ok(Err(problems)) => (None, problems),
                // It names no file, so that nothing can be left out: a fault of the whole.
                Err(_) => {
                    let problem = FileProblem {
                        file: String::new(),
                        reason: "loading failed; this is a bug of ringwall".to_owned(),
                    };
                    (None, vec![problem])
                }
            };
            // Only what leads to another content, or is left in the end: one broken file makes others that
            // refer to it look broken too.
            let (mut settled, mut left) = (Vec::new(), Vec::new());
            for problem in problems {
                match (files.get(&problem.file), self.good.get(&problem.file)) {
                    (Some(text), Some(good)) if text != good => {
                        files.insert(problem.file.clone(), good.clone());
                        settled.push(problem);
                    }
                    (Some(_), _) if loaded.is_none() => {
                        files.remove(&problem.file);
                        settled.push(problem);
                    }
                    _ => left.push(problem),
                }
            }
            let is_settled = !settled.is_empty();
            for problem in if is_settled { settled } else { left } {
                if !broken.iter().any(|known| known.file == problem.file) {
                    broken.push(problem);
                }
            }
            match loaded {
                Some(loaded) if !is_settled => {
                    self.loaded = loaded;
                    // What is gone is forgotten: it was taken away on purpose. What was loaded in part is
                    // no good content to come back to.
                    let is_broken = |file: &str| broken.iter().any(|problem| problem.file == file);
                    files.retain(|file, _| !is_broken(file) || self.good.contains_key(file));
                    self.good = files;
                    self.used = listed;
                    self.broken = broken;
                    return;
                }
                None if !is_settled => break,
                _ => {}
            }
        }
        // A fault of the whole: what judged before goes on.
        self.broken = broken;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ringwall_policy::admission::{
        Action, AdmissionRequest, Deadline, NoDeadline, Source, Verdict, Violation,
    };
    use serde_json::json;

    use super::*;

    /// Refuses everything in the words of its file.
    struct Word(PolicyFile);

    impl Judge for Word {
        fn review(&self, _request: &AdmissionRequest, _deadline: &dyn Deadline) -> Verdict {
            let text = self.0.text.trim();
            Verdict {
                violations: vec![Violation::new(Source::Conftest, "word", Action::Deny, text)],
                ..Verdict::default()
            }
        }

        fn status(&self) -> Vec<PolicyStatus> {
            Vec::new()
        }
    }

    struct Words;

    impl PolicyLoader for Words {
        fn load(&self, files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>> {
            let broken: Vec<_> = files
                .iter()
                .filter(|file| file.text.contains("broken"))
                .collect();
            if !broken.is_empty() {
                let problem = |file: &&PolicyFile| FileProblem {
                    file: file.name.clone(),
                    reason: "is broken".to_owned(),
                };
                return Err(broken.iter().map(problem).collect());
            }
            let judge = |file: &PolicyFile| Arc::new(Word(file.clone())) as Arc<dyn Judge>;
            Ok(Loaded {
                judges: files.iter().map(judge).collect(),
                ..Loaded::default()
            })
        }
    }

    fn said(policies: &Policies) -> Vec<String> {
        let request = AdmissionRequest::from_object(json!({}));
        let set = policies.current();
        let verdicts = set
            .judges
            .iter()
            .map(|judge| judge.review(&request, &NoDeadline));
        verdicts
            .map(|verdict| verdict.violations[0].message.clone())
            .collect()
    }

    #[test]
    fn a_broken_file_keeps_its_last_good_content_and_stops_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.rego", "a1");
        write("b.rego", "b1");
        write("ignored.txt", "broken");
        let policies = Policies::new(vec![PolicySource {
            paths: vec![folder.path().to_owned()],
            extensions: &["rego"],
            loader: Arc::new(Words),
        }]);
        assert_eq!(said(&policies), ["a1", "b1"]);
        assert_eq!(policies.reload(), Change::None);
        let first = policies.current().digest.clone();

        write("a.rego", "broken");
        write("b.rego", "b2");
        write("c.rego", "broken");
        assert_eq!(policies.reload(), Change::Replaced);
        assert_eq!(said(&policies), ["a1", "b2"]);
        let set = policies.current();
        assert_eq!(set.broken.len(), 2);
        assert!(set.broken[0].file.ends_with("a.rego"));
        assert_ne!(set.digest, first);

        write("a.rego", "a3");
        fs::remove_file(folder.path().join("b.rego")).unwrap();
        fs::remove_file(folder.path().join("c.rego")).unwrap();
        assert_eq!(policies.reload(), Change::Replaced);
        assert_eq!(said(&policies), ["a3"]);
        assert_eq!(policies.current().broken, []);
    }

    #[test]
    fn what_is_emptied_is_told_and_judges_on_until_there_is_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for (name, text) in [
            ("some/a.rego", "a1"),
            ("some/b.rego", "b1"),
            ("other.rego", "o1"),
        ] {
            fs::create_dir_all(place("some")).unwrap();
            fs::write(place(name), text).unwrap();
        }
        let policies = Policies::new(vec![PolicySource {
            paths: vec![place("some"), place("other.rego")],
            extensions: &["rego"],
            loader: Arc::new(Words),
        }]);
        let broken = || {
            let set = policies.current();
            let files = set.broken.iter().map(|problem| problem.file.clone());
            files.collect::<Vec<_>>()
        };
        let name = |name: &str| place(name).display().to_string();
        let reload = || {
            let before = policies.current().digest.clone();
            assert_eq!(policies.reload(), Change::Replaced);
            policies.current().digest != before
        };
        // A file that was cut off.
        fs::write(place("some/a.rego"), "").unwrap();
        assert!(!reload());
        assert_eq!(said(&policies), ["o1", "a1", "b1"]);
        assert_eq!(broken(), [name("some/a.rego")]);
        // One that is taken away is taken away on purpose, the last one of its folder is not.
        fs::remove_file(place("some/a.rego")).unwrap();
        assert!(reload());
        assert_eq!(said(&policies), ["o1", "b1"]);
        fs::remove_file(place("some/b.rego")).unwrap();
        fs::write(place("other.rego"), "o2").unwrap();
        assert!(reload());
        assert_eq!(said(&policies), ["o2", "b1"]);
        assert_eq!(broken(), [name("some")]);
        fs::write(place("other.rego"), "\n").unwrap();
        assert!(!reload());
        assert_eq!(said(&policies), ["o2", "b1"]);
        assert_eq!(broken(), [name("other.rego"), name("some")]);
        // Something else is a wish.
        fs::write(place("some/c.rego"), "c1").unwrap();
        fs::write(place("other.rego"), "o3").unwrap();
        assert!(reload());
        assert_eq!(said(&policies), ["o3", "c1"]);
        assert_eq!(broken(), [""; 0]);
    }

    #[test]
    fn what_vanishes_as_a_whole_is_told_and_judges_on() {
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("volume");
        fs::create_dir(&volume).unwrap();
        fs::write(volume.join("a.rego"), "a1").unwrap();
        let policies = Policies::new(vec![PolicySource {
            paths: vec![volume.clone()],
            extensions: &["rego"],
            loader: Arc::new(Words),
        }]);
        fs::rename(&volume, folder.path().join("elsewhere")).unwrap();
        assert_eq!(policies.reload(), Change::Replaced);
        assert_eq!(policies.current().broken.len(), 1);
        assert_eq!(said(&policies), ["a1"]);
    }
}
