//! The reader of the plain style understands every document as the reader of all of YAML does.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the corpus is read from beside the workspace, and a test that cannot says so"
)]

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;

use super::{Document, build, events, plain, split};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");

/// Whether the plain reader took the document; panics where both understand it differently.
fn agree(source: &Arc<Source>, chunk: Range<usize>, comments: bool) -> bool {
    let Some(document) = plain::read(source, chunk.clone(), comments) else {
        return false;
    };
    let mut documents = Vec::new();
    let outcome = events::read(source, chunk.clone(), comments, &mut documents);
    let told = || {
        let text = &source.text[chunk.clone()];
        format!("{}: {:.300?}", source.name, text)
    };
    assert_eq!(outcome, Ok(()), "{}", told());
    assert_eq!(documents.len(), 1, "{}", told());
    assert_same(&document, &documents[0], told);
    true
}

fn assert_same(plain: &Document, full: &Document, told: impl Fn() -> String) {
    for (at, (found, expected)) in plain.nodes.iter().zip(&full.nodes).enumerate() {
        assert_eq!(found, expected, "node {at} of {}", told());
    }
    assert_eq!(plain.nodes.len(), full.nodes.len(), "{}", told());
    assert_eq!(plain.decoded, full.decoded, "{}", told());
    assert_eq!(plain.comments, full.comments, "{}", told());
    assert_eq!(plain.duplicates, full.duplicates, "{}", told());
    assert_eq!(plain.span, full.span, "{}", told());
}

/// Whether the plain reader takes a text of one document, with and without its comments.
pub(super) fn is_plain(text: &str) -> bool {
    let source = Arc::new(Source::new("a.yaml", text));
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let without = agree(&source, start..text.len(), false);
    let with = agree(&source, start..text.len(), true);
    assert_eq!(with, without, "{text:?}");
    with
}
fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(path);
        }
    }
}

fn corpus(folders: &[&str]) -> Vec<Arc<Source>> {
    let mut files = Vec::new();
    for folder in folders {
        yaml_files(&Path::new(SHARED).join(folder), &mut files);
    }
    files
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            Some(Arc::new(Source::new(path.display().to_string(), text)))
        })
        .collect()
}

/// Bytes that the plain reader took, of all bytes in documents.
fn share_of_plain(sources: &[Arc<Source>], comments: bool) -> (usize, usize) {
    let mut taken = 0;
    let mut all = 0;
    for source in sources {
        for chunk in split::chunks(&source.text) {
            all += chunk.len();
            if agree(
                source,
                chunk.clone(),
                comments || build::wants_comments(&source.text),
            ) {
                taken += chunk.len();
            }
        }
    }
    (taken, all)
}

#[test]
fn both_readers_agree_on_every_file_of_the_corpora() {
    let sources = corpus(&["corpora", "pss", "gatekeeper-library", "posture", "falco"]);
    if sources.is_empty() {
        println!("skipped: ../shared is not here");
        return;
    }
    for comments in [false, true] {
        let (taken, all) = share_of_plain(&sources, comments);
        println!("{taken} of {all} bytes are plain");
        // Templates, which are no YAML, and tests of odd YAML are among them.
        assert!(taken * 10 > all * 5, "{taken} of {all}");
    }
    let (taken, all) = share_of_plain(&corpus(&["corpora/manifests"]), false);
    println!("{taken} of {all} bytes of manifests are plain");
    assert!(taken * 100 > all * 95, "{taken} of {all}");
}

/// The same numbers in every run. Source: the constants of Knuth's MMIX.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// Something of everything the plain reader takes, and of what it must not take.
const SNIPPETS: &[&str] = &[
    "---\na: 1\nb:\n- x\n- y: 'z'\n  z: \"w\" # c\n-\nc: {d: [1, \"e\"], 'f': g}\n",
    "# top\nspec:\n  containers:\n    - name: app # first\n      args: [\"--a\", -b]\n      env:\n      - name: A\n        value: \"b\\n\\\"c\"\n    - name: b\n",
    "data:\n  a: |\n    x\n      y\n\n    z\n  b: >-\n\n    folded\n    text\n      deeper\n\n    end\n\n  c: |+\n    kept\n\n\nd:\n",
    "a: plain text\n  goes on\n\n  and on # c\nb: 'quoted\n  text'\nc: \"more \\\n    text\n\n    here\"\nd: >\n  x\n",
    "- - a\n  - b: c\n    d:\n    - e\n-\n  - f\n- {\"a\":\"b\",\"c\":{}}\n- []\n",
    "a: 1\nb: 2\na: 3\n<<: {a: 4}\n'a': 5\n? k\n: v\n",
    "a: &x 1\nb: *x\nc: !!str 2\nd: ::1\ne: -1\nf: a:b\ng: a#b\nh: http://a/b?c=d&e\n",
    "a:\r\n  b: |\r\n    x\r\n    y\r\n  c: 'd\r\n    e'\r\n",
    "a:\n  long\n  text\nb:\n  'q'\nc:\n  [x]\nd:\n\n  # c\n\n  e: f\n",
    "\u{e4}: \u{fc}\nb: '\u{1f600}'\nc: |-\n  \u{e4}\u{a0}\n",
];

const CHARACTERS: &[u8] = b":-#'\"[]{}|>&*!?,\n\t %@`\\.~<+0a\r";

/// One to five small changes: a character more, less or other, a line deeper, twice, gone or joined.
fn mutate(text: &str, numbers: &mut Numbers) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=numbers.below(5) {
        let at = numbers.below(bytes.len());
        let character = CHARACTERS[numbers.below(CHARACTERS.len())];
        let line = bytes[..at]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let end = bytes[at..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(bytes.len(), |newline| at + newline);
        match numbers.below(10) {
            0 | 1 => bytes.insert(at, character),
            2 | 3 if at < bytes.len() => drop(bytes.remove(at)),
            4 if at < bytes.len() => bytes[at] = character,
            5 if at < bytes.len() => bytes.insert(at, bytes[at]),
            6 => drop(bytes.splice(line..line, vec![b' '; numbers.below(3) + 1])),
            7 if bytes.get(line) == Some(&b' ') => drop(bytes.remove(line)),
            8 => {
                let copy = bytes[line..end].to_vec();
                let target = numbers.below(bytes.len());
                drop(bytes.splice(target..target, copy));
            }
            9 if end < bytes.len() => drop(bytes.remove(end)),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many of the mutants the plain reader took.
fn mutants_taken(seeds: &[String], count: usize, numbers: &mut Numbers) -> usize {
    let mut taken = 0;
    for _ in 0..count {
        let text = mutate(&seeds[numbers.below(seeds.len())], numbers);
        let source = Arc::new(Source::new("mutant.yaml", text));
        let comments = numbers.below(2) == 0;
        for chunk in split::chunks(&source.text) {
            taken += usize::from(agree(&source, chunk, comments));
        }
    }
    taken
}

#[test]
fn both_readers_agree_on_mutants() {
    let count = if cfg!(debug_assertions) {
        20_000
    } else {
        300_000
    };
    let mut numbers = Numbers(1);
    let mut seeds: Vec<String> = SNIPPETS.iter().map(|&text| text.to_owned()).collect();
    for source in corpus(&["corpora/manifests", "pss", "gatekeeper-library"]) {
        // A few lines of each file, so that a change meets something that matters.
        let lines: Vec<_> = source.text.lines().collect();
        let from = numbers.below(lines.len());
        let to = lines.len().min(from + 12);
        seeds.push(lines[from..to].join("\n") + "\n");
        if source.text.len() < 600 {
            seeds.push(source.text.clone());
        }
    }
    // Half of the mutants come from what is written above.
    let taken = mutants_taken(&seeds[..SNIPPETS.len()], count / 2, &mut numbers)
        + mutants_taken(&seeds, count / 2, &mut numbers);
    println!("{taken} of {count} mutants are plain");
    assert!(taken * 10 > count, "{taken} of {count}");
}

const FRAGMENTS: &[&str] = &[
    "a: 1",
    "b:",
    "c: ",
    "- d",
    "-",
    "- ",
    "- e: f",
    "- - g",
    "- - h:",
    "i: [j, {k: l}]",
    "- []",
    "{m: n}",
    "[o]",
    "p: |",
    "q: >-",
    "r: |+",
    "- |",
    "- >+",
    "s: 't",
    "u'",
    "'v'",
    "w: \"x",
    "y\"",
    "z: \"\\",
    "text",
    "more text # c",
    "# comment",
    "",
    "",
    " ",
    "a: 2 # c",
    "- # c",
    "b: # c",
    "'q': 'r'",
    "\"s\":",
    "t: ''",
    "- \"u\": v",
    "w: x: y",
    "...",
    "---",
    "- ? a",
    ": b",
    "::c",
    "k:v",
    "[l, m",
    "n]",
    "{o: p,",
    "q: r}",
    "a b: c d",
    "<<: {}",
    "a: -",
    "a: - b",
    "- 'x': - y",
    "- {a: b}: c",
    "a: 'b' c",
    "- a\t",
    "\t",
    "a: &b c",
    "- *b",
    "a: !c d",
    "? e",
];

#[test]
fn both_readers_agree_on_lines_thrown_together() {
    let count = if cfg!(debug_assertions) {
        20_000
    } else {
        300_000
    };
    let mut numbers = Numbers(2);
    let mut taken = 0;
    for _ in 0..count {
        let mut text = String::new();
        let line_break = if numbers.below(8) == 0 { "\r\n" } else { "\n" };
        let plain = numbers.below(3) > 0;
        for _ in 0..=numbers.below(9) {
            // The first fragments are what the plain reader takes.
            let fragments = if plain { 37 } else { FRAGMENTS.len() };
            text.extend(std::iter::repeat_n(' ', numbers.below(4)));
            text.push_str(FRAGMENTS[numbers.below(fragments)]);
            text.push_str(line_break);
        }
        if numbers.below(4) == 0 {
            text.truncate(text.trim_end().len());
        }
        let source = Arc::new(Source::new("lines.yaml", text));
        let comments = numbers.below(2) == 0;
        for chunk in split::chunks(&source.text) {
            taken += usize::from(agree(&source, chunk, comments));
        }
    }
    println!("{taken} of {count} are plain");
    assert!(taken * 25 > count, "{taken} of {count}");
}
