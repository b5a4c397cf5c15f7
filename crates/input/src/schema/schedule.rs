//! Schedules of a `CronJob`, as its parser reads them.
//!
//! Source: <https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format>, which Kubernetes uses.

/// The least and the most of each field, and the names that numbers have, from the least on.
const FIELDS: [(u8, u8, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (
        1,
        12,
        &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    ),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Whether a text is a schedule. Of what stands behind `@every` nothing is said.
pub(super) fn is_schedule(text: &str) -> bool {
    if text.starts_with('@') {
        return text.starts_with("@every ")
            || matches!(
                text,
                "@yearly"
                    | "@annually"
                    | "@monthly"
                    | "@weekly"
                    | "@daily"
                    | "@midnight"
                    | "@hourly"
            );
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    parts.len() == FIELDS.len()
        && parts.iter().zip(FIELDS).all(|(part, field)| {
            // An empty part of a list is passed over.
            let mut ranges = part.split(',').filter(|range| !range.is_empty());
            ranges.all(|range| is_range(range, field))
        })
}

fn is_range(text: &str, (least, most, names): (u8, u8, &[&str])) -> bool {
    let number = |word: &str| -> Option<u8> {
        let word = word.to_ascii_lowercase();
        let named = names.iter().zip(least..).find(|(name, _)| **name == word);
        match named {
            Some((_, number)) => Some(number),
            None => word.parse().ok(),
        }
    };
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (text, None),
    };
    let is_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
    let (start, end) = match range {
        "*" | "?" => (Some(least), Some(most)),
        _ => match range.split_once('-') {
            Some((start, end)) => (number(start), number(end)),
            None => (number(range), number(range)),
        },
    };
    let is_within = start
        .zip(end)
        .is_some_and(|(start, end)| least <= start && start <= end && end <= most);
    is_step && is_within
}

#[cfg(test)]
mod tests {
    use super::is_schedule;

    #[test]
    fn schedules_are_read_as_the_api_server_reads_them() {
        for right in [
            "* * * * *",
            "*/5 0-6 1,15 JAN-mar sun",
            "0 0 31 2 *",
            "5/15 * ? * 6",
            "  0  0 * * * ",
            "@hourly",
            "@every 1h30m",
        ] {
            assert!(is_schedule(right), "{right}");
        }
        for wrong in [
            "",
            "* * * *",
            "0 0 0 * * *",
            "60 * * * *",
            "0 24 * * *",
            "0 0 0 * *",
            "0 0 * 13 *",
            "0 0 * * 7",
            "0 0 * * sunday",
            "5-1 * * * *",
            "*/0 * * * *",
            "@reboot",
            "TZ=UTC 0 0 * * *",
        ] {
            assert!(!is_schedule(wrong), "{wrong}");
        }
    }
}
