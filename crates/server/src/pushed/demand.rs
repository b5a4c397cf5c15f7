//! Images that a review asks for and nobody has looked at: they are scanned before all others, and the review waits
//! for them as long as it may.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Pushed, queue::Put};

/// How long after an image was asked for it is not scanned again, be it as unknown as before.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Most images that are remembered for that.
const MOST: usize = 10_000;

/// What was asked for lately.
#[derive(Default)]
pub(super) struct Demanded(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    order: VecDeque<(Instant, String)>,
    images: HashSet<String>,
}

impl Demanded {
    /// Whether an image was asked for lately, which it is from now on.
    fn is_new(&self, image: &str, now: Instant) -> bool {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Lately { order, images } = &mut *lately;
        let is_over = |at: Instant| now.saturating_duration_since(at) >= AGAIN_AFTER;
        let over = order.partition_point(|(at, _)| is_over(*at));
        for (_, image) in order.drain(..over) {
            images.remove(&image);
        }
        // Where there are too many, it is as if this one had been asked for: a flood scans nothing more.
        if images.len() >= MOST || !images.insert(image.to_owned()) {
            return false;
        }
        order.push_back((now, image.to_owned()));
        true
    }

    /// Forgets an image that could not wait.
    fn forget(&self, image: &str) {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.images.remove(image) {
            lately.order.retain(|(_, known)| known != image);
        }
    }
}

impl Pushed {
    /// Whether reviews may ask for images.
    pub(crate) fn is_on_demand(&self) -> bool {
        let told = self.told.as_ref();
        told.is_some_and(|told| told.demanded.is_some())
    }

    /// Has images scanned, by their names with digests, and waits for that: whether more may be known now.
    pub(crate) fn demand(&self, images: &[String], within: Duration) -> bool {
        let Some(told) = &self.told else { return false };
        let Some(demanded) = &told.demanded else {
            return false;
        };
        let mut awaited = Vec::new();
        let mut is_new = false;
        for image in images {
            let count = |word| self.metrics.demands.add([word], 1);
            let Some(image) = told.repositories.known(image) else {
                count("not-configured");
                continue;
            };
            if told.queue.is_open(&image) {
                // Somebody waits for it already, or it was pushed.
                told.queue.put_first(&image);
                count("known");
            } else if !demanded.is_new(&image, Instant::now()) {
                count("recent");
                continue;
            } else if told.queue.put_first(&image) == Put::Full {
                demanded.forget(&image);
                count("refused");
                continue;
            } else {
                is_new = true;
                count("queued");
            }
            awaited.push(image);
        }
        // What cannot be written down is scanned all the same: the review comes again, a notification would not.
        if is_new {
            told.keep();
        }
        if awaited.is_empty() {
            return false;
        }
        if !told.queue.wait_tried(&awaited, within) {
            self.metrics.demands.add(["late"], 1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_lately_is_not_asked_for_again() {
        let demanded = Demanded::default();
        let start = Instant::now();
        assert!(demanded.is_new("a", start));
        assert!(!demanded.is_new("a", start + AGAIN_AFTER / 2));
        assert!(demanded.is_new("a", start + AGAIN_AFTER));
        assert!(demanded.is_new("b", start + AGAIN_AFTER));
        demanded.forget("b");
        assert!(demanded.is_new("b", start + AGAIN_AFTER));
    }

    #[test]
    fn a_flood_is_bounded() {
        let demanded = Demanded::default();
        let start = Instant::now();
        for number in 0..MOST {
            assert!(demanded.is_new(&number.to_string(), start));
        }
        assert!(!demanded.is_new("one more", start));
        assert!(demanded.is_new("one more", start + AGAIN_AFTER));
    }
}
