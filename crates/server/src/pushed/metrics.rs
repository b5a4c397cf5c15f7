//! What is counted of pushes, scans and reports.

use std::fmt::Write as _;

use crate::metrics::{Durations, Gauge, Series};

/// Counts of what happens without anybody waiting for a verdict.
#[derive(Debug, Default)]
pub(crate) struct PushedMetrics {
    pub(super) events: Series<1>,
    pub(super) scans: Series<1>,
    pub(super) demands: Series<1>,
    pub(super) verified: Series<1>,
    pub(super) durations: Durations,
    pub(super) judged_again: Series<1>,
    pub(super) new_findings: Series<1>,
    pub(crate) waiting: Gauge,
}

impl PushedMetrics {
    /// Everything in the text format.
    pub(crate) fn write(&self, out: &mut String) {
        let series = [
            (
                "ringwall_registry_events_total",
                "outcome",
                &self.events,
                "Events that registries told of, by what became of them.",
            ),
            (
                "ringwall_pushed_images_total",
                "outcome",
                &self.scans,
                "Attempts to scan what was pushed, by how they ended.",
            ),
            (
                "ringwall_verified_images_total",
                "outcome",
                &self.verified,
                "Images whose signatures were looked at, by whether somebody who is trusted signed.",
            ),
            (
                "ringwall_image_demands_total",
                "outcome",
                &self.demands,
                "Images without a report that a review asked for, by what became of them.",
            ),
            (
                "ringwall_image_reports_judged_again_total",
                "outcome",
                &self.judged_again,
                "Reports that were looked at again because the advisories changed, by what came of it.",
            ),
            (
                "ringwall_image_new_findings_total",
                "severity",
                &self.new_findings,
                "Vulnerabilities that became known in images after they were admitted.",
            ),
        ];
        for (name, label, series, help) in series {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
            series.write(name, [label], out);
        }
        let name = "ringwall_pushed_scan_duration_seconds";
        let _ = writeln!(
            out,
            "# HELP {name} Time that attempts to scan took.\n# TYPE {name} histogram"
        );
        self.durations.write(name, "route=\"registry\"", out);
        let name = "ringwall_pushed_images_waiting";
        let _ = writeln!(
            out,
            "# HELP {name} Pushed images that wait to be scanned.\n# TYPE {name} gauge"
        );
        let _ = writeln!(out, "{name} {}", self.waiting.get());
    }
}
