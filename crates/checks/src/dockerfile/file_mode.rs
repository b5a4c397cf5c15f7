//! File modes that a build sets.

use ringwall_input::dockerfile::{Command, Dockerfile, Instruction, InstructionKind, ShellWord};
use ringwall_model::Span;

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
#[derive(Clone, Copy, Debug)]
pub(super) struct ModeSet<'a> {
    /// `chmod`, `COPY --chmod`, ...
    pub(super) command: &'a str,
    /// The mode as written.
    pub(super) text: &'a str,
    /// Where the mode is written.
    pub(super) span: Span,
    /// What it says.
    pub(super) mode: Mode,
    /// Whether it reaches everything below a folder.
    pub(super) recursive: bool,
}

/// Every mode that a build sets, in the order of the file.
pub(super) fn modes(file: &Dockerfile) -> Vec<ModeSet<'_>> {
    let mut modes = Vec::new();
    for outer in file.instructions() {
        let instruction = outer.innermost();
        if let InstructionKind::Copy(copy) | InstructionKind::Add(copy) = &instruction.kind
            && let Some(chmod) = copy.chmod.as_ref().filter(|chmod| chmod.resolved)
        {
            modes.push(ModeSet {
                command: match instruction.name() {
                    "COPY" => "COPY --chmod",
                    _ => "ADD --chmod",
                },
                text: &chmod.value,
                span: chmod.span,
                mode: Mode::parse(&chmod.value),
                recursive: false,
            });
        }
        modes.extend(of_commands(instruction));
    }
    modes
}

fn of_commands(instruction: &Instruction) -> impl Iterator<Item = ModeSet<'_>> {
    instruction
        .script()
        .map_or(&[][..], |script| script.commands())
        .iter()
        .filter_map(|command| {
            let (word, text) = match command.program() {
                "chmod" => chmod_mode(command)?,
                "install" | "mkdir" => option_mode(command)?,
                _ => return None,
            };
            // The place is that of the mode alone, behind `-m` or `--mode=`.
            let end = word.span.range().end;
            let span = if word.text.ends_with(text) {
                Span::new(end - text.len(), end)
            } else {
                word.span
            };
            Some(ModeSet {
                command: command.program(),
                text,
                span,
                mode: Mode::parse(text),
                recursive: command.is("chmod") && command.has_flag(&["-R", "--recursive"]),
            })
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
        let (file, _) = ringwall_input::dockerfile::parse(&text);
        let modes = modes(&file);
        for set in &modes {
            assert_eq!(&text[set.span.range()], set.text, "{command}");
        }
        modes
            .iter()
            .map(|set| (set.text.to_owned(), set.mode))
            .collect()
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
        assert_eq!(found("install -d --target 777"), []);
        assert_eq!(
            found("find . -exec chmod 666 {} +"),
            [("666".to_owned(), WRITE)]
        );
    }
}
