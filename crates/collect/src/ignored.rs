//! What git leaves out by the ignore rules of folders, asked while a walk goes on.
//!
//! The files with the rules come from a repository that may be hostile, so they are read here and not by who
//! matches them: a link is not followed, as git does not follow it, and neither a pipe nor a device nor an
//! endless file is read. Rules that are not read leave nothing out.

mod pattern;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
};

use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::content::open_regular;

/// Largest file of rules that is read, in bytes; git's own template for a language has some thousand.
const MAX_RULES: u64 = 256 << 10;

/// What makes a folder one in which rules are heeded.
const REPOSITORIES: [&str; 2] = [".git", ".jj"];

/// What was left out in each repository, by its root.
pub(crate) type LeftOut = BTreeMap<PathBuf, HashSet<PathBuf>>;

/// The rules of a folder and of those above and below it.
pub(crate) struct Ignored {
    /// The rules of the user, for every repository; finding them takes as long as scanning a small file.
    global: OnceLock<String>,
    folders: RwLock<HashMap<PathBuf, Arc<Folder>>>,
    left_out: Mutex<LeftOut>,
}

/// A folder inside of a repository, or outside of any.
struct Folder {
    rules: Option<Gitignore>,
    /// The folder above, if it is in the same repository.
    above: Option<Arc<Folder>>,
    repository: Option<Arc<Repository>>,
}

struct Repository {
    root: PathBuf,
    /// Those of the repository that are in none of its folders, then those of the user.
    rules: [Option<Gitignore>; 2],
}

impl Ignored {
    /// The rules for a walk that begins in a folder, given by its real path.
    pub(crate) fn new(start: &Path) -> Self {
        let ignored = Self {
            global: OnceLock::new(),
            folders: RwLock::default(),
            left_out: Mutex::default(),
        };
        let root = start.ancestors().find(|folder| is_repository(folder));
        let mut chain: Vec<&Path> = start
            .ancestors()
            .take_while(|folder| root.is_some_and(|root| folder.starts_with(root)))
            .collect();
        if chain.is_empty() {
            chain.push(start);
        }
        let mut above = None;
        for folder in chain.into_iter().rev() {
            above = Some(ignored.load(folder, above.as_ref()));
        }
        ignored
    }

    /// Whether what was met in a folder is left out, which is noted.
    pub(crate) fn covers(&self, at: &Path, is_folder: bool) -> bool {
        let Some(folder) = at.parent().and_then(|folder| self.folder(folder)) else {
            return false;
        };
        let Some(repository) = &folder.repository else {
            return false;
        };
        let covers = is_left_out(&folder, repository, at, is_folder);
        if covers {
            let root = repository.root.clone();
            let mut left_out = self.left_out();
            left_out.entry(root).or_default().insert(at.to_owned());
        }
        covers
    }

    /// What was left out until now.
    pub(crate) fn take(&self) -> LeftOut {
        std::mem::take(&mut *self.left_out())
    }

    fn left_out(&self) -> MutexGuard<'_, LeftOut> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A folder that the walk is in: those above it were met before.
    fn folder(&self, path: &Path) -> Option<Arc<Folder>> {
        let known = |path: &Path| {
            let folders = self.folders.read();
            let folders = folders.unwrap_or_else(PoisonError::into_inner);
            folders.get(path).map(Arc::clone)
        };
        known(path).or_else(|| {
            let above = known(path.parent()?)?;
            Some(self.load(path, Some(&above)))
        })
    }

    fn load(&self, path: &Path, above: Option<&Arc<Folder>>) -> Arc<Folder> {
        let above = above.filter(|above| above.repository.is_some() && !is_repository(path));
        let repository = match above {
            Some(above) => above.repository.clone(),
            None => is_repository(path).then(|| Arc::new(self.repository(path))),
        };
        let rules = repository.as_ref().and_then(|_| {
            let file = path.join(".gitignore");
            // Git follows no link here.
            let is_file = fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_file());
            is_file.then(|| rules(path, &read(&file)?)).flatten()
        });
        let folder = Arc::new(Folder {
            rules,
            above: above.map(Arc::clone),
            repository,
        });
        let folders = self.folders.write();
        let mut folders = folders.unwrap_or_else(PoisonError::into_inner);
        folders.insert(path.to_owned(), Arc::clone(&folder));
        folder
    }

    fn repository(&self, root: &Path) -> Repository {
        let own = common_folder(root).and_then(|folder| read(&folder.join("info/exclude")));
        let global = self.global.get_or_init(|| {
            let text = gitconfig_excludes_path().and_then(|path| read(&path));
            text.unwrap_or_default()
        });
        Repository {
            root: root.to_owned(),
            rules: [own.and_then(|text| rules(root, &text)), rules(root, global)],
        }
    }
}

/// Whether a folder is the root of a repository.
pub(crate) fn is_repository(folder: &Path) -> bool {
    REPOSITORIES.iter().any(|name| folder.join(name).exists())
}

/// The rules of the nearest folder decide, then those of the repository, then those of the user.
fn is_left_out(folder: &Folder, repository: &Repository, at: &Path, is_folder: bool) -> bool {
    let mut next = Some(folder);
    let folders = std::iter::from_fn(|| {
        let folder = next?;
        next = folder.above.as_deref();
        Some(&folder.rules)
    });
    let mut rules = folders.chain(&repository.rules).flatten();
    let decided = rules.find_map(|rules| match rules.matched(at, is_folder) {
        ignore::Match::None => None,
        decided => Some(decided.is_ignore()),
    });
    decided.unwrap_or(false)
}

fn rules(folder: &Path, text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    builder.allow_unclosed_class(false);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.split('\n') {
        // What is no pattern matches nothing.
        let _ = builder.add_line(None, &pattern::as_matched(line));
    }
    let rules = builder.build().ok()?;
    (!rules.is_empty()).then_some(rules)
}

/// The text of a file with rules; none of what is no file or too large to be one of people.
fn read(path: &Path) -> Option<String> {
    let (file, _) = open_regular(path).ok()?;
    let mut bytes = Vec::new();
    file.take(MAX_RULES + 1).read_to_end(&mut bytes).ok()?;
    let is_whole = bytes.len() as u64 <= MAX_RULES;
    is_whole.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// Where git keeps what all work trees of a repository share. In a work tree that was added, and in a submodule,
/// `.git` is a file that says where its folder is.
fn common_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = read(&git)?;
    let folder = root.join(text.strip_prefix("gitdir:")?.trim());
    let common = read(&folder.join("commondir"));
    Some(common.map_or_else(|| folder.clone(), |common| folder.join(common.trim())))
}
