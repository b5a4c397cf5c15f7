//! Threads that judge, and the queue before them: both bounded.
//!
//! A full queue is told at once to whoever asks; a job that panics takes no thread with it. While a judge waits for
//! somebody [`outside`], another thread takes its place, so that a slow provider holds up only who needs it.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
};

/// Most threads that take the place of others which wait.
const MAX_OUTSIDE: usize = 64;

thread_local! {
    /// The pool that the thread works for.
    static OWN: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

type Job = Box<dyn FnOnce() + Send>;

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
    /// How many of the busy wait for somebody outside.
    outside: usize,
    threads: usize,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one more thread.
    fn start(self: &Arc<Self>) -> io::Result<()> {
        let shared = Arc::clone(self);
        self.lock().threads += 1;
        let started = thread::Builder::new()
            .name("judge".to_owned())
            .spawn(move || {
                OWN.replace(Arc::downgrade(&shared));
                shared.run();
            });
        if started.is_err() {
            self.lock().threads -= 1;
        }
        started.map(drop)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            // Whoever waited is back, so that one is too many.
            if state.threads - state.outside > self.workers {
                state.threads -= 1;
                // It may have been called for a job that another must do now.
                self.work.notify_one();
                return;
            }
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
        for _ in 0..workers {
            shared.start()?;
        }
        Ok(pool)
    }

    /// Has `job` done with `work`, or gives `work` back at once where no place is left in the queue.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: T,
        job: impl FnOnce(T) + Send + 'static,
    ) -> Result<(), T> {
        let mut state = self.0.lock();
        if state.jobs.len() + state.busy - state.outside >= self.0.limit + self.0.workers {
            return Err(work);
        }
        state.jobs.push_back(Box::new(move || job(work)));
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

/// How many jobs wait for the pool that the thread works for; 0 on other threads.
pub(crate) fn waiting() -> usize {
    let own = OWN.with_borrow(Weak::upgrade);
    own.map_or(0, |shared| shared.lock().jobs.len())
}

/// Runs something that waits for somebody outside. Where a worker does, another thread judges meanwhile; the time
/// must be bounded all the same.
pub(crate) fn outside<T>(wait: impl FnOnce() -> T) -> T {
    let Some(shared) = OWN.with_borrow(Weak::upgrade) else {
        return wait();
    };
    let _away = Away::begin(&shared);
    wait()
}

/// A worker that waits.
struct Away<'p>(&'p Shared);

impl<'p> Away<'p> {
    fn begin(shared: &'p Arc<Shared>) -> Self {
        let mut state = shared.lock();
        state.outside += 1;
        let needs_another =
            state.threads - state.outside < shared.workers && state.outside <= MAX_OUTSIDE;
        drop(state);
        if needs_another {
            // Without one, others wait as long as this one does, which is bounded.
            let _ = shared.start();
        }
        Self(shared)
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        self.0.lock().outside -= 1;
        // An idle thread may be the one too many.
        self.0.work.notify_one();
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
        pool.submit((), move |()| {
            started.send(()).unwrap();
            held.recv().unwrap();
        })
        .unwrap();
        has_started.recv().unwrap();
        let (finished, has_finished) = mpsc::channel();
        for _ in 0..2 {
            let done = Arc::clone(&done);
            let finished = finished.clone();
            pool.submit((), move |()| {
                done.fetch_add(1, Ordering::Relaxed);
                finished.send(()).unwrap();
            })
            .unwrap();
        }
        assert_eq!(pool.submit("back", |_| {}), Err("back"));
        assert_eq!(pool.depth(), 2);
        release.send(()).unwrap();
        drop(pool);
        has_finished.recv().unwrap();
        has_finished.recv().unwrap();
        assert_eq!(done.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn who_waits_outside_holds_up_nobody() {
        let pool = Pool::new(1, 1, || {}).unwrap();
        let (release, held) = mpsc::channel::<()>();
        let (told, heard) = mpsc::channel();
        let waiter = told.clone();
        pool.submit((), move |()| {
            outside(|| {
                waiter.send("waits").unwrap();
                held.recv().unwrap();
            });
            waiter.send("is back").unwrap();
        })
        .unwrap();
        assert_eq!(heard.recv(), Ok("waits"));
        for _ in 0..3 {
            let told = told.clone();
            pool.submit((), move |()| told.send("judged").unwrap())
                .unwrap();
            assert_eq!(heard.recv(), Ok("judged"));
        }
        release.send(()).unwrap();
        assert_eq!(heard.recv(), Ok("is back"));
        // The thread that took the place goes when it is not needed.
        while pool.0.lock().threads > 1 {
            thread::yield_now();
        }
    }

    #[test]
    fn those_who_wait_are_bounded() {
        let pool = Pool::new(1, 0, || {}).unwrap();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (told, heard) = mpsc::channel();
        for _ in 0..=MAX_OUTSIDE {
            let (gate, told) = (Arc::clone(&gate), told.clone());
            pool.submit((), move |()| {
                outside(|| {
                    told.send(()).unwrap();
                    let (is_open, opened) = &*gate;
                    drop(
                        opened
                            .wait_while(is_open.lock().unwrap(), |is_open| !*is_open)
                            .unwrap(),
                    );
                });
            })
            .unwrap();
            heard.recv().unwrap();
        }
        let full = pool.0.lock();
        assert_eq!(
            (full.outside, full.threads),
            (MAX_OUTSIDE + 1, MAX_OUTSIDE + 1)
        );
        drop(full);
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
    }

    #[test]
    fn a_panic_takes_no_thread_with_it() {
        let panics = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&panics);
        let pool = Pool::new(1, 8, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        pool.submit((), |()| std::panic::panic_any("a bug"))
            .unwrap();
        let (send, receive) = mpsc::channel();
        pool.submit((), move |()| send.send(1).unwrap()).unwrap();
        assert_eq!(receive.recv(), Ok(1));
        assert_eq!(panics.load(Ordering::Relaxed), 1);
    }
}
