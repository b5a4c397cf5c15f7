//! Looks at a set of files for an API server and says what is wrong with it.
//!
//! Files are known by their content. What a file names is looked for at its path, then by its name in the
//! folder; what is in neither place could not be looked at, and that is said.

mod admission;
mod certificate;
mod kubeconfig;
mod own;
mod sent;
mod webhook;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use ringwall_input::yaml::{self, Document, Node};
use ringwall_model::Source;
use ringwall_policy::Asked;

pub(super) use self::certificate::verify_server;

use self::sent::Sent;
use crate::Path as ServedPath;

/// Ends of names of files that are looked at. Kubeconfigs often have none.
const EXTENSIONS: [&str; 9] = [
    "",
    "yaml",
    "yml",
    "json",
    "conf",
    "kubeconfig",
    "crt",
    "pem",
    "key",
];

/// Something that is wrong, or that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Line, from 1; 0 for the whole file.
    pub line: u32,
    /// What is wrong and what follows from it, in one sentence.
    pub message: String,
}

/// What came of a look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What could not be looked at.
    pub not_assessed: Vec<Problem>,
    /// How many files told something.
    pub assessed: usize,
}

/// Somebody who judges or changes objects that the API server has to send.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Who, in the plural.
    pub who: &'a str,
    /// What they ask about.
    pub asked: &'a Asked,
    /// The flag of `setup webhook` with which it writes rules that send that.
    pub flag: &'a str,
}

/// Looks at every file of a folder, whether webhooks send what is asked about, and whether they send it to paths that
/// are served.
///
/// # Errors
///
/// Never as a whole: a folder that cannot be read is in [`Checked::not_assessed`].
pub fn check(folder: &Path, asking: &[Asking<'_>], served: &[ServedPath]) -> Checked {
    let mut set = Set::new(folder, served);
    let found = ringwall_collect::read_texts(&[folder.to_owned()], &EXTENSIONS);
    for (name, content) in &found {
        match content {
            // What else has no end may be anything: a licence, a program.
            Ok(text) if Path::new(name).extension().is_some() || is_configuration(text) => {
                set.look(name, text);
            }
            Ok(_) => {}
            Err(reason) => set.not_assessed(name, 0, format!("the file {reason}")),
        }
    }
    set.hold_against(asking);
    set.finish()
}

/// The files and what was found so far.
struct Set {
    folder: PathBuf,
    served: Vec<ServedPath>,
    now: i64,
    checked: Checked,
    /// What the API server is told to send, to judge and to change.
    sent: [Sent; 2],
    /// Certificates by file, so that none is looked at twice.
    certificates: BTreeMap<String, Vec<rustls::pki_types::CertificateDer<'static>>>,
}

impl Set {
    fn new(folder: &Path, served: &[ServedPath]) -> Self {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            folder: folder.to_owned(),
            served: served.to_vec(),
            now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
            checked: Checked::default(),
            sent: Sent::both(),
            certificates: BTreeMap::new(),
        }
    }

    fn problem(&mut self, file: &str, line: u32, message: impl Into<String>) {
        self.checked.problems.push(Problem {
            file: file.to_owned(),
            line,
            message: message.into(),
        });
    }

    fn not_assessed(&mut self, file: &str, line: u32, message: impl Into<String>) {
        self.checked.not_assessed.push(Problem {
            file: file.to_owned(),
            line,
            message: message.into(),
        });
    }

    fn look(&mut self, name: &str, text: &str) {
        if text.contains("-----BEGIN") {
            self.checked.assessed += 1;
            self.look_at_pem(name, text);
            return;
        }
        let source = Arc::new(Source::new(name, text));
        let (documents, diagnostics) = yaml::parse(&source);
        for diagnostic in diagnostics {
            let line = source.location(diagnostic.span).start.line;
            self.not_assessed(
                name,
                line,
                format!("cannot be parsed: {}", diagnostic.message),
            );
        }
        for document in &documents {
            self.look_at_document(name, document);
        }
    }

    fn look_at_document(&mut self, name: &str, document: &Document) {
        let mut is_known = false;
        for (kind, object) in objects(document.root()) {
            is_known |= self.look_at_object(name, kind, object);
        }
        self.checked.assessed += usize::from(is_known);
    }

    /// Looks at an object of a kind, where it is one that there is something to say about.
    fn look_at_object(&mut self, name: &str, kind: Option<&str>, root: Node<'_>) -> bool {
        match (kind, root.get("imagePolicy")) {
            (Some("AdmissionConfiguration"), _) => self.look_at_admission(name, root),
            (Some("Config"), _) if root.get("clusters").is_some() => {
                self.look_at_kubeconfig(name, root);
            }
            (Some("ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"), _) => {
                self.look_at_webhooks(name, kind == Some("MutatingWebhookConfiguration"), root);
            }
            (None, Some(policy)) => self.look_at_image_policy(name, policy),
            _ => return false,
        }
        true
    }

    /// Reads a file that another one names.
    fn referred(&mut self, from: &str, node: Node<'_>) -> Option<(String, String)> {
        let path = Path::new(node.text());
        let beside = path.file_name().map(|name| self.folder.join(name));
        let candidates = [Some(self.folder.join(path)), beside];
        let found = candidates.into_iter().flatten().find(|path| path.is_file());
        let Some(found) = found else {
            let message = format!(
                "{} is neither there nor in this folder, so it was not looked at",
                path.display()
            );
            self.not_assessed(from, line(node), message);
            return None;
        };
        let name = found.display().to_string();
        match ringwall_collect::read_text(&found) {
            Ok(text) => Some((name, text)),
            Err(reason) => {
                self.not_assessed(&name, 0, format!("the file {reason}"));
                None
            }
        }
    }

    fn finish(mut self) -> Checked {
        if self.checked.assessed == 0 && self.checked.not_assessed.is_empty() {
            let folder = self.folder.display().to_string();
            self.not_assessed(&folder, 0, "holds no file of an API server's configuration");
        }
        self.checked.problems.sort();
        self.checked.problems.dedup();
        self.checked.not_assessed.sort();
        self.checked.not_assessed.dedup();
        self.checked
    }
}

/// Whether a file is one of those that are looked at, by a word that they all have.
fn is_configuration(text: &str) -> bool {
    let signs = ["apiVersion", "imagePolicy", "current-context", "-----BEGIN"];
    signs.iter().any(|sign| text.contains(sign))
}

/// The objects of a document with their kinds: those of a list, whose items need not say what they are, or itself.
fn objects(root: Node<'_>) -> Vec<(Option<&str>, Node<'_>)> {
    let kind = root.str("kind");
    let of_items = kind.and_then(|kind| kind.strip_suffix("List"));
    let (Some(of_items), true) = (of_items, root.get("items").is_some()) else {
        return vec![(kind, root)];
    };
    let of_items = Some(of_items).filter(|kind| !kind.is_empty());
    let items = root.list("items");
    items
        .map(|item| (item.str("kind").or(of_items), item))
        .collect()
}

/// The line of a node.
fn line(node: Node<'_>) -> u32 {
    node.location().start.line
}
