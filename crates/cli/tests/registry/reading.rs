//! What is read from a registry is what is read from files.

use std::{fs, path::Path};

use ringwall_image::{Contents, LayerReader};
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{Authority, Settings, open_image};

use crate::{
    image::{Layout, push, unpack},
    registry::{Home, PASSWORD, Registry},
};

#[test]
fn an_image_is_read_as_from_a_file() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let layout = Layout::new(&["mips"]);
    push(&registry, layout.folder.path(), "team/shop", "1");
    let home = Home::logged_in(&registry, PASSWORD);
    let ca = registry.path("ca.pem");
    let name = format!("{}/team/shop:1", registry.address);
    let from_file = home.image(&[layout.path(), "-o", "json"]).report();
    let ran = home.image(&[&name, "--registry-ca", &ca, "-o", "json"]);
    assert_eq!(ran.report(), from_file);
    assert!(ran.stdout.contains("for-mips"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!("\"{name}\"")),
        "{}",
        ran.stdout
    );
    // By its digest it is the same.
    let digest = from_file["image"]["digest"].as_str().expect("a digest");
    let by_digest = format!("{}/team/shop@{digest}", registry.address);
    let ran = home.image(&[&by_digest, "--registry-ca", &ca, "-o", "json"]);
    assert_eq!(ran.report(), from_file);
    // A file of that name is neither taken for it nor passed over.
    fs::create_dir_all(home.folder.path().join(&registry.address)).expect("a folder");
    home.write(&format!("{}/team", registry.address), "no image");
    home.image(&[&format!("{}/team", registry.address)])
        .refused(&["/team is a file or folder here", "write ./127.0.0.1:"]);
    home.image(&[&format!("./{}/team", registry.address)])
        .refused(&["cannot read ./127.0.0.1:", "/team: "]);
    home.image(&["./shop:1"])
        .refused(&["cannot read ./shop:1: there is no such file"]);
    home.image(&["shop.tar"])
        .refused(&["cannot read shop.tar: there is no such file"]);
    home.image(&["Shop"])
        .refused(&["Shop is no file", "lower case"]);
    let gone = format!("{}/team/shop:2", registry.address);
    home.image(&[&gone, "--registry-ca", &ca])
        .refused(&["has no manifests/2 in team/shop"]);
}

#[test]
fn a_large_image_is_read_as_from_a_file() {
    let archive =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images/slim-a.oci.tar");
    if !archive.exists() {
        println!("skipped: {} is not here", archive.display());
        return;
    }
    let Some(registry) = Registry::start() else {
        return;
    };
    push(&registry, unpack(&archive).path(), "slim", "a");
    let home = Home::logged_in(&registry, PASSWORD);
    let ca = registry.path("ca.pem");
    let name = format!("{}/slim:a", registry.address);
    let from_file = home.image(&[&archive.display().to_string(), "-o", "json"]);
    let ran = home.image(&[&name, "--registry-ca", &ca, "-o", "json"]);
    let packages = ran.report()["packages"].as_array().map_or(0, Vec::len);
    assert!(packages > 780, "{packages}");
    assert_eq!(ran.report(), from_file.report());
}

#[test]
fn the_crate_reads_layers_as_streams() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let layout = Layout::new(&["mips"]);
    push(&registry, layout.folder.path(), "team/shop", "1");
    let home = Home::logged_in(&registry, PASSWORD);
    let settings = Settings {
        authorities: vec![Authority {
            name: "ca.pem".to_owned(),
            pem: fs::read(registry.path("ca.pem")).expect("a certificate"),
        }],
        credential_files: vec![home.folder.path().join(".docker/config.json")],
        ..Settings::default()
    };
    let name = format!("{}/team/shop:1", registry.address);
    let reference = ImageReference::parse(&name).expect("a name");
    let image = open_image(&reference, None, &settings).expect("an image");
    let reader = LayerReader::default();
    let layers = image.layers.iter().map(|layer| {
        let packed = layer.open().expect("a layer");
        let read = reader.read(packed, layer.size_bytes);
        assert_eq!((read.diff_id, read.damage.as_ref()), (layer.diff_id, None));
        read
    });
    let contents = Contents::new(&reader, layers.collect());
    let names = contents.packages.iter().map(|it| &*it.package.name);
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    assert_eq!(names, ["for-mips", "ms"]);
}

#[test]
fn the_platform_is_chosen() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let layout = Layout::new(&["amd64", "arm64", "riscv64", "s390x"]);
    push(&registry, layout.folder.path(), "shop", "all");
    push(
        &registry,
        Layout::new(&["mips", "mips64le"]).folder.path(),
        "shop",
        "mips",
    );
    let home = Home::logged_in(&registry, PASSWORD);
    let ca = registry.path("ca.pem");
    let name = |tag: &str| format!("{}/shop:{tag}", registry.address);
    let words = ["--registry-ca", &ca, "-o", "json"];
    let ran = home.image(&[
        &*name("all"),
        "--platform",
        "linux/s390x",
        words[0],
        words[1],
        words[2],
        words[3],
    ]);
    assert_eq!(ran.report()["image"]["platform"], "linux/s390x");
    assert!(ran.stdout.contains("for-s390x") && !ran.stdout.contains("for-amd64"));
    // What nobody names is this machine, whichever of these it is.
    let all = name("all");
    let ran = home.image(&[&[&*all][..], &words].concat());
    let expected = match std::env::consts::ARCH {
        "x86_64" => "linux/amd64",
        "aarch64" => "linux/arm64",
        "riscv64" => "linux/riscv64",
        other => panic!("no image for {other}"),
    };
    assert_eq!(ran.report()["image"]["platform"], expected);
    let mips = name("mips");
    home.image(&[&[&*mips][..], &words].concat()).refused(&[
        "has no image for linux/",
        "choose one of linux/mips, linux/mips64le with --platform",
    ]);
}

#[test]
fn a_damaged_layer_is_told_and_the_rest_is_judged() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let layout = Layout::new(&["mips"]);
    push(&registry, layout.folder.path(), "team/shop", "1");
    let home = Home::logged_in(&registry, PASSWORD);
    let ca = registry.path("ca.pem");
    let name = format!("{}/team/shop:1", registry.address);
    let words = [&*name, "--registry-ca", &ca, "-o", "json"];
    let sound = home.image(&words).report();
    // The registry does not look at what it keeps: one byte of the time of packing is another one.
    let layer = sound["layers"][1]["digest"].as_str().expect("a digest");
    let hex = layer.trim_start_matches("sha256:");
    let kept = format!(
        "storage/docker/registry/v2/blobs/sha256/{}/{hex}/data",
        &hex[..2]
    );
    let mut bytes = fs::read(registry.path(&kept)).expect("a blob");
    bytes[4] ^= 1;
    fs::write(registry.path(&kept), &bytes).expect("a blob");
    let told = home.image(&words).report();
    let gaps = told["not_assessed"].as_array().expect("gaps");
    let gap = gaps.iter().find(|gap| gap["id"] == "unreadable-layer");
    let reason = gap.expect("a gap")["reason"].as_str().expect("a reason");
    assert!(
        reason.contains(&format!("its digest is {layer}, and it is sha256:")),
        "{reason}"
    );
    assert_eq!(told["packages"], sound["packages"]);
    // One that is gone.
    fs::remove_file(registry.path(&kept)).expect("a blob");
    let told = home.image(&words).report();
    let text = told["not_assessed"].to_string();
    assert!(
        text.contains("unreadable-layer") && text.contains("has no blobs/"),
        "{text}"
    );
    let packages = told["packages"].to_string();
    assert!(
        packages.contains("\"ms\"") && !packages.contains("for-mips"),
        "{packages}"
    );
}
