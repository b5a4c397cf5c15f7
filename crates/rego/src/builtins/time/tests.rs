//! Expected values are what Go's `time` gives.

use super::*;

fn read(layout: &str, value: &str) -> Option<(i64, i64)> {
    parse::parse(layout::named(layout), value).ok()
}

#[test]
fn dates_are_read_by_layouts() {
    for (layout, value, expected) in [
        ("RFC3339", "1970-01-01T00:00:00Z", Some((0, 0))),
        (
            "RFC3339",
            "1970-01-01T01:00:00.5+01:00",
            Some((0, 500_000_000)),
        ),
        ("RFC1123", "Thu, 01 Jan 1970 00:00:01 GMT", Some((1, 0))),
        ("2006-01-02", "2024-02-29", Some((1_709_164_800, 0))),
        ("2006-01-02", "2023-02-29", None),
        ("2006-002", "2024-060", Some((1_709_164_800, 0))),
        ("3:04PM", "12:00AM", Some((-62_167_219_200, 0))),
        ("2006-01-02", "2024-2-29", None),
    ] {
        assert_eq!(read(layout, value), expected, "{layout} {value}");
    }
}

#[test]
fn moments_are_written_by_layouts() {
    let moment = |zone: &str| Moment {
        nanoseconds: 1_700_000_000_120_000_000,
        zone: Zone::named(zone).unwrap(),
    };
    for (zone, layout, expected) in [
        ("UTC", "RFC3339Nano", "2023-11-14T22:13:20.12Z"),
        ("Europe/Berlin", "RFC3339", "2023-11-14T23:13:20+01:00"),
        (
            "America/New_York",
            "Mon Jan _2 3:04:05PM MST 06",
            "Tue Nov 14 5:13:20PM EST 23",
        ),
        ("UTC", "2006.000 __2 .999,", "2023.120 318 .12,"),
    ] {
        let text = layout::format(&moment(zone), layout::named(layout));
        assert_eq!(text, expected, "{zone} {layout}");
    }
}

#[test]
fn durations() {
    for (text, expected) in [
        ("1h30m", Some(5_400_000_000_000)),
        ("-1.5s", Some(-1_500_000_000)),
        ("1d", Some(86_400_000_000_000)),
        ("0", Some(0)),
        ("1w2d3h", Some(788_400_000_000_000)),
        ("1", None),
        ("", None),
        ("300y", None),
    ] {
        assert_eq!(duration::parse(text).ok(), expected, "{text}");
    }
}
