//! Commands that run other commands: `sudo`, `env`, `xargs`, `sh -c`, `find -exec`.

use super::Dialect;
use super::word_parser::PlacedWord;

/// What a command runs.
#[derive(Debug)]
pub(super) enum Inner {
    /// The words from here on are a command; assignments may stand before its name.
    Words(usize, usize),
    /// These words are a script, for this shell or the same one.
    Script(usize, usize, Option<Dialect>),
}

/// Finds the commands that a command runs, as ranges of its arguments.
pub(super) fn inner(program: &str, args: &[PlacedWord]) -> Vec<Inner> {
    let values: Vec<&str> = args.iter().map(|arg| arg.word.value()).collect();
    let words = |from: Option<usize>| match from {
        Some(from) if from < values.len() => vec![Inner::Words(from, values.len())],
        _ => Vec::new(),
    };
    match program {
        "sudo" => words(Some(skip_flags(
            &values,
            &[
                "-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user",
                "--group",
            ],
        ))),
        "doas" => words(Some(skip_flags(&values, &["-u", "-C"]))),
        "env" => words(Some(skip_flags(
            &values,
            &["-u", "--unset", "-C", "--chdir", "-S"],
        ))),
        "exec" => words(Some(skip_flags(&values, &["-a"]))),
        "command" => match values.first() {
            Some(first) if first.starts_with('-') && first.contains(['v', 'V']) => Vec::new(),
            _ => words(Some(skip_flags(&values, &[]))),
        },
        "time" | "nohup" | "builtin" | "setsid" | "unbuffer" | "fakeroot" | "busybox" | "tini"
        | "dumb-init" | "catchsegv" | "caffeinate" | "eatmydata" => {
            words(Some(skip_flags(&values, &["-f", "-o"])))
        }
        "nice" => words(Some(skip_flags(&values, &["-n", "--adjustment"]))),
        "ionice" => words(Some(skip_flags(&values, &["-c", "-n", "-p"]))),
        "stdbuf" => words(Some(skip_flags(&values, &["-i", "-o", "-e"]))),
        "timeout" => words(Some(
            skip_flags(&values, &["-s", "--signal", "-k", "--kill-after"]) + 1,
        )),
        "gosu" | "su-exec" | "setpriv" | "chroot" | "linux32" | "linux64" | "setarch" => {
            let before = usize::from(["gosu", "su-exec", "chroot"].contains(&program));
            words(Some(skip_flags(&values, &[]) + before))
        }
        "xargs" => words(Some(skip_flags(
            &values,
            &[
                "-I",
                "-n",
                "-P",
                "-L",
                "-s",
                "-d",
                "-E",
                "-a",
                "--max-args",
                "--max-procs",
                "--delimiter",
                "--arg-file",
            ],
        ))),
        "find" => find_exec(&values),
        "eval" if !values.is_empty() => vec![Inner::Script(0, values.len(), None)],
        "su" => values
            .iter()
            .position(|value| ["-c", "--command"].contains(value))
            .filter(|at| at + 1 < values.len())
            .map(|at| vec![Inner::Script(at + 1, at + 2, Some(Dialect::Sh))])
            .unwrap_or_default(),
        _ => match Dialect::of_program(program) {
            Some(dialect) => shell_string(&values, dialect),
            None => Vec::new(),
        },
    }
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
        at += 1 + usize::from(with_value.contains(value));
    }
    at
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
        at += 1 + usize::from(is_short && value.ends_with('o'));
        if *value == "--" {
            break;
        }
    }
    if takes_string && at < values.len() {
        vec![Inner::Script(at, at + 1, Some(dialect))]
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
            found.push(Inner::Words(at, at + length));
        }
        at += length;
    }
    found
}
