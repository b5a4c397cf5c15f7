//! Images that wait to be scanned: bounded, each once, those that failed after a while again.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// An image that is to be scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Its reference, with a digest.
    pub(super) image: String,
    /// How often it was tried.
    pub(super) tries: u32,
    due: Instant,
}

/// What became of an image that was to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// It waits.
    Queued,
    /// It waits already, or is being scanned.
    Known,
    /// There is no room.
    Full,
}

pub(super) struct Queue {
    state: Mutex<State>,
    /// Something waits.
    changed: Condvar,
    /// Something was tried.
    tried: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    running: Vec<String>,
    is_closed: bool,
}

impl State {
    fn is_open(&self, image: &str) -> bool {
        let mut waiting = self.waiting.iter();
        self.running.iter().any(|running| running == image)
            || waiting.any(|job| job.image == image && job.tries == 0)
    }
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            tried: Condvar::new(),
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has an image wait at the end.
    pub(super) fn put(&self, image: &str) -> Put {
        self.put_within(self.limit, image)
    }

    /// Has an image wait before all others.
    pub(super) fn put_first(&self, image: &str) -> Put {
        let put = self.put(image);
        let mut state = self.lock();
        let waiting = state.waiting.iter().position(|job| job.image == image);
        if let Some(job) = waiting.and_then(|at| state.waiting.remove(at)) {
            state.waiting.push_front(job);
        }
        put
    }

    /// Whether an image is being scanned, or waits for that for the first time.
    pub(super) fn is_open(&self, image: &str) -> bool {
        self.lock().is_open(image)
    }

    /// Waits until each of these was tried at least once; whether that came in time.
    pub(super) fn wait_tried(&self, images: &[String], within: Duration) -> bool {
        let is_open = |state: &State| images.iter().any(|image| state.is_open(image));
        let waited = self.tried.wait_timeout_while(self.lock(), within, |state| {
            !state.is_closed && is_open(state)
        });
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !is_open(&state)
    }

    /// Has an image wait that did so before, for which there is always room.
    pub(super) fn restore(&self, image: &str) {
        self.put_within(usize::MAX, image);
    }

    fn put_within(&self, limit: usize, image: &str) -> Put {
        let mut state = self.lock();
        let is_waiting = state.waiting.iter().any(|job| job.image == image);
        if is_waiting || state.running.iter().any(|running| running == image) {
            return Put::Known;
        }
        if state.waiting.len() >= limit {
            return Put::Full;
        }
        state.waiting.push_back(Job {
            image: image.to_owned(),
            tries: 0,
            due: Instant::now(),
        });
        drop(state);
        self.changed.notify_one();
        Put::Queued
    }

    /// The first image whose time has come, when there is one; `None` once the queue is closed.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            let due = state.waiting.iter().position(|job| job.due <= now);
            if let Some(job) = due.and_then(|at| state.waiting.remove(at)) {
                state.running.push(job.image.clone());
                return Some(job);
            }
            let next = state.waiting.iter().map(|job| job.due).min();
            let wait = next.map_or(Duration::MAX, |next| next.saturating_duration_since(now));
            state = if wait == Duration::MAX {
                self.changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                let waited = self.changed.wait_timeout(state, wait);
                waited.unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// An image is done with.
    pub(super) fn done(&self, job: &Job) {
        self.lock().running.retain(|running| *running != job.image);
        self.tried.notify_all();
    }

    /// An image is to be tried again after a while; there is always room for it.
    pub(super) fn again(&self, job: Job, after: Duration) {
        let mut state = self.lock();
        state.running.retain(|running| *running != job.image);
        state.waiting.push_back(Job {
            tries: job.tries + 1,
            due: Instant::now() + after,
            ..job
        });
        drop(state);
        self.changed.notify_one();
        self.tried.notify_all();
    }

    /// All that is not done with.
    pub(super) fn pending(&self) -> Vec<String> {
        let state = self.lock();
        let waiting = state.waiting.iter().map(|job| &job.image);
        state.running.iter().chain(waiting).cloned().collect()
    }

    /// How many wait.
    pub(super) fn depth(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Nothing more is handed out.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
        self.tried.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn each_waits_once_and_what_finds_no_room_is_told() {
        let queue = Queue::new(2);
        assert_eq!(queue.put("a"), Put::Queued);
        assert_eq!(queue.put("a"), Put::Known);
        assert_eq!(queue.put("b"), Put::Queued);
        assert_eq!(queue.put("c"), Put::Full);
        let job = queue.take().unwrap();
        assert_eq!((&*job.image, job.tries, queue.depth()), ("a", 0, 1));
        // While it is being scanned, it need not wait again.
        assert_eq!(queue.put("a"), Put::Known);
        assert_eq!(queue.pending(), ["a", "b"]);
        queue.done(&job);
        assert_eq!(queue.put("a"), Put::Queued);
        assert_eq!(queue.pending(), ["b", "a"]);
    }

    #[test]
    fn what_failed_lets_others_go_first() {
        let queue = Queue::new(1);
        queue.put("a");
        let job = queue.take().unwrap();
        queue.put("b");
        queue.again(job, Duration::from_millis(1));
        assert_eq!(queue.take().unwrap().image, "b");
        let job = queue.take().unwrap();
        assert_eq!((&*job.image, job.tries), ("a", 1));
    }

    #[test]
    fn whoever_waits_for_an_image_hears_of_its_first_try() {
        let queue = Arc::new(Queue::new(2));
        queue.put("a");
        queue.put("b");
        assert_eq!(queue.put_first("b"), Put::Known);
        assert_eq!(queue.put_first("c"), Put::Full);
        let images = ["b".to_owned(), "c".to_owned()];
        assert!(!queue.wait_tried(&images, Duration::ZERO));
        let job = queue.take().unwrap();
        assert_eq!(job.image, "b", "who is waited for comes first");
        assert!(!queue.wait_tried(&images, Duration::ZERO));
        let waiting = Arc::clone(&queue);
        let waiter = thread::spawn(move || waiting.wait_tried(&images, Duration::from_secs(120)));
        // One that failed is tried again, and nobody waits for that.
        queue.again(job, Duration::from_secs(120));
        assert!(waiter.join().unwrap());
        assert!(!queue.is_open("b") && queue.is_open("a"));
    }

    #[test]
    fn whoever_waits_is_told_when_it_is_closed() {
        let queue = Arc::new(Queue::new(1));
        let waiting = Arc::clone(&queue);
        let waiter = thread::spawn(move || waiting.take());
        queue.close();
        assert_eq!(waiter.join().unwrap(), None);
    }
}
