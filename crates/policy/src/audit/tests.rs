//! Expectations are those of the API server's own evaluator; `tests/audit` asks it where Go is there.

use std::sync::Arc;

use ringwall_input::yaml;
use ringwall_model::Source;

use super::{Level, Policy, Request, Target, Unreachable, problems, unreachable};

fn document(text: &str) -> yaml::Document {
    let source = Arc::new(Source::new("policy.yaml", text));
    let (mut documents, diagnostics) = yaml::parse(&source);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    documents.remove(0)
}

/// Level and rule of a request by `someone`, who is authenticated.
fn decide(policy: &str, request: &str) -> (Level, Option<usize>) {
    let document = document(policy);
    let policy = Policy::new(document.root());
    let groups = vec!["system:authenticated"];
    let request = Request::parse(request, "someone", groups).unwrap();
    let decision = policy.evaluate(&request);
    (decision.level, decision.rule.map(|(index, _)| index))
}

const POLICY: &str = "
rules:
- level: None
  users: [system:kube-proxy]
  verbs: [watch]
- level: None
  userGroups: [system:nodes]
- level: None
  nonResourceURLs: ['/healthz*', /version]
- level: Request
  verbs: [create]
  namespaces: [dev]
  resources:
  - group: ''
    resources: [pods]
- level: Metadata
  resources:
  - group: ''
    resources: [pods/log, pods/status, '*/proxy']
  - group: apps
    resources: ['deployments/*']
  - group: ''
    resources: [configmaps]
    resourceNames: [leader]
- level: RequestResponse
  namespaces: ['']
  resources:
  - group: '*'
    resources: [namespaces]
";

#[test]
fn the_first_rule_that_matches_counts() {
    for (request, level, rule) in [
        ("create pods -n dev", Level::Request, Some(3)),
        ("create pods -n prod", Level::None, None),
        ("get pods -n dev", Level::None, None),
        ("create pods/exec -n dev", Level::None, None),
        ("get pods/log -n dev", Level::Metadata, Some(4)),
        ("create services/proxy -n dev", Level::Metadata, Some(4)),
        (
            "get deployments.apps/scale -n dev",
            Level::Metadata,
            Some(4),
        ),
        ("get deployments.apps -n dev", Level::Metadata, Some(4)),
        ("get deployments -n dev", Level::None, None),
        ("update configmaps leader -n dev", Level::Metadata, Some(4)),
        ("list configmaps -n dev", Level::None, None),
        ("delete namespaces dev", Level::RequestResponse, Some(5)),
        ("delete namespaces dev -n dev", Level::None, None),
        ("get /healthz", Level::None, Some(2)),
        ("get /healthz/etcd", Level::None, Some(2)),
        ("get /version", Level::None, Some(2)),
        ("get /version/more", Level::None, None),
    ] {
        assert_eq!(decide(POLICY, request), (level, rule), "{request}");
    }
}

#[test]
fn users_and_groups_count() {
    let document = document(POLICY);
    let policy = Policy::new(document.root());
    let rule = |user, groups, request| {
        let request = Request::parse(request, user, groups).unwrap();
        policy.evaluate(&request).rule.map(|(index, _)| index)
    };
    assert_eq!(rule("system:kube-proxy", vec![], "watch pods"), Some(0));
    assert_eq!(rule("system:kube-proxy", vec![], "list pods"), None);
    let groups = vec!["a", "system:nodes"];
    assert_eq!(rule("system:node:a", groups, "get pods -n dev"), Some(1));
}

#[test]
fn a_rule_without_limits_matches_everything() {
    let policy = "rules:\n- level: Metadata\n";
    for request in ["get /metrics", "create pods -n a", "delete nodes n"] {
        assert_eq!(decide(policy, request), (Level::Metadata, Some(0)));
    }
}

#[test]
fn stages_of_policy_and_rule_are_joined() {
    let text = "omitStages: [RequestReceived]\nrules:\n- level: Metadata\n  omitStages: [Panic, RequestReceived]\n";
    let document = document(text);
    let policy = Policy::new(document.root());
    let request = Request::parse("get pods", "a", vec![]).unwrap();
    assert_eq!(
        policy.evaluate(&request).omit_stages,
        ["RequestReceived", "Panic"]
    );
}

#[test]
fn requests_are_words() {
    let request = Request::parse("get deployments.apps/scale web -n=dev", "a", vec![]).unwrap();
    assert_eq!(
        request.target,
        Target::Resource {
            group: "apps",
            resource: "deployments",
            subresource: "scale",
            namespace: "dev",
            name: "web",
        }
    );
    for text in [
        "",
        "get",
        "get pods -n",
        "get pods a b",
        "get pods --what",
        "get /a b",
    ] {
        assert!(Request::parse(text, "a", vec![]).is_err(), "{text}");
    }
}

#[test]
fn what_the_api_server_refuses_is_named() {
    let found = |text: &str| {
        let document = document(text);
        let policy = Policy::new(document.root());
        let found: Vec<_> = problems(&policy)
            .into_iter()
            .map(|problem| (problem.node.location().start.line, problem.message))
            .collect();
        found
    };
    assert!(found(POLICY).is_empty());
    for (text, line, part) in [
        ("rules: []\n", 1, "no rules"),
        ("rules:\n- level: metadata\n", 2, "unknown level metadata"),
        ("rules:\n- users: [a]\n", 2, "no level"),
        (
            "omitStages: [Received]\nrules:\n- level: None\n",
            1,
            "unknown stage",
        ),
        (
            "rules:\n- level: None\n  nonResourceURLs: [healthz]\n",
            3,
            "begin with /",
        ),
        (
            "rules:\n- level: None\n  nonResourceURLs: ['/a*/b']\n",
            3,
            "last character",
        ),
        (
            "rules:\n- level: None\n  nonResourceURLs: ['/a**']\n",
            3,
            "last character",
        ),
        (
            "rules:\n- level: None\n  nonResourceURLs: ['/a']\n  namespaces: [b]\n",
            3,
            "in one rule",
        ),
        (
            "rules:\n- level: None\n  resources:\n  - group: apps/v1\n",
            4,
            "no API group",
        ),
        (
            "rules:\n- level: None\n  resources:\n  - group: ''\n    resourceNames: [a]\n",
            5,
            "without resources",
        ),
    ] {
        let found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].0, line, "{text}: {found:?}");
        assert!(found[0].1.contains(part), "{text}: {found:?}");
    }
}

/// Which rules are said to match nothing, and which earlier rule takes their requests.
fn covered(rules: &str) -> Vec<(usize, Option<usize>)> {
    let document = document(&format!("rules:\n{rules}"));
    let policy = Policy::new(document.root());
    unreachable(&policy)
        .into_iter()
        .map(|(index, reason)| match reason {
            Unreachable::Covered(earlier, _) => (index, Some(earlier)),
            _ => (index, None),
        })
        .collect()
}

#[test]
fn rules_behind_a_wider_one_never_match() {
    let pods = "- {level: None, resources: [{group: '', resources: [pods]}]}\n";
    let pods_of_dev =
        "- {level: None, namespaces: [dev], resources: [{group: '', resources: [pods]}]}\n";
    let core = "- {level: None, resources: [{group: ''}]}\n";
    let pod_log = "- {level: None, resources: [{group: '', resources: [pods/log]}]}\n";
    let pod_all = "- {level: None, resources: [{group: '', resources: ['pods/*']}]}\n";
    let named =
        "- {level: None, resources: [{group: '', resources: [pods], resourceNames: [a]}]}\n";
    let all = "- {level: None}\n";
    let health = "- {level: None, nonResourceURLs: ['/healthz*']}\n";
    let etcd = "- {level: None, nonResourceURLs: ['/healthz/etcd']}\n";
    let by_user = "- {level: None, users: [a, b]}\n";
    let by_one = "- {level: None, users: [a], verbs: [get]}\n";
    for (first, second, is_covered) in [
        (pods, pods, true),
        (pods, pods_of_dev, true),
        (pods_of_dev, pods, false),
        (core, pods, true),
        (pods, core, false),
        (pods, pod_log, false),
        (pod_all, pods, true),
        (pod_all, pod_log, true),
        (pod_log, pod_all, false),
        (named, pods, false),
        (pods, named, true),
        (all, health, true),
        (core, health, false),
        (health, etcd, true),
        (etcd, health, false),
        (by_user, by_one, true),
        (by_one, by_user, false),
        (by_user, all, false),
        (all, by_user, true),
        (health, all, false),
    ] {
        let expected = if is_covered {
            vec![(1, Some(0))]
        } else {
            vec![]
        };
        assert_eq!(
            covered(&format!("{first}{second}")),
            expected,
            "{first}{second}"
        );
    }
}

#[test]
fn a_star_is_a_name_where_it_is_no_pattern() {
    assert_eq!(covered("- {level: None, verbs: ['*']}\n"), [(0, None)]);
    assert_eq!(covered("- {level: None, namespaces: ['*']}\n"), [(0, None)]);
    assert_eq!(
        covered("- {level: None, users: ['system:serviceaccount:*']}\n"),
        [(0, None)]
    );
    assert_eq!(covered("- {level: None, verbs: [GET]}\n"), [(0, None)]);
    assert_eq!(covered("- {level: None, verbs: ['*', get]}\n"), []);
}
