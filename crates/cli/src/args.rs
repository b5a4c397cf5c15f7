//! Arguments as people write them; each command turns them into meaning once.

pub(crate) mod db;
pub(crate) mod image;
pub(crate) mod registry;
pub(crate) mod registry_listing;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod trust;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ringwall_checks::Target;
use ringwall_config::Format as ConfigFormat;
use ringwall_engine::Framework;
use ringwall_model::{Date, Ring, Severity};
use ringwall_policy::{conftest::RegoVersion, pod_security::Request};
use ringwall_report::ConftestForm;

use self::db::DatabaseArgs;

const AFTER_HELP: &str = "\
Exit codes:
  0  everything was looked at, and nothing is at or above --fail-on
  1  findings at or above --fail-on (with --pod-security: any violation)
  2  wrong usage or configuration
  3  no such finding, but something could not be looked at";

/// What the product is, in one line.
const ABOUT: &str = "Kubernetes security in four rings: cloud, cluster, container, code";

/// The form of a report that is for people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Text,
    /// JSON, version 1
    Json,
}

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "ringwall", version, about = ABOUT, long_about = ABOUT, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge what is about to ship: manifests, Dockerfiles, secrets
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(Box<ScanArgs>),
    /// Tell what an image in a registry or a file holds
    #[command(after_help = image::EXAMPLES)]
    Image(image::ImageArgs),
    /// Tell what is in a registry: stale, unsigned, unpinned, vulnerable, infected, unused; and delete it
    #[command(after_help = registry_listing::EXAMPLES)]
    Registry(Box<registry_listing::RegistryListingArgs>),
    /// Build the advisory database, and tell what is in it
    #[command(after_help = db::EXAMPLES)]
    Db(db::DbArgs),
    /// Fetch the authorities and logs by which signatures are verified, and tell how new they are
    #[command(after_help = trust::EXAMPLES)]
    Trust(trust::TrustArgs),
    /// Answer an API server: admission, image policy and audit webhooks over HTTPS
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<serve::ServeArgs>),
    /// Tell what policies would have decided on recorded requests
    #[command(after_help = replay::EXAMPLES)]
    Replay(Box<replay::ReplayArgs>),
    /// Write the files that an API server needs to ask ringwall, or check those that are there
    #[command(after_help = setup::EXAMPLES)]
    Setup(setup::SetupArgs),
    /// Test policies: suites of Gatekeeper's gator, and `test_` rules of Rego
    #[command(after_help = POLICY_EXAMPLES)]
    Policy(PolicyArgs),
    /// Show the page of a check
    #[command(
        after_help = "Examples:\n  ringwall explain privileged-container\n  ringwall explain audit-policy policy.yaml --request \"create pods -n dev\""
    )]
    Explain(ExplainArgs),
    /// List the checks
    #[command(
        after_help = "Example:\n  ringwall checks --ring container --severity high --control pss"
    )]
    Checks(ChecksArgs),
    /// Print the completions of a shell
    #[command(
        after_help = "Example:\n  ringwall completions bash > /etc/bash_completion.d/ringwall"
    )]
    Completions(CompletionsArgs),
    /// Write or compare what is generated from the binary: man pages, pages of checks, schemas
    #[command(hide = true)]
    Generate(GenerateArgs),
}

const POLICY_EXAMPLES: &str = "\
Examples:
  ringwall policy test policies/                   every suite and every test_ rule below
  ringwall policy test --run privileged policies/  those with this word in their names";

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) what: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Run suites of `test.gatekeeper.sh` and the rules of Rego that are named `test_`
    #[command(after_help = POLICY_EXAMPLES)]
    Test(PolicyTestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyTestArgs {
    /// Files and folders with policies and their tests
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests with this word in their names
    #[arg(long, value_name = "WORD")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) rego: RegoArgs,
}

const SCAN_EXAMPLES: &str = "\
Examples:
  ringwall scan .                                  the worst things first
  ringwall scan deploy/ -o sarif --output-file out.sarif
  helm template shop | ringwall scan -             what a chart renders to
  ringwall scan --pod-security restricted:v1.33 .  what admission would refuse
  ringwall scan --policy policies/ .               what your own policies would refuse
  ringwall scan --changed origin/main .            what this branch touches
  ringwall scan --fix .                            apply the safe fixes, and prove them";

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) what: WhatArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) accept: AcceptArgs,
    #[command(flatten)]
    pub(crate) fix: FixArgs,
    #[command(flatten)]
    pub(crate) rego: RegoArgs,
    #[command(flatten)]
    pub(crate) conftest: ConftestArgs,
}

/// Rego in files of its own, wherever it judges.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Rego policies, as conftest has them")]
pub(crate) struct RegoArgs {
    /// Ask the rules of this package [default: all packages; with -o conftest, main]
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) rego_namespace: Vec<String>,
    /// Ask the rules of all packages
    #[arg(long, conflicts_with = "rego_namespace")]
    pub(crate) all_rego_namespaces: bool,
    /// The grammar of all policies [default: version 1, and 0 for files that are none of it]
    #[arg(long, value_name = "VERSION", value_parser = parse_rego_version)]
    pub(crate) rego_version: Option<RegoVersion>,
    /// YAML and JSON that policies see below `data`
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Vec<PathBuf>,
    /// Take a builtin that fails for an error
    #[arg(long)]
    pub(crate) show_builtin_errors: bool,
}

impl RegoArgs {
    /// A flag that would change nothing without policies, if one is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            (!self.rego_namespace.is_empty(), "--rego-namespace"),
            (self.all_rego_namespaces, "--all-rego-namespaces"),
            (self.rego_version.is_some(), "--rego-version"),
            (!self.data.is_empty(), "--data"),
            (self.show_builtin_errors, "--show-builtin-errors"),
        ];
        let mut given = flags.into_iter().filter(|(is_given, _)| *is_given);
        given.next().map(|(_, flag)| flag)
    }
}

/// What has a meaning only where conftest's own forms are asked for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "With -o conftest and its kin")]
pub(crate) struct ConftestArgs {
    /// Read every file by this parser of conftest, such as yaml, hcl2, dockerfile
    #[arg(long, value_name = "NAME", value_parser = parse_config_format)]
    pub(crate) parser: Option<ConfigFormat>,
    /// Judge all files together
    #[arg(long)]
    pub(crate) combine: bool,
    /// End with 1 for warnings and 2 for failures
    #[arg(long)]
    pub(crate) fail_on_warn: bool,
}

impl ConftestArgs {
    /// A flag that would change nothing in other forms, if one is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.parser.is_some(), "--parser"),
            (self.combine, "--combine"),
            (self.fail_on_warn, "--fail-on-warn"),
        ];
        let mut given = flags.into_iter().filter(|(is_given, _)| *is_given);
        given.next().map(|(_, flag)| flag)
    }
}

fn parse_rego_version(word: &str) -> Result<RegoVersion, String> {
    match word {
        "v0" | "0" => Ok(RegoVersion::V0),
        "v1" | "1" => Ok(RegoVersion::V1),
        _ => Err("is neither v0 nor v1".to_owned()),
    }
}

pub(crate) fn parse_config_format(name: &str) -> Result<ConfigFormat, String> {
    ConfigFormat::from_name(name).ok_or_else(|| {
        let names: Vec<_> = ConfigFormat::all().map(ConfigFormat::name).collect();
        format!("is none of {}", names.join(", "))
    })
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What is judged")]
pub(crate) struct WhatArgs {
    /// Run only these checks
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Do not run these checks
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Run only checks that serve these standards: pss, nsa, cis
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) framework: Vec<Framework>,
    /// Give only the violations of a Pod Security level: baseline, restricted:v1.33
    #[arg(long, value_name = "LEVEL[:VERSION]")]
    pub(crate) pod_security: Option<Request>,
    /// Judge by the policies in these files and folders too: Gatekeeper's, admission policies, Rego
    #[arg(long, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Report only what changed since a revision: HEAD, origin/main, A...B
    #[arg(long, value_name = "REV")]
    pub(crate) changed: Option<String>,
    /// Read files that git ignores too
    #[arg(long)]
    pub(crate) all_files: bool,
    /// Leave out paths, in the grammar of .gitignore
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Use this configuration instead of the nearest ringwall.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with source excerpts
    Text,
    /// JSON, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    #[value(help = "JUnit XML, for test reports")]
    Junit,
    /// One file for the browser
    Html,
    /// For a comment on a pull request
    Markdown,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// What kubesec v2 gives, with its exit code
    Kubesec,
    /// The JSON that conftest gives for Rego policies, with its exit codes
    Conftest,
    /// conftest's lines
    ConftestStdout,
    /// conftest's TAP
    ConftestTap,
    /// conftest's table
    ConftestTable,
    #[value(help = "conftest's JUnit XML")]
    ConftestJunit,
    /// conftest's SARIF
    ConftestSarif,
    /// conftest's annotations of GitHub Actions
    ConftestGithub,
    /// conftest's log of Azure DevOps
    ConftestAzuredevops,
}

impl Format {
    /// Which of conftest's forms it is, if it is one.
    pub(crate) const fn conftest(self) -> Option<ConftestForm> {
        match self {
            Self::Conftest => Some(ConftestForm::Json),
            Self::ConftestStdout => Some(ConftestForm::Stdout),
            Self::ConftestTap => Some(ConftestForm::Tap),
            Self::ConftestTable => Some(ConftestForm::Table),
            Self::ConftestJunit => Some(ConftestForm::Junit),
            Self::ConftestSarif => Some(ConftestForm::Sarif),
            Self::ConftestGithub => Some(ConftestForm::Github),
            Self::ConftestAzuredevops => Some(ConftestForm::AzureDevops),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Where the output is a terminal and `NO_COLOR` is not set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Show findings from this severity on; the rest is counted [default: medium]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<Severity>,
    /// End with 1 from this severity on [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// End with 0 in place of 1 and 3
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Report what was looked at and is right, too
    #[arg(long)]
    pub(crate) show_passed: bool,
    /// Colour the text
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What is accepted")]
pub(crate) struct AcceptArgs {
    /// Accept what this baseline knows
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what counts now as a baseline; to --baseline or ringwall-baseline.json
    #[arg(long, conflicts_with_all = ["fix", "diff"])]
    pub(crate) write_baseline: bool,
    /// Judge exceptions as of this day (UTC) [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
}

/// Which fixes are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixLevel {
    /// Those that are not expected to change what runs
    Safe,
    /// Also those that may change what runs
    Unsafe,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Fixing")]
pub(crate) struct FixArgs {
    /// Apply fixes in place; each is parsed and judged again before it stays
    #[arg(long, value_name = "LEVEL", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    pub(crate) fix: Option<FixLevel>,
    /// Print the fixes as a diff instead of applying them
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(crate) struct ExplainArgs {
    /// Id of a check
    #[arg(value_name = "ID", required = true)]
    pub(crate) id: Option<String>,
    #[command(subcommand)]
    pub(crate) explained: Option<Explained>,
}

/// What can be explained besides a check.
#[derive(Debug, Subcommand)]
pub(crate) enum Explained {
    /// Tell which rule of an audit policy a request meets, and how much of it is logged
    #[command(
        after_help = "Examples:\n  ringwall explain audit-policy policy.yaml --request \"create pods -n dev\"\n  ringwall explain audit-policy policy.yaml --request \"get deployments.apps/scale web -n dev\" --user alice\n  ringwall explain audit-policy policy.yaml --request \"get /healthz\" --group system:nodes"
    )]
    AuditPolicy(AuditPolicyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditPolicyArgs {
    /// File with the policy; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The request: a verb, a resource or path, perhaps the name of an object, -n NAMESPACE
    #[arg(long, value_name = "REQUEST")]
    pub(crate) request: String,
    /// Name of the user; without it, one that no rule names
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Group of the user, besides those that every user of its kind has; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// API group of the resource, in place of one behind its name
    #[arg(long, value_name = "GROUP")]
    pub(crate) api_group: Option<String>,
    /// Subresource, in place of one behind the resource
    #[arg(long, value_name = "NAME")]
    pub(crate) subresource: Option<String>,
    /// Name of the object, in place of one behind the resource
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ChecksArgs {
    /// Only checks of this ring
    #[arg(long)]
    pub(crate) ring: Option<Ring>,
    /// Only checks over this target: workload, dockerfile, rbac, network, ingress, secret, control-plane
    #[arg(long, value_parser = parse_target)]
    pub(crate) target: Option<Target>,
    /// Only checks of at least this severity
    #[arg(long)]
    pub(crate) severity: Option<Severity>,
    /// Only checks with a control that begins so: pss, cis:5.2, mitre:T1611
    #[arg(long, value_name = "PREFIX")]
    pub(crate) control: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_target(word: &str) -> Result<Target, String> {
    Target::ALL
        .into_iter()
        .find(|target| target.as_str() == word)
        .ok_or_else(|| {
            format!("'{word}' is none of workload, dockerfile, rbac, network, ingress, secret, control-plane")
        })
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Fail where a file would change, and write nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Root of the repository
    #[arg(long, default_value = ".")]
    pub(crate) root: PathBuf,
}
