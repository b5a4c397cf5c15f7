//! How long an answer may take: what the API server asks for, less the time the answer travels.

use std::time::{Duration, Instant};

use ringwall_policy::admission;

/// What the API server waits where it says nothing.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that a webhook may ask for.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest that is kept for telling what policies could not judge in time.
const LONGEST_RESERVE: Duration = Duration::from_millis(250);

/// A moment by which an answer must be given, and one shortly before it by which policies end: the answer then
/// names those that came to no end, where it could else say only that there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    answer: Instant,
    judgement: Instant,
}

impl Deadline {
    /// The moment by which a request that came now is answered, nine tenths of what its sender waits.
    pub(crate) fn of(query: Option<&str>, start: Instant) -> Self {
        let asked = query.and_then(timeout).unwrap_or(DEFAULT_TIMEOUT);
        let asked = asked.min(LONGEST_TIMEOUT);
        let answer = start + asked * 9 / 10;
        Self {
            answer,
            judgement: answer
                .checked_sub(LONGEST_RESERVE.min(asked / 10))
                .unwrap_or(answer),
        }
    }

    /// How much is left until the answer.
    pub(crate) fn left(self) -> Duration {
        self.answer.saturating_duration_since(Instant::now())
    }
}

impl admission::Deadline for Deadline {
    fn left(&self) -> Option<Duration> {
        Some(self.judgement.saturating_duration_since(Instant::now()))
    }
}

/// How long something outside may be waited for: most of what is left, so that what follows from its silence is
/// still told in time, and no more than `most`.
pub(crate) fn wait(deadline: &dyn admission::Deadline, most: Duration) -> Duration {
    deadline.left().map_or(most, |left| most.min(left * 9 / 10))
}

/// `timeout` of a query, as Go writes durations: `10s`, `1m30s`, `500ms`.
fn timeout(query: &str) -> Option<Duration> {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("timeout="))?;
    let mut rest = value;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, unit) = rest.split_at(digits);
        let end = unit
            .find(|char: char| char.is_ascii_digit() || char == '.')
            .unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "\u{b5}s" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    (total > 0.0).then_some(())?;
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, millis) in [
            ("timeout=10s", Some(10_000)),
            ("a=b&timeout=1m30s", Some(90_000)),
            ("timeout=500ms", Some(500)),
            ("timeout=1.5s", Some(1_500)),
            ("timeout=", None),
            ("timeout=10", None),
            ("timeout=0s", None),
            ("timeout=-1s", None),
            ("timeout=1e9h", None),
            ("timeouts=1s", None),
        ] {
            assert_eq!(timeout(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn nobody_outside_is_waited_for_to_the_end() {
        let left = Deadline::of(None, Instant::now());
        let most = Duration::from_secs(60);
        assert!(wait(&left, most) <= Duration::from_secs(9));
        assert_eq!(wait(&left, Duration::from_secs(1)), Duration::from_secs(1));
        assert_eq!(wait(&admission::NoDeadline, most), most);
    }

    #[test]
    fn nobody_gets_more_than_a_webhook_may_ask_for() {
        let start = Instant::now();
        let after = |query| Deadline::of(query, start).answer - start;
        assert_eq!(after(None), Duration::from_secs(9));
        assert_eq!(after(Some("timeout=2s")), Duration::from_millis(1_800));
        assert_eq!(after(Some("timeout=9999h")), Duration::from_secs(27));
    }

    #[test]
    fn policies_end_before_the_answer_is_due() {
        let start = Instant::now();
        let reserve = |query| {
            let deadline = Deadline::of(Some(query), start);
            deadline.answer - deadline.judgement
        };
        assert_eq!(reserve("timeout=10s"), Duration::from_millis(250));
        assert_eq!(reserve("timeout=1s"), Duration::from_millis(100));
    }
}
