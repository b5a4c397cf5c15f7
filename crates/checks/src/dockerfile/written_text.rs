//! Text that a build writes into files: configuration that later commands obey.

use ringwall_input::dockerfile::{Instruction, InstructionKind, Script};
use ringwall_model::Span;

use crate::judge::Build;

/// Programs whose arguments end in files.
const WRITERS: &[&str] = &["echo", "printf", "sed", "tee", "crudini"];

/// Where `key` gets a value that `is_bad`, in arguments of `echo`, `printf` and `sed` and in heredocs.
///
/// Keys are compared without regard to case; values are words of letters and digits, in lower case.
pub(super) fn values_of(build: &Build<'_>, key: &str, is_bad: fn(&str) -> bool) -> Vec<Span> {
    let mut found = Vec::new();
    for instruction in build.dockerfile.instructions() {
        of_heredocs(build, instruction, key, is_bad, &mut found);
        let Some(script) = instruction.script().and_then(Script::posix) else {
            continue;
        };
        for command in &script.commands {
            if command.is_any(WRITERS) {
                let args = command.args.iter();
                let bad = args.filter(|arg| first_bad(arg.value(), key, is_bad).is_some());
                found.extend(bad.map(|arg| arg.span));
            }
            // The commands of a script are looked at one by one.
            if command.reads_script() {
                continue;
            }
            for body in command
                .redirects
                .iter()
                .filter_map(|redirect| redirect.body)
            {
                of_body(build, body, key, is_bad, &mut found);
            }
        }
    }
    found
}

fn of_heredocs(
    build: &Build<'_>,
    instruction: &Instruction,
    key: &str,
    is_bad: fn(&str) -> bool,
    found: &mut Vec<Span>,
) {
    if let InstructionKind::Copy(copy) | InstructionKind::Add(copy) = &instruction.innermost().kind
    {
        for heredoc in &copy.heredocs {
            of_body(build, heredoc.body, key, is_bad, found);
        }
    }
}

fn of_body(
    build: &Build<'_>,
    body: Span,
    key: &str,
    is_bad: fn(&str) -> bool,
    found: &mut Vec<Span>,
) {
    if let Some((start, end)) = first_bad(build.source.slice(body), key, is_bad) {
        let from = body.range().start;
        found.push(Span::new(from + start, from + end));
    }
}

/// Where the first bad value stands, with its key.
fn first_bad(text: &str, key: &str, is_bad: fn(&str) -> bool) -> Option<(usize, usize)> {
    // What printf makes lines of ends a word as well; places stay the same.
    let lower = text
        .to_ascii_lowercase()
        .replace("\\n", "\n\n")
        .replace("\\t", "\t\t");
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find(key) {
        let start = from + at;
        let end = start + key.len();
        let rest = lower.get(end..)?;
        let value = rest.trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
        let length = value.find(|byte: char| !byte.is_ascii_alphanumeric());
        let length = length.unwrap_or(value.len());
        let is_key = value.len() < rest.len();
        // The key itself is not the end of a longer word, nor is its line a comment.
        let before = lower.get(..start)?;
        let is_word = !before.ends_with(|last: char| last.is_ascii_alphanumeric());
        let line = before.rsplit('\n').next().unwrap_or("");
        let is_comment = line.trim_start().starts_with(['#', ';']);
        if is_key && is_word && !is_comment && is_bad(value.get(..length)?) {
            return Some((start, end + (rest.len() - value.len()) + length));
        }
        from = end;
    }
    None
}

/// Whether a value switches something off.
pub(super) fn is_off(value: &str) -> bool {
    matches!(value, "0" | "false" | "no" | "off")
}

/// Whether a value switches something on.
pub(super) fn is_on(value: &str) -> bool {
    matches!(value, "1" | "true" | "yes" | "on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_whole_words() {
        let bad = |text: &str| first_bad(text, "gpgcheck", is_off).is_some();
        assert!(bad("gpgcheck=0"));
        assert!(bad("[x]\ngpgcheck = no\n"));
        assert!(bad("s/gpgcheck=1/gpgcheck=0/"));
        assert!(bad(r"[x]\ngpgcheck=0\n"));
        assert!(!bad(r"[x]\n#gpgcheck=0\n"));
        assert!(!bad("gpgcheck=1"));
        assert!(!bad("repo_gpgcheckx=0"));
        assert!(!bad("#gpgcheck=0"));
        assert!(!bad("gpgcheck"));
    }
}
