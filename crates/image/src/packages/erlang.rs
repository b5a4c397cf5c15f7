//! Applications of Erlang and Elixir: `ebin/<name>.app`, one term of Erlang.
//!
//! Nothing in it says whether an application came from Hex. All but those of the languages themselves are taken for
//! packages of the same name there, which nearly all of those are that have ever had an advisory.
//!
//! See: <https://www.erlang.org/doc/apps/kernel/app.html>,
//! <https://github.com/package-url/purl-spec/blob/main/types-doc/otp-definition.md>.

use crate::{Ecosystem, Listed, Package};

/// Applications that Erlang/OTP and Elixir bring, those of older releases too.
const OF_LANGUAGES: [&str; 67] = [
    "appmon",
    "asn1",
    "common_test",
    "compiler",
    "cosEvent",
    "cosEventDomain",
    "cosFileTransfer",
    "cosNotification",
    "cosProperty",
    "cosTime",
    "cosTransactions",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "docbuilder",
    "edoc",
    "eex",
    "eldap",
    "elixir",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ex_unit",
    "ftp",
    "gs",
    "hipe",
    "ic",
    "iex",
    "inets",
    "inviso",
    "jinterface",
    "kernel",
    "logger",
    "megaco",
    "mix",
    "mnesia",
    "observer",
    "odbc",
    "orber",
    "os_mon",
    "ose",
    "otp_mibs",
    "parsetools",
    "percept",
    "pman",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "test_server",
    "tftp",
    "toolbar",
    "tools",
    "tv",
    "typer",
    "webtool",
    "wx",
    "xmerl",
    "zstd",
];

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    let (mut name, mut version) = (None, None);
    let mut licences = Vec::new();
    let mut depth = 0_usize;
    // `{application, Name, [{Key, Value}, ...]}.`
    let mut key = "";
    let mut is_first = false;
    let mut place = 0;
    for token in (Tokens { rest: text }) {
        match token {
            Token::Open => {
                depth += 1;
                is_first = true;
                if depth == 3 {
                    key = "";
                }
            }
            Token::Close => match depth.checked_sub(1) {
                Some(0) | None => break,
                Some(above) => depth = above,
            },
            Token::Word(word) => {
                match (depth, key) {
                    (1, _) => {
                        place += 1;
                        match place {
                            1 if word != "application" => break,
                            2 => name = Some(word),
                            _ => {}
                        }
                    }
                    (3, _) if is_first => key = word,
                    (3, "vsn") => version = version.or(Some(word)),
                    (4, "licenses") => licences.push(word.to_owned()),
                    _ => {}
                }
                is_first = false;
            }
        }
    }
    let stated = |word: &&str| !word.is_empty();
    let (Some(name), Some(version)) = (name.filter(stated), version.filter(stated)) else {
        return Err("names no application or no version of it".to_owned());
    };
    let ecosystem = if OF_LANGUAGES.contains(&name) {
        Ecosystem::Otp
    } else {
        Ecosystem::Hex
    };
    let mut package = Package::new(ecosystem, name, version);
    package.licences = licences;
    Ok(vec![package].into())
}

enum Token<'t> {
    /// A tuple or a list begins.
    Open,
    /// It ends.
    Close,
    /// An atom, a string or a number.
    Word(&'t str),
}

/// The tokens of a term.
struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest.trim_start();
            let first = rest.chars().next()?;
            let behind = rest.get(first.len_utf8()..).unwrap_or_default();
            self.rest = behind;
            return Some(match first {
                '%' => {
                    self.rest = behind.split_once('\n').map_or("", |(_, rest)| rest);
                    continue;
                }
                '{' | '[' => Token::Open,
                '}' | ']' => Token::Close,
                '"' | '\'' => {
                    let end = end_of_quoted(behind, first);
                    let word = behind.get(..end).unwrap_or(behind);
                    self.rest = behind.get(end + 1..).unwrap_or_default();
                    Token::Word(word)
                }
                _ if is_of_word(first) => {
                    let end = rest.find(|next| !is_of_word(next)).unwrap_or(rest.len());
                    self.rest = rest.get(end..).unwrap_or_default();
                    Token::Word(rest.get(..end).unwrap_or(rest))
                }
                _ => continue,
            });
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '@')
}

/// Where a text in quotes ends.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().find(|(_, letter)| {
        let ends = !is_escaped && *letter == quote;
        is_escaped = !is_escaped && *letter == '\\';
        ends
    });
    end.map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, purl: &str, licences: &[&str]) {
        let package = parse(text).unwrap().packages.remove(0);
        assert_eq!(package.purl(None).unwrap().to_string(), purl);
        assert_eq!(package.licences, licences);
    }

    #[test]
    fn the_version_is_that_of_the_application() {
        let text = "%% {application, other, [{vsn, \"9\"}]}.\n{application,'tea_pot',\n \
            [{description,\"Pours \\\"{vsn, \\\"8\\\"}\\\".\"},\n  {modules, ['Elixir.Tea', vsn]},\n  \
            {env,[{vsn,\"7\"},{a,{vsn,\"6\"}}]},\n  {vsn,\"1.2.3-rc.1\"},\n  \
            {licenses,[\"MIT\",\"Apache-2.0\"]}, {links,[{\"vsn\",\"x\"}]}]}.\n";
        check(text, "pkg:hex/tea_pot@1.2.3-rc.1", &["MIT", "Apache-2.0"]);
    }

    #[test]
    fn the_languages_themselves_are_no_packages_of_hex() {
        check(
            "{application, ssl, [{vsn, \"10.8.7\"}]}.",
            "pkg:otp/ssl@10.8.7",
            &[],
        );
        check(
            "{application, elixir, [{vsn, \"1.14.0\"}]}.",
            "pkg:otp/elixir@1.14.0",
            &[],
        );
        assert!(OF_LANGUAGES.is_sorted());
    }

    #[test]
    fn damage_is_told() {
        for text in [
            "",
            "}}}}",
            "{application, tea}.",
            "{application, tea, [{vsn, \"\"}]}.",
            "{application, \"\", [{vsn, \"1\"}]}.",
            "{release, tea, [{vsn, \"1\"}]}.",
            "{application, tea, [{vsn",
            "{application, tea, [{description, \"\\",
            "{application, tea, {vsn, \"1\"}}.",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
