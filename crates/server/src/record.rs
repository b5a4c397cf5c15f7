//! Decisions and audit events on disk, one JSON object a line, for replay.
//!
//! A thread of its own writes, so that no request waits for the disk; files are bounded in size and number
//! and readable by their owner only. Secrets are taken out before anything is written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use ringwall_policy::{
    admission::{AdmissionRequest, patch},
    image::ImageProblem,
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::oneshot;

use crate::{
    BrokenGlass, Decision,
    metrics::Metrics,
    redact::redact,
    wire::{admission_review::request_json, event_list::Event, image_review},
};

/// Lines that wait for the writer; more than that are dropped and counted.
const WAITING: usize = 1_024;

/// Where and how much is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// The file; older ones have `.1`, `.2`, ... behind their name.
    pub file: PathBuf,
    /// Largest size of one file, in bytes.
    pub max_bytes: u64,
    /// How many older files are kept.
    pub keep: usize,
}

/// What is recorded.
pub(crate) enum Entry {
    /// A review of a request.
    Review {
        route: &'static str,
        request: Arc<AdmissionRequest>,
        decision: Arc<Decision>,
        policies: String,
        took: Duration,
    },
    /// A review of images.
    Images {
        review: Arc<image_review::ImageReview>,
        answer: image_review::Answer,
        problems: Vec<ImageProblem>,
        policies: String,
        took: Duration,
    },
    /// Events of the API server; the sender hears whether they are on disk.
    Events(Vec<Event>, oneshot::Sender<io::Result<()>>),
}

/// Writes records. Dropping it writes what waits and ends the thread.
pub(crate) struct Recorder {
    entries: Option<SyncSender<(SystemTime, Entry)>>,
    thread: Option<JoinHandle<()>>,
    metrics: Arc<Metrics>,
}

impl Recorder {
    /// Opens the file, to which records are appended.
    pub(crate) fn open(settings: RecordSettings, metrics: Arc<Metrics>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let mut log = Log::open(settings)?;
        let counted = Arc::clone(&metrics);
        let thread = thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || write_all(&mut log, &receiver, &counted))?;
        Ok(Self {
            entries: Some(sender),
            thread: Some(thread),
            metrics,
        })
    }

    /// Hands a record over; drops and counts it where the writer is behind. Says whether it was taken.
    pub(crate) fn put(&self, entry: Entry) -> bool {
        let Some(sender) = &self.entries else {
            return false;
        };
        match sender.try_send((SystemTime::now(), entry)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.metrics.records_dropped.add(1);
                false
            }
        }
    }

    /// Waits until all that was handed over is written. Blocks.
    pub(crate) fn flush(&self) {
        let (told, is_written) = oneshot::channel();
        let barrier = (SystemTime::now(), Entry::Events(Vec::new(), told));
        if let Some(sender) = &self.entries
            && sender.send(barrier).is_ok()
        {
            let _ = is_written.blocking_recv();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(log: &mut Log, entries: &Receiver<(SystemTime, Entry)>, metrics: &Metrics) {
    while let Ok((time, entry)) = entries.recv() {
        let lines = match &entry {
            Entry::Events(events, _) => {
                events.iter().map(|event| event_json(event, time)).collect()
            }
            entry => vec![entry_json(entry, time)],
        };
        let count = lines.len() as u64;
        let written = lines
            .into_iter()
            .try_for_each(|line| log.write(line))
            .and_then(|()| log.flush());
        match &written {
            Ok(()) => metrics.records.add(count),
            Err(error) => {
                metrics.record_errors.add(count);
                tracing::error!(%error, "a record could not be written");
            }
        }
        if let Entry::Events(_, told) = entry {
            // Whoever asked may have given up.
            let _ = told.send(written);
        }
    }
}

/// A moment as RFC 3339 writes it, in UTC.
fn moment(time: SystemTime) -> String {
    OffsetDateTime::from(time)
        .format(&Rfc3339)
        .unwrap_or_default()
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn entry_json(entry: &Entry, time: SystemTime) -> Value {
    match entry {
        Entry::Review {
            route,
            request,
            decision,
            policies,
            took,
        } => json!({
            "version": 1, "type": route, "time": moment(time), "policies": policies,
            "durationMicros": micros(*took),
            "request": request_json(request), "verdict": decision_json(decision),
        }),
        Entry::Images {
            review,
            answer,
            problems,
            policies,
            took,
        } => json!({
            "version": 1, "type": "image-policy", "time": moment(time), "policies": policies,
            "durationMicros": micros(*took), "review": image_review::to_json(review),
            "verdict": images_json(answer, problems),
        }),
        Entry::Events(events, _) => json!(events.len()),
    }
}

fn event_json(event: &Event, time: SystemTime) -> Value {
    json!({"version": 1, "type": "audit", "time": moment(time), "event": event.event})
}

/// What was decided about images, as it is recorded.
pub(crate) fn images_json(answer: &image_review::Answer, problems: &[ImageProblem]) -> Value {
    let problems = problems.iter().map(|problem| {
        json!({
            "rule": problem.rule, "action": problem.action.as_str(), "message": problem.message,
            "notAssessed": problem.is_not_assessed,
        })
    });
    json!({
        "allowed": answer.allowed, "reason": answer.reason, "problems": problems.collect::<Vec<_>>(),
    })
}

/// What was decided about a request, as it is recorded.
pub(crate) fn decision_json(decision: &Decision) -> Value {
    let operations = |operations: &[patch::Operation]| -> Vec<Value> {
        operations.iter().map(patch::Operation::to_json).collect()
    };
    let violations = decision.verdict.violations.iter().map(|violation| {
        json!({
            "source": violation.source.as_str(), "policy": violation.policy, "binding": violation.binding,
            "action": violation.action.as_str(), "message": violation.message, "details": violation.details,
            "paths": violation.paths, "error": violation.is_error,
        })
    });
    let glass = match &decision.break_glass {
        None => Value::Null,
        Some(BrokenGlass::Granted(reason)) => json!({"granted": true, "reason": reason}),
        Some(BrokenGlass::Refused(why)) => json!({"granted": false, "reason": why}),
    };
    json!({
        "allowed": decision.allowed,
        "violations": violations.collect::<Vec<_>>(),
        "patch": operations(&decision.patch),
        "suggestion": decision.suggestion.as_deref().map(operations),
        "exempt": decision.exempt,
        "breakGlass": glass,
    })
}

/// A file that is set aside when it is full.
struct Log {
    settings: RecordSettings,
    file: BufWriter<File>,
    bytes: u64,
}

impl Log {
    fn open(settings: RecordSettings) -> io::Result<Self> {
        let file = append(&settings.file)?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            settings,
            file: BufWriter::new(file),
            bytes,
        })
    }

    fn write(&mut self, mut value: Value) -> io::Result<()> {
        redact(&mut value);
        let mut line = value.to_string();
        line.push('\n');
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes + length > self.settings.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.bytes += length;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let numbered = |number: usize| {
            let mut name = self.settings.file.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        if self.settings.keep == 0 {
            fs::remove_file(&self.settings.file)?;
        } else {
            for number in (1..self.settings.keep).rev() {
                if numbered(number).exists() {
                    fs::rename(numbered(number), numbered(number + 1))?;
                }
            }
            fs::rename(&self.settings.file, numbered(1))?;
        }
        self.file = BufWriter::new(append(&self.settings.file)?);
        self.bytes = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("decisions.jsonl");
        let settings = RecordSettings {
            file: file.clone(),
            max_bytes: 110,
            keep: 2,
        };
        let mut log = Log::open(settings.clone()).unwrap();
        for number in 0..20 {
            log.write(json!({"number": number, "text": "x".repeat(30)}))
                .unwrap();
        }
        log.flush().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["decisions.jsonl", "decisions.jsonl.1", "decisions.jsonl.2"]
        );
        let newest = fs::read_to_string(&file).unwrap();
        assert!(newest.contains("\"number\":19") && newest.len() <= 110);
        assert!(
            fs::read_to_string(folder.path().join("decisions.jsonl.1"))
                .unwrap()
                .contains("\"number\":17")
        );
        // Opened again, it goes on where it was.
        let log = Log::open(settings).unwrap();
        assert_eq!(log.bytes, newest.len() as u64);
    }
}
