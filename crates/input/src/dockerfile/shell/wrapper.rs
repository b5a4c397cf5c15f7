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

/// Flags with a value. See: setpriv(1).
const SETPRIV_VALUES: &[&str] = &[
    "--reuid",
    "--regid",
    "--ruid",
    "--euid",
    "--rgid",
    "--egid",
    "--groups",
    "--inh-caps",
    "--ambient-caps",
    "--bounding-set",
    "--securebits",
    "--pdeathsig",
    "--selinux-label",
    "--apparmor-profile",
];

/// Flags with a value as a word of its own. See: unshare(1).
const UNSHARE_VALUES: &[&str] = &[
    "-R",
    "--root",
    "-w",
    "--wd",
    "-S",
    "--setuid",
    "-G",
    "--setgid",
    "--map-user",
    "--map-group",
    "--map-users",
    "--map-groups",
    "--propagation",
    "--setgroups",
];

/// Flags with a value. See: xvfb-run(1).
const XVFB_RUN_VALUES: &[&str] = &[
    "-e",
    "--error-file",
    "-f",
    "--auth-file",
    "-n",
    "--server-num",
    "-p",
    "--xauth-protocol",
    "-s",
    "--server-args",
    "-w",
    "--wait",
];

/// Flags with a value. See: flock(1).
const FLOCK_VALUES: &[&str] = &["-w", "--wait", "--timeout", "-E", "--conflict-exit-code"];

/// Flags with a value. See: `conda run --help`.
const CONDA_RUN_VALUES: &[&str] = &["-n", "--name", "-p", "--prefix", "--cwd"];

/// Finds the commands that a command runs, as ranges of its arguments.
pub(super) fn inner(program: &str, args: &[PlacedWord]) -> Vec<Inner> {
    let values: Vec<&str> = args.iter().map(|arg| arg.word.value()).collect();
    let words = |from: Option<usize>| match from {
        Some(from) if from < values.len() => vec![Inner::Words(from, values.len())],
        _ => Vec::new(),
    };
    let script = |at: usize| {
        let is_there = at < values.len();
        is_there
            .then_some(Inner::Script(at, at + 1, Some(Dialect::Sh)))
            .into_iter()
            .collect()
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
        "env" => {
            let at = skip_flags(&values, &["-u", "--unset", "-C", "--chdir"]);
            let flags = values.get(..at).unwrap_or_default();
            let splits = |flag: &&str| *flag == "--split-string" || is_short(flag, 'S');
            if flags.last().is_some_and(splits) && at < values.len() {
                return vec![Inner::Script(at, values.len(), None)];
            }
            words(Some(at))
        }
        "exec" => words(Some(skip_flags(&values, &["-a"]))),
        "command" => match values.first() {
            Some(first) if first.starts_with('-') && first.contains(['v', 'V']) => Vec::new(),
            _ => words(Some(skip_flags(&values, &[]))),
        },
        "time" | "nohup" | "builtin" | "setsid" | "unbuffer" | "fakeroot" | "busybox" | "tini"
        | "dumb-init" | "catchsegv" | "caffeinate" | "eatmydata" | "cgexec"
        | "dbus-run-session" => words(Some(skip_flags(&values, &["-f", "-o"]))),
        "nice" => words(Some(skip_flags(&values, &["-n", "--adjustment"]))),
        "ionice" => words(Some(skip_flags(&values, &["-c", "-n", "-p"]))),
        "stdbuf" => words(Some(skip_flags(&values, &["-i", "-o", "-e"]))),
        "timeout" => words(Some(
            skip_flags(&values, &["-s", "--signal", "-k", "--kill-after"]) + 1,
        )),
        "gosu" | "su-exec" | "chroot" => words(Some(skip_flags(&values, &[]) + 1)),
        "linux32" | "linux64" | "setarch" => words(Some(skip_flags(&values, &[]))),
        "setpriv" => words(Some(skip_flags(&values, SETPRIV_VALUES))),
        "unshare" => words(Some(skip_flags(&values, UNSHARE_VALUES))),
        "ssh-agent" => words(Some(skip_flags(&values, &["-a", "-E", "-O", "-P", "-t"]))),
        "xvfb-run" => words(Some(skip_flags(&values, XVFB_RUN_VALUES))),
        "flock" => {
            let at = skip_flags(&values, FLOCK_VALUES) + 1;
            match values.get(at) {
                Some(&"-c" | &"--command") => script(at + 1),
                _ => words(Some(at)),
            }
        }
        "conda" | "mamba" | "micromamba" if values.first() == Some(&"run") => {
            let rest = values.get(1..).unwrap_or_default();
            words(Some(1 + skip_flags(rest, CONDA_RUN_VALUES)))
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
        "su" | "runuser" => {
            let takes_script = |value: &&str| ["-c", "--command"].contains(value);
            match values.iter().position(takes_script) {
                Some(at) => script(at + 1),
                // `runuser -u user command` is no login shell.
                None if program == "runuser" && values.iter().any(|flag| is_user_flag(flag)) => {
                    words(Some(skip_flags(&values, &["-u", "--user", "-g", "-G"])))
                }
                None => Vec::new(),
            }
        }
        _ => match Dialect::of_program(program) {
            Some(dialect) => shell_string(&values, dialect),
            None => Vec::new(),
        },
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
