//! What judges requests, as flags and `ringwall.toml` say: the same for `serve` and `replay`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use ringwall_collect::{find_config, path_from, real_path};
use ringwall_engine::{
    CheckActions, Config, RegistryConfig, ServeConfig, ServeFailurePolicy, ServeFix,
};
use ringwall_model::{Date, Safety, Severity};
use ringwall_policy::pod_security::{PodSecurity, Request};
use ringwall_server::{
    BreakGlass, BuiltIn, Bundles, Exemptions, FailurePolicy, LiveWorld, PolicySource, Rules,
};

use crate::args::{
    RegoArgs,
    serve::{DecideArgs, Fixes, JudgeArgs, OnFailure},
};

/// The configuration with the file it came from; by default there is none.
#[derive(Default)]
pub(super) struct Configured {
    pub(super) file: Option<PathBuf>,
    text: String,
    pub(super) serve: ServeConfig,
    pub(super) registries: BTreeMap<String, RegistryConfig>,
    has_image_policy: bool,
    /// The folder with reports about images, as seen from here.
    pub(super) reports: Option<PathBuf>,
}

impl Configured {
    pub(super) fn load(given: Option<&PathBuf>) -> Result<Self> {
        let file = given.cloned().or_else(|| {
            find_config(Path::new("."))
                .map(|found| path_from(&real_path(Path::new(".")), &found).into())
        });
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let text = super::config::read(&file)?;
        let config = Config::parse(&ringwall_collect::printed_name(&file), &text)?;
        let reports = config.image_reports_folder(&file.display().to_string());
        Ok(Self {
            file: Some(file),
            has_image_policy: config.image_policy.is_some(),
            reports,
            serve: config.serve,
            registries: config.registries,
            text,
        })
    }

    /// A path of the configuration, which counts from its folder.
    pub(super) fn path(&self, path: Option<&PathBuf>) -> Option<PathBuf> {
        let folder = self
            .file
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        path.map(|path| folder.join(path))
    }
}

/// Where policies come from, and what keeps the objects that they ask for.
pub(super) struct Judged {
    pub(super) sources: Vec<PolicySource>,
    pub(super) world: Arc<LiveWorld>,
}

/// What judges, by the policies of some paths; as of a day, or of whichever day it is.
pub(super) fn judged(
    judge: &JudgeArgs,
    rego: &RegoArgs,
    configured: &Configured,
    policies: &[PathBuf],
    as_of: Option<Date>,
) -> Result<Judged> {
    let built_in = built_in(judge, &configured.serve, as_of)?;
    let judges_nothing = built_in.pod_security == PodSecurity::default()
        && !built_in.checks
        && !configured.has_image_policy;
    if judges_nothing && policies.is_empty() {
        bail!(
            "nothing would be judged, and everything admitted; give --policy, --pod-security or --checks, or an [image-policy] in ringwall.toml"
        );
    }
    if let Some(file) = &configured.file {
        let name = file.display().to_string();
        built_in
            .try_config(&name, &configured.text)
            .map_err(anyhow::Error::msg)?;
    }
    if let (Some(flag), true) = (rego.given(), policies.is_empty()) {
        bail!("{flag} has a meaning only with --policy");
    }
    // Later, a folder that vanishes leaves its policies in force; now there are none, and all would be admitted.
    let mut given = policies.iter().chain(&rego.data);
    if let Some(path) = given.find(|path| !path.exists()) {
        bail!("{}: no such file or folder", path.display());
    }
    let mut files = ringwall_collect::texts(policies, Bundles::EXTENSIONS);
    if judges_nothing && files.next().is_none() {
        bail!(
            "nothing would be judged, and everything admitted: --policy names no file that could hold a policy"
        );
    }
    let mut sources = vec![PolicySource {
        paths: configured.file.iter().cloned().collect(),
        extensions: &[],
        loader: Arc::new(built_in),
    }];
    let world = Arc::new(LiveWorld::default());
    if !policies.is_empty() {
        let (policies, data) = (policies.to_vec(), rego.data.clone());
        let today = as_of.unwrap_or_else(super::scan::today);
        let settings = super::rego::settings_without_data(rego, today);
        sources.push(PolicySource {
            paths: policies.iter().chain(&data).cloned().collect(),
            extensions: Bundles::EXTENSIONS,
            loader: Arc::new(Bundles::new(Arc::clone(&world)).with_rego(settings, policies, data)),
        });
    }
    Ok(Judged { sources, world })
}

fn built_in(judge: &JudgeArgs, serve: &ServeConfig, as_of: Option<Date>) -> Result<BuiltIn> {
    let level =
        |flag: Option<Request>, configured: &Option<String>, key: &str| match (flag, configured) {
            (Some(level), _) => Ok(Some(level)),
            (None, Some(text)) => text
                .parse()
                .map(Some)
                .with_context(|| format!("serve.{key}")),
            (None, None) => Ok(None),
        };
    let fix = match (judge.fix, serve.fix) {
        (Some(Fixes::None), _) | (None, None | Some(ServeFix::None)) => None,
        (Some(Fixes::Safe), _) | (None, Some(ServeFix::Safe)) => Some(Safety::Safe),
        (Some(Fixes::Unsafe), _) | (None, Some(ServeFix::Unsafe)) => Some(Safety::Unsafe),
    };
    Ok(BuiltIn {
        pod_security: PodSecurity {
            enforce: level(judge.pod_security, &serve.pod_security, "pod-security")?,
            warn: level(
                judge.pod_security_warn,
                &serve.pod_security_warn,
                "pod-security-warn",
            )?,
        },
        checks: judge.checks || serve.checks.unwrap_or(false),
        actions: CheckActions {
            deny: Some(judge.deny.or(serve.deny).unwrap_or(Severity::High)),
            warn: Some(judge.warn.or(serve.warn).unwrap_or(Severity::Medium)),
            fix,
            honours_annotations: serve.honour_annotations,
        },
        as_of,
        reports: Arc::default(),
    })
}

/// What decides besides the policies.
pub(super) fn rules(decide: &DecideArgs, serve: &ServeConfig) -> Result<Rules> {
    let exempt = &serve.exempt;
    let mut namespaces = exempt.namespaces.clone();
    namespaces.extend(decide.exempt_namespace.iter().cloned());
    let failure_policy = match (decide.failure_policy, serve.failure_policy) {
        (Some(OnFailure::Deny), _) | (None, None | Some(ServeFailurePolicy::Deny)) => {
            FailurePolicy::Deny
        }
        (Some(OnFailure::Allow), _) | (None, Some(ServeFailurePolicy::Allow)) => {
            FailurePolicy::Allow
        }
        (Some(OnFailure::Error), _) | (None, Some(ServeFailurePolicy::Error)) => {
            FailurePolicy::Error
        }
    };
    if !serve.break_glass.namespaces.is_empty() {
        bail!("serve.break-glass: namespaces mean nothing here; name users or groups");
    }
    Ok(Rules {
        exemptions: Exemptions::new(&namespaces, &exempt.users, &exempt.groups)?,
        break_glass: BreakGlass::new(&serve.break_glass.users, &serve.break_glass.groups)?,
        failure_policy,
        ..Rules::default()
    })
}
