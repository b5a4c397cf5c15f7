//! Flags of instructions.

use std::ops::Range;

use super::arguments::{Arguments, Result};
use super::substitution::Word;
use super::{Flag, mount};
use crate::Diagnostic;

impl Arguments<'_> {
    /// The known flags of the instruction, and whether each is a switch that needs no value.
    ///
    /// See: <https://docs.docker.com/reference/dockerfile/>
    fn known_flags(&self) -> &'static [(&'static str, bool)] {
        match self.keyword.name.as_str() {
            "FROM" => &[("platform", false)],
            "RUN" => &[
                ("mount", false),
                ("network", false),
                ("security", false),
                ("device", false),
            ],
            "COPY" => &[
                ("from", false),
                ("chown", false),
                ("chmod", false),
                ("link", true),
                ("parents", true),
                ("exclude", false),
            ],
            "ADD" => &[
                ("chown", false),
                ("chmod", false),
                ("link", true),
                ("keep-git-dir", true),
                ("checksum", false),
                ("exclude", false),
                ("unpack", true),
            ],
            "HEALTHCHECK" => &[
                ("interval", false),
                ("timeout", false),
                ("start-period", false),
                ("start-interval", false),
                ("retries", false),
            ],
            _ => &[],
        }
    }

    fn is_known(&self) -> bool {
        [
            "FROM",
            "RUN",
            "CMD",
            "ENTRYPOINT",
            "SHELL",
            "COPY",
            "ADD",
            "ENV",
            "LABEL",
            "ARG",
            "EXPOSE",
            "USER",
            "WORKDIR",
            "VOLUME",
            "HEALTHCHECK",
            "STOPSIGNAL",
            "MAINTAINER",
            "ONBUILD",
        ]
        .contains(&self.keyword.name.as_str())
    }

    /// The leading words that start with `--`, and the range behind them.
    pub(super) fn flags(&self, range: Range<usize>) -> Result<(Vec<Flag>, Range<usize>)> {
        let mut flags: Vec<Flag> = Vec::new();
        let mut at = range.start;
        // An unknown instruction is reported as such, not for its flags.
        if !self.is_known() {
            return Ok((flags, range));
        }
        loop {
            at = self.skip_blanks(at, range.end);
            if !self.joined.get(at..range.end).starts_with("--") {
                return Ok((flags, at..range.end));
            }
            let word = self.quoted_word(at, range.end);
            at = word.end;
            if word.len() == 2 {
                let rest = self.skip_blanks(at, range.end);
                return Ok((flags, rest..range.end));
            }
            flags.push(self.flag(word, &flags)?);
        }
    }

    fn flag(&self, range: Range<usize>, before: &[Flag]) -> Result<Flag> {
        let span = self.joined.span(range.clone());
        let text = self.joined.get(range.start + 2..range.end);
        let (name, value) = match text.split_once('=') {
            Some((name, _)) => (name, Some(range.start + 3 + name.len()..range.end)),
            None => (text, None),
        };
        let keyword = &self.keyword.name;
        let known = self.known_flags();
        let Some(&(_, is_switch)) = known.iter().find(|(known, _)| *known == name) else {
            return Err(Diagnostic::new(
                span,
                format!("{keyword} has no flag --{name}"),
            ));
        };
        let value = match value {
            // BuildKit takes the stage name as it stands.
            Some(value) if name == "from" => {
                let mut word = Word::verbatim(self.joined, value);
                word.resolved = !word.raw.contains('$');
                Some(word)
            }
            Some(value) => Some(self.expander.word(value)?),
            None => None,
        };
        if is_switch {
            let given = value.as_ref().map_or("true", |word| word.value.as_str());
            if !["true", "false"].contains(&given.to_ascii_lowercase().as_str()) {
                return Err(Diagnostic::new(
                    span,
                    format!("--{name} is a switch: it takes true or false"),
                ));
            }
        } else if value.is_none() {
            return Err(Diagnostic::new(span, format!("--{name} has no value")));
        }
        if let Some(word) = &value
            && word.resolved
            && let Some(wrong) = unknown_word(name, &word.value)
        {
            return Err(Diagnostic::new(
                span,
                format!("--{name} does not know {wrong}"),
            ));
        }
        if name == "mount"
            && let Some(flaw) = value.as_ref().and_then(mount::flaw)
        {
            return Err(Diagnostic::new(span, flaw));
        }
        let may_repeat = ["mount", "exclude", "device"].contains(&name);
        if !may_repeat && before.iter().any(|flag| flag.name == name) {
            return Err(Diagnostic::new(span, format!("--{name} is given twice")));
        }
        Ok(Flag {
            name: name.to_owned(),
            value,
            span,
        })
    }
}

/// The word in the value of a flag of RUN that `BuildKit` refuses.
///
/// See: <https://docs.docker.com/reference/dockerfile/#run>
fn unknown_word<'a>(flag: &str, value: &'a str) -> Option<&'a str> {
    let known: &[&str] = match flag {
        "network" => &["", "default", "none", "host"],
        "security" => &["", "sandbox", "insecure"],
        _ => return None,
    };
    (!known.contains(&value)).then_some(value)
}
