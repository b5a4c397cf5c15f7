//! `os-release`: the distribution.
//!
//! Source: <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>.

use crate::Distribution;

pub(super) fn parse(text: &str) -> Distribution {
    let field = |wanted: &str| {
        let lines = text.lines().map(str::trim);
        let mut values = lines.filter_map(|line| line.strip_prefix(wanted)?.strip_prefix('='));
        values.next_back().map(unquote).unwrap_or_default()
    };
    let id = field("ID");
    let version_id = match &*id {
        "openEuler" => version_of_openeuler(&field("VERSION"), field("VERSION_ID")),
        // Other packages than those of CentOS Linux, which called itself by the same number.
        "centos" if field("NAME").contains("Stream") => format!("{}-stream", field("VERSION_ID")),
        _ => field("VERSION_ID"),
    };
    Distribution {
        id,
        version_id,
        name: field("PRETTY_NAME"),
    }
}

/// The release of openEuler as its advisories have it: `24.03-LTS-SP1` of `24.03 (LTS-SP1)`. Its `VERSION_ID` is the
/// same for every service pack.
fn version_of_openeuler(version: &str, version_id: String) -> String {
    if !version.starts_with(&version_id) {
        return version_id;
    }
    let words = version.split(|it: char| it.is_whitespace() || matches!(it, '(' | ')'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        let inside = value
            .strip_prefix(quote)
            .and_then(|value| value.strip_suffix(quote));
        if let Some(inside) = inside {
            return inside.replace('\\', "");
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_quoted() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID='12'\nID_LIKE=x\n";
        let expected = Distribution {
            id: "debian".to_owned(),
            version_id: "12".to_owned(),
            name: "Debian GNU/Linux 12".to_owned(),
        };
        assert_eq!(parse(text), expected);
        assert_eq!(parse("nothing"), Distribution::default());
    }

    #[test]
    fn centos_stream_is_another_distribution() {
        let check = |name: &str, version: &str, expected: &str| {
            let text = format!("NAME=\"{name}\"\nID=\"centos\"\nVERSION_ID=\"{version}\"\n");
            assert_eq!(parse(&text).version_id, expected, "{name}");
        };
        check("CentOS Linux", "8", "8");
        check("CentOS Stream", "8", "8-stream");
        check("CentOS Stream", "9", "9-stream");
    }

    #[test]
    fn service_packs_of_openeuler_are_releases() {
        let check = |version: &str, expected: &str| {
            let text = format!("VERSION=\"{version}\"\nID=\"openEuler\"\nVERSION_ID=\"24.03\"\n");
            assert_eq!(parse(&text).version_id, expected, "{version}");
        };
        check("24.03 (LTS-SP1)", "24.03-LTS-SP1");
        check("24.03 LTS", "24.03-LTS");
        check("24.03", "24.03");
        check("something else", "24.03");
        check("", "24.03");
    }
}
