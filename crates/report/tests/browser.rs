//! The HTML report in a real browser: it filters, opens what its address names, and runs
//! nothing that a report's text brings along.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a browser that fails fails the test, and a skipped test says why"
)]

mod sample;

use std::{fs, path::Path, process::Command};

use ringwall_model::Severity;
use ringwall_report::html;

use sample::written;

const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
];

/// The page's elements after its script has run; `None` without a browser.
fn dom(page: &str, hash: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let output = browse(folder.path(), page, hash, "--dump-dom")?;
    Some(String::from_utf8(output).unwrap())
}

/// The page as it is printed, as PDF; `None` without a browser.
fn paper(page: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("report.pdf");
    browse(
        folder.path(),
        page,
        "",
        &format!("--print-to-pdf={}", pdf.display()),
    )?;
    Some(fs::read(pdf).unwrap())
}

/// What the browser writes to its standard output when it is shown the page in this folder.
fn browse(folder: &Path, page: &str, hash: &str, what: &str) -> Option<Vec<u8>> {
    let Some(browser) = BROWSERS.iter().find(|path| Path::new(path).exists()) else {
        eprintln!("skipped: chromium is not here");
        return None;
    };
    let file = folder.join("report.html");
    fs::write(&file, page).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--virtual-time-budget=10000",
            what,
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("file://{}{hash}", file.display()))
        .output()
        .unwrap();
    Some(output.stdout)
}

/// What stands in the page besides its data and its script.
fn body(dom: &str) -> &str {
    let start = dom.find("<div id=\"app\">").unwrap();
    &dom[start..dom.find("<script type=\"application/json\"").unwrap()]
}

fn sample_page() -> String {
    let files = sample::files();
    let report = sample::report(&files);
    written(|out| html(&report, &sample::context(&files), out))
}

#[test]
fn the_address_filters_and_opens() {
    let page = sample_page();
    let address = "#severity=critical&open=privileged-container@shop/web.yaml:13:13";
    let Some(dom) = dom(&page, address) else {
        return;
    };
    let body = body(&dom);
    assert!(
        body.contains("data-count=\"2\""),
        "two critical findings count: {body}"
    );
    assert_eq!(body.matches("class=\"row-head\"").count(), 2, "{body}");
    assert_eq!(body.matches("aria-expanded=\"true\"").count(), 1, "{body}");
    assert!(
        body.contains("<mark>privileged: true</mark>"),
        "the excerpt marks the place: {body}"
    );
    assert!(
        body.contains("-            privileged: true"),
        "the patch is shown: {body}"
    );
    assert!(
        body.contains("<strong>every capability</strong>"),
        "the page is shown: {body}"
    );
    assert!(
        body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "markup stays text: {body}"
    );
}

/// Who does not see the page goes from heading to heading, and hears the name of what can be pressed.
#[test]
fn each_part_of_the_page_has_a_heading_and_each_button_a_name() {
    let Some(dom) = dom(&sample_page(), "") else {
        return;
    };
    let body = body(&dom);
    assert_eq!(body.matches("<h1 ").count(), 1, "{body}");
    let rows = body.matches("class=\"row-head\"").count();
    let title = "<h2 class=\"row-title\"><button type=\"button\" class=\"row-head\"";
    assert_eq!(body.matches(title).count(), rows, "{body}");
    let bar = &dom[..dom.find("<div id=\"app\">").unwrap()];
    assert!(bar.contains("aria-label=\"Open a report\">Open"), "{bar}");
    assert!(!bar.contains("tabindex"), "{bar}");
    assert!(bar.contains("aria-label=\"Views\" hidden"), "{bar}");
}

#[test]
fn one_root_cause_is_one_row_and_what_is_missing_is_said() {
    let Some(dom) = dom(&sample_page(), "") else {
        return;
    };
    let body = body(&dom);
    assert!(
        body.contains("data-count=\"9\""),
        "nine findings count: {body}"
    );
    assert_eq!(
        body.matches("class=\"row-head\"").count(),
        7,
        "three of them share a cause: {body}"
    );
    assert!(body.contains("1 thing could not be assessed"), "{body}");
    assert!(body.contains("tab in indentation"), "{body}");
    assert!(
        body.contains("aria-label=\"Grade F, incomplete\""),
        "{body}"
    );
}

#[test]
fn a_search_and_a_status_filter_too() {
    let page = sample_page();
    let Some(accepted) = dom(&page, "#status=accepted") else {
        return;
    };
    assert!(
        body(&accepted).contains("data-count=\"1\""),
        "{}",
        body(&accepted)
    );
    let Some(found) = dom(&page, "#q=DB_PASSWORD%20holds&ring=code") else {
        return;
    };
    assert!(
        body(&found).contains("data-count=\"1\""),
        "{}",
        body(&found)
    );
}

#[test]
fn hostile_text_stays_text() {
    let files = sample::files();
    let web = files.get("shop/web.yaml");
    let message =
        "</script><script>document.title='taken'</script><!--<img src=x onerror=alert(1)>";
    let report = sample::report_of(vec![sample::finding(
        "latest-tag",
        Severity::High,
        web,
        "image:",
        message,
    )]);
    let page = written(|out| html(&report, &sample::context(&files), out));
    assert_eq!(
        page.matches("</script>").count(),
        2,
        "the data and the viewer, no more"
    );
    let Some(dom) = dom(&page, "") else { return };
    assert!(dom.contains("<title>ringwall report</title>"));
    assert!(body(&dom).contains("&lt;/script&gt;&lt;script&gt;document.title='taken'"));
}

#[test]
fn nothing_found_is_not_clean_when_something_is_missing() {
    let files = sample::files();
    let mut report = sample::report(&files);
    let missing = report.not_assessed.split_off(1);
    let report = sample::empty_report(3, missing);
    let page = written(|out| html(&report, &sample::context(&files), out));
    let Some(dom) = dom(&page, "") else { return };
    let body = body(&dom);
    assert!(
        body.contains("Nothing found in what could be assessed"),
        "{body}"
    );
    assert!(body.contains("No grade: incomplete"), "{body}");
}

#[test]
fn twenty_thousand_findings_are_shown_in_pages() {
    let files = sample::files();
    let web = files.get("shop/web.yaml");
    let findings = (0..20_000).map(|number| {
        let message = format!("finding number {number:05}");
        sample::finding("latest-tag", Severity::High, web, "image:", &message)
    });
    let report = sample::report_of(findings.collect());
    let page = written(|out| html(&report, &sample::context(&files), out));
    let Some(dom) = dom(&page, "#open=latest-tag@shop/web.yaml:11:11~15000") else {
        return;
    };
    let body = body(&dom);
    assert!(body.contains("data-count=\"20000\""));
    assert_eq!(body.matches("class=\"row-head\"").count(), 50);
    assert!(
        body.contains("finding number 14999"),
        "the page of the opened one is shown"
    );
    assert!(body.contains("Page 300 of 400"));
}

/// Every finding is on paper, each check is explained once, and nothing is drawn as a picture:
/// browsers do so with pages on which a round box is cut off, a megabyte each.
#[test]
fn paper_is_not_wasted() {
    let files = sample::files();
    let web = files.get("shop/web.yaml");
    let findings = (0..100).map(|number| {
        let message = format!("finding number {number:03}");
        sample::finding(
            "privileged-container",
            Severity::High,
            web,
            "privileged:",
            &message,
        )
    });
    let report = sample::report_of(findings.collect());
    let page = written(|out| html(&report, &sample::context(&files), out));
    let Some(pdf) = paper(&page) else { return };
    let pdf = String::from_utf8_lossy(&pdf);
    let pages = pdf.matches("/Type /Page\n").count();
    assert!((10..=40).contains(&pages), "{pages} pages");
    assert_eq!(pdf.matches("/Subtype /Image").count(), 0);
}
