//! The patterns of git in the words of who matches them.

use std::{iter::Peekable, str::Chars};

/// A line of a file with rules as the matcher has to read it to mean what git means: for git, braces are
/// letters like others, and so is white space at the end of a line, blanks aside.
pub(super) fn as_matched(line: &str) -> String {
    let line = without_blanks(line.strip_suffix('\r').unwrap_or(line));
    let mut matched = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped) if is_cut(escaped) => class_of(escaped, &mut matched),
                escaped => {
                    matched.push('\\');
                    matched.extend(escaped);
                }
            },
            '[' => class(&mut letters, &mut matched),
            '{' | '}' => {
                matched.push('\\');
                matched.push(letter);
            }
            letter if is_cut(letter) => class_of(letter, &mut matched),
            letter => matched.push(letter),
        }
    }
    matched
}

/// White space that the matcher takes away at the end of a line and git does not.
fn is_cut(letter: char) -> bool {
    letter != ' ' && letter.is_whitespace()
}

fn class_of(letter: char, matched: &mut String) {
    matched.push('[');
    matched.push(letter);
    matched.push(']');
}

/// Takes a class over to its bracket; one at its beginning is a member.
fn class(letters: &mut Peekable<Chars<'_>>, matched: &mut String) {
    matched.push('[');
    matched.extend(letters.next_if(|letter| matches!(letter, '!' | '^')));
    matched.extend(letters.next_if_eq(&']'));
    for letter in letters {
        matched.push(letter);
        if letter == ']' {
            break;
        }
    }
}

/// The line without the blanks at its end; one behind a backslash stays.
fn without_blanks(line: &str) -> &str {
    let cut = line.trim_end_matches(' ');
    let backslashes = cut.len() - cut.trim_end_matches('\\').len();
    let kept = usize::from(backslashes % 2 == 1 && cut.len() < line.len());
    line.get(..cut.len() + kept).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_git_means() {
        for (line, expected) in [
            ("*.log", "*.log"),
            ("deploy.{yaml,yml}", r"deploy.\{yaml,yml\}"),
            (r"a\{b\}", r"a\{b\}"),
            ("[{}]", "[{}]"),
            ("[]{]{", r"[]{]\{"),
            ("[!]a]x", "[!]a]x"),
            ("pod.yaml\t", "pod.yaml[\t]"),
            ("pod.yaml\\\t", "pod.yaml[\t]"),
            ("pod.yaml  \r", "pod.yaml"),
            ("pod.yaml\\  ", "pod.yaml\\ "),
            ("pod.yaml\\\\ ", r"pod.yaml\\"),
            ("x\\", "x\\"),
            ("a[b", "a[b"),
        ] {
            assert_eq!(as_matched(line), expected, "{line:?}");
        }
    }
}
