//! Command lines of `tar`.

use ringwall_input::dockerfile::{Command, ShellWord};

/// What `tar` is told.
#[derive(Debug, Default)]
pub(super) struct Tar<'a> {
    pub(super) creates: bool,
    pub(super) extracts: bool,
    /// The archive; standard input or output where there is none, or where it is `-`.
    pub(super) archive: Option<&'a ShellWord>,
    /// The last folder that is changed to.
    pub(super) folder: Option<&'a ShellWord>,
    pub(super) members: Vec<&'a ShellWord>,
}

impl<'a> Tar<'a> {
    /// What the arguments say; `None` for another program.
    pub(super) fn of(command: &'a Command) -> Option<Self> {
        if !command.is_any(&["tar", "gtar", "bsdtar"]) {
            return None;
        }
        let mut tar = Self::default();
        let mut words = command.args.iter();
        let mut is_first = true;
        while let Some(word) = words.next() {
            let text = word.value();
            // The first word may be letters without a dash.
            let is_old = std::mem::take(&mut is_first) && !text.starts_with('-');
            if let Some(long) = text.strip_prefix("--") {
                match long {
                    "create" => tar.creates = true,
                    "extract" | "get" => tar.extracts = true,
                    "file" => tar.archive = words.next(),
                    "directory" => tar.folder = words.next(),
                    _ => {}
                }
            } else if let Some(letters) = text.strip_prefix('-').or(is_old.then_some(text)) {
                for (at, letter) in letters.char_indices() {
                    let is_last = is_old || at + letter.len_utf8() == letters.len();
                    match letter {
                        'c' => tar.creates = true,
                        'x' => tar.extracts = true,
                        'f' if is_last => tar.archive = words.next(),
                        'C' if is_last => tar.folder = words.next(),
                        'b' | 'g' | 'H' | 'I' | 'K' | 'L' | 'T' | 'V' | 'X' if is_last => {
                            words.next();
                        }
                        'f' | 'C' | 'b' | 'g' | 'H' | 'I' | 'K' | 'L' | 'T' | 'V' | 'X' => break,
                        _ => {}
                    }
                }
            } else {
                tar.members.push(word);
            }
        }
        Some(tar)
    }

    /// The file that the archive is; `None` where it is read from or written to a pipe.
    pub(super) fn file(&self) -> Option<&'a ShellWord> {
        self.archive.filter(|word| word.value() != "-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_take_words_with_and_without_a_dash() {
        for (args, archive, folder, members) in [
            ("czf a.tgz b c", "a.tgz", "", "b c"),
            ("-czf a.tgz -C /d b", "a.tgz", "/d", "b"),
            ("cCf /d a.tgz b", "a.tgz", "/d", "b"),
            ("--create --file a.tgz --directory /d b", "a.tgz", "/d", "b"),
            ("-c -I zstd -f - b", "-", "", "b"),
            ("-cz b", "", "", "b"),
        ] {
            let text = format!("FROM scratch\nRUN tar {args}\n");
            let (file, _) = ringwall_input::dockerfile::parse(&text);
            let run = file.stages[0].instructions[1].script().unwrap();
            let tar = Tar::of(&run.commands()[0]).unwrap();
            let value = |word: Option<&ShellWord>| word.map_or("", ShellWord::value).to_owned();
            let found: Vec<&str> = tar.members.iter().map(|word| word.value()).collect();
            assert!(tar.creates && !tar.extracts, "{args}");
            assert_eq!(value(tar.archive), archive, "{args}");
            assert_eq!(value(tar.folder), folder, "{args}");
            assert_eq!(found.join(" "), members, "{args}");
        }
    }
}
