//! Judges every object of some folders by the policies in them, again and again, and prints how long reviews took.
//!
//! ```console
//! $ cargo run --release -p ringwall-policy --example reviews -- ITERATIONS rego|cel PATH...
//! ```
//!
//! The same as Gatekeeper's `gator bench`, so that both can be held against each other: what is neither a template
//! nor a constraint is an object, every object stands in the inventory, and a review is one object before all
//! constraints. The answer is one line of JSON; times are in nanoseconds.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement, which reads files and the clock"
)]

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::AdmissionRequest,
    gatekeeper::{
        EnforcementPoint, Engine, Gatekeeper, InventoryStore, Options, Surroundings, is_policy,
    },
    manifest::Manifest,
};
use serde_json::json;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds that are not counted: caches and indexes are as they are in a process that has run for a while.
const WARM_UP: usize = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let iterations: usize = arguments.next().ok_or("no number of iterations")?.parse()?;
    let preferred_engine = match arguments.next().as_deref() {
        Some("rego") => Engine::Rego,
        Some("cel") => Engine::Cel,
        _ => return Err("the engine is rego or cel".into()),
    };
    let mut manifests = Vec::new();
    for path in arguments {
        read(Path::new(&path), &mut manifests)?;
    }
    let (policies, objects): (Vec<_>, Vec<_>) = manifests.into_iter().partition(is_policy);

    let start = Instant::now();
    let options = Options {
        preferred_engine,
        ..Options::default()
    };
    let (gatekeeper, problems) = Gatekeeper::load(&policies, &options);
    if let Some(problem) = problems.iter().find(|problem| !problem.is_warning) {
        return Err(format!("{}: {}", problem.subject, problem.message).into());
    }
    let loading = start.elapsed();

    let start = Instant::now();
    let mut store = InventoryStore::new();
    for object in &objects {
        store.insert(&object.object);
    }
    let inventory = store.snapshot();
    let filling = start.elapsed();

    let requests: Vec<_> = (objects.into_iter())
        .map(|manifest| AdmissionRequest::from_object(manifest.object))
        .collect();
    let surroundings = Surroundings::new(&inventory).at(EnforcementPoint::Gator);
    let mut times = Vec::with_capacity(iterations.saturating_mul(requests.len()));
    let mut violations = 0;
    for round in 0..iterations.saturating_add(WARM_UP) {
        for request in &requests {
            let start = Instant::now();
            let found = gatekeeper.review(request, &surroundings);
            if round >= WARM_UP {
                times.push(start.elapsed());
                violations += found.len();
            }
        }
    }
    let all: Duration = times.iter().sum();
    times.sort_unstable();
    let at = |per_mille: usize| {
        let place = times.len().saturating_sub(1) * per_mille / 1_000;
        times.get(place).map(Duration::as_nanos)
    };
    let answer = json!({
        "objects": requests.len(),
        "violations": violations,
        "load": loading.as_nanos(),
        "inventory": filling.as_nanos(),
        "mean": all.as_nanos() / times.len().max(1) as u128,
        "p50": at(500),
        "p99": at(990),
        "max": at(1_000),
    });
    println!("{answer}");
    Ok(())
}

/// Reads a file, or all files below a folder in the order of their names.
fn read(path: &Path, manifests: &mut Vec<Manifest>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_, std::io::Error>>()?;
        entries.sort();
        for entry in entries {
            read(&entry, manifests)?;
        }
        return Ok(());
    }
    let text = fs::read_to_string(path)?;
    let (read, diagnostics) = Manifest::read(&Arc::new(Source::new(path.to_string_lossy(), text)));
    if let Some(diagnostic) = diagnostics.first() {
        return Err(format!("{}: {}", path.display(), diagnostic.message).into());
    }
    manifests.extend(read);
    Ok(())
}
