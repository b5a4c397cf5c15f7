//! A judge that can be held up, or made to fail, so that tests see what the server does meanwhile.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ringwall_policy::admission::{
    AdmissionRequest, Deadline, Judge, NoDeadline, PolicyStatus, Verdict,
};
use ringwall_server::{FileProblem, Loaded, PolicyFile, PolicyLoader, PolicySource};

/// Holds every judgement until it is opened.
#[derive(Default)]
pub(crate) struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    waiting: AtomicUsize,
}

impl Gate {
    /// Waits until it is open.
    pub(crate) fn pass(&self) {
        self.pass_in_time(&NoDeadline);
    }

    /// Waits until it is open, or the time is over.
    pub(crate) fn pass_in_time(&self, deadline: &dyn Deadline) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut is_open = self.is_open.lock().unwrap();
        while !*is_open && !deadline.is_over() {
            let left = deadline.left().unwrap_or(Duration::from_secs(60));
            is_open = self.opened.wait_timeout(is_open, left).unwrap().0;
        }
    }

    /// How many judgements began.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Opens the gate when a test ends, however it ends: a thread that is held keeps nothing from ending.
pub(crate) struct Opener(pub(crate) Arc<Gate>);

impl std::ops::Deref for Opener {
    type Target = Gate;

    fn deref(&self) -> &Gate {
        &self.0
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.open();
    }
}

struct Held(Arc<Gate>);

impl Judge for Held {
    fn review(&self, request: &AdmissionRequest, _deadline: &dyn Deadline) -> Verdict {
        assert_ne!(request.name, "panic", "the test asked for it");
        self.0.pass();
        Verdict::default()
    }

    fn status(&self) -> Vec<PolicyStatus> {
        Vec::new()
    }
}

struct Loader(Arc<dyn Judge>);

impl PolicyLoader for Loader {
    fn load(&self, _files: &[PolicyFile]) -> Result<Loaded, Vec<FileProblem>> {
        Ok(Loaded {
            judges: vec![Arc::clone(&self.0)],
            ..Loaded::default()
        })
    }
}

/// Policies that are the gate alone.
pub(crate) fn source(gate: &Arc<Gate>) -> PolicySource {
    source_of(Arc::new(Held(Arc::clone(gate))))
}

/// Policies that are one judge.
pub(crate) fn source_of(judge: Arc<dyn Judge>) -> PolicySource {
    PolicySource {
        paths: Vec::new(),
        extensions: &[],
        loader: Arc::new(Loader(judge)),
    }
}
