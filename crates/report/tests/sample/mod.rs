//! A report built by hand: every kind of finding, in texts with awkward characters.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a sample that cannot be built is a broken test"
)]

use std::{collections::BTreeMap, sync::Arc};

use ringwall_model::{
    Acceptance, AcceptanceSource, Confidence, Edit, Evidence, Finding, Fix, NotAssessed, Report,
    Ring, Safety, Severity, Source, Span, Status, Subject,
};
use ringwall_report::{Catalogue, Context, Sources};

pub(crate) const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: app
          image: registry.example/grüße:latest # 日本語
          securityContext:
            privileged: true
          env:
            - name: DB_PASSWORD
              value: \"tr0ub4dor&3-hunter2\"
            - name: OLD_PASSWORD
              value: \"tr0ub4dor&3-hunter2\" # the same once more
";
pub(crate) const DOCKERFILE: &str = "FROM alpine:latest\r\nRUN apk add curl \\\r\n  && curl http://example.com | sh\r\nENV TOKEN=ghp_aaaabbbbccccddddeeee\r\n";
pub(crate) const SECRET: &str = "tr0ub4dor&3-hunter2";
pub(crate) const TOKEN: &str = "ghp_aaaabbbbccccddddeeee";

/// The files of a sample, as the caller of the crate would hold them.
pub(crate) struct Files {
    texts: BTreeMap<String, Arc<Source>>,
    secrets: BTreeMap<String, Vec<Span>>,
}

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let source =
            |&(name, text): &(&str, &str)| (name.to_owned(), Arc::new(Source::new(name, text)));
        Self {
            texts: files.iter().map(source).collect(),
            secrets: BTreeMap::new(),
        }
    }

    /// Says that a secret stands in a file.
    pub(crate) fn tell(&mut self, name: &str, secret: Span) {
        let secrets = self.secrets.entry(name.to_owned()).or_default();
        secrets.push(secret);
    }

    pub(crate) fn get(&self, name: &str) -> &Source {
        &self.texts[name]
    }
}

impl Sources for Files {
    fn text(&self, file: &str) -> Option<Arc<Source>> {
        self.texts.get(file).cloned()
    }

    fn secrets(&self, file: &str) -> &[Span] {
        self.secrets.get(file).map_or(&[], Vec::as_slice)
    }
}

pub(crate) struct Pages;

impl Catalogue for Pages {
    fn title(&self, check: &str) -> Option<&str> {
        match check {
            "privileged-container" => Some("Container runs in privileged mode"),
            "plaintext-secret-in-environment" => Some("Secret-looking literal in env value"),
            "latest-tag" => Some("Image without a fixed tag"),
            _ => None,
        }
    }

    fn page(&self, check: &str) -> Option<String> {
        (check == "privileged-container").then_some(
            "## What it finds\nContainers that run with `privileged: true`.\n\n## Why it matters\n\
             A privileged container holds **every capability** and sees every device,\n\
             so whoever controls it controls the node. See [the standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/).\n\n\
             - it can load kernel modules\n- it can mount the node's disks\n\n\
             ## Examples\n```yaml fail\nsecurityContext:\n  privileged: true # <-\n```\n\n\
             ## Fix\nRemove the field, and add the single capability the program needs. <script>alert(1)</script>\n"
                .to_owned(),
        )
    }
}

pub(crate) fn context(files: &Files) -> Context<'_> {
    Context {
        sources: files,
        catalogue: &Pages,
    }
}

pub(crate) fn subject(kind: &str, namespace: &str, name: &str, container: &str) -> Arc<Subject> {
    let some = |text: &str| (!text.is_empty()).then(|| text.into());
    Arc::new(Subject {
        api_version: some("apps/v1"),
        kind: some(kind),
        namespace: some(namespace),
        name: some(name),
        container: some(container),
        ..Subject::default()
    })
}

pub(crate) fn file_subject(file: &str) -> Arc<Subject> {
    Arc::new(Subject {
        file: Some(file.into()),
        ..Subject::default()
    })
}

/// The bytes of the first `needle` in a source.
pub(crate) fn span(source: &Source, needle: &str) -> Span {
    let at = source.text.find(needle).unwrap();
    Span::new(at, at + needle.len())
}

/// A finding about the first `needle` in a source, which counts.
pub(crate) fn finding(
    check: &'static str,
    severity: Severity,
    source: &Source,
    needle: &str,
    message: &str,
) -> Finding {
    Finding {
        check: check.into(),
        ring: Ring::Container,
        severity,
        confidence: None,
        status: Status::Fail,
        group: None,
        subject: subject("Deployment", "shop", "web", "app"),
        location: source.location(span(source, needle)),
        message: message.to_owned(),
        remediation: "Say what the program needs, and nothing more.".into(),
        controls: &["pss:baseline", "cis:5.2.2", "mitre:T1611"],
        evidence: Vec::new(),
        fix: None,
        vulnerability: None,
    }
}

pub(crate) fn files() -> Files {
    let mut files = Files::new(&[
        ("shop/web.yaml", WEB),
        ("Dockerfile", DOCKERFILE),
        ("empty.yaml", ""),
    ]);
    for (name, secret) in [("shop/web.yaml", SECRET), ("Dockerfile", TOKEN)] {
        files.tell(name, span(files.get(name), secret));
    }
    files
}

/// Every kind of finding once.
/// A report of these findings and nothing else.
pub(crate) fn report_of(findings: Vec<Finding>) -> Report {
    Report::new(
        findings,
        Vec::new(),
        [("resources", 1)].into(),
        [].into(),
        "2026-11-21".parse().unwrap(),
    )
}

pub(crate) fn report(files: &Files) -> Report {
    let web = files.get("shop/web.yaml");
    let dockerfile = files.get("Dockerfile");
    let at_context = Some(Arc::<str>::from("shop/web.yaml:12"));
    let privileged_line = "            privileged: true\n";

    let mut privileged = finding(
        "privileged-container",
        Severity::Critical,
        web,
        "privileged: true",
        "container app runs privileged",
    );
    privileged.group.clone_from(&at_context);
    privileged.evidence = vec![Evidence {
        label: "the container".into(),
        location: web.location(span(web, "name: app")),
    }];
    privileged.fix = Some(Box::new(Fix {
        safety: Safety::Unsafe,
        edits: vec![Edit {
            file: Arc::clone(&web.name),
            span: span(web, privileged_line),
            text: String::new(),
        }],
    }));

    let mut escalation = finding(
        "privilege-escalation",
        Severity::High,
        web,
        "privileged: true",
        "container app may gain privileges",
    );
    escalation.group.clone_from(&at_context);
    let mut root = finding(
        "unset-run-as-non-root",
        Severity::High,
        web,
        "securityContext:\n            privileged: true",
        "container app may run as root",
    );
    root.group.clone_from(&at_context);
    root.confidence = Some(Confidence::Medium);

    let mut secret = finding(
        "plaintext-secret-in-environment",
        Severity::High,
        web,
        SECRET,
        "environment variable DB_PASSWORD holds a password in plain form",
    );
    secret.ring = Ring::Code;
    secret.fix = Some(Box::new(Fix {
        safety: Safety::Unsafe,
        edits: vec![Edit {
            file: Arc::clone(&web.name),
            span: span(web, &format!("value: \"{SECRET}\"")),
            text: "valueFrom: {secretKeyRef: {name: web, key: db-password}}".to_owned(),
        }],
    }));
    let mut name = finding(
        "secret-in-variable-name",
        Severity::Low,
        web,
        "- name: DB_PASSWORD",
        "a variable that is named like a secret <b>&amp;</b> `x` | y",
    );
    name.ring = Ring::Code;

    let mut latest = finding(
        "latest-tag",
        Severity::Medium,
        web,
        "registry.example/grüße:latest",
        "image registry.example/grüße:latest has no fixed tag",
    );
    latest.fix = Some(Box::new(Fix {
        safety: Safety::Safe,
        edits: vec![Edit {
            file: Arc::clone(&web.name),
            span: span(web, ":latest"),
            text: ":1.4.2".to_owned(),
        }],
    }));

    let mut download = finding(
        "plaintext-build-download",
        Severity::Medium,
        dockerfile,
        "apk add curl \\\r\n  && curl http://example.com | sh",
        "downloads over plain HTTP: http://example.com",
    );
    download.ring = Ring::Code;
    download.subject = subject("Dockerfile", "", "", "");
    let mut token = finding(
        "leaked-token",
        Severity::Critical,
        dockerfile,
        TOKEN,
        "a GitHub token is written into the image",
    );
    token.ring = Ring::Code;
    token.subject = file_subject("Dockerfile");

    let mut accepted = finding(
        "host-network",
        Severity::High,
        web,
        "kind: Deployment",
        "shares the network of its node",
    );
    accepted.status = Status::Accepted(Arc::new(Acceptance {
        source: AcceptanceSource::Comment,
        reason: Some("the ingress controller listens on the node".to_owned()),
        owner: Some("platform".to_owned()),
        until: Some("2027-03-31".parse().unwrap()),
        location: Some(web.location(span(web, "# 日本語"))),
    }));
    let mut passed = finding(
        "host-process",
        Severity::Critical,
        web,
        "kind: Deployment",
        "no HostProcess container",
    );
    passed.status = Status::Pass;
    let mut gone = finding(
        "stale-file",
        Severity::Info,
        web,
        "kind",
        "the file has changed",
    );
    gone.location.file = "deleted.yaml".into();
    gone.ring = Ring::Cluster;
    gone.subject = file_subject("deleted.yaml");

    let not_assessed = vec![
        NotAssessed {
            id: "unparsable-file".into(),
            subject: file_subject("broken.yaml"),
            location: Some(Source::new("broken.yaml", "a:\n\tb: 1\n").location(Span::at(3))),
            reason: "tab in indentation".to_owned(),
            status: Status::Fail,
        },
        NotAssessed {
            id: "unrenderable-chart".into(),
            subject: file_subject("charts/old"),
            location: None,
            reason: "dependency \"common\" is missing".to_owned(),
            status: Status::Accepted(Arc::new(Acceptance {
                source: AcceptanceSource::Config,
                reason: Some("retired next month".to_owned()),
                owner: None,
                until: None,
                location: None,
            })),
        },
    ];
    Report::new(
        vec![
            name, latest, accepted, privileged, escalation, root, secret, download, token, passed,
            gone,
        ],
        not_assessed,
        BTreeMap::from([("resources", 12), ("dockerfiles", 2)]),
        BTreeMap::from([("files", 31)]),
        "2026-11-21".parse().unwrap(),
    )
}

/// A report without findings; what was assessed is said by the caller.
pub(crate) fn empty_report(assessed: u64, not_assessed: Vec<NotAssessed>) -> Report {
    Report::new(
        Vec::<Finding>::new(),
        not_assessed,
        BTreeMap::from([("resources", assessed)]),
        BTreeMap::new(),
        "2026-11-21".parse().unwrap(),
    )
}

/// The bytes a format writes, as text.
pub(crate) fn written(
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}
