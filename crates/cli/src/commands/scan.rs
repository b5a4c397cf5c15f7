//! `ringwall scan`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};
use ringwall_collect::{
    Before, Content, DEFAULT_LIMIT_BYTES, Exclude, Inputs, Walk, git, project_root,
};
use ringwall_engine::{
    Advisories, Baseline, Comparison, Config, FixPurpose, Input, Options, Selection,
    SelectionError, is_of_policy,
};
use ringwall_model::{Date, Report, Safety, Severity, Source};
use ringwall_policy::bundle::Bundle;

use super::{db, fixing};
use crate::{
    args::{FixLevel, Format, ScanArgs},
    exit::Exit,
    output,
    progress::Progress,
};

const BASELINE: &str = "ringwall-baseline.json";

pub(super) fn run(args: &ScanArgs) -> Result<Exit> {
    refuse_what_a_form_leaves_out(args)?;
    let (config, config_source) =
        super::config::load(args.what.config.as_deref(), first_folder(args))?;
    let selection = select(args, &config)?;
    let mut input = read_input(args, &config, &config_source)?;
    let baseline = match &args.accept.baseline {
        Some(path) if !args.accept.write_baseline => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read the baseline {}", path.display()))?;
            let folder = baseline_folder(args, path);
            Some(Baseline::parse(&text, &folder).with_context(|| path.display().to_string())?)
        }
        _ => None,
    };
    let changes = compare(args, &config, &config_source, &input.files)?;
    if let Some(form) = args.output.output.conftest() {
        let as_of = args.accept.as_of.unwrap_or_else(today);
        return super::conftest::run(args, &input, form, as_of);
    }
    if let Some(flag) = args.conftest.given() {
        bail!("{flag} has a meaning only with -o conftest and its kin");
    }
    if let (Some(flag), true) = (args.rego.given(), args.what.policy.is_empty()) {
        bail!("{flag} has a meaning only with --policy");
    }
    if args.what.pod_security.is_some() && !args.what.policy.is_empty() {
        bail!(
            "--pod-security gives the violations of a level and nothing else; leave out --policy"
        );
    }
    let as_of = args.accept.as_of.unwrap_or_else(today);
    let policies = super::policies::load(
        &args.what.policy,
        &super::rego::settings(&args.rego, as_of)?,
    )?;
    // Lock files that cannot be judged by it are in the report; a scan without any does without it.
    let database = db::open(&args.what.database).map_err(|error| output::words(&error));
    refuse_unknown_policies(args, &config, policies.as_deref())?;
    let after_fixes;
    let progress = Progress::new();
    let report_progress = |done, total| progress.report(done, total);
    let mut options = Options {
        selection: &selection,
        config: &config,
        config_source: &config_source,
        pod_security: args.what.pod_security,
        policies: policies.as_ref(),
        advisories: match &database {
            Ok(Some(database)) => Advisories::Database(database),
            Ok(None) => Advisories::Missing,
            Err(reason) => Advisories::Unusable(reason),
        },
        as_of,
        baseline: baseline.as_ref(),
        changes: changes.as_ref(),
        show_passed: args.output.show_passed,
        limit_bytes: DEFAULT_LIMIT_BYTES,
        progress: Some(&report_progress),
    };
    if args.output.output == Format::Kubesec {
        return super::kubesec::run(args, &input);
    }
    let mut outcome = ringwall_engine::scan(&input, &options)?;
    options.progress = None;
    progress.finish();

    if args.accept.write_baseline {
        return write_baseline(args, &outcome.report);
    }
    if args.fix.fix.is_some() || args.fix.diff {
        let safety = match args.fix.fix {
            Some(FixLevel::Unsafe) => Safety::Unsafe,
            _ => Safety::Safe,
        };
        let purpose = if args.fix.diff {
            FixPurpose::Show
        } else {
            FixPurpose::Apply
        };
        let fixed = ringwall_engine::fix(&outcome, &options, safety, purpose)?;
        if args.fix.diff {
            fixing::print_diff(args, &outcome, &fixed)?;
            return Ok(exit(args, &config, &outcome.report));
        }
        fixing::apply(args, &outcome, &fixed)?;
        // What is on disk now is judged, not what we believe of it. Standard input can be read only once.
        input.files = read_files(args, &config, &config_source)?;
        after_fixes = compare(args, &config, &config_source, &input.files)?;
        options.changes = after_fixes.as_ref();
        outcome = ringwall_engine::scan(&input, &options)?;
    }
    let severity = args
        .output
        .severity
        .or(config.severity)
        .unwrap_or(Severity::Medium);
    let mut out = output::open(args.output.output_file.as_deref())?;
    let written = output::write(
        &outcome.report,
        &outcome.sources,
        &args.output,
        severity,
        &mut *out,
    );
    // Who stopped reading the report is told by the exit code all the same.
    if let Err(error) = written
        && !output::is_broken_pipe(&error)
    {
        let file = args.output.output_file.as_deref();
        let place = file.map_or("standard output".into(), Path::to_string_lossy);
        return Err(error.context(format!("cannot write the report to {place}")));
    }
    let exit = exit(args, &config, &outcome.report);
    // The process ends here: freeing a million small values one by one would only take time.
    std::mem::forget((outcome, input));
    Ok(exit)
}

/// The forms of kubesec and conftest have no findings of ours: what would be done to those would be left out silently.
fn refuse_what_a_form_leaves_out(args: &ScanArgs) -> Result<()> {
    let form = args.output.output;
    let given = |flags: &[(bool, &'static str)]| {
        let mut flags = flags.iter();
        flags.find_map(|(is_given, flag)| is_given.then_some(*flag))
    };
    let changes_files = given(&[
        (args.fix.fix.is_some(), "--fix"),
        (args.fix.diff, "--diff"),
        (args.accept.write_baseline, "--write-baseline"),
    ]);
    if let (Some(flag), true) = (
        changes_files,
        form == Format::Kubesec || form.conftest().is_some(),
    ) {
        bail!("{flag} has no meaning with -o kubesec, -o conftest and its kin");
    }
    let what = &args.what;
    let chooses = given(&[
        (!what.only.is_empty(), "--only"),
        (!what.skip.is_empty(), "--skip"),
        (!what.framework.is_empty(), "--framework"),
        (what.pod_security.is_some(), "--pod-security"),
        (what.changed.is_some(), "--changed"),
        (args.accept.baseline.is_some(), "--baseline"),
        (args.output.fail_on.is_some(), "--fail-on"),
    ]);
    if let (Some(flag), Some(_)) = (chooses, form.conftest()) {
        bail!(
            "{flag} has no meaning with -o conftest and its kin, where every rule of the Rego is told as conftest tells it"
        );
    }
    Ok(())
}

fn exit(args: &ScanArgs, config: &Config, report: &Report) -> Exit {
    let threshold = match args.what.pod_security {
        Some(_) => Severity::Info,
        None => args
            .output
            .fail_on
            .or(config.fail_on)
            .unwrap_or(Severity::High),
    };
    if args.output.exit_zero {
        Exit::Clean
    } else if report.fails_at(threshold) {
        Exit::Findings
    } else if report.is_incomplete() {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// Today in UTC. A clock before 1970 is taken for 1970.
pub(super) fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Date::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

/// Where `ringwall.toml` and the repository are looked for.
pub(super) fn first_folder(args: &ScanArgs) -> &Path {
    let first = args.paths.iter().find(|path| path.as_os_str() != "-");
    first.map_or(Path::new("."), |path| path)
}

fn select(args: &ScanArgs, config: &Config) -> Result<Selection> {
    let or_config = |flag: &[String], configured: &[String]| {
        if flag.is_empty() {
            configured.to_vec()
        } else {
            flag.to_vec()
        }
    };
    let only = or_config(&args.what.only, &config.only);
    // Flags win over the configuration: who names a check wants it.
    let is_wanted = |skipped: &String| {
        let mut only = args.what.only.iter();
        only.any(|id| id == skipped || id.split_once('/').is_some_and(|(it, _)| it == skipped))
    };
    let skip = config.skip.iter().filter(|id| !is_wanted(id));
    let skip: Vec<_> = skip.chain(&args.what.skip).cloned().collect();
    Ok(Selection::new(&only, &skip, &args.what.framework)?)
}

/// An id of a policy that is not loaded would switch off everything, or nothing, in silence. The configuration is that
/// of other commands as well, which may have the policies; it is at fault only where nothing of it would run.
fn refuse_unknown_policies(
    args: &ScanArgs,
    config: &Config,
    policies: Option<&Bundle>,
) -> Result<()> {
    let known = policies.map(Bundle::ids).unwrap_or_default();
    let is_unknown = |id: &&String| is_of_policy(id) && !known.contains(*id);
    let what = &args.what;
    let mut given = what.only.iter().chain(&what.skip);
    let nothing = what.only.is_empty() && config.only.iter().all(|id| is_unknown(&id));
    let unknown = given
        .find(is_unknown)
        .or_else(|| config.only.first().filter(|_| nothing));
    if let Some(id) = unknown {
        return Err(SelectionError::unknown(id).into());
    }
    Ok(())
}

fn read_input(args: &ScanArgs, config: &Config, config_source: &Source) -> Result<Input> {
    let mut input = Input::default();
    if args.paths.iter().any(|path| is_stdin(path)) {
        input.stdin = Some(ringwall_collect::read_stdin(DEFAULT_LIMIT_BYTES));
        if let Some(Content::Unreadable(reason)) = &input.stdin {
            bail!("cannot read standard input: {reason}");
        }
    }
    input.files = read_files(args, config, config_source)?;
    Ok(input)
}

fn read_files(args: &ScanArgs, config: &Config, config_source: &Source) -> Result<Inputs> {
    Ok(ringwall_collect::walk(&walk(args, config, config_source)?))
}

fn walk(args: &ScanArgs, config: &Config, config_source: &Source) -> Result<Walk> {
    let paths = args.paths.iter().filter(|path| !is_stdin(path));
    let folder = Path::new(&*config_source.name).parent();
    Ok(Walk {
        paths: paths.cloned().collect(),
        // conftest knows nothing of git.
        all_files: args.what.all_files || args.output.output.conftest().is_some(),
        exclude: Exclude::new(&args.what.exclude)?
            .with_configured(&config.exclude, folder.unwrap_or(Path::new("")))?,
    })
}

/// What changed since the revision that is asked for, and the files as they were.
fn compare(
    args: &ScanArgs,
    config: &Config,
    config_source: &Source,
    files: &Inputs,
) -> Result<Option<Comparison>> {
    let Some(revision) = &args.what.changed else {
        return Ok(None);
    };
    let root = git::repository_root(first_folder(args))?;
    let changes = git::changed(revision, &root)?;
    let before = Before::new(&walk(args, config, config_source)?, files, &changes);
    Ok(Some(Comparison { changes, before }))
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// From where a baseline names files: the root of their repository, so that it does not matter where the command runs
/// and how it names its paths; without one, the folder of the baseline.
fn baseline_folder(args: &ScanArgs, baseline: &Path) -> PathBuf {
    let beside = || baseline.parent().unwrap_or(Path::new("")).to_owned();
    project_root(first_folder(args)).unwrap_or_else(beside)
}

fn write_baseline(args: &ScanArgs, report: &Report) -> Result<Exit> {
    let path = args
        .accept
        .baseline
        .clone()
        .unwrap_or_else(|| BASELINE.into());
    let text = Baseline::write(report, &baseline_folder(args, &path))?;
    ringwall_collect::write_atomic(&path, text.as_bytes())?;
    let count = report
        .findings
        .iter()
        .filter(|finding| finding.fails())
        .count();
    let unseen = report
        .not_assessed
        .iter()
        .filter(|item| item.counts())
        .count();
    writeln!(
        io::stderr(),
        "wrote {} with {count} findings and {unseen} things that could not be looked at",
        path.display()
    )?;
    Ok(Exit::Clean)
}
