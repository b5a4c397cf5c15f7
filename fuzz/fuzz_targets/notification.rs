//! What a registry tells is any bytes: it is refused with a reason, or what is asked for because of it is an image of
//! a repository that is configured, by a digest.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_server::{Repositories, wire::notification::parse};

static REPOSITORIES: LazyLock<Repositories> = LazyLock::new(|| {
    let patterns = ["registry.example.com/shop/**", "r.example:5000"].map(str::to_owned);
    Repositories::new(&patterns).expect("patterns")
});

fuzz_target!(|body: &[u8]| {
    let Ok(told) = parse(body) else { return };
    for push in &told.pushes {
        let _ = push.is_attached();
        let Some(image) = REPOSITORIES.image(push) else {
            continue;
        };
        let (name, digest) = image.split_once("@sha256:").expect("a digest");
        assert!(digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit()));
        assert!(name.starts_with("registry.example.com/shop/") || name.starts_with("r.example:5000/"));
        assert!(!name.contains("..") && !name.contains('@'));
    }
});
