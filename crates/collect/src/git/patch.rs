//! Reading a patch without context lines: which lines of which file are new.

use std::{
    io::{self, BufRead},
    path::PathBuf,
};

use super::command;

/// Calls `changed` with each file and its changed lines, first and last, in their order.
///
/// Where lines were only taken away, the lines on both sides count as changed: one of them stands
/// in what lost them.
pub(super) fn read(
    mut patch: impl BufRead,
    mut changed: impl FnMut(&PathBuf, (u32, u32)),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut file = None;
    // Lines of the hunk still to come; what they hold is never taken for a header.
    let mut left: u64 = 0;
    loop {
        line.clear();
        if patch.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.starts_with(b"\\") {
            // "\ No newline at end of file", which no hunk counts.
        } else if left > 0 {
            left -= 1;
        } else if line.starts_with(b"diff --git ") {
            file = None;
        } else if let Some(name) = line.strip_prefix(b"+++ ") {
            file = new_name(name);
        } else if let Some((old, first, new)) = hunk(&line) {
            left = u64::from(old) + u64::from(new);
            if let Some(file) = &file {
                changed(
                    file,
                    match new {
                        0 => (first.max(1), first.saturating_add(1)),
                        _ => (first, first.saturating_add(new - 1)),
                    },
                );
            }
        }
    }
}

/// `@@ -12,3 +14 @@ ...`: the count of old lines, the first new line and the count of new lines.
fn hunk(line: &[u8]) -> Option<(u32, u32, u32)> {
    let mut words = line.split(|&byte| byte == b' ');
    if words.next() != Some(b"@@") {
        return None;
    }
    let (_, old) = range(words.next()?.strip_prefix(b"-")?)?;
    let (first, new) = range(words.next()?.strip_prefix(b"+")?)?;
    Some((old, first, new))
}

fn range(text: &[u8]) -> Option<(u32, u32)> {
    let text = str::from_utf8(text).ok()?;
    let (first, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((first.parse().ok()?, count.parse().ok()?))
}

/// The file of a `+++ ` line; `None` when the file is gone.
fn new_name(line: &[u8]) -> Option<PathBuf> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    // A name with a space is followed by a tab, so that other tools find its end.
    let line = line.strip_suffix(b"\t").unwrap_or(line);
    let name = match line.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted.strip_suffix(b"\"")?)?,
        None => line.to_vec(),
    };
    Some(command::path(name.strip_prefix(b"b/")?))
}

/// Undoes git's C quoting.
fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            name.push(byte);
            continue;
        }
        name.push(match bytes.next()? {
            b'a' => 0x07,
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'r' => b'\r',
            first @ b'0'..=b'7' => {
                let digits = [first, bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 8).ok()?
            }
            other @ (b'"' | b'\\') => other,
            _ => return None,
        });
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patch: &str, expected: &[(&str, (u32, u32))]) {
        let mut found = Vec::new();
        read(patch.as_bytes(), |file, lines| {
            found.push((file.to_str().unwrap().to_owned(), lines));
        })
        .unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(file, lines)| ((*file).to_owned(), *lines))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn hunks_give_the_new_lines() {
        check(
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n@@ -9,0 +11 @@ fn\n+d\n",
            &[("x", (1, 2)), ("x", (11, 11))],
        );
    }

    #[test]
    fn taken_lines_mark_both_sides() {
        check(
            "+++ b/x\n@@ -5,2 +4,0 @@\n-a\n-b\n@@ -1 +0,0 @@\n-a\n",
            &[("x", (4, 5)), ("x", (1, 1))],
        );
    }

    #[test]
    fn lines_of_a_file_are_not_headers() {
        check(
            "+++ b/x\n@@ -1,2 +1,2 @@\n--- a/evil\n-y\n+++ b/evil\n+@@ -1 +90 @@\n\\ No newline at end of file\n",
            &[("x", (1, 2))],
        );
    }

    #[test]
    fn names_are_unquoted_and_gone_files_left_out() {
        check(
            "+++ \"b/a\\\"\\n\\303\\244\"\n@@ -0,0 +1 @@\n+x\n+++ b/with space\t\n@@ -0,0 +1 @@\n+x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
            &[("a\"\nä", (1, 1)), ("with space", (1, 1))],
        );
    }

    #[test]
    fn broken_patches_do_not_panic() {
        for patch in [
            "+++ \"b/a\\",
            "+++ \"",
            "+++ b/x\n@@ -1,4294967295 +4294967295,9 @@\n",
            "@@",
            "@@ -1",
        ] {
            read(patch.as_bytes(), |_, _| {}).unwrap();
        }
    }
}
