//! File modes that a build sets.

use ringwall_input::dockerfile::{Command, InstructionKind, ShellWord};
use ringwall_model::{Source, Span};

use super::run_step::commands;
use crate::judge::Build;

/// What a mode says, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a bit of a mode, in any combination"
)]
pub(super) struct Mode {
    /// Every user may write.
    pub(super) others_write: bool,
    /// Users cannot remove each other's files: a directory such as `/tmp`.
    pub(super) sticky: bool,
    /// Runs as the owner of the file.
    pub(super) setuid: bool,
    /// Runs as the group of the file.
    pub(super) setgid: bool,
}

impl Mode {
    /// Reads `0777` and `u+s,o-w`; a mode that is neither says nothing.
    pub(super) fn parse(text: &str) -> Self {
        let is_octal = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        if let Some(bits) = u32::from_str_radix(text, 8).ok().filter(|_| is_octal) {
            return Self {
                others_write: bits & 0o002 != 0,
                sticky: bits & 0o1000 != 0,
                setuid: bits & 0o4000 != 0,
                setgid: bits & 0o2000 != 0,
            };
        }
        let mut mode = Self::default();
        for clause in text.split(',') {
            mode.apply(clause);
        }
        mode
    }

    /// `u+s`, `o=rw`, `go-w+x`.
    fn apply(&mut self, clause: &str) {
        let who_end = clause.find(['+', '-', '=']).unwrap_or(clause.len());
        let (who, actions) = clause.split_at(who_end);
        if !who.bytes().all(|byte| b"ugoa".contains(&byte)) {
            return;
        }
        let everyone = who.contains('a');
        let mut gives = false;
        for character in actions.chars() {
            match character {
                '+' | '=' => gives = true,
                '-' => gives = false,
                // Without a letter before the sign the umask keeps others from writing.
                'w' if everyone || who.contains('o') => self.others_write = gives,
                's' => {
                    let both = everyone || who.is_empty();
                    self.setuid |= gives && (both || who.contains('u'));
                    self.setgid |= gives && (both || who.contains('g'));
                }
                't' => self.sticky = gives,
                _ => {}
            }
        }
    }
}

/// A place that sets a mode.
#[derive(Clone, Debug)]
pub(super) struct ModeSet {
    /// `chmod`, `COPY --chmod`, ...
    pub(super) command: String,
    /// The mode, as written or as a variable holds it.
    pub(super) text: String,
    /// Where the mode is written, or the word with the variable.
    pub(super) span: Span,
    /// What it says.
    pub(super) mode: Mode,
    /// Whether it reaches everything below a folder.
    pub(super) recursive: bool,
}

/// Every mode that a build sets.
pub(super) fn modes(build: &Build<'_>) -> Vec<ModeSet> {
    let mut modes = Vec::new();
    for outer in build.dockerfile.instructions() {
        let instruction = outer.innermost();
        if let InstructionKind::Copy(copy) | InstructionKind::Add(copy) = &instruction.kind
            && let Some(chmod) = copy.chmod.as_ref().filter(|chmod| chmod.resolved)
        {
            modes.push(ModeSet {
                command: format!("{} --chmod", instruction.name()),
                text: chmod.value.clone(),
                span: chmod.span,
                mode: Mode::parse(&chmod.value),
                recursive: false,
            });
        }
    }
    let is_wanted = |command: &Command| command.is_any(&["chmod", "install", "mkdir"]);
    let of_commands = commands(build, is_wanted);
    modes.extend(of_commands.filter_map(|command| of_command(build.source, &command)));
    modes
}

fn of_command(source: &Source, command: &Command) -> Option<ModeSet> {
    let (word, text) = if command.is("chmod") {
        chmod_mode(command)?
    } else {
        option_mode(command)?
    };
    // The place is that of the mode alone, behind `-m` or `--mode=`, unless a variable holds it.
    let end = word.span.range().end;
    let alone = end
        .checked_sub(text.len())
        .map(|start| Span::new(start, end));
    let alone = alone.filter(|alone| source.slice(*alone) == text);
    Some(ModeSet {
        command: command.program().to_owned(),
        span: alone.unwrap_or(word.span),
        mode: Mode::parse(text),
        text: text.to_owned(),
        recursive: command.is("chmod") && command.has_flag(&["-R", "--recursive"]),
    })
}

/// The first argument that is no flag; `-w` and `-x` are modes.
fn chmod_mode(command: &Command) -> Option<(&ShellWord, &str)> {
    let mode = command.args.iter().find(|word| {
        let text = word.value();
        let is_flag = text.starts_with("--")
            || text.len() > 1
                && text
                    .strip_prefix('-')
                    .is_some_and(|letters| letters.bytes().all(|byte| b"RvfcHLPh".contains(&byte)));
        !is_flag
    })?;
    Some((mode, mode.literal.as_deref()?))
}

/// The value of `-m`, `-m755`, `-Dm755` or `--mode=755`.
fn option_mode(command: &Command) -> Option<(&ShellWord, &str)> {
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        let text = word.value();
        if text == "--" {
            return None;
        }
        if let Some(mode) = text.strip_prefix("--mode=") {
            return Some((word, mode));
        }
        let short = text
            .strip_prefix('-')
            .filter(|letters| !letters.starts_with('-'));
        if text == "--mode" || short.is_some_and(|letters| letters.ends_with('m')) {
            let next = words.next()?;
            return Some((next, next.literal.as_deref()?));
        }
        if let Some((before, mode)) = short.and_then(|letters| letters.split_once('m'))
            && before.bytes().all(|byte| b"bcCdDpsvT".contains(&byte))
        {
            return Some((word, mode));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(command: &str) -> Vec<(String, Mode)> {
        let text = format!("FROM scratch\nRUN {command}\n");
        let (dockerfile, diagnostics) = ringwall_input::dockerfile::parse(&text);
        let modes = modes(&Build {
            source: &Source::new("Dockerfile", &*text),
            dockerfile: &dockerfile,
            diagnostics: &diagnostics,
            has_ignore_file: None,
        });
        for set in &modes {
            let written = &text[set.span.range()];
            assert!(written == set.text || written.contains('$'), "{command}");
        }
        modes.into_iter().map(|set| (set.text, set.mode)).collect()
    }

    const WRITE: Mode = Mode {
        others_write: true,
        sticky: false,
        setuid: false,
        setgid: false,
    };

    #[test]
    fn octal_and_symbolic_modes_say_the_same() {
        for text in ["777", "0666", "o+w", "a=rwx", "ugo+rw", "u=rw,o=w", "o-x+w"] {
            assert_eq!(Mode::parse(text), WRITE, "{text}");
        }
        for text in ["755", "+w", "u+w", "o-w", "g+w", "a+rx", "", "$mode", "x"] {
            assert_eq!(Mode::parse(text), Mode::default(), "{text}");
        }
        assert!(Mode::parse("1777").sticky);
        assert!(Mode::parse("a+rwxt").sticky);
        for text in ["4755", "u+s", "+s", "a+s", "6755"] {
            assert!(Mode::parse(text).setuid, "{text}");
        }
        for text in ["2755", "g+s", "ug+s"] {
            assert!(Mode::parse(text).setgid, "{text}");
        }
        assert!(!Mode::parse("a-s").setuid);
        assert!(!Mode::parse("o+s").setuid);
    }

    #[test]
    fn modes_are_found_in_commands() {
        assert_eq!(found("chmod -R 777 /a"), [("777".to_owned(), WRITE)]);
        assert_eq!(found("install -m 666 a b"), [("666".to_owned(), WRITE)]);
        assert_eq!(found("install -Dm777 a b"), [("777".to_owned(), WRITE)]);
        assert_eq!(found("mkdir -p --mode=777 /a"), [("777".to_owned(), WRITE)]);
        assert_eq!(found("chmod \"$mode\" a"), []);
        let by_variable = [("0777".to_owned(), WRITE)];
        assert_eq!(found("M=0777; chmod \"$M\" a"), by_variable);
        assert_eq!(found("M=0777 && install -m $M a b"), by_variable);
        assert_eq!(found("C='chmod 0777'; $C a"), by_variable);
        assert_eq!(found("install -d --target 777"), []);
        assert_eq!(
            found("find . -exec chmod 666 {} +"),
            [("666".to_owned(), WRITE)]
        );
    }
}
