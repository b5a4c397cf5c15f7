//! The name that was meant.

/// Words longer than this are never compared letter by letter.
const LONGEST: usize = 64;

/// The candidate that a misspelt name most likely stands for.
///
/// Other case, hyphens and underscores come first, then another number (`namespace` for `namespaces`),
/// then at most two slips of the finger, then a name cut short.
pub fn suggest<'a>(unknown: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = Letters::of(unknown)?;
    candidates
        .filter_map(|candidate| {
            let rank = wanted.rank(&Letters::of(candidate)?)?;
            Some((rank, candidate))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, candidate)| candidate)
}

/// A name's letters in lower case without hyphens and underscores.
struct Letters {
    letters: [u8; LONGEST],
    length: usize,
}

impl Letters {
    fn of(name: &str) -> Option<Self> {
        let mut letters = [0; LONGEST];
        let mut length = 0;
        for byte in name
            .bytes()
            .filter(|byte| !matches!(byte, b'-' | b'_' | b' '))
        {
            *letters.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        (length > 0).then_some(Self { letters, length })
    }

    fn as_slice(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }

    /// How far the candidate is; nothing if too far.
    fn rank(&self, candidate: &Self) -> Option<usize> {
        let (wanted, candidate) = (self.as_slice(), candidate.as_slice());
        if wanted == candidate {
            return Some(0);
        }
        if is_plural(wanted, candidate) || is_plural(candidate, wanted) {
            return Some(1);
        }
        let most = (wanted.len().max(candidate.len()) / 3).min(2);
        if let Some(distance) = distance(wanted, candidate, most) {
            return Some(1 + distance);
        }
        let is_cut_short = wanted.len() >= 5 && candidate.starts_with(wanted);
        is_cut_short.then(|| 4 + candidate.len() - wanted.len())
    }
}

fn is_plural(singular: &[u8], plural: &[u8]) -> bool {
    let Some(ending) = plural.strip_prefix(singular) else {
        return singular
            .strip_suffix(b"y")
            .is_some_and(|stem| plural.strip_prefix(stem) == Some(b"ies"));
    };
    matches!(ending, b"s" | b"es")
}

/// Insertions, deletions, substitutions and swaps of neighbours, if there are at most `most`.
fn distance(left: &[u8], right: &[u8], most: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let mut before_last = [0; LONGEST + 1];
    let mut last: [usize; LONGEST + 1] = std::array::from_fn(|column| column);
    for (row, &a) in left.iter().enumerate() {
        let mut current = [0; LONGEST + 1];
        let mut to_the_left = row + 1;
        *current.first_mut()? = to_the_left;
        for (column, &b) in right.iter().enumerate() {
            let substituted = last.get(column)? + usize::from(a != b);
            let mut cost = substituted
                .min(to_the_left + 1)
                .min(last.get(column + 1)? + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(&b)
                && right.get(column - 1) == Some(&a);
            if swapped {
                cost = cost.min(before_last.get(column - 1)? + 1);
            }
            *current.get_mut(column + 1)? = cost;
            to_the_left = cost;
        }
        before_last = last;
        last = current;
    }
    last.get(right.len())
        .copied()
        .filter(|&distance| distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unknown: &str, candidates: &[&str], expected: Option<&str>) {
        assert_eq!(
            suggest(unknown, candidates.iter().copied()),
            expected,
            "{unknown}"
        );
    }

    #[test]
    fn other_case_and_separators_win() {
        check(
            "AppArmorProfile",
            &["appArmorProfiles", "appArmorProfile"],
            Some("appArmorProfile"),
        );
        check(
            "run_as_user",
            &["runAsGroup", "runAsUser"],
            Some("runAsUser"),
        );
        check("read-only", &["readOnly"], Some("readOnly"));
    }

    #[test]
    fn plurals_are_found_even_when_short() {
        check("namespace", &["namespaces", "name"], Some("namespaces"));
        check("ip", &["ips", "port"], Some("ips"));
        check("policy", &["policies"], Some("policies"));
        check("mounts", &["mount"], Some("mount"));
    }

    #[test]
    fn slips_of_the_finger_are_found() {
        check(
            "contianers",
            &["containers", "initContainers"],
            Some("containers"),
        );
        check(
            "imagePullPolcy",
            &["imagePullPolicy", "image"],
            Some("imagePullPolicy"),
        );
        check(
            "priviliged",
            &["privileged", "procMount"],
            Some("privileged"),
        );
        check("evn", &["env", "envFrom"], Some("env"));
    }

    #[test]
    fn the_nearest_wins() {
        check("runAsUsr", &["runAsGroup", "runAsUser"], Some("runAsUser"));
    }

    #[test]
    fn a_name_cut_short_is_found() {
        check(
            "readOnlyRoot",
            &["readOnlyRootFilesystem"],
            Some("readOnlyRootFilesystem"),
        );
    }

    #[test]
    fn unlike_names_are_not_offered() {
        check("foo", &["image", "env"], None);
        check("ab", &["cd", "a"], None);
        check("", &["a"], None);
        check(&"x".repeat(500), &["xxx"], None);
    }
}
