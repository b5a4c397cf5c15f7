//! Indexes, and what is no image.

use ringwall_image::Platform;
use serde_json::{Value, json};

use crate::{
    image::{Shelf, assert_has, digest, open, open_with, refusal, settings},
    server::Server,
};

fn serve(shelf: Shelf) -> Server {
    Server::start(move |request, stream| shelf.answer(request, stream))
}

fn platform(architecture: &str, variant: Option<&str>) -> Platform {
    Platform {
        os: "linux".to_owned(),
        architecture: architecture.to_owned(),
        variant: variant.map(str::to_owned),
    }
}

/// An entry of an index.
fn entry(shelf: &mut Shelf, architecture: &str, platform: &Value) -> Value {
    let manifest = shelf.image(architecture).to_string();
    shelf.keep("manifests", manifest.as_bytes());
    json!({"digest": digest(manifest.as_bytes()), "size": manifest.len(), "platform": platform})
}

fn index(entries: &[Value]) -> Value {
    json!({"schemaVersion": 2, "manifests": entries})
}

#[test]
fn the_platform_decides() {
    let mut shelf = Shelf::default();
    let entries = [
        entry(
            &mut shelf,
            "amd64",
            &json!({"os": "linux", "architecture": "amd64"}),
        ),
        entry(
            &mut shelf,
            "arm64",
            &json!({"os": "linux", "architecture": "arm64", "variant": "v8"}),
        ),
        entry(
            &mut shelf,
            "x",
            &json!({"os": "unknown", "architecture": "unknown"}),
        ),
    ];
    shelf.tag("both", &index(&entries));
    shelf.tag("foreign", &index(&entries[2..]));
    let inner = index(&entries).to_string();
    let inner = shelf.keep("manifests", inner.as_bytes());
    shelf.tag("nested", &index(&[inner]));
    let mips = json!({"os": "linux", "architecture": "mips"});
    let mips = entry(&mut shelf, "mips", &mips);
    shelf.tag("only", &index(std::slice::from_ref(&mips)));
    let wasm = json!({"os": "wasi", "architecture": "wasm"});
    let wasm = entry(&mut shelf, "wasm", &wasm);
    shelf.tag("others", &index(&[mips, wasm]));
    let server = serve(shelf);
    for end in [":both", ":nested"] {
        let wanted = platform("arm64", None);
        let image = open_with(&server, end, Some(&wanted), &settings()).unwrap();
        assert_eq!(image.config.architecture, "arm64");
    }
    // Of one image nobody needs to say which.
    let image = open(&server, ":only").unwrap();
    assert_eq!(image.config.architecture, "mips");
    let told = refusal(&server, ":others");
    assert_has(
        &told,
        &[
            "has no image for linux/",
            "linux/mips, wasi/wasm with --platform",
        ],
    );
    let wanted = platform("s390x", None);
    let error = open_with(&server, ":both", Some(&wanted), &settings()).unwrap_err();
    assert_has(
        &error.to_string(),
        &["linux/s390x", "linux/amd64, linux/arm64/v8"],
    );
    assert_has(&refusal(&server, ":foreign"), &["no image for"]);
}

#[test]
fn variants_decide_where_there_are_several() {
    let mut shelf = Shelf::default();
    let arm = |variant: &str| json!({"os": "linux", "architecture": "arm", "variant": variant});
    let entries = [
        entry(&mut shelf, "arm", &arm("v6")),
        entry(&mut shelf, "arm", &arm("v7")),
    ];
    shelf.tag("arm", &index(&entries));
    let windows = json!({"os": "windows", "architecture": "amd64", "os.version": "10"});
    let entries = [
        entry(&mut shelf, "a", &windows),
        entry(&mut shelf, "b", &windows),
    ];
    shelf.tag("windows", &index(&entries));
    let server = serve(shelf);
    let wanted = platform("arm", None);
    let error = open_with(&server, ":arm", Some(&wanted), &settings()).unwrap_err();
    assert_has(
        &error.to_string(),
        &["several images", "linux/arm/v6, linux/arm/v7"],
    );
    // What an index says of a platform, the configuration has to say as well.
    let wanted = platform("arm", Some("v6"));
    let error = open_with(&server, ":arm", Some(&wanted), &settings()).unwrap_err();
    assert_has(
        &error.to_string(),
        &["no image for linux/arm/v6; choose one of linux/arm"],
    );
    // The usual variant need not be said.
    let wanted = platform("arm", Some("v7"));
    open_with(&server, ":arm", Some(&wanted), &settings()).unwrap();
    let wanted = Platform {
        os: "windows".to_owned(),
        ..platform("amd64", None)
    };
    let error = open_with(&server, ":windows", Some(&wanted), &settings()).unwrap_err();
    assert_has(&error.to_string(), &["linux/a with --platform"]);
}

#[test]
fn indexes_in_circles_end() {
    let mut shelf = Shelf::default();
    let mut inner = json!({"digest": digest(b"none"), "size": 1});
    for _ in 0..20 {
        let text = index(&[inner]).to_string();
        inner = shelf.keep("manifests", text.as_bytes());
    }
    shelf.tag("deep", &index(&[inner]));
    assert_has(&refusal(&serve(shelf), ":deep"), &["nested too deep"]);
}

#[test]
fn what_is_no_image_is_told() {
    let mut shelf = Shelf::default();
    let mut chart = shelf.image("amd64");
    chart["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json".into();
    shelf.tag("chart", &chart);
    let mut many = shelf.image("amd64");
    let layer = many["layers"][0].clone();
    many["layers"] = vec![layer; 1001].into();
    shelf.tag("many", &many);
    shelf.tag("old", &json!({"schemaVersion": 1, "fsLayers": []}));
    let server = serve(shelf);
    assert_has(
        &refusal(&server, ":chart"),
        &["is no container image", "helm.config"],
    );
    assert_has(&refusal(&server, ":many"), &["more than 1000 layers"]);
    assert_has(
        &refusal(&server, ":old"),
        &["names no configuration and no images"],
    );
    let told = refusal(&server, &format!("@sha512:{}", "0".repeat(128)));
    assert_has(&told, &["only digests of sha256"]);
    assert_has(&refusal(&server, ""), &["has no manifests/latest in a/b"]);
}
