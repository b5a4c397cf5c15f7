//! Threads that judge, and the queue before them: both bounded.
//!
//! A full queue is told at once to whoever asks; a job that panics takes no thread with it.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

type Job = Box<dyn FnOnce() + Send>;

/// No place is left in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull;

/// A fixed number of threads behind a bounded queue. Dropping it waits for what was accepted.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    limit: usize,
    on_panic: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
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
                drop(state);
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    (self.on_panic)();
                }
                state = self.lock();
            } else if state.is_closed {
                return;
            } else {
                state.idle += 1;
                state = self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
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
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            work: Condvar::new(),
            limit: queue,
            on_panic: Box::new(on_panic),
        });
        let mut pool = Self {
            shared,
            threads: Vec::new(),
        };
        for number in 0..workers.max(1) {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new()
                .name(format!("judge-{number}"))
                .spawn(move || shared.run())?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Hands a job over, or says at once that there is no room.
    pub(crate) fn submit(&self, job: Job) -> Result<(), QueueFull> {
        let mut state = self.shared.lock();
        if state.jobs.len() >= self.shared.limit + state.idle {
            return Err(QueueFull);
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// How many jobs wait.
    pub(crate) fn depth(&self) -> usize {
        self.shared.lock().jobs.len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // Panics of jobs are caught, so a thread ends only when it is told to.
            let _ = thread.join();
        }
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
        for _ in 0..2 {
            let done = Arc::clone(&done);
            pool.submit(Box::new(move || {
                done.fetch_add(1, Ordering::Relaxed);
            }))
            .unwrap();
        }
        assert_eq!(pool.submit(Box::new(|| {})), Err(QueueFull));
        assert_eq!(pool.depth(), 2);
        release.send(()).unwrap();
        drop(pool);
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
