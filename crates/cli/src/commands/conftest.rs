//! `ringwall scan -o conftest`: Rego in conftest's way, with its forms and its exit codes.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, bail};
use ringwall_collect::{Candidate, Content, DEFAULT_LIMIT_BYTES};
use ringwall_config::Format as ConfigFormat;
use ringwall_engine::Input;
use ringwall_model::{Date, Source};
use ringwall_policy::{
    conftest::{CheckResult, ConfigFile, Conftest, RuleResult},
    manifest::Problem,
};
use ringwall_report::{ConftestForm, ConftestLocation, ConftestMessage, ConftestResult};
use serde::Deserialize;

use super::rego;
use crate::{
    args::{RegoArgs, ScanArgs, parse_config_format},
    exit::Exit,
    output,
};

/// Where conftest looks for policies when nobody says.
const POLICY: &str = "policy";

/// The package conftest asks when nobody says.
const MAIN: &str = "main";

/// `conftest.toml` in the working directory: what conftest would do without flags.
#[expect(
    clippy::struct_excessive_bools,
    reason = "conftest's own flags, as its file has them"
)]
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ConftestToml {
    policy: OneOrMany,
    namespace: OneOrMany,
    data: OneOrMany,
    all_namespaces: bool,
    combine: bool,
    fail_on_warn: bool,
    parser: Option<String>,
    show_builtin_errors: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

impl ConftestToml {
    fn read() -> Result<Self> {
        let path = Path::new("conftest.toml");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = ringwall_collect::read_text(path)
            .map_err(|reason| anyhow::anyhow!("conftest.toml {reason}"))?;
        toml::from_str(&text).map_err(|error| anyhow::anyhow!("conftest.toml: {}", error.message()))
    }
}

pub(super) fn run(args: &ScanArgs, input: &Input, form: ConftestForm, as_of: Date) -> Result<Exit> {
    match check(args, input, form, as_of) {
        // Its 2 says that something fails, by `--fail-on-warn`.
        Err(error) if !output::is_broken_pipe(&error) => {
            output::say_error(&output::words(&error));
            Ok(Exit::ConftestError)
        }
        result => result,
    }
}

fn check(args: &ScanArgs, input: &Input, form: ConftestForm, as_of: Date) -> Result<Exit> {
    let file = ConftestToml::read()?;
    let rego = RegoArgs {
        rego_namespace: or(&args.rego.rego_namespace, &file.namespace),
        all_rego_namespaces: args.rego.all_rego_namespaces
            || (file.all_namespaces && args.rego.rego_namespace.is_empty()),
        data: or_paths(&args.rego.data, &file.data),
        show_builtin_errors: args.rego.show_builtin_errors || file.show_builtin_errors,
        ..args.rego.clone()
    };
    let combine = args.conftest.combine || file.combine;
    let fail_on_warn = args.conftest.fail_on_warn || file.fail_on_warn;
    let policies = or_paths(&args.what.policy, &file.policy);
    if policies.is_empty() && !Path::new(POLICY).exists() {
        bail!(
            "policies are looked for in the folder {POLICY}, as conftest does, which is not here; name others with --policy"
        );
    }
    let conftest = load(&policies, &rego, as_of)?;
    if !conftest.refused().is_empty() {
        return Err(unusable(conftest.refused()));
    }
    let mut failures = Vec::new();
    let parser = match (&args.conftest.parser, &file.parser) {
        (None, Some(name)) => Some(
            parse_config_format(name)
                .map_err(|reason| anyhow::anyhow!("conftest.toml: parser: {name} {reason}"))?,
        ),
        (parser, _) => *parser,
    };
    let files = read(args, input, parser, &mut failures);
    if files.is_empty() && failures.is_empty() {
        failures.push("no files found that a parser of conftest reads".to_owned());
    }
    let namespaces: Vec<String> = if rego.all_rego_namespaces {
        conftest.namespaces().map(str::to_owned).collect()
    } else if rego.rego_namespace.is_empty() {
        vec![MAIN.to_owned()]
    } else {
        let patterns = conftest.namespaces_like(&rego.rego_namespace);
        patterns.map_err(|reason| anyhow::anyhow!("--rego-namespace: {reason}"))?
    };
    let mut results = Vec::new();
    for namespace in &namespaces {
        if combine {
            match conftest.check_combined(&files, namespace) {
                Ok(result) => results.push(shown(result)),
                Err(error) => failures.push(error.to_string()),
            }
            continue;
        }
        for file in &files {
            match conftest.check(file, namespace) {
                Ok(result) => results.push(shown(result)),
                Err(error) => failures.push(error.to_string()),
            }
        }
    }
    let mut out = output::open(args.output.output_file.as_deref())?;
    ringwall_report::conftest(&results, form, &mut *out)?;
    out.flush()?;
    for failure in &failures {
        output::say_error(failure);
    }
    Ok(exit(args, fail_on_warn, &results, !failures.is_empty()))
}

fn or(flag: &[String], file: &OneOrMany) -> Vec<String> {
    if flag.is_empty() {
        file.list()
    } else {
        flag.to_vec()
    }
}

fn or_paths(flag: &[PathBuf], file: &OneOrMany) -> Vec<PathBuf> {
    if flag.is_empty() {
        file.list().into_iter().map(PathBuf::from).collect()
    } else {
        flag.to_vec()
    }
}

fn exit(args: &ScanArgs, fail_on_warn: bool, results: &[ConftestResult], has_failed: bool) -> Exit {
    let fails = results.iter().any(|result| !result.failures.is_empty());
    let warns = results.iter().any(|result| !result.warnings.is_empty());
    match (fail_on_warn, fails, warns) {
        // What could not be judged is no success in any form.
        _ if has_failed => Exit::ConftestError,
        _ if args.output.exit_zero => Exit::Clean,
        (true, true, _) => Exit::ConftestFailures,
        (false, true, _) | (true, false, true) => Exit::Findings,
        _ => Exit::Clean,
    }
}

/// The policies of files and folders.
pub(super) fn load(paths: &[PathBuf], args: &RegoArgs, as_of: Date) -> Result<Conftest> {
    let default = [PathBuf::from(POLICY)];
    let paths = if paths.is_empty() { &default } else { paths };
    let mut policies = Vec::new();
    for (name, content) in ringwall_collect::read_texts(paths, &["rego"]) {
        match content {
            Ok(text) => policies.push(Arc::new(Source::new(name, text))),
            Err(reason) => bail!("{name} {reason}"),
        }
    }
    if policies.is_empty() {
        let listed: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        bail!("{}: holds no policies in Rego", listed.join(", "));
    }
    let data = rego::data(&args.data)?;
    let options = rego::options(args, as_of);
    Conftest::load(&policies, &data, Arc::new(rego::Files), &options)
        .map_err(|problems| unusable(&problems))
}

fn unusable(problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the policies cannot be used\n  {}", lines.join("\n  "))
}

/// Every file that has a parser, parsed; what cannot be is told.
fn read(
    args: &ScanArgs,
    input: &Input,
    parser: Option<ConfigFormat>,
    failures: &mut Vec<String>,
) -> Vec<ConfigFile> {
    let mut files = Vec::new();
    let here = fs::canonicalize(".").unwrap_or_default();
    if let Some(content) = &input.stdin {
        parse(
            "-",
            &here,
            content,
            parser.unwrap_or(ConfigFormat::Yaml),
            &mut files,
            failures,
        );
    }
    for candidate in &input.files.files {
        let Some(format) = parser.or_else(|| ConfigFormat::from_file_name(&candidate.name)) else {
            // In a folder there may be anything; what is named is meant.
            if args.paths.contains(&candidate.path) {
                let name = &candidate.name;
                failures.push(format!(
                    "{name}: no parser is known for it; --parser names one"
                ));
            }
            continue;
        };
        let folder = folder(candidate);
        let content = ringwall_collect::read(candidate, DEFAULT_LIMIT_BYTES);
        parse(
            &candidate.name,
            &folder,
            &content,
            format,
            &mut files,
            failures,
        );
    }
    for unreadable in &input.files.unreadable {
        failures.push(format!("{}: {}", unreadable.name, unreadable.reason));
    }
    files
}

/// The folder of a file, from the root.
fn folder(candidate: &Candidate) -> PathBuf {
    let real = fs::canonicalize(&candidate.path).unwrap_or_else(|_| candidate.path.clone());
    real.parent().map(Path::to_owned).unwrap_or_default()
}

fn parse(
    name: &str,
    folder: &Path,
    content: &Content,
    format: ConfigFormat,
    files: &mut Vec<ConfigFile>,
    failures: &mut Vec<String>,
) {
    let text = match content {
        Content::Text(text) | Content::Utf16(text) | Content::InvalidUtf8 { text, .. } => text,
        Content::Binary { .. } => return failures.push(format!("{name}: is no text")),
        Content::TooLarge { .. } => return failures.push(format!("{name}: is too large")),
        Content::Unreadable(reason) => return failures.push(format!("{name}: {reason}")),
    };
    match ringwall_config::parse(format, text.as_bytes()) {
        Ok(content) => files.push(ConfigFile {
            name: name.to_owned(),
            folder: folder.display().to_string(),
            content,
        }),
        Err(error) => failures.push(format!(
            "{name}:{}:{}: {}",
            error.line, error.column, error.message
        )),
    }
}

fn shown(result: CheckResult) -> ConftestResult {
    let all = |results: Vec<RuleResult>| results.into_iter().map(message).collect();
    ConftestResult {
        filename: result.file_name,
        namespace: result.namespace,
        successes: result.successes,
        warnings: all(result.warnings),
        failures: all(result.failures),
        exceptions: all(result.exceptions),
    }
}

fn message(result: RuleResult) -> ConftestMessage {
    ConftestMessage {
        msg: result.message,
        location: result.location.map(|location| ConftestLocation {
            file: location.file,
            line: location.line.and_then(|line| line.parse().ok()),
        }),
        metadata: result.metadata,
    }
}
