//! Judges reviews as a server does, with patches for what is refused, but without HTTP: for a profiler, which wants one
//! thread and no waiting.
//!
//! ```console
//! $ cargo run --profile profiling -p ringwall-server --example verdicts -- POLICIES OBJECTS REVIEWS [ROUNDS]
//! ```
//!
//! `POLICIES` and `OBJECTS` are folders, of which the second is the inventory; `REVIEWS` holds AdmissionReviews as JSON,
//! one a line. The answer is one line of JSON; times are in nanoseconds.
#![expect(
    clippy::print_stdout,
    reason = "the numbers are what this program is for"
)]

use std::{
    env,
    error::Error,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ringwall_engine::{CheckActions, ReportCache};
use ringwall_policy::{admission::NoDeadline, pod_security::PodSecurity};
use ringwall_server::{
    BuiltIn, Bundles, LiveWorld, Policies, PolicySource, Route, Rules, wire::admission_review,
};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut path = |what| arguments.next().map(PathBuf::from).ok_or(what);
    let folder = path("no folder with policies is given")?;
    let objects = path("no folder with objects is given")?;
    let reviews = fs::read_to_string(path("no file with reviews is given")?)?;
    let rounds: u32 = arguments.next().map_or(Ok(1), |text| text.parse())?;

    let world = Arc::new(LiveWorld::default());
    let built_in = BuiltIn {
        pod_security: PodSecurity::default(),
        checks: false,
        actions: CheckActions {
            deny: None,
            warn: None,
            fix: None,
            honours_annotations: false,
        },
        as_of: None,
        reports: Arc::new(ReportCache::default()),
    };
    let policies = Policies::new(vec![
        PolicySource {
            paths: Vec::new(),
            extensions: &[],
            loader: Arc::new(built_in),
        },
        PolicySource {
            paths: vec![folder],
            extensions: Bundles::EXTENSIONS,
            loader: Arc::new(Bundles::new(Arc::clone(&world))),
        },
    ]);
    world.read(&[objects])?;
    let set = policies.current();
    let rules = Rules::default();
    // However long it takes under a profiler.
    let until = Instant::now() + Duration::from_secs(86_400);
    let (mut verdicts, mut searches) = (Vec::new(), Vec::new());
    for review in (0..rounds).flat_map(|_| reviews.lines()) {
        let start = Instant::now();
        let (_, request) = admission_review::parse(review.as_bytes())?;
        let mut decision = rules.decide(Route::Validate, &set, &request, &NoDeadline);
        verdicts.push(start.elapsed());
        if !decision.allowed {
            let start = Instant::now();
            let found = rules.suggestion(&set, &request, &decision, until, &NoDeadline);
            decision.suggestion = found.unwrap_or(None);
            let _ = decision.answer(&request);
            searches.push((start.elapsed(), decision.suggestion.is_some()));
        }
    }
    let mean = |times: &mut dyn Iterator<Item = Duration>, count: usize| {
        let all: Duration = times.sum();
        all.as_nanos() / count.max(1) as u128
    };
    println!(
        "{}",
        json!({
            "reviews": verdicts.len(),
            "verdict": mean(&mut verdicts.iter().copied(), verdicts.len()),
            "refused": searches.len(),
            "mended": searches.iter().filter(|(_, is_found)| *is_found).count(),
            "search": mean(&mut searches.iter().map(|(time, _)| *time), searches.len()),
        })
    );
    Ok(())
}
