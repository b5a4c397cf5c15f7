//! Rules as YARA-X runs them.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use ringwall_malware::{FileRules, RuleMatch, Unmatched, UnusableRule};
use sha2::{Digest as _, Sha256};
use yara_x::{Compiler, ScanError, Scanner, SourceCode, errors::CompileError};

use crate::{Bounds, Error, meta};

/// Most mistakes that are told of all files of rules.
const MOST_UNUSABLE: usize = 100;
/// Variables that rules may ask for, as other programs that run YARA set them.
const VARIABLES: [&str; 3] = ["filename", "filepath", "extension"];

/// Rules that were compiled.
pub struct Rules {
    compiled: &'static yara_x::Rules,
    /// Tells these rules from others that the same thread ran.
    number: u64,
    digest: String,
    bounds: Bounds,
    unusable: Vec<UnusableRule>,
    /// Milliseconds that files took.
    spent: AtomicU64,
}

impl fmt::Debug for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Rules");
        shown.field("digest", &self.digest);
        shown.field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// Compiles files of rules, by name and text or why there is none. What cannot be used is told by
/// [`FileRules::unusable`]; it is an error where nothing can.
///
/// Rules are kept until the process ends: each thread has what runs them, which borrows them.
pub fn compile(files: &[(String, Result<String, String>)], bounds: Bounds) -> Result<Rules, Error> {
    if files.is_empty() {
        return Err(Error::NoRules);
    }
    let mut compiler = Compiler::new();
    compiler.relaxed_re_syntax(true).enable_includes(false);
    for variable in VARIABLES {
        // Only a name that is none is refused.
        let _ = compiler.define_global(variable, "");
    }
    let mut unusable = Vec::new();
    let mut hash = Sha256::new();
    hash.update(format!("{bounds:?}"));
    for (file, text) in files {
        let text = match text {
            Ok(text) => text,
            Err(reason) => {
                unusable.push(UnusableRule {
                    file: file.clone(),
                    place: None,
                    reason: reason.clone(),
                });
                continue;
            }
        };
        for part in [file, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let before = compiler.errors().len();
        let source = SourceCode::from(text.as_str()).with_origin(file);
        let failed = compiler.new_namespace(file).add_source(source).is_err();
        if failed {
            let errors = compiler.errors().iter().skip(before);
            unusable.extend(errors.map(|error| mistake(file, text, error)));
        }
    }
    unusable.truncate(MOST_UNUSABLE);
    let compiled = compiler.build();
    if compiled.iter().len() == 0 {
        let first = unusable.into_iter().next();
        return Err(first.map_or(Error::NoRules, Error::NoneUsable));
    }
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let digest = hash.finalize();
    Ok(Rules {
        compiled: Box::leak(Box::new(compiled)),
        number: NUMBER.fetch_add(1, Ordering::Relaxed),
        digest: digest
            .iter()
            .take(16)
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
        bounds,
        unusable,
        spent: AtomicU64::new(0),
    })
}

/// A mistake in a file of rules, in one line.
fn mistake(file: &str, text: &str, error: &CompileError) -> UnusableRule {
    let label = error.labels().next();
    let place = label.as_ref().map(|label| {
        let before = text
            .as_bytes()
            .get(..label.span().start())
            .unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count()
            + 1;
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (number(line), number(column))
    });
    let said = label.map(|label| label.text().to_owned());
    let said = said.filter(|said| !said.is_empty());
    UnusableRule {
        file: file.to_owned(),
        place,
        reason: match said {
            Some(said) => format!("{}: {said}", error.title()),
            None => error.title().to_owned(),
        },
    }
}

/// What runs some rules in a thread, by their number.
type Running = Option<(u64, Scanner<'static>)>;

thread_local! {
    static RUNNING: RefCell<Running> = const { RefCell::new(None) };
}

impl FileRules for Rules {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn most_bytes(&self) -> u64 {
        self.bounds.file_bytes
    }

    fn unusable(&self) -> &[UnusableRule] {
        &self.unusable
    }

    fn matches(&self, path: &str, bytes: &[u8]) -> Result<Vec<RuleMatch>, Unmatched> {
        if bytes.len() as u64 > self.bounds.file_bytes {
            let most = self.bounds.file_bytes;
            return Err(Unmatched::TooLarge { most });
        }
        let spent = Duration::from_millis(self.spent.load(Ordering::Relaxed));
        if spent >= self.bounds.total_time {
            let seconds = self.bounds.total_time.as_secs();
            return Err(Unmatched::OutOfTime { seconds });
        }
        let start = Instant::now();
        let result = RUNNING.with_borrow_mut(|running| {
            // What panics is a mistake of the engine, and no reason to lose what else is known of an image.
            let result = catch_unwind(AssertUnwindSafe(|| self.run(running, path, bytes)));
            let result = result.unwrap_or_else(|_| {
                let reason = "the engine of YARA stopped at a mistake of its own";
                Err(Unmatched::Failed(reason.to_owned()))
            });
            if result.is_err() {
                *running = None;
            }
            result
        });
        // A file counts as one millisecond at least, so that many small ones come to an end as well.
        let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.fetch_add(took.div_ceil(1000), Ordering::Relaxed);
        result
    }
}

impl Rules {
    fn run(
        &self,
        running: &mut Running,
        path: &str,
        bytes: &[u8],
    ) -> Result<Vec<RuleMatch>, Unmatched> {
        if !matches!(running, Some((number, _)) if *number == self.number) {
            *running = Some((self.number, Scanner::new(self.compiled)));
        }
        let Some((_, scanner)) = running else {
            return Ok(Vec::new());
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = format!("/{folder}");
        let extension = name.rfind('.').and_then(|dot| name.get(dot..));
        let values = [name, &folder, extension.unwrap_or("")];
        for (variable, value) in VARIABLES.into_iter().zip(values) {
            let set = scanner.set_global(variable, value);
            set.map_err(|error| Unmatched::Failed(error.to_string()))?;
        }
        scanner.set_timeout(self.bounds.file_time);
        let results = scanner.scan(bytes).map_err(|error| match error {
            ScanError::Timeout => Unmatched::TimedOut {
                seconds: self.bounds.file_time.as_secs(),
            },
            other => Unmatched::Failed(other.to_string()),
        })?;
        let mut matches: Vec<_> = results
            .matching_rules()
            .map(|rule| meta::read(&rule))
            .collect();
        matches.sort();
        Ok(matches)
    }
}
