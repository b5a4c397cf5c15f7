//! Commands that run other commands: `sudo`, `env`, `xargs`, `sh -c`, `find -exec`.

mod prefix;

use std::ops::Range;

use super::Dialect;
use super::word_parser::PlacedWord;

/// What a command runs.
#[derive(Debug)]
pub(super) enum Inner {
    /// These words are a command; assignments may stand before its name.
    Words(Range<usize>),
    /// These words are a script.
    Script(InnerWords),
}

/// Words of a command that are a script.
#[derive(Debug)]
pub(super) struct InnerWords {
    pub(super) words: Range<usize>,
    /// How much of the first word stands before the script: `--command=`.
    pub(super) skip: usize,
    /// The shell that reads it; `None` for the one that reads the command.
    pub(super) dialect: Option<Dialect>,
}

/// Flags with a value. See: flock(1).
const FLOCK_VALUES: &[&str] = &["-w", "--wait", "--timeout", "-E", "--conflict-exit-code"];

/// Flags with a value. See: watch(1).
const WATCH_VALUES: &[&str] = &["-n", "--interval", "-q", "--equexit", "-s", "--shotsdir"];

/// Flags with a value. See: parallel(1).
const PARALLEL_VALUES: &[&str] = &[
    "-a",
    "--arg-file",
    "-C",
    "--colsep",
    "-d",
    "--delimiter",
    "--delay",
    "-E",
    "-I",
    "-j",
    "--jobs",
    "--joblog",
    "-L",
    "--load",
    "-n",
    "-N",
    "-P",
    "--max-args",
    "--max-procs",
    "--memfree",
    "--results",
    "--retries",
    "-S",
    "--sshlogin",
    "--tagstring",
    "--timeout",
    "--tmpdir",
    "--wd",
    "--workdir",
];

/// The argument that the command begins with which a program runs; `None` if the program is none that runs another, or
/// takes it as a script.
pub(super) fn command_behind(program: &str, values: &[&str]) -> Option<usize> {
    if let Some(prefix) = prefix::prefix(program) {
        return Some(skip_flags(values, prefix.with_value) + prefix.operands);
    }
    if let Some((verb, with_value)) = prefix::verb(program) {
        let at = skip_flags(values, &[]);
        let rest = values.get(at + 1..).unwrap_or_default();
        return match values.get(at) {
            Some(&found) if found == verb => Some(at + 1 + skip_flags(rest, with_value)),
            _ => None,
        };
    }
    match program {
        "setarch" | "linux32" | "linux64" | "uname26" | "i386" | "x86_64" => Some(setarch(values)),
        "scl" => {
            let end = values.iter().position(|value| *value == "--")?;
            let verb = values.get(..end)?.iter();
            verb.copied()
                .any(|value| ["enable", "run"].contains(&value))
                .then_some(end + 1)
        }
        _ => None,
    }
}

/// Finds the commands that a command runs, as ranges of its arguments.
pub(super) fn inner(program: &str, args: &[PlacedWord]) -> Vec<Inner> {
    let values: Vec<&str> = args.iter().map(|arg| arg.word.value()).collect();
    if let Some(at) = command_behind(program, &values) {
        return words(&values, at);
    }
    match program {
        "env" => env(&values),
        "command" => match values.first() {
            Some(first) if first.starts_with('-') && first.contains(['v', 'V']) => Vec::new(),
            _ => words(&values, skip_flags(&values, &[])),
        },
        "flock" => {
            let at = skip_flags(&values, FLOCK_VALUES) + 1;
            match values.get(at) {
                Some(&"-c" | &"--command") => script(&values, at + 1..at + 2, Some(Dialect::Sh)),
                _ => words(&values, at),
            }
        }
        "find" => find_exec(&values),
        "eval" => script(&values, 0..values.len(), None),
        "trap" => {
            let at = skip_flags(&values, &[]);
            // A signal alone gives it its own meaning back, and so does `-`.
            match values.get(at..) {
                Some([first, _, ..]) if *first != "-" => script(&values, at..at + 1, None),
                _ => Vec::new(),
            }
        }
        "watch" => {
            let at = skip_flags(&values, WATCH_VALUES);
            let flags = values.get(..at).unwrap_or_default();
            if flags.iter().any(|flag| ["-x", "--exec"].contains(flag)) {
                return words(&values, at);
            }
            script(&values, at..values.len(), Some(Dialect::Sh))
        }
        "scl" if values.iter().any(|value| ["enable", "run"].contains(value)) => script(
            &values,
            values.len().saturating_sub(1).max(2)..values.len(),
            Some(Dialect::Bash),
        ),
        "parallel" => parallel(&values),
        "script" => string_flag(&values, Some('c'), &["--command"]),
        "nix-shell" => string_flag(&values, None, &["--run", "--command"]),
        "su" => string_flag(&values, Some('c'), &["--command", "--session-command"]),
        "runuser" => {
            let found = string_flag(&values, Some('c'), &["--command", "--session-command"]);
            // `runuser -u user command` is no login shell.
            if found.is_empty() && values.iter().any(|flag| is_user_flag(flag)) {
                return words(
                    &values,
                    skip_flags(&values, &["-u", "--user", "-g", "-G", "--group"]),
                );
            }
            found
        }
        _ => match Dialect::of_program(program) {
            Some(dialect) => shell_string(&values, dialect),
            None => Vec::new(),
        },
    }
}

/// The command that begins with a word, if there is one.
fn words(values: &[&str], from: usize) -> Vec<Inner> {
    let range = from..values.len();
    let is_there = !range.is_empty();
    is_there
        .then_some(Inner::Words(range))
        .into_iter()
        .collect()
}

/// The script in some words, if these are there.
fn script(values: &[&str], words: Range<usize>, dialect: Option<Dialect>) -> Vec<Inner> {
    let is_there = !words.is_empty() && words.end <= values.len();
    let script = InnerWords {
        words,
        skip: 0,
        dialect,
    };
    is_there
        .then_some(Inner::Script(script))
        .into_iter()
        .collect()
}

/// The script that a flag gives: `-c script`, `-lc script`, `--command=script`.
fn string_flag(values: &[&str], letter: Option<char>, names: &[&str]) -> Vec<Inner> {
    let is_short = |flag: &str| letter.is_some_and(|letter| is_short(flag, letter));
    for (at, value) in values.iter().enumerate() {
        if *value == "--" {
            break;
        }
        if names.contains(value) || is_short(value) {
            return script(values, at + 1..at + 2, Some(Dialect::Sh));
        }
        let attached = names.iter().find(|name| {
            let rest = value.strip_prefix(**name);
            rest.is_some_and(|rest| rest.starts_with('='))
        });
        if let Some(name) = attached {
            return vec![Inner::Script(InnerWords {
                words: at..at + 1,
                skip: name.len() + 1,
                dialect: Some(Dialect::Sh),
            })];
        }
    }
    Vec::new()
}

/// `env`, which also takes a command apart that is one word: `env -S 'a b'`.
fn env(values: &[&str]) -> Vec<Inner> {
    const SPLITS: &str = "--split-string";
    let at = skip_flags(values, &["-u", "--unset", "-C", "--chdir"]);
    let flags = values.get(..at).unwrap_or_default();
    let split = flags.iter().position(|flag| {
        flag.strip_prefix(SPLITS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            || is_short(flag, 'S')
    });
    match split {
        Some(at) if values.get(at).is_some_and(|flag| flag.contains('=')) => {
            vec![Inner::Script(InnerWords {
                words: at..values.len(),
                skip: SPLITS.len() + 1,
                dialect: None,
            })]
        }
        Some(at) => script(values, at + 1..values.len(), None),
        None => words(values, at),
    }
}

/// `setarch i386 -R command`; the name of the architecture may be left out.
fn setarch(values: &[&str]) -> usize {
    const ARCHITECTURES: &[&str] = &[
        "linux",
        "i386",
        "i486",
        "i586",
        "i686",
        "athlon",
        "x86",
        "uname",
        "arm",
        "aarch",
        "ppc",
        "s390",
        "mips",
        "riscv",
        "sparc",
        "loongarch",
        "alpha",
        "parisc",
        "ia64",
    ];
    let mut at = skip_flags(values, &[]);
    let is_architecture = |value: &&str| {
        ARCHITECTURES.iter().any(|name| {
            value.strip_prefix(name).is_some_and(|rest| {
                let mut rest = rest.bytes();
                rest.all(|byte| byte.is_ascii_digit() || b"_belv".contains(&byte))
            })
        })
    };
    if values.get(at).is_some_and(is_architecture) {
        at += 1;
        at += skip_flags(values.get(at..).unwrap_or_default(), &[]);
    }
    at
}

/// `parallel command ::: argument`, and `parallel ::: command command`.
fn parallel(values: &[&str]) -> Vec<Inner> {
    let at = skip_flags(values, PARALLEL_VALUES);
    let rest = values.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|value| value.starts_with(":::") || *value == "--")
        .unwrap_or(rest.len());
    if length > 0 {
        return script(values, at..at + length, Some(Dialect::Sh));
    }
    match rest.first() {
        Some(&":::") => (at + 1..values.len())
            .flat_map(|at| script(values, at..at + 1, Some(Dialect::Sh)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether short flags such as `-iS` end with a letter.
fn is_short(flag: &str, letter: char) -> bool {
    flag.starts_with('-') && !flag.starts_with("--") && flag.ends_with(letter)
}

fn is_user_flag(flag: &str) -> bool {
    flag.starts_with("-u") || flag.starts_with("--user")
}

/// The first argument that is neither a flag, the value of one, nor an assignment.
fn skip_flags(values: &[&str], with_value: &[&str]) -> usize {
    let mut at = 0;
    while let Some(value) = values.get(at) {
        if *value == "--" {
            return at + 1;
        }
        if !value.starts_with('-') || value.len() < 2 {
            break;
        }
        at += 1 + usize::from(takes_next(value, with_value));
    }
    at
}

/// Whether a flag, or the last of short ones such as `-Eu`, has its value in the next word.
fn takes_next(flag: &str, with_value: &[&str]) -> bool {
    if with_value.contains(&flag) {
        return true;
    }
    let Some(letters) = flag.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return false;
    };
    let takes = |letter: char| {
        with_value.iter().any(|flag| {
            flag.strip_prefix('-')
                .is_some_and(|rest| rest.chars().eq([letter]))
        })
    };
    // Whatever follows such a letter in the word is its value.
    letters
        .char_indices()
        .find(|&(_, letter)| takes(letter))
        .is_some_and(|(at, letter)| at + letter.len_utf8() == letters.len())
}

/// `sh -c string`, also with other flags: `bash -exo pipefail -c string`.
fn shell_string(values: &[&str], dialect: Dialect) -> Vec<Inner> {
    let mut at = 0;
    let mut takes_string = false;
    while let Some(value) = values.get(at) {
        let is_flag = value.starts_with('-') || value.starts_with('+');
        if !is_flag || value.len() < 2 {
            break;
        }
        let is_short = !value.starts_with("--");
        takes_string |= is_short && value.contains('c');
        at += 1 + usize::from(is_short && value.ends_with(['o', 'O']));
        if *value == "--" {
            break;
        }
    }
    if takes_string {
        script(values, at..at + 1, Some(dialect))
    } else {
        Vec::new()
    }
}

fn find_exec(values: &[&str]) -> Vec<Inner> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(value) = values.get(at) {
        at += 1;
        if !["-exec", "-execdir", "-ok", "-okdir"].contains(value) {
            continue;
        }
        let rest = values.get(at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|value| [";", "+"].contains(value))
            .unwrap_or(rest.len());
        if length > 0 {
            found.push(Inner::Words(at..at + length));
        }
        at += length;
    }
    found
}
