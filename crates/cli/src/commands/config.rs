//! `ringwall.toml`: found, and read.

use std::path::Path;

use anyhow::{Result, anyhow};
use ringwall_collect::{find_config, path_from, printed_name, real_path};
use ringwall_engine::Config;
use ringwall_model::Source;

/// The configuration that was named, or the one of a folder or one above it.
pub(super) fn load(named: Option<&Path>, folder: &Path) -> Result<(Config, Source)> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        // Found by its real path; reports name it, like all files, from the working directory.
        None => {
            find_config(folder).map(|found| path_from(&real_path(Path::new(".")), &found).into())
        }
    };
    let Some(path) = path else {
        return Ok((Config::default(), Source::new("ringwall.toml", "")));
    };
    let text = read(&path)?;
    let name = printed_name(&path);
    let config = Config::parse(&name, &text)?;
    Ok((config, Source::new(name, text)))
}

/// The text of a configuration, within bounds.
pub(super) fn read(path: &Path) -> Result<String> {
    ringwall_collect::read_text(path).map_err(|reason| {
        let reason = reason.strip_prefix("cannot be read: ").unwrap_or(&reason);
        anyhow!("cannot read the configuration {}: {reason}", path.display())
    })
}
