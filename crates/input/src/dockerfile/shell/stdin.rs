//! Scripts that a shell gets on its standard input: `bash <<EOF`, `cat <<EOF | sh`, `bash <<< "..."`.

use std::cell::Cell;
use std::rc::Rc;

use super::cursor::Parser;
use super::heredoc::Heredoc;
use super::word_parser::PlacedWord;
use super::{Command, Dialect, Redirect, Shell};

/// What a command has on its standard input, where the script says so.
#[derive(Debug)]
pub(super) struct Stdin {
    text: Text,
    /// Whether a shell has read it, so that nothing is left for another one.
    is_read: Cell<bool>,
}

impl Stdin {
    fn new(text: Text) -> Rc<Self> {
        Rc::new(Self {
            text,
            is_read: Cell::new(false),
        })
    }
}

#[derive(Debug)]
enum Text {
    /// The lines of a heredoc.
    Heredoc(Heredoc),
    /// One word: `<<< word`, `echo word |`.
    Word(PlacedWord),
}

impl Command {
    /// Whether it is a shell that takes its script from standard input.
    pub fn reads_script(&self) -> bool {
        let args = self.args.iter().map(super::ShellWord::value);
        Dialect::of_program(&self.name).is_some() && reads_script(args)
    }
}

/// Whether a shell with these arguments takes its script from standard input: no `-c`, no file.
fn reads_script<'a>(mut args: impl Iterator<Item = &'a str>) -> bool {
    while let Some(arg) = args.next() {
        match arg.strip_prefix('-') {
            None if arg.starts_with('+') => {}
            None => return is_stdin(arg),
            Some("") => return true,
            Some("-") => return args.next().is_none_or(is_stdin),
            Some(long) if long.starts_with('-') => {}
            Some(letters) if letters.contains('c') => return false,
            Some(letters) if letters.contains('s') => return true,
            Some(letters) if letters.ends_with(['o', 'O']) => {
                args.next();
            }
            Some(_) => {}
        }
    }
    true
}

/// Whether a file is the standard input itself.
fn is_stdin(path: &str) -> bool {
    matches!(path, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

/// The shell that a program starts with its standard input as script.
fn script_shell(program: &str, args: &[PlacedWord]) -> Option<Dialect> {
    let mut values = args.iter().map(|arg| arg.word.value());
    match program {
        // Whatever the login shell is, it is not told by the script.
        "su" | "runuser" => values
            .all(|value| !["-c", "-u", "--command", "--user"].contains(&value))
            .then_some(Dialect::Bash),
        _ => Dialect::of_program(program).filter(|_| reads_script(values)),
    }
}

/// What a command writes of what it has on its standard input or in its arguments.
pub(super) fn handed_on(
    program: &str,
    args: &[PlacedWord],
    stdin: Option<&Rc<Stdin>>,
) -> Option<Rc<Stdin>> {
    match (program, args) {
        ("cat", []) | ("tee", _) => stdin.cloned(),
        ("cat", [only]) if only.word.value() == "-" => stdin.cloned(),
        // Backslashes and percent signs may stand for something else.
        ("echo" | "printf", [only]) if !only.word.value().contains(['\\', '%']) => {
            Some(Stdin::new(Text::Word(only.clone())))
        }
        _ => None,
    }
}

/// What a redirect does to standard input.
pub(super) enum Feed {
    /// It is about something else.
    Unchanged,
    /// It takes the place of what was there; nothing where its text is in no script.
    Given(Option<Rc<Stdin>>),
}

impl Parser<'_> {
    /// What a redirect puts on standard input.
    pub(super) fn redirected(
        redirect: &Redirect,
        target: &PlacedWord,
        body: Option<Heredoc>,
    ) -> Feed {
        if !redirect.operator.starts_with('<') || redirect.descriptor.unwrap_or(0) != 0 {
            return Feed::Unchanged;
        }
        let text = match redirect.operator.as_str() {
            "<<<" => Some(Text::Word(target.clone())),
            _ => body.map(Text::Heredoc),
        };
        Feed::Given(text.map(Stdin::new))
    }

    /// Adds the commands of the script that a shell has on its standard input.
    pub(super) fn run_stdin(&mut self, program: &str, args: &[PlacedWord]) {
        let Some(dialect) = script_shell(program, args) else {
            return;
        };
        let Some(stdin) = self
            .stdin
            .take()
            .filter(|stdin| !stdin.is_read.replace(true))
        else {
            return;
        };
        let inner = match &stdin.text {
            Text::Word(word) => self.unquoted(std::slice::from_ref(word)),
            Text::Heredoc(heredoc) => self.heredoc_text(heredoc),
        };
        let words = std::iter::once(program).chain(args.iter().map(|arg| arg.word.value()));
        let shell = Shell::new(words.map(str::to_owned).collect(), None);
        self.output.script.pipefail |= shell.has_pipefail();
        self.frame.wrappers.push(program.to_owned());
        if let Ok(mut parser) = self.nested(&inner.text, &inner.known) {
            parser.dialect = dialect;
            parser.notes &= inner.known.is_empty();
            parser.errexit = shell.has_errexit();
            parser.frame.in_condition = false;
            // A script that does not parse is the business of the shell that gets it.
            let _ = parser.program();
        }
        self.frame.wrappers.pop();
    }
}
