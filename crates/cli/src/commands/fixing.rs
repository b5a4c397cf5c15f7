//! What `ringwall scan` does with fixes: a patch, or files that are written.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_collect::{DEFAULT_LIMIT_BYTES, project_root, real_path};
use ringwall_engine::{FixOutcome, FixedFile, Outcome};
use ringwall_model::{Safety, Severity};
use ringwall_report::clean;

use super::scan::first_folder;
use crate::{
    args::{FixLevel, Format, ScanArgs},
    output,
    workflow_commands::ForPeople,
};

/// Prints what fixing would change, and says what is left out because a secret would be printed with it.
pub(super) fn print_diff(args: &ScanArgs, outcome: &Outcome, fixed: &FixOutcome) -> Result<()> {
    const WHY: &str = "not in the diff, as a secret stands there; --fix without --diff applies it";
    let mut out = output::open(args.output.output_file.as_deref())?;
    let mut log = ForPeople::new(io::stderr().lock());
    let paths = fixed.files.iter();
    let paths: Vec<PathBuf> = paths
        .map(|file| real_path(disk_path(outcome, file).unwrap_or(Path::new(&*file.before.name))))
        .collect();
    let folder = patch_folder(args, &paths);
    if folder != real_path(Path::new(".")) {
        let folder = clean(&folder.to_string_lossy()).into_owned();
        writeln!(
            log,
            "the patch names files from {folder}, where it can be applied: patch -p1 -d {folder}"
        )?;
    }
    for (file, path) in fixed.files.iter().zip(&paths) {
        let name = &file.before.name;
        let secrets = outcome.sources.secrets(name);
        let inside = path.strip_prefix(&folder).unwrap_or(path);
        let parts: Vec<&[u8]> = inside.iter().map(OsStr::as_encoded_bytes).collect();
        let patch =
            ringwall_report::patch_between(&parts.join(&b'/'), &file.before, &file.after, secrets);
        let hidden = match &patch {
            Some(_) => &[][..],
            None => &file.fixed,
        };
        out.write_all(patch.unwrap_or_default().as_bytes())?;
        let name = clean(name);
        for (check, message) in file.unshown.iter().chain(hidden) {
            writeln!(log, "in {name}: {check}: {}: {WHY}", clean(message))?;
        }
        for (severity, check, message) in &file.came {
            let message = clean(message);
            writeln!(
                log,
                "in {name}: {severity} {check} comes with it: {message}"
            )?;
        }
        say_refused(file, &format!("in {name}: "), &mut log)?;
    }
    if fixed.files.is_empty() {
        writeln!(log, "there is nothing to fix{}", left_out(args, outcome))?;
    }
    out.flush()?;
    Ok(())
}

/// What is said of fixes that are not asked for: behind a word about there being none.
fn left_out(args: &ScanArgs, outcome: &Outcome) -> String {
    if args.fix.fix == Some(FixLevel::Unsafe) {
        return String::new();
    }
    let fixes = outcome.report.findings.iter().filter(|finding| {
        let fix = finding.fix.as_ref();
        finding.fails() && fix.is_some_and(|fix| fix.safety == Safety::Unsafe)
    });
    match fixes.count() {
        0 => String::new(),
        1 => "; one finding has a fix that may change what runs: --fix=unsafe".to_owned(),
        count => {
            format!("; {count} findings have fixes that may change what runs: --fix=unsafe")
        }
    }
}

/// From where a patch names files: `git apply` and `patch` take no path that leads out of the folder they run in. That
/// is the working directory where all files are in it, else their repository, else the root of the file system.
fn patch_folder(args: &ScanArgs, paths: &[PathBuf]) -> PathBuf {
    let here = real_path(Path::new("."));
    let root = project_root(first_folder(args));
    let mut folders = [Some(here), root].into_iter().flatten();
    folders
        .find(|folder| paths.iter().all(|path| path.starts_with(folder)))
        .unwrap_or_else(|| PathBuf::from("/"))
}

/// Where a file stands that was fixed.
fn disk_path<'o>(outcome: &'o Outcome, file: &FixedFile) -> Option<&'o Path> {
    outcome
        .sources
        .path(&file.before.name)
        .map(PathBuf::as_path)
}

/// Writes the fixed files and says of each what was fixed and how that was proved, so that all is told that was
/// changed even where a later file cannot be written; on stdout only where a report for people follows.
pub(super) fn apply(args: &ScanArgs, outcome: &Outcome, fixed: &FixOutcome) -> Result<()> {
    let for_people = args.output.output == Format::Text && args.output.output_file.is_none();
    let mut out: Box<dyn Write> = if for_people {
        Box::new(ForPeople::new(io::stdout().lock()))
    } else {
        Box::new(ForPeople::new(io::stderr().lock()))
    };
    if fixed.files.iter().all(|file| file.fixed.is_empty()) {
        writeln!(out, "nothing was fixed{}", left_out(args, outcome))?;
    }
    for file in &fixed.files {
        let name = clean(&file.before.name);
        if !file.fixed.is_empty() {
            replace(outcome, file)?;
            writeln!(
                out,
                "fixed {name}: {} gone, {}; parsed, checked against the schema and judged again",
                file.fixed.len(),
                came_words(&file.came)
            )?;
            for (check, message, times) in told_once(&file.fixed) {
                let times = if times > 1 {
                    format!(" ({times} times)")
                } else {
                    String::new()
                };
                writeln!(out, "  {check}: {}{times}", clean(message))?;
            }
            for (severity, check, message) in &file.came {
                writeln!(out, "  new, {severity}: {check}: {}", clean(message))?;
            }
        }
        say_refused(file, "  ", &mut out)?;
    }
    if fixed.files.iter().any(|file| !file.fixed.is_empty()) {
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

/// What has come with fixes: `none new`, `and low unpinned-image has come`.
fn came_words(came: &[(Severity, String, String)]) -> String {
    let mut names: Vec<String> = came
        .iter()
        .map(|(severity, check, _)| format!("{severity} {check}"))
        .collect();
    names.dedup();
    match names.as_slice() {
        [] => "none new".to_owned(),
        [one] => format!("and {one} has come"),
        [all @ .., last] => format!("and {} and {last} have come", all.join(", ")),
    }
}

/// Checks with their messages, each once and with how often it is there, in the order of the first.
fn told_once(fixed: &[(String, String)]) -> Vec<(&str, &str, usize)> {
    let mut places = BTreeMap::new();
    let mut told: Vec<(&str, &str, usize)> = Vec::new();
    for (check, message) in fixed {
        let place = *places.entry((check, message)).or_insert(told.len());
        match told.get_mut(place) {
            Some((_, _, times)) => *times += 1,
            None => told.push((check, message, 1)),
        }
    }
    told
}

/// Writes a fixed file, if it still is what was judged: an editor may have saved it meanwhile.
fn replace(outcome: &Outcome, file: &FixedFile) -> Result<()> {
    let name = &file.before.name;
    let path = disk_path(outcome, file).with_context(|| format!("{name} has no path"))?;
    let now = ringwall_collect::read_path(path, DEFAULT_LIMIT_BYTES);
    if now.text() != Some(&file.before.text) {
        bail!("{name} has changed while its fixes were tried, and was left alone; run this again");
    }
    ringwall_collect::write_atomic(path, file.after.as_bytes())?;
    Ok(())
}

/// Says which fixes of a file were refused, and why.
fn say_refused(file: &FixedFile, start: &str, out: &mut dyn Write) -> Result<()> {
    for (check, message, reason) in &file.refused {
        let (message, reason) = (clean(message), clean(reason));
        writeln!(out, "{start}refused {check}: {message}: {reason}")?;
    }
    Ok(())
}
