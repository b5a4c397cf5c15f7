//! A database of advisories may be any bytes that were made to look whole: it is refused, or answers.
//!
//! An input is changes to a sound database, of four bytes each: place, place, length of the run, value. What was changed
//! is then summed again, as someone would who wants it to be believed. The whole input is an index of one that is published
//! as well.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::{
    CveNumber, Database, DatabaseBuilder, OsvRecord, PublishedIndex, Scope, parse_epss, parse_kev,
    parse_osv,
};
use ringwall_model::Date;

const RECORDS: [&str; 4] = [
    r#"{"id":"A-1","aliases":["CVE-2026-1"],"published":"2026-01-02T00:00:00Z","summary":"a","details":"b",
    "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "references":[{"type":"WEB","url":"https://shop.example"}],
    "affected":[{"package":{"ecosystem":"PyPI","name":"tea"},"versions":["1.0","1.1"],
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2"},{"introduced":"2"},{"last_affected":"2.1"}]}]}]}"#,
    r#"{"id":"A-2","affected":[{"package":{"ecosystem":"Maven","name":"org.shop:tea"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1"}]}]}]}"#,
    r#"{"id":"A-3","aliases":["CVE-2026-2"],"affected":[{"package":{"ecosystem":"Debian:12","name":"tea"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2-1"}]}]}]}"#,
    r#"{"id":"DEBIAN-CVE-2026-2","upstream":["CVE-2026-2"],"affected":[{"package":{"ecosystem":"Debian:12","name":"tea"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.1-1"}]}]}]}"#,
];

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
    for record in RECORDS {
        match parse_osv(record.as_bytes()) {
            Ok(OsvRecord::Advisory(advisory)) => builder.advisory(*advisory),
            other => panic!("{other:?}"),
        }
    }
    let kev = br#"{"dateReleased":"2026-11-28","vulnerabilities":[{"cveID":"CVE-2026-1","dateAdded":"2026-01-02"}]}"#;
    let (day, flaws) = parse_kev(kev).expect("is one");
    builder.exploited(day, flaws);
    let epss = "#model_version:v1,score_date:2026-11-28T00:00:00Z\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n";
    let (day, flaws) = parse_epss(epss).expect("is one");
    builder.likelihoods(day, flaws);
    builder.build().expect("is small")
});

/// Most rows of a table that are summed again: a length that was changed may state millions.
const MOST_ROWS: usize = 64;

fn number(bytes: &[u8], at: usize) -> usize {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

/// Writes the sum of the bytes from `from` to `to` at a place.
fn sum(bytes: &mut [u8], at: usize, from: usize, to: usize) {
    let Some(summed) = bytes.get(from..to).map(crc32fast::hash) else {
        return;
    };
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&summed.to_le_bytes());
    }
}

/// A number of seven bits a byte, and where it ends.
fn counted(bytes: &[u8], mut at: usize) -> (usize, usize) {
    let mut value = 0;
    for shift in (0..28).step_by(7) {
        let byte = usize::from(bytes.get(at).copied().unwrap_or(0));
        value |= (byte & 0x7f) << shift;
        at += 1;
        if byte < 0x80 {
            break;
        }
    }
    (value, at)
}

/// Sums lists, advisories, blocks of details, sections and their table again.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let rows = number(&bytes, 12).min(64);
    let all: Vec<_> = (0..rows)
        .map(|row| 32 + 64 * row)
        .map(|at| {
            [
                at,
                number(&bytes, at),
                number(&bytes, at + 8),
                number(&bytes, at + 16),
            ]
        })
        .collect();
    let of = |kind| all.iter().filter(move |row| row[1] == kind);
    for (index, lists) in of(2).zip(of(3)) {
        for row in (index[2]..).step_by(16).take(MOST_ROWS.min(index[3] / 16)) {
            let list = lists[2] + number(&bytes, row + 8);
            let length = number(&bytes, row + 12);
            sum(&mut bytes, list, list + 4, list + length);
        }
    }
    for (offsets, advisories) in of(4).zip(of(5)) {
        for row in (offsets[2]..)
            .step_by(4)
            .take(MOST_ROWS.min(offsets[3] / 4))
        {
            let (length, end) = counted(&bytes, advisories[2] + number(&bytes, row));
            sum(&mut bytes, end, end + 4, end + 4 + length);
        }
    }
    for (blocks, details) in of(6).zip(of(7)) {
        for row in (blocks[2]..)
            .step_by(24)
            .take(MOST_ROWS.min(blocks[3] / 24))
        {
            let start = details[2] + number(&bytes, row);
            let length = number(&bytes, row + 8);
            sum(&mut bytes, row + 16, start, start + length);
        }
    }
    for [at, _, start, length] in all {
        sum(&mut bytes, at + 24, start, start + length);
    }
    sum(&mut bytes, 24, 32, 32 + 64 * rows);
    bytes
}

fuzz_target!(|input: &[u8]| {
    if let Ok(index) = PublishedIndex::parse(input) {
        let again = PublishedIndex::parse(&index.to_json()).expect("its own words");
        assert_eq!(again, index);
        let _ = index.unpack(input, b"");
    }
    let mut bytes = SOUND.clone();
    for change in input.as_chunks::<4>().0 {
        let [low, high, run, value] = *change;
        let start = usize::from(u16::from_le_bytes([low, high])) % bytes.len();
        let end = (start + usize::from(run % 8) + 1).min(bytes.len());
        bytes[start..end].fill(value);
    }
    let Ok(database) = Database::from_bytes(summed(bytes)) else {
        return;
    };
    let _ = database.verify();
    for (place, name) in [
        ("PyPI", "tea"),
        ("Maven", "org.shop:tea"),
        ("Maven", "tea"),
        ("Debian:12", "tea"),
    ] {
        let scope = Scope::parse(place).expect("is one");
        if let Ok(matches) = database.matches(&scope, name, "1.1") {
            for found in &matches.found {
                let _ = database.details(&found.advisory);
            }
        }
    }
    for cve in ["CVE-2026-1", "CVE-2026-2"]
        .into_iter()
        .filter_map(CveNumber::parse)
    {
        let _ = (database.exploited(cve), database.likelihood(cve));
    }
});
