//! The builtins that conftest adds to Rego: they parse configuration where a policy asks for it.

use std::{collections::BTreeSet, fmt, sync::Arc};

use ringwall_config::Format;
use ringwall_model::Source;
use ringwall_rego::{
    Value as Rego,
    builtins::{Answer, BuiltinError, Host},
};
use serde_json::{Value, json};

/// Their names.
pub(super) const NAMES: [&str; 3] = [
    "parse_config",
    "parse_config_file",
    "parse_combined_config_files",
];

/// Whoever opens the files that policies name.
pub trait ConfigFiles: Send + Sync {
    /// The content of a file, or why there is none.
    fn open(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl ConfigFiles for NoFiles {
    fn open(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("{path}: policies may open no files here"))
    }
}

/// The builtins, and where the files are that they are asked for.
pub(super) struct Builtins {
    /// The folders of the policies: paths count from there.
    folders: BTreeSet<String>,
    files: Arc<dyn ConfigFiles>,
}

impl fmt::Debug for Builtins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builtins")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

impl Builtins {
    pub(super) fn new(policies: &[Arc<Source>], files: Arc<dyn ConfigFiles>) -> Self {
        let folder = |source: &Arc<Source>| {
            let (folder, _) = source.name.rsplit_once('/').unwrap_or((".", ""));
            folder.to_owned()
        };
        Self {
            folders: policies.iter().map(folder).collect(),
            files,
        }
    }

    /// The content of a file, looked for in each folder of policies.
    fn open(&self, path: &str) -> Result<Value, BuiltinError> {
        let format = Format::from_file_name(path)
            .ok_or_else(|| failed(format!("{path}: no parser is known for it")))?;
        let mut reason = format!("{path}: there are no policies beside it");
        for folder in &self.folders {
            match self.files.open(&format!("{folder}/{path}")) {
                Ok(bytes) => return parse(format, path, &bytes),
                Err(why) => reason = why,
            }
        }
        Err(failed(reason))
    }
}

fn parse(format: Format, name: &str, bytes: &[u8]) -> Result<Value, BuiltinError> {
    ringwall_config::parse(format, bytes).map_err(|error| {
        failed(format!(
            "{name}:{}:{}: {}",
            error.line, error.column, error.message
        ))
    })
}

fn failed(message: String) -> BuiltinError {
    BuiltinError::failed(message)
}

fn text(operands: &[Rego], index: usize) -> Result<&str, BuiltinError> {
    operands
        .get(index)
        .and_then(Rego::as_str)
        .ok_or_else(|| BuiltinError::operand("must be a string"))
}

impl Host for Builtins {
    fn allows(&self, builtin: &str) -> bool {
        NAMES.contains(&builtin)
    }

    fn call(&self, builtin: &str, operands: &[Rego]) -> Answer {
        let value = match builtin {
            "parse_config" => {
                let name = text(operands, 0)?;
                let format = Format::from_name(name)
                    .ok_or_else(|| failed(format!("'{name}' is none of the parsers")))?;
                parse(format, name, text(operands, 1)?.as_bytes())?
            }
            "parse_config_file" => self.open(text(operands, 0)?)?,
            "parse_combined_config_files" => {
                let Some(Rego::Array(paths)) = operands.first() else {
                    return Err(BuiltinError::operand("must be an array of strings"));
                };
                let mut combined = Vec::new();
                for index in 0..paths.len() {
                    let path = text(paths, index)?;
                    let contents = match self.open(path)? {
                        Value::Array(parts) => parts,
                        whole => vec![whole],
                    };
                    combined.extend(
                        contents
                            .into_iter()
                            .map(|contents| json!({"path": path, "contents": contents})),
                    );
                }
                Value::Array(combined)
            }
            _ => return Err(BuiltinError::halt(format!("{builtin} is not allowed"))),
        };
        Ok(Some(Rego::from(&value)))
    }
}
