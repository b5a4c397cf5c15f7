//! Registries that do not tell all that stands beside an image: what may be a signature and was not read is said.

use ringwall_image::{AttachedKind, SignedImage};
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::open_signatures;
use serde_json::json;

use crate::{
    image::{Shelf, digest, registry, settings},
    server::{Server, send},
};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn signatures(server: &Server) -> SignedImage {
    let reference = format!("{}/a/b:1", server.address);
    let reference = ImageReference::parse(&reference).unwrap();
    open_signatures(&reference, None, &settings()).unwrap()
}

fn reasons(image: &SignedImage) -> Vec<&str> {
    image.unreadable.iter().map(|it| &*it.reason).collect()
}

/// A registry that answers about what refers to an image with a list, and a header behind it.
fn listing(list: &serde_json::Value, header: &'static str) -> Server {
    let list = list.to_string();
    registry(move |_, request, stream| {
        let is_list = request.target.contains("/referrers/");
        if is_list {
            send(stream, "200 OK", header, list.as_bytes());
        }
        is_list
    })
}

#[test]
fn an_image_without_anything_beside_it_is_unsigned() {
    let image = signatures(&registry(|_, _, _| false));
    assert_eq!((image.attached.len(), reasons(&image).len()), (0, 0));
    assert_eq!(image.digests.len(), 1);
}

#[test]
fn lists_that_go_on_are_read_and_have_an_end() {
    let one = json!({"manifests": []});
    // For ever.
    let next = "Link: </v2/a/b/referrers/x?page=2>; rel=\"next\"\r\n";
    let server = listing(&one, next);
    let image = signatures(&server);
    assert!(reasons(&image)[0].contains("more refers to it"));
    assert_eq!(server.count("/referrers/"), 100);
    // To others.
    for next in [
        "Link: </v2/other/referrers/x>; rel=\"next\"\r\n",
        "Link: <https://evil.example.com/v2/a/b/referrers/x>; rel=\"next\"\r\n",
        "Link: nonsense\r\n",
    ] {
        let server = listing(&one, next);
        let image = signatures(&server);
        assert!(reasons(&image)[0].contains("more refers to it"), "{next}");
        assert_eq!(server.count("/referrers/"), 1, "{next}");
    }
}

#[test]
fn a_list_may_go_on_at_the_whole_address_of_its_registry() {
    let server = registry(|_, request, stream| {
        let is_list = request.target.contains("/referrers/");
        let host = request.header("host").unwrap_or_default();
        let next = format!("Link: <https://{host}/v2/a/b/referrers/x?page=2>; rel=\"next\"\r\n");
        if is_list {
            let is_last = request.target.contains("page=2");
            let header = if is_last { "" } else { &next };
            send(stream, "200 OK", header, br#"{"manifests": []}"#);
        }
        is_list
    });
    let image = signatures(&server);
    assert_eq!(reasons(&image), [""; 0]);
    assert_eq!(server.count("/referrers/"), 2);
}

#[test]
fn what_is_listed_and_not_there_may_have_been_a_signature() {
    let gone = digest(b"gone");
    let entry = |kind: &str| json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": gone, "size": 4, "artifactType": kind});
    let image = signatures(&listing(&json!({"manifests": [entry(BUNDLE)]}), ""));
    assert!(reasons(&image)[0].contains("has no manifests/sha256:"));
    // Which an SBOM is not.
    let image = signatures(&listing(
        &json!({"manifests": [entry("application/spdx+json")]}),
        "",
    ));
    assert_eq!(reasons(&image), [""; 0]);
    // A list that is none.
    let image = signatures(&listing(&json!(["nothing"]), ""));
    assert_eq!(image.unreadable.len(), 1);
}

#[test]
fn what_refers_to_another_image_is_not_attached() {
    let (mut shelf, other) = (Shelf::new(), digest(b"other"));
    let bundle = shelf.keep("blobs", b"{}");
    let layer = json!({"mediaType": BUNDLE, "digest": bundle["digest"], "size": 2});
    let manifest = json!({"layers": [layer], "subject": {"digest": other, "size": 1}});
    let kept = shelf.keep("manifests", manifest.to_string().as_bytes());
    let list =
        json!({"manifests": [{"digest": kept["digest"], "size": 1, "artifactType": BUNDLE}]});
    let server = Server::start(move |request, stream| {
        if request.target.contains("/referrers/") {
            send(stream, "200 OK", "", list.to_string().as_bytes());
        } else {
            shelf.answer(request, stream);
        }
    });
    let image = signatures(&server);
    assert_eq!((image.attached.len(), reasons(&image).len()), (0, 0));
}

#[test]
fn a_tag_that_cannot_be_asked_for_is_no_missing_signature() {
    let server = registry(|_, request, stream| {
        let is_tag = request.target.ends_with(".sig");
        if is_tag {
            send(stream, "403 Forbidden", "", b"");
        }
        is_tag
    });
    let image = signatures(&server);
    assert_eq!(image.unreadable.len(), 1, "{:?}", reasons(&image));
}

#[test]
fn signatures_of_notation_are_found_in_what_a_registry_lists() {
    const NOTATION: &str = "application/vnd.cncf.notary.signature";

    let mut shelf = Shelf::new();
    let manifest = shelf.find("manifests/1").unwrap().clone();
    let image = digest(&manifest);
    let mut listed = Vec::new();
    for (kind, envelope) in [
        ("application/jose+json", &b"{}"[..]),
        ("application/cose", b"\xd2"),
        ("application/tomorrow", b"?"),
    ] {
        let kept = shelf.keep("blobs", envelope);
        let layer = json!({"mediaType": kind, "digest": kept["digest"], "size": kept["size"]});
        let signature = json!({
            "artifactType": NOTATION, "layers": [layer], "subject": {"digest": image, "size": 1},
        });
        let kept = shelf.keep("manifests", signature.to_string().as_bytes());
        listed.push(json!({"digest": kept["digest"], "size": 1, "artifactType": NOTATION}));
    }
    // The same layer in what is no signature signs nothing.
    let kept = shelf.keep("blobs", b"[]");
    let layer = json!({"mediaType": "application/jose+json", "digest": kept["digest"], "size": 2});
    let other = json!({"layers": [layer], "subject": {"digest": image, "size": 1}});
    let kept = shelf.keep("manifests", other.to_string().as_bytes());
    listed.push(json!({"digest": kept["digest"], "size": 1}));
    let list = json!({ "manifests": listed }).to_string();
    let server = Server::start(move |request, stream| {
        if request.target.contains("/referrers/") {
            send(stream, "200 OK", "", list.as_bytes());
        } else {
            shelf.answer(request, stream);
        }
    });
    let found = signatures(&server);
    assert_eq!(reasons(&found), [""; 0]);
    let kinds: Vec<_> = found.attached.iter().map(|it| it.kind).collect();
    let expected = [
        AttachedKind::NotationJws,
        AttachedKind::NotationCose,
        AttachedKind::NotationOther,
    ];
    assert_eq!(kinds, expected);
    // What was signed is told from what the registry has.
    assert_eq!(found.manifests.len(), 1);
    assert_eq!(found.manifests[0].digest.to_string(), image);
    assert_eq!(found.manifests[0].size_bytes, manifest.len() as u64);
}
