//! A progress bar on stderr, when a job takes long enough to be worth one.

use std::{
    io::{self, IsTerminal},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A progress bar that appears after [`PATIENCE`], on terminals only.
pub(crate) struct Progress {
    started: Instant,
    is_terminal: bool,
    template: &'static str,
    bar: Mutex<Option<ProgressBar>>,
    /// Milliseconds after the start at which the bar was drawn last.
    drawn: AtomicU64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self::with("{bar:30} {human_pos}/{human_len} files  {eta} left")
    }

    /// A bar over bytes that are read.
    pub(crate) fn of_bytes() -> Self {
        Self::with("{bar:30} {bytes}/{total_bytes}  {eta} left")
    }

    /// A bar over what a registry is asked for.
    pub(crate) fn of_requests() -> Self {
        Self::with("{bar:30} {human_pos}/{human_len} manifests  {eta} left")
    }

    fn with(template: &'static str) -> Self {
        Self {
            template,
            started: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
            bar: Mutex::new(None),
            drawn: AtomicU64::new(0),
        }
    }

    /// Says how much is done.
    pub(crate) fn report(&self, done: usize, total: usize) {
        self.report_bytes(done as u64, total as u64);
    }

    /// Says how many bytes are read; of standard input nobody knows how many there are.
    pub(crate) fn report_bytes(&self, done: u64, total: u64) {
        if !self.is_terminal || self.started.elapsed() < PATIENCE {
            return;
        }
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Ten times a second is smooth; every file would be a lock for each.
        if now.saturating_sub(self.drawn.load(Ordering::Relaxed)) < 100 {
            return;
        }
        self.drawn.store(now, Ordering::Relaxed);
        let Ok(mut bar) = self.bar.lock() else {
            return;
        };
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template(self.template) {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(total.max(done));
        bar.set_position(done);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}
