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
    Distribution {
        id: field("ID"),
        version_id: field("VERSION_ID"),
        name: field("PRETTY_NAME"),
    }
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
}
