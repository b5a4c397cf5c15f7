//! What containerd keeps, read from its files while it runs and afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    daemon::Daemon,
    image::{image, refused, report, saved},
};

const NAME: &str = "docker.io/library/shop:1.2";

/// containerd with its files in a folder of its own.
struct Containerd {
    daemon: Option<Daemon>,
    folder: TempDir,
}

impl Containerd {
    fn start() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
             [grpc]\naddress = {:?}\n",
            path("root"),
            path("state"),
            path("socket")
        );
        fs::write(path("config.toml"), config).expect("a file");
        let mut command = Command::new("containerd");
        command.args(["--config", &path("config.toml")]);
        let daemon = Daemon::start(&mut command, "successfully booted")?;
        Some(Self {
            daemon: Some(daemon),
            folder,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives it an image in a namespace, which it does not unpack.
    fn import(&self, namespace: &str, name: &str, version: &str) -> Vec<String> {
        let (digests, archive) = saved(name, version);
        fs::write(self.path("shop.tar"), archive).expect("a file");
        self.ctr(
            namespace,
            &["images", "import", "--no-unpack"],
            &["shop.tar"],
        );
        digests
    }

    fn ctr(&self, namespace: &str, words: &[&str], files: &[&str]) {
        let output = Command::new("ctr")
            .arg("--address")
            .arg(self.path("socket"))
            .args(["--namespace", namespace])
            .args(words)
            .args(files.iter().map(|file| self.path(file)))
            .output()
            .expect("ctr runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
    }

    fn image(&self, words: &[&str]) -> Output {
        let fixed = ["--from", "containerd", "--containerd-root", "root"];
        image(self.folder.path(), &[&fixed, words].concat(), &[])
    }
}

#[test]
fn an_image_is_read_as_from_a_file() {
    let Some(mut containerd) = Containerd::start() else {
        return;
    };
    containerd.import("k8s.io", NAME, "1.2");
    let from_file = image(containerd.folder.path(), &["shop.tar"], &[]);
    for name in [NAME, "shop:1.2"] {
        // containerd holds its lock on the database meanwhile.
        let ran = containerd.image(&[name]);
        assert_eq!(report(&ran), report(&from_file));
        assert_eq!(ran.status.code(), from_file.status.code());
    }
    let packages = &report(&from_file)["packages"];
    assert_eq!(packages[0]["name"], "shop");
    assert_eq!(packages[1]["name"], "ms");
    // Its own files say the same once it runs no more.
    drop(containerd.daemon.take());
    assert_eq!(report(&containerd.image(&[NAME])), report(&from_file));
}

#[test]
fn a_name_may_be_in_several_namespaces() {
    let Some(containerd) = Containerd::start() else {
        return;
    };
    containerd.import("default", NAME, "1.2");
    containerd.import("k8s.io", NAME, "1.3");
    containerd.import("k8s.io", "docker.io/library/other:1", "1.3");
    refused(
        &containerd.image(&["shop:1.2"]),
        "different images in the namespaces default, k8s.io",
    );
    let version = |words: &[&str], variables: &[(&str, &str)]| {
        let fixed = ["--from", "containerd", "--containerd-root", "root", NAME];
        let words = [&fixed, words].concat();
        let ran = image(containerd.folder.path(), &words, variables);
        report(&ran)["packages"][0]["version"].clone()
    };
    let namespace = |name| ["--containerd-namespace", name];
    assert_eq!(version(&namespace("default"), &[]), "1.2");
    assert_eq!(version(&namespace("k8s.io"), &[]), "1.3");
    assert_eq!(version(&[], &[("CONTAINERD_NAMESPACE", "k8s.io")]), "1.3");
    let absent = containerd.image(&["absent"]);
    refused(&absent, "holds no image of the name absent; there are");
    refused(
        &absent,
        "\n  default  docker.io/library/shop:1.2\n  k8s.io  docker.io/library/other:1\n",
    );
    // Both stand for one image after this, so that either may be meant.
    containerd.import("default", NAME, "1.3");
    assert_eq!(version(&[], &[]), "1.3");
}

#[test]
fn what_was_discarded_is_not_assessed() {
    let Some(containerd) = Containerd::start() else {
        return;
    };
    let layers = containerd.import("k8s.io", NAME, "1.2");
    // As containerd does with discard_unpacked_layers. Layers that are not packed have one digest only.
    let second = layers[1].replace("sha256:", "");
    let blobs = Path::new("root/io.containerd.content.v1.content/blobs/sha256");
    let blob = containerd.path("").join(blobs).join(&second);
    fs::remove_file(blob).expect("the layer is there");
    let ran = containerd.image(&[NAME, "--no-secrets"]);
    let report = report(&ran);
    assert_eq!(report["summary"]["packages"], json!({"deb": 1}));
    let gap = &report["not_assessed"][0];
    assert_eq!(
        (&gap["id"], &gap["layer"]),
        (&json!("unreadable-layer"), &json!(1))
    );
    let reason = gap["reason"].as_str().expect("a reason");
    assert!(reason.contains("discard_unpacked_layers"), "{reason}");
    assert_eq!(ran.status.code(), Some(3));
}

#[test]
fn what_is_read_while_it_is_written_is_of_one_moment() {
    let Some(containerd) = Containerd::start() else {
        return;
    };
    containerd.import("k8s.io", NAME, "1.2");
    let expected = report(&containerd.image(&[NAME]));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for at in 0..40 {
                let tag = format!("docker.io/library/shop:copy-{at}");
                containerd.ctr("k8s.io", &["images", "tag", NAME, &tag], &[]);
                containerd.ctr("k8s.io", &["images", "rm", &tag], &[]);
            }
        });
        let mut reads = 0;
        while !writer.is_finished() || reads == 0 {
            assert_eq!(report(&containerd.image(&[NAME])), expected);
            reads += 1;
        }
    });
}

#[test]
fn where_there_is_no_containerd_the_message_says_so() {
    let folder = TempDir::new().expect("a folder");
    let run = |words: &[&str]| image(folder.path(), words, &[]);
    let from = [
        "--from",
        "containerd",
        "shop:1.2",
        "--containerd-root",
        "none",
    ];
    refused(
        &run(&from),
        "cannot read none/io.containerd.metadata.v1.bolt/meta.db: no such file",
    );
    refused(
        &run(&["shop.tar", "--containerd-root", "none"]),
        "is for --from containerd",
    );
    fs::create_dir_all(folder.path().join("none/io.containerd.metadata.v1.bolt"))
        .expect("a folder");
    fs::write(
        folder
            .path()
            .join("none/io.containerd.metadata.v1.bolt/meta.db"),
        "none",
    )
    .expect("a file");
    refused(&run(&from), "is no bbolt file");
}
