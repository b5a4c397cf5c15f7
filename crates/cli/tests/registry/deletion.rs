//! `ringwall registry --delete`: what is planned, and what is gone afterwards.

use serde_json::{Value, json};

use crate::{
    kept::{manifest, tags},
    listing::Place,
};

const OLD: &str = "2026-01-10T12:00:00Z";
const NEW: &str = "2026-11-20T12:00:00Z";

/// The tags that a repository has.
fn names(place: &Place, repository: &str) -> Vec<String> {
    let tags = tags(&place.registry, repository).into_iter();
    tags.map(|(tag, _)| tag).collect()
}

/// What is planned, by digest.
fn planned(report: &Value) -> Vec<&str> {
    let deletions = report["plan"]["deletions"].as_array().expect("deletions");
    deletions
        .iter()
        .map(|it| it["digest"].as_str().expect("a digest"))
        .collect()
}

/// Why a tag stays.
#[track_caller]
fn stays(report: &Value, tag: &str) -> String {
    let kept = report["plan"]["kept"].as_array().expect("a list");
    let found = kept
        .iter()
        .find(|it| it["tags"].as_array().expect("tags").contains(&json!(tag)));
    let found = found.unwrap_or_else(|| panic!("{tag} does not stay: {report}"));
    found["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn what_is_selected_goes_with_what_belongs_to_it_and_nothing_else() {
    let Some(place) = Place::open(true) else {
        return;
    };
    let shop = "team/shop";
    place.push(shop, &["new"], NEW);
    let old = place.push(shop, &["1.0", "1.0.3"], OLD);
    place.sign("team/shop:1.0", "ours", &[]);
    place.sign("team/shop:1.0", "ours", &["--bundle"]);
    let protected = place.push(shop, &["latest", "0.9"], "2026-01-02T00:00:00Z");
    place.sign("team/shop:latest", "ours", &[]);
    let (index, [first, second]) = place.push_index(shop, "many", "2026-01-03T00:00:00Z");
    place.sign("team/shop:many", "ours", &["--bundle"]);
    let used = place.push(shop, &["used"], "2026-01-04T00:00:00Z");
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - {{name: app, image: \"x.example/y@{used}\"}}\n"
    );
    place.home.write("pod.yaml", &pod);
    let before = tags(&place.registry, shop);
    let words = ["--delete", "stale", "--used-by", "pod.yaml"];
    let report = place.json("/team/shop", &words, 0);
    assert_eq!(report["plan"]["is_carried_out"], false);
    assert!(stays(&report, "latest").contains("the tag latest is kept"));
    assert!(stays(&report, "used").contains("Pod web uses it"));
    let plan = planned(&report);
    // The index, its images and the other image; then a payload, two lists and two bundles.
    assert_eq!(plan[0], index);
    let mut images = plan[1..4].to_vec();
    images.sort_unstable();
    let mut expected = [&*old, &*first, &*second];
    expected.sort_unstable();
    assert_eq!(images, expected);
    assert_eq!(plan.len(), 9, "{report}");
    assert!(!plan.contains(&&*protected));
    let of = |digest: &str| {
        let deletions = report["plan"]["deletions"].as_array().expect("deletions");
        deletions
            .iter()
            .find(|it| it["digest"] == digest)
            .expect("a deletion")
            .clone()
    };
    assert_eq!(of(&old)["tags"], json!(["1.0", "1.0.3"]));
    assert_eq!(of(&first)["with"], index);
    let ran = place.run("/team/shop", &words);
    assert!(ran.stdout.contains("9 manifests of"), "{}", ran.stdout);
    assert!(ran.stdout.contains("--yes does it"), "{}", ran.stdout);
    assert_eq!(tags(&place.registry, shop), before);

    let words = [&words[..], &["--yes"]].concat();
    let report = place.json("/team/shop", &words, 0);
    let deletions = report["plan"]["deletions"].as_array().expect("deletions");
    assert!(
        deletions.iter().all(|it| it["outcome"] == "deleted"),
        "{report}"
    );
    let signature = format!("{}.sig", protected.replace(':', "-"));
    let mut expected = ["0.9", "latest", "new", "used", &signature];
    expected.sort_unstable();
    assert_eq!(names(&place, shop), expected);
    let report = place.json("/team/shop", &["--key", "ours.pub"], 0);
    assert_eq!(
        crate::listing::tagged(&report, "latest")["signature"],
        "verified"
    );
    // Nothing is left to do, and nothing was left behind.
    let report = place.json(
        "/team/shop",
        &["--delete", "stale,dangling", "--used-by", "pod.yaml"],
        0,
    );
    assert_eq!(planned(&report), Vec::<&str>::new());
    for digest in [&*old, &*first, &*second, &*index] {
        let name = format!("/team/shop@{digest}");
        place.run(&name, &[]).refused(&["has a digest"]);
        let image = format!("{}{name}", place.registry.address);
        let ca = place.registry.path("ca.pem");
        place
            .home
            .image(&[&image, "--registry-ca", &ca])
            .refused(&["has no manifests/"]);
    }
}

#[test]
fn what_something_else_needs_stays() {
    let Some(place) = Place::open(true) else {
        return;
    };
    let shop = "team/shop";
    place.push(shop, &["new"], NEW);
    let (_, [child, _]) = place.push_index(shop, "latest", OLD);
    // The image for one platform has a tag of its own.
    let bytes = crate::kept::blob(&place.registry, &child);
    place.registry.push_manifest(shop, "amd64", &bytes);
    // An image with two tags, of which one is not asked for.
    place.push(shop, &["1.0", "stable"], "2026-01-02T00:00:00Z");
    let report = place.json("/team/shop", &["--delete", "stale"], 0);
    assert!(stays(&report, "amd64").contains("latest stays, and it is part of that"));
    assert_eq!(planned(&report).len(), 1);
    let report = place.json("/team/shop:1.*", &["--delete", "stale"], 0);
    assert!(stays(&report, "1.0").contains("the tag stable names it too"));
    assert_eq!(planned(&report), Vec::<&str>::new());
    let report = place.json("/team/shop", &["--delete", "stale", "--keep", "4"], 0);
    assert!(
        stays(&report, "1.0").contains("among the 4 newest"),
        "{report}"
    );
    let report = place.json(
        "/team/shop",
        &["--delete", "stale", "--keep-tags", "st*"],
        0,
    );
    assert!(
        stays(&report, "1.0").contains("the tag stable is kept"),
        "{report}"
    );
    // Then latest goes, and what has a tag of its own by its own mark.
    assert_eq!(planned(&report).len(), 3, "{report}");
    // What could not be read may use any of them.
    place.home.write("broken.yaml", "apiVersion: v1\nkind: [");
    let report = place.json(
        "/team/shop",
        &["--delete", "stale", "--used-by", "broken.yaml"],
        3,
    );
    assert!(stays(&report, "1.0").contains("may use it"), "{report}");
    assert_eq!(planned(&report), Vec::<&str>::new());
}

#[test]
fn a_tag_of_a_signature_takes_no_image_with_it() {
    let Some(place) = Place::open(true) else {
        return;
    };
    let shop = "team/shop";
    let production = place.push(shop, &["production"], NEW);
    let old = place.push(shop, &["1.0"], OLD);
    // Whoever may push puts an image where a signature belongs, and into a list.
    let bytes = crate::kept::blob(&place.registry, &production);
    let tag = old.replace(':', "-");
    place
        .registry
        .push_manifest(shop, &format!("{tag}.sig"), &bytes);
    let list = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": production, "size": bytes.len()}]});
    place
        .registry
        .push_manifest(shop, &tag, list.to_string().as_bytes());
    let report = place.json("/team/shop", &["--delete", "stale", "--yes"], 0);
    let plan = planned(&report);
    assert!(
        plan.contains(&&*old) && !plan.contains(&&*production),
        "{report}"
    );
    assert!(manifest(&place.registry, shop, "production").is_some());
    assert_eq!(manifest(&place.registry, shop, "1.0"), None);
}

#[test]
fn what_was_left_behind_is_found_and_goes() {
    let Some(place) = Place::open(true) else {
        return;
    };
    let shop = "team/shop";
    place.push(shop, &["new"], NEW);
    place.sign("team/shop:new", "ours", &[]);
    let gone = place.push(shop, &["1.0"], OLD);
    place.sign("team/shop:1.0", "ours", &[]);
    place.sign("team/shop:1.0", "theirs", &["--bundle"]);
    // Untagged is not gone.
    let untagged = place.push(shop, &["2.0"], "2026-01-12T00:00:00Z");
    place.sign("team/shop:2.0", "ours", &[]);
    place.registry.delete_tag(shop, "2.0");
    place.registry.delete_manifest(shop, &gone);
    let tag = gone.replace(':', "-");
    let report = place.json("/team/shop", &["--fail-on", "dangling"], 1);
    let payload = crate::listing::tagged(&report, &format!("{tag}.sig"));
    assert_eq!(
        (&payload["kind"], &payload["subject"]),
        (&json!("attached"), &json!(gone))
    );
    assert_eq!(payload["marks"], json!(["dangling"]));
    assert_eq!(
        crate::listing::tagged(&report, &tag)["marks"],
        json!(["dangling"])
    );
    assert!(
        !report.to_string().contains(&untagged.replace(':', "-")),
        "{report}"
    );
    let report = place.json("/team/shop", &["--delete", "dangling", "--yes"], 0);
    // The payload, the list, and the bundle that it lists.
    assert_eq!(planned(&report).len(), 3, "{report}");
    let left = names(&place, shop);
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(!left.iter().any(|it| it.starts_with(&tag)), "{left:?}");

    // A repository for signatures alone looks as if all of them were left behind.
    let list = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
    place
        .registry
        .push_manifest("signatures", &tag, list.to_string().as_bytes());
    let report = place.json("/signatures", &["--delete", "dangling"], 3);
    assert_eq!(report["not_assessed"][0]["id"], "only-attached");
    assert_eq!(planned(&report), Vec::<&str>::new());
}

#[test]
fn a_registry_that_deletes_nothing_is_told() {
    let Some(place) = Place::open(false) else {
        return;
    };
    place.push("team/shop", &["new"], NEW);
    place.push("team/shop", &["1.0"], OLD);
    place.push("team/shop", &["1.1"], "2026-01-11T00:00:00Z");
    place.sign("team/shop:1.0", "ours", &[]);
    let ran = place.run("/team/shop", &["--delete", "stale", "--yes"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("FAILED"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("storage.delete.enabled"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("0 of 3 manifests deleted"),
        "{}",
        ran.stdout
    );
    assert_eq!(names(&place, "team/shop").len(), 4);
}
