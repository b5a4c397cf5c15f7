//! A recording is any bytes: it is split into objects, each of which is judged or told, and nothing is lost.

#![no_main]

use std::{
    io::Read as _,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::fuzz_target;
use ringwall_collect::{JsonPiece, JsonStream};
use ringwall_engine::CheckActions;
use ringwall_policy::pod_security::PodSecurity;
use ringwall_server::{
    BuiltIn, LiveWorld, PolicyLoader as _, PolicySet, Rules,
    replay::{Replay, judge_document},
};

static REPLAY: LazyLock<Replay> = LazyLock::new(|| {
    let as_of = "2026-11-27".parse().expect("a date");
    let built_in = BuiltIn {
        pod_security: PodSecurity {
            enforce: Some("restricted".parse().expect("a level")),
            warn: None,
        },
        checks: false,
        actions: CheckActions {
            deny: None,
            warn: None,
            fix: None,
            honours_annotations: false,
        },
        as_of: Some(as_of),
        reports: Arc::default(),
    };
    let loaded = built_in.load(&[]).unwrap_or_default();
    Replay {
        rules: Rules::default(),
        policies: Arc::new(PolicySet {
            judges: loaded.judges,
            ..PolicySet::default()
        }),
        against: None,
        world: Arc::new(LiveWorld::default()),
        has_inventory: false,
        team_label: Some("team".to_owned()),
        as_of,
    }
});

/// Small, so that the limit is met.
const LIMIT: usize = 4_096;

fuzz_target!(|bytes: &[u8]| {
    let pieces: Vec<_> = JsonStream::new(bytes, LIMIT).collect();
    // However the bytes come in, they are split alike.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    assert!(JsonStream::new(first.chain(second), LIMIT).eq(pieces.iter().cloned()));
    let mut last = 0;
    for piece in pieces {
        let line = match piece {
            JsonPiece::Object { line, text } => {
                assert!(text.len() <= LIMIT && text.starts_with(b"{") && text.ends_with(b"}"));
                if let Err(reason) = judge_document(&REPLAY, &text) {
                    assert!(!reason.is_empty());
                }
                line
            }
            JsonPiece::Broken { line, reason } => {
                assert!(!reason.is_empty());
                // A list that breaks off is told by its beginning.
                last.max(line)
            }
            JsonPiece::Unreadable { .. } => panic!("bytes can be read"),
        };
        assert!(line >= last);
        last = line;
    }
});
