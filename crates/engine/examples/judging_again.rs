//! Times the judging of stored reports again: `judging_again DATABASE REPORT`, with a report of
//! `ringwall image -o json`. From the bytes of the report to those of the next one, without the disk.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program to measure by"
)]

use std::{env, fs, path::PathBuf, time::Instant};

use ringwall_advisory::Database;
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, StoredReport};
use ringwall_model::Date;
use ringwall_report::image_json;

/// That of the program, which asks for memory all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the report is judged.
const REPORTS: usize = 1_000;

fn main() {
    let mut paths = env::args_os().skip(1).map(PathBuf::from);
    let (database, report) = (paths.next().unwrap(), paths.next().unwrap());
    let database = Database::open(&database).unwrap();
    let json = fs::read(report).unwrap();
    let as_of: Date = database.manifest().built.parse().unwrap();
    let options = ImageOptions {
        name: "",
        advisories: Advisories::Database(&database),
        exceptions: &ImageExceptions::none(as_of),
        finds_secrets: false,
        rules: None,
        cache: None,
        as_of,
    };
    let start = Instant::now();
    let (mut findings, mut bytes) = (0, 0);
    for _ in 0..REPORTS {
        let judged = StoredReport::parse(&json).unwrap().judge_again(&options);
        let mut out = Vec::new();
        image_json(&judged.report, &mut out).unwrap();
        findings = judged.report.findings.len();
        bytes += out.len();
    }
    let took = start.elapsed();
    println!("{REPORTS} reports of {findings} findings, {bytes} bytes: {took:?}");
}
