//! What an image was built on, and which layer brought what.

use ringwall_engine::Advisories;
use ringwall_model::Severity;
use ringwall_report::{ImageTextOptions, image_text};
use serde_json::json;

use crate::{
    build::{OS, gzip, layer, layout_with, scan_layers, scan_with},
    vulnerabilities::{before, database},
};

const LIST: &str = "var/lib/dpkg/status";

fn status(packages: &[(&str, &str)]) -> String {
    let entries = packages.iter().map(|(name, version)| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
    });
    entries.collect()
}

#[test]
fn a_package_is_in_the_layer_that_installed_it() {
    let lists = [
        status(&[("libc6", "2.36-9"), ("curl", "7.88-1"), ("gone", "1")]),
        status(&[("libc6", "2.36-9"), ("curl", "7.88-2"), ("nginx", "1.22")]),
        status(&[
            ("curl", "7.88-2"),
            ("gone", "1"),
            ("libc6", "2.36-9"),
            ("nginx", "1.22"),
        ]),
    ];
    let report = scan_layers(&[
        &[OS, (LIST, &lists[0])],
        &[("srv/a", "")],
        &[(LIST, &lists[1])],
        &[(LIST, &lists[2])],
    ]);
    let layers = report.packages.iter().map(|it| (&*it.name, it.layer));
    let layers: Vec<_> = layers.collect();
    // What was removed and installed again is of the layer that did so.
    assert_eq!(
        layers,
        [("curl", 2), ("gone", 3), ("libc6", 0), ("nginx", 2)]
    );
}

#[test]
fn flaws_of_the_base_are_counted_apart() {
    let of_base = status(&[("libc6", "2.36-9"), ("curl", "7.88-1")]);
    let all = status(&[("libc6", "2.36-9"), ("curl", "7.88-1"), ("nginx", "1.22")]);
    let layers = [layer(&[OS, (LIST, &of_base)]), layer(&[(LIST, &all)])];
    let layers = layers.map(|unpacked| (unpacked.clone(), gzip(&unpacked)));
    let history = |base_says: &str| {
        json!({
            "config": {"Labels": {"org.opencontainers.image.base.name": "debian:12-slim"}},
            "history": [
                {"created_by": "ADD rootfs"},
                {"created_by": base_says, "empty_layer": true},
                {"created_by": "RUN apt-get install nginx"},
                {"created_by": "CMD [\"nginx\"]", "empty_layer": true},
            ],
        })
    };
    let advisories = database(&[
        before("D-1", "Debian:12", "libc6", "9"),
        before("D-2", "Debian:12", "curl", "9"),
        before("D-3", "Debian:12", "nginx", "9"),
    ]);
    let text = |base_says: &str| {
        let image = layout_with(&layers, 2, &history(base_says));
        let report = scan_with(image.path(), Advisories::Database(&advisories));
        let options = ImageTextOptions {
            colour: false,
            packages: false,
            severity: Severity::Medium,
        };
        let mut text = Vec::new();
        image_text(&report, options, &mut text).unwrap();
        (report.image.base, String::from_utf8(text).unwrap())
    };
    let (base, said) = text("CMD [\"bash\"]");
    let base = base.unwrap();
    assert_eq!(
        (base.layers, base.name.as_deref()),
        (1, Some("debian:12-slim"))
    );
    assert!(
        said.contains("\n  built on debian:12-slim: layer 0\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "\n  2 in the image that it was built on (2 high), 1 in what was added to it\n"
        ),
        "{said}"
    );
    let (base, said) = text("LABEL a=b");
    assert_eq!(base, None);
    assert!(!said.contains("built on"), "{said}");
}
