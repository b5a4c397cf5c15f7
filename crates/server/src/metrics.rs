//! What the server counts, as Prometheus reads it.
//!
//! Names are promises; they change only with a note in the changelog.
//! Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{PolicySet, background::Summary, pushed::PushedMetrics};

/// Upper bounds of the buckets of durations, in microseconds.
const BUCKETS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    3_000_000, 10_000_000,
];

/// Most sets of labels of one counter: a cluster with many policies must not fill the memory.
const MAX_SERIES: usize = 2_000;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn add(&self, count: i64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters by the values of their labels.
#[derive(Debug, Default)]
pub(crate) struct Series<const N: usize>(Mutex<BTreeMap<[String; N], u64>>);

impl<const N: usize> Series<N> {
    pub(crate) fn add(&self, labels: [&str; N], count: u64) {
        let mut series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = labels.map(str::to_owned);
        if series.len() >= MAX_SERIES && !series.contains_key(&key) {
            key = labels.map(|_| "other".to_owned());
        }
        *series.entry(key).or_default() += count;
    }

    pub(crate) fn write(&self, name: &str, labels: [&str; N], out: &mut String) {
        let series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (values, count) in series.iter() {
            let pairs = labels.iter().zip(values);
            let written: Vec<String> = pairs
                .map(|(label, value)| format!("{label}=\"{}\"", escape(value)))
                .collect();
            let _ = writeln!(out, "{name}{{{}}} {count}", written.join(","));
        }
    }
}

/// How long answers took.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    buckets: [AtomicU64; BUCKETS.len()],
    sum_micros: AtomicU64,
    count: AtomicU64,
}

impl Durations {
    pub(crate) fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let at = BUCKETS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn write(&self, name: &str, labels: &str, out: &mut String) {
        let mut below = 0;
        for (bucket, bound) in self.buckets.iter().zip(BUCKETS) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(
                out,
                "{name}_bucket{{{labels},le=\"{}\"}} {below}",
                seconds(bound)
            );
        }
        let count = self.count.load(Ordering::Relaxed);
        let sum = self.sum_micros.load(Ordering::Relaxed);
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}", seconds(sum));
        let _ = writeln!(out, "{name}_count{{{labels}}} {count}");
    }
}

/// Microseconds in seconds, exactly.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A value of a label as the format wants it.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Series<3>,
    violations: Series<3>,
    durations: Mutex<BTreeMap<&'static str, Arc<Durations>>>,
    pub(crate) queue_full: Counter,
    pub(crate) deadline_exceeded: Counter,
    pub(crate) panics: Counter,
    pub(crate) unmended: Counter,
    pub(crate) exempt: Counter,
    pub(crate) break_glass: Counter,
    pub(crate) break_glass_refused: Counter,
    pub(crate) not_assessed_images: Counter,
    pub(crate) audit_events: Counter,
    pub(crate) audit_duplicates: Counter,
    pub(crate) records: Counter,
    pub(crate) records_dropped: Counter,
    pub(crate) record_errors: Counter,
    pub(crate) tls_errors: Counter,
    pub(crate) connections: Gauge,
    pub(crate) in_flight: Gauge,
    pub(crate) queue_depth: Gauge,
    pub(crate) policy_reloads: Counter,
    pub(crate) certificate_reloads: Counter,
    pub(crate) certificate_reload_errors: Counter,
    pub(crate) certificate_expiry: Gauge,
    /// How the cluster stands, where it is judged in the background.
    pub(crate) audit: OnceLock<Arc<Mutex<Summary>>>,
    /// What is scanned and judged again, where anything is.
    pub(crate) pushed: OnceLock<Arc<PushedMetrics>>,
}

impl Metrics {
    /// A request was answered: what it was for, the HTTP code, and `allowed`, `denied`, `error`, ...
    pub(crate) fn answered(&self, route: &'static str, code: u16, outcome: &str, took: Duration) {
        self.requests.add([route, &code.to_string(), outcome], 1);
        let durations = {
            let mut all = self
                .durations
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(route).or_default())
        };
        durations.observe(took);
    }

    /// A policy found something.
    pub(crate) fn violation(&self, policy: &str, action: &str, is_error: bool) {
        let kind = if is_error { "error" } else { "violation" };
        self.violations.add([policy, action, kind], 1);
    }

    /// Everything in the text format.
    pub(crate) fn write(&self, policies: &PolicySet) -> String {
        let mut out = String::new();
        let head = |out: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        };
        head(
            &mut out,
            "ringwall_requests_total",
            "counter",
            "Requests answered, by what they asked for, HTTP code and outcome.",
        );
        self.requests.write(
            "ringwall_requests_total",
            ["route", "code", "outcome"],
            &mut out,
        );
        head(
            &mut out,
            "ringwall_request_duration_seconds",
            "histogram",
            "Time from the head of a request to its answer.",
        );
        let durations = self
            .durations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (route, durations) in durations {
            durations.write(
                "ringwall_request_duration_seconds",
                &format!("route=\"{route}\""),
                &mut out,
            );
        }
        head(
            &mut out,
            "ringwall_violations_total",
            "counter",
            "Violations and errors, by policy and action.",
        );
        self.violations.write(
            "ringwall_violations_total",
            ["policy", "action", "kind"],
            &mut out,
        );
        let counters: [(&str, &Counter, &str); 17] = [
            (
                "ringwall_queue_full_total",
                &self.queue_full,
                "Requests answered by the failure policy because the queue was full.",
            ),
            (
                "ringwall_deadline_exceeded_total",
                &self.deadline_exceeded,
                "Requests answered by the failure policy because their time was over.",
            ),
            (
                "ringwall_panics_total",
                &self.panics,
                "Judgements that failed by a bug of ringwall.",
            ),
            (
                "ringwall_refused_without_search_total",
                &self.unmended,
                "Refusals for which no patch was looked for because too many others waited for one.",
            ),
            (
                "ringwall_exempt_total",
                &self.exempt,
                "Requests that were not judged because they are exempt.",
            ),
            (
                "ringwall_break_glass_total",
                &self.break_glass,
                "Requests admitted against policy by a break-glass annotation.",
            ),
            (
                "ringwall_break_glass_refused_total",
                &self.break_glass_refused,
                "Break-glass annotations that were not honoured.",
            ),
            (
                "ringwall_image_not_assessed_total",
                &self.not_assessed_images,
                "Things about images that the policy asks for and nobody could look at.",
            ),
            (
                "ringwall_audit_events_total",
                &self.audit_events,
                "Audit events received for the first time.",
            ),
            (
                "ringwall_audit_duplicates_total",
                &self.audit_duplicates,
                "Audit events received again.",
            ),
            (
                "ringwall_records_total",
                &self.records,
                "Lines written to the record.",
            ),
            (
                "ringwall_records_dropped_total",
                &self.records_dropped,
                "Decisions that were not recorded because the writer was behind.",
            ),
            (
                "ringwall_record_errors_total",
                &self.record_errors,
                "Lines that could not be written.",
            ),
            (
                "ringwall_tls_errors_total",
                &self.tls_errors,
                "Connections that ended before TLS was agreed.",
            ),
            (
                "ringwall_policy_reloads_total",
                &self.policy_reloads,
                "Changes of the policies in use.",
            ),
            (
                "ringwall_certificate_reloads_total",
                &self.certificate_reloads,
                "Changes of the certificates in use.",
            ),
            (
                "ringwall_certificate_reload_errors_total",
                &self.certificate_reload_errors,
                "Certificates that could not be taken over.",
            ),
        ];
        for (name, counter, help) in counters {
            head(&mut out, name, "counter", help);
            let _ = writeln!(out, "{name} {}", counter.get());
        }
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let status = policies.status();
        let faulty = status
            .iter()
            .filter(|policy| policy.problem.is_some())
            .count();
        let gauges = [
            (
                "ringwall_connections",
                self.connections.get(),
                "Open connections.",
            ),
            (
                "ringwall_requests_in_flight",
                self.in_flight.get(),
                "Requests that are being read, wait or are judged.",
            ),
            (
                "ringwall_queue_depth",
                self.queue_depth.get(),
                "Requests that wait for a worker.",
            ),
            (
                "ringwall_policies_loaded",
                whole(status.len() - faulty),
                "Policies that judge.",
            ),
            (
                "ringwall_policies_faulty",
                whole(faulty),
                "Policies that are loaded and do not judge as written.",
            ),
            (
                "ringwall_policy_files_broken",
                whole(policies.broken.len()),
                "Files of policies that cannot be used; their last good content judges.",
            ),
            (
                "ringwall_certificate_expiry_timestamp_seconds",
                self.certificate_expiry.get(),
                "When the server's certificate ends, in seconds since 1970.",
            ),
        ];
        let audit = self.audit.get().map(|summary| {
            let summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
            [
                (
                    "ringwall_audit_objects",
                    summary.objects,
                    "Objects of the cluster that were judged.",
                ),
                (
                    "ringwall_audit_violating_objects",
                    summary.violating,
                    "Objects of the cluster that some policy objects to.",
                ),
                (
                    "ringwall_audit_violations",
                    summary.violations,
                    "Violations of all objects of the cluster.",
                ),
                (
                    "ringwall_audit_unanswered",
                    summary.errors,
                    "Policies that could give no answer, counted for each object of the cluster.",
                ),
            ]
        });
        let audit = audit
            .into_iter()
            .flatten()
            .map(|(name, value, help)| (name, i64::try_from(value).unwrap_or(i64::MAX), help));
        for (name, value, help) in gauges.into_iter().chain(audit) {
            head(&mut out, name, "gauge", help);
            let _ = writeln!(out, "{name} {value}");
        }
        head(
            &mut out,
            "ringwall_policy_file_broken",
            "gauge",
            "1 for each file of policies that cannot be used.",
        );
        for problem in &policies.broken {
            let _ = writeln!(
                out,
                "ringwall_policy_file_broken{{file=\"{}\"}} 1",
                escape(&problem.file)
            );
        }
        head(
            &mut out,
            "ringwall_policy_set_info",
            "gauge",
            "The digest of the policies in use.",
        );
        let _ = writeln!(
            out,
            "ringwall_policy_set_info{{digest=\"{}\"}} 1",
            policies.digest
        );
        if let Some(pushed) = self.pushed.get() {
            pushed.write(&mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_cumulative_and_in_seconds() {
        let metrics = Metrics::default();
        metrics.answered("validate", 200, "allowed", Duration::from_micros(100));
        metrics.answered("validate", 200, "allowed", Duration::from_micros(101));
        metrics.answered("validate", 200, "denied", Duration::from_secs(60));
        let text = metrics.write(&PolicySet::default());
        for line in [
            "ringwall_requests_total{route=\"validate\",code=\"200\",outcome=\"allowed\"} 2",
            "ringwall_request_duration_seconds_bucket{route=\"validate\",le=\"0.0001\"} 1",
            "ringwall_request_duration_seconds_bucket{route=\"validate\",le=\"0.00025\"} 2",
            "ringwall_request_duration_seconds_bucket{route=\"validate\",le=\"10\"} 2",
            "ringwall_request_duration_seconds_bucket{route=\"validate\",le=\"+Inf\"} 3",
            "ringwall_request_duration_seconds_sum{route=\"validate\"} 60.000201",
            "ringwall_queue_full_total 0",
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "{line} in\n{text}"
            );
        }
    }

    #[test]
    fn labels_are_bounded_and_escaped() {
        let metrics = Metrics::default();
        metrics.violation("a\"b\\c\n", "deny", false);
        for number in 0..MAX_SERIES * 2 {
            metrics.violation(&number.to_string(), "deny", false);
        }
        let text = metrics.write(&PolicySet::default());
        assert!(text.contains("policy=\"a\\\"b\\\\c\\n\""));
        assert!(
            text.lines()
                .filter(|line| line.starts_with("ringwall_violations_total"))
                .count()
                <= MAX_SERIES + 1
        );
        assert!(text.contains("policy=\"other\""));
    }
}
