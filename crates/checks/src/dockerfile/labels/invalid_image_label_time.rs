use ringwall_model::Date;

use crate::{Check, Findings, check, dockerfile::labels::label::label_values, judge::Build};

check! {
    /// ## What it finds
    /// `org.opencontainers.image.created` and `org.label-schema.build-date` with a value that is no date and time of RFC 3339.
    ///
    /// ## Why it matters
    /// Retention rules and age reports sort by this time.
    /// A value they cannot read counts as no value, and the image as new or as ancient.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL org.opencontainers.image.created="2026-11-21" # <-
    /// LABEL org.label-schema.build-date="yesterday" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ARG CREATED
    /// LABEL org.opencontainers.image.created="2026-11-21T08:30:00Z" org.label-schema.build-date="$CREATED"
    /// LABEL org.opencontainers.image.created="2026-11-21T08:30:00.5+01:00"
    /// ```
    ///
    /// ## Fix
    /// Write the time as `date -u +%Y-%m-%dT%H:%M:%SZ` prints it, best through a build argument.
    InvalidImageLabelTime {
        id: "invalid-image-label-time",
        title: "Label that should hold an RFC 3339 time does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelTime {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let is_time = matches!(
                key,
                "org.opencontainers.image.created" | "org.label-schema.build-date"
            );
            if is_time && !is_rfc3339(&value.value) {
                findings
                    .add(Self::META)
                    .span(build.source, value.span)
                    .message(format!("label {key} is no RFC 3339 time: {}", value.value));
            }
        }
    }
}

/// See: <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>
fn is_rfc3339(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let Some(zone_at) = time.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fits = |text: &str, limits: &[u8]| {
        let parts: Vec<&str> = text.split(':').collect();
        parts.len() == limits.len()
            && parts.iter().zip(limits).all(|(part, &limit)| {
                part.len() == 2 && part.parse::<u8>().is_ok_and(|number| number <= limit)
            })
    };
    let zone_fits = match zone.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', ..] => fits(zone.get(1..).unwrap_or(""), &[23, 59]),
        _ => false,
    };
    date.parse::<Date>().is_ok()
        && fits(clock, &[23, 59, 60])
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && zone_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_date_a_clock_and_a_zone() {
        assert!(is_rfc3339("2026-11-21T08:30:00Z"));
        assert!(is_rfc3339("2026-11-21 08:30:00.123-05:30"));
        assert!(is_rfc3339("2016-12-31T23:59:60Z"));
        assert!(!is_rfc3339("2026-11-21T08:30:00"));
        assert!(!is_rfc3339("2026-11-21T08:30Z"));
        assert!(!is_rfc3339("2026-02-30T08:30:00Z"));
        assert!(!is_rfc3339("2026-11-21T24:30:00Z"));
        assert!(!is_rfc3339("2026-11-21T08:30:00.Z"));
        assert!(!is_rfc3339("2026-11-21T08:30:00+1"));
    }
}
