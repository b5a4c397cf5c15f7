//! Generated audit policies and requests through the API server's own evaluator and ours: the same level
//! and stages for each request, the same policies refused, and no request for a rule that is said to
//! match none.
//!
//! `make audit` builds the evaluator with Go. Without it the test says that it was skipped.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "functions of a test, which fails by panicking and says why it skips"
)]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command, sync::Arc};

use ringwall_input::yaml;
use ringwall_model::Source;
use ringwall_policy::audit::{Policy, Request, Target, problems, unreachable};
use serde_json::{Value, json};

/// The version that `build` pins.
const VERSION: &str = "v0.37.2";
const POLICIES: usize = 3_000;
const REQUESTS: usize = 40;

const USERS: [&str; 4] = ["alice", "bob", "system:kube-proxy", "*"];
const GROUPS: [&str; 4] = ["system:nodes", "system:authenticated", "ops", "*"];
const VERBS: [&str; 6] = ["get", "list", "create", "delete", "GET", "*"];
const API_GROUPS: [&str; 4] = ["", "apps", "*", "apps/v1"];
const RESOURCES: [&str; 9] = [
    "pods",
    "pods/log",
    "pods/*",
    "*/log",
    "*",
    "deployments",
    "deployments/scale",
    "*/scale",
    "*/*",
];
const NAMES: [&str; 3] = ["", "a", "b"];
const NAMESPACES: [&str; 4] = ["", "dev", "prod", "*"];
const URLS: [&str; 7] = [
    "/healthz",
    "/healthz*",
    "/healthz/*",
    "*",
    "/version",
    "/*",
    "/a*b",
];
const PATHS: [&str; 5] = ["/healthz", "/healthz/etcd", "/version", "/", "/metrics"];
const LEVELS: [&str; 5] = ["None", "Metadata", "Request", "RequestResponse", "metadata"];
const STAGES: [&str; 5] = [
    "RequestReceived",
    "ResponseStarted",
    "ResponseComplete",
    "Panic",
    "Done",
];

/// xorshift64*, which is random enough to make policies with.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(value).unwrap() % limit
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A member, seldom the last, which is often the wrong one.
    fn likely<'a>(&mut self, of: &[&'a str]) -> &'a str {
        if self.below(20) == 0 {
            self.one(of)
        } else {
            self.one(&of[..of.len() - 1])
        }
    }

    fn list(&mut self, of: &[&str]) -> Value {
        let count = self.below(3);
        (0..count).map(|_| json!(self.likely(of))).collect()
    }

    fn policy(&mut self) -> Value {
        let count = 1 + self.below(5);
        let rules: Vec<Value> = (0..count).map(|_| self.rule()).collect();
        let mut policy = json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules});
        if self.below(3) == 0 {
            policy["omitStages"] = self.list(&STAGES);
        }
        policy
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({"level": self.likely(&LEVELS)});
        for (field, of) in [
            ("users", &USERS[..]),
            ("userGroups", &GROUPS[..]),
            ("verbs", &VERBS[..]),
        ] {
            if self.below(3) == 0 {
                rule[field] = self.list(of);
            }
        }
        if self.below(6) == 0 {
            rule["omitStages"] = self.list(&STAGES);
        }
        match self.below(4) {
            0 => rule["nonResourceURLs"] = self.list(&URLS),
            1 => {}
            _ => {
                if self.below(2) == 0 {
                    rule["namespaces"] = self.list(&NAMESPACES);
                }
                let count = 1 + self.below(2);
                rule["resources"] = (0..count).map(|_| self.resources()).collect();
            }
        }
        rule
    }

    fn resources(&mut self) -> Value {
        let mut entry = json!({"group": self.likely(&API_GROUPS)});
        if self.below(6) > 0 {
            entry["resources"] = self.list(&RESOURCES);
            if self.below(4) == 0 {
                entry["resourceNames"] = self.list(&NAMES);
            }
        }
        entry
    }

    fn request(&mut self) -> Request<'static> {
        let target = if self.below(4) == 0 {
            Target::Path(self.one(&PATHS))
        } else {
            Target::Resource {
                group: self.one(&["", "apps", "batch"]),
                resource: self.one(&["pods", "deployments", "nodes"]),
                subresource: self.one(&["", "", "log", "scale"]),
                namespace: self.one(&NAMESPACES[..3]),
                name: self.one(&NAMES),
            }
        };
        let count = self.below(3);
        Request {
            user: self.one(&USERS[..3]),
            groups: (0..count).map(|_| self.one(&GROUPS[..3])).collect(),
            verb: self.one(&VERBS[..4]),
            target,
        }
    }
}

fn question(policy: &Value, requests: &[Request<'_>]) -> String {
    let requests: Vec<Value> = requests
        .iter()
        .map(|request| {
            let mut value =
                json!({"user": request.user, "groups": request.groups, "verb": request.verb});
            match request.target {
                Target::Path(path) => value["path"] = json!(path),
                Target::Resource {
                    group,
                    resource,
                    subresource,
                    namespace,
                    name,
                } => {
                    value["group"] = json!(group);
                    value["resource"] = json!(resource);
                    value["subresource"] = json!(subresource);
                    value["namespace"] = json!(namespace);
                    value["name"] = json!(name);
                }
            }
            value
        })
        .collect();
    json!({"policy": policy.to_string(), "requests": requests}).to_string()
}

#[test]
fn requests_get_what_the_api_server_gives_them() {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/audit/judge-{VERSION}"));
    if !program.is_file() {
        eprintln!("skipped: the API server's evaluator is not built (make audit)");
        return;
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut lines = String::new();
    let mut cases = Vec::new();
    for _ in 0..POLICIES {
        let policy = random.policy();
        let requests: Vec<Request<'_>> = (0..REQUESTS).map(|_| random.request()).collect();
        writeln!(lines, "{}", question(&policy, &requests)).unwrap();
        cases.push((policy, requests));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("questions");
    fs::write(&path, lines).unwrap();
    let output = Command::new(program)
        .stdin(fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), POLICIES);
    let (mut accepted, mut never) = (0, 0);
    for ((policy, requests), answer) in cases.iter().zip(answers.lines()) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let text = policy.to_string();
        let source = Arc::new(Source::new("policy.json", &text));
        let (documents, _) = yaml::parse(&source);
        let policy = Policy::new(documents[0].root());
        let refused: Vec<String> = problems(&policy)
            .into_iter()
            .map(|one| one.message)
            .collect();
        let Some(decisions) = answer["decisions"].as_array() else {
            assert!(!refused.is_empty(), "accepted here: {text}\n{answer}");
            continue;
        };
        assert!(refused.is_empty(), "refused here: {text}\n{refused:?}");
        accepted += 1;
        let silent: Vec<usize> = unreachable(&policy)
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        never += silent.len();
        for (request, theirs) in requests.iter().zip(decisions) {
            let decision = policy.evaluate(request);
            // A stage that is listed twice is one.
            let ours: BTreeSet<&str> = decision.omit_stages.iter().copied().collect();
            let stages = theirs["omitStages"].as_array().unwrap();
            let stages: BTreeSet<&str> = stages.iter().filter_map(Value::as_str).collect();
            assert_eq!(
                theirs["level"],
                decision.level.as_str(),
                "{text}\n{request:?}"
            );
            assert_eq!(ours, stages, "{text}\n{request:?}");
            let rule = decision.rule.map(|(index, _)| index);
            assert!(
                rule.is_none_or(|rule| !silent.contains(&rule)),
                "rule {rule:?} was said to match nothing: {text}\n{request:?}"
            );
        }
    }
    eprintln!("{accepted} of {POLICIES} policies accepted, {never} rules that match nothing");
    assert!(accepted > POLICIES / 4 && never > 0);
}
