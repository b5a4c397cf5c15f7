//! `ringwall generate`: what is written from the binary, so that it cannot differ from it.

mod checks;
mod command_line;
mod detectors;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{args::GenerateArgs, exit::Exit};

/// Contents by path from the root of the repository.
type Files = BTreeMap<PathBuf, String>;

pub(super) fn run(args: &GenerateArgs) -> Result<Exit> {
    let mut files = Files::new();
    command_line::man_pages(&mut files)?;
    command_line::reference(&mut files);
    checks::pages(&mut files);
    detectors::page(&mut files);
    let summary = args.root.join(checks::SUMMARY);
    let text = fs::read_to_string(&summary)
        .with_context(|| format!("cannot read {}", summary.display()))?;
    files.insert(checks::SUMMARY.into(), checks::summary(&text)?);

    let stale = stale_pages(&args.root, &files)?;
    let mut different = 0;
    for (path, content) in &files {
        let path = args.root.join(path);
        let current = fs::read_to_string(&path).unwrap_or_default();
        if current == *content {
            continue;
        }
        different += 1;
        if args.check {
            writeln!(
                io::stderr(),
                "{} is not what `ringwall generate` writes",
                path.display()
            )?;
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for path in &stale {
        different += 1;
        if args.check {
            writeln!(io::stderr(), "{} belongs to no check", path.display())?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(if args.check && different > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// Pages of checks and commands that are no more.
fn stale_pages(root: &Path, files: &Files) -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for (folder, extension) in [("docs/checks", "md"), ("docs/man", "1")] {
        let folder = root.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let relative = path.strip_prefix(root).unwrap_or(&path);
            if path.extension().is_some_and(|end| end == extension) && !files.contains_key(relative)
            {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}
