//! Reads the policies that users bring.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Result, bail};
use ringwall_model::Source;
use ringwall_policy::{bundle::Bundle, conftest::Settings};

/// Ends of the names of files that hold policies.
const EXTENSIONS: &[&str] = &["json", "rego", "yaml", "yml"];

/// The policies of files and folders; `None` where no path is given.
///
/// A file that cannot be read is a mistake in the call; one that cannot be used is told in the report.
pub(super) fn load(paths: &[PathBuf], settings: &Settings) -> Result<Option<Arc<Bundle>>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut sources = Vec::new();
    for (name, content) in ringwall_collect::read_texts(paths, EXTENSIONS) {
        match content {
            Ok(text) => sources.push(Arc::new(Source::new(name, text))),
            Err(reason) => bail!("{name} {reason}"),
        }
    }
    let bundle = Bundle::load_with(&sources, settings);
    if bundle.is_empty() && bundle.problems().is_empty() {
        let listed: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        bail!(
            "{}: holds no policies (ConstraintTemplates with constraints, ValidatingAdmissionPolicies with bindings, Rego with rules named deny, violation or warn)",
            listed.join(", ")
        );
    }
    Ok(Some(Arc::new(bundle)))
}
