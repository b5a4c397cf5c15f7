//! A review of images is any bytes: it is refused with a reason, or judged and answered with its own spec.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ringwall_model::Date;
use ringwall_policy::image::{ImagePolicy, ImagePolicyConfig, Offline, PodImages, Requirement};
use ringwall_server::{
    PolicySet, Rules,
    wire::image_review::{parse, to_json, write},
};
use serde_json::Value;

static POLICIES: LazyLock<PolicySet> = LazyLock::new(|| {
    let config = ImagePolicyConfig {
        allowed: vec!["registry.example.com".to_owned(), "*.io/**".to_owned()],
        require: Some(Requirement::Tag),
        refuse_latest: true,
        break_glass_namespaces: vec!["*".to_owned()],
        ..ImagePolicyConfig::default()
    };
    let policy = ImagePolicy::new(
        config,
        Arc::new(Offline::default()),
        Date::from_unix_seconds(0),
    );
    let policy = Arc::new(policy.expect("a policy"));
    PolicySet {
        images: Some(Arc::new(PodImages {
            policy,
            pod_paths: Vec::new(),
        })),
        ..PolicySet::default()
    }
});

fuzz_target!(|body: &[u8]| {
    let Ok(review) = parse(body) else { return };
    let decision = Rules::default().review_images(&POLICIES, &review);
    let written = write(&review, &decision.answer);
    let again = parse(&written).expect("an answer is a review");
    assert_eq!(again, review);
    let value: Value = serde_json::from_slice(&written).expect("JSON");
    assert_eq!(value["spec"], to_json(&review)["spec"]);
    assert_eq!(value["status"]["allowed"], decision.answer.allowed);
});
