//! Scans a folder as `ringwall scan -o json FOLDER` does, without a command line, for profilers: `scan FOLDER`.

#![expect(clippy::unwrap_used, reason = "a program to measure by")]

use std::{env, io, mem, path::PathBuf, sync::Arc};

use ringwall_collect::{DEFAULT_LIMIT_BYTES, Exclude, Walk, walk};
use ringwall_engine::{Advisories, Config, Input, Options, Selection, SourceMap, scan};
use ringwall_model::{Date, Source, Span};
use ringwall_report::{Catalogue, Context, Sources, json};

/// That of the program, which asks for memory all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Texts<'a>(&'a SourceMap);

impl Sources for Texts<'_> {
    fn text(&self, file: &str) -> Option<Arc<Source>> {
        self.0.get(file).map(Arc::clone)
    }

    fn secrets(&self, file: &str) -> &[Span] {
        self.0.secrets(file)
    }
}

/// JSON repeats no pages.
struct NoPages;

impl Catalogue for NoPages {
    fn title(&self, _check: &str) -> Option<&str> {
        None
    }

    fn page(&self, _check: &str) -> Option<String> {
        None
    }
}

fn main() {
    let folder = env::args_os().nth(1).map(PathBuf::from).unwrap();
    let files = walk(&Walk {
        paths: vec![folder],
        all_files: true,
        exclude: Exclude::new::<&str>(&[]).unwrap(),
    });
    let input = Input { files, stdin: None };
    let selection = Selection::new(&[], &[], &[]).unwrap();
    let config = Config::default();
    let source = Source::new("", "");
    let options = Options {
        selection: &selection,
        config: &config,
        config_source: &source,
        pod_security: None,
        policies: None,
        advisories: Advisories::Missing,
        as_of: Date::from_unix_seconds(0),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: DEFAULT_LIMIT_BYTES,
        progress: None,
    };
    let outcome = scan(&input, &options).unwrap();
    let context = Context {
        sources: &Texts(&outcome.sources),
        catalogue: &NoPages,
    };
    json(&outcome.report, &context, &mut io::stdout()).unwrap();
    // Freeing all of it is no part of what the program does.
    mem::forget(outcome);
}
