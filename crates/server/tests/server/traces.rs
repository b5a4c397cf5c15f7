//! Traces that Gatekeeper's `Config` asks for: what became of each constraint, in the log.

use std::{
    fmt::{Debug, Write as _},
    fs,
    sync::{Arc, Mutex, OnceLock},
};

use ringwall_policy::pod_security::PodSecurity;
use ringwall_server::{BuiltIn, Bundles, LiveWorld, PolicySource};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{House, Plan, pod, review};

/// The log of all servers of these tests.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps each event as one line.
struct Log;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("ringwall")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LOG.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The traces of requests with this uid.
fn traced(uid: &str) -> Vec<String> {
    let log = LOG.lock().unwrap();
    let lines = log.iter();
    lines
        .filter(|line| line.contains("message=trace") && line.contains(uid))
        .cloned()
        .collect()
}

const POLICIES: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: nosecret}
spec:
  crd: {spec: {names: {kind: NoSecret}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package nosecret
      violation[{"msg": msg}] {
        msg := sprintf("%v holds %v", [input.review.object.metadata.name, input.review.object.data])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoSecret
metadata: {name: everywhere}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoSecret
metadata: {name: elsewhere}
spec: {match: {namespaces: [elsewhere]}}
---
apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec:
  validation:
    traces:
    - user: ann
      kind: {group: '', version: v1, kind: Pod}
    - user: ann
      kind: {group: '', version: v1, kind: Secret}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_the_config_names_are_followed_and_secrets_are_not_told() {
    static IS_SET: OnceLock<()> = OnceLock::new();
    IS_SET.get_or_init(|| tracing::subscriber::set_global_default(Log).unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.yaml"), POLICIES).unwrap();
    let path = folder.path().to_owned();
    let plan = Plan::default();
    let mut house = House::new(Plan {
        built_in: BuiltIn {
            pod_security: PodSecurity::default(),
            checks: false,
            ..plan.built_in
        },
        change: Box::new(move |settings| {
            settings.sources.push(PolicySource {
                paths: vec![path],
                extensions: Bundles::EXTENSIONS,
                loader: Arc::new(Bundles::new(Arc::new(LiveWorld::default()))),
            });
        }),
        ..plan
    })
    .await;
    let client = house.client();
    let ask = async |uid: &str, user: &str, object: serde_json::Value| {
        let mut asked = review(&object);
        asked["request"]["uid"] = json!(uid);
        asked["request"]["userInfo"]["username"] = json!(user);
        let answer = client.review("/validate", &asked).await;
        assert_eq!(answer["allowed"], false, "{answer}");
        traced(uid)
    };
    let mut object = pod(false);
    object["data"] = json!("none");
    assert_eq!(ask("uid-of-eve", "eve", object.clone()).await, [""; 0]);
    let lines = ask("uid-of-ann", "ann", object).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("NoSecret/elsewhere")
            && lines[0].contains("not matched: match.namespaces does not list shop"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("NoSecret/everywhere")
            && lines[1].contains("judged: violated; deny: web holds none"),
        "{lines:?}"
    );
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "data": {"password": "aHVudGVyMg=="},
    });
    let lines = ask("uid-of-a-secret", "ann", secret).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains("judged: violated"), "{lines:?}");
    assert!(!lines.concat().contains("aHVudGVyMg"), "{lines:?}");
    house.shut_down().await;
}
