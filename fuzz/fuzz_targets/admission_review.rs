//! A review is any bytes: it is refused with a reason, or judged and answered under its own uid.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ringwall_engine::CheckActions;
use ringwall_model::{Safety, Severity};
use ringwall_policy::{
    admission::{NoDeadline, patch},
    pod_security::PodSecurity,
};
use ringwall_server::{
    BuiltIn, PolicyFile, PolicyLoader as _, PolicySet, Rules,
    wire::admission_review::{identify, parse, write},
};
use serde_json::Value;

static POLICIES: LazyLock<PolicySet> = LazyLock::new(|| {
    let built_in = BuiltIn {
        pod_security: PodSecurity {
            enforce: Some("restricted".parse().expect("a level")),
            warn: None,
        },
        checks: true,
        actions: CheckActions {
            deny: Some(Severity::High),
            warn: Some(Severity::Low),
            fix: Some(Safety::Unsafe),
            honours_annotations: true,
        },
        as_of: None,
        reports: Arc::default(),
    };
    let config = PolicyFile {
        name: "ringwall.toml".to_owned(),
        text: "[image-policy]\nallowed = [\"registry.example.com\"]\nrefuse-latest = true\n"
            .to_owned(),
    };
    let loaded = built_in.load(&[config]).unwrap_or_default();
    PolicySet {
        judges: loaded.judges,
        fixer: loaded.fixer,
        images: loaded.images,
        ..PolicySet::default()
    }
});

fuzz_target!(|body: &[u8]| {
    let Ok((identity, request)) = parse(body) else {
        return;
    };
    assert_eq!(identify(body).as_ref(), Ok(&identity));
    let rules = Rules {
        // More often than not, so that the search is fuzzed too.
        suggestion_time: std::time::Duration::from_secs(1),
        ..Rules::default()
    };
    for decision in [
        rules.review(&POLICIES, &request, &NoDeadline),
        rules.mutate(&POLICIES, &request, &NoDeadline),
    ] {
        let answer = decision.answer(&request);
        let written: Value = serde_json::from_slice(&write(&identity, &answer)).expect("JSON");
        assert_eq!(written["response"]["uid"], identity.uid);
        assert_eq!(written["response"]["allowed"], decision.allowed);
        if let (Some(object), Some(operations)) = (&request.object, &decision.suggestion) {
            let patched =
                patch::apply(object, operations).expect("a patch that is told fits its object");
            let mut again = request.clone();
            again.object = Some(patched);
            assert!(rules.review(&POLICIES, &again, &NoDeadline).allowed);
        }
    }
});
