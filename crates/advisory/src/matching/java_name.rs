//! Names of Java archives that do not say where the group of Maven ends, and whether there is one.

/// Places at which the group may end in what is called after both.
const MOST_SPLITS: usize = 16;

/// The artifact of Java, where a name says no group, or one that says nothing: `struts2-core`, and
/// `struts2-core:struts2-core`, as Syft writes it where it does not know the group.
pub(super) fn artifact_without_group(name: &str) -> Option<&str> {
    match name.split_once(':') {
        None => Some(name),
        Some((group, artifact)) => (group == artifact).then_some(artifact),
    }
}

/// The packages that something may be that is called after group and artifact, the longest groups first:
/// `com.squareup.okhttp3.okhttp`, as Quarkus and sbt name archives, and `org.apache.logging.log4j.core`, as bundles of
/// OSGi leave out the word that group and artifact have in common.
pub(super) fn joined(name: &str) -> impl Iterator<Item = String> {
    let dots = name.rmatch_indices('.').take(MOST_SPLITS);
    let splits = dots.filter_map(|(at, _)| name.split_at_checked(at));
    splits.flat_map(|(group, rest)| {
        let artifact = rest.strip_prefix('.').unwrap_or(rest);
        let last = group.rsplit_once('.').map(|(_, last)| last);
        let plain = format!("{group}:{artifact}");
        let shortened = last.map(|last| format!("{group}:{last}-{artifact}"));
        std::iter::once(plain).chain(shortened)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_end_at_dots() {
        let names: Vec<_> = joined("com.tea.cup_2.13").collect();
        assert_eq!(
            names,
            [
                "com.tea.cup_2:13",
                "com.tea.cup_2:cup_2-13",
                "com.tea:cup_2.13",
                "com.tea:tea-cup_2.13",
                "com:tea.cup_2.13",
            ]
        );
        assert_eq!(joined("tea").count(), 0);
        assert_eq!(joined(&"a.".repeat(100_000)).count(), 2 * MOST_SPLITS);
    }
}
