//! Scripts of `sed`: what they write, as opposed to what they look for.

use ringwall_input::dockerfile::{Command, ShellWord};

/// The scripts and the files among the arguments. See: sed(1).
pub(super) fn arguments(command: &Command) -> (Vec<&ShellWord>, Vec<&ShellWord>) {
    let is_script = |flag: &str| {
        flag == "--expression"
            || flag.starts_with('-') && !flag.starts_with("--") && flag.ends_with('e')
    };
    let names_script =
        |word: &ShellWord| is_script(word.value()) || word.value().starts_with("--expression=");
    let mut has_script = command.args.iter().any(names_script);
    let mut scripts = Vec::new();
    let mut files = Vec::new();
    let mut before = "";
    for word in &command.args {
        let text = word.value();
        if is_script(before) || text.starts_with("--expression=") {
            scripts.push(word);
        } else if !word.is_flag() {
            if has_script {
                files.push(word);
            } else {
                scripts.push(word);
                has_script = true;
            }
        }
        before = text;
    }
    (scripts, files)
}

/// Whether the files are changed: `-i`, `-i.bak`, `-ri`, `--in-place=.bak`.
pub(super) fn edits_in_place(command: &Command) -> bool {
    command.has_flag(&["-i", "--in-place"])
        || command
            .args
            .iter()
            .any(|word| word.value().starts_with("-i"))
}

/// A script with blanks in the place of all but the texts it writes; places stay the same.
///
/// Those are the replacements of `s` and what follows `a`, `i` and `c`.
pub(super) fn written(script: &str) -> String {
    let mut reader = Reader {
        rest: script,
        written: String::with_capacity(script.len()),
    };
    let flag = "--expression=";
    if script.starts_with(flag) {
        reader.hide(flag.len());
    }
    while !reader.rest.is_empty() {
        reader.command();
    }
    reader.written
}

struct Reader<'a> {
    rest: &'a str,
    written: String,
}

impl Reader<'_> {
    fn command(&mut self) {
        let is_before = |byte: char| {
            byte.is_whitespace() || byte.is_ascii_digit() || ";{},$!~+\"'".contains(byte)
        };
        let letter = self.rest.trim_start_matches(is_before);
        self.hide(self.rest.len() - letter.len());
        let mut characters = self.rest.chars();
        match characters.next() {
            // An address; `\,x,` has a mark of its own.
            Some('/') => self.until('/', 1, Self::hide),
            Some('\\') => {
                let mark = characters.next().unwrap_or('/');
                self.until(mark, 1 + mark.len_utf8(), Self::hide);
            }
            Some('s' | 'y') => {
                let mark = characters.next().unwrap_or('/');
                self.until(mark, 1 + mark.len_utf8(), Self::hide);
                self.until(mark, 0, Self::show);
                self.hide(self.rest.find([';', '\n', '}']).unwrap_or(self.rest.len()));
            }
            Some('a' | 'i' | 'c') => {
                self.hide(1);
                let text = self.rest.trim_start_matches([' ', '\t', '\\', '\n']);
                self.hide(self.rest.len() - text.len());
                self.show(self.rest.find('\n').unwrap_or(self.rest.len()));
            }
            Some(_) => self.hide(self.rest.find([';', '\n', '}']).unwrap_or(self.rest.len())),
            None => {}
        }
    }

    /// Takes what stands from `from` on up to a mark that no backslash is before, and hides the mark.
    fn until(&mut self, mark: char, from: usize, take: fn(&mut Self, usize)) {
        self.hide(from);
        let mut escaped = false;
        let end = self.rest.find(|character: char| {
            let ends = character == mark && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        take(self, end.unwrap_or(self.rest.len()));
        self.hide(if end.is_some() { mark.len_utf8() } else { 0 });
    }

    fn hide(&mut self, length: usize) {
        let length = length.min(self.rest.len());
        self.written.extend(std::iter::repeat_n(' ', length));
        self.rest = self.rest.get(length..).unwrap_or("");
    }

    fn show(&mut self, length: usize) {
        self.written.push_str(self.rest.get(..length).unwrap_or(""));
        self.rest = self.rest.get(length..).unwrap_or("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_is_left() {
        for (script, expected) in [
            ("s/gpgcheck=0/gpgcheck=1/g", "gpgcheck=1"),
            ("s,a/b,c/d,;s|x|y|", "c/d y"),
            (r"s/a\/b/c\/d/", r"c\/d"),
            ("/gpgcheck=0/d", ""),
            ("/x/s//y/", "y"),
            (r"\,x=1,s#a#b#;/q/p", "b"),
            ("1,$s/a/b/", "b"),
            ("/main/a sslverify=0", "sslverify=0"),
            ("$ a\\\nx=1\ns/a/b/", "x=1 b"),
            ("--expression=s/a/b/", "b"),
            ("\"s/a/$B/\"", "$B"),
            ("s/ä/ö", "ö"),
            ("s", ""),
            ("\\", ""),
            ("", ""),
        ] {
            let text = written(script);
            assert_eq!(text.len(), script.len(), "{script}");
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(words.join(" "), expected, "{script}");
        }
    }
}
