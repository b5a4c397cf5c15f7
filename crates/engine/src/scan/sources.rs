//! The texts of a scan, as far as something points into them.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use ringwall_model::{Source, Span};
use ringwall_secrets::Concealer;

use crate::{file::FileForm, fix::object_names::Name};

/// The texts that findings point into, by name.
#[derive(Debug, Default)]
pub struct SourceMap {
    pub(super) files: HashMap<Arc<str>, ScannedFile>,
    /// Where secrets stand in a file, whether or not anything in the report is about them. Few files have any, and
    /// every finding asks.
    pub(super) secrets: HashMap<Arc<str>, Vec<Span>>,
    /// Names of objects that a fix must not bring a second time.
    pub(crate) names: HashSet<Name>,
}

/// A file that was judged.
#[derive(Debug)]
pub(super) struct ScannedFile {
    /// Kept only where a finding points into it.
    pub(super) text: Option<Arc<Source>>,
    /// What it was judged as.
    pub(super) form: FileForm,
    /// Where it stands on disk, if it may be edited.
    pub(super) path: Option<PathBuf>,
}

impl SourceMap {
    /// The text of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Source>> {
        self.files.get(name)?.text.as_ref()
    }

    /// Where secrets stand in the text of a name: nothing of it may be printed without concealing them.
    pub fn secrets(&self, name: &str) -> &[Span] {
        self.secrets.get(name).map_or(&[], Vec::as_slice)
    }

    /// What conceals the secrets of a text; `None` where there are none.
    pub(super) fn concealer(&self, name: &str) -> Option<Concealer> {
        let secrets = self.secrets.get(name)?;
        Some(Concealer::new(&self.get(name)?.text, secrets))
    }

    /// Where a text stands on disk; `None` for standard input and for texts decoded from another encoding.
    pub fn path(&self, name: &str) -> Option<&PathBuf> {
        self.files.get(name)?.path.as_ref()
    }

    /// The text of a name and what it was judged as.
    pub(crate) fn judged(&self, name: &str) -> Option<(&Arc<Source>, FileForm)> {
        let file = self.files.get(name)?;
        Some((file.text.as_ref()?, file.form))
    }

    /// Files that can be edited, in the order of their names.
    pub(crate) fn editable(&self) -> Vec<(&Arc<Source>, FileForm)> {
        let mut files: Vec<_> = self
            .files
            .values()
            .filter(|file| file.path.is_some())
            .filter_map(|file| Some((file.text.as_ref()?, file.form)))
            .collect();
        files.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        files
    }
}
