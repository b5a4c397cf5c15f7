//! An API server that cannot be reached, goes, comes back, or does not know us any more.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_server::setup::certificates::{Authority, Usage, Wanted};
use serde_json::{Value, json};

use crate::{
    audit::REPORTS,
    control_plane::{ControlPlane, Flags, programs, wait_for},
    installation::Installation,
    ringwall::{Ringwall, argument, write},
};

const POLICY: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: owned}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
  - {expression: 'has(object.metadata.labels) && has(object.metadata.labels.owner)', message: no owner}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: owned, validationActions: [Deny]}
";

/// What is installed for the policy.
fn installation() -> Installation {
    let installation = Installation::new("webhook", &[]);
    installation.policy("owned.yaml", POLICY);
    installation
}

fn wait_for_log(ringwall: &Ringwall, part: &str) {
    wait_for(part, || {
        let log = ringwall.log();
        log.contains(part).then_some(()).ok_or(log)
    });
}

/// Waits until exactly these ConfigMaps of a namespace have a report.
fn wait_for_reports(plane: &ControlPlane, ringwall: &Ringwall, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&name| name.to_owned()).collect();
    wait_for(&format!("reports on {expected:?}"), || {
        let answer = plane.kubectl(&["-n", "shop", "get", "reports.openreports.io", "-o", "json"]);
        let list: Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
        let names: BTreeSet<String> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|report| report["scope"]["name"].as_str().unwrap_or("").to_owned())
            .collect();
        (names == expected)
            .then_some(())
            .ok_or_else(|| format!("{names:?}\n{}", ringwall.log()))
    });
}

#[test]
fn an_api_server_may_be_away_at_first_and_go_and_come_back() {
    let Some(programs) = programs() else {
        return;
    };
    let mut plane = ControlPlane::start(&programs, &Flags::default());
    plane
        .apply("reports.yaml", REPORTS)
        .expect("the definitions of reports");
    plane.must(&["create", "namespace", "shop"]);
    plane.must(&["-n", "shop", "create", "configmap", "first"]);
    plane.stop_api_server();

    let installation = installation();
    let ringwall = installation.audit(&argument(&plane.kubeconfig()));
    wait_for_log(&ringwall, "cannot ask the cluster what it serves");
    assert!(ringwall.health("/readyz").contains("200 OK"));
    plane.start_api_server();
    wait_for_reports(&plane, &ringwall, &["first"]);

    plane.stop_api_server();
    wait_for_log(&ringwall, "a watch broke off and begins anew");
    assert!(
        ringwall.health("/readyz").contains("200 OK"),
        "requests are judged without it"
    );
    plane.start_api_server();
    // Made and mended before the watches are there again: nothing of it may be missed.
    plane.must(&["-n", "shop", "create", "configmap", "second"]);
    plane.must(&["-n", "shop", "label", "configmap", "first", "owner=me"]);
    wait_for_reports(&plane, &ringwall, &["second"]);
    plane.must(&["-n", "shop", "delete", "configmap", "second"]);
    wait_for_reports(&plane, &ringwall, &[]);
}

/// A kubeconfig with a client certificate that ends at a moment.
fn kubeconfig(plane: &ControlPlane, clients: &Authority, until: SystemTime) -> String {
    let pair = clients
        .issue(&Wanted {
            common_name: "ringwall",
            names: &[],
            usage: Usage::Client,
            until,
        })
        .expect("a certificate");
    let own = std::fs::read_to_string(plane.kubeconfig()).expect("the kubeconfig");
    let mut own: Value = serde_json::from_str(&own).expect("JSON");
    own["users"][0]["user"] = json!({
        "client-certificate-data": STANDARD.encode(&pair.certificate),
        "client-key-data": STANDARD.encode(&pair.key),
    });
    own.to_string()
}

#[test]
fn an_expired_client_certificate_is_told_and_stops_nothing_else() {
    let Some(programs) = programs() else {
        return;
    };
    let installation = installation();
    let day = Duration::from_secs(86_400);
    let clients = Authority::new("clients", SystemTime::now() + day * 2).expect("an authority");
    let authority = write(
        installation.folder(),
        "clients.crt",
        &clients.pair().certificate,
    );
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![format!("--client-ca-file={}", argument(&authority))],
            admission_plugins: Vec::new(),
        },
    );
    plane
        .apply("reports.yaml", REPORTS)
        .expect("the definitions of reports");
    plane.must(&["create", "namespace", "shop"]);
    plane.must(&["-n", "shop", "create", "configmap", "bare"]);
    plane.must(&[
        "create",
        "clusterrolebinding",
        "ringwall",
        "--clusterrole=cluster-admin",
        "--user=ringwall",
    ]);
    let expired = kubeconfig(
        &plane,
        &clients,
        SystemTime::now() - Duration::from_secs(60),
    );
    let file = write(installation.folder(), "kubeconfig", &expired);
    let ringwall = installation.audit(&argument(&file));
    wait_for_log(
        &ringwall,
        "does not accept our credentials; a client certificate or token may have expired",
    );
    assert!(ringwall.health("/readyz").contains("200 OK"));
    drop(ringwall);

    let good = kubeconfig(&plane, &clients, SystemTime::now() + day);
    let file = write(installation.folder(), "kubeconfig", &good);
    let ringwall = installation.audit(&argument(&file));
    wait_for_reports(&plane, &ringwall, &["bare"]);
}
