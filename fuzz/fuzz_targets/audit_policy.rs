//! An audit policy is any YAML, and a request any words: judging them neither panics nor contradicts itself.
//!
//! What follows a line of `@` is the name of a user, and what follows another one a request.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringwall_input::yaml;
use ringwall_model::Source;
use ringwall_policy::audit::{Policy, Request, problems, unreachable};

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, "\n@\n");
    let text = parts.next().unwrap_or_default();
    let (user, words) = (
        parts.next().unwrap_or("alice"),
        parts.next().unwrap_or("get pods"),
    );
    let source = Arc::new(Source::new("policy.yaml", text));
    let (documents, _) = yaml::parse(&source);
    for document in &documents {
        let policy = Policy::new(document.root());
        let _ = problems(&policy);
        if policy.size() > 2_000 {
            continue;
        }
        let silent = unreachable(&policy);
        let Ok(request) = Request::parse(words, user, vec!["system:authenticated"]) else {
            continue;
        };
        if let Some((rule, _)) = policy.evaluate(&request).rule {
            // A name with a star or a capital letter is what no user, verb or namespace has.
            let is_real =
                !words.contains('*') && !user.contains('*') && words.to_lowercase() == words;
            assert!(!is_real || silent.iter().all(|(index, _)| *index != rule));
        }
    }
});
