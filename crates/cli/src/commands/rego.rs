//! What Rego in files of its own is loaded with.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Result, bail};
use ringwall_model::Date;
use ringwall_policy::conftest::{ConfigFiles, DataFiles, Options, Settings};
use serde_json::Value;

use crate::args::RegoArgs;

/// Ends of the names of files that hold data for policies.
const DATA: &[&str] = &["json", "yaml", "yml"];

/// Files that policies name, opened where they are asked for.
pub(super) struct Files;

impl ConfigFiles for Files {
    fn open(&self, path: &str) -> Result<Vec<u8>, String> {
        ringwall_collect::read_text(Path::new(path))
            .map(String::into_bytes)
            .map_err(|reason| format!("{path} {reason}"))
    }
}

/// How policies are read, for answers on a day.
pub(super) fn options(args: &RegoArgs, as_of: Date) -> Options {
    Options {
        version: args.rego_version,
        show_builtin_errors: args.show_builtin_errors,
        now: Duration::from_secs(u64::try_from(as_of.unix_seconds()).unwrap_or(0)),
    }
}

/// The settings that arguments make, with the data they name.
pub(super) fn settings(args: &RegoArgs, as_of: Date) -> Result<Settings> {
    Ok(Settings {
        data: data(&args.data)?,
        ..settings_without_data(args, as_of)
    })
}

/// The same for whoever reads the data anew when it changes.
pub(super) fn settings_without_data(args: &RegoArgs, as_of: Date) -> Settings {
    Settings {
        options: options(args, as_of),
        namespaces: args.rego_namespace.clone(),
        data: Vec::new(),
        files: Arc::new(Files),
    }
}

/// Documents below `data`; those in folders of a folder stand below their names.
pub(super) fn data(paths: &[PathBuf]) -> Result<Vec<Value>> {
    let mut together = DataFiles::default();
    for path in paths {
        let root = path.display().to_string();
        for (name, content) in ringwall_collect::read_texts(std::slice::from_ref(path), DATA) {
            let text = match content {
                Ok(text) => text,
                Err(reason) => bail!("{name} {reason}"),
            };
            together.add(&root, &name, &text)?;
        }
    }
    Ok(vec![together.document()])
}
