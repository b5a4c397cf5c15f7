//! What the name of a Java archive says: `log4j-core-2.14.1.jar`.

/// Words that are part of a version, digits behind them left out. Others that stand behind one tell what the archive
/// holds: `bin`, `tests`, `linux-x86_64`.
const VERSION_WORDS: [&str; 24] = [
    "alpha",
    "android",
    "b",
    "beta",
    "build",
    "cr",
    "dev",
    "ea",
    "final",
    "ga",
    "incubating",
    "java",
    "jdk",
    "jre",
    "m",
    "milestone",
    "pr",
    "pre",
    "preview",
    "rc",
    "redhat",
    "release",
    "snapshot",
    "sp",
];

/// The name of an archive, by its parts.
pub(super) struct FileName<'t> {
    /// Without its extension.
    pub(super) stem: &'t str,
    pub(super) artifact: &'t str,
    pub(super) version: Option<&'t str>,
}

impl<'t> FileName<'t> {
    /// Both the artifact and the version may have dashes and digits: `log4j-1.2-api-2.17.1`, `guava-31.1-jre`,
    /// `log4j-core-2.0-beta-9`, `tea-1.0-20240102.030405-6`.
    pub(super) fn of(path: &'t str) -> Self {
        let file = path.rsplit('/').next().unwrap_or(path);
        // A program may have no extension: `shop-1.0`.
        let is_extension =
            |(_, end): &(&str, &str)| !end.starts_with(|it: char| it.is_ascii_digit());
        let stem = file.rsplit_once('.').filter(is_extension);
        let stem = stem.map_or(file, |(stem, _)| stem);
        // Set aside: `tea-1.0.jar.bak`.
        let stem = stem.strip_suffix(".jar").unwrap_or(stem);
        // What rules_jvm_external of Bazel puts before the names of the archives that it fetched.
        let stem = stem.strip_prefix("processed_").unwrap_or(stem);
        if let Some((artifact, version)) = bundle(stem) {
            return Self {
                stem,
                artifact,
                version: Some(version),
            };
        }
        let dashes = stem.match_indices('-').map(|(at, _)| at);
        let mut starts = dashes.rev().filter(|at| {
            let next = stem.as_bytes().get(at + 1);
            next.is_some_and(u8::is_ascii_digit)
        });
        let Some(last) = starts.next() else {
            return Self {
                stem,
                artifact: stem,
                version: None,
            };
        };
        let between = |from: usize, to: usize| stem.get(from + 1..to).unwrap_or_default();
        let mut end = last;
        for (at, part) in parts(stem, last + 1) {
            if at > last + 1 && !is_version_word(part) {
                break;
            }
            end = at + part.len();
        }
        let (mut start, mut artifact_end) = (last, last);
        for earlier in starts {
            let mut words = between(earlier, artifact_end).split('-');
            let number = words.next().unwrap_or_default();
            if !words.all(is_version_word) {
                break;
            }
            artifact_end = earlier;
            // `log4j-1.2-1.2.17`: a part of the version that was put behind the name.
            let rest = between(start, end).strip_prefix(number);
            if rest.is_none_or(|rest| !rest.starts_with('.')) {
                start = earlier;
            }
        }
        Self {
            stem,
            artifact: stem.get(..artifact_end).unwrap_or_default(),
            version: stem.get(start + 1..end),
        }
    }
}

/// Name and version of a bundle of OSGi: `org.apache.logging.log4j.core_2.14.1`. Its version has three numbers, where
/// that of Scala behind an artifact has two.
///
/// See: <https://docs.osgi.org/specification/osgi.core/8.0.0/framework.module.html#i3655727>.
fn bundle(stem: &str) -> Option<(&str, &str)> {
    let (name, version) = stem.rsplit_once('_')?;
    let mut numbers = version.splitn(4, '.').take(3);
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = numbers.by_ref().filter(|it| is_number(it)).count() == 3;
    (is_version && name.contains('.')).then_some((name, version))
}

/// What dashes part, from a place on, and where each begins.
fn parts(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    let rest = text.get(from..).unwrap_or_default();
    rest.split('-').map(move |part| {
        let start = at;
        at += part.len() + 1;
        (start, part)
    })
}

/// Whether it is a word of a version: `beta9`, `RC.1`, `SNAPSHOT`.
fn is_version_word(part: &str) -> bool {
    let word = part.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    VERSION_WORDS.iter().any(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_and_versions_may_have_dashes() {
        let check = |path: &str, artifact: &str, version: Option<&str>| {
            let name = FileName::of(path);
            assert_eq!((name.artifact, name.version), (artifact, version), "{path}");
        };
        check("lib/tea.jar", "tea", None);
        check("lib/tea-cup.jar", "tea-cup", None);
        check("lib/guava-31.1.jar", "guava", Some("31.1"));
        check("lib/guava-31.1-jre.jar", "guava", Some("31.1-jre"));
        check("tea-core-2.0-beta9.jar", "tea-core", Some("2.0-beta9"));
        check("tea-core-2.0-beta-9.jar", "tea-core", Some("2.0-beta-9"));
        check("tea-3.0-SNAPSHOT.war", "tea", Some("3.0-SNAPSHOT"));
        check("tea-3.0-SP2.jar", "tea", Some("3.0-SP2"));
        let version = "1.0-20240102.030405-6";
        check("tea-1.0-20240102.030405-6.jar", "tea", Some(version));
        let version = "2.0.1.Final-redhat-00002";
        check("tea-2.0.1.Final-redhat-00002.jar", "tea", Some(version));
        check("tea-1-10.jar", "tea", Some("1-10"));
        check("bin/tea-1.2", "tea", Some("1.2"));
        check("processed_tea-1.2.jar", "tea", Some("1.2"));
        check("com.cups.tea-1.2.jar", "com.cups.tea", Some("1.2"));
        // Bundles, and archives for a release of Scala.
        check("com.cups.tea_1.2.3.jar", "com.cups.tea", Some("1.2.3"));
        let version = "1.2.3.v20230726-0617";
        check(
            "com.cups_x.tea_1.2.3.v20230726-0617.jar",
            "com.cups_x.tea",
            Some(version),
        );
        let scala = "com.cups.tea-core_2.13";
        check("com.cups.tea-core_2.13-10.2.6.jar", scala, Some("10.2.6"));
        check("com.cups.tea-core_2.13.jar", scala, None);
        let scala = "com.cups.tea_2.12.20";
        check("com.cups.tea_2.12.20-1.0.jar", scala, Some("1.0"));
        // Part of the name, and what the distribution puts behind it.
        check("log4j-1.2-api-2.17.1.jar", "log4j-1.2-api", Some("2.17.1"));
        check("log4j-1.2-1.2.17.jar", "log4j", Some("1.2.17"));
        // What an archive holds is no part of its version.
        check("tea-8.0.28-bin.jar", "tea", Some("8.0.28"));
        check("tea-2.4-tests.jar", "tea", Some("2.4"));
        let native = "tea-native-2.0.61.Final-linux-x86_64.jar";
        check(native, "tea-native", Some("2.0.61.Final"));
        check("-1.jar", "", Some("1"));
        check("tea-1--2-.jar", "tea-1-", Some("2"));
    }
}
