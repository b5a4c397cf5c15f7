//! Remembers what was found out about digests, for a while.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ringwall_input::image_reference::ImageReference;

use super::{
    Assessed, ImageFacts, ImageFindings, Signature, Vulnerabilities, canonical_repository,
};

/// The time since some fixed moment; pure code has no clock of its own.
pub type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Most digests that are remembered of each sort.
const CAPACITY: usize = 4_096;

/// Facts that are asked for once per digest and time to live.
///
/// What could not be assessed is not remembered: it may be known the next time.
pub struct CachedFacts<F> {
    inner: F,
    ttl: Duration,
    clock: Clock,
    signatures: Mutex<Remembered<Signature>>,
    vulnerabilities: Mutex<Remembered<Vulnerabilities>>,
    findings: Mutex<Remembered<ImageFindings>>,
}

impl<F: ImageFacts> CachedFacts<F> {
    /// Remembers what `inner` answers for `ttl`.
    pub fn new(inner: F, ttl: Duration, clock: Clock) -> Self {
        Self {
            inner,
            ttl,
            clock,
            signatures: Mutex::default(),
            vulnerabilities: Mutex::default(),
            findings: Mutex::default(),
        }
    }

    fn remember<T: Clone>(
        &self,
        cache: &Mutex<Remembered<T>>,
        key: String,
        ask: impl FnOnce() -> Assessed<T>,
    ) -> Assessed<T> {
        let now = (self.clock)();
        let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key, now) {
            return Assessed::Known(known);
        }
        // Asked without the lock: a slow registry holds up nobody else.
        let answer = ask();
        if let Assessed::Known(value) = &answer {
            lock().put(key, value.clone(), now + self.ttl);
        }
        answer
    }
}

impl<F: ImageFacts> ImageFacts for CachedFacts<F> {
    /// A tag can move at any time, so that it is asked for each time.
    fn digest(&self, image: &ImageReference<'_>) -> Assessed<String> {
        self.inner.digest(image)
    }

    fn signature(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<Signature> {
        let key = format!("{}@{digest}", canonical_repository(&image.name()));
        self.remember(&self.signatures, key, || {
            self.inner.signature(image, digest)
        })
    }

    fn vulnerabilities(
        &self,
        image: &ImageReference<'_>,
        digest: &str,
    ) -> Assessed<Vulnerabilities> {
        // The same digest is the same content, wherever it is kept.
        self.remember(&self.vulnerabilities, digest.to_owned(), || {
            self.inner.vulnerabilities(image, digest)
        })
    }

    fn findings(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<ImageFindings> {
        self.remember(&self.findings, digest.to_owned(), || {
            self.inner.findings(image, digest)
        })
    }

    fn users(&self, image: &ImageReference<'_>) -> Vec<String> {
        self.inner.users(image)
    }
}

/// Values with their ends, the oldest forgotten first.
struct Remembered<T> {
    values: HashMap<String, (T, Duration)>,
    order: VecDeque<String>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T: Clone> Remembered<T> {
    fn get(&self, key: &str, now: Duration) -> Option<T> {
        let (value, end) = self.values.get(key)?;
        (now < *end).then(|| value.clone())
    }

    fn put(&mut self, key: String, value: T, end: Duration) {
        if self.values.insert(key.clone(), (value, end)).is_none() {
            self.order.push_back(key);
        }
        while self.values.len() > CAPACITY {
            match self.order.pop_front() {
                Some(oldest) => self.values.remove(&oldest),
                None => break,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    #[derive(Default)]
    struct Counting(Arc<AtomicU64>);

    impl ImageFacts for Counting {
        fn signature(&self, _image: &ImageReference<'_>, _digest: &str) -> Assessed<Signature> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Assessed::Not("the registry did not answer".to_owned()),
                _ => Assessed::Known(Signature::Verified("team".to_owned())),
            }
        }
    }

    #[test]
    fn what_is_known_is_asked_for_once_until_its_time_is_over() {
        let asked = Arc::new(AtomicU64::new(0));
        let now = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now);
        let facts = CachedFacts::new(
            Counting(Arc::clone(&asked)),
            Duration::from_secs(10),
            Box::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))),
        );
        let image = ImageReference::parse("registry.example.com/a").unwrap();
        let ask = || facts.signature(&image, "sha256:0");
        assert!(
            matches!(ask(), Assessed::Not(_)),
            "nothing is remembered of it"
        );
        assert!(matches!(ask(), Assessed::Known(_)));
        assert!(matches!(ask(), Assessed::Known(_)));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        now.store(10, Ordering::Relaxed);
        assert!(matches!(ask(), Assessed::Known(_)));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut cache = Remembered::default();
        for number in 0..=CAPACITY {
            cache.put(number.to_string(), number, Duration::MAX);
        }
        assert_eq!(cache.get("0", Duration::ZERO), None);
        assert_eq!(cache.get("1", Duration::ZERO), Some(1));
        assert_eq!(cache.values.len(), CAPACITY);
    }
}
