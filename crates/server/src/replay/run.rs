//! From files to a report: objects are read one after another and judged on all cores, a batch at a time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;
use ringwall_collect::{JsonPiece, Opened, Recording};
use ringwall_report::ReplayReport;

use super::{
    Note, Replay, UNPARSABLE_RECORD, UNREADABLE_FILE,
    judge::{Judged, Judgement},
    recorded,
    tally::{Place, Tally},
};

/// Largest object that is read, in bytes: more than an API server logs of a request.
const MAX_OBJECT: usize = 16 << 20;

/// Objects and bytes that are judged at once.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 32 << 20;

/// Judges what is recorded in files. `unreadable` are paths that could not be opened, with the reason.
///
/// `progress` is told how many bytes of how many are read.
pub fn run(
    replay: &Replay,
    files: &[Recording],
    unreadable: Vec<(String, String)>,
    progress: &dyn Fn(u64, u64),
) -> ReplayReport {
    let mut tally = Tally::default();
    for note in replay.notes() {
        tally.note(None, &note);
    }
    for (file, reason) in unreadable {
        tally.note(
            Some(&Place {
                file: &file,
                line: 0,
            }),
            &Note::new(UNREADABLE_FILE, reason),
        );
    }
    let total = files.iter().map(|file| file.size_bytes).sum();
    let read = Arc::new(AtomicU64::new(0));
    for file in files {
        let objects = match file.open(MAX_OBJECT, &read) {
            Opened::Objects(objects) => objects,
            Opened::Other => {
                tally.skip("files");
                continue;
            }
            Opened::Unreadable(reason) => {
                let place = Place {
                    file: &file.name,
                    line: 0,
                };
                tally.note(Some(&place), &Note::new(UNREADABLE_FILE, reason));
                continue;
            }
        };
        let mut batch = Vec::new();
        let mut bytes = 0;
        for piece in objects {
            bytes += match &piece {
                JsonPiece::Object { text, .. } => text.len(),
                _ => 0,
            };
            batch.push(piece);
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                judge_all(replay, &file.name, &batch, &mut tally);
                batch.clear();
                bytes = 0;
                progress(read.load(Ordering::Relaxed), total);
            }
        }
        judge_all(replay, &file.name, &batch, &mut tally);
        progress(read.load(Ordering::Relaxed), total);
    }
    tally.report(replay)
}

fn judge_all(replay: &Replay, file: &str, batch: &[JsonPiece], tally: &mut Tally) {
    let judged: Vec<(u64, Judged)> = batch
        .par_iter()
        .map(|piece| match piece {
            JsonPiece::Object { line, text } => (*line, replay.judge(recorded::read(text))),
            JsonPiece::Broken { line, reason } => (*line, unseen(UNPARSABLE_RECORD, reason)),
            JsonPiece::Unreadable { line, reason } => (*line, unseen(UNREADABLE_FILE, reason)),
        })
        .collect();
    // In the order of the file, so that the same input gives the same report.
    for (line, judged) in judged {
        tally.add(&Place { file, line }, judged);
    }
}

fn unseen(id: &'static str, reason: &str) -> Judged {
    Judged {
        key: None,
        judgement: Judgement::Unassessed(vec![Note::new(id, reason)]),
    }
}
