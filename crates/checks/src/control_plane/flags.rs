//! The flags of kube-apiserver, release by release.
//!
//! `data/apiserver-flags.tsv` has one line per flag: its name, and the first and the last minor release
//! of Kubernetes 1 that has it, among those that were read. `data/apiserver_flags.py` writes it from the
//! sources of these releases.

use ringwall_input::schema;

const TABLE: &str = include_str!("../../data/apiserver-flags.tsv");

/// The oldest and the newest minor release that were read.
pub(super) const OLDEST: u32 = 19;
pub(super) const NEWEST: u32 = 37;

/// The releases that have a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Releases {
    pub(super) first: u32,
    pub(super) last: u32,
}

fn all() -> impl Iterator<Item = (&'static str, Releases)> {
    TABLE.lines().filter_map(|line| {
        let mut cells = line.split('\t');
        let name = cells.next()?;
        let first = cells.next()?.parse().ok()?;
        let last = cells.next()?.parse().ok()?;
        Some((name, Releases { first, last }))
    })
}

/// The releases that have a flag; `None` if none has.
pub(super) fn releases(name: &str) -> Option<Releases> {
    all().find_map(|(known, releases)| (known == name).then_some(releases))
}

/// The flag of a release that an unknown one stands for.
///
/// A name that others begin with is one that was cut short: what the value looks like tells which.
pub(super) fn meant(name: &str, value: Option<&str>, minor: Option<u32>) -> Option<&'static str> {
    let minor = minor.unwrap_or(NEWEST).clamp(OLDEST, NEWEST);
    let here = || {
        all()
            .filter(move |(_, releases)| (releases.first..=releases.last).contains(&minor))
            .map(|(name, _)| name)
    };
    let longer: Vec<&str> = here()
        .filter(|known| {
            known
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('-'))
        })
        .collect();
    let endings: &[&str] = match value {
        Some(value) if value.contains('/') || value.contains(".log") => &["-path", "-file", "-dir"],
        Some(value) if value.contains('.') => &["-file", "-path", "-config"],
        _ => &[],
    };
    let ending = endings.iter().find_map(|ending| {
        longer
            .iter()
            .find(|known| known.strip_prefix(name) == Some(ending))
            .copied()
    });
    if let Some(found) = ending {
        return Some(found);
    }
    if let [only] = longer.as_slice() {
        return Some(only);
    }
    schema::suggest(name, here())
}

#[cfg(test)]
mod tests {
    use super::{NEWEST, OLDEST, Releases, all, meant, releases};

    #[test]
    fn the_table_is_sorted_and_within_its_releases() {
        let names: Vec<&str> = all().map(|(name, _)| name).collect();
        assert!(names.len() > 200);
        assert!(names.is_sorted());
        for (name, of) in all() {
            assert!(
                OLDEST <= of.first && of.first <= of.last && of.last <= NEWEST,
                "{name}"
            );
        }
    }

    #[test]
    fn flags_have_their_releases() {
        let of = |first, last| Some(Releases { first, last });
        assert_eq!(releases("audit-log-path"), of(OLDEST, NEWEST));
        assert_eq!(releases("insecure-port"), of(OLDEST, 23));
        assert_eq!(releases("cloud-provider"), of(OLDEST, 32));
        assert_eq!(releases("authorization-config"), of(29, NEWEST));
        assert_eq!(releases("audit-log"), None);
    }

    #[test]
    fn what_was_meant_is_found() {
        for (name, value, expected) in [
            (
                "audit-log",
                Some("/var/log/audit.log"),
                Some("audit-log-path"),
            ),
            (
                "audit-log",
                Some("x.log=/var/log/y.log"),
                Some("audit-log-path"),
            ),
            (
                "audit-policy",
                Some("/etc/policy.yaml"),
                Some("audit-policy-file"),
            ),
            ("audit-policy", None, Some("audit-policy-file")),
            ("audit-log-max-age", Some("30"), Some("audit-log-maxage")),
            (
                "authorisation-mode",
                Some("RBAC"),
                Some("authorization-mode"),
            ),
            ("anonymous-auht", Some("false"), Some("anonymous-auth")),
            ("something-else-entirely", None, None),
        ] {
            assert_eq!(meant(name, value, None), expected, "{name}");
        }
    }
}
