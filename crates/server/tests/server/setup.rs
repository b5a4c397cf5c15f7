//! What `setup` writes works as it stands, and what is wrong with a set of files is found.

use std::{fs, path::Path, time::SystemTime};

use ringwall_policy::Asked;
use ringwall_server::{
    Route, TlsFiles, default_paths,
    setup::{
        AuditSetup, CLIENT_NAME, Checked, ImagePolicySetup, Reach, Target, WebhookSetup, audit,
        certificates::{Authority, Pair, Usage, Wanted},
        check, image_policy, webhook, write,
    },
};
use serde_json::json;

use crate::support::{Client, House, Plan, in_days, start};

fn reach(folder: &Path) -> Reach {
    Reach {
        authority: "localhost:8443".to_owned(),
        folder: folder.to_owned(),
        until: in_days(90),
    }
}

fn image_setup(folder: &Path) -> ImagePolicySetup {
    ImagePolicySetup {
        reach: reach(folder),
        path: "/image-policy".to_owned(),
        allow_seconds: 60,
        deny_seconds: 30,
        retry_millis: 500,
    }
}

fn made() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = image_policy(&image_setup(folder.path())).unwrap();
    write(folder.path(), &files, false).unwrap();
    folder
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn change(folder: &Path, name: &str, from: &str, to: &str) {
    let text = read(folder, name);
    assert!(text.contains(from), "{from} is not in\n{text}");
    fs::write(folder.join(name), text.replace(from, to)).unwrap();
}

#[test]
fn what_is_written_is_found_right() {
    let images = made();
    assert_eq!(
        check(images.path(), &[], &default_paths()),
        Checked {
            assessed: 8,
            ..Checked::default()
        },
        "{:#?}",
        check(images.path(), &[], &default_paths())
    );

    let folder = tempfile::tempdir().unwrap();
    let setup = AuditSetup {
        reach: reach(folder.path()),
        path: "/audit".to_owned(),
    };
    write(folder.path(), &audit(&setup).unwrap(), false).unwrap();
    let checked = check(folder.path(), &[], &default_paths());
    assert_eq!(
        (checked.problems, checked.not_assessed),
        (Vec::new(), Vec::new())
    );

    for target in [
        Target::Service {
            namespace: "ringwall".to_owned(),
            name: "ringwall".to_owned(),
            port: 443,
        },
        Target::Address("[::1]:8443".to_owned()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let setup = WebhookSetup {
            trusted_before: None,
            target,
            exempt_namespaces: vec!["kube-system".to_owned()],
            mutates: true,
            timeout_seconds: 5,
            until: in_days(90),
            asked: Asked::default(),
        };
        write(folder.path(), &webhook(&setup).unwrap(), false).unwrap();
        let checked = check(folder.path(), &[], &default_paths());
        assert_eq!(
            (checked.problems, checked.not_assessed),
            (Vec::new(), Vec::new())
        );
        assert_eq!(checked.assessed, 5);
    }
}

#[test]
fn every_path_that_tells_verdicts_about_images_requires_a_certificate() {
    let flags = |path: &str| {
        let setup = ImagePolicySetup {
            path: path.to_owned(),
            ..image_setup(Path::new("/etc/ringwall"))
        };
        let files = image_policy(&setup).unwrap();
        let flags = files
            .into_iter()
            .find(|file| file.name == "apiserver-flags.txt");
        flags.unwrap().text
    };
    for path in ["/image-policy", "/check-image"] {
        let flags = flags(path);
        let both = "--require-client-certificate /image-policy,/check-image ";
        assert!(flags.contains(both), "{flags}");
    }
    // Where `[serve.paths]` gives others, these are not served.
    let own = flags("/own");
    assert!(own.contains("--require-client-certificate /own "), "{own}");
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_and_nothing_is_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = made();
    for name in ["tls.key", "client.key"] {
        let mode = fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let files = image_policy(&image_setup(folder.path())).unwrap();
    let before = read(folder.path(), "tls.key");
    let refused = write(folder.path(), &files, false).unwrap_err().to_string();
    assert!(refused.contains("exists"), "{refused}");
    assert_eq!(read(folder.path(), "tls.key"), before);
    write(folder.path(), &files, true).unwrap();
    assert_ne!(read(folder.path(), "tls.key"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_with_these_files_is_let_in_and_others_are_not() {
    let folder = made();
    let path = |name: &str| folder.path().join(name);
    let files = TlsFiles {
        certificate: path("tls.crt"),
        key: path("tls.key"),
        client_ca: Some(path("client-ca.crt")),
    };
    let (_own, _, _, server) = start(Plan {
        config: "[image-policy]\nallowed = [\"registry.example.com\"]\n".to_owned(),
        change: Box::new(|settings| {
            settings.tls = files;
            settings.client_names = vec![CLIENT_NAME.to_owned()];
            for path in &mut settings.paths {
                path.requires_certificate = true;
            }
        }),
        ..Plan::default()
    })
    .await
    .unwrap();
    let client = |pair: Option<&Pair>| {
        Client::trusting(server.address(), &read(folder.path(), "ca.crt"), pair)
    };
    let shown = Pair {
        certificate: read(folder.path(), "client.crt"),
        key: read(folder.path(), "client.key"),
    };
    let review = json!({
        "apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
        "spec": {"containers": [{"image": "registry.example.com/a:1"}]},
    })
    .to_string();
    let answer = client(Some(&shown))
        .post("/image-policy", review.clone())
        .await;
    assert_eq!(answer.json()["status"]["allowed"], true);
    assert_eq!(client(None).post("/image-policy", review).await.status, 401);
    server.shut_down().await;
}

/// The messages about a changed set of files.
fn told(change: impl FnOnce(&Path)) -> Vec<String> {
    let folder = made();
    change(folder.path());
    let checked = check(folder.path(), &[], &default_paths());
    checked
        .problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[test]
fn each_mistake_is_found() {
    const ADMISSION: &str = "admission-configuration.yaml";
    const KUBECONFIG: &str = "kubeconfig.yaml";
    let finds = |part: &str, mistake: &dyn Fn(&Path)| {
        let messages = told(mistake);
        assert!(
            messages.iter().any(|message| message.contains(part)),
            "{part}: {messages:#?}"
        );
    };
    for (part, file, from, to) in [
        (
            "defaultAllow: true lets every image run",
            ADMISSION,
            "defaultAllow: false",
            "defaultAllow: true",
        ),
        ("allowTTL is 1,", ADMISSION, "allowTTL: 60", "allowTTL: 1"),
        (
            "denyTTL is 1801,",
            ADMISSION,
            "denyTTL: 30",
            "denyTTL: 1801",
        ),
        (
            "retryBackoff is 300001",
            ADMISSION,
            "retryBackoff: 500",
            "retryBackoff: 300001",
        ),
        (
            "has no field kubeconfigFile",
            ADMISSION,
            "kubeConfigFile",
            "kubeconfigFile",
        ),
        (
            "must begin with https://",
            KUBECONFIG,
            "https://",
            "http://",
        ),
        (
            "no certificate-authority",
            KUBECONFIG,
            "certificate-authority:",
            "x:",
        ),
        (
            "no client-certificate",
            KUBECONFIG,
            "client-certificate:",
            "x:",
        ),
        ("no client-key", KUBECONFIG, "client-key:", "x:"),
        (
            "none of the contexts",
            KUBECONFIG,
            "current-context: ringwall",
            "current-context: other",
        ),
        (
            "lets anybody answer",
            KUBECONFIG,
            "    server:",
            "    insecure-skip-tls-verify: true\n    server:",
        ),
        (
            "would not trust it",
            KUBECONFIG,
            "localhost:8443",
            "elsewhere:8443",
        ),
    ] {
        finds(part, &|folder| change(folder, file, from, to));
    }
    finds("would not trust it", &|folder| {
        let other = Authority::new("other", in_days(90)).unwrap();
        fs::write(folder.join("ca.crt"), &other.pair().certificate).unwrap();
    });
    finds("the client certificate is not one that", &|folder| {
        let other = Authority::new("other", in_days(90)).unwrap();
        fs::write(folder.join("client-ca.crt"), &other.pair().certificate).unwrap();
    });
    let client_until = |folder: &Path, until: SystemTime| {
        let other = Authority::new("other", in_days(90)).unwrap();
        let wanted = Wanted {
            common_name: "late",
            names: &[],
            usage: Usage::Client,
            until,
        };
        let pair = other.issue(&wanted).unwrap();
        fs::write(folder.join("client.crt"), &pair.certificate).unwrap();
        fs::write(folder.join("client.key"), &pair.key).unwrap();
    };
    let two_days_ago = SystemTime::now() - std::time::Duration::from_secs(86_400 * 2);
    finds("the certificate of 'late' expired", &|folder| {
        client_until(folder, two_days_ago);
    });
    finds("the certificate of 'late' expires in", &|folder| {
        client_until(folder, in_days(10));
    });
    finds("does not go with the certificate", &|folder| {
        fs::copy(folder.join("tls.key"), folder.join("client.key")).unwrap();
    });
    #[cfg(unix)]
    finds("has the mode 644", &|folder| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.join("tls.key"), fs::Permissions::from_mode(0o644)).unwrap();
    });
}

#[test]
fn mistakes_in_webhooks_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let setup = WebhookSetup {
        trusted_before: None,
        target: Target::Service {
            namespace: "ringwall".to_owned(),
            name: "ringwall".to_owned(),
            port: 443,
        },
        exempt_namespaces: Vec::new(),
        mutates: false,
        timeout_seconds: 5,
        until: in_days(90),
        asked: Asked::default(),
    };
    let finds = |part: &str, from: &str, to: &str| {
        write(folder.path(), &webhook(&setup).unwrap(), true).unwrap();
        change(folder.path(), "validating-webhook.yaml", from, to);
        let problems = check(folder.path(), &[], &default_paths()).problems;
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains(part)),
            "{part}: {problems:#?}"
        );
    };
    finds(
        "admits everything",
        "failurePolicy: Fail",
        "failurePolicy: Ignore",
    );
    finds(
        "its pods cannot be made again",
        "operator: NotIn",
        "operator: In",
    );
    finds("has no caBundle", "caBundle:", "x:");
    finds(
        "sideEffects must be",
        "sideEffects: None",
        "sideEffects: Unknown",
    );
    finds(
        "timeoutSeconds must be",
        "timeoutSeconds: 5",
        "timeoutSeconds: 31",
    );
    finds("neither v1 nor v1beta1", "[v1, v1beta1]", "[v2]");
    finds(
        "lets whoever writes the labels",
        "  failurePolicy: Fail",
        "  objectSelector: {matchExpressions: [{key: skip, operator: DoesNotExist}]}\n  failurePolicy: Fail",
    );
    finds(
        "what they become is not judged",
        "CREATE, UPDATE]",
        "CREATE]",
    );
    // Rules about other groups do not make up for it.
    finds(
        "what they become is not judged",
        "  rules:\n",
        "  rules:\n  - {apiGroups: [batch], apiVersions: ['*'], operations: [CREATE], resources: [nothing, jobs/x, cronjobs/x, '*/*']}\n",
    );
    finds("what they are is not judged", "CREATE, UPDATE]", "UPDATE]");
    for path in ["/mutate", "/healthz", "/"] {
        let part = format!("the path is {path}, and ringwall judges at /validate");
        finds(&part, "path: /validate", &format!("path: {path}"));
    }
    finds(
        "the path is /, and ringwall judges at /validate",
        "      path: /validate\n",
        "",
    );
    for never in ["'false'", "\"object.kind == 'Pod' && false\""] {
        finds(
            "lets no request through to ringwall",
            "  failurePolicy: Fail",
            &format!(
                "  matchConditions: [{{name: no-leases, expression: {never}}}]\n  failurePolicy: Fail"
            ),
        );
    }
    finds(
        "the scope Cluster is about nothing that lives in a namespace: no pods are sent",
        "  - apiGroups: [",
        "  - scope: Cluster\n    apiGroups: [",
    );
    finds(
        "apiVersions are [v1beta1], and not v1: no pods are sent",
        "apiVersions: [\"*\"]",
        "apiVersions: [v1beta1]",
    );
    finds(
        "no rule pods/ephemeralcontainers",
        "pods/ephemeralcontainers, ",
        "",
    );
}

#[test]
fn paths_of_ones_own_are_right_where_they_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let setup = WebhookSetup {
        target: Target::Address("localhost:8443".to_owned()),
        exempt_namespaces: Vec::new(),
        mutates: false,
        timeout_seconds: 5,
        until: in_days(90),
        trusted_before: None,
        asked: Asked::default(),
    };
    write(folder.path(), &webhook(&setup).unwrap(), false).unwrap();
    let name = "validating-webhook.yaml";
    change(folder.path(), name, ":8443/validate", ":8443/own");
    let problems = check(folder.path(), &[], &default_paths()).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let own = ringwall_server::Path {
        path: "/own".to_owned(),
        route: Route::Validate,
        requires_certificate: false,
    };
    assert_eq!(check(folder.path(), &[], &[own]).problems, []);
    // What somebody else's webhook asks is nothing of ringwall's.
    change(
        folder.path(),
        name,
        "validate.ringwall.dev",
        "validate.example.com",
    );
    assert_eq!(check(folder.path(), &[], &default_paths()).problems, []);
}

#[test]
fn what_is_not_there_was_not_looked_at() {
    let folder = made();
    fs::remove_file(folder.path().join("ca.crt")).unwrap();
    let checked = check(folder.path(), &[], &default_paths());
    assert_eq!(checked.problems, []);
    assert!(
        checked.not_assessed[0]
            .message
            .contains("ca.crt is neither there nor in this folder")
    );
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        check(empty.path(), &[], &default_paths())
            .not_assessed
            .len(),
        1
    );
}

#[test]
fn an_example_from_certification_notes_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/examples/imagepolicy");
    if !folder.is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let checked = check(&folder, &[], &default_paths());
    assert_eq!((checked.assessed, checked.problems), (2, Vec::new()));
    // The certificates stand on the host that the notes are about.
    assert!(
        checked
            .not_assessed
            .iter()
            .all(|one| one.message.contains("/etc/kubernetes/admission/"))
    );
    assert_eq!(checked.not_assessed.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_our_own_making_serves() {
    let folder = tempfile::tempdir().unwrap();
    let files =
        ringwall_server::setup::self_made(folder.path(), &["localhost".to_owned()]).unwrap();
    let mut house = House::new(Plan {
        change: Box::new(|settings| settings.tls = files),
        ..Plan::default()
    })
    .await;
    let client = Client::trusting(house.address, &read(folder.path(), "ca.crt"), None);
    assert!(client.connect(b"h2").await.is_ok());
    house.shut_down().await;
}

#[test]
fn a_kubeconfig_is_looked_at_whatever_it_is_called_and_lists_are_opened() {
    for name in ["kubeconfig", "kubeconfig.txt"] {
        let folder = made();
        let path = |name: &str| folder.path().join(name);
        fs::rename(path("kubeconfig.yaml"), path(name)).unwrap();
        let policy = "admission-configuration.yaml";
        change(folder.path(), policy, "kubeconfig.yaml", name);
        assert_eq!(
            check(folder.path(), &[], &default_paths()).problems,
            [],
            "{name}"
        );
        change(folder.path(), name, "server: https", "server: http");
        let problems = check(folder.path(), &[], &default_paths()).problems;
        assert!(
            problems[0].message.contains("must begin with https"),
            "{problems:?}"
        );
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    let webhook = "webhooks: [{name: a, failurePolicy: Ignore}]";
    for text in [
        format!("kind: List\nitems:\n- kind: ValidatingWebhookConfiguration\n  {webhook}\n"),
        format!("kind: MutatingWebhookConfigurationList\nitems:\n- {webhook}\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("list.yaml"), text).unwrap();
        fs::write(folder.path().join("LICENSE"), "- no\n  yaml: [").unwrap();
        let checked = check(folder.path(), &[], &default_paths());
        let mut problems = checked.problems.iter();
        assert!(
            problems.any(|one| one.message.starts_with("failurePolicy: Ignore")),
            "{checked:?}"
        );
        assert_eq!(checked.not_assessed, []);
    }
}
