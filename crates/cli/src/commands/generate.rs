//! `ringwall generate`: what is written from the binary, so that it cannot differ from it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::CommandFactory;
use ringwall_checks::{Check, Target};
use ringwall_engine::ENGINE_CHECKS;

use crate::{
    args::{Cli, GenerateArgs},
    exit::Exit,
};

pub(super) fn run(args: &GenerateArgs) -> Result<Exit> {
    let mut files = BTreeMap::new();
    man_pages(&mut files)?;
    check_pages(&mut files);
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

fn man_pages(files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    let command = Cli::command();
    let mut render = |command: &clap::Command, name: &str| -> Result<()> {
        let mut page = Vec::new();
        let titled = command.clone().name(name.to_owned());
        clap_mangen::Man::new(titled).date("").render(&mut page)?;
        files.insert(
            format!("docs/man/{name}.1").into(),
            String::from_utf8(page)?,
        );
        Ok(())
    };
    render(&command, "ringwall")?;
    for subcommand in command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        render(subcommand, &format!("ringwall-{}", subcommand.get_name()))?;
    }
    Ok(())
}

/// A page for each check, and one that lists them.
fn check_pages(files: &mut BTreeMap<PathBuf, String>) {
    let mut list =
        String::from("# Checks\n\nWritten by `ringwall generate` from the checks themselves.\n");
    for target in Target::ALL {
        let mut checks: Vec<&'static dyn Check> = ringwall_checks::all()
            .filter(|check| check.meta().target == target)
            .collect();
        checks.sort_by_key(|check| (std::cmp::Reverse(check.meta().severity), check.meta().id));
        let _ = write!(
            list,
            "\n## {}\n\n| Check | Severity | Ring | Finds |\n|---|---|---|---|\n",
            target.as_str()
        );
        for check in checks {
            let meta = check.meta();
            let _ = writeln!(
                list,
                "| [{0}](checks/{0}.md) | {1} | {2} | {3} |",
                meta.id,
                meta.severity,
                meta.ring,
                meta.title.replace('|', "\\|")
            );
            files.insert(
                format!("docs/checks/{}.md", meta.id).into(),
                check_page(check),
            );
        }
    }
    list.push_str("\n## Said by the scan itself\n\n| Id | Says |\n|---|---|\n");
    for own in ENGINE_CHECKS {
        let place = if own.is_not_assessed {
            "not assessed: "
        } else {
            ""
        };
        let _ = writeln!(list, "| {} | {place}{} |", own.id, own.title);
    }
    files.insert("docs/checks.md".into(), list);
}

fn check_page(check: &'static dyn Check) -> String {
    let meta = check.meta();
    let controls = if meta.controls.is_empty() {
        "none".to_owned()
    } else {
        meta.controls.join(", ")
    };
    format!(
        "# {}\n\n{}.\n\n| Severity | Ring | Over | Since | Controls |\n|---|---|---|---|---|\n| {} | {} | {} | {} | {controls} |\n\n{}",
        meta.id,
        meta.title,
        meta.severity,
        meta.ring,
        meta.target.as_str(),
        meta.since,
        meta.page().markdown()
    )
}

/// Pages of checks that are no more.
fn stale_pages(root: &Path, files: &BTreeMap<PathBuf, String>) -> Result<Vec<PathBuf>> {
    let folder = root.join("docs/checks");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut stale = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let relative = path.strip_prefix(root).unwrap_or(&path);
        if path.extension().is_some_and(|end| end == "md") && !files.contains_key(relative) {
            stale.push(path);
        }
    }
    stale.sort();
    Ok(stale)
}
