//! `etc/passwd`: which names are root, as those who start containers read it.
//!
//! See: `GetExecUser` of <https://github.com/moby/sys/blob/main/user/user.go>. The first line counts that has the name,
//! or the number where the name is one; a number that is missing, or is none, is 0.

use std::collections::HashSet;

/// The names that are root, besides `root` and `0`.
pub(super) fn roots(text: &str) -> Vec<String> {
    // What stood in an earlier line decides.
    let mut names = HashSet::new();
    let mut numbers = HashSet::new();
    let mut roots = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        let number = fields.nth(1).unwrap_or_default();
        let number: i64 = number.parse().unwrap_or_default();
        let is_first = names.insert(name)
            && name
                .parse::<i64>()
                .ok()
                .is_none_or(|it| !numbers.contains(&it));
        numbers.insert(number);
        if is_first && number == 0 && !matches!(name, "" | "0" | "root") {
            roots.push(name.to_owned());
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_the_number_of_root_are_root() {
        let check = |text: &str, expected: &[&str]| assert_eq!(roots(text), expected, "{text:?}");
        check("root:x:0:0::/root:/bin/sh\napp:x:1001:0::/:\n", &[]);
        check("toor:x:0:0::/root:/bin/sh\n", &["toor"]);
        check(" toor:x:00:0::/root:/bin/sh\r\n", &["toor"]);
        check("1001:x:0:0::/:\n", &["1001"]);
        // The first line counts.
        check("app:x:1001:0::/:\n1001:x:0:0::/:\n", &[]);
        check("toor:x:5:0::/:\ntoor:x:0:0::/:\n", &[]);
        check("toor:x:0:0::/:\ntoor:x:5:0::/:\n", &["toor"]);
        // What is no number is none, and so 0.
        check("a\nb:x\nc:x:none:1\n", &["a", "b", "c"]);
        check("", &[]);
    }
}
