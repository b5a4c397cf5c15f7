//! Generated pods, judged by the API server's own admission and by ringwall: no difference.
//!
//! Pods are sent as dry runs, so that nothing is stored; the API server's Pod Security admission and
//! `ValidatingAdmissionPolicy` are those of the release under test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::{Action, AdmissionRequest, Judge as _, NoDeadline, Operation},
    bundle::{Bundle, BundleJudge, FixedWorld},
    gatekeeper::EnforcementPoint,
    pod_security::PodSecurity,
};
use serde_json::{Value, json};

use crate::control_plane::{ControlPlane, Flags, programs, text};

/// Pods of one run; `RINGWALL_AGREEMENT_PODS` asks for more.
const PODS: usize = 100_000;

/// Threads that send pods.
const WORKERS: usize = 4;

/// A generator of which every run gives the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*, <https://www.jstatsoft.org/v08/i14/>
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(value).expect("31 bits") % sides
    }

    fn pick<'a>(&mut self, from: &'a [Value]) -> &'a Value {
        &from[self.roll(from.len())]
    }
}

/// A pod that the API server accepts but for policies.
fn pod(dice: &mut Dice, number: usize) -> Value {
    let bools = [Value::Null, json!(true), json!(false)];
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("p{number}"), "labels": {}},
        "spec": {"containers": []},
    });
    if dice.roll(2) == 0 {
        let tier = ["web", "db"][dice.roll(2)];
        pod["metadata"]["labels"] = json!({"owner": "shop", "tier": tier});
    }
    let spec = &mut pod["spec"];
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if dice.roll(12) == 0 {
            spec[field] = json!(true);
        }
    }
    let mut security = json!({});
    set(&mut security, "runAsNonRoot", dice.pick(&bools).clone());
    set(
        &mut security,
        "runAsUser",
        dice.pick(&[Value::Null, json!(0), json!(1000)]).clone(),
    );
    let seccomp = [
        Value::Null,
        json!({"type": "RuntimeDefault"}),
        json!({"type": "Unconfined"}),
        json!({"type": "Localhost", "localhostProfile": "p.json"}),
    ];
    set(&mut security, "seccompProfile", dice.pick(&seccomp).clone());
    let sysctls = [
        Value::Null,
        Value::Null,
        json!([{"name": "kernel.shm_rmid_forced", "value": "1"}]),
        json!([{"name": "kernel.msgmax", "value": "1"}]),
    ];
    set(&mut security, "sysctls", dice.pick(&sysctls).clone());
    if dice.roll(3) > 0 {
        spec["securityContext"] = security;
    }
    let volumes = [
        Value::Null,
        Value::Null,
        json!([{"name": "v", "emptyDir": {}}]),
        json!([{"name": "v", "hostPath": {"path": "/var"}}]),
        json!([{"name": "v", "nfs": {"server": "s", "path": "/"}}]),
    ];
    set(spec, "volumes", dice.pick(&volumes).clone());
    for list in ["containers", "initContainers"] {
        let count = if list == "containers" {
            1 + dice.roll(2)
        } else {
            dice.roll(2)
        };
        let containers: Vec<_> = (0..count)
            .map(|index| container(dice, &format!("{}{index}", &list[..1])))
            .collect();
        if !containers.is_empty() {
            spec[list] = Value::Array(containers);
        }
    }
    let spec = &mut pod["spec"];
    if spec.get("hostNetwork").is_some() {
        // Defaults of the API make host ports of all ports there, and what is judged is what was defaulted.
        for list in ["containers", "initContainers"] {
            let containers = spec.get_mut(list).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                set(container, "ports", Value::Null);
            }
        }
    }
    let sysctl = spec.pointer("/securityContext/sysctls/0/name");
    let is_shm = sysctl.is_some_and(|name| name == "kernel.shm_rmid_forced");
    if is_shm && spec.get("hostIPC").is_some() {
        // The API's own validation refuses both together.
        set(&mut spec["securityContext"], "sysctls", Value::Null);
    }
    pod
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let images = [
        json!("registry.example/shop/web:1.2"),
        json!("nginx"),
        json!("nginx:latest"),
        json!("ghcr.io/x/y:2"),
    ];
    let mut container = json!({"name": name, "image": dice.pick(&images)});
    let bools = [Value::Null, json!(true), json!(false)];
    let mut security = json!({});
    for field in [
        "privileged",
        "allowPrivilegeEscalation",
        "runAsNonRoot",
        "readOnlyRootFilesystem",
    ] {
        set(&mut security, field, dice.pick(&bools).clone());
    }
    let is_true = |field: &str| security.get(field) == Some(&json!(true));
    let is_false = |field: &str| security.get(field) == Some(&json!(false));
    if is_true("privileged") && is_false("allowPrivilegeEscalation") {
        // The API's own validation refuses both together.
        set(&mut security, "allowPrivilegeEscalation", Value::Null);
    }
    set(
        &mut security,
        "runAsUser",
        dice.pick(&[Value::Null, Value::Null, json!(0), json!(1000)])
            .clone(),
    );
    let capabilities = [
        Value::Null,
        json!({"drop": ["ALL"]}),
        json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        json!({"add": ["SYS_ADMIN"]}),
        json!({"add": ["CHOWN", "KILL"]}),
    ];
    set(
        &mut security,
        "capabilities",
        dice.pick(&capabilities).clone(),
    );
    let proc_mounts = [Value::Null, Value::Null, Value::Null, json!("Default")];
    set(&mut security, "procMount", dice.pick(&proc_mounts).clone());
    if dice.roll(4) > 0 {
        container["securityContext"] = security;
    }
    // Each container has a port of its own: the API's validation refuses one host port twice.
    let port = 80 + name.bytes().map(u16::from).sum::<u16>();
    let ports = [
        Value::Null,
        json!([{"containerPort": port}]),
        json!([{"containerPort": port, "hostPort": port}]),
        json!([{"containerPort": 8080, "hostPort": 8080}]),
    ];
    // One of the allowed host ports, which only the first container may have.
    let choices = if name == "c0" { 4 } else { 3 };
    set(
        &mut container,
        "ports",
        dice.pick(&ports[..choices]).clone(),
    );
    let resources = [
        Value::Null,
        json!({"limits": {"memory": "512Mi", "cpu": "500m"}}),
        json!({"limits": {"memory": "4Gi"}}),
    ];
    set(&mut container, "resources", dice.pick(&resources).clone());
    container
}

fn set(object: &mut Value, field: &str, value: Value) {
    match (value.is_null(), object.as_object_mut()) {
        (false, Some(members)) => drop(members.insert(field.to_owned(), value)),
        (true, Some(members)) => drop(members.remove(field)),
        _ => {}
    }
}

/// The policies in the world that the control plane has.
fn judge(plane: &ControlPlane) -> BundleJudge {
    let bundle = Arc::new(Bundle::load(&[Arc::new(Source::new(
        "policies.yaml",
        POLICIES,
    ))]));
    assert!(bundle.problems().is_empty(), "{:?}", bundle.problems());
    let mut known = bundle.objects().clone();
    let namespaces = plane.kubectl(&["get", "namespaces", "-o", "json"]);
    let namespaces: Value = serde_json::from_slice(&namespaces.stdout).expect("namespaces");
    for namespace in namespaces["items"].as_array().into_iter().flatten() {
        known.insert(Arc::new(namespace.clone()));
    }
    let world = FixedWorld::new(known, Duration::ZERO);
    bundle.judge(Arc::new(world), EnforcementPoint::Webhook)
}

/// What ringwall says against a pod, by Pod Security and by the policies.
fn ours(judge: &BundleJudge, namespace: &str, pod: &Value) -> Vec<String> {
    let mut object = pod.clone();
    object["metadata"]["namespace"] = json!(namespace);
    let mut request = AdmissionRequest::from_object(object);
    request.operation = Some(Operation::Create);
    let level = match namespace {
        "free" => "privileged",
        level => level,
    };
    let pod_security = PodSecurity {
        enforce: Some(level.parse().expect("a level")),
        warn: None,
    };
    let mut said = pod_security.review(&request, &NoDeadline).violations;
    said.extend(judge.review(&request, &NoDeadline).violations);
    said.into_iter()
        .filter(|violation| violation.action == Action::Deny)
        .map(|violation| violation.message)
        .collect()
}

const POLICIES: &str = include_str!("agreement_policies.yaml");

#[test]
fn the_api_server_and_ringwall_say_the_same_of_generated_pods() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    for (namespace, level) in [
        ("free", "privileged"),
        ("baseline", "baseline"),
        ("restricted", "restricted"),
    ] {
        let made = plane.kubectl(&["create", "namespace", namespace]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let label = format!("pod-security.kubernetes.io/enforce={level}");
        let labelled = plane.kubectl(&["label", "namespace", namespace, &label]);
        assert!(labelled.status.success(), "{}", text(&labelled.stderr));
    }
    plane
        .apply("policies.yaml", POLICIES)
        .expect("the policies");
    let judge = judge(&plane);
    let client = plane.client();
    // Policies take a moment to be in force, each its own: a pod that it refuses shows that one is.
    let good = json!({"name": "a", "image": "registry.example/shop/web:1.2"});
    let with = |field: &str, value: Value| {
        let mut container = good.clone();
        container[field] = value;
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "probe", "labels": {"tier": "web", "owner": "shop"}},
            "spec": {"containers": [container], "securityContext": {"runAsUser": 1000}}})
    };
    let mut root = with("name", json!("a"));
    root["spec"]["securityContext"]["runAsUser"] = json!(0);
    for (probe, expected) in [
        (with("image", json!("nginx:latest")), "latest: a"),
        (
            with("resources", json!({"limits": {"memory": "4Gi"}})),
            "more than one gibibyte",
        ),
        (
            with("ports", json!([{"containerPort": 80, "hostPort": 80}])),
            "host ports but 8080,8443",
        ),
        (root, "root in free by free"),
    ] {
        crate::control_plane::wait_for("the policies", || {
            let answer = client.create_pod("free", &probe);
            let is_there = answer.policy_message() == Some(expected);
            is_there.then_some(()).ok_or(answer.message)
        });
    }
    let count = std::env::var("RINGWALL_AGREEMENT_PODS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(PODS);
    let invalid = AtomicUsize::new(0);
    let differences: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (judge, client, invalid) = (&judge, plane.client(), &invalid);
                scope.spawn(move || {
                    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (worker as u64 + 1));
                    let mut differences = Vec::new();
                    for number in (worker..count).step_by(WORKERS) {
                        let pod = pod(&mut dice, number);
                        let namespace = ["free", "baseline", "restricted"][number % 3];
                        let theirs = client.create_pod(namespace, &pod);
                        if theirs.is_invalid() {
                            // No policy was asked about it.
                            invalid.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        let ours = ours(judge, namespace, &pod);
                        if theirs.is_allowed != ours.is_empty() {
                            differences.push(format!(
                                "{namespace} {pod}\n  server: {}\n  ringwall: {ours:?}",
                                theirs.message
                            ));
                        } else if let Some(expected) = theirs.policy_message()
                            && !ours.iter().any(|message| message == expected)
                        {
                            differences.push(format!(
                                "{namespace} {pod}\n  server says: {expected}\n  ringwall: {ours:?}"
                            ));
                        }
                    }
                    differences
                })
            })
            .collect();
        let all = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker"));
        all.flatten().collect()
    });
    let invalid = invalid.into_inner();
    println!(
        "{count} pods, of which {invalid} are none to the API; {} differences",
        differences.len()
    );
    assert!(
        invalid * 50 < count,
        "the generator makes pods that are none"
    );
    assert!(
        differences.is_empty(),
        "{}",
        differences
            .iter()
            .take(10)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
}
