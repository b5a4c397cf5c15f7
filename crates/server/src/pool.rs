//! Threads that judge, and the queue before them: both bounded.
//!
//! A full queue is told at once to whoever asks; a job that panics takes no thread with it.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

type Job = Box<dyn FnOnce() + Send>;

/// No place is left in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull;

/// A fixed number of threads behind a bounded queue. When it is dropped, what was accepted is still done,
/// and nobody waits for it: a judge that hangs must not keep the process from ending.
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    workers: usize,
    limit: usize,
    on_panic: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    busy: usize,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.busy += 1;
                drop(state);
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    (self.on_panic)();
                }
                state = self.lock();
                state.busy -= 1;
            } else if state.is_closed {
                return;
            } else {
                state = self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Pool {
    /// Starts `workers` threads; up to `queue` jobs wait while all are busy.
    pub(crate) fn new(
        workers: usize,
        queue: usize,
        on_panic: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let workers = workers.max(1);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            workers,
            limit: queue,
            on_panic: Box::new(on_panic),
        });
        let pool = Self(Arc::clone(&shared));
        for number in 0..workers {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name(format!("judge-{number}"))
                .spawn(move || shared.run())?;
        }
        Ok(pool)
    }

    /// Hands a job over, or says at once that there is no room.
    pub(crate) fn submit(&self, job: Job) -> Result<(), QueueFull> {
        let mut state = self.0.lock();
        if state.jobs.len() + state.busy >= self.0.limit + self.0.workers {
            return Err(QueueFull);
        }
        state.jobs.push_back(job);
        drop(state);
        self.0.work.notify_one();
        Ok(())
    }

    /// How many jobs wait.
    pub(crate) fn depth(&self) -> usize {
        self.0.lock().jobs.len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.work.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    #[test]
    fn what_finds_no_place_is_told_at_once_and_what_was_accepted_is_done() {
        let done = Arc::new(AtomicUsize::new(0));
        let (release, held) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let pool = Pool::new(1, 2, || {}).unwrap();
        pool.submit(Box::new(move || {
            started.send(()).unwrap();
            held.recv().unwrap();
        }))
        .unwrap();
        has_started.recv().unwrap();
        let (finished, has_finished) = mpsc::channel();
        for _ in 0..2 {
            let done = Arc::clone(&done);
            let finished = finished.clone();
            pool.submit(Box::new(move || {
                done.fetch_add(1, Ordering::Relaxed);
                finished.send(()).unwrap();
            }))
            .unwrap();
        }
        assert_eq!(pool.submit(Box::new(|| {})), Err(QueueFull));
        assert_eq!(pool.depth(), 2);
        release.send(()).unwrap();
        drop(pool);
        has_finished.recv().unwrap();
        has_finished.recv().unwrap();
        assert_eq!(done.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_panic_takes_no_thread_with_it() {
        let panics = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&panics);
        let pool = Pool::new(1, 8, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        pool.submit(Box::new(|| std::panic::panic_any("a bug")))
            .unwrap();
        let (send, receive) = mpsc::channel();
        pool.submit(Box::new(move || send.send(1).unwrap()))
            .unwrap();
        assert_eq!(receive.recv(), Ok(1));
        assert_eq!(panics.load(Ordering::Relaxed), 1);
    }
}
