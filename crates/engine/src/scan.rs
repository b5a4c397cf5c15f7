//! The whole way: read, judge, except, order.

mod across;
mod gathered;
mod reading;
mod roots;
mod sources;
mod template;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;
use ringwall_collect::{Candidate, Content, Files, Inputs, Role, Roots};
use ringwall_model::{Date, Report, Source};
use ringwall_policy::{bundle::Bundle, pod_security::Request};

pub use self::sources::SourceMap;
use self::{
    across::across_objects,
    gathered::Gathered,
    reading::{FileResult, ask_rego, at_a_time, read_files, read_stdin},
};
pub(crate) use self::{across::judge_alone, roots::find_roots};
use crate::{
    Baseline, Comparison, Config, ConfigError, Selection,
    changes::{self, Known, Touch},
    exceptions::{ConfigExceptions, Exceptions, TrivyIgnore},
    file::Judge,
    fix::object_names,
    flaws::Advisories,
    lock_files, policies,
    rego::RegoJudge,
};

/// What is scanned.
#[derive(Debug, Default)]
pub struct Input {
    /// Files and what could not be read.
    pub files: Inputs,
    /// What standard input gave, if it was asked for.
    pub stdin: Option<Content>,
}

/// How a scan is done.
pub struct Options<'a> {
    /// Which checks run.
    pub selection: &'a Selection,
    /// `ringwall.toml`, or its defaults.
    pub config: &'a Config,
    /// The text of `ringwall.toml`; an empty source where there is none.
    pub config_source: &'a Source,
    /// Judge only this level of the Pod Security Standards.
    pub pod_security: Option<Request>,
    /// Policies that users bring.
    pub policies: Option<&'a Arc<Bundle>>,
    /// What the packages of lock files are judged by.
    pub advisories: Advisories<'a>,
    /// The day on which exceptions are judged.
    pub as_of: Date,
    /// Findings that were there before.
    pub baseline: Option<&'a Baseline>,
    /// Report only what changed.
    pub changes: Option<&'a Comparison>,
    /// Report what was looked at and is right.
    pub show_passed: bool,
    /// Largest file that is read, in bytes.
    pub limit_bytes: u64,
    /// Called after each file with how many are done and how many there are.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

/// What a scan gives.
pub struct Outcome {
    /// Findings, what could not be looked at, and counts.
    pub report: Report,
    /// The texts that findings point into.
    pub sources: SourceMap,
}

/// Reads and judges everything.
///
/// # Errors
///
/// Only for exceptions in the configuration whose patterns cannot be used; nothing in the scanned files is an error.
pub fn scan(input: &Input, options: &Options<'_>) -> Result<Outcome, ConfigError> {
    let mut scene = look(input, Files::Now, options)?;
    if let Some(Comparison { changes, before }) = options.changes {
        let touch = Touch::new(changes, &scene.objects, &scene.roots);
        let Gathered {
            findings,
            not_assessed,
            ..
        } = &mut scene.gathered;
        let known = if changes::is_open(&touch, findings, not_assessed) {
            let was = Input {
                files: before.inputs.clone(),
                stdin: None,
            };
            let was = look(&was, Files::Before(before), options)?.gathered;
            Some(Known::new(&was.findings, &was.not_assessed, before))
        } else {
            None
        };
        changes::keep(&touch, known, findings, not_assessed);
    }
    Ok(scene.gathered.finish(options))
}

/// What there is to say about files as they are, or as they were.
struct Scene {
    gathered: Gathered,
    /// Of each file, where only changes are reported.
    objects: changes::Objects,
    roots: Roots,
}

/// Reads and judges everything, and says what counts.
fn look(input: &Input, state: Files<'_>, options: &Options<'_>) -> Result<Scene, ConfigError> {
    let is_today = matches!(state, Files::Now);
    let settings = options.config.settings(options.as_of);
    let pod_paths = options.config.pod_paths();
    let images = options
        .config
        .image_policy(&options.config_source.name, options.as_of)?;
    let judge = Judge {
        selection: options.selection,
        settings: &settings,
        pod_paths: &pod_paths,
        pod_security: options.pod_security,
        images: images.as_ref(),
        advisories: options.advisories,
        excepts_images: options.config.excepts_images(),
        show_passed: options.show_passed && is_today,
    };
    let config = Arc::new(ConfigExceptions::new(
        options.config,
        options.config_source,
    )?);
    let roots = find_roots(&input.files, state, options.limit_bytes);
    let rego = options
        .policies
        .and_then(|bundle| RegoJudge::new(bundle, options.selection, policies::now(options.as_of)));

    let done = AtomicUsize::new(0);
    let total = input.files.files.len();
    let when_judged = |candidate: &Candidate, result: &mut FileResult| {
        let is_template = matches!(roots.file_role(&candidate.name), Role::ChartTemplate(_));
        if let Some(rego) = rego.filter(|_| !is_template) {
            ask_rego(&rego, candidate, result);
        }
        // Findings about exceptions point into the configuration, and gaps about policies into these.
        let is_ours = *candidate.name == *options.config_source.name
            || ringwall_policy::conftest::is_rego(&candidate.name);
        if !is_ours {
            result.release_text();
        }
        if let Some(progress) = options.progress.filter(|_| is_today) {
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        }
    };
    let files = input.files.files.par_chunks(at_a_time(total));
    let mut results: Vec<FileResult> = files
        .flat_map_iter(|files| {
            read_files(
                files,
                (state, &roots),
                &judge,
                options.limit_bytes,
                when_judged,
            )
        })
        .collect();
    if let Some(content) = &input.stdin {
        let mut result = read_stdin(content, &judge);
        if let (Some(rego), Some(judged)) = (&rego, &mut result.judged) {
            rego.judge(judged, None);
        }
        result.tell_of_nothing();
        results.push(result);
    }

    let across = if options.pod_security.is_none() {
        let judged = results.iter().filter_map(|result| result.judged.as_ref());
        across_objects(judged, &judge)
    } else {
        Vec::new()
    };
    let said = options.policies.map(|bundle| {
        let judged = results.iter().filter_map(|result| result.judged.as_ref());
        policies::judge(bundle, judged, options.selection, options.as_of)
    });
    let judged = results
        .par_iter()
        .filter_map(|result| result.judged.as_ref());
    let names = judged
        .filter(|judged| object_names::may_matter(judged))
        .flat_map_iter(|judged| object_names::names(&judged.documents))
        .collect();
    // Trees are not needed any more, and what is gathered next takes their room.
    results.par_iter_mut().for_each(|result| {
        if let Some(judged) = &mut result.judged {
            judged.documents = Vec::new();
        }
    });
    let mut gathered = Gathered::default();
    gathered.sources.names = names;
    gathered.unreadable(&input.files);
    gathered.roots(&roots, options.pod_security.is_some());
    // Room for all of them at once.
    let judged = results.iter().filter_map(|result| result.judged.as_ref());
    let in_files: usize = judged.map(|judged| judged.findings.len()).sum();
    let in_all: usize = across.iter().map(Vec::len).sum();
    gathered.findings.reserve_exact(in_files + in_all);
    gathered.sources.files.reserve(results.len());
    let mut trivy = Vec::new();
    let mut marks = HashMap::new();
    let mut objects = changes::Objects::new();
    for mut result in results {
        gathered.add(&mut result);
        trivy.extend(
            result
                .trivyignore
                .map(|source| TrivyIgnore::new(&source, options.as_of)),
        );
        let Some(judged) = result.judged else {
            continue;
        };
        let name = &judged.source.name;
        if options.changes.is_some() && is_today {
            let found = (Arc::clone(&judged.source), judged.objects);
            objects.insert(Arc::clone(name), found);
        }
        if !judged.marks.is_empty() {
            marks.insert(Arc::clone(name), judged.marks);
        }
    }
    gathered.findings.extend(across.into_iter().flatten());
    if let Some(said) = said {
        gathered.findings.extend(said.findings);
        gathered.not_assessed.extend(said.not_assessed);
    }
    let unassessed = lock_files::unassessed(
        options.advisories,
        gathered.lock_files,
        options.selection,
        options.as_of,
    );
    gathered.not_assessed.extend(unassessed);
    gathered.keep_texts_of_findings_since(in_files);
    gathered.conceal_since(in_files);
    let exceptions = Exceptions {
        marks,
        config,
        trivy,
        as_of: options.as_of,
        pods_only: options.pod_security.is_some(),
    };
    gathered.settle(options, &exceptions);
    Ok(Scene {
        gathered,
        objects,
        roots,
    })
}
