//! What is pushed to registries: scanned as soon as they tell of it, and kept as reports in the folder of the image
//! policy. When the advisories change, the reports are judged again from their lists of packages.
//!
//! The folder is all the memory there is: reports, the images that wait, and those that were admitted.

mod admitted;
mod again;
mod demand;
mod metrics;
mod queue;
mod reports;
mod repositories;
mod secret;

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ringwall_advisory::Database;
use ringwall_collect::{read_image_report, write_atomic};
use ringwall_engine::ImageExceptions;
use ringwall_model::Date;
use ringwall_report::{ImageReport, VerificationReport};
use serde_json::{Value, json};

use self::{
    admitted::Admitted,
    again::Again,
    demand::Demanded,
    queue::{Job, Put, Queue},
    reports::Reports,
    secret::Secret,
};
pub(crate) use self::{admitted::images, metrics::PushedMetrics};
pub use self::{
    repositories::{Repositories, RepositoryPatternError},
    secret::SecretError,
};
use crate::wire::notification::Notification;

/// How often an image is tried.
const TRIES: u32 = 5;
/// How much longer each wait is than the one before.
const LONGER: u32 = 4;

/// Most images that wait again when the process starts.
const MOST_PENDING: usize = 100_000;

/// The file that remembers what waits. No report: those end with `.json`.
const PENDING: &str = "pending";
/// The file that remembers what was admitted.
const ADMITTED: &str = "admitted";

/// Reads images, and opens what they are judged by.
pub trait ImageScanner: Send + Sync {
    /// Judges every image that a reference leads to; nothing is told of some of them alone. At the last try, what
    /// could not be read stands in the reports; before, it is an error.
    ///
    /// # Errors
    ///
    /// For what is no image, and for images of which one could not be looked at.
    fn scan(&self, image: &str, is_last: bool) -> Result<Vec<ImageReport>, ScanError>;

    /// Who signed an image that a reference leads to, of those whom the configuration trusts; `None` where it names
    /// nobody for it.
    ///
    /// # Errors
    ///
    /// For what is no image, and where one cannot tell.
    fn verify(&self, image: &str) -> Result<Option<VerificationReport>, ScanError>;

    /// What changes whenever the configuration trusts somebody else; `None` where it trusts nobody. Small letters and
    /// digits, at least eight.
    ///
    /// # Errors
    ///
    /// Why one cannot tell, in one sentence; what was trusted before still is.
    fn trust_state(&self) -> Result<Option<String>, String>;

    /// What changes whenever another database is put in the place of the one before.
    fn database_state(&self) -> String;

    /// What packages are judged by now.
    ///
    /// # Errors
    ///
    /// Why it cannot be used, in one sentence.
    fn judging(&self) -> Result<Judging, String>;
}

/// What packages are judged by.
pub struct Judging {
    /// The advisories.
    pub database: Database,
    /// What is accepted.
    pub exceptions: ImageExceptions,
    /// The day that counts as today.
    pub as_of: Date,
}

/// Why there are no reports of what was pushed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// It is no image, and will be none.
    #[error("{0}")]
    NoImage(String),
    /// It may work the next time.
    #[error("{0}")]
    Failed(String),
}

/// What is scanned and judged again without anybody asking for a verdict.
pub struct PushedSettings {
    /// The folder of the image policy's reports.
    pub reports: PathBuf,
    /// Most reports that are written into it.
    pub most_reports: usize,
    /// What is scanned.
    pub scanning: Option<Scanning>,
    /// Whether reports are judged again when the advisories change.
    pub judges_again: bool,
    /// Reads the images.
    pub scanner: Arc<dyn ImageScanner>,
    /// Time before what failed is tried again for the first time.
    pub first_wait: Duration,
}

/// What is scanned, and when.
pub struct Scanning {
    /// The file with the value of the `Authorization` header that registries send; without one, they tell nothing.
    pub secret: Option<PathBuf>,
    /// Whether a review waits for images without a report.
    pub on_demand: bool,
    /// The repositories that are asked.
    pub repositories: Repositories,
    /// Threads that scan.
    pub workers: usize,
    /// Images that wait.
    pub queue: usize,
}

/// What is to be scanned.
struct Told {
    secret: Option<Secret>,
    /// What reviews asked for.
    demanded: Option<Demanded>,
    repositories: Repositories,
    queue: Queue,
    /// Held while the file is written, so that an older list never replaces a newer one.
    file: Mutex<PathBuf>,
}

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Everything in it that is to be scanned waits for that.
    Yes,
    /// Something found no room.
    Full,
    /// It could not be written down, and would be lost.
    Unkept,
}

/// Scans what is pushed and judges reports again, on threads of its own.
pub(crate) struct Pushed {
    scanner: Arc<dyn ImageScanner>,
    metrics: Arc<PushedMetrics>,
    reports: Reports,
    admitted: Admitted,
    told: Option<Told>,
    again: Again,
    first_wait: Duration,
    is_closed: AtomicBool,
    /// How many threads there are.
    threads: (Mutex<usize>, Condvar),
}

impl Pushed {
    /// Starts the threads; what waited when the last process ended waits again.
    pub(crate) fn start(
        settings: PushedSettings,
        metrics: Arc<PushedMetrics>,
    ) -> Result<Arc<Self>, StartError> {
        let folder = &settings.reports;
        let (mut told, mut workers) = (None, 0);
        if let Some(scanning) = settings.scanning {
            workers = scanning.workers.max(1);
            let file = folder.join(PENDING);
            let pending = if file.exists() {
                read_image_report(&file).map_err(StartError::Pending)?
            } else {
                String::new()
            };
            let queue = Queue::new(scanning.queue);
            let repositories = scanning.repositories;
            let pending = pending.lines().filter_map(|line| repositories.known(line));
            for image in pending.take(MOST_PENDING) {
                queue.restore(&image);
            }
            told = Some(Told {
                secret: scanning.secret.map(Secret::read).transpose()?,
                demanded: scanning.on_demand.then(Demanded::default),
                repositories,
                queue,
                file: Mutex::new(file),
            });
        }
        let pushed = Arc::new(Self {
            scanner: settings.scanner,
            metrics,
            admitted: Admitted::open(&folder.join(ADMITTED)),
            reports: Reports::new(settings.reports, settings.most_reports),
            told,
            again: Again::default(),
            first_wait: settings.first_wait,
            is_closed: AtomicBool::new(false),
            threads: (Mutex::new(0), Condvar::new()),
        });
        for _ in 0..workers {
            pushed.spawn("scan", Self::scan_all)?;
        }
        if settings.judges_again {
            pushed.spawn("judge again", Self::judge_whenever_asked)?;
        }
        Ok(pushed)
    }

    fn spawn(self: &Arc<Self>, name: &str, run: fn(&Self)) -> io::Result<()> {
        let count = |by: fn(&mut usize)| {
            let (threads, changed) = &self.threads;
            by(&mut threads.lock().unwrap_or_else(PoisonError::into_inner));
            changed.notify_all();
        };
        count(|threads| *threads += 1);
        let pushed = Arc::clone(self);
        let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
            run(&pushed);
            let (threads, changed) = &pushed.threads;
            *threads.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            changed.notify_all();
        });
        if started.is_err() {
            count(|threads| *threads -= 1);
        }
        started.map(drop)
    }

    /// Whether a request shows the secret.
    pub(crate) fn admits(&self, authorization: Option<&[u8]>) -> bool {
        let told = self.told.as_ref().zip(authorization);
        told.is_some_and(|(told, value)| told.secret.as_ref().is_some_and(|it| it.is(value)))
    }

    /// Has what was pushed wait to be scanned.
    pub(crate) fn take(&self, notification: &Notification) -> Taken {
        let Some(told) = &self.told else {
            return Taken::Full;
        };
        let events = &self.metrics.events;
        events.add(["ignored"], notification.others as u64);
        let (mut is_full, mut is_new) = (false, false);
        for push in &notification.pushes {
            let signed = push.subject();
            if push.is_attached() && (signed.is_none() || self.scanner.trust_state() == Ok(None)) {
                events.add(["ignored"], 1);
                continue;
            }
            // A signature that comes after its image may be the one that is wanted.
            let push = signed.as_ref().unwrap_or(push);
            let Some(image) = told.repositories.image(push) else {
                events.add(["not-configured"], 1);
                tracing::debug!(
                    repository = push.repository,
                    "a push to a repository that is not configured"
                );
                continue;
            };
            let word = match told.queue.put(&image) {
                Put::Queued => {
                    is_new = true;
                    "queued"
                }
                Put::Known => "known",
                Put::Full => {
                    is_full = true;
                    "refused"
                }
            };
            events.add([word], 1);
        }
        if is_new && !told.keep() {
            return Taken::Unkept;
        }
        if is_full { Taken::Full } else { Taken::Yes }
    }

    /// Remembers images that admission let in.
    pub(crate) fn admit(&self, digest: &str) {
        self.admitted.add(digest);
    }

    /// Looks at its files: the secret, and the database.
    pub(crate) fn look(&self) {
        if let Some(secret) = self.told.as_ref().and_then(|told| told.secret.as_ref()) {
            secret.reload();
        }
        self.again.look(self.scanner.database_state());
        // Those too that another process kept, which scanned where this one does not.
        let state = self.scanner.trust_state();
        let forgotten = state.and_then(|it| self.reports.forget_signatures(it.as_deref()));
        if let Err(reason) = forgotten {
            tracing::error!(
                reason,
                "signatures of those who are trusted no more may count"
            );
        }
        self.admitted.save();
    }

    fn scan_all(&self) {
        let Some(told) = &self.told else { return };
        while let Some(job) = told.queue.take() {
            self.scan(told, job);
            told.keep();
        }
    }

    fn scan(&self, told: &Told, job: Job) {
        let start = Instant::now();
        let database = self.scanner.database_state();
        let is_last = job.tries + 1 >= TRIES;
        let scanned = catch_unwind(AssertUnwindSafe(|| self.scanner.scan(&job.image, is_last)))
            .unwrap_or_else(|_| {
                Err(ScanError::Failed(
                    "scanning failed; this is a bug".to_owned(),
                ))
            })
            .and_then(|reports| {
                let digest = job.image.rsplit_once('@').map_or("", |(_, digest)| digest);
                self.reports
                    .keep(digest, &reports)
                    .map_err(ScanError::Failed)?;
                self.verify(&job.image, digest)
            });
        self.metrics.durations.observe(start.elapsed());
        let outcomes = &self.metrics.scans;
        match scanned {
            Ok(()) => {
                outcomes.add(["scanned"], 1);
                tracing::info!(image = job.image, took = ?start.elapsed(), "scanned what was pushed");
                told.queue.done(&job);
                // What it was judged by may be gone, and all others judged again before it was there.
                if self.scanner.database_state() != database {
                    self.again.ask();
                }
            }
            Err(ScanError::NoImage(reason)) => {
                outcomes.add(["no-image"], 1);
                tracing::info!(image = job.image, reason, "what was pushed is no image");
                told.queue.done(&job);
            }
            Err(ScanError::Failed(reason)) if !is_last => {
                outcomes.add(["retried"], 1);
                let after = self
                    .first_wait
                    .saturating_mul(LONGER.saturating_pow(job.tries));
                tracing::warn!(
                    image = job.image,
                    reason,
                    ?after,
                    "what was pushed is tried again"
                );
                told.queue.again(job, after);
            }
            Err(ScanError::Failed(reason)) => {
                outcomes.add(["failed"], 1);
                tracing::error!(
                    image = job.image,
                    reason,
                    "what was pushed could not be scanned"
                );
                told.queue.done(&job);
            }
        }
    }

    /// Keeps who signed an image, where the configuration trusts somebody for it.
    fn verify(&self, image: &str, digest: &str) -> Result<(), ScanError> {
        let Some(state) = self.scanner.trust_state().map_err(ScanError::Failed)? else {
            return Ok(());
        };
        let verified = catch_unwind(AssertUnwindSafe(|| self.scanner.verify(image)));
        let verified = verified.unwrap_or_else(|_| {
            Err(ScanError::Failed(
                "verifying failed; this is a bug".to_owned(),
            ))
        });
        let Some(report) = verified? else {
            return Ok(());
        };
        let word = if report.is_verified {
            "signed"
        } else {
            "unsigned"
        };
        self.metrics.verified.add([word], 1);
        self.reports
            .keep_signatures(image, digest, &state, &report)
            .map_err(ScanError::Failed)
    }

    /// How many images wait.
    pub(crate) fn depth(&self) -> usize {
        self.told.as_ref().map_or(0, |told| told.queue.depth())
    }

    /// How it stands.
    pub(crate) fn status(&self) -> Value {
        json!({
            "waiting": self.depth(),
            "admitted": self.admitted.len(),
            "judgedAgain": self.again.last(),
            "newFindings": self.again.news(),
        })
    }

    /// Ends: what is under way may do so for a while, and all that is not done with waits for the next process.
    pub(crate) fn stop(&self, within: Duration) {
        self.is_closed.store(true, Ordering::Relaxed);
        if let Some(told) = &self.told {
            told.queue.close();
        }
        self.again.close();
        let (threads, changed) = &self.threads;
        let threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(threads, within, |threads| *threads > 0);
        drop(waited);
        self.admitted.save();
    }
}

impl Told {
    /// Writes down what waits; whether that worked.
    fn keep(&self) -> bool {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = self.queue.pending().join("\n");
        text.push('\n');
        let written = write_atomic(&file, text.as_bytes());
        if let Err(error) = &written {
            tracing::error!(%error, "what waits to be scanned could not be written");
        }
        written.is_ok()
    }
}

/// Why scanning cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What waited before cannot be read.
    #[error("the file '{PENDING}' with what waits to be scanned: {0}")]
    Pending(String),
    /// The secret of notifications cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Threads cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

#[cfg(test)]
mod tests;
