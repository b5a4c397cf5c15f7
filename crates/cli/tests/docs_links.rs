//! Every relative link of the documentation leads to a file, and to a heading in it.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says so by failing"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Markdown files at the root and below `docs/`, generated ones included.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![
        root().join("bench/README.md"),
        root().join("examples/README.md"),
    ];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                pages.push(path);
            }
        }
    }
    for entry in fs::read_dir(root()).expect("the root is there") {
        pages.push(entry.expect("an entry").path());
    }
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    pages.sort();
    pages
}

/// The lines outside of fences.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_fence = false;
    text.lines().filter(move |line| {
        let is_mark = line.trim_start().starts_with("```");
        in_fence ^= is_mark;
        !in_fence && !is_mark
    })
}

/// What stands between `](` and `)`, code spans left out.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for rest in outside.split("](").skip(1) {
            if let Some((target, _)) = rest.split_once(')') {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The anchor that Markdown renderers give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .trim_start_matches('#')
        .trim()
        .chars()
        .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn relative_links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("text");
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().expect("a folder").join(file),
            };
            let shown = page.strip_prefix(root()).unwrap_or(&page).display();
            if !target.exists() {
                wrong.push(format!("{shown}: {link} is not there"));
            } else if !fragment.is_empty() {
                let text = fs::read_to_string(&target).expect("text");
                let has =
                    prose(&text).any(|line| line.starts_with('#') && anchor(line) == fragment);
                if !has {
                    wrong.push(format!("{shown}: {link} has no such heading"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_of_the_book_is_in_its_contents() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("text");
    let listed = links(&summary);
    for page in pages() {
        let Ok(name) = page.strip_prefix(&docs) else {
            continue;
        };
        let name = name.to_string_lossy().replace('\\', "/");
        assert!(
            name == "SUMMARY.md" || listed.contains(&name),
            "docs/SUMMARY.md does not list {name}"
        );
    }
}

#[test]
fn links_and_anchors_are_read() {
    let text = "see [a](b.md) and [c](d.md#e-f)\n```\n[x](y)\n```\n`[no](no)` [g](h)";
    assert_eq!(links(text), ["b.md", "d.md#e-f", "h"]);
    assert_eq!(anchor("## `[checks]`, and more"), "checks-and-more");
}
