//! `-o kubesec` beside the real kubesec, where one is: `KUBESEC`, or `target/bench-bin/kubesec`.
//!
//! Everything is compared byte by byte but `reason`, which is in our words, and the `message` of an
//! object that is not valid. The schema that the real one is given accepts everything.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "functions that tests share fail and speak as tests do"
)]

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ringwall_engine::{KubesecEdition, kubesec};
use ringwall_model::Source;
use tempfile::TempDir;

/// What a kubesec did with an input: its code, and its JSON with what may differ blanked out.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    code: i32,
    json: Option<String>,
}

impl Said {
    fn new(code: i32, stdout: &str) -> Self {
        let json = stdout.starts_with("[\n").then(|| comparable(stdout));
        Self { code, json }
    }
}

/// The JSON without reasons, and without messages of objects that are not valid.
fn comparable(json: &str) -> String {
    let mut valid = true;
    let mut text = String::with_capacity(json.len());
    for line in json.lines() {
        match line.trim_start() {
            "\"valid\": true," => valid = true,
            "\"valid\": false," => valid = false,
            _ => {}
        }
        let differs = line.starts_with("          \"reason\": ")
            || (!valid && line.starts_with("    \"message\": "));
        if differs {
            text.extend(line.split_inclusive(':').take(1));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// The real one.
struct Real {
    binary: PathBuf,
    edition: KubesecEdition,
    folder: TempDir,
}

impl Real {
    /// Finds it, or says why the comparison is left out.
    fn find() -> Option<Self> {
        let built = root().join("target/bench-bin/kubesec");
        let binary = env::var_os("KUBESEC").map_or(built, PathBuf::from);
        if !binary.is_file() {
            println!("skipped: no kubesec in KUBESEC or target/bench-bin");
            return None;
        }
        let rules = Command::new(&binary).arg("print-rules").output();
        let rules = rules.expect("kubesec runs").stdout;
        let rules = String::from_utf8(rules).expect("text");
        let edition = if rules.contains("\"HostUsers\"") {
            KubesecEdition::Current
        } else {
            KubesecEdition::V2_14
        };
        println!("comparing with {} as {edition:?}", binary.display());
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("any.json"), "{}").expect("a file");
        Some(Self {
            binary,
            edition,
            folder,
        })
    }

    fn score(&self, name: &str, stdin: &str) -> Said {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.folder.path());
        run(
            command,
            &["scan", "--schema-location", "any.json", name],
            stdin,
        )
    }

    /// What we say of the same text.
    fn ours(&self, name: &str, text: &str) -> Said {
        let source = Arc::new(Source::new(name, text));
        match kubesec(&source, self.edition) {
            Ok(reports) => {
                let mut json = Vec::new();
                ringwall_report::kubesec(&reports, &mut json).expect("memory");
                let is_low = reports.iter().any(|report| report.score <= 0);
                let json = String::from_utf8(json).expect("text");
                Said::new(if is_low { 2 } else { 0 }, &json)
            }
            Err(_) => Said {
                code: 1,
                json: None,
            },
        }
    }
}

/// Runs a command to its end.
fn run(mut command: Command, words: &[&str], stdin: &str) -> Said {
    let mut child = command
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    // It may end before it has read everything.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    Said::new(
        output.status.code().expect("an exit code"),
        &String::from_utf8_lossy(&output.stdout),
    )
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            manifests(&path, found);
        } else if path.extension().is_some_and(|extension| {
            ["yaml", "yml", "json"]
                .iter()
                .any(|known| extension == *known)
        }) {
            found.push(path);
        }
    }
}

#[test]
fn parity_on_the_corpora() {
    let Some(real) = Real::find() else { return };
    let shared = root().join("../shared");
    if !shared.is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let shared = shared.canonicalize().expect("a path");
    let mut files = Vec::new();
    manifests(&shared.join("corpora/manifests"), &mut files);
    let all_manifests = files.len();
    let mut samples = Vec::new();
    manifests(&shared.join("pss"), &mut samples);
    files.extend(samples.into_iter().step_by(5));
    assert!(all_manifests > 100 && files.len() > all_manifests + 100);

    let next = AtomicUsize::new(0);
    let work = || {
        let mut differences = Vec::new();
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(text) = fs::read_to_string(path) else {
                continue;
            };
            let name = path.to_str().expect("text");
            let (theirs, ours) = (real.score(name, ""), real.ours(name, &text));
            if theirs != ours {
                differences.push((name, theirs, ours));
            }
        }
        differences
    };
    let differences: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        let results = workers.into_iter().map(thread::ScopedJoinHandle::join);
        results
            .flat_map(|result| result.expect("no panic"))
            .collect()
    });
    println!("{} files, {} differ", files.len(), differences.len());
    for (name, theirs, ours) in &differences {
        println!("{name}\n  kubesec {theirs:?}\n  ringwall {ours:?}");
    }
    assert!(differences.is_empty());
}

/// Texts that nobody would write, with their names.
fn edge_cases() -> Vec<(String, String)> {
    let mut cases = Vec::new();
    let mut add = |name: &str, text: &str| cases.push((name.to_owned(), text.to_owned()));
    for (index, spec) in SPECS.iter().enumerate() {
        add(
            &format!("pod {index}"),
            &format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"),
        );
        for kind in ["Deployment", "StatefulSet", "Job", "ReplicaSet"] {
            add(
                &format!("{kind} {index}"),
                &format!(
                    "apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{template: {{spec: {spec}}}}}\n"
                ),
            );
        }
        add(
            &format!("CronJob {index}"),
            &format!(
                "apiVersion: v1\nkind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{spec: {spec}}}}}}}}}\n"
            ),
        );
    }
    for (index, annotations) in ANNOTATIONS.iter().enumerate() {
        add(
            &format!("annotations {index}"),
            &format!("apiVersion: v1\nkind: Pod\nmetadata: {{annotations: {annotations}}}\n"),
        );
    }
    for (index, claims) in CLAIMS.iter().enumerate() {
        add(
            &format!("claims {index}"),
            &format!(
                "apiVersion: v1\nkind: StatefulSet\nspec: {{volumeClaimTemplates: {claims}}}\n"
            ),
        );
    }
    for (index, text) in FILES.iter().enumerate() {
        add(&format!("file {index}"), text);
    }
    cases
}

const SPECS: &[&str] = &[
    "",
    "[]",
    "text",
    "{containers: null}",
    "{containers: [null, 1, text, []]}",
    "{containers: {a: 1, securityContext: {privileged: true, runAsUser: 20000}}}",
    "{containers: {a: {securityContext: {privileged: true}, resources: {limits: {cpu: 1}}}}}",
    "{hostNetwork: true, hostPID: yes, hostIPC: on}",
    "{hostNetwork: false, hostPID: no, hostIPC: null}",
    "{hostAliases: [], serviceAccountName: ''}",
    "{hostAliases: {}, serviceAccountName: 0}",
    "{hostAliases: <nil>, serviceAccountName: <nil>}",
    "{hostAliases: '', serviceAccountName: []}",
    "{hostAliases: null, serviceAccountName: {}, serviceAccount: a}",
    "{automountServiceAccountToken: false, hostUsers: false}",
    "{automountServiceAccountToken: 'false', hostUsers: 'no'}",
    "{automountServiceAccountToken: 0, hostUsers: no}",
    "{securityContext: {runAsNonRoot: true, runAsUser: 10001, runAsGroup: 1e5}}",
    "{securityContext: {runAsNonRoot: true, runAsUser: 10001, runAsGroup: 1e5}, containers: [{}]}",
    "{securityContext: {runAsNonRoot: true, runAsUser: 10001}, containers: [{securityContext: {runAsNonRoot: false, runAsUser: 10000}}]}",
    "{securityContext: {runAsNonRoot: true, runAsUser: 10001}, containers: [{securityContext: {runAsNonRoot: null, runAsUser: '1'}}]}",
    "{securityContext: {runAsNonRoot: true}, initContainers: [{}], containers: [{securityContext: {runAsNonRoot: false}}]}",
    "{securityContext: {privileged: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: true}, containers: [{}]}",
    "{containers: [{securityContext: {runAsUser: 0x4E20, runAsGroup: 050000}}]}",
    "{containers: [{securityContext: {runAsUser: 10000.5, runAsGroup: 20_000}}]}",
    "{containers: [{securityContext: {runAsUser: 18446744073709551615}}]}",
    "{containers: [{securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}}]}",
    "{containers: [{securityContext: {capabilities: {add: [ALL], drop: []}}}]}",
    "{containers: [{securityContext: {capabilities: {add: SYS_ADMIN, drop: ALL}}}]}",
    "{containers: [{securityContext: {capabilities: {add: {SYS_ADMIN: 1}, drop: {all: 1}}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: [all]}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: [NET_RAW, small]}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: [ALL, null]}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: ['<nil>']}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: [[]]}}}]}",
    "{containers: [{securityContext: {capabilities: {drop: null}}}, {securityContext: {capabilities: {drop: [KILL]}}}]}",
    "{containers: [{securityContext: {privileged: 'true', allowPrivilegeEscalation: 1}}]}",
    "{containers: [{securityContext: {privileged: True, allowPrivilegeEscalation: y}}]}",
    "{ephemeralContainers: [{securityContext: {privileged: true, seccompProfile: {type: Localhost}}}]}",
    "{initContainers: [{securityContext: {privileged: true}, resources: {limits: {cpu: 1}}}]}",
    "{volumes: [{hostPath: {path: /var/run/docker.sock}}]}",
    "{volumes: [{hostPath: {path: /host/var/run/docker.sock.old}}, {hostPath: {path: /procs}}]}",
    "{volumes: {a: {hostPath: {path: /proc}}}}",
    "{volumes: [{hostPath: {path: [/proc]}}]}",
    "{volumes: [{hostPath: /proc}, {hostPath: {path: /var/run}}]}",
    "{containers: [{resources: {limits: {cpu: null, memory: ''}, requests: {cpu: 0}}}]}",
    "{containers: [{resources: null}, {resources: {requests: {memory: 1Mi}}}]}",
    "{containers: [{resources: {limits: []}}]}",
    "{securityContext: {seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Unconfined}}, containers: [{}]}",
    "{securityContext: {seccompProfile: {type: Unconfined}, appArmorProfile: {type: RuntimeDefault}}, containers: [{securityContext: {seccompProfile: {type: x}}}, {}]}",
    "{securityContext: {seccompProfile: {type: 1}}, containers: [{securityContext: {appArmorProfile: {type: ''}}}]}",
    "{containers: [{env: [{valueFrom: {secretKeyRef: {name: a}}}]}]}",
    "{containers: [{env: {valueFrom: {secretKeyRef: {name: a}}}}]}",
    "{initContainers: [{env: [{value: a}], envFrom: [{secretRef: {name: a}}]}]}",
    "{ephemeralContainers: [{envFrom: [{configMapRef: {name: a}}, {secretRef: ''}]}]}",
    "{containers: [{envFrom: [{secretRef: null}], env: [{valueFrom: {secretKeyRef: null}}]}]}",
];

const ANNOTATIONS: &[&str] = &[
    "{}",
    "text",
    "[seccomp.security.alpha.kubernetes.io/pod:x]",
    "{seccomp.security.alpha.kubernetes.io/pod: runtime/default}",
    "{seccomp.security.alpha.kubernetes.io/pod: unconfined}",
    "{seccomp.security.alpha.kubernetes.io/pod: unconfined too}",
    "{seccomp.security.alpha.kubernetes.io/pod: ''}",
    "{container.seccomp.security.alpha.kubernetes.io/pod: unconfined}",
    "{container.seccomp.security.alpha.kubernetes.io/web: unconfined}",
    "{seccomp.security.alpha.kubernetes.io/web: unconfined, z: 1}",
    "{seccomp.security.alpha.kubernetes.io/web: unconfinedly}",
    "{seccomp.security.alpha.kubernetes.io/web: runtime/default}",
    "{seccomp.security.alpha.kubernetes.io/web1: runtime/default}",
    "{seccomp.security.alpha.kubernetes.io/: runtime/default}",
    "{a: b, container.apparmor.security.beta.kubernetes.io/web-a.b: localhost/x}",
    "{container.apparmor.security.beta.kubernetes.io/web: unconfined}",
    "{container.apparmor.security.beta.kubernetes.io/a: localhost/x, container.apparmor.security.beta.kubernetes.io/b: unconfined}",
    "{container.apparmor.security.beta.kubernetes.io/a1: unconfined, container.apparmor.security.beta.kubernetes.io/b: x}",
    "{container.apparmor.security.beta.kubernetes.io/pod: unconfined}",
    "{container.apparmor.security.beta.kubernetes.io/pod: runtime/default}",
    "{x-container.apparmor.security.beta.kubernetes.io/web: x}",
    "{note: ' container.apparmor.security.beta.kubernetes.io/web:unconfined '}",
];

const CLAIMS: &[&str] = &[
    "null",
    "[]",
    "[{}]",
    "{spec: {accessModes: [ReadWriteMany]}}",
    "[{spec: null}]",
    "[{spec: {accessModes: [ReadWriteOnce]}}]",
    "[{spec: {accessModes: [ReadWriteOnce, ReadWriteMany]}}]",
    "[{spec: {accessModes: ReadWriteOnce}}, {spec: {accessModes: '[ReadWriteOnce]'}}]",
    "[{spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: null}}}}]",
];

const FILES: &[&str] = &[
    "",
    "\n \n",
    "---",
    "---\n---\n",
    "---\n---\napiVersion: v1\nkind: Pod\n---\n",
    "# only words\n",
    "# licence\n---\napiVersion: v1\nkind: Pod\n",
    "null",
    "~\n",
    "text\n",
    "42",
    "[]\n",
    "[{kind: Pod}]",
    "{}",
    "kind: Pod\n",
    "apiVersion: v1\n",
    "apiVersion: v1\nkind:\n",
    "apiVersion: v1\nkind: ''\n",
    "apiVersion: 1\nkind: 2\n",
    "apiVersion: v1\nkind: [Pod]\n",
    "apiVersion: v1\nkind: {a: Pod}\n",
    "apiVersion: [v1]\nkind: Pod\n",
    "apiVersion: v1\nkind: true\n",
    "apiVersion: v1\nKind: Pod\n",
    "APIVERSION: v1\nkind: Pod\n",
    "apiVersion: v1\nkind: pod\n",
    "apiVersion: v1\nkind: Pod\nmetadata: text\n",
    "apiVersion: v1\nkind: Pod\nmetadata: []\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: [a], namespace: b}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: 1, namespace: 1.5}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: 1234567, namespace: 0.00001}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: yes, namespace: 2001-01-01}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: '', namespace: null}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a<b>&'\\\"\\u2028\\x07\\té\"}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {generateName: [a]}\n",
    "apiVersion: v1\nkind: List\nitems: []\n",
    "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}, {apiVersion: v1, kind: Pod}]\n",
    "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}, {kind: Pod}, {a: 1}]\n",
    "apiVersion: v1\nkind: list\nitems: [text]\n",
    "apiVersion: v1\nkind: List\nitems: [null]\n",
    "apiVersion: v1\nkind: List\nitems: {a: 1}\n",
    "apiVersion: v1\nkind: PodList\nitems: [{kind: Pod}]\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"hostPID\": true}}",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"hostPID\": true, \"hostPID\": false}}",
    "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\"name\": \"\\u00e9\"}\n}\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": 1e21}}",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",}",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n---\n{\"apiVersion\": \"v1\", \"kind\": \"Service\"}\n",
    "apiVersion: v1\nkind: Pod\n--- \napiVersion: v1\nkind: Service\n",
    "apiVersion: v1\nkind: Pod\n--- # next\nnot: [read\n",
    "apiVersion: v1\nkind: Pod\n...\nnot: [read\n",
    "# c\n--- \n# d\napiVersion: v1\nkind: Pod\n",
    "--- # c\napiVersion: v1\nkind: Pod\n",
    "apiVersion: v1\r\nkind: Pod\r\n---\r\napiVersion: v1\r\nkind: Service\r\n",
    "\u{feff}apiVersion: v1\nkind: Pod\n",
    "\u{feff}---\napiVersion: v1\nkind: Pod\n",
    "%YAML 1.1\n---\napiVersion: v1\nkind: Pod\n",
    "apiVersion: v1\nkind: Pod\n---\nbroken: [\n---\napiVersion: v1\nkind: Service\n",
    "apiVersion: v1\nkind: Pod\nspec:\n\thostPID: true\n",
    "apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}\n",
    "apiVersion: v1\nkind: {{ .Values.kind }}\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-a\n",
    "apiVersion: v1\nkind: Service\nkind: Pod\nspec: {hostPID: false, hostPID: true}\n",
    "apiVersion: v1\nkind: Pod\n~: 1\n",
    "apiVersion: v1\nkind: Pod\n1: a\n2.5: b\ntrue: c\n",
    "apiVersion: v1\nkind: Pod\n? [a]\n: 1\n",
    "apiVersion: v1\nkind: Pod\nspec: {a: .nan}\n",
    "apiVersion: v1\nkind: Pod\nspec: {a: .inf}\n",
    "apiVersion: v1\nkind: Pod\nx: &x {hostPID: true}\nspec: {hostPID: false, <<: *x}\n",
    "apiVersion: v1\nkind: Pod\nx: &x {hostPID: true}\nspec: {<<: *x, hostPID: false}\n",
    "apiVersion: v1\nkind: Pod\nx: &x {hostPID: true}\ny: &y {hostPID: false, hostIPC: true}\nspec: {<<: [*x, *y]}\n",
    "apiVersion: v1\nkind: Pod\nspec: {<<: 1}\n",
    "apiVersion: v1\nkind: Pod\nspec: {\"<<\": 1}\n",
    "apiVersion: v1\nkind: Pod\nspec: *nothing\n",
    "apiVersion: v1\nkind: !!str Pod\nmetadata: {name: !!str 1}\n",
    "apiVersion: v1\nkind: Pod\nspec: {hostPID: 'true'}\n",
    "apiVersion: v1\nkind: Job\nspec: {template: {spec: {hostPID: 'true'}}}\n",
    "apiVersion: v1\nkind: RoleBinding\nsubjects: [{name: 'system:anonymous'}]\n",
    "apiVersion: v1\nkind: ClusterRoleBinding\nsubjects: [{name: 'my-system:anonymous-x'}]\n",
    "apiVersion: v1\nkind: ClusterRoleBinding\nsubjects: {name: 'system:anonymous'}\n",
    "apiVersion: v1\nkind: RoleBinding\nsubjects: [{name: null}, {kind: User}]\n",
];

#[test]
fn parity_on_authored_cases() {
    let Some(real) = Real::find() else { return };
    let cases = edge_cases();
    let mut differences = 0;
    for (name, text) in &cases {
        let (theirs, mut ours) = (real.score("-", text), real.ours("STDIN", text));
        // The real one ends with a panic where a schema that says something would have refused.
        if theirs.code == 2 && theirs.json.is_none() {
            let refused = ours.json.take();
            assert!(
                refused.is_some_and(|json| json.contains("\"valid\": false")),
                "{text}"
            );
        }
        if theirs != ours {
            differences += 1;
            println!("{name}: {text}\n  kubesec {theirs:?}\n  ringwall {ours:?}");
        }
    }
    println!("{} cases, {differences} differ", cases.len());
    assert_eq!(differences, 0);
}

/// JSON that is right and that the YAML reader behind kubesec's validation takes for broken.
const REFUSED_JSON: &[&str] = &[
    r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a\/b"}}"#,
    r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\ud83d\ude00"}}"#,
];

#[test]
fn parity_ends_where_the_page_says_so() {
    let Some(real) = Real::find() else { return };
    for text in REFUSED_JSON {
        let (theirs, ours) = (real.score("-", text), real.ours("STDIN", text));
        let said = |said: &Said, word| said.json.as_ref().is_some_and(|json| json.contains(word));
        assert!(said(&theirs, "\"valid\": false"), "{theirs:?}");
        assert!(said(&ours, "\"valid\": true"), "{ours:?}");
    }
}

#[test]
fn parity_of_the_binary() {
    let Some(real) = Real::find() else { return };
    if real.edition != KubesecEdition::Current {
        println!(
            "skipped: this kubesec has the rules of 2.14, the binary those of the newest source"
        );
        return;
    }
    let pod = "apiVersion: v1\nkind: Pod\nspec: {serviceAccountName: a, containers: [{}]}\n";
    for text in [pod, "", "kind: [\n", "apiVersion: v1\nkind: Service\n"] {
        let ours = Command::new(env!("CARGO_BIN_EXE_ringwall"));
        let ours = run(ours, &["scan", "-o", "kubesec", "-"], text);
        assert_eq!(ours, real.score("-", text), "{text}");
    }
}
