//! Reports of ringwall among what is scanned.
//!
//! A report quotes pages of checks, and the examples of some hold secrets that were made up. Nothing else of a report
//! is passed over: it may quote the user's own secrets.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use ringwall_checks::Meta;
use ringwall_model::Source;
use ringwall_secrets::Detectors;

/// Where a report says by whom it was written.
const HEAD_BYTES: usize = 4 << 10;

/// Most secrets of a page.
const MAX_SECRETS: usize = 1000;

/// Marks of the reports that quote pages: SARIF and HTML.
const MARKS: [&str; 2] = [
    "https://github.com/ringwall/ringwall",
    "<title>ringwall report</title>",
];

/// The secrets in examples, as they stand in pages and in JSON.
static EXAMPLES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let pages = ringwall_checks::all().flat_map(|check| forms(check.meta()));
    let texts = pages.flat_map(|page| [serde_json::json!(page).to_string(), page]);
    texts.flat_map(secrets).collect()
});

/// A page as it stands in HTML, in SARIF, and in both of earlier releases.
fn forms(check: &'static Meta) -> [String; 3] {
    let page = check.page();
    [page.markdown(), page.plain(), page.raw().to_owned()]
}

fn secrets(text: String) -> Vec<String> {
    let source = Source::new("", text);
    let scan = Detectors::builtin().scan_with_limit(&source.text, MAX_SECRETS);
    let slices = scan.matches.iter().map(|found| source.slice(found.span));
    slices.map(str::to_owned).collect()
}

/// Whether a text is a report of ours that quotes pages.
pub(crate) fn quotes_pages(source: &Arc<Source>) -> bool {
    let text = source.text.trim_start();
    let head = text.as_bytes();
    let head = String::from_utf8_lossy(head.get(..HEAD_BYTES).unwrap_or(head));
    (text.starts_with('{') && head.contains("\"runs\"") || text.starts_with("<!doctype html>"))
        && MARKS.iter().any(|mark| head.contains(mark))
}

/// Whether a secret in a report is one of those in examples, or the reason of an exception: the annotation around it
/// names a check about secrets, which makes it look like one.
pub(crate) fn is_example(secret: &str) -> bool {
    EXAMPLES.contains(secret) || secret.starts_with("reason=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_in_reports_are_no_secrets() {
        let uri = MARKS[0];
        let mut found = 0;
        let pages = ringwall_checks::all().map(ringwall_checks::Declared::meta);
        for (meta, page) in pages.flat_map(|meta| forms(meta).map(|page| (meta, page))) {
            let rule = serde_json::json!({"help": {"markdown": page}, "id": meta.id});
            // As in a report, who wrote it stands before what may be long.
            let sarif =
                format!("{{\"runs\":[{{\"informationUri\":\"{uri}\",\"rules\":[{rule}]}}]}}");
            assert!(quotes_pages(&Arc::new(Source::new(
                "a.sarif",
                sarif.as_str()
            ))));
            // In HTML, JSON stands with this escape.
            for text in [sarif.replace('<', "\\u003c"), sarif] {
                for secret in secrets(text) {
                    assert!(is_example(&secret), "{}: {secret}", meta.id);
                    found += 1;
                }
            }
        }
        assert!(found > 5, "the pages hold examples");
        assert!(!is_example("hunter2-Kq9-vLx"));
    }

    #[test]
    fn what_only_names_ringwall_is_no_report() {
        for text in [
            "# https://github.com/ringwall/ringwall\npassword: x\n",
            "{\"homepage\": \"https://github.com/ringwall/ringwall\"}",
        ] {
            assert!(!quotes_pages(&Arc::new(Source::new("a", text))), "{text}");
        }
    }
}
