//! The memory that the audit in the background takes for each object, against a real API server; in a process of its
//! own, every allocation of which is counted.
//!
//! The budget stands in `docs/serve.md`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests may fail loudly, and say why they skip"
)]

#[expect(dead_code, reason = "the tests of the cluster need more of it")]
#[path = "../cluster/control_plane.rs"]
mod control_plane;

use std::{
    fs,
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use peak_alloc::PeakAlloc;
use ringwall_cluster::Connection;
use ringwall_server::{
    Bundles, LiveWorld, Policies, PolicySource,
    background::{BackgroundAudit, Settings, Summary},
};
use serde_json::{Value, json};
use tokio::{
    runtime::Runtime,
    task::{JoinHandle, JoinSet},
};

use control_plane::{Client, ControlPlane, Flags, programs, wait_for};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Objects that are added between two measurements.
const COUNT: usize = 1_500;

/// One of so many objects violates the policy.
const VIOLATING: usize = 4;

/// What memory at rest may differ by.
const REST: usize = 16 << 10;

/// Bytes for each object that was judged.
const JUDGED: usize = 256;

/// Bytes for each violation, besides its message.
const VIOLATION: usize = 512;

/// Bytes for each object of a synced kind, and for each byte of its JSON.
const SYNCED: (usize, usize) = (1_024, 3);

const POLICY: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: owned}
spec:
  crd: {spec: {names: {kind: Owned}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package owned
      violation[{"msg": "no owner"}] { not input.review.object.metadata.labels.owner }
      violation[{"msg": "none"}] { count(data.inventory.namespace["default"].v1.ConfigMap) == 0 }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Owned
metadata: {name: maps}
spec: {match: {kinds: [{apiGroups: [''], kinds: [ConfigMap]}], namespaces: [default]}}
"#;

const SYNC: &str = "apiVersion: syncset.gatekeeper.sh/v1alpha1
kind: SyncSet
metadata: {name: maps}
spec: {gvks: [{group: '', version: v1, kind: ConfigMap}]}
";

/// A ConfigMap of some two kilobytes, as people write them: many fields, some long.
fn config_map(number: usize) -> Value {
    let mut data: serde_json::Map<String, Value> = (0..20)
        .map(|field| {
            let value = format!("value {field} of object {number}, which differs from all others");
            (format!("setting.{field}"), json!(value))
        })
        .collect();
    data.insert("file".to_owned(), json!(format!("{number} ").repeat(100)));
    let labels = if number.is_multiple_of(VIOLATING) {
        json!({"app": "shop"})
    } else {
        json!({"app": "shop", "owner": "web"})
    };
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("config-{number:06}"), "labels": labels},
        "data": data,
    })
}

/// An audit that runs; it ends with the value.
struct Audit {
    summary: Arc<Mutex<Summary>>,
    running: JoinHandle<()>,
}

impl Audit {
    fn start(runtime: &Runtime, plane: &ControlPlane, policies: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("policies.yaml"), policies.join("---\n"))
            .expect("the policies");
        let world = Arc::new(LiveWorld::default());
        let policies = Arc::new(Policies::new(vec![PolicySource {
            paths: vec![folder.path().to_owned()],
            extensions: Bundles::EXTENSIONS,
            loader: Arc::new(Bundles::new(Arc::clone(&world))),
        }]));
        assert_eq!(policies.current().broken, []);
        let connection = runtime
            .block_on(Connection::open(Some(&plane.kubeconfig()), None))
            .expect("a connection");
        let settings = Settings {
            flush_every: Duration::from_millis(50),
            ..Settings::default()
        };
        let audit = BackgroundAudit::new(connection, policies, world, settings);
        Self {
            summary: audit.summary(),
            running: runtime.spawn(audit.run()),
        }
    }

    fn summary(&self) -> Summary {
        *self.summary.lock().expect("no panic")
    }

    /// Waits until so many objects are known that violate the policy, and so many more than were `before` in all.
    fn settle(&self, plane: &ControlPlane, violating: usize, before: u64) -> usize {
        wait_for("the audit", || {
            let summary = self.summary();
            (summary.violating == violating as u64 && summary.objects >= before + COUNT as u64)
                .then_some(())
                .ok_or_else(|| format!("{summary:?}"))
        });
        // Buffers of what is on its way are gone when several answers of the API server later nothing is different.
        let mut last = Vec::new();
        wait_for("memory at rest", || {
            plane.kubectl(&["get", "--raw", "/readyz"]);
            last.push(MEMORY.current_usage());
            let latest = last.len().checked_sub(3).and_then(|from| last.get(from..));
            latest
                .filter(|latest| spread(latest) < REST)
                .map(|_| ())
                .ok_or_else(|| format!("{last:?}"))
        });
        MEMORY.current_usage()
    }
}

/// The difference of the largest and the smallest.
fn spread(sizes: &[usize]) -> usize {
    let most = sizes.iter().max().copied().unwrap_or_default();
    most - sizes.iter().min().copied().unwrap_or_default()
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Creates ConfigMaps, some at a time.
fn create(Client { runtime, client }: &Client, numbers: Range<usize>) {
    const AT_ONCE: usize = 16;
    let mut sent = JoinSet::new();
    runtime.block_on(async {
        for object in numbers.map(config_map) {
            let request = http::Request::post("/api/v1/namespaces/default/configmaps")
                .header("content-type", "application/json")
                .body(object.to_string().into_bytes())
                .expect("a request");
            let client = client.clone();
            sent.spawn(async move { client.request::<Value>(request).await });
            if sent.len() >= AT_ONCE {
                let made = sent.join_next().await.expect("some were sent");
                made.expect("no panic").expect("it is made");
            }
        }
        while let Some(made) = sent.join_next().await {
            made.expect("no panic").expect("it is made");
        }
    });
}

/// How many of the first objects violate the policy.
const fn violating(count: usize) -> usize {
    count.div_ceil(VIOLATING)
}

/// Checks the growth of memory for [`COUNT`] more objects.
fn check(what: &str, before: usize, after: usize, budget: usize) {
    let growth = after.saturating_sub(before);
    println!(
        "{what}: {} bytes for each object, budget {} ({before} to {after})",
        growth / COUNT,
        budget / COUNT
    );
    assert!(
        growth <= budget,
        "{what}: {growth} bytes for {COUNT} objects, budget {budget}"
    );
}

#[test]
fn memory_goes_with_violations_and_synced_kinds_and_hardly_with_objects() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    let client = plane.client();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let judged = COUNT * JUDGED + violating(COUNT) * VIOLATION;
    let stored = config_map(0).to_string().len();

    // What a connection and its first watches take once is taken before anything is measured.
    create(&client, 0..COUNT);
    let audit = Audit::start(&runtime, &plane, &[POLICY]);
    audit.settle(&plane, violating(COUNT), 0);
    let mut made = COUNT;
    let mut add = |audit: &Audit| {
        let before = audit.summary().objects;
        create(&client, made..made + COUNT);
        made += COUNT;
        audit.settle(&plane, violating(made), before)
    };
    let (first, second) = (add(&audit), add(&audit));
    check("judged", first, second, judged);
    drop(audit);

    let audit = Audit::start(&runtime, &plane, &[POLICY, SYNC]);
    audit.settle(&plane, violating(3 * COUNT), 0);
    let (first, second) = (add(&audit), add(&audit));
    println!("{stored} bytes of JSON");
    let synced = judged + COUNT * (SYNCED.0 + stored * SYNCED.1);
    check("judged and synced", first, second, synced);
}
